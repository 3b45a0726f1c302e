#!/usr/bin/env python3
"""Kills server, run process and client at random moments, in both directions, on a small disk, and looks at every file that is left.

usage: bench/kills.py [KILLS, 200 by default]     needs a build (build/release, or $TCPSTEP_BUILD) and the right to mount a tmpfs

Each file must be whole, cut or marked; the smallest RTT of each must be that of its whole lines; each next run must be served. Prints
how many of what there were, and fails otherwise. 200 kills take about 2 minutes.
"""
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.environ.setdefault("TCPSTEP_BUILD", str(ROOT / "build/release"))
sys.path.insert(0, str(ROOT / "tests/integration"))
from harness import Server, read_run, run, start, wait_until  # noqa: E402

DISK = "1200k"  # for about thirty runs: it is full again and again
SWEEP = ("--sizes=1,100,1000,5000", "--rounds=60", "--interval=200us")


def on_a_small_disk():
    """Starts this program again in a mount namespace of its own."""
    if "TCPSTEP_KILLS" not in os.environ:
        os.environ["TCPSTEP_KILLS"] = "yes"
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        os.execvp("unshare", ["unshare", "--mount", *user, sys.executable, *sys.argv])


def children(process):
    text = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(child) for child in text.split()]


def kill_one(server, client, victim):
    """True if there was something to kill."""
    pids = {"server": [server.process.pid], "client": [client.pid], "run": children(server.process)}[victim]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return pids != []


def smallest(file):
    """The smallest RTT of each size in the whole lines of a result file, without any code of ours."""
    best = {}
    for row in read_run(file).rows:
        if row["round"] != "0" and row["status"] == "ok" and row["retransmits"] in ("", "0"):
            size = int(row["size_bytes"])
            best[size] = min(best.get(size, 1 << 62), int(row["rtt_ns"]))
    return best


def kind_of(file):
    """Whole, cut or marked; an error of a check is one of this program."""
    text = file.read_text()
    if not text.endswith("\n"):
        return "cut in a line"
    trailer = read_run(file).trailer if "\nround," in text else None
    if trailer is None:
        return "without trailer"
    return "whole" if trailer["status"] == "complete" else f"marked {trailer['status']}"


def check(file, kinds):
    result = run("tcpstep-analyze", "export", "--format=csv", file)
    text = file.read_text()
    if "\nround," not in text or "\n" not in text[text.index("\nround,") + 1:]:
        kinds["refused: cut in its header"] += 1
        assert result.returncode == 1, (file, result.stderr)
        return
    kind = kind_of(file)
    kinds[kind] += 1
    assert result.returncode == 0, (file, result.stderr)
    assert kind == "whole" or "partial" in result.stderr, (file, result.stderr)
    lines = [line.split(",") for line in result.stdout.splitlines()[1:]]
    assert {int(line[2]): int(line[5]) for line in lines} == smallest(file), file


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    on_a_small_disk()
    chance = random.Random(1)
    kinds, victims = collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], check=True)
        messages = tempfile.TemporaryDirectory()
        server = None

        def look_at_files(files):
            for file in files:
                if file.name.endswith(".csv"):
                    check(file, kinds)
                file.unlink()

        usual = 0.1  # seconds of a run, with all that comes before it
        while sum(victims.values()) < kills:
            if server is None or server.process.poll() is not None:
                if server is not None:
                    server.close()
                server = Server(messages.name, "--min-free=0", "--results", folder / "results", "--timeout=2s")
            (folder / "kept").mkdir(exist_ok=True)
            victim = chance.choice(("server", "run", "client"))
            direction = chance.choice(("down", "up"))
            client = start("tcpstep-client", "--port", server.port, "--timeout=2s", "--link=kills", "--direction", direction,
                           *SWEEP, "--output", folder / "kept", "127.0.0.1", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0, 1.3 * usual))
            victims[victim, direction] += kill_one(server, client, victim)
            client.wait(60)
            if victim != "server":
                wait_until(lambda: not children(server.process), "the run is over")
            if victim != "server":
                begin = time.monotonic()
                served = server.run_client(*SWEEP)
                usual += 0.2 * (time.monotonic() - begin - usual)
                assert served.returncode == 0 or "cannot write" in served.stderr or "No space" in served.stderr, served.stderr
            if chance.random() < 0.05:  # otherwise the disk fills
                look_at_files([*folder.glob("results/*"), *folder.glob("kept/*")])
            if victim == "server":
                server.close()
                server = None
        look_at_files([*folder.glob("results/*"), *folder.glob("kept/*")])
        if server is not None:
            server.close()
        server = Server(messages.name, "--min-free=0", "--results", folder / "results")
        result = server.run_client(*SWEEP)
        server.close()
        assert result.returncode == 0, result.stderr
        subprocess.run(["umount", folder], check=True)
    print("killed:", json.dumps({" ".join(key): count for key, count in sorted(victims.items())}))
    print("files:", json.dumps(dict(sorted(kinds.items()))))


if __name__ == "__main__":
    main()
