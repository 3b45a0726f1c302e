"""Completion in bash, zsh and fish: every option and every word that a value can be, of every command."""

import re
import shutil
import subprocess

from harness import PROGRAMS, SOURCE, TestCase, environment, main, program, run
from test_documentation import section

MAN = SOURCE / "packaging" / "man"
OPTION = re.compile(r"^(?:\*-\S\*, )?\*--([\w-]+)\*(?: _([A-Za-z|-]+)_)?", re.M)
ANALYZE = ("report", "show", "plot", "compare", "ab", "history", "matrix", "export", "import", "validate", "repair")
SELECTING = ("report", "show", "plot", "compare", "history", "matrix", "export", "validate")  # files, folders and filters
LAB = {"list": [], "show": [], "netem": ["Link"], "run": ["Link", "Place", "Packets"],
       "measure": ["Sweep", "Link", "Place", "Results", "Packets"], "table": ["Table"]}


def pages():
    """Command line -> the part of a manual page that lists its options."""
    found = {("tcpstep-server",): section(MAN / "tcpstep-server.1.scd", "OPTIONS"),
             ("tcpstep-client",): section(MAN / "tcpstep-client.1.scd", "OPTIONS"),
             ("tcpstep-mesh",): section(MAN / "tcpstep-mesh.1.scd", "OPTIONS")}
    page = MAN / "tcpstep-analyze.1.scd"
    for command in ANALYZE:
        found["tcpstep-analyze", command] = (section(page, f"OPTIONS OF {command.upper()}") +
                                             (section(page, "WHICH RUNS") if command in SELECTING else "") +
                                             section(page, "GENERAL OPTIONS"))
    for command, parts in LAB.items():
        found["tcpstep-lab", command] = "".join(section(MAN / "tcpstep-lab.1.scd", part) for part in [*parts, "General"])
    return found


def complete(command, *words):
    """What the program offers for the last of `words`."""
    name, *subcommand = command
    result = run(name, "--complete", *subcommand, *words)
    assert (result.returncode, result.stderr) == (0, ""), result
    return [line.split("\t")[0] for line in result.stdout.splitlines()]


class Programs(TestCase):
    def test_offer_every_option_of_their_manual_pages(self):
        for command, page in pages().items():
            with self.subTest(command=command):
                options = [f"--{name}" for name, _ in OPTION.findall(page)]
                self.assertEqual(complete(command, "--"), options)
                for option in options:
                    self.assertIn(option, complete(command, option[:-1]))

    def test_offer_every_word_of_a_value_and_accept_it(self):
        number = 0
        for command, page in pages().items():
            for name, value in OPTION.findall(page):
                if not value:
                    continue
                words = [word for word in complete(command, f"--{name}", "") if not word.startswith(":")]
                if not words:
                    self.assertNotIn("|", value, (command, name))
                    continue
                complaint = run(*command, f"--{name}=no-such-word", *self.rest_of(command)).stderr
                for word in words:
                    number += 1
                    with self.subTest(command=command, option=name, word=word):
                        self.assertEqual(complete(command, f"--{name}={word}"), [word])
                        if not re.fullmatch(r"p\d+|both", word):  # some of many percentiles; the client's own word
                            self.assertIn(word, complaint)
        self.assertGreater(number, 30)

    def rest_of(self, command):
        """Arguments that leave only the option in question to complain about."""
        file = str(self.directory / "none.csv")
        rest = {("tcpstep-server",): [], ("tcpstep-client",): ["127.0.0.1"],
                ("tcpstep-mesh",): [f"--hosts={file}", "--launch={host}"],
                ("tcpstep-analyze", "import"): ["--link=x", f"--output={file}.new", file],
                ("tcpstep-analyze", "compare"): [file, "--", file]}
        return rest.get(command, [file])

    def test_offer_commands_profiles_and_names(self):
        self.assertEqual(sorted(complete(("tcpstep-analyze",), "")), sorted(ANALYZE))
        self.assertEqual(sorted(complete(("tcpstep-lab",), "")), sorted(LAB))
        self.assertEqual(complete(("tcpstep",), "hi"), ["history"])
        self.assertEqual(complete(("tcpstep", "help"), "rep"), ["report", "repair"])
        self.assertEqual(complete(("tcpstep", "report"), "--format", "j"), ["json"])
        self.assertEqual(complete(("tcpstep", "run"), "--direction=b"), ["both"])
        self.assertEqual(complete(("tcpstep", "lab"), "measure", "ad"), ["adsl", "adsl-far", ":file"])
        self.assertEqual(complete(("tcpstep", "lab"), "run", "adsl", "--", "p"), [":file"])
        self.assertEqual(complete(("tcpstep", "run"), "desk"), [":host"])


class Shells(TestCase):
    """The scripts of packaging/completions, in the shells themselves."""

    def setUp(self):
        super().setUp()
        for name in PROGRAMS:
            (self.directory / name).symlink_to(program(name))
        (self.directory / "data").mkdir()
        (self.directory / "data" / "run.csv").touch()
        self.environment = environment(PATH=f"{self.directory}:/usr/sbin:/usr/bin:/sbin:/bin", HOME=str(self.directory))

    def script(self, shell, name):
        text = (SOURCE / "packaging" / "completions" / f"{shell}.in").read_text().replace("@PROGRAM@", name)
        path = self.directory / f"{shell}-{name}"
        path.write_text(text)
        return path

    def ask(self, *command):
        result = subprocess.run(command, cwd=self.directory, env=self.environment, capture_output=True, text=True,
                                stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        return result.stdout.split("\n")[:-1]

    def needs(self, shell):
        if not shutil.which(shell):
            self.skipTest(f"{shell} is not installed")

    def test_bash(self):
        def candidates(*words):
            quoted = " ".join(f"'{word}'" for word in words)
            return self.ask("bash", "-c", f"source {self.script('bash', words[0])}; COMP_WORDS=({quoted}); "
                            f"COMP_CWORD={len(words) - 1}; last='{words[-1]}'; "
                            f"_tcpstep {words[0]} \"${{last#=}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        self.assertEqual(candidates("tcpstep", "hist"), ["history"])
        self.assertEqual(candidates("tcpstep-client", "--dire"), ["--direction"])
        self.assertEqual(candidates("tcpstep", "report", "--format", "=", "m"), ["markdown"])
        self.assertEqual(candidates("tcpstep", "report", "--format", "="), ["text", "markdown", "csv", "json", "html"])
        self.assertEqual(candidates("tcpstep", "report", "data/r"), ["data/run.csv"])
        self.assertEqual(candidates("tcpstep-server", "--results", "da"), ["data"])

    def test_fish(self):
        self.needs("fish")

        def candidates(line):
            name = line.split()[0]
            lines = self.ask("fish", "--no-config", "-c", f"source {self.script('fish', name)}; complete -C '{line}'")
            return [line.split("\t")[0] for line in lines]
        self.assertEqual(candidates("tcpstep hist"), ["history"])
        self.assertEqual(candidates("tcpstep-client --dire"), ["--direction"])
        self.assertEqual(candidates("tcpstep report --format m"), ["markdown"])
        self.assertEqual(candidates("tcpstep report --format=m"), ["--format=markdown"])
        self.assertEqual(candidates("tcpstep report data/r"), ["data/run.csv"])
        self.assertEqual(candidates("tcpstep-server --results=da"), ["--results=data/"])

    def test_zsh(self):
        self.needs("zsh")
        folder = self.directory / "functions"
        folder.mkdir()
        for name in PROGRAMS:
            self.script("zsh", name).rename(folder / f"_{name}")

        def completed(line):
            """The line after a tab in a terminal."""
            script = self.directory / "typing"
            script.write_text(ZSH_TYPING)
            return self.ask("zsh", "-f", script, folder, line)[-1]
        self.assertEqual(completed("tcpstep hist"), "tcpstep history ")
        self.assertEqual(completed("tcpstep-client --dire"), "tcpstep-client --direction ")
        self.assertEqual(completed("tcpstep report --format m"), "tcpstep report --format markdown ")
        self.assertEqual(completed("tcpstep report --format=m"), "tcpstep report --format=markdown ")
        self.assertEqual(completed("tcpstep report data/r"), "tcpstep report data/run.csv ")


# Types a line and a tab into an interactive zsh, and prints the line that results.
ZSH_TYPING = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; unsetopt zle_bracketed_paste"
zpty -w shell 'print-line() { print -r -- "LINE:$BUFFER:END"; zle kill-whole-line }; zle -N print-line; bindkey "^X" print-line'
zpty -w shell 'print READY'
zpty -r shell output '*READY*READY*' || exit 1
zpty -w -n shell "$2"$'\t'
sleep 0.7
zpty -w -n shell $'\x18'
zpty -r shell output '*LINE:*:END*' || exit 1
output=${output##*LINE:}
print -r -- "${output%%:END*}"
zpty -d shell
"""


if __name__ == "__main__":
    main()
