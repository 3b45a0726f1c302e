"""Clients that misbehave end their own run, never the server; clients that wait get their turn."""

import datetime
import signal
import socket
import time

from harness import TestCase, main, read_run, reset, run, send_acks, start, wait_until

SIZES = "1,100,2000"
SWEEP = ("--sizes", SIZES, "--rounds", 4, "--warmup", 1)
PINGS = 3 * 4


class HostileClients(TestCase):
    def setUp(self):
        super().setUp()
        self.server = self.start_server(*SWEEP, "--timeout", "500ms", "--interval", "2ms")

    def hostile(self, pings):
        """A client that has acked `pings` pings (the first one is the opening ping)."""
        peer = self.server.connect()
        self.addCleanup(peer.close)
        self.assertEqual(send_acks(peer, pings), pings)
        return peer

    def assert_run_ended(self, expected, status=None):
        """The server reports what happened, and has written the rounds before it, if any."""
        wait_until(lambda: f": {expected}\n" in self.server.messages, f"the server reports: {expected}")
        if status is None:
            self.assertEqual(self.server.files(), [])
            return
        file, = self.server.files()
        run_file = read_run(file)
        self.assertEqual(run_file.trailer["status"], status)
        self.assertEqual(run_file.rows[-1]["status"], status)
        self.assertEqual(run_file.rows[-1]["rtt_ns"], "", "a lost ping has no RTT")
        report = run("tcpstep-analyze", "report", file)
        self.assertEqual((report.returncode, report.stderr), (0, ""))

    def assert_next_client_is_served(self):
        files = self.server.files()
        client = self.server.run_client()
        self.assertEqual(client.returncode, 0, client.stderr)
        self.assertIsNone(self.server.process.poll(), self.server.messages)
        new, = set(self.server.files()) - set(files)
        self.assert_complete(new, PINGS)

    def test_a_client_that_never_acks_leaves_no_file(self):
        self.hostile(0)
        self.assert_run_ended("the client did not respond within 500.0 ms")
        self.assert_next_client_is_served()

    def test_a_client_that_stalls_times_out(self):
        self.hostile(6)
        self.assert_run_ended("the client did not respond within 500.0 ms", "timeout")
        self.assert_next_client_is_served()

    def test_an_ack_of_two_bytes_is_a_protocol_error(self):
        peer = self.hostile(6)
        peer.recv(65536)
        peer.sendall(b"11")
        self.assert_run_ended("unexpected data from the client", "protocol")
        self.assert_next_client_is_served()

    def test_an_ack_before_its_payload_is_a_protocol_error(self):
        self.server.process.send_signal(signal.SIGSTOP)  # until the early byte is there
        self.hostile(0).sendall(b"1")
        self.server.process.send_signal(signal.SIGCONT)
        self.assert_run_ended("unexpected data from the client")
        self.assert_next_client_is_served()

    def test_a_second_byte_between_two_pings_is_a_protocol_error(self):
        server = self.server = self.start_server(*SWEEP, "--interval", "400ms")
        peer = self.hostile(2)
        time.sleep(0.05)  # well into the idle time before the third ping
        peer.sendall(b"1")
        self.assert_run_ended("unexpected data from the client", "protocol")
        file, = server.files()
        self.assertEqual([row["status"] for row in read_run(file).rows], ["ok", "ok", "protocol"])

    def test_a_byte_after_the_last_ping_is_a_protocol_error(self):
        peer = self.hostile(1 + 3 + PINGS - 1)
        while b"1" not in peer.recv(65536):
            pass
        peer.sendall(b"1")
        self.assertEqual(peer.recv(1), b"", "the server has ended the sweep")
        peer.sendall(b"1")
        wait_until(lambda: "unexpected data from the client" in self.server.messages, "the server reports it")
        file, = self.server.files()
        self.assertEqual(read_run(file).trailer["status"], "protocol")
        self.assert_next_client_is_served()

    def test_a_client_that_resets_ends_its_run_only(self):
        reset(self.hostile(6))
        self.assert_run_ended("the connection was reset", "reset")
        self.assert_next_client_is_served()

    def test_a_client_that_resets_while_it_waits_its_turn_ends_its_run_only(self):
        busy = self.hostile(1)
        reset(self.hostile(0))
        reset(self.hostile(0))
        busy.close()
        self.assert_next_client_is_served_after(3)

    def assert_next_client_is_served_after(self, failures):
        wait_until(lambda: self.server.messages.count("run with") == failures, "the others are done")
        self.assert_next_client_is_served()

    def test_a_client_that_closes_in_the_middle_of_a_sweep_ends_its_run_only(self):
        self.hostile(6).shutdown(socket.SHUT_WR)
        self.assert_run_ended("the client closed the connection before its ack", "closed")
        self.assert_next_client_is_served()

    def test_a_client_that_connects_and_goes_away_leaves_no_file(self):
        self.hostile(0).close()
        self.assert_next_client_is_served_after(1)

    def test_a_client_that_floods_is_a_protocol_error(self):
        peer = self.hostile(6)
        peer.settimeout(1)
        try:
            while True:
                peer.sendall(b"1" * 65536)
        except OSError:
            pass
        self.assert_run_ended("unexpected data from the client", "protocol")
        self.assert_next_client_is_served()

    def test_a_client_that_does_not_read_times_out(self):
        self.server = self.start_server("--sizes", "1,1048576", "--rounds", 1, "--timeout", "200ms")
        peer = socket.socket()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.connect(("127.0.0.1", self.server.port))
        self.addCleanup(peer.close)
        send_acks(peer, 2)
        self.assert_run_ended("the client did not respond within 200.0 ms", "timeout")
        self.assertEqual(self.server.run_client("--sizes=1").returncode, 0)


class ExitStatusOfOneRun(TestCase):
    def test_is_0_after_a_complete_run(self):
        server = self.start_server(*SWEEP, "--one-off")
        self.assertEqual(server.run_client().returncode, 0)
        self.assertEqual(server.wait(), 0, server.messages)

    def test_is_1_after_a_run_that_ended_early(self):
        server = self.start_server(*SWEEP, "--one-off")
        with server.connect() as peer:
            send_acks(peer, 3)
            peer.shutdown(socket.SHUT_WR)
            self.assertEqual(server.wait(), 1)
        self.assertIn("closed the connection", server.messages)

    def test_is_1_after_a_connection_without_an_ack(self):
        output = self.directory / "run.csv"
        server = self.start_server(*SWEEP, "--output", output)
        server.connect().close()
        self.assertEqual(server.wait(), 1)
        self.assertFalse(output.exists())

    def test_the_port_can_be_used_again_at_once(self):
        server = self.start_server(*SWEEP, "--one-off")
        server.run_client()
        server.wait()
        again = start("tcpstep-server", *SWEEP, "--one-off", "--port", server.port,
                      cwd=self.directory)
        self.assertIn("listening on", again.stderr.readline())
        self.assertEqual(server.run_client().returncode, 0)
        self.assertEqual(again.communicate()[0].count("1 run ×"), 1)
        self.assertEqual(again.returncode, 0)


class ManyClients(TestCase):
    def test_wait_their_turn_and_all_complete(self):
        server = self.start_server(*SWEEP, "--interval", "10ms")
        clients = [start("tcpstep-client", "--port", server.port, "127.0.0.1") for _ in range(3)]
        for client in clients:
            messages = client.communicate(timeout=30)[1]
            self.assertEqual(client.returncode, 0, messages)
        runs = sorted((self.assert_complete(file, PINGS) for file in server.files()),
                      key=lambda run_file: run_file.header["started_utc"])
        self.assertEqual(len(runs), 3)
        self.assertEqual(len({run_file.header["run_id"] for run_file in runs}), 3)
        for before, after in zip(runs, runs[1:]):
            begin, following = (datetime.datetime.fromisoformat(run_file.header["started_utc"])
                                for run_file in (before, after))
            elapsed = datetime.timedelta(microseconds=int(before.trailer["elapsed_ns"]) // 1000)
            # The wall clock is read a moment after the opening ping, from which elapsed counts.
            self.assertGreater(following, begin + 0.9 * elapsed, "two runs at the same time")


if __name__ == "__main__":
    main()
