#!/usr/bin/env python3
"""Compares readers of large result files: scripts/bench-reader runs it, docs/performance.md explains it.

usage: compare_readers.py --bin DIR [--large]
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile
import time

TURNS = 7
ROUNDS = 100_000  # of a hundred sizes
ROWS = ROUNDS * 100
DUCKDB = """
import pkg from '@duckdb/node-api';
const connection = await (await pkg.DuckDBInstance.create(':memory:', {threads: process.argv[3]})).connect();
const reader = await connection.runAndReadAll(`select size_bytes, count(*), min(rtt_ns), median(rtt_ns),
  quantile_cont(rtt_ns, 0.99) from read_csv('${process.argv[2]}', comment='#', header=true)
  where round > 0 and status = 'ok' and retransmits = 0 group by size_bytes order by size_bytes`);
console.log(reader.getRows().length);
"""


def run(command):
    """Seconds, MiB of peak memory and standard output of one run."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(command, stdout=output)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise SystemExit(f"{command[0]} failed with {child.returncode}")
        output.seek(0)
        return seconds, usage.ru_maxrss / 1024, output.read().decode()


def duckdb(directory):
    """The command without its file and threads; none if DuckDB is not there."""
    modules = [pathlib.Path(path) for path in os.environ.get("NODE_PATH", "").split(os.pathsep) if path]
    found = [path for path in modules if (path / "@duckdb" / "node-api").is_dir()]
    if not found or not shutil.which("node"):
        return None
    (directory / "node_modules").symlink_to(found[0].resolve())  # modules do not know NODE_PATH
    script = directory / "query.mjs"
    script.write_text(DUCKDB)
    return ["node", str(script)]


def contestants(options, directory, file):
    """Name, threads and command of each; with one thread, each is kept to the same processor."""
    analyze = [str(options.bin / "analysis" / "tcpstep-analyze"), "report", "--format", "json"]
    bare = str(options.bin / "bench" / "bare_reader")
    query = duckdb(directory)
    first = str(min(os.sched_getaffinity(0)))
    everything = []
    for threads in sorted({1, len(os.sched_getaffinity(0))}):
        pin = ["taskset", "--cpu-list", first] if threads == 1 else []
        everything += [("tcpstep-analyze report", threads, pin + [*analyze, str(file)]),
                       ("the same, --statistic p99", threads,
                        pin + [*analyze, "--statistic", "p99", str(file)]),
                       ("bare, minimum only", threads, [*pin, bare, str(file), str(threads), "min"]),
                       ("bare, minimum, median, p99", threads,
                        [*pin, bare, str(file), str(threads), "all"])]
        if query:
            everything.append(("DuckDB, minimum, median, p99", threads, [*pin, *query, str(file), str(threads)]))
    return everything


def check(analyze, file):
    """A comparison of readers that do not agree would be worth nothing."""
    _, _, ours = run([*analyze, str(file)])
    link, = json.loads(ours)["links"]
    assert (link["samples"], link["fewest_samples"]) == (ROWS, ROUNDS), ours
    return link["reference_rtt_ns"]


def compare(options, directory):
    file = directory / "rows.csv"
    with file.open("wb") as output:
        subprocess.run([options.bin / "bench" / "make_rows", str(ROUNDS)], stdout=output, check=True)
    megabytes = file.stat().st_size / 1e6
    everything = contestants(options, directory, file)
    reference = check(everything[0][2][-5:-1], file)
    _, _, bare = run([str(options.bin / "bench" / "bare_reader"), str(file), "1", "all"])
    assert bare.startswith(f"1 {ROUNDS} {reference} "), bare[:80]
    seconds, memory = {}, {}
    for _ in range(TURNS):
        for name, threads, command in everything:
            taken, peak, _ = run(command)
            seconds[name, threads] = min(taken, seconds.get((name, threads), taken))
            memory[name, threads] = max(peak, memory.get((name, threads), peak))
    print(f"10^7 rows, {megabytes:.0f} MB, best of {TURNS} interleaved turns; memory is the largest peak, "
          "in brackets without the mapped file\n")
    print("| reader | threads | seconds | ÷ bare minimum only | ÷ bare all | peak MiB |\n|---|---:|---:|---:|---:|---:|")
    for name, threads, _ in everything:
        taken, peak = seconds[name, threads], memory[name, threads]
        own = f" ({peak - megabytes * 1e6 / 2**20:.0f})" if name.startswith("bare") else ""
        print(f"| {name} | {threads} | {taken:.2f} | {taken / seconds['bare, minimum only', threads]:.2f} "
              f"| {taken / seconds['bare, minimum, median, p99', threads]:.2f} | {peak:.0f}{own} |")
    return file


def compressed(options, directory, file):
    analyze = [str(options.bin / "analysis" / "tcpstep-analyze"), "report", "--format", "json"]
    print("\n| compressed | rows | MB | seconds | peak MiB |\n|---|---:|---:|---:|---:|")
    for tool, suffix in ((["gzip", "-1"], "gz"), (["zstd", "-q", "-3"], "zst")):
        archive = directory / f"rows.csv.{suffix}"
        with archive.open("wb") as output:
            subprocess.run([*tool, "--stdout", str(file)], stdout=output, check=True)
        check(analyze, archive)
        best = min(run([*analyze, str(archive)])[:2] for _ in range(3))
        print(f"| .{suffix} | 10^7 | {archive.stat().st_size / 1e6:.0f} | {best[0]:.2f} | {best[1]:.0f} |")
        archive.unlink()
    file.unlink()
    if options.large:
        archive = directory / "large.csv.zst"
        subprocess.run(f"'{options.bin}/bench/make_rows' {ROUNDS * 10} | zstd -q -3 -o '{archive}'",
                       shell=True, check=True)
        taken, peak, text = run([*analyze, str(archive)])
        assert json.loads(text)["links"][0]["samples"] == ROWS * 10, text
        print(f"| .zst | 10^8 | {archive.stat().st_size / 1e6:.0f} | {taken:.1f} | {peak:.0f} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} processors, {platform.system()} "
          f"{platform.release().split('-')[0]}, {datetime.date.today()}, load {os.getloadavg()[0]:.1f}\n")
    with tempfile.TemporaryDirectory(prefix="bench-reader-", dir=options.bin) as directory:
        file = compare(options, pathlib.Path(directory))
        compressed(options, pathlib.Path(directory), file)


if __name__ == "__main__":
    main()
