"""Folders and the filters of every command that reads result files; show; and where output goes."""

import datetime
import gzip
import json
import os
import subprocess

from harness import PATIENCE, TestCase, environment, main, program, run

NOW = datetime.datetime.now(datetime.timezone.utc)
COMMANDS = {  # that take a selection, with options that make them quick
    "report": [], "show": [], "plot": [], "history": ["--advisory"], "export": ["--format=csv"], "validate": []}


def run_text(link="lan", label=None, age=0.0, name="1", head="", rtt=10_000):
    """A run of that many days ago."""
    started = NOW - datetime.timedelta(days=age)
    rows = "".join(f"{number},{size},{number * 5_000_000},{rtt + size + 100 * number},ok\n"
                   for number in (1, 2, 3) for size in (1, 1401, 1501))
    return (f"# format: tcpstep-result/1\n# run_id: {name}\n# link: {link}\n"
            + (f"# label: {label}\n" if label else "")
            + f"# mss_bytes: 1448\n# started_utc: {started:%Y-%m-%dT%H:%M:%S}.000000Z\n{head}"
            f"round,size_bytes,start_ns,rtt_ns,status\n{rows}"
            "# end: status=complete samples=9 lost=0 elapsed_ns=20000000\n")


class Selection(TestCase):
    def setUp(self):
        super().setUp()
        self.results = self.directory / "results"
        self.results.mkdir()
        for name, text in {
                "old": run_text(age=30, name="old"), "anna": run_text("adsl", "anna", 3, "anna"),
                "ben": run_text("adsl", "ben", 2, "ben"),
                "up": run_text("adsl", "ben", 1, "up", "# direction: up\n"),
                "new": run_text(age=0.01, name="new")}.items():
            (self.results / f"{name}.csv").write_text(text)
        for name in ("old", "anna"):
            path = self.results / f"{name}.csv"
            (self.results / f"{name}.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()

    def analyze(self, *arguments, **options):
        return run("tcpstep-analyze", *arguments, cwd=self.directory, **options)

    def runs(self, *arguments):
        """How many runs each link has, and the messages."""
        result = self.analyze("report", "--format=json", "results", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return {link["link"]: link["runs"] for link in json.loads(result.stdout)["links"]}, result.stderr


class Folders(Selection):
    def test_stand_for_the_result_files_in_them_in_every_command(self):
        for command, options in COMMANDS.items():
            with self.subTest(command):
                result = self.analyze(command, *options, "results")
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertNotEqual(result.stdout, "")
        self.assertEqual(self.runs()[0], {"adsl": 2, "adsl.up": 1, "lan": 2})

    def test_leave_out_what_is_no_result_and_name_it(self):
        (self.results / "deeper").mkdir()
        (self.results / "deeper/run.csv").write_text(run_text(name="deeper"))
        (self.results / "notes.txt").write_text("mine\n")
        (self.results / ".hidden.csv").write_text("half\n")
        (self.results / "table.csv").write_text("a,b\n1,2\n")
        (self.results / "empty.csv").write_text("")
        os.mkfifo(self.results / "pipe.csv")
        found, messages = self.runs()
        self.assertEqual(sum(found.values()), 5)
        self.assertEqual(messages, "tcpstep-analyze: results: 2 files skipped, not tcpstep result files: empty.csv, table.csv\n")

    def test_report_files_that_are_damaged(self):
        (self.results / "cut.csv").write_text("# format: tcpstep-result/1\n# link: x\n")
        (self.results / "damaged.csv.gz").write_bytes(b"\x1f\x8bno archive")
        result = self.analyze("report", "results")
        self.assertEqual(result.returncode, 1)
        self.assertIn("results/cut.csv", result.stderr)
        self.assertIn("results/damaged.csv.gz", result.stderr)

    def test_without_result_files_are_an_error(self):
        empty = self.directory / "empty"
        empty.mkdir()
        for content in (None, "a,b\n"):
            if content:
                (empty / "table.csv").write_text(content)
            for command, options in COMMANDS.items():
                result = self.analyze(command, *options, "empty")
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                self.assertIn("no result file in empty", result.stderr)

    def test_count_a_file_once_that_is_also_named(self):
        found, messages = self.runs("results/../results/new.csv")
        self.assertEqual((found["lan"], messages), (2, ""))

    def test_are_sides_of_compare(self):
        for side in ("a", "b"):
            (self.directory / side).mkdir()
            for number in range(4):
                (self.directory / side / f"{number}.csv").write_text(
                    run_text(name=f"{side}{number}", age=1 + number + (side == "b") / 2))
        result = self.analyze("compare", "--format=json", "a", "--", "b")
        self.assertEqual((result.returncode, result.stderr), (4, ""))
        self.assertEqual(json.loads(result.stdout)["baseline"]["runs"], 4)
        result = self.analyze("compare", "--since=70h", "a", "--", "b")
        self.assertIn("2 of 4 files left out by --since 70h", result.stderr)


class Filters(Selection):
    def test_choose_by_age_date_link_and_label(self):
        day = (NOW - datetime.timedelta(days=2)).strftime("%Y-%m-%d")
        for arguments, expected in (
                (["--since=7d"], {"adsl": 2, "adsl.up": 1, "lan": 1}),
                (["--since", day], {"adsl": 1, "adsl.up": 1, "lan": 1}),
                (["--until", day], {"adsl": 2, "lan": 1}),
                (["--since", day, "--until", day], {"adsl": 1}),
                (["--until=7d"], {"lan": 1}),
                (["--link=adsl"], {"adsl": 2, "adsl.up": 1}),
                (["--link=adsl.up"], {"adsl.up": 1}),
                (["--link=[al]*n"], {"lan": 2}),
                (["--label=ben"], {"adsl": 1, "adsl.up": 1}),
                (["--label=-"], {"lan": 2}),
                (["--since", f"{NOW - datetime.timedelta(hours=1):%Y-%m-%dT%H:%M}"], {"lan": 1})):
            with self.subTest(arguments):
                found, messages = self.runs(*arguments)
                self.assertEqual(found, expected)
                self.assertIn(f"{5 - sum(expected.values())} of 5 files left out", messages)

    def test_count_what_each_of_them_leaves_out(self):
        _, messages = self.runs("--since=7d", "--link=adsl")
        self.assertEqual(messages, "tcpstep-analyze: 2 of 5 files left out: 1 by --since 7d, 1 by --link adsl\n")

    def test_leave_out_runs_without_a_date(self):
        path = self.results / "new.csv"
        path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if "started" not in line))
        self.assertEqual(self.runs("--since=100d")[0], {"adsl": 2, "adsl.up": 1, "lan": 1})

    def test_keep_damaged_files_for_their_error(self):
        (self.results / "cut.csv").write_text("# format: tcpstep-result/1\n# link: x\n")
        result = self.analyze("report", "--link=lan", "results")
        self.assertEqual(result.returncode, 1)
        self.assertIn("results/cut.csv", result.stderr)

    def test_that_leave_nothing_are_an_error_with_what_there_was(self):
        for command, options in COMMANDS.items():
            result = self.analyze(command, *options, "--link=wifi", "results")
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn("no runs match: 5 of 5 files left out by --link wifi", result.stderr)
            self.assertIn("links adsl, lan; labels -, anna, ben", result.stderr)

    def test_that_are_wrong_exit_with_2(self):
        for arguments, expected in ((["--since=yesterday"], "--since: invalid time 'yesterday'"),
                                    (["--since=2026-02-30"], "--since: invalid time '2026-02-30'"),
                                    (["--until=2026-1-1"], "--until: invalid time"),
                                    (["--since=7"], "--since: invalid duration '7'")):
            with self.subTest(arguments):
                result = self.analyze("report", *arguments, "results")
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertIn(expected, result.stderr)

    def test_of_standard_input_are_refused(self):
        result = subprocess.run([program("tcpstep-analyze"), "report", "--link=lan", "-"], input=run_text(),
                                capture_output=True, text=True, timeout=PATIENCE, env=environment())
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("standard input cannot be filtered", result.stderr)


class Parts(Selection):
    def test_divide_the_runs_of_a_link(self):
        for word, expected in (("link", {"adsl": 2, "adsl.up": 1, "lan": 2}),
                               ("label", {"adsl@anna": 1, "adsl@ben": 1, "adsl.up@ben": 1, "lan@-": 2}),
                               ("host", {"adsl@-": 2, "adsl.up@-": 1, "lan@-": 2})):
            self.assertEqual(self.runs("--by", word)[0], expected)
        days = self.runs("--by=day")[0]
        self.assertEqual(len(days), 5)
        self.assertIn(f"adsl@{NOW - datetime.timedelta(days=3):%Y-%m-%d}", days)

    def test_name_pictures_and_histories(self):
        result = self.analyze("plot", "--by=label", "--link=adsl", "results")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("plots/closeup-adsl@anna.png", result.stdout)
        result = self.analyze("history", "--by=label", "--format=json", "--advisory", "results")
        self.assertEqual([link["link"] for link in json.loads(result.stdout)["links"]],
                         ["adsl@anna", "adsl@ben", "lan@-", "adsl.up@ben"])

    def test_of_hosts_with_strange_names_stay_in_their_folder(self):
        (self.results / "x.csv").write_text(run_text("x", name="x", head="# client_host: ../../x y\n"))
        result = self.analyze("plot", "--by=host", "--link=x", "results")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("plots/closeup-x@.._.._x_y.png", result.stdout)

    def test_that_are_pooled_are_named(self):
        text = self.analyze("report", "--link=adsl", "--details", "results", env=environment(COLUMNS="100")).stdout
        self.assertIn("2 runs of 2 labels are pooled: anna, ben.", text)
        self.assertNotIn("pooled", self.analyze("report", "--link=adsl", "--by=label", "results").stdout)


class Show(Selection):
    def show(self, text, **options):
        return subprocess.run([program("tcpstep-analyze"), "show", "-"], input=text, capture_output=True,
                              timeout=PATIENCE, env=environment(**options))

    def test_reads_standard_input(self):
        result = self.show(run_text("adsl", "anna").encode())
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        text = result.stdout.decode()
        for expected in ("-: complete\n", "adsl, label anna", "server → client", "3 rounds × 3 sizes",
                         "9 samples, 0 lost", "MSS 1448", "10.10 µs", "tcpstep report -\n"):
            self.assertIn(expected, text)

    def test_says_of_a_run_that_was_cut_off_how_to_repair_it(self):
        path = self.directory / "cut.csv"
        path.write_text(run_text()[:-20])
        result = self.analyze("show", "cut.csv")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("cut.csv: partial (cut off)", result.stdout)
        self.assertIn("tcpstep repair cut.csv", result.stdout)

    def test_escapes_what_the_file_says(self):
        head = "# server_host: \033[31mred\r\n# client_host: ::error::x ##[group]y\n".replace("\r", "")
        head += f"# server_cpu: {'Z' * 5000} wide\n# tool: ‮evil\n# requested_cpu: \033]0;x\a\n"
        result = self.show(run_text(head=head).encode())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn(b"\033", result.stdout)
        self.assertNotIn(b"\a", result.stdout)
        self.assertNotIn("‮", result.stdout.decode())
        self.assertNotIn("##[", result.stdout.decode())
        self.assertLess(len(result.stdout), 4000)

    def test_needs_no_utf_8(self):
        result = self.show(run_text().encode(), LC_ALL="C")
        self.assertIn(b"server > client", result.stdout)
        self.assertTrue(result.stdout.isascii())

    def test_of_several_shows_each(self):
        result = self.analyze("show", "--link=adsl", "results")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stdout.count(": complete\n"), 3)


class Output(Selection):
    def test_of_text_goes_to_a_file_that_is_replaced(self):
        file = self.directory / "out.txt"
        file.write_text("old")
        for command in (["report", "--format=markdown"], ["export", "--format=openmetrics"]):
            expected = self.analyze(*command, "results").stdout
            result = self.analyze(*command, "-o", "out.txt", "results")
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
            self.assertEqual(file.read_text(), expected)
            self.assertEqual(self.analyze(*command, "-o", "-", "results").stdout, expected)

    def test_ends_in_the_format(self):
        runs = ["results/new.csv", "--", "results/up.csv"]
        for command, files, formats in (("report", ["results"], {"md": "markdown", "html": "html", "csv": "csv", "json": "json"}),
                                        ("history", ["results"], {"md": "markdown", "html": "html", "csv": "csv", "json": "json"}),
                                        ("compare", runs, {"md": "markdown", "json": "json", "xml": "junit"})):
            for ending, name in formats.items():
                with self.subTest(command, ending=ending):
                    expected = self.analyze(command, f"--format={name}", *files).stdout
                    result = self.analyze(command, "-o", f"out.{ending}", *files)
                    self.assertEqual(result.stdout, "")
                    self.assertEqual((self.directory / f"out.{ending}").read_text(), expected)
                    self.assertNotEqual(expected, "")
        result = self.analyze("compare", "-o", "out.html", *runs)
        self.assertEqual(result.returncode, 2)
        self.assertIn("cannot draw into 'out.html'", result.stderr)

    def test_never_replaces_a_result_file(self):
        before = (self.results / "new.csv").read_bytes()
        result = self.analyze("report", "-o", "results/new.csv", "results/up.csv")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("results/new.csv is a result file", result.stderr)
        self.assertEqual((self.results / "new.csv").read_bytes(), before)

    def test_has_one_name(self):
        for command in ("report", "plot", "compare", "ab", "history", "matrix", "export", "import", "repair"):
            self.assertIn("--output", self.analyze(command, "--help").stdout)
            for old in ("--out", "--plot", "--results"):
                result = self.analyze(command, old, "x", "y")
                self.assertEqual(result.returncode, 2)
                self.assertIn("Did you mean --output?", result.stderr)


if __name__ == "__main__":
    main()
