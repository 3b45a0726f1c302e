#!/usr/bin/env python3
"""How far a browser's table is from that of tcpstep-client on the emulated links, and how much shorter its sweep is.

usage: bench/web.py [LINK...]     needs root and chromium, and a release build, or another one in $TCPSTEP_BUILD

On each link, slowed down or sped up so that an RTT is some 10 to 40 ms and neither the hosts nor patience matter: the full sweep of
tcpstep-client twice, the sweep for browsers by a WebSocket client in Python, and by chromium. Differences are in percentage
points, from the mean of the two full sweeps. docs/performance.md has the figures.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

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
        client = [*far, program("tcpstep-client"), "--quiet", "--link=other", "10.19.9.1"]
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


def percent(run):
    return [run["table"][row]["penalty_percent"] for row in ROWS]


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
    else:
        for link in sys.argv[1:] or SCALES:
            compare(link)


if __name__ == "__main__":
    main()
