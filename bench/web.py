#!/usr/bin/env python3
"""How far a browser's table is from that of tcpstep-client on the emulated links, and how much shorter its sweep is.

usage: bench/web.py [LINK...]     needs root and chromium, and a release build, or another one in $TCPSTEP_BUILD
       bench/web.py veth          what a browser adds to a ping and to a step, over a veth pair
       bench/web.py sizes         how far the table of fewer sizes is from that of all, from the runs in results/lab
       bench/web.py idle          what 200 idle browsers do to the runs of a client on loopback

On each link, slowed down or sped up so that an RTT is some 10 to 40 ms and neither the hosts nor patience matter: the full sweep of
tcpstep-client twice, the sweep for browsers by a WebSocket client in Python, and by chromium. Differences are in percentage
points, from the mean of the two full sweeps.
"""
import json
import os
import pathlib
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
URL = f"http://10.19.9.1:{WEB_PORT}/"


def program(name):
    return str(BUILD / {"tcpstep-analyze": "analysis", "tcpstep-lab": "lab"}.get(name, name.removeprefix("tcpstep-")) / name)


def browse(kind):
    """On the far host: one run, by a client in Python or by a browser."""
    os.environ["TCPSTEP_BUILD"] = str(BUILD)
    sys.path.insert(0, str(SOURCE / "tests/integration"))
    if kind == "python":
        from websocket import measure
        measure(WEB_PORT, "other", host="10.19.9.1")
        return
    from harness import wait_until
    from webdriver import Browser
    with Browser() as browser:
        browser.open(URL)
        wait_until(lambda: "bytes" in browser.text("#estimate"), "the estimate")
        browser.click("input[value=other]")
        browser.click("#measure")
        browser.wait_for("#result")


def measure_here():
    """On the near host: all runs, one after the other. Prints the reports of their files."""
    far = os.environ["TCPSTEP_FAR"].split()
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([program("tcpstep-server"), "--quiet", f"--web={WEB_PORT}", f"--results={folder}",
                                   "--timeout=30s"])
        client = [*far, program("tcpstep-client"), "--quiet", "--retry=5", "--link=other", "10.19.9.1"]
        found = []
        try:
            for command in (client, client, *([*far, sys.executable, __file__, "--browse", kind]
                                              for kind in ("python", "chromium"))):
                known = set(os.listdir(folder))
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                file, = set(os.listdir(folder)) - known
                report = subprocess.run([program("tcpstep-analyze"), "report", "--format=json", f"{folder}/{file}"],
                                        check=True, capture_output=True, text=True)
                rows = [line.split(",") for line in pathlib.Path(folder, file).read_text().splitlines()
                        if line[0].isdigit()]
                found.append({"table": json.loads(report.stdout)["links"][0], "pings": len(rows),
                              "seconds": (int(rows[-1][2]) - int(rows[0][2])) / 1e9})
        finally:
            server.terminate()
            server.wait()
    print(json.dumps(found))


def open_idle(count):
    """As many WebSockets that say nothing."""
    request = (f"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode()
    peers = [socket.create_connection(("127.0.0.1", WEB_PORT)) for _ in range(count)]
    for peer in peers:
        peer.sendall(request)
    for peer in peers:
        assert peer.recv(4096).startswith(b"HTTP/1.1 101 ")
    return peers


def idle(count=200, pairs=10):
    """The median RTT of runs of a client, in turn with and without that many idle browsers."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([program("tcpstep-server"), "--quiet", f"--web=127.0.0.1:{WEB_PORT}", f"--results={folder}",
                                   "--timeout=60s", "--max-connections-per-address=400"])
        medians = {True: [], False: []}
        try:
            time.sleep(1)
            for pair in range(pairs):
                for is_idle in (True, False) if pair % 2 else (False, True):
                    peers = open_idle(count) if is_idle else []
                    known = set(os.listdir(folder))
                    subprocess.run([program("tcpstep-client"), "--quiet", "127.0.0.1"], check=True,
                                   stdout=subprocess.DEVNULL)
                    for peer in peers:
                        peer.close()
                    file, = set(os.listdir(folder)) - known
                    rows = [line.split(",") for line in pathlib.Path(folder, file).read_text().splitlines()
                            if line[0].isdigit() and line[0] != "0"]
                    medians[is_idle].append(statistics.median(int(row[3]) for row in rows))
        finally:
            server.terminate()
            server.wait()
    ratio = statistics.median(a / b for a, b in zip(medians[True], medians[False]))
    print(f"median RTT alone {statistics.median(medians[False]) / 1e3:.2f} µs, with {count} idle browsers "
          f"{statistics.median(medians[True]) / 1e3:.2f} µs; median ratio of {pairs} pairs {ratio:.3f}")


def rows_of(fastest, mss, sizes):
    """The rows of 2014 of some sizes, in percent."""
    classes = {}
    for size in sorted(sizes):
        classes.setdefault(-(-size // mss), []).append(fastest[size])
    reference = fastest[min(sizes)]
    values = (classes[1][-1], statistics.mean(classes[2]), statistics.mean(classes[4]))
    return [100 * (value / reference - 1) for value in values]


def compare_sizes():
    """In virtual time there is no noise: what differs is due to the sizes."""
    for file in sorted((SOURCE / "results/lab").glob("*.csv")):
        fastest, mss = {}, 0
        for line in file.read_text().splitlines():
            if line.startswith("# mss_bytes: "):
                mss = int(line.split()[-1])
            elif line[0].isdigit():
                number, size, _, rtt, *_, status = line.split(",")
                if number != "0" and status == "ok":
                    fastest[int(size)] = min(int(rtt), fastest.get(int(size), int(rtt)))
        full = rows_of(fastest, mss, fastest)
        print(f"{file.stem:10}", *(f"every {step}: {', '.join(f'{a - b:+.1f}' for a, b in zip(some, full))};"
              for step in (200, 300, 500, 700)
              for some in [rows_of(fastest, mss, {*range(1, 9902, step), 1401})]))


def percent(run):
    return [run["table"][row]["penalty_percent"] for row in ROWS]


def levels(run):
    """The fastest ping of the smallest size, and what a second packet adds, in µs."""
    table = run["table"]
    second = next(row for row in table["classes"] if row["segments"] == 2)
    return table["reference_rtt_ns"] / 1e3, (second["rtt_ns"] - table["reference_rtt_ns"]) / 1e3


def compare_on_veth():
    command = [str(SOURCE / "scripts/veth-pair"), sys.executable, __file__, "--here"]
    runs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    for name, run in zip(("client", "client, again", "Python", "chromium"), runs):
        fastest, step = levels(run)
        print(f"{name:14} fastest {fastest:.1f} µs, a second packet adds {step:.1f} µs")


def compare(link):
    command = [program("tcpstep-lab"), "run", link, f"--scale={SCALES[link]}", "--tolerance=100%", "--",
               sys.executable, __file__, "--here"]
    one, other, python, browser = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    full = [(a + b) / 2 for a, b in zip(percent(one), percent(other))]
    print(f"{link} × {SCALES[link]}: full sweep {', '.join(f'{value:.1f} %' for value in full)}; "
          f"{one['pings']} pings, {one['seconds']:.0f} s")
    for name, run in (("full, again", other), ("Python", python), ("chromium", browser)):
        base = percent(one) if run is other else full
        differences = ", ".join(f"{value - known:+.1f}" for value, known in zip(percent(run), base))
        print(f"  {name:12} {differences} points; {run['pings']} pings, {run['seconds']:.0f} s", flush=True)


def main():
    if sys.argv[1:2] == ["--browse"]:
        browse(sys.argv[2])
    elif sys.argv[1:2] == ["--here"]:
        measure_here()
    elif sys.argv[1:] == ["idle"]:
        idle()
    elif sys.argv[1:] == ["sizes"]:
        compare_sizes()
    elif sys.argv[1:] == ["veth"]:
        compare_on_veth()
    else:
        for link in sys.argv[1:] or SCALES:
            compare(link)


if __name__ == "__main__":
    main()
