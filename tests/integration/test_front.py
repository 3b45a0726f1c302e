"""tcpstep: the command that runs the others."""

import os
import pathlib
import re
import shutil
import subprocess

from harness import PROGRAMS, TestCase, environment, main, program, run

COMMANDS = ("server", "run", "mesh", "lab", "doctor", "report", "show", "plot", "matrix", "ab", "compare", "history", "export", "import",
            "validate", "repair")


class Front(TestCase):
    def test_alone_it_lists_the_commands_in_80_columns(self):
        alone = run("tcpstep")
        self.assertEqual((alone.returncode, alone.stderr), (2, ""))
        self.assertEqual(run("tcpstep", "help").stdout, alone.stdout)
        self.assertEqual(run("tcpstep", "--help").returncode, 0)
        listed = re.findall(r"^  ([a-z]+)(?: HOST| FILE)?  +\S", alone.stdout, re.M)
        self.assertEqual(sorted(listed), sorted(COMMANDS))
        self.assertLessEqual(max(map(len, alone.stdout.splitlines())), 80)

    def test_help_of_each_command_is_that_of_its_program(self):
        for command in COMMANDS:
            with self.subTest(command):
                result = run("tcpstep", "help", command)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertEqual(run("tcpstep", command, "--help").stdout, result.stdout)
                self.assertIn("Usage:", result.stdout)

    def test_help_of_all_has_every_command(self):
        text = run("tcpstep", "help", "all").stdout
        for command in set(COMMANDS) - {"doctor"}:
            self.assertIn(f"--- tcpstep {command}\n", text)

    def test_passes_on_arguments_status_and_output(self):
        missing = run("tcpstep", "report", "missing.csv")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("missing.csv", missing.stderr)
        self.assertEqual(run("tcpstep", "report").returncode, 2)
        self.assertEqual(run("tcpstep", "lab", "list").stdout, run("tcpstep-lab", "list").stdout)

    def test_an_unknown_command_gets_the_nearest_one(self):
        result = run("tcpstep", "reprot")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("unknown command 'reprot'", result.stderr)
        self.assertIn("Did you mean 'tcpstep report'?", result.stderr)
        for word in ("zzzzz", "../x", "a b", "--sizes", "\033[31m"):
            result = run("tcpstep", word)
            self.assertEqual(result.returncode, 2)
            self.assertIn("unknown command", result.stderr)
            self.assertNotIn("\033", result.stderr)

    def test_any_program_of_that_name_is_a_command(self):
        tool = self.directory / "tcpstep-hello"
        tool.write_text("#!/bin/sh\necho hello \"$@\"\nexit 7\n")
        tool.chmod(0o755)
        result = run("tcpstep", "hello", "a b", env=environment(PATH=f"{self.directory}:{os.environ['PATH']}"))
        self.assertEqual((result.returncode, result.stdout), (7, "hello a b\n"))

    def test_finds_its_siblings_where_they_are_installed(self):
        for name in PROGRAMS:
            shutil.copy(program(name), self.directory / name)
        os.symlink(self.directory / "tcpstep", self.directory / "link")
        for start in ("tcpstep", "link"):
            result = run(str(self.directory / start), "lab", "list", env=environment(PATH="/usr/bin:/bin"))
            self.assertEqual((result.returncode, len(result.stdout.splitlines())), (0, 6), result.stderr)
        (self.directory / "tcpstep-lab").unlink()
        result = run(str(self.directory / "tcpstep"), "lab", env=environment(PATH="/usr/bin:/bin"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("cannot run tcpstep-lab: it is not installed", result.stderr)

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        with subprocess.Popen([program("tcpstep"), "lab", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment()) as process:
            process.stdout.close()
            self.assertIn(process.wait(60), (0, 1, -13))


if __name__ == "__main__":
    main()
