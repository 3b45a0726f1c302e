#!/usr/bin/env python3
"""An archive of many pings in DuckDB, as packaging/duckdb makes it: bytes a row, and how long questions take.

usage: archive.py FOLDER [ROWS (default 100000000)]

Makes up the archive of 12 hosts, 132 links, that measure 13 sizes in 20 rounds every hour, a folder for each day, until
it has that many rows: FOLDER/archive, which is kept for the next time. Needs node, and DuckDB's package that the tests
have fetched. Prints Markdown.
"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

SQL = pathlib.Path(__file__).resolve().parent.parent / "packaging" / "duckdb"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tcpstep" / "node"
SCRIPT = """
import { createRequire } from 'module';
import fs from 'fs';
const { DuckDBInstance } = createRequire(process.argv[2] + '/')('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:', {threads: '2', memory_limit: '3GB',
                                                                   temp_directory: process.argv[3]})).connect();
for (const query of JSON.parse(fs.readFileSync(0, 'utf8'))) {
  const begin = performance.now();
  const rows = (await connection.runAndReadAll(query)).getRowObjectsJson();
  console.log(JSON.stringify({seconds: (performance.now() - begin) / 1000, count: rows.length, first: rows[0]}));
}
"""
# The columns of tcpstep_samples(), of one day. RTTs are those of bench/make_mesh.py.
DAY = """
COPY (
  WITH pings AS (
    SELECT a, b, TIMESTAMP '2026-01-01' + INTERVAL ({day}) DAY + INTERVAL (hour) HOUR AS started, round, size_bytes,
           (size_bytes + 1447) // 1448 AS class, (0.8 + 0.4 * (hash(a * 100 + b) % 1000) / 1000) * 1e6 AS base
    FROM range(1, 13) AS one(a), range(1, 13) AS other(b), range(0, 24) AS hours(hour), range(0, 21) AS rounds(round),
         unnest([1, 1447, 1448, 1449, 1450, 2895, 2896, 2897, 2898, 4343, 4344, 4345, 4346]) AS sizes(size_bytes)
    WHERE a <> b),
  times AS (
    SELECT *, (base * (1 + 0.05 * least(size_bytes, 1448) / 1448 + 0.15 * (class - 1) - 0.02 * ln(1 - random())))::BIGINT
                AS rtt_ns
    FROM pings)
  SELECT 'n' || a || '_n' || b AS link, NULL::VARCHAR AS label, 'n' || a AS mesh_from, 'n' || b AS mesh_to,
         1448::INTEGER AS mss_bytes, started, 'complete' AS status, round::INTEGER AS round,
         size_bytes::INTEGER AS size_bytes, rtt_ns, (rtt_ns - 12000 + 4000 * ln(1 - random()))::BIGINT AS kernel_rtt_ns,
         class::INTEGER AS segments, 0::INTEGER AS retransmits, 0::INTEGER AS peer_retransmits, NULL::INTEGER AS doubtful,
         'ok' AS ping_status, class::INTEGER AS class, round > 0 AS counts
  FROM times
  ORDER BY link, started, round
) TO '{file}' (FORMAT parquet, COMPRESSION zstd)
"""
ROWS_OF_DAY = 132 * 24 * 21 * 13


def ask(folder, queries):
    """What each query took, and the peak of the process in MiB."""
    script = folder / "ask.mjs"
    script.write_text(SCRIPT)
    result = subprocess.run(["node", script, CACHE, folder / "spill"], input=json.dumps(queries), capture_output=True,
                            text=True, check=False)
    if result.returncode != 0:
        sys.exit(result.stderr)
    return [json.loads(line) for line in result.stdout.splitlines()]


def examples():
    """The questions of examples.sql with their comments as names."""
    for text in (SQL / "examples.sql").read_text().split(";\n"):
        lines = text.strip().splitlines()
        comments = [line[3:] for line in lines if line.startswith("-- ")]
        if len(comments) < len(lines):
            yield comments[-1], "\n".join(line for line in lines if not line.startswith("--"))


def main():
    folder = pathlib.Path(sys.argv[1])
    days = -(-int(sys.argv[2] if len(sys.argv) > 2 else 100_000_000) // ROWS_OF_DAY)
    archive = folder / "archive"
    begin = time.monotonic()
    for day in range(days):
        file = archive / f"day={day:03}" / "data.parquet"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            ask(folder, [DAY.format(day=day, file=file.with_suffix(".new"))])
            file.with_suffix(".new").rename(file)
    seconds = time.monotonic() - begin
    rows = days * ROWS_OF_DAY
    size = sum(file.stat().st_size for file in archive.rglob("*.parquet"))
    print(f"{rows / 1e6:.1f} million rows, {days} days of 132 links: {size / 1e6:.0f} MB, {size / rows:.2f} bytes a row; "
          f"made in {seconds:.0f} s\n")

    setup = [(SQL / name).read_text() for name in ("samples.sql", "views.sql")]
    setup.append(f"CREATE VIEW samples AS FROM read_parquet('{archive}/*/*.parquet', hive_partitioning = true)")
    questions = [
        ("How many rows?", "SELECT count(*) FROM samples"),
        ("The fastest ping of each link, hour and size",
         "SELECT count(*) AS groups, min(fastest) AS least FROM (SELECT link, date_trunc('hour', started) AS hour, size_bytes, "
         "min(rtt_ns) AS fastest FROM samples WHERE counts GROUP BY ALL)"),
        ("The same of one link", "SELECT date_trunc('hour', started) AS hour, size_bytes, min(rtt_ns) FROM samples "
         "WHERE counts AND link = 'n1_n2' GROUP BY ALL"),
        ("Penalties of each link and month", "FROM tcpstep_penalties('samples', 'month')"),
        ("Minimum, median and p99 of one link by hour and class",
         "FROM tcpstep_classes('samples', 'hour') WHERE link = 'n1_n2'"),
        *examples()]
    print("| question | rows of the answer | seconds |\n|---|---:|---:|")
    for name, query in questions:
        answer = ask(folder, [*setup, query])[-1]
        print(f"| {name} | {answer['count']} | {answer['seconds']:.1f} |", flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\nAt most {peak:.0f} MiB of memory; two threads, memory_limit 3 GB.")


if __name__ == "__main__":
    main()
