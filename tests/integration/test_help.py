"""--help of every program and command. TCPSTEP_UPDATE=1 writes what is printed into tests/golden."""

import re

from harness import TestCase, environment, main, run

COMMANDS = [("tcpstep-server",), ("tcpstep-client",), ("tcpstep-mesh",),
            *(("tcpstep-analyze", command) for command in ("report", "show", "plot", "compare", "ab", "history", "matrix",
                                                           "export", "import", "validate", "repair")),
            *(("tcpstep-lab", command) for command in ("list", "show", "netem", "run", "measure", "table"))]
GOLDEN = {"help_front": [("tcpstep", "--help"), ("tcpstep", "doctor", "--help")],
          "help_server": [("tcpstep-server", "--help")], "help_server_all": [("tcpstep-server", "--help=all")],
          "help_client": [("tcpstep-client", "--help")], "help_client_all": [("tcpstep-client", "--help=all")],
          "help_analyze": [(program, *command, "--help") for program, *command in [("tcpstep-analyze",), *COMMANDS]
                           if program == "tcpstep-analyze"],
          "help_mesh": [("tcpstep-mesh", "--help")],
          "help_lab": [(program, *command, "--help") for program, *command in [("tcpstep-lab",), *COMMANDS]
                       if program == "tcpstep-lab"]}


def help_text(*command, **changes):
    changes = {"COLUMNS": ""} | changes
    return run(*command, env=environment(**changes)).stdout


def pages(commands, **changes):
    """Their help; of several ones each below its command."""
    if len(commands) == 1:
        return help_text(*commands[0], **changes)
    return "\n".join(f"$ {' '.join(command)}\n{help_text(*command, **changes)}" for command in commands)


class Help(TestCase):
    def test_is_the_page_that_was_accepted(self):
        for name, commands in GOLDEN.items():
            with self.subTest(name):
                self.assert_golden(f"{name}.txt", pages(commands))

    def test_is_what_was_accepted_for_narrower_terminals(self):
        commands = list(dict.fromkeys(command for commands in GOLDEN.values() for command in commands))
        for width in (60, 40):
            with self.subTest(width=width):
                text = pages(commands, COLUMNS=str(width))
                self.assert_golden(f"help_{width}.txt", text)
                wide = [line for line in text.splitlines() if len(line) > width]
                self.assertEqual([line for line in wide if not line.lstrip().startswith(("$ ", "'"))], [],
                                 "only what a shell takes for one word")

    def test_calls_a_program_as_the_user_did(self):
        for program, *command in COMMANDS:
            front = {"tcpstep-server": ["server"], "tcpstep-client": ["run"], "tcpstep-mesh": ["mesh"],
                     "tcpstep-lab": ["lab", *command]}
            words = front.get(program, command)
            with self.subTest(words):
                text = help_text("tcpstep", *words, "--help=all")
                self.assertTrue(text.startswith(f"Usage: tcpstep {' '.join(words)}"), text)
                self.assertNotIn("tcpstep-analyze", text)
                self.assertEqual([line for line in text.splitlines() if len(line) > 80], [])
                hint = run("tcpstep", *words, "--no-such-option").stderr + run("tcpstep", *words, "--config").stderr
                self.assertNotIn("See tcpstep-", hint)

    def test_fits_80_columns(self):
        for command in [("tcpstep",), ("tcpstep-analyze",), ("tcpstep-lab",), *COMMANDS]:
            for extent in ("--help", "--help=all") if command in COMMANDS else ("--help",):
                with self.subTest(command=command, extent=extent):
                    lines = help_text(*command, extent).splitlines()
                    self.assertEqual([line for line in lines if len(line) > 80], [])

    def test_names_the_choices_and_ends_with_examples(self):
        for command in COMMANDS:
            with self.subTest(command):
                text = help_text(*command, "--help=all")
                self.assertNotRegex(text, r"\bWORD\b")
                self.assertNotIn("(=", text)
                if command != ("tcpstep-lab", "list"):
                    self.assertRegex(text, r"\nExamples?:?\n(  .*\n)+$")

    def test_has_the_essentials_first(self):
        for program in ("tcpstep-server", "tcpstep-client"):
            options = re.findall(r"^  (?:-\w,|   ) --([\w=-]+)", help_text(program, "--help"), re.M)
            self.assertLessEqual(len(options), 13)
            self.assertEqual(options[-1], "help=all")
            everything = re.findall(r"^  (?:-\w,|   ) --([\w=-]+)", help_text(program, "--help=all"), re.M)
            self.assertLess(set(options[:-1]), set(everything))
            self.assertEqual(help_text(program, "--help", "all"), help_text(program, "--help=all"))

    def test_of_programs_is_a_table_of_all_options(self):
        for command in COMMANDS:
            rows = [line.split("\t") for line in help_text(*command, "--help=table").splitlines()]
            self.assertEqual({len(row) for row in rows}, {6})
            listed = re.findall(r"^  (?:-\w,|   ) --([\w-]+)", help_text(*command, "--help=all"), re.M)
            self.assertEqual([row[0] for row in rows], listed)

    def test_needs_no_utf_8(self):
        self.assertTrue(help_text("tcpstep-client", "--help=all", LC_ALL="C").isascii())


if __name__ == "__main__":
    main()
