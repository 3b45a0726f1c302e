"""A flood of clients that get no run: everyone is refused, and neither log nor processor pays for it."""

import contextlib
import json
import re
import signal
import socket
import struct

from harness import TestCase, main, wait_until

CROWD = 300
LISTED = 30  # lines a minute


class Flood(TestCase):
    def start(self, *arguments):
        self.metrics = self.directory / "metrics"
        self.server = self.start_server("--metrics-file", self.metrics, *arguments)

    def counted(self, metric):
        """The sum of a counter over its labels, as the file has it now."""
        text = self.metrics.read_text() if self.metrics.exists() else ""
        return sum(int(number) for number in
                   re.findall(rf"^{metric}(?:{{[^}}]*}})? (\d+)$", text, re.M))

    def wait_for(self, metric, least):
        wait_until(lambda: self.counted(metric) >= least, f"{metric} is {least}")

    def lines(self):
        return [line for line in self.server.messages.splitlines() if "run with" in line]

    def send_junk(self, times):
        for _ in range(times):
            with self.server.connect() as peer:
                peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                with contextlib.suppress(ConnectionResetError):
                    while peer.recv(100):
                        pass

    def test_of_junk_is_counted_and_not_listed_in_full(self):
        self.start()
        self.send_junk(CROWD)
        self.wait_for("tcpstep_errors_total", CROWD)
        self.assertEqual(len(self.lines()), LISTED)
        self.assertEqual(self.server.run_client("--sizes=1", "--rounds=2").returncode, 0)
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        self.assertIn(f"{CROWD - LISTED} messages about clients suppressed", self.server.messages)

    def test_of_junk_is_limited_in_json_too(self):
        self.start("--log-format=json")
        self.send_junk(LISTED + 5)
        self.wait_for("tcpstep_errors_total", LISTED + 5)
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        logged = [json.loads(line) for line in self.server.messages.splitlines()]
        self.assertEqual([line["count"] for line in logged if line["event"] == "suppressed"], ["5"])

    def test_of_few_is_listed_in_full(self):
        self.start()
        self.send_junk(LISTED)
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        self.assertEqual(len(self.lines()), LISTED)
        self.assertNotIn("suppressed", self.server.messages)

    def test_from_other_networks_is_not_measured(self):
        self.start("--allow=192.0.2.0/24", "--timeout=1s")
        idle = [self.server.connect() for _ in range(CROWD)]
        for _ in range(5):
            client = self.server.run_client("--timeout=5s")
            self.assertEqual(client.returncode, 1)
        for peer in idle:
            peer.close()
        # Some get the reason; the others were closed at once.
        self.wait_for("tcpstep_refusals_total", CROWD - 64)
        self.assertLessEqual(len(self.lines()), LISTED)
        self.assertEqual(self.server.files(), [])

    def test_beyond_the_connections_keeps_those_who_came_before(self):
        self.start("--max-connections=20", "--timeout=20s")
        first = self.server.connect()
        self.assertEqual(first.recv(1), b"1")
        crowd = [self.server.connect() for _ in range(CROWD)]
        self.wait_for("tcpstep_refusals_total", CROWD - 64)
        first.sendall(b"\xb7")
        mark, length = struct.unpack(">BI", first.recv(5, socket.MSG_WAITALL))
        self.assertEqual(mark, 0xB7)
        self.assertEqual(json.loads(first.recv(length, socket.MSG_WAITALL))["type"], "hello")
        first.close()
        for peer in crowd:
            peer.close()
        self.assertLessEqual(len(self.lines()), LISTED)
        wait_until(lambda: self.server.run_client("--sizes=1", "--rounds=2").returncode == 0,
                   "there is room again")

    def test_of_idle_connections_leaves_room_for_another_address(self):
        self.start("--max-connections=20", "--timeout=60s")
        crowd = [socket.create_connection(("127.0.0.1", self.server.port), source_address=(f"127.0.0.{2 + i % 2}", 0))
                 for i in range(60)]
        self.wait_for("tcpstep_refusals_total", 8)  # the others may get a reason
        client = self.server.run_client("--sizes=1", "--rounds=2", "--timeout=10s")
        self.assertEqual(client.returncode, 0, client.stderr)
        for peer in crowd:
            peer.close()


if __name__ == "__main__":
    main()
