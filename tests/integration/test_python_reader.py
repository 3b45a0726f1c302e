"""python/tcpstep.py reads every result file of this repository as tcpstep-analyze does."""
import csv
import gzip
import io
import sys
import unittest

from harness import SOURCE, TestCase, main, run

sys.path.insert(0, str(SOURCE / "python"))
import tcpstep  # noqa: E402  (found only now)

try:
    import pandas
except ImportError:
    pandas = None

FIRST_LINE = b"# format: tcpstep-result/1\n"
FILES = sorted(path for folder in ("results", "tests/data") for path in (SOURCE / folder).rglob("*.csv")
               if path.read_bytes().startswith(FIRST_LINE))
VETH = next(path for path in FILES if "veth" in path.name)


def table_of_analyze(path):
    """Size -> (samples, minimum, maximum), by tcpstep-analyze."""
    text = run("tcpstep-analyze", "export", "--format=csv", path).stdout
    return {int(row["size_bytes"]): tuple(int(row[key]) for key in ("samples", "min_ns", "max_ns"))
            for row in csv.DictReader(io.StringIO(text))}


class PythonReader(TestCase):
    def write(self, name, data):
        path = self.directory / name
        path.write_bytes(data)
        return path

    def test_agrees_with_analyze_on_every_file(self):
        self.assertGreater(len(FILES), 8)
        for path in FILES:
            with self.subTest(path.name):
                result = tcpstep.read(path)
                self.assertEqual({size: (len(rtts), min(rtts), max(rtts)) for size, rtts in result.samples().items()},
                                 table_of_analyze(path))

    def test_counts_segments_by_the_mss(self):
        veth = tcpstep.read(VETH)
        self.assertEqual([veth.segments(size) for size in (1, 1448, 1449, 9901)], [1, 1, 2, 7])

    def test_leaves_out_what_was_retransmitted(self):
        path = self.write("run.csv", FIRST_LINE + b"# mss_bytes: 1448\n"
                          b"round,size_bytes,rtt_ns,retransmits,peer_retransmits,doubtful,status\n"
                          b"0,1,9,0,,,ok\n1,1,10,0,0,1,ok\n2,1,11,1,0,0,ok\n3,1,12,0,1,0,ok\n4,1,13,0,,1,ok\n5,1,,0,,,timeout\n"
                          b"# end: status=timeout samples=4 lost=1 elapsed_ns=99\n")
        result = tcpstep.read(path)
        self.assertEqual((result.samples(), result.is_complete), ({1: [10]}, False))
        self.assertEqual({1: (1, 10, 10)}, table_of_analyze(path))

    def test_reads_a_packed_file_and_one_that_was_cut(self):
        data = VETH.read_bytes()
        packed = tcpstep.read(self.write("run.csv.gz", gzip.compress(data)))
        self.assertEqual(packed.pings, tcpstep.read(VETH).pings)
        cut = tcpstep.read(self.write("cut.csv", data[:len(data) // 2]))
        self.assertEqual((cut.is_complete, cut.trailer, cut.pings), (False, {}, packed.pings[:len(cut.pings)]))

    def test_names_the_line_that_breaks_the_rules(self):
        data = VETH.read_bytes()
        row = data.splitlines(keepends=True)[-2]
        for changed, words in ((data.replace(row, b"x" + row), "expected a whole number"),
                               (data.replace(row, b"1," + row), "fields instead of"),
                               (data.replace(row, row.replace(b"\n", b"\r\n").replace(b"ok", b"ok,")), "fields instead of"),
                               (data.replace(row, b""), "the trailer says"),
                               (data + row, "behind the end"),
                               (data[1:], "expected '# format"),
                               (data.replace(b"# order", b"# link: other\n# order"), "second value of link"),
                               (FIRST_LINE, "names of columns"),
                               (gzip.compress(data)[:-5], "end-of-stream")):
            with self.subTest(words), self.assertRaisesRegex(tcpstep.FormatError, words):
                tcpstep.read(self.write("changed.csv", changed))

    @unittest.skipUnless(pandas, "pandas is not installed")
    def test_makes_a_data_frame(self):
        frame = tcpstep.read(VETH).to_pandas()
        self.assertEqual(len(frame), len(tcpstep.read(VETH).pings))
        self.assertEqual(frame.attrs["link"], "veth")


if __name__ == "__main__":
    main()
