"""tcpstep-analyze history: verdicts with known truth, formats, folders, runs that cannot count."""

import csv
import datetime
import io
import json
import random
import re
import subprocess
import sys

from harness import SOURCE, TestCase, environment, main, run
from test_compare import CompareTestCase, floor
from test_html import Balanced

DAY = 24 * 3600


class HistoryTestCase(CompareTestCase):
    def write_history(self, count=30, rtt=lambda number, size: floor(size), step=DAY, prefix="run", **options):
        """`count` runs, one a day, in files whose names are in random order."""
        names = [f"{prefix}{number:03}" for number in range(count)]
        random.Random(1).shuffle(names)
        return [self.write_run(name, number * step, lambda size, number=number: rtt(number, size), **options)
                for number, name in enumerate(names)]

    def shifted(self, number, size, factor=1.1, first=20):
        return floor(size) * (factor if number >= first else 1)

    def history(self, *arguments, **settings):
        return run("tcpstep-analyze", "history", *arguments,
                   **{"cwd": self.directory, "env": environment(COLUMNS="900")} | settings)

    def the_link(self, *arguments):
        """The one link of the JSON output."""
        link, = json.loads(self.history("--format=json", *arguments).stdout)["links"]
        return link


class Verdicts(HistoryTestCase):
    def test_find_when_a_link_became_slower_and_by_how_much(self):
        files = self.write_history(rtt=self.shifted)
        result = self.history(*files)
        self.assertEqual((result.returncode, result.stderr), (3, ""))
        since = re.match(r"veth: SLOWER since (\S+): floor of all sizes \+", result.stdout)[1]
        expected = datetime.datetime(2025, 12, 12, 12)  # the twenty-first day
        change, = self.the_link(*files)["changes"]
        found = datetime.datetime.strptime(change["since_utc"], "%Y-%m-%dT%H:%M:%SZ")
        self.assertEqual(since, f"{found:%Y-%m-%d}")
        self.assertLessEqual(abs((found - expected).days), 2)
        whole = change["contrasts"][0]
        self.assertEqual((whole["family"], whole["segments"], whole["slower"]), ("floor", "all", True))
        self.assertAlmostEqual(whole["change_percent"], 10, delta=1)
        self.assertLess(whole["low_percent"], 10)
        self.assertGreater(whole["high_percent"], 10)
        self.assertLessEqual(whole["p"], 0.01)
        self.assertEqual(self.history("--advisory", *files).returncode, 0)

    def test_of_a_link_that_became_faster_or_stayed_are_fine(self):
        for factor, expected in ((0.9, "veth: FASTER since 2025-12-1"), (1, "veth: NO CHANGE\n")):
            files = self.write_history(rtt=lambda number, size, factor=factor: self.shifted(number, size, factor))
            result = self.history(*files)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertTrue(result.stdout.startswith(expected), result.stdout)
        self.assertIn("a lasting change of about", result.stdout)

    def test_name_the_segments_and_the_kernel(self):
        def rtt(number, size):
            return floor(size) + (3000 if number >= 20 and size > 1448 else 0)

        old = self.write_history(20, rtt, prefix="old", head="# server_os: Linux 6.1\n")
        new = [self.write_run(f"new{number}", number * DAY, lambda size, number=number: rtt(number, size),
                              head="# server_os: Linux 6.12\n") for number in range(20, 30)]
        result = self.history(*old, *new)
        self.assertEqual(result.returncode, 3)
        self.assertRegex(result.stdout, r"^veth: SLOWER since 2025-12-12: floor of 2 segments \+")
        self.assertRegex(result.stdout, r"kernel of the measuring host, at 2025-12-12 12:00: Linux 6.1 before, Linux 6.12 after")
        self.assertRegex(result.stdout, r"floor +2 +\+(19|20)\.\d.*slower")
        first, = [row for row in self.the_link(*old, *new)["changes"][0]["contrasts"]
                  if (row["family"], row["segments"]) == ("floor", "1")]
        self.assertFalse(first["slower"])

    def test_keep_links_apart(self):
        good = self.write_history(prefix="good")
        bad = self.write_history(prefix="bad", rtt=self.shifted)
        for path in bad:
            path.write_text(path.read_text().replace("# link: veth", "# link: lan"))
        result = self.history(*good, *bad)
        self.assertEqual(result.returncode, 3)
        self.assertRegex(result.stdout, r"(?s)  lan +slower .*\n  veth +no change +\d+\.\d+ µs .*\nlan: SLOWER since .*\n30 runs")
        self.assertNotIn("NO CHANGE", result.stdout, "its row says that")
        self.assertEqual(self.history(*good).returncode, 0)

    def test_find_what_crept_up(self):
        for shape in (lambda number: 1 + 0.15 * number / 59, lambda number: 1 + 0.15 * max(0, number - 40) / 19):
            files = self.write_history(60, lambda number, size: floor(size) * shape(number))
            result = self.history(*files)
            self.assertEqual(result.returncode, 3, result.stdout)
            self.assertTrue(result.stdout.startswith("veth: SLOWER "), result.stdout)
        self.assertEqual(self.history("--advisory", *files).returncode, 0)

    def test_never_pass_a_staircase(self):
        files = self.write_history(60, lambda number, size: floor(size) * 1.03 ** (number // 12))
        self.assertIn(self.history(*files).returncode, (3, 4))

    def test_keep_directions_apart(self):
        down = self.write_history(prefix="down")
        up = self.write_history(prefix="up", rtt=self.shifted, head="# direction: up\n")
        result = self.history(*down, *up)
        self.assertEqual(result.returncode, 3)
        self.assertRegex(result.stdout, r"(?s)  veth +no change.*\n  veth.up +slower .*\nveth.up: SLOWER since .*\n30 runs")

    def test_by_day_take_the_median_of_its_runs(self):
        files = self.write_history(60, lambda number, size: floor(size) * (3 if number % 3 == 1 else 1), DAY // 3)
        self.assertEqual(self.the_link("--by=day", *files)["changes"], [])
        self.assertEqual([point["runs"] for point in self.the_link("--by=day", *files)["points"]][1:-1],
                         [3] * 19)


class Unconfirmed(HistoryTestCase):
    """A level that the newest runs have, too few for a verdict."""

    def newest(self, runs, count=14, factor=2.6, **options):
        return self.write_history(count, lambda number, size: floor(size) * (factor if number >= count - runs else 1),
                                  **options)

    def test_says_what_the_newest_runs_show_and_how_many_more_confirm_it(self):
        files = self.newest(3)
        result = self.history(*files)
        self.assertEqual((result.returncode, result.stderr), (4, ""))
        self.assertRegex(result.stdout, r"^veth: CANNOT TELL yet: the newest 3 runs are 1(5|6)\d % above the level before "
                                        r"\(\d+\.\d µs to \d+\.\d µs\); a change is reported once 5 runs confirm it \(2 more\)\n")
        self.assertNotIn("would be found", result.stdout)
        link = self.the_link(*files)
        self.assertEqual((link["visible_percent"], link["changes"]), (None, []))
        unconfirmed = link["unconfirmed"]
        self.assertEqual((unconfirmed["points"], unconfirmed["points_needed"], unconfirmed["since_utc"]),
                         (3, 5, link["points"][-3]["started_utc"]))
        self.assertAlmostEqual(unconfirmed["change_percent"], 160, delta=5)

    def test_is_a_change_once_five_runs_have_it(self):
        files = self.newest(5, 16)
        result = self.history(*files)
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertTrue(result.stdout.startswith("veth: SLOWER since "), result.stdout)
        self.assertIsNone(self.the_link(*files)["unconfirmed"])

    def test_is_not_what_a_single_run_has(self):
        files = self.newest(1, 30, 1.1)
        self.assertTrue(self.history(*files).stdout.startswith("veth: NO CHANGE\n"))
        self.assertIsNone(self.the_link(*files)["unconfirmed"])
        self.assertIn("CANNOT TELL yet: the newest run is 1", self.history(*self.newest(1, 30)).stdout)

    def test_fills_its_row_the_page_and_the_picture(self):
        files = [*self.newest(3), *self.write_history(prefix="other")]
        for path in files[14:]:
            path.write_text(path.read_text().replace("# link: veth", "# link: other"))
        result = self.history(*files)
        self.assertEqual(result.returncode, 4)
        self.assertRegex(result.stdout, r"\n  veth +cannot tell yet +\d+\.\d+ µs +\d+\.\d+ µs +\+1\d\d % +3 of 5 runs +14\n")
        self.assertRegex(result.stdout, r"\n  other +no change +\d+\.\d+ µs +\d\.\d % would show +30\n")
        self.assertIn("the newest 3 runs are 1", self.history("--format=html", *files).stdout)
        self.history("--output=plots", *files[:14])
        self.assertRegex((self.directory / "plots/history-veth.gp").read_text(),
                         r"veth: newest 3 runs \+1\d\d %, not confirmed yet")

    def test_is_a_remark_after_a_change(self):
        files = self.write_history(80, lambda number, size: floor(size) * (1 if number < 40 or number > 77 else 1.3))
        result = self.history(*files)
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertRegex(result.stdout, r"\n  the newest 2 runs are 2\d % below the level before")

    def test_never_has_a_sensitivity_beyond_tenfold(self):
        noise = random.Random(7)
        for spread, expected in ((0.8, r"only one of (about [2-9]\.\d times or more|more than tenfold) would have been found: the 14 runs"),
                                 (3, r"only one of more than tenfold would have been found: the 14 runs scatter too much")):
            levels = [noise.lognormvariate(0, spread) for _ in range(14)]
            files = self.write_history(14, lambda number, size, levels=levels: floor(size) * levels[number])
            result = self.history(*files)
            self.assertEqual(result.returncode, 4, result.stdout)
            self.assertRegex(result.stdout, expected)
            self.assertNotRegex(result.stdout, r"\d{3,}(\.\d)? %")
            self.assertLessEqual(self.the_link(*files)["visible_percent"] or 0, 900)


class Refusals(HistoryTestCase):
    def assert_cannot_tell(self, expected, *arguments):
        result = self.history(*arguments)
        self.assertEqual((result.returncode, result.stderr), (4, ""))
        self.assertTrue(result.stdout.startswith("veth: CANNOT TELL: "), result.stdout)
        self.assertIn(expected, result.stdout)

    def test_of_too_few_runs(self):
        files = self.write_history(11)
        self.assert_cannot_tell("1 usable run; at least 12 are required", files[0])
        self.assert_cannot_tell("11 usable runs; at least 12", *files)
        self.assert_cannot_tell("1 run left out", *files, self.write_run("cut", 9 * DAY, floor, rounds=4))

    def test_of_one_start_time(self):
        self.assert_cannot_tell("the runs have only 1 start time", *self.write_history(step=0))

    def test_of_no_start_time(self):
        files = self.write_history()
        for path in files:
            path.write_text(re.sub("# started_utc.*\n", "", path.read_text()))
        self.assert_cannot_tell("30 runs left out", *files)
        self.assert_cannot_tell("(no started_utc)", *files)

    def test_of_two_hosts(self):
        files = [*self.write_history(20, prefix="a", head="# server_host: one\n"),
                 *self.write_history(20, prefix="b", head="# server_host: two\n")]
        self.assert_cannot_tell("runs differ in measuring host: one, two", *files)
        self.assertEqual(self.history("--ignore-environment", *files).returncode, 0)

    def test_of_dates_that_cannot_be_right(self):
        files = self.write_history()
        late = [self.write_run(f"late{number}", 3650 * DAY + number, lambda size: 2 * floor(size))
                for number in range(5)]
        early = self.write_run("early", -20000 * DAY, floor)
        result = self.history(*files, *late, early)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        self.assertIn("6 runs left out", result.stdout)
        self.assertIn("dated 2035-11-20, in the future", result.stdout)
        self.assertIn("dated 1971-02-19: the clock was not set", result.stdout)
        self.assert_cannot_tell("5 runs left out", *late)

    def test_name_runs_of_which_one_began_before_another_ended(self):
        files = self.write_history()
        files[4].write_text(files[4].read_text().replace("elapsed_ns=5", "elapsed_ns=86500000000000"))
        result = self.history(*files)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn(f"{files[5]} began before {files[4]} had ended: a clock was set back, or two", result.stdout)

    def test_of_losses_among_the_newest(self):
        files = self.write_history()
        files[-2].write_text(files[-2].read_text().replace(",0,ok", ",1,ok", 5))
        self.assert_cannot_tell("one of the newest 5 runs lost more than 1 % of its pings", *files)
        files[-2].write_text(files[-2].read_text().replace(",1,ok", ",0,ok"))
        files[3].write_text(files[3].read_text().replace(",0,ok", ",1,ok", 5))
        result = self.history(*files)
        self.assertEqual(result.returncode, 0)
        self.assertIn("0 lost and 5 resent of 90 pings", result.stdout)

    def test_leave_out_what_is_partial_repeated_or_of_other_sizes(self):
        files = self.write_history()
        files[5].write_text(files[5].read_text().replace("status=complete", "status=interrupted"))
        copy = self.directory / "zcopy.csv"
        copy.write_text(files[7].read_text())
        files[9].write_text("".join(line for line in files[9].read_text().splitlines(keepends=True)
                                    if not re.match(r"\d+,\d\d+01,", line)).replace("samples=90", "samples=30"))
        result = self.history(*files, copy)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        for expected in ("3 runs left out", "ended with interrupted", f"same run as {files[7]}",
                      "only 3 of the 9 payload sizes"):
            self.assertIn(expected, result.stdout)


class Files(HistoryTestCase):
    def test_of_a_folder_are_all_read(self):
        self.write_history(rtt=self.shifted)
        (self.directory / "notes.txt").write_text("not ours\n")
        result = self.history(".")
        self.assertEqual((result.returncode, result.stderr), (3, ""))
        self.assertIn("\n30 runs", result.stdout)
        self.assertIn("\n30 runs", self.history(".", self.directory).stdout.replace("./", ""))

    def test_that_are_damaged_are_named_and_leave_the_others(self):
        files = self.write_history()
        files[4].write_text("junk\n")
        result = self.history(*files)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"{files[4]} is not a tcpstep result file", result.stderr)
        self.assertIn("\n29 runs", result.stdout)
        slower = self.write_history(rtt=self.shifted)
        slower[4].write_text("junk\n")
        self.assertEqual(self.history(*slower).returncode, 3)

    def test_that_are_not_there_are_an_error(self):
        empty = self.directory / "empty"
        empty.mkdir()
        for arguments, status, expected in (([], 2, "FILE is missing"),
                                         (["empty"], 1, "no result file in empty"),
                                         (["nowhere.csv"], 1, "nowhere.csv"),
                                         (["--by=week", "x"], 2, "--by: invalid value 'week': expected link, label, host or day")):
            with self.subTest(arguments):
                result = self.history(*arguments)
                self.assertEqual((result.returncode, result.stdout), (status, ""))
                self.assertIn(expected, result.stderr)


class Formats(HistoryTestCase):
    def test_say_the_same(self):
        files = self.write_history(rtt=self.shifted)
        link = self.the_link(*files)
        self.assertEqual((link["trend"], link["runs"], link["mss_bytes"]), ("slower", 30, 1448))
        self.assertEqual({len(level["values"]) for level in link["levels"]}, {len(link["points"])})
        self.assertEqual(link["points"], sorted(link["points"], key=lambda point: point["started_utc"]))
        whole = link["changes"][0]["contrasts"][0]
        rows = list(csv.DictReader(io.StringIO(self.history("--format=csv", *files).stdout)))
        self.assertEqual(rows[0]["since_utc"], link["changes"][0]["since_utc"])
        self.assertAlmostEqual(float(rows[0]["change_percent"]), whole["change_percent"], places=3)
        text = self.history("--format=markdown", *files).stdout
        self.assertTrue(text.startswith(f"**veth: {link['headline']}**\n"))
        self.assertEqual({line.count("|") for line in text.splitlines() if line.startswith("|")}, {8})


class Plots(HistoryTestCase):
    def test_are_drawn_for_each_link(self):
        files = self.write_history(rtt=self.shifted)
        few = self.write_history(5, prefix="few")
        for path in few:
            path.write_text(path.read_text().replace("# link: veth", "# link: few"))
        result = self.history("--output=plots", *files, *few)
        self.assertEqual(result.returncode, 3)
        self.assertIn("link few: nothing to draw", result.stderr)
        plots = self.directory / "plots"
        self.assertEqual(sorted(path.name for path in plots.iterdir()),
                         ["history-veth.gp", "history-veth.png", "history-veth.svg"])
        svg = (plots / "history-veth.svg").read_text()
        self.assertIn("slower since 2025-12-1", svg)
        self.assertIn("2 packets", svg)


class Page(Balanced):
    """The texts of its paragraphs and headings, and the cells of each row of its first table."""

    def __init__(self):
        super().__init__()
        self.texts, self.rows, self._tables = {"p": [], "h2": []}, [], 0

    def handle_starttag(self, tag, attributes):
        super().handle_starttag(tag, attributes)
        self._tables += tag == "table"
        if tag in self.texts:
            self.texts[tag].append("")
        elif self._tables == 1 and tag == "tr":
            self.rows.append([])
        elif self._tables == 1 and tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.open and self.open[-1] in self.texts:
            self.texts[self.open[-1]][-1] += data
        elif self._tables == 1 and "tr" in self.open and {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


class Meshes(TestCase):
    """The folder of a mesh, made up: bench/make_mesh.py."""

    def make(self, *arguments):
        folder = self.directory / "mesh"
        made = subprocess.run([sys.executable, SOURCE / "bench" / "make_mesh.py", *map(str, arguments[:2]), folder,
                               *arguments[2:]], check=False)
        self.assertEqual(made.returncode, 0)
        return folder

    def history(self, *arguments):
        return run("tcpstep-analyze", "history", *arguments, env=environment(COLUMNS="400"))

    def test_names_the_host_and_the_path_that_became_slower(self):
        folder = self.make(5, 36)
        result = self.history(folder)
        self.assertEqual(result.returncode, 3, result.stderr)
        lines = result.stdout.splitlines()
        self.assertEqual(lines[:2], ["20 paths: 9 slower, 0 faster, 11 without change, 0 cannot tell",
                                     "  host n3: 8 of 8 paths are slower"])
        self.assertRegex(lines[2], r"^  path n1 → n2: slower since 2 Sep 00:0\d$")
        self.assertNotIn("n4_n5", result.stdout)  # only what there is something to say of
        links = json.loads(self.history("--format=json", folder).stdout)["links"]
        self.assertEqual(len(links), 20)
        # The same as of each pair alone, at the level that it has in the mesh.
        pair = sorted(folder.glob("*/*_n1_n2.csv.gz"))
        alone = json.loads(self.history("--format=json", "--alpha=0.0005", *map(str, pair)).stdout)["links"]
        (there,) = [link for link in links if link["link"] == "n1_n2"]
        self.assertEqual(there["changes"], alone[0]["changes"])

    def test_has_a_page_with_a_row_for_each_path(self):
        folder = self.make(5, 36)
        page = self.directory / "mesh.html"
        result = self.history("-o", page, folder)
        self.assertEqual((result.returncode, result.stdout), (3, ""), result.stderr)
        parser = Page()
        parser.feed(page.read_text())
        self.assertEqual(parser.open, [])
        # First what became slower, as in the text, then a row for each path: the slower ones at the top, in detail below.
        self.assertEqual(parser.texts["p"][:2], ["20 paths: 9 slower, 0 faster, 11 without change, 0 cannot tell",
                                                 "host n3: 8 of 8 paths are slower"])
        self.assertRegex(parser.texts["p"][2], r"^path n1 → n2: slower since 2 Sep 00:0\d$")
        hosts = range(1, 6)
        slower = {f"n{a}_n{b}" for a in hosts for b in hosts if a != b and (3 in (a, b) or (a, b) == (1, 2))}
        links = [row[0] for row in parser.rows[1:]]
        self.assertEqual(set(links[:9]), slower)
        self.assertEqual(set(links), {f"n{a}_n{b}" for a in hosts for b in hosts if a != b})
        self.assertEqual(len(links), 20)
        self.assertEqual({row[1].split()[0] for row in parser.rows[1:10]}, {"slower"})
        self.assertEqual({row[1] for row in parser.rows[10:]}, {"no change"})
        self.assertEqual({text.split()[0] for text in parser.texts["h2"]}, slower)
        self.assertEqual(page.read_text().count("<svg "), 9 + 20)  # a picture of each that changed; a line in each row
        # Only it refers to its own parts.
        self.assertEqual({reference[1:] for reference in parser.references if reference != "data:,"} - parser.ids, set())

    def test_of_an_unchanged_mesh_raises_no_alarm(self):
        folder = self.make(4, 24, "--host-by=0", "--path-by=0")
        damaged = next(folder.glob("*/*_n1_n2.csv.gz"))
        damaged.write_text("# format: tcpstep-result/1\nround,size_bytes,rtt_ns,status\n1,x,2,ok\n")
        result = self.history(folder)
        self.assertEqual(result.returncode, 1)  # only of the damaged file
        self.assertEqual(result.stdout, "12 paths: 0 slower, 0 faster, 12 without change, 0 cannot tell\n")
        self.assertIn("n1_n2", result.stderr)


if __name__ == "__main__":
    main()
