"""Negotiated runs over a wire that fails: both ends keep a whole or a marked file, the server continues.

Runs inside scripts/veth-pair: the server is near, the client far. scripts/network-faults runs all of
them, also those that take minutes.
"""

import os
import subprocess
import sys
import time
import unittest

from faulty_wire import FAR as FAR_WIRE
from faulty_wire import NEAR as NEAR_WIRE
from faulty_wire import FaultyWireTestCase
from harness import command, environment, main, read_run, wait_until

NEAR_VETH = "10.19.9.1"  # the other way, which stays whole
IS_LONG = "TCPSTEP_LONG_FAULTS" in os.environ
LONG = 400  # seconds until a long test has failed


class NetworkFaults(FaultyWireTestCase):
    def begin(self, direction, *arguments, timeout, sizes="1,2000,5000", rounds=100_000, interval="1ms",
              rows=30):
        """Starts a server, and a client on the far side; returns when the sweep is under way."""
        self.direction = direction
        self.output = self.directory / f"{direction}.csv"
        self.server = self.start_server(f"--timeout={timeout}", "--max-pings=1000000",
                                        "--max-bytes=100000000000", "--results", f"results-{direction}")
        self.server.results = self.directory / f"results-{direction}"
        self.client = subprocess.Popen(
            [*self.far, *command("tcpstep-client", "--port", self.server.port, "--direction", direction,
                            f"--timeout={timeout}", "--sizes", sizes, "--rounds", rounds,
                            "--interval", interval, "--output", self.output, *arguments, NEAR_WIRE)],
            env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.client.communicate)
        self.addCleanup(self.client.kill)
        wait_until(lambda: self.rows_so_far() >= rows, "the run is under way")

    def rows_so_far(self):
        """Of the end that measures."""
        files = [self.output] if self.direction == "up" else self.server.files()
        try:
            return sum(len(read_run(file).rows) for file in files)
        except FileNotFoundError:  # not yet, or only tried whether it can be written
            return 0

    def end(self, patience=60):
        """Both ends' files when both have finished: the server's, the client's."""
        self.table, self.messages = self.client.communicate(timeout=patience)
        wait_until(lambda: self.server.files() and read_run(self.server.files()[0]).trailer,
                   "the server has finished the file")
        files = self.server.files()[0], self.output
        self.runs = [read_run(file) for file in files]
        retransmits = sum(int(row["retransmits"] or 0) for row in self.runs[self.direction == "up"].rows)
        print(f"{self.id().split('.')[-1]} {self.direction}: "
              + "; ".join(f"{name} {run.trailer['status']}, {run.trailer['samples']} samples, "
                          f"{run.trailer['lost']} lost" for name, run in zip(("server", "client"), self.runs))
              + f"; {retransmits} retransmits", file=sys.stderr)
        return files

    def assert_whole(self):
        server, client = self.end(LONG if IS_LONG else 60)
        self.assertEqual(self.client.returncode, 0, self.messages)
        self.assertEqual(self.runs[0].trailer["status"], "complete")
        self.assertEqual(server.read_bytes(), client.read_bytes())
        self.assert_next_is_served(NEAR_WIRE)

    def assert_marked(self, *statuses, at_server=()):
        self.end(LONG if IS_LONG else 60)
        self.assertEqual(self.client.returncode, 1, self.messages)
        of_server, of_client = (run.trailer["status"] for run in self.runs)
        self.assertIn(of_client, statuses, self.messages)
        self.assertIn(of_server, at_server or statuses, self.server.messages)
        measured = self.runs[self.direction == "up"]
        self.assertGreater(int(measured.trailer["samples"]), 10, "what was measured is kept")
        self.assertEqual({run.header["direction"] for run in self.runs}, {self.direction})

    def assert_next_is_served(self, address):
        client = subprocess.run([*self.far, *command("tcpstep-client", "--port", self.server.port, "--sizes=1",
                                                "--rounds=2", "--link=next", address)],
                                env=environment(), capture_output=True, text=True, timeout=60)
        self.assertEqual(client.returncode, 0, client.stderr)
        self.assert_complete(max(self.server.files(), key=lambda path: "next" in path.name), 2)

    def in_both_directions(self, fault):
        for direction in ("down", "up"):
            with self.subTest(direction=direction):
                fault(direction)
                self.server.close()

    def test_a_cable_pulled_for_a_second_delays_a_ping(self):
        def fault(direction):
            self.begin(direction, timeout="30s", rounds=100)
            self.wire.pull()
            time.sleep(1)
            self.wire.plug()
            self.assert_whole()
            slowest = max(int(row["rtt_ns"]) for row in self.runs[0].rows)
            self.assertGreater(slowest, 700_000_000)
        self.in_both_directions(fault)

    @unittest.skipIf(not IS_LONG, "one of many: scripts/network-faults")
    def test_a_cable_pulled_for_longer_than_the_timeout_ends_the_run(self):
        def fault(direction):
            self.begin(direction, timeout="2s")
            self.wire.pull()
            self.assert_marked("timeout")
            self.wire.plug()
            self.assert_next_is_served(NEAR_WIRE)
        self.in_both_directions(fault)

    def test_a_cable_pulled_on_a_slow_path_leaves_the_client_what_it_saw(self):
        self.wire.copies = lambda facts, is_from_near: (0.002,)
        self.begin("down", timeout="2s", interval="0", sizes="1,1000,2000")
        self.wire.pull()
        self.assert_marked("timeout")
        words = " ".join(self.table.split())
        self.assertIn("Timed here, from one ack to the next: a little longer than the RTTs", words)
        self.assertIn(f"the server measured this run and has those so far (run {self.runs[0].header['run_id'][:8]})", words)
        self.assertRegex(words, r"1 1 [0-9.]+ ms [0-9.]+ ms")
        self.assertEqual(self.runs[1].rows, [], "nothing of it is in the file")

    def test_a_cable_pulled_for_good_keeps_nobody_else_waiting(self):
        def fault(direction):
            self.begin(direction, timeout="2s")
            self.wire.pull()
            self.assert_next_is_served(NEAR_VETH)
            self.assert_marked("timeout")
            self.wire.plug()
            self.assert_next_is_served(NEAR_WIRE)
        self.in_both_directions(fault)

    @unittest.skipIf(not IS_LONG, "one of many: scripts/network-faults")
    def test_a_cable_pulled_for_good_ends_a_run_of_fresh_connections(self):
        def fault(direction):
            self.begin(direction, "--connection=fresh", timeout="2s")
            self.wire.pull()
            self.assert_next_is_served(NEAR_VETH)
            self.assert_marked("timeout", "failed")
            self.wire.plug()
            self.assert_next_is_served(NEAR_WIRE)
        self.in_both_directions(fault)

    @unittest.skipIf(not IS_LONG, "one of many: scripts/network-faults")
    def test_an_address_removed_ends_the_run(self):
        def fault(direction):
            self.begin(direction, timeout="2s")
            self.wire.take_from_far(FAR_WIRE)
            self.assert_marked("timeout", "failed")
            self.assert_next_is_served(NEAR_VETH)
            self.wire.give_far(FAR_WIRE)
        self.in_both_directions(fault)

    def test_an_address_changed_ends_the_run_and_the_next_uses_the_new_one(self):
        other = "10.19.10.3"

        def fault(direction):
            self.begin(direction, timeout="2s")
            self.wire.take_from_far(FAR_WIRE)
            self.wire.give_far(other)
            self.assert_marked("timeout", "failed", "reset")
            self.assert_next_is_served(NEAR_WIRE)
            newest = read_run(max(self.server.files(), key=lambda path: "next" in path.name))
            self.assertTrue(newest.header["client_addr"].startswith(other + ":"))
            self.wire.take_from_far(other)
            self.wire.give_far(FAR_WIRE)
        self.in_both_directions(fault)

    def test_a_forged_reset_ends_the_run(self):
        def fault(direction):
            self.begin(direction, timeout="3s")
            self.wire.inject_reset()
            self.assert_marked("reset")
            self.assert_next_is_served(NEAR_WIRE)
        self.in_both_directions(fault)
        self.assertEqual(self.wire.resets, 2)

    def test_a_loss_of_five_percent_is_borne_and_counted(self):
        def fault(direction):
            self.wire.loss = 0.05
            self.begin(direction, timeout="30s", rounds=25, rows=1)
            self.assert_whole()
            self.assertGreater(sum(int(row["retransmits"] or 0) for row in self.runs[0].rows), 0)
        self.in_both_directions(fault)
        self.assertGreater(self.wire.lost, 0)

    @unittest.skipIf(not IS_LONG, "one of many: scripts/network-faults")
    def test_a_loss_of_five_percent_is_borne_by_fresh_connections(self):
        def fault(direction):
            self.wire.loss = 0.05
            self.begin(direction, "--connection=fresh", timeout="30s", rounds=4, rows=1)
            self.assert_whole()
        self.in_both_directions(fault)
        self.assertGreater(self.wire.lost, 0)

    @unittest.skipIf(not IS_LONG, "takes minutes: scripts/network-faults")
    def test_a_cable_pulled_for_a_minute_ends_a_run_with_the_usual_timeout(self):
        def fault(direction):
            self.begin(direction, timeout="10s")
            self.wire.pull()
            time.sleep(60)
            self.wire.plug()
            self.assert_marked("timeout")
            self.assert_next_is_served(NEAR_WIRE)
        self.in_both_directions(fault)

    @unittest.skipIf(not IS_LONG, "takes minutes: scripts/network-faults")
    def test_a_cable_pulled_for_a_minute_delays_a_ping_of_a_patient_run(self):
        def fault(direction):
            self.begin(direction, timeout="5min", rounds=300)
            self.wire.pull()
            time.sleep(60)
            self.wire.plug()
            self.assert_whole()
            self.assertGreater(max(int(row["rtt_ns"]) for row in self.runs[0].rows), 59_000_000_000)
        self.in_both_directions(fault)


if __name__ == "__main__":
    main()
