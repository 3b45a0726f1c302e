"""tcpstep-analyze compare: exit statuses and formats."""

import datetime
import json
import random
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

from harness import SOURCE, TestCase, environment, main, program, run

SIZES = [1, 401, 801, 1201, 1401, 1501, 1901, 2301, 2801]


def floor(size, mss=1448):
    return 10_000 + size + 3000 * (-(-size // mss) - 1)


class CompareTestCase(TestCase):
    def write_run(self, name, number, rtt, seed=0, head="", rounds=10, mss=1448):
        """One run, started at `number` seconds; rtt(size) is its floor."""
        noise = random.Random(f"{name} {seed}")
        level = noise.gauss(1, 0.003)
        started = datetime.datetime(2025, 11, 22, 12) + datetime.timedelta(seconds=number)
        lines = [f"# format: tcpstep-result/1\n# run_id: {name}\n# link: veth\n# mss_bytes: {mss}\n"
                 f"# started_utc: {started:%Y-%m-%dT%H:%M:%S}.000000Z\n{head}"
                 "round,size_bytes,rtt_ns,retransmits,status\n"]
        for round_number in range(1, rounds + 1):
            for size in SIZES:
                excess = 1 + noise.expovariate(50)
                lines.append(f"{round_number},{size},{int(rtt(size) * level * excess)},0,ok\n")
        lines.append(f"# end: status=complete samples={rounds * len(SIZES)} lost=0 elapsed_ns=5\n")
        path = self.directory / f"{name}.csv"
        path.write_text("".join(lines))
        return path

    def sides(self, candidate=floor, **options):
        """10 + 10 runs in the order ABBA BAAB …, as if `ab` had drawn it."""
        files = {"a": [], "b": []}
        for number in range(20):
            side = "ABBABAAB"[number % 8].lower()
            name = f"{side}{len(files[side]):02}"
            settings = dict(options if side == "b" else {})
            settings["head"] = settings.get("head", "") + f"# ab_id: 1\n# ab_block: {number // 4 + 1}\n"
            files[side].append(self.write_run(name, number, floor if side == "a" else candidate, **settings))
        return files["a"], files["b"]

    def compare(self, baseline, candidate, *options, **settings):
        return run("tcpstep-analyze", "compare", *options, *baseline, "--", *candidate,
                   **{"cwd": self.directory, "env": environment(COLUMNS="400")} | settings)


class Verdicts(CompareTestCase):
    def test_are_exit_statuses_with_reasons(self):
        same = self.sides()
        (self.directory / "slow").mkdir()
        result = self.compare(*same)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"^NO REGRESSION: a slowdown of more than [\d.]+ % is ruled out\n")
        result = self.compare(*same, "--tolerance=0.01%")
        self.assertEqual(result.returncode, 4)
        self.assertRegex(result.stdout, r"^CANNOT TELL: no slowdown found, but one of up to [\d.]+ % is not ruled out")
        self.assertEqual(self.compare(*same, "--lenient", "--tolerance=0.01%").returncode, 0)
        result = self.compare(*reversed(self.sides(lambda size: floor(size) + 2000)))
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^FASTER: uniform: all sizes -1\d\.\d+ %")
        result = self.compare(same[0][:1], same[1][:1])
        self.assertEqual(result.returncode, 4)
        self.assertRegex(result.stdout, "^CANNOT TELL: 1 run of the baseline and 1 run of")
        result = self.compare(same[0], [*same[1], same[0][0]])
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("are the same run", result.stderr)

    def test_name_what_became_slower(self):
        sides = self.sides(lambda size: floor(size) + (2000 if size > 1448 else 0))
        result = self.compare(*sides)
        self.assertEqual(result.returncode, 3)
        self.assertRegex(result.stdout, r"^REGRESSION: from 2 segments on \+[12]\.\d+ µs, \+1\d\.\d+ % .*; 1 segment unchanged")
        self.assertEqual(self.compare(*sides, "--advisory").returncode, 0)
        self.assertEqual(self.compare(*sides, "--minimum-effect=50%", "--lenient").returncode, 0)

    def test_name_an_environment_that_differs(self):
        sides = self.sides(head="# server_os: Linux 6.12\n")
        for path in sides[0]:
            path.write_text(path.read_text().replace("# link", "# server_os: Linux 6.1\n# link"))
        self.assertIn("kernel of the measuring host: Linux 6.1 before, Linux 6.12 now", self.compare(*sides).stdout)
        for path in [*sides[0], *sides[1]]:
            path.write_text(path.read_text().replace("# link", "# measured_by: client\n# link"))
        self.assertIn("kernel of the other host: Linux 6.1 before, Linux 6.12 now", self.compare(*sides).stdout)
        other = self.sides(head="# direction: up\n")
        for path in other[0]:
            path.write_text(path.read_text().replace("# link", "# direction: down\n# link"))
        result = self.compare(*other)
        self.assertEqual(result.returncode, 4)
        self.assertRegex(result.stdout, "^NOT COMPARABLE: the direction differs: down and up\n")
        self.assertEqual(self.compare(*other, "--ignore-environment").returncode, 0)

    def test_are_not_given_on_fewer_files_than_were_asked_for(self):
        baseline, candidate = self.sides()
        candidate[3].write_text("junk\n")
        result = self.compare(baseline, candidate)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("b03.csv is not a tcpstep result file", result.stderr)

    def test_of_virtual_time_are_exact(self):
        head = "# lab_time: virtual\n# lab_seed: 1\n"
        before = self.write_run("before", 0, floor, head=head)
        now = self.directory / "now.csv"
        now.write_text(before.read_text())
        result = self.compare([before], [now])
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, "^NO DIFFERENCE")
        lines = before.read_text().splitlines(keepends=True)
        fields = lines[12].split(",")
        fields[2] = str(int(fields[2]) + 1)
        now.write_text("".join([*lines[:12], ",".join(fields), *lines[13:]]))
        result = self.compare([before], [now], "--format=json")
        self.assertEqual(result.returncode, 3)
        difference, = json.loads(result.stdout)["differences"]
        self.assertEqual((difference["size_bytes"], difference["differing"]), (int(fields[1]), 1))
        self.assertEqual(self.compare([before], [before]).returncode, 1)


class Formats(CompareTestCase):
    def setUp(self):
        super().setUp()
        self.files = self.sides(lambda size: 1.1 * floor(size))

    def test_json_has_every_contrast(self):
        report = json.loads(self.compare(*self.files, "--format=json").stdout)
        self.assertEqual((report["format"], report["verdict"]), ("tcpstep-compare/1", "regression"))
        whole = report["contrasts"][0]
        self.assertEqual((whole["family"], whole["segments"], whole["slower"]), ("floor", "all", True))
        self.assertLess(whole["low_percent"], 10)
        self.assertGreater(whole["high_percent"], 10)
        self.assertLessEqual(whole["p_slower"], 0.008)

    def test_junit_counts_its_cases(self):
        for sides, outcome in ((self.files, "failure"), ([self.files[0][:1], self.files[1][:1]], "error")):
            suite = xml.etree.ElementTree.fromstring(
                self.compare(*sides, "--format=junit").stdout).find("testsuite")
            cases = suite.findall("testcase")
            self.assertEqual(int(suite.get("tests")), len(cases))
            self.assertIsNotNone(cases[0].find(outcome))
            for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
                self.assertEqual(int(suite.get(attribute)),
                                 sum(case.find(kind) is not None for case in cases))

    def test_junit_is_valid_by_the_schema_of_jenkins(self):
        if not shutil.which("xmllint"):
            self.skipTest("xmllint is not installed")
        schema = SOURCE / "tests" / "data" / "jenkins-junit.xsd"
        partial = self.directory / 'cut <&> "off"\x01.csv'
        partial.write_text(self.files[1][0].read_text().rpartition("# end")[0])
        for sides in (self.files, self.files[::-1], [self.files[0][:1], self.files[1][:1]],
                      [self.files[0], [partial, *self.files[1][1:]]]):
            result = subprocess.run(["xmllint", "--noout", "--schema", schema, "-"], text=True, capture_output=True,
                                    input=self.compare(*sides, "--format=junit").stdout)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_github_annotates_and_adds_to_the_summary(self):
        summary = self.directory / "summary.md"
        summary.write_text("before\n")
        result = self.compare(*self.files, "--format=github",
                              env=environment(GITHUB_STEP_SUMMARY=str(summary)))
        self.assertEqual(result.returncode, 3)
        self.assertRegex(result.stdout, r"^::error title=tcpstep compare veth::REGRESSION: [^\n]*\n$")
        self.assertRegex(summary.read_text(), r"^before\n\*\*REGRESSION: ")

    def test_markdown_is_a_table(self):
        text = self.compare(*self.files, "--format=markdown").stdout
        rows = [line for line in text.splitlines() if line.startswith("|")]
        self.assertEqual({row.count("|") for row in rows}, {9})


class Pictures(CompareTestCase):
    def test_show_both_sides_whatever_the_verdict(self):
        baseline, candidate = self.sides(lambda size: 1.1 * floor(size))
        plots = self.directory / "plots"
        for count, status, expected in ((10, 3, "REGRESSION: uniform"), (1, 4, "CANNOT TELL: 1 run")):
            result = self.compare(baseline[:count], candidate[:count], "--output=plots")
            self.assertEqual((result.returncode, result.stderr), (status, ""))
            self.assertEqual(sorted(path.name for path in plots.iterdir()),
                             ["compare-veth.gp", "compare-veth.png", "compare-veth.svg"])
            svg = (plots / "compare-veth.svg").read_text()
            self.assertIn(expected, svg)
            self.assertEqual("95 % interval" in svg, count == 10)
        result = self.compare(baseline, candidate, "--output=plots", env=environment(PATH="/nowhere"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("cannot run gnuplot", result.stderr)

    def test_of_equal_floors_are_a_flat_line(self):
        baseline, candidate = (
            [self.write_run(f"{side}{number}", 2 * number + place, floor) for number in range(4)]
            for place, side in enumerate("ab"))
        for path in [*baseline, *candidate]:  # the floors that a clock of 1 µs gives
            path.write_text(re.sub(r"(?m)^(\d+),(\d+),\d+,", r"\1,\2,1000000,", path.read_text()))
        result = self.compare(baseline, candidate, "--output=plots")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue((self.directory / "plots/compare-veth.png").exists())
        self.assertNotRegex(result.stdout, r"-0\.0+ %")

    def test_need_a_size_of_both_sides(self):
        even = self.write_run("even", 0, floor)
        odd = self.write_run("odd", 1, floor)
        odd.write_text(re.sub(r"(?m)^(\d+),(\d+),", lambda row: f"{row[1]},{int(row[2]) + 1},", odd.read_text()))
        result = self.compare([even], [odd], "--output=plots")
        self.assertEqual(result.returncode, 4)
        self.assertIn("no payload size to draw", result.stderr)


class Usage(CompareTestCase):
    def test_errors_exit_with_2(self):
        for arguments, expected in ((["a"], "CANDIDATE is missing"),
                                 (["a", "--"], "CANDIDATE is missing"),
                                 (["--", "b"], "BASELINE is missing"),
                                 (["a", "--", "b", "--format=json"], "after --"),
                                 (["--alpha=0", "a", "--", "b"], "--alpha: invalid number '0'"),
                                 (["--alpha=nan", "a", "--", "b"], "--alpha: invalid number 'nan'"),
                                 (["--tolerance=5", "a", "--", "b"], "--tolerance: invalid percentage '5'"),
                                 (["--strict", "a", "--", "b"], "--strict")):
            with self.subTest(arguments):
                result = run("tcpstep-analyze", "compare", *arguments, cwd=self.directory)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertIn(expected, result.stderr)


if __name__ == "__main__":
    main()
