#!/usr/bin/env python3
"""Besieges tcpstep-server with every attack we know at once, and measures what an honest client and the server itself pay for it.

usage: bench/siege.py [SECONDS, 60 by default]     needs two processors, and a release build, or another one in $TCPSTEP_BUILD

The server has its default options, but for --cpu. 1200 peers of three addresses attack it on loopback; a client of a fourth
address runs sweeps, one after the other: alone; beside a busy loop on the attackers' processor; beside the same attack on
another server, which shares nothing but the machine; and besieged itself. Only what the last adds to the others is the server's
doing. docs/security.md has the figures.
"""
import asyncio
import atexit
import collections
import contextlib
import hashlib
import json
import logging
import os
import pathlib
import random
import re
import resource
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

from crowd import CLIENT, NONSENSE, SERVER, frame

ADDRESSES = ("127.1.0.1", "127.2.0.1", "127.3.0.1")
IDLE, ACTIVE = 600, 600
ROUNDS = 200  # of the honest client
REQUEST = {"type": "request", "protocol": 1}


async def hello(peer):
    reader, writer = peer
    await reader.readexactly(1)
    writer.write(b"\xb7")
    await receive(peer)


async def receive(peer):
    head = await peer[0].readexactly(5)
    return json.loads(await peer[0].readexactly(struct.unpack(">I", head[1:])[0]))


def message(**keys):
    return frame(json.dumps(REQUEST | keys).encode())


async def ask(peer, **keys):
    """Asks for a run and is ready for it."""
    await hello(peer)
    peer[1].write(message(**keys))
    while (answer := await receive(peer))["type"] == "queued":
        pass
    if answer["type"] != "accept":
        raise EOFError
    peer[1].write(frame(b'{"type":"ready"}'))
    return answer


# --- The attacks: each is one connection ---

async def idle(peer):
    await peer[0].read()


async def nonsense(peer):
    if random.random() < 0.5:
        await hello(peer)
    peer[1].write(NONSENSE[random.choice(list(NONSENSE))])
    await asyncio.wait_for(peer[0].read(), 2)


async def huge_request(peer):
    """65 kB of sizes, which name four million numbers."""
    await hello(peer)
    peer[1].write(message(sizes=",".join(["1:511:1"] * 8100), rounds=1000000))
    await receive(peer)


async def many_numbers(peer):
    """As many numbers as a request may have, in no order."""
    await hello(peer)
    numbers = [str(random.randrange(1, 20000)) for _ in range(9000)]
    peer[1].write(message(sizes=",".join(numbers), rounds=1000000))
    await receive(peer)


async def idle_run(peer):
    """One ping, after an hour."""
    await ask(peer, sizes="1", rounds=1, warmup_rounds=0, interval_ns=3600 * 10**9)
    await peer[0].read()


async def slow_acks(peer):
    """The default sweep, each ack just in time."""
    await ask(peer)
    while await peer[0].read(65536):
        await asyncio.sleep(9)
        peer[1].write(b"1")


async def silence(peer):
    """The classic protocol: one ack, and no other."""
    await peer[0].readexactly(1)
    peer[1].write(b"1")
    await peer[0].read()


async def desertion(peer):
    """A reset in the middle of the run."""
    await peer[0].readexactly(1)
    peer[1].write(b"1")
    await peer[0].read(10)
    peer[1].get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def endless_payload(peer):
    await ask(peer, direction="up", sizes="1", rounds=1, warmup_rounds=0)
    while True:
        peer[1].write(b"0" * 65536)
        await peer[1].drain()


async def endless_pings(peer):
    await ask(peer, direction="up", sizes="1", rounds=1, warmup_rounds=0)
    while True:
        peer[1].write(b"1")
        await peer[0].readexactly(1)


async def made_up_result(peer):
    await ask(peer, direction="up", sizes="1:1000:1", rounds=99, warmup_rounds=0)
    text = b"# format: tcpstep-result/1\n" + b"1,1,0,1,,,,,,,,,ok\n" * 100000
    peer[1].write(frame(json.dumps({"type": "result", "status": "complete", "bytes": len(text),
                                    "hash": hashlib.blake2b(text, digest_size=32).hexdigest()}).encode()) + text)
    await peer[0].read()


async def trickled_result(peer):
    await ask(peer, direction="up", sizes="1", rounds=1, warmup_rounds=0)
    peer[1].write(frame(b'{"type":"result","status":"complete","bytes":1000,"hash":"' + b"0" * 64 + b'"}'))
    while True:
        peer[1].write(b"#")
        await asyncio.sleep(0.5)


async def small_runs(peer):
    """Whole runs of links that it makes up: files, and names in the metrics."""
    await ask(peer, sizes="1", rounds=1, warmup_rounds=0, link=f"x{random.randrange(10**9)}")
    while data := await peer[0].read(65536):
        if data.endswith(b"1"):
            peer[1].write(b"1")


ATTACKS = (nonsense, huge_request, many_numbers, idle_run, slow_acks, silence, desertion, endless_payload, endless_pings,
           made_up_result, trickled_result, small_runs)


async def attack(port, number, kind, done):
    """Again and again, as soon as the server has had enough of it. Idle peers leave the others some of an address's places."""
    pause = 10 if kind is idle else 0.5
    await asyncio.sleep(random.uniform(0, pause))
    while True:
        with contextlib.suppress(OSError, EOFError, asyncio.TimeoutError, ValueError):
            peer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ADDRESSES[number % 3], 0))
            try:
                await kind(peer)
            finally:
                done[kind.__name__] += 1
                peer[1].transport.abort()
        await asyncio.sleep(random.uniform(0, 2 * pause))


async def besiege(port):
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # that the server closes connections is no news
    done = collections.Counter()
    tasks = [asyncio.create_task(attack(port, number, idle, done)) for number in range(IDLE)]
    tasks += [asyncio.create_task(attack(port, number, ATTACKS[number // 3 % len(ATTACKS)], done)) for number in range(ACTIVE)]
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until it is closed
    print(json.dumps(done), flush=True)
    os._exit(0)


@contextlib.contextmanager
def siege(port, processors):
    process = subprocess.Popen([sys.executable, __file__, "--besiege", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True, preexec_fn=lambda: os.sched_setaffinity(0, processors))
    done = {}
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(3)
        used, begin = processor_seconds(process), time.monotonic()
        yield done
        done["processor"] = (processor_seconds(process) - used) / (time.monotonic() - begin)
    finally:
        process.stdin.close()
        done["connections"] = json.loads(process.stdout.read())
        process.wait()


@contextlib.contextmanager
def endless_loop(processors):
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"],
                               preexec_fn=lambda: os.sched_setaffinity(0, processors))
    try:
        yield
    finally:
        process.kill()
        process.wait()


# --- The honest client ---

def rtts_and_duration(path):
    rtts, columns, trailer = [], None, ""
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            trailer = line
        elif columns is None:
            columns = line.split(",")
        else:
            row = dict(zip(columns, line.split(",")))
            if row["round"] != "0" and row["status"] == "ok":
                rtts.append(int(row["rtt_ns"]))
    assert "status=complete" in trailer, trailer
    return rtts, int(trailer.split("elapsed_ns=")[1].split()[0]) / 1e9


def honest_run(port, folder, options):
    """The median RTT in µs, and how long the client had to wait for its run, in seconds."""
    path = pathlib.Path(folder) / "honest.csv"
    begin = time.monotonic()
    subprocess.run([CLIENT, "--port", str(port), "--link=honest", f"--rounds={ROUNDS}", "--quiet", "--output", path, *options,
                    "127.0.0.1"], check=True)
    whole = time.monotonic() - begin
    rtts, elapsed = rtts_and_duration(path)
    path.unlink()
    return statistics.median(rtts) / 1000, whole - elapsed


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class State:
    """What the server has and uses."""

    def __init__(self, process, results):
        folder = pathlib.Path(f"/proc/{process.pid}")
        self.descriptors = len(os.listdir(folder / "fd"))
        self.memory = next(int(line.split()[1]) for line in (folder / "status").read_text().splitlines() if line.startswith("VmRSS"))
        self.seconds = processor_seconds(process)
        files = [file.stat() for file in results.iterdir()] if results.exists() else []
        self.files, self.bytes = len(files), sum(file.st_size for file in files)


class Server:
    """With default options, but for what its environment needs."""

    def __init__(self, folder, name, *options, processors=None):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        self.results, self.log, self.metrics = (self.folder / part for part in ("results", "log", "metrics"))
        self.port = random.randrange(20000, 32000)
        with self.log.open("w") as stderr:
            self.process = subprocess.Popen(
                [SERVER, "--port", str(self.port), "--results", self.results, "--metrics-file", self.metrics, *options],
                cwd=self.folder, stderr=stderr, stdout=subprocess.DEVNULL,
                preexec_fn=lambda: processors and os.sched_setaffinity(0, processors))
        atexit.register(self.process.kill)  # whatever happens here
        time.sleep(1)
        assert self.process.poll() is None, self.log.read_text()

    def state(self):
        return State(self.process, self.results)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def longest_attack(results):
    """The longest time that a run of an attacker kept its place, in seconds."""
    longest = 0
    for path in results.glob("*.csv"):
        text = path.read_text(errors="replace")
        ended = re.search(r"^# end: .*elapsed_ns=(\d+)", text, re.M)
        if ended and re.search(r"^# client_addr: 127\.[123]\.0\.1:", text, re.M):
            longest = max(longest, int(ended[1]) / 1e9)
    return longest


def main():
    seconds = int(sys.argv[1]) if sys.argv[1:] else 60
    options = ["--cpu", "0"]
    alone, busy, elsewhere, beside, states = [], [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, "besieged", *options)
        other = Server(folder, "other", processors={1})

        def run_alone_and_beside_the_other():
            alone.extend(honest_run(server.port, folder, options) for _ in range(5))
            with endless_loop({1}):
                busy.extend(honest_run(server.port, folder, options) for _ in range(5))
            with siege(other.port, {1}) as load:
                elsewhere.extend(honest_run(server.port, folder, options) for _ in range(10))
            time.sleep(12)  # for the longest that is left in it
            return load["processor"]

        honest_run(server.port, folder, options)
        loads = [run_alone_and_beside_the_other()]
        before = server.state()
        with siege(server.port, {1}) as done:
            begin = time.monotonic()
            at_begin = server.state()
            while time.monotonic() - begin < seconds:
                beside.append(honest_run(server.port, folder, options))
                states.append(server.state())
            duration = time.monotonic() - begin
            at_end = server.state()
        time.sleep(12)
        loads.append(run_alone_and_beside_the_other())
        after = server.state()
        server.end()
        other.end()
        longest = longest_attack(server.results)
        lines, log_bytes = len(server.log.read_text().splitlines()), server.log.stat().st_size
        counted = re.findall(r'^tcpstep_(?:runs|refusals)_total\{\w+="(\w+)"\} (\d+)$', server.metrics.read_text(), re.M)
    print(f"{IDLE + ACTIVE} peers of {len(ADDRESSES)} addresses for {duration:.0f} s, load before {os.getloadavg()[2]:.1f}\n")
    print("| | alone | beside a busy loop | beside a siege of another server | besieged |\n|---|---:|---:|---:|---:|")
    groups = (alone, busy, elsewhere, beside)
    print("| honest runs | " + " | ".join(str(len(runs)) for runs in groups) + " |")
    medians = [statistics.median(m for m, _ in runs) for runs in groups]
    print("| median RTT, µs | " + " | ".join(f"{m:.2f}" for m in medians) + " |")
    print("| ratio to alone | | " + " | ".join(f"{m / medians[0]:.3f}" for m in medians[1:]) + " |")
    print(f"| ratio to the other siege | | | | {medians[3] / medians[2]:.3f} |")
    waits = [[wait for _, wait in runs] for runs in groups]
    print("| wait for the run: median, longest, s | " + " | ".join(f"{statistics.median(w):.2f}, {max(w):.2f}" for w in waits) + " |")
    print(f"| attackers: longest run, s | | | | {longest:.2f} |")
    print(f"| attackers: processor | | | {100 * statistics.mean(loads):.0f} % | {100 * done['processor']:.0f} % |")
    most = max(s.descriptors for s in states)
    print(f"| server: descriptors before, at most, after | {before.descriptors} | | | {most}, {after.descriptors} |")
    print(f"| server: resident KiB before, at most, after | {before.memory} | | | {max(s.memory for s in states)}, {after.memory} |")
    print(f"| server: processor | | | | {100 * (at_end.seconds - at_begin.seconds) / duration:.0f} % |")
    print(f"| result files, MB | {before.files}, {before.bytes / 1e6:.1f} | | | {after.files}, {after.bytes / 1e6:.1f} |")
    print(f"| lines of log, kB | | | | {lines}, {log_bytes / 1000:.0f} |")
    print("\nRuns and refusals of the server, honest ones included: " + ", ".join(f"{name} {count}" for name, count in counted))
    print("\nConnections of each kind: " + ", ".join(f"{kind} {count}" for kind, count in sorted(done["connections"].items())))


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    if sys.argv[1:2] == ["--besiege"]:
        asyncio.run(besiege(int(sys.argv[2])))
    else:
        main()
