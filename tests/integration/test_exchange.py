"""tcpstep-analyze export and import: what other programs read, and what other tools wrote."""

import csv
import gzip
import json
import re
import shutil
import subprocess

from harness import SOURCE, PATIENCE, TestCase, free_port, main, program, read_run, report, run, wait_until

VETH, = (SOURCE / "results").glob("*_veth.csv")
LOOPBACK, = (SOURCE / "results").glob("*_loopback.csv")
DATA = SOURCE / "tests" / "data"


class Export(TestCase):
    def export(self, form, *arguments):
        result = run("tcpstep-analyze", "export", "--format", form, *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def setUp(self):
        super().setUp()
        _, (self.veth,) = report(VETH)

    def test_openmetrics_has_every_class_in_seconds(self):
        text = self.export("openmetrics", VETH, LOOPBACK)
        self.assertTrue(text.endswith("# EOF\n"))
        found = dict(re.findall(r'^tcpstep_rtt_seconds\{link="veth",mss_bytes="1448",statistic="min",'
                                r'segments="(\d+)"\} ([\d.]+)$', text, re.M))
        self.assertEqual({int(k): round(float(v) * 1e9) for k, v in found.items()},
                         {c["segments"]: c["rtt_ns"] for c in self.veth["classes"]})
        self.assertNotIn('tcpstep_penalty_ratio{link="loopback"', text)
        self.assertIn('tcpstep_samples{link="loopback"', text)

    def test_openmetrics_passes_promtool(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool is not installed")
        result = subprocess.run(["promtool", "check", "metrics"], capture_output=True, text=True,
                                input=self.export("openmetrics", VETH, LOOPBACK))
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_github_action_benchmark_is_what_the_action_reads(self):
        entries = json.loads(self.export("github-action-benchmark", VETH))
        self.assertEqual([(e["name"], e["unit"], e["value"]) for e in entries],
                         [(f"veth MSS 1448/{c['segments']} segment{'s' * (c['segments'] > 1)}", "ns",
                           c["rtt_ns"]) for c in self.veth["classes"]])
        # What extract.ts of the action declares as a result.
        for entry in entries:
            self.assertLessEqual(set(entry), {"name", "value", "range", "unit", "extra"})
            for key, value in entry.items():
                self.assertIsInstance(value, int if key == "value" else str)

    def test_bencher_is_its_metric_format(self):
        benchmarks = json.loads(self.export("bencher", "--statistic", "mean", VETH, LOOPBACK))
        self.assertEqual(len(benchmarks), len(self.veth["classes"]) + 1)
        # Names and measures as bencher.dev/docs/reference/bencher-metric-format has them: "latency" is the
        # measure in nanoseconds that every project has.
        for name, measures in benchmarks.items():
            self.assertEqual((list(measures), list(measures["latency"])), (["latency"], ["value"]))
            self.assertIsInstance(measures["latency"]["value"], int)
            self.assertTrue(0 < len(name) <= 1024)

    def test_go_has_one_line_per_counted_sample(self):
        lines = self.export("go", VETH).splitlines()
        benchmarks = [line for line in lines if line.startswith("Benchmark")]
        self.assertEqual(len(benchmarks), self.veth["samples"])
        for line in benchmarks:
            self.assertRegex(line, r"^BenchmarkRtt/link=veth/segments=\d+/size=\d+ 1 \d+ ns/op$")

    def test_go_has_no_line_that_its_format_does_not_know(self):
        # golang.org/design/14313-benchmark-format; benchfmt ignores or refuses whatever differs from it.
        configuration = re.compile(r"(?!\s|[A-Z])[a-z][^\sA-Z:]*:[ \t]+\S.*")
        result = re.compile(r"Benchmark(?![a-z])\S*\s+[1-9]\d*(\s+[0-9.]+\s+\S+)+")
        sizes = set()
        for line in self.export("go", LOOPBACK, VETH).splitlines():
            if not line.startswith("Benchmark"):
                self.assertRegex(line, configuration)
                continue
            self.assertIsNotNone(result.fullmatch(line), line)
            name = line.split()[0].split("/")[1:]  # benchstat's -row /size: parts of the form key=value
            sizes.add(dict(part.split("=") for part in name)["size"])
        self.assertIn("link", {part.partition("=")[0] for part in name})
        self.assertEqual(len(sizes), 100)

    def test_csv_has_one_line_per_size(self):
        rows = list(csv.DictReader(self.export("csv", VETH).splitlines()))
        self.assertEqual((len(rows), rows[0]["size_bytes"]), (100, "1"))
        self.assertEqual(int(rows[0]["min_ns"]), self.veth["reference_rtt_ns"])
        for row in rows:
            times = [int(row[f"{name}_ns"]) for name in ("min", "p25", "median", "p75", "p90", "p99", "max")]
            self.assertEqual(times, sorted(times))

    def test_hgrm_goes_from_the_fastest_to_the_slowest(self):
        text = self.export("hgrm", "--size=1501", VETH)
        rtts = sorted(int(r["rtt_ns"]) for r in read_run(VETH).rows
                      if r["size_bytes"] == "1501" and r["round"] != "0" and r["retransmits"] in ("", "0"))
        lines = [line.split() for line in text.splitlines() if line and line[0] == " "][1:]
        self.assertEqual((lines[0][0], lines[-1][0]), (f"{rtts[0] / 1e3:.3f}", f"{rtts[-1] / 1e3:.3f}"))
        for column in (0, 1, 2):
            values = [float(line[column]) for line in lines]
            self.assertEqual(values, sorted(values))

    def test_go_has_every_sample_however_many(self):
        path = self.directory / "long.csv"
        rows = "".join(f"{1 + i // 2},{1 + 1448 * (i % 2)},{1000 + i}\n" for i in range(10_000))
        path.write_text("# format: tcpstep-result/1\n# mss_bytes: 1448\nround,size_bytes,rtt_ns\n" + rows
                        + "# end: status=complete samples=10000 lost=0 elapsed_ns=99\n")
        found = re.findall(r"/segments=(\d)/size=\d+ 1 (\d+) ns/op$", self.export("go", path), re.M)
        self.assertEqual(found, [(str(1 + i % 2), str(1000 + i)) for i in range(10_000)])
        result = subprocess.run([program("tcpstep-analyze"), "export", "--format=go", "-"], input=path.read_bytes(),
                                capture_output=True, timeout=60)
        self.assertEqual((result.returncode, result.stdout), (1, b""))
        self.assertIn(b"too long to export from a pipe", result.stderr)

    def test_every_format_says_that_the_mss_changed(self):
        run_of_two = (DATA / "pmtu_in_warmup.csv").read_text()
        for size, segments in ((1401, 2), (2701, 3), (4344, 4)):  # the first round at 1448, the others at 1348
            run_of_two, count = re.subn(rf"^(1,{size},\d+,\d+),{segments},", rf"\1,{segments - 1},", run_of_two,
                                        flags=re.M)
            self.assertEqual(count, 1)
        path = self.directory / "moved.csv"
        path.write_text(run_of_two)
        for form, words in (("openmetrics", 'tcpstep_moved_runs{link="vpn",mss_bytes="1448"} 1'),
                            ("github-action-benchmark", "the MSS changed during 1 run"),
                            ("bencher", "vpn MSS 1448 (MSS changed)/2 segments"),
                            ("go", "mss: changed during the run"), ("hgrm", "#[the MSS changed during 1 run]")):
            with self.subTest(form):
                self.assertIn(words, self.export(form, path))
                self.assertNotIn("changed", self.export(form, DATA / "pmtu_in_warmup.csv").replace(
                    "Runs during which the MSS changed", ""))
        self.assertEqual({r["moved_runs"] for r in csv.DictReader(self.export("csv", path).splitlines())}, {"1"})
        for form in ("text", "markdown", "json", "html"):
            with self.subTest(report=form):
                self.assertIn("the MSS changed during 1 run",
                              run("tcpstep-analyze", "report", "--format", form, path).stdout)
        rows = csv.DictReader(run("tcpstep-analyze", "report", "--format=csv", path).stdout.splitlines())
        self.assertEqual({r["moved_runs"] for r in rows}, {"1"})
        if shutil.which("gnuplot"):
            run("tcpstep-analyze", "plot", "--output", self.directory, path)
            self.assertIn("the MSS changed during 1 run", (self.directory / "closeup-vpn.svg").read_text())

    def test_invalid_requests_are_named(self):
        for arguments, expected in ((["--format=xml", VETH], "--format: invalid value 'xml'"),
                                 (["--format=hgrm", VETH, LOOPBACK], "hgrm shows one link"),
                                 (["--format=hgrm", "--size=2", VETH], "no ping of 2 bytes")):
            result = run("tcpstep-analyze", "export", *arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertIn(expected, result.stderr)


class Import(TestCase):
    def convert(self, tool, *files):
        output = self.directory / "imported.csv"
        output.unlink(missing_ok=True)
        result = run("tcpstep-analyze", "import", "--from", tool, "--link=lan", "--output", output, *files)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertEqual(run("tcpstep-analyze", "validate", output).returncode, 0)
        return read_run(output)

    def test_of_sockperf_takes_the_whole_rtt_from_either_log(self):
        logs = [DATA / f"sockperf_3.7_{size}.csv" for size in (101, 1501)]  # one with --full-rtt
        imported = self.convert("sockperf", *logs)
        for log, size in zip(logs, ("101", "1501")):
            expected = [round((float(line.split(",")[2]) - float(line.split(",")[1])) * 1e9)
                        for line in log.read_text().splitlines() if re.match(r"\d+, ", line)]
            self.assertEqual([int(r["rtt_ns"]) for r in imported.rows if r["size_bytes"] == size], expected)
        self.assertNotIn("mss_bytes", imported.header)
        self.assertTrue(imported.header["tool"].startswith("sockperf (imported by tcpstep"))

    def test_of_irtt_takes_the_rtts_that_irtt_counts(self):
        trips = json.loads((DATA / "irtt_0.9.0.json").read_text())["round_trips"]
        imported = self.convert("irtt", DATA / "irtt_0.9.0.json")
        self.assertEqual([int(r["rtt_ns"]) for r in imported.rows], [t["delay"]["rtt"] for t in trips])
        self.assertEqual({r["size_bytes"] for r in imported.rows}, {"172"})
        self.assertEqual(imported.header["protocol"], "irtt")

    def test_of_irtt_reads_what_every_version_since_0_9_writes(self):
        imported = self.convert("irtt", DATA / "irtt_0.9.1.json")  # the start is an object
        self.assertEqual([r["rtt_ns"] for r in imported.rows], ["160000", "150000", ""])
        self.assertEqual([r["start_ns"] for r in imported.rows], ["0", "20000000", "40000000"])
        self.assertEqual(imported.header["started_utc"], "2023-11-14T22:13:20.000000Z")
        table = run("tcpstep-analyze", "report", self.directory / "imported.csv").stdout
        self.assertRegex(table, r"\? +172 +150 µs", "one size, and no MSS: it still has an RTT")
        packed = self.convert("irtt", DATA / "irtt_0.9.0_default.json.gz")  # the start is a text
        self.assertEqual(packed.rows, imported.rows)
        self.assertEqual(packed.header["started_utc"], imported.header["started_utc"])

    def test_reads_pipes_archives_time_zones_and_marks(self):
        plain = DATA / "irtt_0.9.1.json"
        expected = self.convert("irtt", plain).rows
        output = self.directory / "imported.csv"
        output.unlink()
        result = subprocess.run([program("tcpstep-analyze"), "import", "--from=irtt", "--link=lan", f"--output={output}",
                                 "/dev/stdin"], input=gzip.compress(plain.read_bytes()), capture_output=True, timeout=60)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(read_run(output).rows, expected)
        old = (DATA / "irtt_0.9.0.json").read_text()
        started = json.loads(old)["stats"]["start_time"]
        for text, utc in (("2024-02-29T01:30:00.5+05:30", "2024-02-28T20:00:00.500000Z"),
                          ("2023-12-31T23:30:00-08:00", "2024-01-01T07:30:00.000000Z"),
                          ("2023-07-01T00:00:00Z", "2023-07-01T00:00:00.000000Z")):
            path = self.directory / "zone.json"
            path.write_text("\ufeff" + old.replace(started, text))
            self.assertEqual(self.convert("irtt", path).header["started_utc"], utc)
        log = DATA / "sockperf_3.7_101.csv"
        packed = self.directory / "log.gz"
        packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + log.read_bytes()))
        self.assertEqual(self.convert("sockperf", packed).rows, self.convert("sockperf", log).rows)

    def test_of_lagscope_takes_the_replies_of_its_verbose_output(self):
        # Made by hand after the formats in lagscope's src/main.c and src/logger.h, not by lagscope.
        rows = self.convert("lagscope", DATA / "lagscope_4.log", DATA / "lagscope_101.log").rows
        for size in ("4", "101"):
            self.assertEqual([(int(r["start_ns"]) / 1e9, int(r["rtt_ns"])) for r in rows if r["size_bytes"] == size],
                             [(0, 96083), (1, 54063), (2, 2828121), (3, 147913), (4, 102000)])

    def test_can_be_reported_and_says_why_there_is_no_penalty(self):
        self.convert("sockperf", DATA / "sockperf_3.7_101.csv", DATA / "sockperf_3.7_1501.csv")
        _, (link,) = report(self.directory / "imported.csv")
        self.assertEqual((link["samples"], link["mss_bytes"]), (54, None))
        self.assertIn("MSS", link["remark"])
        self.assertEqual((link["reference_bytes"], link["largest"]["largest_bytes"]), (101, 1501))
        text = run("tcpstep-analyze", "report", self.directory / "imported.csv").stdout
        self.assertRegex(text, r"(?m)^  \? +101 +\S+ µs")
        self.assertRegex(text, r"(?m)^  \? +1501 +\S+ µs")

    def test_of_a_log_made_just_now(self):
        if not shutil.which("sockperf"):
            self.skipTest("sockperf is not installed")
        port = free_port()
        server = subprocess.Popen(["sockperf", "server", "--tcp", "-i", "127.0.0.1", "-p", str(port)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        log = self.directory / "now.log"

        def measure():
            return subprocess.run(["sockperf", "ping-pong", "--tcp", "-i", "127.0.0.1", "-p", str(port),
                                   "-m", "200", "-t", "1", f"--full-log={log}"],
                                  capture_output=True, timeout=PATIENCE).returncode == 0
        wait_until(measure, "sockperf has measured")
        rows = self.convert("sockperf", log).rows
        self.assertGreater(len(rows), 10)
        self.assertEqual({row["size_bytes"] for row in rows}, {"200"})

    def test_rejects_other_files_and_leaves_no_file(self):
        good = (DATA / "sockperf_3.7_101.csv").read_text()
        replies = (DATA / "lagscope_4.log").read_text()
        for tool, content, expected in (
                ("sockperf", "", "has no parameters of sockperf"),
                ("sockperf", good.replace("--msg-size=101 ", ""), ":2: missing --msg-size"),
                ("sockperf", good.replace("2.403289138", "2.403"), ":22: expected two times in seconds"),
                ("sockperf", good.replace("2.403289138", "2.303289138"), ":22: the times run backwards"),
                ("lagscope", good, "has no reply line"),
                ("lagscope", replies.replace("time=54.063us", "time=54us"), ":5: expected a time in microseconds"),
                ("lagscope", replies.replace("bytes=4", "bytes=5", 1), ":5: found a second size"),
                ("sockperf", good.replace("--msg-size=101 ", "--msg-size=101 --range=50 "), ":2: random sizes"),
                ("sockperf", good + good[good.index("packet,"):], "samples of a second server follow"),
                ("irtt", "[" * 100_000, "nested more than 20 deep"),
                ("irtt", "{}", "not found"),
                ("irtt", good, "parse error"),
                ("irtt", (DATA / "irtt_0.9.0.json").read_text().replace('"json_format": 1', '"json_format": 2'),
                 "2: expected 1 to 1")):
            path = self.directory / "bad.log"
            path.write_text(content)
            output = self.directory / "out.csv"
            result = run("tcpstep-analyze", "import", "--from", tool, "--link=x", "--output", output, path)
            with self.subTest(expected):
                self.assertEqual(result.returncode, 1)
                self.assertIn(expected, result.stderr)
                self.assertFalse(output.exists())

    def test_may_go_to_standard_output_and_into_no_archive(self):
        with open(DATA / "sockperf_3.7_101.csv") as log:
            result = run("tcpstep-analyze", "import", "--from=sockperf", "--link=x", "--output=-", "-", stdin=log,
                         cwd=self.directory)
        self.assertEqual((result.returncode, list(self.directory.iterdir())), (0, []), result.stderr)
        self.assertTrue(result.stdout.startswith("# format: tcpstep-result/1\n"), result.stdout[:100])
        result = run("tcpstep-analyze", "import", "--from=sockperf", "--link=x", "--output=x.csv.gz",
                     DATA / "sockperf_3.7_101.csv", cwd=self.directory)
        self.assertEqual((result.returncode, list(self.directory.iterdir())), (2, []))
        self.assertIn("Write 'x.csv' and compress it afterwards", result.stderr)

    def test_replaces_nothing_and_wants_every_option(self):
        output = self.directory / "mine.csv"
        output.write_text("mine")
        log = DATA / "sockperf_3.7_101.csv"
        self.assertEqual(run("tcpstep-analyze", "import", "--from=sockperf", "--link=x",
                             f"--output={output}", log).returncode, 1)
        self.assertEqual(output.read_text(), "mine")
        for left_out in range(3):
            options = ["--from=sockperf", "--link=x", "--output=y.csv"]
            del options[left_out]
            self.assertEqual(run("tcpstep-analyze", "import", *options, log, cwd=self.directory).returncode, 2)


if __name__ == "__main__":
    main()
