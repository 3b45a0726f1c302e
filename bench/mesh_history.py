#!/usr/bin/env python3
"""How long the history of a mesh takes, and how much memory, beside DuckDB: scripts/bench-mesh.

usage: mesh_history.py FOLDER [HOSTS RUNS RUNS_OF_A_YEAR (default 12 720 8760)]

Makes up result files in FOLDER, once: a mesh with a host and a path that became slower, and a year of one pair, with
the sizes around the boundaries and with a hundred sizes, compressed and not. Prints Markdown.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

BENCH = pathlib.Path(__file__).resolve().parent
ANALYZE = BENCH.parent / "build" / "release" / "analysis" / "tcpstep-analyze"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tcpstep" / "node"
DUCKDB = """
import { createRequire } from 'module';
const { DuckDBInstance } = createRequire(process.argv[2] + '/')('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:', {threads: '2', memory_limit: '4GB'})).connect();
const rows = await connection.runAndReadAll(process.argv[3]);
console.log(JSON.stringify(rows.getRowObjectsJson()));
"""
# The fastest ping of each run and size: what a history reads the files for, without any of its checks.
MINIMA = """
SELECT count(*) AS minima, min(fastest) AS least FROM (
  SELECT filename, size_bytes, min(rtt_ns::BIGINT) AS fastest
  FROM read_csv('{files}', filename = true, header = false, auto_detect = false, comment = '#', delim = ',', quote = '',
                columns = {{'round': 'VARCHAR', 'size_bytes': 'VARCHAR', 'start_ns': 'VARCHAR', 'rtt_ns': 'VARCHAR',
                           'segments': 'VARCHAR', 'retransmits': 'VARCHAR', 'status': 'VARCHAR'}})
  WHERE status = 'ok' AND round <> '0' AND retransmits = '0'
  GROUP BY ALL)
"""


def timed(command, **options):
    """Seconds, seconds of the processors, MiB at most, output."""
    begin = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, **options)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return (time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode,
            output.decode())


def make(folder, *arguments):
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        subprocess.run(["rm", "-rf", unfinished], check=True)
        subprocess.run([sys.executable, BENCH / "make_mesh.py", *map(str, arguments[:2]), unfinished, *arguments[2:]], check=True)
        unfinished.rename(folder)
    return folder


def size_of(files):
    return sum(file.stat().st_size for file in files)


def row(what, of_files, figures):
    seconds, processor, memory, status, _ = figures
    print(f"| {what} | {of_files} | {seconds:.1f} | {processor:.1f} | {memory:.0f} | {status} |", flush=True)


def main():
    folder = pathlib.Path(sys.argv[1])
    hosts, runs, of_year = map(int, sys.argv[2:5]) if len(sys.argv) > 2 else (12, 720, 8760)
    folder.mkdir(exist_ok=True)
    mesh = make(folder / "mesh", hosts, runs)
    years = [(name, make(folder / f"year{number}", 2, of_year, "--only", "n1_n2", *arguments))
             for number, (name, arguments) in enumerate((("13 sizes, .gz", ()), ("100 sizes, .gz", ("--every-100",)),
                                                         ("100 sizes", ("--every-100", "--plain"))))]
    has_duckdb = (CACHE / "node_modules" / "@duckdb" / "node-api").exists()
    script = folder / "ask.mjs"
    script.write_text(DUCKDB)

    def in_duckdb(files):
        return timed(["node", script, CACHE, MINIMA.format(files=files)])

    print("| what | files | seconds | processor seconds | peak MiB | exit status |\n|---|---|---:|---:|---:|---:|")
    files = list(mesh.glob("*/*_*.csv*"))
    of_files = f"{len(files)} files, {size_of(files) / 1e6:.0f} MB"
    figures = timed([ANALYZE, "history", mesh])
    row(f"history of {hosts * (hosts - 1)} pairs × {runs} runs", of_files, figures)
    told = figures[4]
    if has_duckdb:
        figures = in_duckdb(mesh / "*" / "*_*.csv.gz")
        row("DuckDB, the minima of these files", of_files, figures)
        print(f"  minima: {json.loads(figures[4] or '[{}]')}", file=sys.stderr)
    for name, year in years:
        files = sorted(year.glob("*/*_n1_n2.csv*"))
        of_files = f"{len(files)} files, {size_of(files) / 1e6:.0f} MB"
        row(f"history of one pair × {of_year} runs, {name}", of_files, timed([ANALYZE, "history", year]))
        row("report of the same", of_files, timed([ANALYZE, "report", year]))
        if has_duckdb:
            row("DuckDB, the minima of these files", of_files, in_duckdb(year / "*" / "*_n1_n2.csv*"))
    print("\n".join(["", *told.splitlines()[:4]]))


if __name__ == "__main__":
    main()
