"""The kernel's evidence against a capture by tshark on the server's own interface.

Runs inside scripts/veth-pair. scripts/ground-truth prints the figures of a longer run.
"""

import bisect
import itertools
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import unittest

from harness import PATIENCE, TestCase, classic_programs, command, environment, read_run, wait_until

NEAR = "10.19.9.1"
FAR = os.environ.get("TCPSTEP_FAR", "").split()
ROUNDS = int(os.environ.get("TCPSTEP_GROUND_TRUTH_ROUNDS", "20"))


class Capture:
    """Packets of one TCP port on "near", as (time in ns, from the server?, sequence, payload bytes)."""

    def __init__(self, directory, port):
        self.file = directory / "capture.pcap"
        self.port = port
        self.process = subprocess.Popen(
            ["tshark", "-q", "-B", "64", "-i", "near", "-f", f"tcp port {port}", "-w", self.file],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:  # it prints a line when it has begun
            if "Capturing" in line:
                break
        wait_until(self.file.exists, "tshark writes")
        time.sleep(0.5)

    def packets(self):
        time.sleep(1)  # it reads in batches
        self.process.terminate()
        with self.process:
            self.process.stderr.read()
        fields = ["frame.time_epoch", "tcp.srcport", "tcp.seq", "tcp.len"]
        text = subprocess.run(
            ["tshark", "-r", self.file, "-T", "fields", *(f"-e{field}" for field in fields)],
            check=True, capture_output=True, text=True).stdout
        for line in text.splitlines():
            when, source, sequence, length = line.split("\t")
            seconds, fraction = when.split(".")
            nanoseconds = int(seconds) * 10**9 + int(fraction.ljust(9, "0"))
            yield nanoseconds, int(source) == self.port, int(sequence), int(length)


def pings_of(packets, sizes):
    """For each payload: data segments, those of them sent again, and ns from its last byte to the ack.

    Both ends' bytes are found by their sequence numbers: a packet that the capture missed spoils its
    own ping only, which is then None.
    """
    ends = list(itertools.accumulate(sizes, initial=1))[1:]
    pings = [{"segments": 0, "again": 0, "highest": 0, "bytes": 0, "sent": None, "acked": None} for _ in sizes]
    for when, is_server, sequence, length in packets:
        if length == 0:
            continue
        if not is_server:
            ping = pings[sequence - 1]
            ping["acked"] = ping["acked"] or when
            continue
        index = bisect.bisect_right(ends, sequence)
        ping = pings[index]
        ping["segments"] += 1
        ping["again"] += sequence < ping["highest"]
        ping["bytes"] += length if sequence >= ping["highest"] else 0
        ping["highest"] = max(ping["highest"], sequence + length)
        if sequence + length == ends[index]:
            ping["sent"] = ping["sent"] or when
    return [(ping["segments"], ping["again"], ping["acked"] - ping["sent"])
            if ping["acked"] and ping["sent"] and ping["bytes"] == size else None
            for ping, size in zip(pings, sizes)]


@unittest.skipIf(not FAR, "runs inside scripts/veth-pair only")
@unittest.skipIf(not shutil.which("tshark"), "tshark is not installed")
class GroundTruth(TestCase):
    def swallow_for_a_moment(self, there, here, address, times=3):
        """Sends everything for `address` to a station that is not there, again and again: what leaves by the
        interface `here`. Commands run behind `there`."""
        peer = {"near": "far", "far": "near"}[here]
        link = subprocess.run([*({"near": [], "far": FAR}[peer]), "ip", "-o", "link", "show", peer], check=True,
                              capture_output=True, text=True).stdout
        mac = re.search(r"link/ether (\S+)", link)[1]
        for _ in range(times):
            for station in ("02:00:00:00:00:4e", mac):
                time.sleep(0.2)
                subprocess.run([*there, "ip", "neighbour", "replace", address, "lladdr", station, "dev", here],
                               check=True)

    def measure(self, *arguments, during=lambda: None):
        """Rows and captured pings of one run, opening ping and warm-up included."""
        server = self.start_server("--one-off", "--output", "run.csv", "--timestamps=software",
                                   *arguments)
        capture = Capture(self.directory, server.port)
        # The classic one: all bytes of the capture are payloads and acks.
        client = subprocess.Popen([*FAR, sys.executable, "-c", classic_programs()[0], NEAR,
                                   str(server.port)], env=environment(), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        during()
        self.assertEqual(client.wait(PATIENCE), 0)
        self.assertEqual(server.wait(), 0, server.messages)
        rows = read_run(self.directory / "run.csv").rows
        pings = pings_of(list(capture.packets()), [int(row["size_bytes"]) for row in rows])
        return rows, pings

    def test_segments_and_kernel_rtt_are_those_of_the_capture(self):
        rows, pings = self.measure("--rounds", str(ROUNDS))
        counted = [(row, ping) for row, ping in zip(rows, pings) if row["round"] != "0" and ping]
        self.assertGreaterEqual(len(counted), 0.9 * ROUNDS * 100, "the capture is nearly whole")
        equal = sum(row["segments"] == str(ping[0]) for row, ping in counted)
        explained = [(int(row["kernel_rtt_ns"]), ping[2], int(row["rtt_ns"]) - int(row["kernel_rtt_ns"]))
                     for row, ping in counted if row["kernel_rtt_ns"]]
        differences = sorted(abs(kernel - captured) for kernel, captured, _ in explained)
        print(f"segments equal in {equal} of {len(counted)} pings; |kernel_rtt - capture|: median "
              f"{statistics.median(differences) / 1000:.2f} us, p99 "
              f"{differences[len(differences) * 99 // 100] / 1000:.2f} us, "
              f"largest {differences[-1] / 1000:.2f} us, of {len(differences)}", file=sys.stderr)
        self.assertGreaterEqual(equal, 0.999 * len(counted))
        self.assertGreaterEqual(len(explained), 0.9 * len(counted))
        # No absolute time: the two views of the wire differ by less than the stacks around it take.
        self.assertLess(statistics.median(differences),
                        statistics.median(stacks for _, _, stacks in explained))

    def test_retransmissions_are_those_of_the_capture(self):
        rows, pings = self.measure("--sizes=1,5000", "--rounds=800", "--interval=1ms",
                                   during=lambda: self.swallow_for_a_moment([], "near", "10.19.9.2"))
        seen = [(row["retransmits"] or "0", str(ping[1])) for row, ping in zip(rows, pings) if ping]
        self.assertGreaterEqual(len(seen), 0.9 * len(rows), "the capture is nearly whole")
        self.assertEqual([recorded for recorded, _ in seen], [captured for _, captured in seen])
        self.assertGreater(sum(int(captured) for _, captured in seen), 0, "something was lost on purpose")

    def test_retransmissions_of_acks_are_those_of_the_capture(self):
        for direction in ("down", "up"):
            with self.subTest(direction=direction):
                self.check_acks(direction)

    def check_acks(self, direction):
        server = self.start_server("--one-off", "--output", f"{direction}.csv")
        capture = Capture(self.directory, server.port)
        client = subprocess.Popen([*FAR, *command("tcpstep-client", "--port", server.port, "--sizes=1,5000",
                                                  "--rounds=800", "--interval=1ms", "--direction", direction, NEAR)],
                                  env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if direction == "down":  # the client acks
            self.swallow_for_a_moment(FAR, "far", NEAR)
        else:
            self.swallow_for_a_moment([], "near", "10.19.9.2")
        self.assertEqual(client.wait(PATIENCE), 0)
        self.assertEqual(server.wait(), 0, server.messages)
        rows = read_run(self.directory / f"{direction}.csv").rows[direction == "down":]  # without the opening ping
        sent = {}  # how often each byte that was sent alone, by sequence number
        for _, is_server, sequence, length in capture.packets():
            if length == 1 and is_server == (direction == "up"):
                sent[sequence] = sent.get(sequence, 0) + 1
        captured = [times - 1 for times in list(sent.values())[1:]]  # without the one of the opening ping
        self.assertEqual(len(captured), len(rows), "the capture is whole")
        equal = sum(int(row["peer_retransmits"]) == again for row, again in zip(rows, captured))
        print(f"{direction}: peer_retransmits equal in {equal} of {len(rows)} pings, {sum(captured)} in all",
              file=sys.stderr)
        self.assertEqual([int(row["peer_retransmits"]) for row in rows], captured)
        self.assertGreater(sum(captured), 0, "something was lost on purpose")


if __name__ == "__main__":
    unittest.main(verbosity=2)
