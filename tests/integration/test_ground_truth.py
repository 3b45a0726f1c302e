"""The kernel's evidence against captures by tshark on the interfaces of both ends.

Runs inside scripts/veth-pair. scripts/ground-truth prints the figures of a longer run, and of many more paths.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import unittest

from capture import Capture, truth_of
from faulty_wire import FaultyWireTestCase
from ground_truth import MODES, Hop, Path, count_runs
from harness import PATIENCE, TestCase, classic_programs, environment, main, read_run, wait_until

NEAR = "10.19.9.1"
FAR = os.environ.get("TCPSTEP_FAR", "").split()
ROUNDS = int(os.environ.get("TCPSTEP_GROUND_TRUTH_ROUNDS", "20"))


@unittest.skipIf(not FAR, "runs inside scripts/veth-pair only")
@unittest.skipIf(not shutil.which("tshark"), "tshark is not installed")
class Classic(TestCase):
    """Over the veth pair, whose packets have kernel timestamps."""

    def swallow_for_a_moment(self, address, times=3):
        """In mid-run, sends everything for `address` to a station that is not there, again and again."""
        wait_until(lambda: len(read_run(self.directory / "run.csv").rows) > 20, "the run is under way")
        link = subprocess.run([*FAR, "ip", "-o", "link", "show", "far"], check=True, capture_output=True,
                              text=True).stdout
        mac = re.search(r"link/ether (\S+)", link)[1]
        for _ in range(times):
            for station in ("02:00:00:00:00:4e", mac):
                subprocess.run(["sleep", "0.2"], check=True)
                subprocess.run(["ip", "neighbour", "replace", address, "lladdr", station, "dev", "near"], check=True)

    def measure(self, *arguments, during=lambda: None):
        """Rows of one run, opening ping and warm-up included, and what the capture says of them."""
        server = self.start_server("--one-off", "--output", "run.csv", "--timestamps=software",
                                   *arguments)
        capture = Capture(self.directory / "near.pcapng", "near")
        client = subprocess.Popen([*FAR, sys.executable, "-c", classic_programs()[0], NEAR,
                                   str(server.port)], env=environment(), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        during()
        self.assertEqual(client.wait(PATIENCE), 0)
        self.assertEqual(server.wait(), 0, server.messages)
        rows = read_run(self.directory / "run.csv").rows
        connections = capture.stop()
        return rows, truth_of(rows, connections, connections, server.port, is_classic=True)

    def test_segments_and_kernel_rtt_are_those_of_the_capture(self):
        rows, truths = self.measure("--rounds", str(ROUNDS))
        counted = [(row, truth) for row, truth in zip(rows, truths) if row["round"] != "0" and truth]
        self.assertGreaterEqual(len(counted), 0.9 * ROUNDS * 100, "the capture is nearly whole")
        equal = sum(row["segments"] == str(truth.segments) for row, truth in counted)
        explained = [(int(row["kernel_rtt_ns"]), truth.wire_rtt_ns, int(row["rtt_ns"]) - int(row["kernel_rtt_ns"]))
                     for row, truth in counted if row["kernel_rtt_ns"]]
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
        rows, truths = self.measure("--sizes=1,5000", "--rounds=800", "--interval=1ms",
                                    during=lambda: self.swallow_for_a_moment("10.19.9.2"))
        seen = [(row["retransmits"] or "0", str(truth.retransmits)) for row, truth in zip(rows, truths) if truth]
        self.assertGreaterEqual(len(seen), 0.9 * len(rows), "the capture is nearly whole")
        self.assertEqual([recorded for recorded, _ in seen], [captured for _, captured in seen])
        self.assertGreater(sum(int(captured) for _, captured in seen), 0, "something was lost on purpose")


@unittest.skipIf(not shutil.which("tshark"), "tshark is not installed")
class Negotiated(FaultyWireTestCase):
    """A few of the paths and faults of ground_truth.py."""

    def check(self, path, faults):
        version = 6 if self.wire.has_v6 else 4
        counts = count_runs(self.directory, path, version, MODES, faults, rounds=1, sizes="1:4501:300")
        for fault, count in counts.items():
            with self.subTest(fault=fault):
                print(f"{fault}: {dict(count)}", file=sys.stderr)
                self.assertEqual(count["pings"] + count["not captured"], 2 * 16 * len(MODES))
                self.assertLessEqual(count["not captured"], 0.1 * count["pings"], "the captures are nearly whole")
                for column in ("segments", "retransmits", "peer_retransmits"):
                    # On a busy machine a capture misses a packet now and then.
                    self.assertGreaterEqual(count[column], 0.99 * count["pings"], column)
                self.assertEqual(count["counted in spite of a timer"], 0)
        return counts

    def test_what_was_lost_doubled_and_reordered_is_what_the_captures_show(self):
        counts = self.check(Path(self.far, self.wire), ["payloads lost", "acks lost", "doubled", "reordered"])
        self.assertGreater(counts["payloads lost"]["resent payloads"], 0)
        self.assertGreater(counts["acks lost"]["resent acks"], 0)

    def test_over_a_path_narrower_than_the_interfaces(self):
        path = Hop(self.far, self.wire)
        self.addCleanup(path.close)
        self.check(path, ["payloads lost", "acks lost"])


if __name__ == "__main__":
    main()
