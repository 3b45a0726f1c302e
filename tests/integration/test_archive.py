"""The archive: DuckDB reads result files by packaging/duckdb/*.sql, and says the same as report."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

from harness import SOURCE, TestCase, main, report, run

SQL = SOURCE / "packaging" / "duckdb"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tcpstep" / "node"
SCRIPT = """
import { createRequire } from 'module';
import fs from 'fs';
const { DuckDBInstance } = createRequire(process.argv[2] + '/')('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const results = [];
for (const query of JSON.parse(fs.readFileSync(0, 'utf8'))) {
  results.push((await connection.runAndReadAll(query)).getRowObjectsJson());
}
console.log(JSON.stringify(results));
"""


def find_duckdb():
    """The folder of DuckDB's package for node, downloaded once. Exits 77 where it cannot be had."""
    if not shutil.which("node") or not shutil.which("npm"):
        print("node and npm are not installed", file=sys.stderr)
        sys.exit(77)
    if not (CACHE / "node_modules" / "@duckdb" / "node-api").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", CACHE, "@duckdb/node-api"]
        try:
            is_there = subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 0
        except subprocess.TimeoutExpired:
            is_there = False
        if not is_there:
            print("npm cannot download @duckdb/node-api", file=sys.stderr)
            sys.exit(77)
    return CACHE


class Archive(TestCase):
    def ask(self, *queries):
        """What DuckDB answers to each query, after the files of SQL."""
        script = self.directory / "ask.mjs"
        script.write_text(SCRIPT)
        before = [(SQL / name).read_text() for name in ("samples.sql", "views.sql")]
        result = subprocess.run(["node", script, DUCKDB], input=json.dumps([*before, *queries]), capture_output=True,
                                text=True, cwd=self.directory, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)[2:]

    def assert_same_as_report(self, links, rows):
        of_link = {(row["link"], row["mss_bytes"]): row for row in rows}
        self.assertEqual(set(of_link), {(link["link"], link["mss_bytes"]) for link in links})
        for link in links:
            row = of_link[link["link"], link["mss_bytes"]]
            self.assertEqual(int(row["reference_ns"]), link["reference_rtt_ns"])
            for name in ("filling", "second", "fourth"):
                theirs = row[f"{name}_percent"]
                ours = link[name] and link[name]["penalty_percent"]
                self.assertEqual(theirs is None, ours is None, (link["link"], name))
                if ours is not None:
                    self.assertAlmostEqual(theirs, ours, places=6)

    def test_says_what_report_says(self):
        folder = self.directory / "runs"
        shutil.copytree(SOURCE / "results" / "lab", folder)
        for name in ("two_rounds_one_stall.csv",):
            shutil.copy(SOURCE / "tests" / "data" / name, folder)
        subprocess.run(["gzip", next(folder.glob("adsl*.csv"))], check=True)
        shutil.copy(folder / "wifi.csv", folder / "wifi-again.csv")
        _, links = report(folder)
        files = "runs/*.csv*"
        penalties, runs = self.ask(
            f"CREATE VIEW samples AS FROM tcpstep_samples('{files}')", "FROM tcpstep_penalties('samples', 'all')",
            f"FROM tcpstep_runs('{files}')")[1:]
        self.assert_same_as_report(links, penalties)
        self.assertEqual(len(runs), sum(link["runs"] for link in links))

    def test_keeps_a_mesh_in_parquet(self):
        made = subprocess.run([sys.executable, SOURCE / "bench" / "make_mesh.py", "3", "30", self.directory / "mesh"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        _, links = report(self.directory / "mesh")
        answers = self.ask(
            "SET VARIABLE files = 'mesh/*/*_*.csv*'", (SQL / "convert.sql").read_text(), (SQL / "convert.sql").read_text(),
            "CREATE VIEW samples AS FROM read_parquet('archive/*/*.parquet', hive_partitioning = true)",
            "FROM tcpstep_penalties('samples', 'all')", "SELECT count(*) AS rows, min(day) AS day FROM samples",
            "SELECT count(*) AS hours FROM tcpstep_penalties('samples', 'hour') WHERE link = 'n1_n2'",
            "SELECT count(*) AS classes FROM tcpstep_classes('samples', 'all') WHERE link = 'n1_n2'",
            *filter(str.strip, (SQL / "examples.sql").read_text().split(";\n")))
        self.assert_same_as_report(links, answers[4])
        self.assertEqual(int(answers[5][0]["rows"]), 6 * 30 * 13 * 21)
        self.assertEqual([int(answers[6][0]["hours"]), int(answers[7][0]["classes"])], [30, 4])
        self.assertEqual(len(answers[9]), 6)
        self.assertEqual(answers[10][0]["mesh_from"][0], "n")
        size = sum(file.stat().st_size for file in (self.directory / "archive").rglob("*.parquet"))
        print(f"{size / int(answers[5][0]['rows']):.1f} bytes a row")
        self.assertEqual(run("tcpstep-analyze", "matrix", self.directory / "mesh").returncode, 0)


if __name__ == "__main__":
    DUCKDB = str(find_duckdb())
    main()
