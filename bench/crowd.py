#!/usr/bin/env python3
"""Measures what a crowd costs a normal client of tcpstep-server, and the server itself, on loopback.

usage: bench/crowd.py [PAIRS, 7 by default]     needs two processors, and a release build, or another one in $TCPSTEP_BUILD; about 2 minutes

A pair is one run with the crowd and one without it, in turn first. The crowd is a thousand silent connections and two hundred
clients that send nonsense, stall, or reset, again and again. docs/performance.md has its table.
"""
import asyncio
import collections
import contextlib
import json
import os
import pathlib
import random
import resource
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("TCPSTEP_BUILD", ROOT / "build/release")).resolve()
SERVER = BUILD / "server/tcpstep-server"
CLIENT = BUILD / "client/tcpstep-client"

IDLE, HOSTILE = 1000, 200
PAUSE = 0.5  # of a hostile client between two of its connections, on average
STALL = 2.0
ROUNDS = 1000
PLACEMENTS = {  # options of both ends, processors of the crowd
    "one processor, the crowd on the other": (["--cpu", "0"], {1}),
    "wherever the scheduler likes": ([], {0, 1}),
}


def frame(text, length=None):
    return b"\xb7" + struct.pack(">I", len(text) if length is None else length) + text


NONSENSE = {
    "http": b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "random": random.Random(1).randbytes(5000),
    "huge frame": frame(b"{", 2**32 - 1),
    "deep": frame(b'{"type":' + b"[" * 60000),
    "twice": frame(b'{"type":"request","type":"request"}'),
    "flood": b"1" * 65536,
    "stall": frame(b"{", 4096),
}


class Crowd:
    """1200 clients of one process, which is pinned elsewhere and represents other hosts."""

    def __init__(self, port, idle, hostile):
        self.port, self.idle, self.hostile = port, idle, hostile
        self.done = collections.Counter()
        self.present = 0

    async def connect(self, number):
        # 40 clients an address: the server's limit of each is 64.
        address = f"127.1.{number // 40}.1"
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))

    async def be_idle(self, number):
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await self.connect(number)
                await reader.read(1)
                self.present += 1
                await reader.read()  # until the server has had enough
                self.present -= 1
                writer.close()
            self.done["idle"] += 1

    async def be_hostile(self, number):
        chance = random.Random(number)
        while True:
            await asyncio.sleep(chance.uniform(0, 2 * PAUSE))
            kind = chance.choice(list(NONSENSE))
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                reader, writer = await self.connect(IDLE + number)
                await reader.read(1)
                if chance.random() < 0.5:
                    writer.write(b"\xb7")
                    await reader.read(4096)
                writer.write(NONSENSE[kind])
                if chance.random() < 0.3:
                    writer.get_extra_info("socket").setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    await asyncio.wait_for(reader.read(), STALL)
                writer.transport.abort()
            self.done[kind] += 1

    async def meet(self):
        clients = [asyncio.create_task(self.be_idle(number)) for number in range(self.idle)]
        clients += [asyncio.create_task(self.be_hostile(number)) for number in range(self.hostile)]
        while self.present < self.idle:
            await asyncio.sleep(0.05)
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until it is closed
        print(json.dumps(self.done), flush=True)
        os._exit(0)


@contextlib.contextmanager
def crowd(port, processors, idle=IDLE, hostile=HOSTILE):
    """While the crowd is there; yields a counter of how often each kind connected."""
    command = [sys.executable, __file__, "--crowd", str(port), str(idle), str(hostile)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               preexec_fn=lambda: os.sched_setaffinity(0, processors))
    done = collections.Counter()
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(1)  # the hostile ones are in full swing
        yield done
    finally:
        process.stdin.close()
        done.update(json.loads(process.stdout.read()))
        process.wait()


class Server:
    def __init__(self, folder, options):
        self.port = random.randrange(20000, 32000)
        self.log = open(pathlib.Path(folder) / "log", "w+")
        self.process = subprocess.Popen(
            [SERVER, "--port", str(self.port), "--results", folder, "--quiet", "--max-connections=2000", "--max-queue=0",
             "--max-pings=1000000", "--max-bytes=2000000000", *options], stderr=self.log, cwd=folder)
        time.sleep(0.5)
        assert self.process.poll() is None, "the server has ended"

    def state(self):
        """Open descriptors, resident and proportional memory in KiB."""
        process = pathlib.Path(f"/proc/{self.process.pid}")
        memory = {}
        for line in (process / "smaps_rollup").read_text().splitlines()[1:]:
            name, number = line.split()[:2]
            memory[name] = int(number)
        return len(os.listdir(process / "fd")), memory["Rss:"], memory["Pss:"]

    def seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settle(self, descriptors):
        """Waits until all but `descriptors` are closed. How many are left."""
        end = time.monotonic() + 20
        while time.monotonic() < end and self.state()[0] > descriptors:
            time.sleep(0.1)
        return self.state()[0]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.log.seek(0)
        return len(self.log.read().splitlines())


def normal_run(server, folder, options):
    """Median and 99th percentile in µs."""
    path = pathlib.Path(folder) / "normal.csv"
    subprocess.run([CLIENT, "--port", str(server.port), "--link=normal", f"--rounds={ROUNDS}", "--quiet",
                    "--timeout=10s", "--output", path, *options, "127.0.0.1"], check=True)
    rtts, columns, trailer = [], None, ""
    with path.open() as lines:
        for line in lines:
            fields = line.rstrip("\n").split(",")
            if line.startswith("#"):
                trailer = line
            elif columns is None:
                columns = fields
                position = {name: columns.index(name) for name in ("round", "rtt_ns", "status")}
            elif fields[position["round"]] != "0" and fields[position["status"]] == "ok":
                rtts.append(int(fields[position["rtt_ns"]]))
    assert "status=complete" in trailer, trailer
    path.unlink()
    for file in pathlib.Path(folder).glob("*_normal.csv"):
        file.unlink()
    return statistics.median(rtts) / 1000, statistics.quantiles(rtts, n=100)[98] / 1000


def ratio_of(ratios):
    return f"{statistics.median(ratios):.3f} ({min(ratios):.2f}–{max(ratios):.2f})"


def measure(name, options, processors, pairs):
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, options)
        normal_run(server, folder, options)  # what is allocated once is there
        before = server.state()
        with crowd(server.port, processors, hostile=0):
            begin = server.seconds()
            time.sleep(3)
            idle_seconds = server.seconds() - begin
        server.settle(before[0])
        without, beside, states, total, seconds = [], [], [], collections.Counter(), 0.0
        for pair in range(pairs):
            for has_crowd in ((False, True), (True, False))[pair % 2]:
                if not has_crowd:
                    without.append(normal_run(server, folder, options))
                    continue
                with crowd(server.port, processors) as done:
                    begin = time.monotonic()
                    beside.append(normal_run(server, folder, options))
                    states.append(server.state())
                    seconds += time.monotonic() - begin + 1
                total += done
                server.settle(before[0])
        after = server.state()
        lines = server.end()
    medians = [b[0] / a[0] for a, b in zip(without, beside)]
    tails = [b[1] / a[1] for a, b in zip(without, beside)]
    hostile = sum(count for kind, count in total.items() if kind != "idle")
    print(f"| {name} | {statistics.median(a[0] for a in without):.2f} | {statistics.median(b[0] for b in beside):.2f} "
          f"| {ratio_of(medians)} | {ratio_of(tails)} |", flush=True)
    during = [max(state[i] for state in states) for i in range(3)]
    return [f"| {name} | {before[0]} / {during[0]} / {after[0]} | {before[1]} / {during[1]} / {after[1]} "
            f"| {before[2]} / {during[2]} / {after[2]} | {100 * idle_seconds / 3:.1f} % | {hostile / seconds:.0f} | {lines} |"]


def main():
    pairs = int(sys.argv[1]) if sys.argv[1:] else 7
    print(f"{pairs} interleaved pairs of runs of {100 * ROUNDS} pings, load before {os.getloadavg()[0]:.1f}\n")
    print("| both ends on | median µs alone | beside the crowd | ratio of the medians | of the 99th percentiles |")
    print("|---|---:|---:|---:|---:|", flush=True)
    rows = [row for name, (options, processors) in PLACEMENTS.items()
            for row in measure(name, options, processors, pairs)]
    print("\n| before / beside the crowd / after | descriptors | resident KiB | proportional KiB | processor, idle crowd | hostile a second | lines of log |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    print("\n".join(rows))


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    if sys.argv[1:2] == ["--crowd"]:
        asyncio.run(Crowd(*map(int, sys.argv[2:])).meet())
    else:
        main()
