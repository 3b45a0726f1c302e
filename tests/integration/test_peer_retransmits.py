"""Acks that are lost on the way: which pings they were, as the wire between the two ends has seen it.

Runs inside scripts/veth-pair.
"""

import subprocess
import sys

from faulty_wire import FAR as FAR_WIRE
from faulty_wire import NEAR as NEAR_WIRE
from faulty_wire import NEAR_V6, FaultyWireTestCase
from harness import PATIENCE, classic_programs, command, environment, main, read_run, report



class AckDropper:
    """Drops some acks the first `drops[n]` times they come: n counts the pings from 1. Every connection
    begins with one byte from each end, which is no ack of a ping."""

    def __init__(self, drops, acks_come_from_near):
        self.drops = drops
        self.from_near = acks_come_from_near
        self.openings = {}  # their sequence number on each connection
        self.seen = {}  # how often each ack came

    def __call__(self, facts, is_from_near):
        ports, sequence, length = facts[2:4], facts[4], facts[-1]
        if is_from_near != self.from_near or length != 1:
            return False
        if self.openings.setdefault(ports, sequence) == sequence:
            return False
        ack = (ports, sequence)
        self.seen[ack] = self.seen.get(ack, 0) + 1
        return self.seen[ack] <= self.drops.get(list(self.seen).index(ack) + 1, 0)

    def resent(self):
        """For each ping, how often its ack was sent again."""
        return [times - 1 for times in self.seen.values()]


class PeerRetransmits(FaultyWireTestCase):
    DROPS = {3: 1, 8: 2, 11: 1, 12: 1}  # the last ping but one, and the last one
    SIZES, ROUNDS = "1,2000,4000", 3  # one to three segments, and a warm-up round: 12 pings

    def setUp(self):
        super().setUp()
        self.runs = 0

    def client(self, *arguments):
        return subprocess.run([*self.far, *map(str, arguments)], env=environment(), capture_output=True, text=True,
                              timeout=PATIENCE)

    def measure(self, direction, *arguments, host=NEAR_WIRE, sizes=SIZES, drops=None):
        """One negotiated run while acks are dropped: the file, and what the wire has seen."""
        self.runs += 1
        results = self.directory / f"results{self.runs}"
        server = self.start_server("--one-off", "--results", results)
        self.wire.drop = AckDropper(self.DROPS if drops is None else drops, direction == "up")
        output = self.directory / f"client{self.runs}.csv"
        client = self.client(*command("tcpstep-client", "--port", server.port, "--direction", direction,
                                      "--sizes", sizes, "--rounds", self.ROUNDS, "--output", output,
                                      *arguments, host))
        self.assertEqual(client.returncode, 0, client.stderr)
        self.assertEqual(server.wait(), 0, server.messages)
        self.assertEqual([path.read_bytes() for path in results.iterdir()], [output.read_bytes()])
        return output, self.wire.drop

    def check(self, output, wire, unlisted=0):
        """Every ping of the file has the number that the wire has."""
        run = read_run(output)
        rows = run.rows[1:] if run.header["direction"] == "down" else run.rows  # the opening ping
        self.assertEqual([int(row["peer_retransmits"]) for row in rows], wire.resent()[unlisted:])
        for ping, times in wire.drops.items():
            self.assertGreaterEqual(wire.resent()[ping - 1], times)
        late = [row for row in rows if int(row["rtt_ns"]) > 190_000_000]
        self.assertTrue(all(int(row["peer_retransmits"]) or int(row["retransmits"]) for row in late), late)
        return rows

    def test_each_resent_ack_is_told(self):
        for direction in ("down", "up"):
            for connection in ("warm", "fresh"):
                with self.subTest(direction=direction, connection=connection):
                    output, wire = self.measure(direction, f"--connection={connection}")
                    rows = self.check(output, wire)
                    result, links = report(output)
                    self.assertEqual(result.returncode, 0, result.stderr)
                    resent = [row for row in rows if row["round"] != "0" and
                              int(row["peer_retransmits"]) + int(row["retransmits"])]
                    self.assertEqual(links[0]["retransmitted"], len(resent))

    def test_over_ipv6(self):
        if not self.wire.has_v6:
            self.skipTest("this kernel has no IPv6")
        for direction in ("down", "up"):
            with self.subTest(direction=direction):
                self.check(*self.measure(direction, host=NEAR_V6))

    def test_the_ping_that_finds_the_mtu_has_no_row(self):
        for direction in ("down", "up"):
            with self.subTest(direction=direction):
                output, wire = self.measure(direction, sizes="1447,boundaries,1500", drops={1: 1, 4: 1})
                self.check(output, wire, unlisted=1)

    def test_without_loss_nothing_is_resent(self):
        for direction in ("down", "up"):
            with self.subTest(direction=direction):
                output, wire = self.measure(direction, sizes="boundaries", drops={})
                run = read_run(output)
                self.assertEqual(sum(wire.resent()), 0)
                self.assertEqual({row["peer_retransmits"] for row in run.rows[1:]}, {"0"})

    def test_a_resent_payload_is_not_a_resent_ack(self):
        lost = []

        def drop_a_payload(facts, is_from_near):
            if is_from_near and facts[-1] > 1000 and facts[4] not in lost and len(lost) < 3:
                lost.append(facts[4])
                return True
            return False

        server = self.start_server("--one-off", "--sizes=4000", "--rounds=10", "--output=run.csv")
        self.wire.drop = drop_a_payload
        client = self.client(*command("tcpstep-client", "--port", server.port, NEAR_WIRE))
        self.assertEqual((client.returncode, server.wait()), (0, 0), client.stderr)
        rows = read_run(self.directory / "run.csv").rows
        self.assertEqual(len(lost), 3)
        self.assertGreaterEqual(sum(int(row["retransmits"] or 0) for row in rows), 3)
        self.assertEqual(sum(int(row["peer_retransmits"] or 0) for row in rows), 0)

    def test_a_classic_run_doubts_pings_that_waited_for_a_timer(self):
        # Far apart: a timer makes the kernel's estimate of the deviation so large that the next may pass for usual.
        server = self.start_server("--one-off", f"--sizes={self.SIZES}", "--rounds=19", "--output=run.csv")
        late = (6, 33, 60)
        self.wire.drop = AckDropper({number: 1 for number in late}, False)
        client = self.client(sys.executable, "-c", classic_programs()[0], NEAR_WIRE, server.port)
        self.assertEqual((client.returncode, server.wait()), (0, 0), client.stderr)
        rows = read_run(self.directory / "run.csv").rows[1:]
        self.assertEqual({row["peer_retransmits"] for row in rows}, {""})
        for number, row in enumerate(rows, 1):
            with self.subTest(ping=number, row=row):
                is_late = int(row["rtt_ns"]) > 190_000_000
                self.assertEqual(is_late, number in late)
                if row["retransmits"] == "0" or is_late:  # a busy host's kernel may send a payload again in vain
                    self.assertEqual(row["doubtful"] == "1" or row["retransmits"] != "0", is_late)
        in_vain = sum(row["retransmits"] != "0" and int(row["rtt_ns"]) <= 190_000_000 for row in rows)
        result, links = report(self.directory / "run.csv")
        self.assertEqual(links[0]["retransmitted"], 3 + in_vain)


if __name__ == "__main__":
    main()
