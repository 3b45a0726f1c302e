"""What tcpstep run prints on terminals of any width and kind, and into a pipe."""

import re
import subprocess

from harness import PATIENCE, Terminal, TestCase, command, environment, main


class Screen(TestCase):
    def on_terminal(self, server, width, *arguments, **changes):
        """Everything that the client writes to a terminal, its two streams apart."""
        output, messages = Terminal(width), Terminal(width)
        process = subprocess.Popen(command("tcpstep", "run", f"127.0.0.1:{server.port}", *arguments),
                                   stdin=subprocess.DEVNULL, stdout=output.program, stderr=messages.program,
                                   env=environment(**({"TERM": "xterm"} | changes)))
        # It writes little: the buffer of a terminal holds the other one.
        messages, output = messages.read_all(), output.read_all()
        self.assertEqual(process.wait(PATIENCE), 0, messages)
        return output.replace("\r\n", "\n"), messages

    def test_is_never_wider_than_the_terminal(self):
        server = self.start_server()
        for width in (80, 60, 40):
            for locale in ("C.UTF-8", "C"):
                with self.subTest(width=width, locale=locale):
                    output, messages = self.on_terminal(server, width, "--rounds=3", "--link=lan", LC_ALL=locale)
                    lines = output.splitlines()
                    self.assertEqual([line for line in lines if len(line) > width], [])
                    self.assertIn("fastest", output)
                    self.assertIn("|" if locale == "C" else "┤", output, "the small picture")
                    self.assertEqual(output.isascii(), locale == "C")
                    self.assertNotIn("\x1b", output, "no colors, nothing that moves the cursor")
                    self.assertEqual(re.findall("\x1b\\[[^K]", messages), [])
                    written = re.split("[\r\n]+", messages.replace("\x1b[K", ""))
                    self.assertEqual([line for line in written if len(line) > width], [])
                    if locale == "C":
                        self.assertTrue(messages.isascii(), messages)

    def test_is_plain_where_nobody_can_see_more(self):
        server = self.start_server()
        for changes in ({"TERM": "dumb"}, {"TERM": ""}, {"NO_COLOR": "1", "TERM": "xterm"}):
            with self.subTest(changes=changes):
                output, messages = self.on_terminal(server, 80, "--rounds=3", **changes)
                self.assertNotIn("\x1b", output)
                is_dumb = "NO_COLOR" not in changes
                self.assertEqual("┤" in output, not is_dumb)
                if is_dumb:
                    self.assertNotIn("\x1b", messages)

    def test_in_a_pipe_has_80_columns_and_no_picture(self):
        server = self.start_server()
        result = server.run_client("--rounds=3", "--direction=up")
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)
        self.assertNotIn("┤", result.stdout)
        self.assertNotIn("\x1b", result.stdout + result.stderr)

    def test_progress_of_the_end_that_measures_has_the_fastest_pings(self):
        server = self.start_server("--sizes=1,2000")
        for width, locale in ((80, "C.UTF-8"), (50, "C.UTF-8"), (80, "C"), (30, "C")):
            with self.subTest(width=width, locale=locale):
                _, messages = self.on_terminal(server, width, "--rounds=60", "--interval=5ms", "--direction=up",
                                               LC_ALL=locale)
                lines = [line.removeprefix("\x1b[K") for line in messages.split("\r") if line.startswith("\x1b[Kround")]
                self.assertGreater(len(lines), 1)
                self.assertLess(max(map(len, lines)), width)
                shown = [line for line in lines if re.search(r"  1 B \d+(\.\d+)? [µu]s", line)]
                self.assertEqual(bool(shown), width == 80, lines)
                self.assertTrue(locale == "C.UTF-8" or messages.isascii())


    def test_of_the_doctor_is_no_wider_than_the_terminal(self):
        for width in (80, 60):
            terminal = Terminal(width)
            process = subprocess.Popen(command("tcpstep", "doctor"), stdin=subprocess.DEVNULL, stdout=terminal.program,
                                       stderr=subprocess.DEVNULL, env=environment(TERM="xterm"))
            lines = terminal.read_all().replace("\r\n", "\n").splitlines()
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertGreater(len(lines), 3)
            self.assertEqual([line for line in lines if len(line) > width], [])


if __name__ == "__main__":
    main()
