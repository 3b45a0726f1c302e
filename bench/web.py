#!/usr/bin/env python3
"""How far a browser's table is from that of tcpstep-client on the emulated links, and how much shorter its sweep is.

usage: bench/web.py [LINK[:SCALE[:ROUNDS]]...]
                                       needs root and chromium, and a release build, or another one in $TCPSTEP_BUILD
       bench/web.py acks LINK[:SCALE]  when the client's host sends its acks, by a capture there, and what follows from that
       bench/web.py veth               what a browser adds to a ping and to a step, over a veth pair
       bench/web.py sizes              how far the table of fewer sizes and rounds is from that of all, by the model of the links
       bench/web.py idle               what 200 idle browsers do to the runs of a client, over a veth pair
       bench/web.py hostile            what HTTP that is slow, huge, malformed or abundant gets from the server, and costs it

On each link, slowed down or sped up so that an RTT is some 10 to 40 ms and neither the hosts nor patience matter: the full sweep of
tcpstep-client twice, the sweep for browsers by a WebSocket client in Python, and by chromium. Differences are in percentage
points, from the mean of the two full sweeps, which may have fewer rounds than 20.
"""
import collections
import contextlib
import json
import os
import pathlib
import re
import resource
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
SCALES = {"lan": 100, "wifi": 10, "adsl": 1, "adsl-far": 0.1, "3g": 0.2, "edge": 0.05}
ROWS = ("filling", "second", "fourth")
BUILD = pathlib.Path(os.environ.get("TCPSTEP_BUILD", SOURCE / "build/release")).resolve()
PORT, WEB_PORT = 19901, 19902
NEAR = "10.19.9.1"
URL = f"http://{NEAR}:{WEB_PORT}/"
os.environ["TCPSTEP_BUILD"] = str(BUILD)
sys.path[:0] = [str(SOURCE / "tests/integration"), str(SOURCE / "tests/unit/link")]
import link_model  # noqa: E402
from harness import processor_seconds, wait_until  # noqa: E402
from test_web import OTHER_PATHS, bad_requests  # noqa: E402
from websocket import connect, get, measure, read_all, split_response  # noqa: E402


def program(name):
    return str(BUILD / {"tcpstep-analyze": "analysis", "tcpstep-lab": "lab"}.get(name, name.removeprefix("tcpstep-")) / name)


def browse(kind):
    """On the far host: one run, by a client in Python or by a browser."""
    if kind == "python":
        measure(WEB_PORT, "other", host=NEAR)
        return
    from webdriver import Browser
    with Browser() as browser:
        browser.open(URL)
        wait_until(lambda: "bytes" in browser.text("#estimate"), "the estimate")
        browser.click("input[value=other]")
        browser.click("#measure")
        browser.wait_for("#result")


def far_command(kind, rounds=20):
    """Measures from the far host."""
    far = os.environ["TCPSTEP_FAR"].split()
    if kind == "client":
        return [*far, program("tcpstep-client"), "--quiet", "--retry=5", "--link=other", f"--rounds={rounds}", NEAR]
    return [*far, sys.executable, __file__, "--browse", kind]


@contextlib.contextmanager
def serving(folder, *arguments):
    """On the near host. Gives a function that runs a command, and returns the result file that comes of it."""
    server = subprocess.Popen([program("tcpstep-server"), "--quiet", f"--web={WEB_PORT}", f"--results={folder}",
                               *arguments])

    def file_of(command):
        known = set(os.listdir(folder))
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        file, = set(os.listdir(folder)) - known
        return pathlib.Path(folder, file)

    try:
        yield file_of
    finally:
        server.terminate()
        server.wait()


def rows_in(file):
    return [line.split(",") for line in file.read_text().splitlines() if line[0].isdigit()]


def table_of(file):
    report = subprocess.run([program("tcpstep-analyze"), "report", "--format=json", file], check=True, capture_output=True,
                            text=True)
    return json.loads(report.stdout)["links"][0]


def measure_here(rounds):
    """On the near host: all runs, one after the other. Prints the reports of their files."""
    found = []
    with tempfile.TemporaryDirectory() as folder, serving(folder, "--timeout=30s") as file_of:
        for kind in ("client", "client", "python", "chromium"):
            file = file_of(far_command(kind, rounds))
            rows = rows_in(file)
            found.append({"table": table_of(file), "pings": len(rows),
                          "seconds": (int(rows[-1][2]) - int(rows[0][2])) / 1e9})
    print(json.dumps(found))


def capture_here():
    """On the near host: the runs of tcpstep-client and of chromium, and how the far host acked. Prints both."""
    from capture import Capture
    found = []
    with tempfile.TemporaryDirectory() as folder, serving(folder, "--timeout=30s") as file_of, \
            tempfile.TemporaryDirectory() as captures:
        for kind, port in (("client", PORT), ("chromium", WEB_PORT)):
            capture = Capture(pathlib.Path(captures, f"{kind}.pcapng"), "tcpstep0", os.environ["TCPSTEP_FAR"].split())
            file = file_of(far_command(kind))
            segments = max((some for (server, _), some in capture.stop().items() if server == port), key=len)
            found.append({"table": table_of(file), "acks": acks_in(segments, port)})
    print(json.dumps(found))


def acks_in(segments, port):
    """Of each ping, by the packets of its payload: how long after the last of them its ack left, how many bytes that had,
    and whether a TCP ACK left in between."""
    pings, packets, last, has_tcp_ack = {}, 0, None, False
    for segment in segments:
        if segment.source_port == port:
            if segment.data:
                packets, last, has_tcp_ack = packets + 1, segment.when, False
        elif not segment.data:
            has_tcp_ack = True
        elif last is not None:
            pings.setdefault(packets, []).append((segment.when - last, len(segment.data), has_tcp_ack))
            packets, last = 0, None
    return pings


def early(values):
    """The minima of 20 rounds are about as early."""
    return sorted(values)[len(values) // 20]


def explain_acks(link):
    native, browser = over(link, "--capture-here")
    late = {}
    for kind, run in (("tcpstep-client", native), ("chromium", browser)):
        for packets in ("1", "2", "4"):
            pings = run["acks"][packets]
            delays = [delay / 1e3 for delay, _, _ in pings]
            late.setdefault(kind, early(delays))
            print(f"{kind:14} {packets} packets: the ack of {statistics.mode(size for _, size, _ in pings)} bytes leaves "
                  f"{early(delays):.0f} µs (5th percentile), {statistics.median(delays):.0f} µs (median) later; a TCP ACK "
                  f"before it in {100 * statistics.fmean(is_there for _, _, is_there in pings):.0f} % of {len(pings)}")
    name, scale = link.partition(":")[::2]
    added = (late["chromium"] - late["tcpstep-client"]) / (float(scale) if scale else SCALES[name])
    print("browser - client, measured:", *(f"{a - b:+.1f}" for a, b in zip(percent(browser), percent(native))))
    base = link_model.penalties(link_model.run(link_model.PROFILES[name], link_model.HOST, 1), min)
    for ack, more in ((7, 0), (1, added), (7, added)):
        of_model = link_model.penalties(link_model.run(link_model.PROFILES[name], link_model.HOST, 1, ack=ack, late=more), min)
        print(f"model, ack of {ack} bytes {more:.0f} µs later:", *(f"{a - b:+.1f}" for a, b in zip(of_model, base)))


def open_idle(count):
    """As many WebSockets that say nothing."""
    request = ("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode()
    peers = [socket.create_connection((NEAR, WEB_PORT)) for _ in range(count)]
    for peer in peers:
        peer.sendall(request)
    for peer in peers:
        assert peer.recv(4096).startswith(b"HTTP/1.1 101 ")
    return peers


def hold_idle(count):
    """On the far host: keeps that many browsers open until standard input ends."""
    os.sched_setaffinity(0, {1})
    peers = open_idle(count)
    print("open", flush=True)
    sys.stdin.read()
    for peer in peers:
        peer.close()


def idle_here(count=200, pairs=15):
    """On the near host: the median RTTs of a client's runs, in turn with and without that many idle browsers. Both ends of
    the run are on one processor, the browsers on the other one."""
    far = os.environ["TCPSTEP_FAR"].split()
    medians = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder, \
            serving(folder, "--cpu=0", "--timeout=60s", "--max-connections-per-address=400") as file_of:
        time.sleep(1)
        for pair in range(pairs):
            for is_idle in (True, False) if pair % 2 else (False, True):
                with subprocess.Popen([*far, sys.executable, __file__, "--idle", str(count if is_idle else 0)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as browsers:
                    assert browsers.stdout.readline() == "open\n"
                    file = file_of([*far_command("client", 100), "--cpu=0"])
                    medians[is_idle].append(statistics.median(int(row[3]) for row in rows_in(file) if row[0] != "0"))
                    browsers.stdin.close()
    ratios = [a / b for a, b in zip(medians[True], medians[False])]
    print(f"median RTT alone {statistics.median(medians[False]) / 1e3:.2f} µs, with {count} idle browsers "
          f"{statistics.median(medians[True]) / 1e3:.2f} µs; ratio {statistics.median(ratios):.3f} "
          f"({min(ratios):.3f} to {max(ratios):.3f}), {pairs} pairs")


class Watched:
    """A server on loopback, and what it uses."""

    def __init__(self, folder):
        self.process = subprocess.Popen([program("tcpstep-server"), "--quiet", f"--web=127.0.0.1:{WEB_PORT}",
                                         f"--results={folder}", "--max-connections=2000",
                                         "--max-connections-per-address=2000"], stderr=subprocess.DEVNULL)
        wait_until(self.is_there, "the server")

    @staticmethod
    def is_there():
        with contextlib.suppress(OSError):
            return get(WEB_PORT)[0] == 200

    def status(self, key):
        return re.search(rf"{key}:\s*(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]

    @contextlib.contextmanager
    def costs(self, name):
        """Prints what the block has found, and what it has cost."""
        found = []
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")  # the peak begins anew
        before, begin = processor_seconds(self.process), time.monotonic()
        yield found
        seconds, used = time.monotonic() - begin, processor_seconds(self.process) - before
        descriptors = len(os.listdir(f"/proc/{self.process.pid}/fd"))
        print(f"| {name} | {'; '.join(found)} | {seconds:.1f} | {used:.2f} | {int(self.status('VmHWM')) / 1024:.1f} | "
              f"{descriptors} |", flush=True)


def status_of(peer):
    """Of the response, or how the connection ended."""
    try:
        return split_response(read_all(peer))[0]
    except (OSError, ValueError) as error:
        return type(error).__name__


def times(values):
    return ", ".join(f"{count} × {value}" for value, count in collections.Counter(values).items())


def many_at_once(found, count=1000):
    peers = [connect(WEB_PORT) for _ in range(count)]
    begin = time.monotonic()
    for peer in peers:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    found.append(times(map(status_of, peers)))
    found.append(f"the last after {time.monotonic() - begin:.2f} s")


def drip(found, count=400):
    """A byte a second of a request that never ends; and others in the meantime."""
    peers = {connect(WEB_PORT): time.monotonic() for _ in range(count)}
    ended, honest = [], []
    request = iter(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 1000)
    while len(ended) < count:
        byte = bytes([next(request)])
        for peer, begin in list(peers.items()):
            if select.select([peer], [], [], 0)[0]:
                ended.append((status_of(peer), time.monotonic() - begin))
                del peers[peer]
            else:
                with contextlib.suppress(OSError):
                    peer.sendall(byte)
        begin = time.monotonic()
        assert get(WEB_PORT)[0] == 200
        honest.append(time.monotonic() - begin)
        time.sleep(1)
    found.append(times(status for status, _ in ended))
    found.append(f"after {min(after for _, after in ended):.0f} to {max(after for _, after in ended):.0f} s")
    found.append(f"a page meanwhile in at most {1e3 * max(honest):.1f} ms")


def huge_headers(found, count=50, size=10_000_000):
    statuses, taken = [], []
    for _ in range(count):
        with connect(WEB_PORT) as peer:
            sent = 0
            with contextlib.suppress(OSError):
                while sent < size:
                    sent += peer.send(b"GET / HTTP/1.1\r\nX: " + b"a" * 65536)
            statuses.append(status_of(peer))
            taken.append(sent)
    found.append(times(statuses))
    found.append(f"at most {max(taken) / 1e6:.1f} of {size / 1e6:.0f} MB sent")


def smuggle(found):
    responses = []
    requests = bad_requests(WEB_PORT)
    for request in requests.values():
        with connect(WEB_PORT) as peer:
            peer.sendall(request)
            responses.append(read_all(peer))
    found.append(times(split_response(response)[0] for response in responses))
    found.append(f"{sum(response.count(b'HTTP/1.1 ') - 1 for response in responses)} second responses")


def leave_the_site(found):
    found.append(times(get(WEB_PORT, path)[0] for path in OTHER_PATHS))


def attack():
    """On loopback."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    print("| attack | responses | seconds | of the server's processor | its memory at most, MiB | descriptors after |\n"
          "|---|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        server = Watched(folder)
        try:
            for name, act in {"1000 requests at once": many_at_once, "400 requests, a byte a second": drip,
                              "50 requests of 10 MB": huge_headers, "hidden and malformed requests": smuggle,
                              "paths that leave the site": leave_the_site}.items():
                with server.costs(name) as found:
                    act(found)
        finally:
            server.process.terminate()
            server.process.wait()


class Settling:
    """As lib/sweep/settling: no class has moved by more than 0.25 % of the smallest size for five rounds."""

    def __init__(self):
        self.known, self.steady = None, 0

    def __call__(self, series):
        classes = {}
        for size, rtts in series.items():
            classes.setdefault(-(-size // link_model.MSS), []).append(min(rtts))
        means = [min(series[1]), *map(statistics.fmean, classes.values())]
        if self.known is None or any(abs(a - b) > 0.0025 * means[0] for a, b in zip(means, self.known)):
            self.known, self.steady = means, 0
        else:
            self.steady += 1
        return self.steady == 5


def rows_of(series):
    """The rows of 2014, in percent."""
    fastest = {size: min(rtts) for size, rtts in series.items()}
    in_class = lambda k: [rtt for size, rtt in fastest.items() if -(-size // link_model.MSS) == k]  # noqa: E731
    values = (in_class(1)[-1], statistics.fmean(in_class(2)), statistics.fmean(in_class(4)))
    return [100 * (value / fastest[1] - 1) for value in values]


# As in server/options.cpp.
DEFAULT_SIZES = sorted({*range(1, 1202, 400), 1401, *range(1501, 2102, 200), *range(2201, 2802, 200),
                        *range(3001, 4202, 400), *range(4401, 5002, 200), *range(5101, 5702, 200), *range(5901, 9902, 500)})


def compare_sizes(seeds=20):
    """By the model in Python, which has no noise but the link's own: the full sweep with one set of seeds, sweeps of fewer
    sizes, which end once they have settled, with another one."""
    full_sizes = range(1, 9902, 100)
    print("| link | sizes | differs by | full, by | pings | of full | time, of full |\n|---|---:|---|---|---:|---:|---:|")
    for name, directions in link_model.PROFILES.items():
        def sweep(first, sizes, is_enough):
            runs = [link_model.run(directions, link_model.HOST, seed, sizes, True, is_enough())
                    for seed in range(first, first + seeds)]
            pings = [sum(map(len, run.values())) for run in runs]
            return ([rows_of(run) for run in runs], statistics.fmean(pings),
                    statistics.fmean(sum(map(sum, run.values())) for run in runs))
        full, full_pings, full_time = sweep(1, full_sizes, lambda: lambda series: False)
        usual = [statistics.median(column) for column in zip(*full)]
        for sizes in (DEFAULT_SIZES, *(sorted({*range(1, 9902, step), 1401}) for step in (200, 300, 500))):
            some, pings, seconds = sweep(1 + seeds, sizes, Settling)
            count = "**34**" if sizes is DEFAULT_SIZES else len(sizes)
            print(f"| {name} | {count} | {differences(some, usual)} | {differences(full, usual)} | {pings:.0f} | "
                  f"{100 * pings / full_pings:.0f} % | {100 * seconds / full_time:.0f} % |", flush=True)


def differences(tables, usual):
    """Of each row, in points: in the usual case, and in 18 of 20."""
    texts = []
    for column, known in zip(zip(*tables), usual):
        points = sorted(value - known for value in column)
        middle, edge = statistics.median(points), sorted(map(abs, points))[round(0.9 * len(points)) - 1]
        texts.append(f"{middle:+.1f} ({edge:.1f})")
    return ", ".join(texts)


def percent(run):
    return [run["table"][row]["penalty_percent"] for row in ROWS]


def levels(run):
    """The fastest ping of the smallest size, and what a second packet adds, in µs."""
    table = run["table"]
    second = next(row for row in table["classes"] if row["segments"] == 2)
    return table["reference_rtt_ns"] / 1e3, (second["rtt_ns"] - table["reference_rtt_ns"]) / 1e3


def compare_on_veth():
    command = [str(SOURCE / "scripts/veth-pair"), sys.executable, __file__, "--here", "20"]
    runs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    for name, run in zip(("client", "client, again", "Python", "chromium"), runs):
        fastest, step = levels(run)
        print(f"{name:14} fastest {fastest:.1f} µs, a second packet adds {step:.1f} µs")


def over(link, *arguments):
    """What this script prints on the near host of an emulated link."""
    name, scale, *_ = (*link.split(":"), "")
    command = [program("tcpstep-lab"), "run", name, f"--scale={scale or SCALES[name]}", "--tolerance=100%", "--",
               sys.executable, __file__, *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def compare(link):
    rounds = link.split(":")[2:] or ["20"]
    one, other, python, browser = over(link, "--here", *rounds)
    full = [(a + b) / 2 for a, b in zip(percent(one), percent(other))]
    print(f"{link}, reference {levels(one)[0] / 1e3:.2f} ms, browser's {levels(browser)[0] / 1e3:.2f} ms: "
          f"full sweep {', '.join(f'{value:.1f} %' for value in full)}; "
          f"{one['pings']} pings, {one['seconds']:.0f} s")
    for name, run in (("full, again", other), ("Python", python), ("chromium", browser)):
        base = percent(one) if run is other else full
        differences = ", ".join(f"{value - known:+.1f}" for value, known in zip(percent(run), base))
        print(f"  {name:12} {differences} points; {run['pings']} pings, {run['seconds']:.0f} s", flush=True)


def main():
    if sys.argv[1:2] == ["--browse"]:
        browse(sys.argv[2])
    elif sys.argv[1:2] == ["--here"]:
        measure_here(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--capture-here"]:
        capture_here()
    elif sys.argv[1:2] == ["--idle"]:
        hold_idle(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--idle-here"]:
        idle_here()
    elif sys.argv[1:2] == ["acks"]:
        explain_acks(sys.argv[2])
    elif sys.argv[1:] == ["hostile"]:
        attack()
    elif sys.argv[1:] == ["idle"]:
        subprocess.run([SOURCE / "scripts/veth-pair", sys.executable, __file__, "--idle-here"], check=True)
    elif sys.argv[1:] == ["sizes"]:
        compare_sizes()
    elif sys.argv[1:] == ["veth"]:
        compare_on_veth()
    else:
        for link in sys.argv[1:] or SCALES:
            compare(link)


if __name__ == "__main__":
    main()
