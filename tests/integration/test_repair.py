"""tcpstep-analyze validate and repair on files that are whole, cut, changed or compressed."""

import gzip
import os
import stat

from harness import TestCase, main, report, run

HEAD = "# format: tcpstep-result/1\n# link: veth\n# mss_bytes: 1448\n"
COLUMNS = "round,size_bytes,start_ns,rtt_ns,status\n"
ROWS = "0,1,0,9,ok\n1,1,10,50,ok\n1,1449,70,60,ok\n2,1,140,,timeout\n"
TRAILER = "# end: status=timeout samples=2 lost=1 elapsed_ns=150\n"
WHOLE = HEAD + COLUMNS + ROWS + TRAILER


class Files(TestCase):
    def write(self, content, name="run.csv"):
        path = self.directory / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def validate(self, *paths):
        return run("tcpstep-analyze", "validate", *paths)

    def repair(self, *arguments):
        return run("tcpstep-analyze", "repair", *arguments)


class Validate(Files):
    def test_says_that_a_whole_file_is_whole_even_if_its_run_was_not(self):
        path = self.write(WHOLE)
        result = self.validate(path)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, f"{path}: whole: timeout, 2 samples, 1 lost\n")

    def test_names_line_and_column_of_what_is_missing_or_wrong(self):
        for content, expected in (
                (WHOLE[:-1], ":9:54: the line is cut off after 53 bytes"),
                (HEAD + COLUMNS + ROWS, ":9:1: the trailer is missing"),
                (HEAD + COLUMNS + ROWS[:-3], ":8:15: the line is cut off after"),
                (WHOLE.replace("70,60", "70,6x"), ":7:11: rtt_ns is '6x', not a whole number"),
                (WHOLE.replace("samples=2", "samples=3"), "Lines were removed or added"),
                (WHOLE.replace("\n", "\r\n"), "dos2unix"),
                (WHOLE + ROWS, ":10:1: data after the trailer"),
                (HEAD, "ends before the names of its columns"),
                ("", "is empty")):
            with self.subTest(expected):
                path = self.write(content)
                result = self.validate(path)
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                self.assertIn(str(path), result.stderr)
                self.assertIn(expected, result.stderr)

    def test_goes_on_after_a_file_that_fails(self):
        result = self.validate(self.directory / "none.csv", self.write(WHOLE))
        self.assertEqual(result.returncode, 1)
        self.assertIn("none.csv: No such file", result.stderr)
        self.assertIn(": whole: ", result.stdout)


class Repair(Files):
    def test_of_every_cut_is_whole_and_has_the_rows_that_were_whole(self):
        begin = len(HEAD + COLUMNS)
        output = self.directory / "run.repaired.csv"
        for cut in range(begin, len(WHOLE), 2):
            path = self.write(WHOLE[:cut])
            result = self.repair(path)
            self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
            self.assertIn("status repaired", result.stderr)
            self.assertEqual(path.read_text(), WHOLE[:cut])
            *lines, trailer = output.read_text().splitlines(keepends=True)
            self.assertEqual("".join(lines), WHOLE[:WHOLE.rfind("\n", 0, cut) + 1])
            self.assertRegex(trailer, r"^# end: status=repaired samples=\d lost=\d elapsed_ns=\d+\n$")
            self.assertEqual(self.validate(output).returncode, 0)
            if cut % 10 == 0:
                self.assertEqual(report(output)[1], report(path)[1])
                self.assertEqual(report(output)[1][0]["partial_runs"], 1)
            output.unlink()

    def test_counts_what_is_left(self):
        path = self.write(HEAD + COLUMNS + ROWS + "3,1,150,5")
        self.assertIn("9 bytes after line 8 cut off, status repaired, 2 samples, 1 lost",
                      self.repair(path, "--output", self.directory / "new.csv").stderr)
        self.assertEqual((self.directory / "new.csv").read_text(), HEAD + COLUMNS + ROWS
                         + "# end: status=repaired samples=2 lost=1 elapsed_ns=140\n")

    def test_replaces_nothing_but_in_place(self):
        path = self.write(HEAD + COLUMNS + ROWS)
        other = self.write("mine", "other.csv")
        result = self.repair(path, "--output", other)
        self.assertEqual((result.returncode, other.read_text()), (1, "mine"))
        self.assertIn("File exists", result.stderr)

    def test_in_place_keeps_the_mode_and_leaves_nothing_behind(self):
        path = self.write(HEAD + COLUMNS + ROWS + "9,")
        path.chmod(0o640)
        link = self.directory / "link.csv"
        link.symlink_to(path)
        self.assertEqual(self.repair("--in-place", link).returncode, 0)
        self.assertTrue(link.is_symlink())
        self.assertTrue(path.read_text().endswith(ROWS + "# end: status=repaired samples=2 lost=1 elapsed_ns=140\n"))
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o640)
        self.assertEqual(sorted(os.listdir(self.directory)), ["link.csv", "run.csv"])

    def test_leaves_alone_what_is_whole_or_more_than_cut(self):
        for content, status in ((WHOLE, 0), (WHOLE.replace("70,60", "70,6x"), 1), (HEAD, 1),
                                (WHOLE.replace("samples=2", "samples=3"), 1)):
            path = self.write(content)
            for option in ((), ("--in-place",)):
                self.assertEqual(self.repair(*option, path).returncode, status)
                self.assertEqual(os.listdir(self.directory), ["run.csv"])
                self.assertEqual(path.read_text(), content)

    def test_may_go_from_standard_input_to_standard_output(self):
        repaired = HEAD + COLUMNS + ROWS + "# end: status=repaired samples=2 lost=1 elapsed_ns=140\n"
        for content, expected in ((HEAD + COLUMNS + ROWS + "9,", repaired), (WHOLE, WHOLE)):
            for arguments in (["-"], ["-", "--output=-"]):
                with open(self.write(content)) as path:
                    result = run("tcpstep-analyze", "repair", *arguments, stdin=path, cwd=self.directory)
                self.assertEqual((result.returncode, result.stdout), (0, expected), result.stderr)
        self.assertEqual(self.repair("-", "--in-place").returncode, 2)
        self.assertEqual(os.listdir(self.directory), ["run.csv"])

    def test_of_an_archive_is_a_plain_file(self):
        packed = gzip.compress((HEAD + COLUMNS + ROWS * 2000).encode())
        path = self.write(packed[:-30], "run.csv.gz")
        self.assertIn("is truncated", self.validate(path).stderr)
        result = self.repair("--in-place", path)
        self.assertEqual(result.returncode, 2)
        self.assertIn("compressed", result.stderr)
        self.assertEqual(self.repair(path).returncode, 0)
        self.assertEqual(self.validate(self.directory / "run.repaired.csv").returncode, 0)


if __name__ == "__main__":
    main()
