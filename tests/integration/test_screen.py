"""What tcpstep run prints on terminals of any width and kind, and into a pipe."""

import pathlib
import re
import shutil
import subprocess
import sys

from harness import PATIENCE, SOURCE, Terminal, TestCase, command, environment, main
from test_compare import floor
from test_history import HistoryTestCase


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

    def test_progress_has_the_fastest_pings_at_the_end_that_acks_too(self):
        server = self.start_server("--sizes=1,2000")
        _, messages = self.on_terminal(server, 80, "--rounds=49000", "--time=1s")
        lines = [line.removeprefix("\x1b[K") for line in messages.split("\r") if line.startswith("\x1b[Kround")]
        self.assertGreater(len(lines), 1)
        self.assertLess(max(map(len, lines)), 80)
        self.assertRegex(lines[-1], r"  1 B ~\d+(\.\d+)? µs")

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
                self.assertEqual(bool(shown), width > 30, lines)
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


# The others are in tests/golden by unit tests.
GOLDEN = ("report by label", "compare of too few", "history", "matrix of penalties", "matrix of a pair", "lab list", "lab show",
          "lab netem")


class Tables(HistoryTestCase):
    """Every table of tcpstep-analyze and tcpstep-lab, on every kind of terminal."""

    def write_mesh(self):
        hosts = ("web-1", "web-2", "db-1", "db-2", "db-3")
        for number, (start, end) in enumerate((start, end) for start in hosts for end in hosts if start != end):
            slow = 300_000 * ("db-2" in (start, end) or {start, end} == {"web-1", "db-3"})
            self.write_run(f"mesh{start}_{end}", number, lambda size, slow=slow: floor(size) + slow,
                           head=f"# mesh_from: {start}\n# mesh_to: {end}\n")
        return sorted(self.directory.glob("mesh*.csv"))

    def commands(self):
        baseline, candidate = self.sides(lambda size: floor(size) + (2000 if size > 1448 else 0))
        history = self.write_history(rtt=self.shifted)
        steady = self.write_history(prefix="other", rtt=lambda number, size: 2 * floor(size))
        for file in steady:
            file.write_text(file.read_text().replace("# link: veth", "# link: a-link-with-a-rather-long-name"))
        shutil.copytree(SOURCE / "results" / "lab", self.directory / "lab")
        links = sorted((self.directory / "lab").glob("*.csv"))
        mesh = self.write_mesh()
        subprocess.run([sys.executable, SOURCE / "bench" / "make_mesh.py", "5", "36", self.directory / "months"], check=True)
        return {"report of a link": ("report", links[0]), "report": ("report", *links),
                "report with details": ("report", "--details", "--fit", *links),
                "report by label": ("report", "--by=label", *history[:3], *steady[:3]), "show": ("show", links[0]),
                "compare": ("compare", *baseline, "--", *candidate), "compare of the same": ("compare", *baseline, "--", *baseline[:5]),
                "compare of too few": ("compare", *baseline[:2], "--", *candidate[:2]),
                "history": ("history", *history), "history of a mesh": ("history", self.directory / "months"), "history of links": ("history", *history, *steady, *links),
                "matrix": ("matrix", *mesh), "matrix of penalties": ("matrix", "--statistic=second", *mesh),
                "matrix of a pair": ("matrix", *mesh[:1]),
                "lab list": ("lab", "list"), "lab show": ("lab", "show", "adsl"), "lab netem": ("lab", "netem", "adsl")}

    def on_terminal(self, width, *words, **changes):
        output, messages = Terminal(width), Terminal(width)
        words = [word.relative_to(self.directory) if isinstance(word, pathlib.Path) else word for word in words]
        process = subprocess.Popen(command("tcpstep", *words), cwd=self.directory, stdin=subprocess.DEVNULL,
                                   stdout=output.program, stderr=messages.program,
                                   env=environment(**({"TERM": "xterm"} | changes)))
        messages, output = messages.read_all(), output.read_all()
        process.wait(PATIENCE)
        return (output + messages).replace("\r\n", "\n")

    def test_are_never_wider_than_the_terminal(self):
        golden = {80: "", 60: "", 40: ""}
        for name, words in self.commands().items():
            for width in golden:
                with self.subTest(name, width=width):
                    text = self.on_terminal(width, *words, LC_ALL="C.UTF-8")
                    if name in GOLDEN:
                        golden[width] += f"# {name}\n{text}\n"
                    self.assertGreater(len(text.splitlines()), 1)
                    table = text.split("Predicted by")[-1]  # a profile itself is printed as it is
                    wide = [line for line in table.splitlines() if len(line) > width]
                    self.assertEqual([line for line in wide if not line.startswith("tc qdisc") and " " in line.strip()], [],
                                     "only what is one word")
                    self.assertNotIn("\x1b", text)
                    plain = self.on_terminal(width, *words, LC_ALL="C", TERM="dumb", NO_COLOR="1")
                    self.assertTrue(plain.isascii(), plain)
                    self.assertEqual([len(line) for line in plain.splitlines()], [len(line) for line in text.splitlines()])
                    self.assertEqual(plain.count("?"), text.count("?"), "a character has no form in ASCII")
        for width, texts in golden.items():
            with self.subTest(width=width):
                self.assert_golden(f"tables_{width}.txt", texts)


if __name__ == "__main__":
    main()
