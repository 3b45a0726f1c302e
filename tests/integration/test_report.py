"""tcpstep-analyze report on files that are whole, cut, damaged, compressed or not ours."""

import gzip
import json
import random
import shutil
import subprocess

from harness import SOURCE, TestCase, main, program, read_run, report, run

HEAD = "# format: tcpstep-result/1\n# link: {link}\n# mss_bytes: 1448\n"
COLUMNS = "round,size_bytes,start_ns,rtt_ns,kernel_rtt_ns,segments,retransmits,cwnd_segments,srtt_us,status\n"


def row(rtt="1000", size="1", round="1", status="ok"):
    return f"{round},{size},5,{rtt},,,,,,{status}\n"


def run_text(rows, link="good"):
    return HEAD.format(link=link) + COLUMNS + rows


BAD_FILES = {  # name: (content, part of the message)
    "empty": ("", "is empty"),
    "line-end": ("\n", "is not a tcpstep result file"),
    "not-ours": ("time,value\n1,2\n", "is not a tcpstep result file"),
    "picture": ("\x89PNG\r\n\x1a\n\0\0\0", "is not a tcpstep result file"),
    "newer": ("# format: tcpstep-result/2\n", "written by another version"),
    "without-header": (COLUMNS + row(), "is not a tcpstep result file"),
    "without-columns": (HEAD.format(link="a"), "ends before the names of its columns"),
    "missing-column": (run_text("").replace(",rtt_ns", ""), "missing column rtt_ns"),
    "nan": (run_text(row("NaN")), ":5:7: rtt_ns is 'NaN'"),
    "negative": (run_text(row("-5")), ":5:7: rtt_ns is '-5'"),
    "zero": (run_text(row("0")), ":5:7: rtt_ns is 0"),
    "kernel-zero": (run_text("1,1,5,1000,0,,,,,ok\n"), ":5:12: kernel_rtt_ns is 0"),
    "huge": (run_text(row("99999999999999999999")), ":5:7: rtt_ns is 99999999999999999999"),
    "too-long": (run_text(row("86400000000001")), ":5:7: rtt_ns is 86400000000001"),
    "exponent": (run_text(row("1e3")), ":5:7: rtt_ns is '1e3'"),
    "text": (run_text(row("fast")), ":5:7: rtt_ns is 'fast'"),
    "escape": (run_text(row("\033[31m")), ":5:7: rtt_ns is '\\x1b[31m'"),
    "size-zero": (run_text(row(size="0")), ":5:3: size_bytes is 0"),
    "size-text": (run_text(row(size="big")), ":5:3: size_bytes is 'big'"),
    "size-huge": (run_text(row(size="4294967297")), ":5:3: size_bytes is 4294967297"),
    "round-negative": (run_text(row(round="-1")), ":5:1: round is '-1'"),
    "crlf": (run_text(row()).replace("\n", "\r\n"), "dos2unix"),
    "crlf-row": (run_text(row()[:-1] + "\r\n"), "dos2unix"),
    "nul": (run_text(row("10\0" + "00")), ":5:7: rtt_ns is '10\\x0000'"),
    "nul-line": (run_text("\0\0\0\0\n"), ":5:1: round is "),
    "too-few-fields": (run_text("1,1,5\n"), "the line has 3 fields, but the file has 10 columns"),
    "too-many-fields": (run_text(row()[:-1] + ",7\n"), "11 fields"),
    "blank-line": (run_text("\n" + row()), ":5:1: "),
    "long-line": (run_text("1" * 2_000_000 + "\n"), "longer than"),
    "two-mss": (run_text(row()).replace("# link", "# mss_bytes: 1348\n# link"), "mss_bytes is given twice"),
    "bad-mss": (run_text(row()).replace("1448", "none"), "mss_bytes is 'none'"),
    "bad-link": (run_text(row(), link="../x"), "invalid link '../x'"),
    "two-files": (run_text(row() + "# end: status=complete samples=1 lost=0\n") * 2, "Were two files joined?"),
    "row-taken-out": (run_text("# end: status=complete samples=1 lost=0 elapsed_ns=5\n"),
                      "Lines were removed or added"),
}


class BadFiles(TestCase):
    def write(self, name, text):
        path = self.directory / f"{name}.csv"
        path.write_bytes(text.encode("latin-1"))
        return path

    def test_are_named_with_line_and_column_and_keep_out_of_the_table(self):
        good = self.write("good", run_text(row("1000") + row("2000", "1449")
                                           + "# end: status=complete samples=2 lost=0 elapsed_ns=5\n"))
        paths = {name: self.write(name, text) for name, (text, _) in BAD_FILES.items()}
        files = [*list(paths.values())[::2], good, *list(paths.values())[1::2]]
        result, links = report(*files)
        self.assertEqual(result.returncode, 1)
        self.assertEqual([(link["link"], link["samples"]) for link in links], [("good", 2)])
        self.assertNotIn("\033", result.stderr)
        self.assertNotIn("\0", result.stderr)
        for name, (_, expected) in BAD_FILES.items():
            with self.subTest(name):
                messages = [line for line in result.stderr.split("tcpstep-analyze: ")
                        if line.startswith(str(paths[name]))]
                self.assertEqual(len(messages), 1, result.stderr)
                self.assertIn(expected, messages[0])

    def test_alone_give_messages_and_no_table(self):
        for name in ("empty", "not-ours", "nan"):
            result = run("tcpstep-analyze", "report", self.write(name, BAD_FILES[name][0]))
            self.assertEqual((result.returncode, result.stdout), (1, ""), name)

    def test_that_cannot_be_read_are_named(self):
        good = self.write("good", run_text(row()))
        bad = self.directory / "none.csv"
        result, links = report(bad, good)
        self.assertEqual((result.returncode, len(links)), (1, 1))
        self.assertIn(f"{bad}: No such file", result.stderr)

    def test_with_escape_sequences_in_their_names_do_nothing_to_a_terminal(self):
        path = self.directory / "\033[31mred.csv"
        for content in (None, "not ours"):
            if content:
                path.write_text(content)
            result, _ = report(path)
            self.assertEqual(result.returncode, 1)
            self.assertIn("\\x1b[31mred.csv", result.stderr)
            self.assertNotIn("\033", result.stderr)

    def test_named_twice_are_counted_once(self):
        good = self.write("good", run_text(row()))
        result, (link,) = report(good, good)
        self.assertEqual((result.returncode, link["samples"]), (1, 1))
        self.assertIn("given twice", result.stderr)


class GoodFiles(TestCase):
    def measured(self, *arguments):
        """A file as the server writes it."""
        server = self.start_server("--output", "run.csv", "--link=whole", *arguments)
        self.assertEqual(server.run_client().returncode, 0)
        self.assertEqual(server.wait(), 0, server.messages)
        return self.directory / "run.csv"

    def test_of_two_mss_are_two_links(self):
        paths = []
        for mss in ("1448", "1348"):
            paths.append(self.directory / f"{mss}.csv")
            paths[-1].write_text(run_text(row("1000") + row("2000", "1400")).replace("1448", mss))
        result, links = report(*paths)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([(link["mss_bytes"], [c["segments"] for c in link["classes"]])
                          for link in links], [(1448, [1]), (1348, [1, 2])])

    def test_have_the_mss_that_their_segments_show(self):
        data = SOURCE / "tests" / "data"
        for name in ("pmtu_in_warmup.csv", "pmtu_fresh.csv"):  # the header says 1448
            with self.subTest(name):
                result, (link,) = report(data / name)
                self.assertEqual((result.returncode, link["mss_bytes"]), (0, 1348))
                self.assertEqual([c["segments"] for c in link["classes"]], [1, 2, 3, 4])
                self.assertEqual((link["filling"]["largest_bytes"], link["second"]["smallest_bytes"]), (1348, 1401))
                self.assertFalse([text for text in link["caveats"] if "MSS" in text])

    def test_of_times_that_are_no_line_have_no_fit(self):
        path = SOURCE / "results" / "lab" / "edge.csv"  # filling the packet costs -0.1 %; a line says +22 %
        _, (link,) = report(path)
        self.assertIsNone(link["fitted"])
        self.assertIn("no fit: the times within a class", run("tcpstep-analyze", "report", "--fit", path).stdout)
        self.assertNotIn("fit", run("tcpstep-analyze", "report", path).stdout)

    def test_of_too_few_rounds_have_no_fit(self):
        path = SOURCE / "tests" / "data" / "two_rounds_one_stall.csv"
        _, (link,) = report(path)
        self.assertIsNone(link["fitted"])
        self.assertIn("no fit: it takes 5 rounds", run("tcpstep-analyze", "report", "--fit", path).stdout)

    def test_need_only_two_columns(self):
        path = self.directory / "foreign.csv"
        path.write_text("# format: tcpstep-result/1\nnew,rtt_ns,size_bytes\nx,1000,1\n")
        result, (link,) = report(path)
        self.assertEqual((result.returncode, link["samples"], link["reference_rtt_ns"]), (0, 1, 1000))

    def test_that_are_compressed_say_the_same(self):
        plain = self.measured("--rounds=2")
        compressed = self.directory / "run.csv.gz"
        compressed.write_bytes(gzip.compress(plain.read_bytes()))
        paths = [plain, compressed]
        if shutil.which("zstd"):
            subprocess.run(["zstd", "-q", plain], check=True)
            paths.append(self.directory / "run.csv.zst")
        reports = [report(path) for path in paths]
        self.assertEqual([result.stderr for result, _ in reports], [""] * len(paths))
        self.assertEqual([links for _, links in reports], [reports[0][1]] * len(paths))
        self.assertEqual((reports[0][1][0]["samples"], reports[0][1][0]["partial_runs"]), (200, 0))

    def test_are_reported_the_same_in_every_format(self):
        path = self.measured("--rounds=1")
        for form, begin in (("text", "whole: "), ("markdown", "**whole: "), ("csv", "link,"), ("json", "{")):
            result = run("tcpstep-analyze", "report", "--format", form, path)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertTrue(result.stdout.startswith(begin), result.stdout[:80])

    def test_cut_at_any_byte_never_give_a_smaller_minimum(self):
        """The last three rows at every offset, 1000 others; each cut is a link of its own."""
        text = self.measured("--rounds=2").read_text()
        last_rows = len("".join(text.splitlines(keepends=True)[:-4]))
        cuts = [*range(last_rows, len(text) + 1),
                *(random.randrange(len(text)) for _ in range(1000))]
        whole = [{"size": int(row["size_bytes"]), "rtt": int(row["rtt_ns"])}
                 for row in read_run(self.directory / "run.csv").rows if row["round"] != "0"]
        paths = {}
        for number, cut in enumerate(cuts):
            paths[f"cut{number}"] = self.directory / f"cut{number}.csv"
            begin = text[:cut].replace("# link: whole\n", f"# link: cut{number}\n")
            paths[f"cut{number}"].write_text(begin)
        result, links = report(*paths.values())
        self.assertIn(result.returncode, (0, 1), result.stderr[-2000:])
        links = {link["link"]: link for link in links}
        smallest = min(sample["rtt"] for sample in whole)
        complete = 0
        for number, cut in enumerate(cuts):
            link = links.get(f"cut{number}")
            if link is None:  # cut inside the header
                self.assertIn(str(paths[f"cut{number}"]), result.stderr)
                continue
            rows = [line for line in text[:cut].split("\n")[:-1]
                    if line[:1].isdigit() and not line.startswith("0,")]
            self.assertEqual(link["samples"], len(rows), f"cut at {cut}")
            self.assertEqual(link["partial_runs"], 0 if cut == len(text) else 1)
            complete += cut == len(text)
            if rows:
                self.assertGreaterEqual(min(c["rtt_ns"] for c in link["classes"]), smallest)
                of_reference = [s["rtt"] for s in whole if s["size"] == link["reference_bytes"]]
                self.assertGreaterEqual(link["reference_rtt_ns"], min(of_reference))
        self.assertEqual(complete, 1)
        self.assertGreater(len(links), 500)

    def test_that_are_archives_cut_at_any_byte_give_fewer_samples(self):
        archive = gzip.compress(self.measured("--rounds=2").read_bytes())
        for cut in [0, 5, *random.sample(range(10, len(archive) - 9), 15)]:
            path = self.directory / f"cut{cut}.csv.gz"
            path.write_bytes(archive[:cut])
            result, links = report(path)
            self.assertEqual(result.returncode, 1, "no checksum covers what is left")
            if links:
                self.assertEqual(links[0]["partial_runs"], 1)
                self.assertLessEqual(links[0]["samples"], 200)
            else:
                self.assertIn(str(path), result.stderr)

    def test_that_are_archives_of_endless_lines_are_refused(self):
        path = self.directory / "bomb.csv.gz"
        path.write_bytes(gzip.compress((run_text(row()) + row() * 400_000).encode()))
        result, links = report(path, self.measured())
        self.assertEqual((result.returncode, len(links)), (1, 1))
        self.assertIn(f"{path} expands to more than 50 times its size", result.stderr)

    def test_are_archives_by_their_first_bytes_whatever_their_name(self):
        text = run_text(row())
        for name, data in (("plain.csv.gz", text.encode()), ("plain.csv.zst", text.encode()),
                           ("archive.csv", gzip.compress(text.encode()))):
            path = self.directory / name
            path.write_bytes(data)
            result, links = report(path)
            self.assertEqual((result.returncode, len(links)), (0, 1), result.stderr)
        for start in (b"\x1f\x8b", b"\x28\xb5\x2f\xfd"):
            path = self.directory / "damaged.csv.gz"
            path.write_bytes(start + b"no archive")
            result, links = report(path)
            self.assertEqual((result.returncode, links), (1, []))
            self.assertRegex(result.stderr, "damaged.csv.gz (is damaged|is truncated)")

    def test_may_come_from_standard_input(self):
        for data in (run_text(row()).encode(), gzip.compress(run_text(row()).encode())):
            result = subprocess.run([program("tcpstep-analyze"), "report", "--format=json", "-"], input=data,
                                    capture_output=True, timeout=60)
            self.assertEqual((result.returncode, json.loads(result.stdout)["links"][0]["samples"]), (0, 1))


class Loopback(TestCase):
    def test_says_that_every_size_is_one_segment_instead_of_making_up_penalties(self):
        server = self.start_server("--output", "run.csv", "--rounds=2")
        server.run_client()
        self.assertEqual(server.wait(), 0, server.messages)
        file = self.directory / "run.csv"
        _, (link,) = report(file)
        self.assertRegex(link["remark"], r"^every size is one packet \(MSS \d+\)")
        self.assertEqual([link["filling"], link["second"], link["fourth"]], [None] * 3)
        text = run("tcpstep-analyze", "report", file).stdout
        self.assertIn("every size is one packet", text)
        self.assertNotIn("added to", text)
        self.assertNotIn("+", text)


class Usage(TestCase):
    def test_errors_exit_with_2(self):
        for arguments, expected in (
                ([], "missing command"),
                (["draw"], "unknown command 'draw'"),
                (["report"], "FILE is missing"),
                (["report", "--format=xml", "x"], "--format: invalid value 'xml'"),
                (["report", "--statistic=p101", "x"], "--statistic: invalid statistic 'p101'"),
                (["report", "--statistic=nan", "x"], "--statistic: invalid statistic 'nan'"),
                (["report", "--stat=min", "x"], "Did you mean --statistic?"),
                (["plot"], "FILE is missing"),
                (["plot", "x", "--output"], "--output"),
                (["plot", "--out=x", "y"], "Did you mean --output?"),
                (["history", "--plot", "x", "y"], "Did you mean --output?")):
            with self.subTest(arguments=arguments):
                result = run("tcpstep-analyze", *arguments, cwd=self.directory)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertIn(expected, result.stderr)
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_a_standard_output_that_is_full_exits_with_1(self):
        path = self.directory / "run.csv"
        path.write_text(run_text(row()))
        for form in ("text", "markdown", "csv", "json"):
            with open("/dev/full", "w") as full:
                result = run("tcpstep-analyze", "report", "--format", form, path, stdout=full,
                             stderr=subprocess.PIPE)
            self.assertEqual(result.returncode, 1)
            self.assertIn("standard output: No space left on device", result.stderr)


if __name__ == "__main__":
    main()
