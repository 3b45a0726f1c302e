#!/usr/bin/env python3
"""Compares tcpstep with a bare minimum and with other tools: scripts/bench runs it, docs/performance.md explains it.

usage: compare.py measure --path NAME --host ADDRESS --bin DIR --out DIR [--rounds N] [--order WORD] [--quick]
       compare.py table --out DIR

`measure` starts both ends of every tool, the far one through the command in TCPSTEP_FAR if that is
set. It appends one line per tool, round and size to OUT/measurements.csv. `table` reads that file.
"""
import argparse
import contextlib
import csv
import datetime
import itertools
import os
import pathlib
import platform
import random
import re
import shlex
import statistics
import subprocess
import sys
import time

SIZES = [1, 101, 1401, 1501, 4401, 9901]  # to be compared
SWEEP = range(1, 9902, 100)  # of our own: tcpstep's default
COLUMNS = ["path", "wait", "round", "tool", "size_bytes", "min_ns", "median_ns", "mean_ns", "p99_ns"]
PEER_NOTES = {
    "sockperf": "echoes all N bytes; at least 14; its own --full-rtt",
    "qperf": "echoes all N bytes; means only; reports RTT/2, doubled here",
    "NetPIPE": "echoes all N bytes; reports the best mean of its trials as RTT/2, doubled here",
    "iperf2": "echoes all N bytes; at least 100; mean and minimum, the latter in whole microseconds",
}
PORTS = itertools.count(21000 + os.getpid() % 5000)


class Setting:
    """One path and waiting strategy: where the two ends run, and how they wait."""

    def __init__(self, options, wait):
        cpus = sorted(os.sched_getaffinity(0))
        self.path, self.host, self.bin, self.out = options.path, options.host, options.bin, options.out
        self.wait, self.order = wait, options.order
        # Blocking on one CPU is a plain context switch, on two it is the waking of an idle CPU;
        # two that spin need one each.
        self.near_cpu, self.far_cpu = (cpus[0] if wait == "spin" else cpus[-1]), cpus[-1]
        self.sizes = [1, 1501, 9901] if options.quick else SIZES
        self.pings = 100 if options.quick else 400  # of each size in each round
        self.round = 0
        self.files = itertools.count(1)

    def near(self, *command):
        return ["taskset", "-c", str(self.near_cpu), *map(str, command)]

    def far(self, *command):
        return [*self.far_prefix(), "taskset", "-c", str(self.far_cpu), *map(str, command)]

    @staticmethod
    def far_prefix():
        return shlex.split(os.environ.get("TCPSTEP_FAR", ""))

    def raw_file(self, tool):
        return self.out / f"{self.path}-{self.wait}-{next(self.files):04}-{tool}.csv"


@contextlib.contextmanager
def running(command, **streams):
    process = subprocess.Popen(command, **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **streams})
    try:
        yield process
        if process.poll() is None:
            process.terminate()
    finally:
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for_listener(port):
    """Until something of this network namespace listens on the port."""
    suffix = f":{port:04X}"
    for _ in range(500):
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with contextlib.suppress(FileNotFoundError), open(table, encoding="ascii") as lines:
                if any(f[1].endswith(suffix) and f[3] == "0A" for f in map(str.split, lines)):
                    return
        time.sleep(0.01)
    raise RuntimeError(f"nothing listens on port {port}")


def output_of(command, timeout=20):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout, check=True)
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)


def find_number(pattern, text):
    found = re.search(pattern, text)
    if not found:
        raise RuntimeError(f"no {pattern!r} in: {text[-300:]}")
    return float(found[1])


def summary(series_by_size):
    return {size: {"min": min(series), "median": statistics.median(series), "mean": statistics.fmean(series),
                   "p99": statistics.quantiles(series, n=100, method="inclusive")[98]}
            for size, series in series_by_size.items()}


def read_samples(path, sizes):
    """Of a result file of tcpstep, or the raw output of bare_pingpong: same columns."""
    series = {size: [] for size in sizes}
    with open(path, encoding="utf-8") as lines:
        for row in csv.DictReader(line for line in lines if not line.startswith("#")):
            size = int(row["size_bytes"])
            if size in series and int(row["round"]) > 0 and row.get("status", "ok") == "ok":
                series[size].append(int(row["rtt_ns"]))
    return series


# --- One function for each tool: sizes in order, RTT in ns. ---


def run_tcpstep(setting, output, *sweep):
    port = next(PORTS)
    server = [setting.bin / "server/tcpstep-server", "--cpu", setting.near_cpu, "--wait", setting.wait, "--quiet",
              "--port", port, "--output", output, "--link", setting.path, *sweep]
    client = [setting.bin / "client/tcpstep-client", "--cpu", setting.far_cpu, "--wait", setting.wait, "--quiet",
              "--port", port, setting.host]
    with running(list(map(str, server))) as process:
        wait_for_listener(port)
        subprocess.run([*setting.far_prefix(), *map(str, client)], check=True, timeout=60, stderr=subprocess.DEVNULL)
        if process.wait(timeout=10) != 0:
            raise RuntimeError("tcpstep-server failed")


def tcpstep(setting):
    output = setting.raw_file("tcpstep")
    run_tcpstep(setting, output, "--rounds", setting.pings, "--order", setting.order)
    return summary(read_samples(output, setting.sizes))


def tcpstep_alone(setting):
    """Each size in a separate run, as the peers do."""
    result = {}
    for size in setting.sizes:
        output = setting.raw_file(f"tcpstep-{size}")
        run_tcpstep(setting, output, "--sizes", size, "--rounds", 50 * setting.pings)
        result |= summary(read_samples(output, [size]))
    return result


def bare(setting):
    port, output = next(PORTS), setting.raw_file("bare")
    program = [setting.bin / "bench/bare_pingpong", "--wait", setting.wait, "--port", port]
    order = ["--shuffle"] if setting.order == "shuffled" else []
    with open(output, "wb") as stream, running(
            setting.near(*program, "--sizes", ",".join(map(str, SWEEP)), "--rounds", setting.pings,
                         *order, "--raw", "time"), stdout=stream, stderr=None) as process:
        wait_for_listener(port)
        subprocess.run(setting.far(*program, "ack", setting.host), check=True, timeout=60)
        if process.wait(timeout=10) != 0:
            raise RuntimeError("bare_pingpong failed")
    return summary(read_samples(output, setting.sizes))


def sockperf(setting):
    port, result = next(PORTS), {}
    spin = ["--nonblocked"] if setting.wait == "spin" else []
    with running(setting.near("sockperf", "server", "--tcp", "-i", setting.host, "-p", port, *spin)):
        wait_for_listener(port)
        for size in setting.sizes:
            text = output_of(setting.far("sockperf", "ping-pong", "--tcp", "-i", setting.host, "-p", port, "--full-rtt",
                                         "-t", 1, "-m", max(size, 14), *spin))
            result[size] = {"min": 1000 * find_number(r"<MIN> observation = +([\d.]+)", text),
                            "median": 1000 * find_number(r"percentile 50\.000 = +([\d.]+)", text),
                            "mean": 1000 * find_number(r"avg-rtt=([\d.]+)", text)}
    return result


def qperf(setting):
    port, result = next(PORTS), {}
    with running(setting.near("qperf", "--listen_port", port)):
        wait_for_listener(port)
        for size in setting.sizes:
            # Without --unify_units 1001 bytes would read "1 KB"; with a count instead of a time it hangs.
            text = output_of(setting.far("qperf", "--listen_port", port, "--unify_units", "--precision", 6,
                                         "--time", 1, "--msg_size", size, setting.host, "tcp_lat"))
            result[size] = {"mean": 2 * find_number(r"latency += +([\d.,]+) ns", text.replace(",", ""))}
    return result


def netpipe(setting):
    result = {}
    for size in setting.sizes:
        port = next(PORTS)
        # Both ends need the same schedule; it repeats `-n` pings in each of its trials.
        program = ["NPtcp", "-P", port, "-l", size, "-u", size, "-p", 0, "-n", setting.pings, "-o", "/dev/null"]
        with running(setting.near(*program)):
            wait_for_listener(port)
            text = output_of(setting.far(*program, "-h", setting.host))
        result[size] = {"mean": 2000 * find_number(r"Mbps in +([\d.]+) usec", text)}
    return result


def iperf2(setting):
    port, result = next(PORTS), {}
    with running(setting.near("iperf", "-s", "-p", port)):
        wait_for_listener(port)
        for size in setting.sizes:
            text = output_of(setting.far("iperf", "-c", setting.host, "-p", port, "--bounceback", "--bounceback-period", 0,
                                         "--bounceback-no-quickack", "-e", "-t", 1, "-l", max(size, 100)))
            result[size] = {"min": 1e6 * find_number(r"\d+=[\d.]+/([\d.]+)/", text),
                            "mean": 1e9 / find_number(r"([\d.]+) rps", text)}
    return result


OURS = {"tcpstep": tcpstep, "bare": bare}
PEERS = {"sockperf": sockperf, "qperf": qperf, "NetPIPE": netpipe, "iperf2": iperf2}
SPINNING_PEERS = {"sockperf": sockperf}


ROUNDS_A_PEER_ROUND = 3  # the peers of a round take half a minute, a pair of ours two seconds
PAIRS_A_ROUND = 3  # two processes of the same program differ by a few percent, depending on their memory


def tools_in_order(setting, shuffler):
    """A new order for each round; tcpstep and bare run in pairs, so that they see the same machine."""
    is_peer_round = setting.round % ROUNDS_A_PEER_ROUND == 0
    peers = {"tcpstep alone": tcpstep_alone, **(SPINNING_PEERS if setting.wait == "spin" else PEERS)} if is_peer_round else {}
    blocks = [[peer] for peer in peers.items()]
    blocks += [shuffler.sample(list(OURS.items()), 2) for _ in range(PAIRS_A_ROUND)]
    shuffler.shuffle(blocks)
    return list(itertools.chain.from_iterable(blocks))


def measure(options):
    options.out.mkdir(parents=True, exist_ok=True)
    shuffler = random.Random(options.seed)
    settings = [Setting(options, wait) for wait in options.wait]
    if len(os.sched_getaffinity(0)) < 2:
        print("compare.py: spinning is left out: it needs two CPUs", file=sys.stderr)
        settings = [setting for setting in settings if setting.wait == "block"]
    table = options.out / "measurements.csv"
    is_new = not table.exists()
    with open(table, "a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        if is_new:
            writer.writeheader()
        for number in range(1, options.rounds + 1):
            for setting in settings:
                setting.round = number
                for tool, run in tools_in_order(setting, shuffler):
                    print(f"\r{options.path}, {setting.wait}, round {number} of {options.rounds}: {tool:10}",
                          end="", file=sys.stderr)
                    try:
                        result = run(setting)
                    except (RuntimeError, subprocess.SubprocessError) as error:
                        if tool in OURS:
                            raise
                        print(f"\ncompare.py: {tool} is left out of this round: {error}", file=sys.stderr)
                        continue
                    for size, values in result.items():
                        writer.writerow({"path": setting.path, "wait": setting.wait, "round": number, "tool": tool,
                                         "size_bytes": size,
                                         **{f"{key}_ns": round(value) for key, value in values.items()}})
                stream.flush()
    print(file=sys.stderr)


def spread(ratios):
    return f"{statistics.median(ratios):.3f} ({min(ratios):.2f}–{max(ratios):.2f})" if ratios else "–"


def typical(row):
    """The median, or of a tool that has none the mean."""
    return float(row["median_ns"] or row["mean_ns"])


def worst_peer_ratio(rounds):
    """Against the peer that is hardest to beat: its name, and over its typical RTT tcpstep's with one size, round by round."""
    found = []
    for peer in PEERS:
        ratios = [typical(r["tcpstep alone"]) / typical(r[peer]) for r in rounds if peer in r and "tcpstep alone" in r]
        if ratios:
            found.append((statistics.median(ratios), peer, ratios))
    return max(found, default=(0, "–", []))


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def cell_of(row):
    return row["path"], row["wait"], int(row["size_bytes"]), int(row["round"]), row["tool"]


def mean_row(rows):
    """The means over the runs of one tool in one round, and the smallest minimum."""
    keys = [key for key in ("min_ns", "median_ns", "mean_ns", "p99_ns") if rows[0][key]]
    means = {key: statistics.fmean(float(row[key]) for row in rows) for key in keys}
    return {"median_ns": "", **means, "least_ns": min(float(row["min_ns"] or "inf") for row in rows)}


def read_cells(path):
    """(path, wait, size) -> round -> tool -> row"""
    with open(path, newline="", encoding="utf-8") as stream:
        rows = sorted(csv.DictReader(stream), key=cell_of)
    cells = {}
    for (*where, number, tool), runs in itertools.groupby(rows, key=cell_of):
        cells.setdefault(tuple(where), {}).setdefault(number, {})[tool] = mean_row(list(runs))
    return cells


def table(options):
    cells = read_cells(options.out / "measurements.csv")
    print(f"Linux {platform.release()}, {cpu_model()}, {os.cpu_count()} CPUs, {datetime.date.today()}")
    for (path, wait), group in itertools.groupby(sorted(cells), key=lambda where: where[:2]):
        group = list(group)
        print(f"\n**{path}, {wait}**, {len(cells[group[0]])} rounds\n\n"
              "| bytes | min µs | median µs | p99 µs | min ÷ bare | median ÷ bare | p99 ÷ bare | alone µs | hardest peer | typical µs "
              "| alone ÷ peer |\n|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|---:|")
        for where in group:
            rounds = [tools for tools in cells[where].values() if "tcpstep" in tools and "bare" in tools]
            ours = [r["tcpstep"] for r in rounds]
            alone = [typical(r["tcpstep alone"]) for r in rounds if "tcpstep alone" in r]
            _, peer, peer_ratios = worst_peer_ratio(rounds)
            peer_values = [typical(r[peer]) for r in rounds if peer in r]
            print("|", " | ".join([
                str(where[2]),
                f"{min(r['least_ns'] for r in ours) / 1000:.2f}",
                f"{statistics.median(typical(r) for r in ours) / 1000:.2f}",
                f"{statistics.median(r['p99_ns'] for r in ours) / 1000:.2f}",
                *(spread([r["tcpstep"][key] / r["bare"][key] for r in rounds]) for key in ("min_ns", "median_ns", "p99_ns")),
                f"{statistics.median(alone) / 1000:.2f}" if alone else "–",
                peer, f"{statistics.median(peer_values) / 1000:.2f}" if peer_values else "–", spread(peer_ratios)]), "|")
    print("\nRatios: median over the rounds (smallest–largest). Peers:")
    for peer, note in PEER_NOTES.items():
        print(f"- {peer}: {note}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("what", choices=["measure", "table"])
    parser.add_argument("--path", default="loopback")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--wait", nargs="+", choices=["block", "spin"], default=["block", "spin"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--order", choices=["shuffled", "ascending"], default="shuffled", help="of the sizes within a round")
    parser.add_argument("--seed", type=int, default=2014, help="seed of the order of the tools within each round")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    (measure if options.what == "measure" else table)(options)


if __name__ == "__main__":
    main()
