"""The JSON of report, compare and history is what docs/schema promises."""

import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed", file=sys.stderr)
    sys.exit(77)

from harness import SOURCE, main, run
from test_compare import CompareTestCase, floor
from test_history import HistoryTestCase


def schema_of(command):
    return json.loads((SOURCE / "docs" / "schema" / f"{command}.schema.json").read_text())


class Schema(HistoryTestCase, CompareTestCase):
    def output(self, command, *arguments):
        return json.loads(run("tcpstep-analyze", command, "--format=json", *arguments, cwd=self.directory).stdout)

    def assert_valid(self, command, *arguments):
        output = self.output(command, *arguments)
        jsonschema.validate(output, schema_of(command))
        return output

    def test_is_a_schema_and_rejects_what_is_missing_or_new(self):
        lab = SOURCE / "results" / "lab" / "adsl.csv"
        for command in ("report", "compare", "history", "matrix"):
            jsonschema.Draft202012Validator.check_schema(schema_of(command))
        output = self.output("report", lab)
        for spoil in (lambda link: link.pop("runs"), lambda link: link.update(new=1), lambda link: link.update(lost=-1),
                      lambda link: link["second"].pop("rtt_ns")):
            spoiled = json.loads(json.dumps(output))
            spoil(spoiled["links"][0])
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(spoiled, schema_of("report"))

    def test_holds_for_report(self):
        data = SOURCE / "tests" / "data"
        self.assert_valid("report", *sorted((SOURCE / "results" / "lab").glob("*.csv")))
        self.assert_valid("report", "--statistic=p99", "--clock=kernel", data / "pmtu_fresh.csv")
        self.assert_valid("report", SOURCE / "results", data / "two_rounds_one_stall.csv")
        foreign = self.directory / "foreign.csv"
        foreign.write_text("# format: tcpstep-result/1\nrtt_ns,size_bytes\n1000,1\n2000,9\n")
        lost = self.directory / "lost.csv"
        lost.write_text("# format: tcpstep-result/1\n# link: lost\nsize_bytes,rtt_ns,status\n1,,timeout\n")
        links = self.assert_valid("report", foreign, lost)["links"]
        self.assertIn("largest", links[0])

    def test_holds_for_matrix(self):
        made = subprocess.run([sys.executable, SOURCE / "bench" / "make_mesh.py", "6", "1", self.directory / "mesh"], check=False)
        self.assertEqual(made.returncode, 0)
        for statistic in ("rtt", "rtt:1448", "fill", "second", "fourth", "rtt:7"):
            matrix = self.assert_valid("matrix", f"--statistic={statistic}", self.directory / "mesh")
            self.assertEqual(len(matrix["cells"]), 30)
        self.assert_valid("matrix", SOURCE / "results" / "lab" / "adsl.csv")

    def test_holds_for_compare_whatever_the_verdict(self):
        baseline, candidate = self.sides(lambda size: floor(size) + (2000 if size > 1448 else 0))
        verdicts = {self.assert_valid("compare", *a, "--", *b)["verdict"]
                    for a, b in ((baseline, candidate), (candidate, baseline), (baseline[:2], candidate[:2]),
                                 (baseline[::2], baseline[1::2]))}
        self.assertLessEqual({"regression", "faster", "inconclusive"}, verdicts)
        lab = SOURCE / "results" / "lab"
        self.assert_valid("compare", lab / "adsl.csv", "--", lab / "wifi.csv")

    def test_holds_for_history_whatever_the_trend(self):
        trends = set()
        for name, level in (("slower", lambda number: 1.1 if number >= 20 else 1), ("steady", lambda number: 1),
                            ("creep", lambda number: 1 + 0.15 * number / 59)):
            files = self.write_history(60 if name == "creep" else 30, prefix=name,
                                       rtt=lambda number, size, level=level: floor(size) * level(number))
            trends.add(self.assert_valid("history", *files)["links"][0]["trend"])
        trends.add(self.assert_valid("history", "--by=day", *files[:3])["links"][0]["trend"])
        self.assertEqual(trends, {"slower", "steady", "inconclusive"})


if __name__ == "__main__":
    main()
