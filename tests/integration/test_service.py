"""The server as a service: its queue, strange clients, its messages and metrics, its end."""

import contextlib
import itertools
import json
import signal
import socket
import threading
import time

from harness import TestCase, frame, main, read_run, receive_frame, run, send_acks, start, wait_until
from rogue_server import result_frame

SWEEP = ("--sizes=1,100,2000", "--rounds=3")


class Queue(TestCase):
    def test_reports_positions_and_serves_clients_in_order(self):
        server = self.start_server("--sizes=1,2", "--rounds=20", "--interval=10ms")
        clients = [start("tcpstep-client", "--port", server.port, "127.0.0.1") for _ in range(3)]
        messages = [client.communicate(timeout=30)[1] for client in clients]
        self.assertEqual([client.returncode for client in clients], [0, 0, 0], messages)
        self.assertIn("2 clients ahead", "".join(messages))
        self.assertEqual(len(server.files()), 3)

    def test_concurrent_runs_are_recorded(self):
        server = self.start_server("--concurrent=2", "--sizes=1", "--rounds=30", "--interval=20ms")
        clients = [start("tcpstep-client", "--port", server.port, "127.0.0.1") for _ in range(2)]
        wait_until(lambda: len(server.files()) == 2, "two runs at the same time")
        for client in clients:
            client.communicate(timeout=30)
        for file in server.files():
            self.assertEqual(self.assert_complete(file, 30).header["concurrent_runs"], "2")

    def test_a_classic_client_waits_its_turn_among_others(self):
        server = self.start_server("--sizes=1,2", "--rounds=20", "--interval=10ms")
        client = start("tcpstep-client", "--port", server.port, "127.0.0.1")
        self.assertIn("connected", client.stderr.readline())
        with server.connect() as peer:
            self.assertEqual(send_acks(peer), 1 + 2 * 21)
        self.assertEqual(client.communicate(timeout=30)[1].count("rror"), 0)
        self.assertEqual(client.returncode, 0)


class StrangeClients(TestCase):
    def setUp(self):
        super().setUp()
        self.server = self.start_server("--timeout=500ms", *SWEEP)

    def ended_files(self):
        """Those that have a trailer."""
        return [file for file in self.server.files() if "\n# end: " in file.read_text()]

    def exchange(self, *messages):
        """The frame that the server sends after these raw messages, which follow its hello."""
        with self.server.connect() as peer:
            peer.recv(1)
            peer.sendall(b"\xb7")
            self.assertEqual(receive_frame(peer)["type"], "hello")
            peer.sendall(b"".join(messages))
            return receive_frame(peer)

    def test_are_refused_with_the_reason(self):
        request = {"type": "request", "protocol": 1}
        for message, reason in (
                (b"\xb7\xff\xff\xff\xff", "4294967295 bytes exceeds the limit of 16384"),
                (b"\xb7\0\0\x40\x01", "16385 bytes exceeds the limit of 16384"),
                (frame(b'{"type":"request","protocol":1,"a":' + b"[" * 5000), "nested deeper"),
                (frame(b"not json"), "invalid JSON"),
                (frame(b'{"type":"request","type":"join"}'), "duplicate key"),
                (frame(request | {"protocol": 2}), "peer uses protocol 2"),
                (frame(request | {"rounds": "many"}), "rounds"),
                (frame(request | {"link": "../../etc/passwd"}), "link"),
                (frame(request | {"link": "\x1b[31mred"}), "link"),
                (frame(request | {"label": "'; set terminal"}), "label"),
                (frame(request | {"sizes": "0"}), "invalid payload sizes '0'"),
                (frame({"type": "join", "protocol": 1, "token": "0" * 32}), "unknown run"),
                (frame(request) + b"x", "unexpected data"),
                (b"GET / HTTP/1.1\r\n\r\n", "0x47")):
            with self.subTest(message=message[:60]):
                refusal = self.exchange(message)
                self.assertEqual(refusal["type"], "refuse")
                self.assertIn(reason, refusal["reason"])
        self.assertNotIn("\x1b", self.server.messages)
        self.assertEqual(self.server.files(), [])
        self.assertEqual(self.server.run_client().returncode, 0)

    def test_that_drip_a_request_are_cut_off(self):
        with self.server.connect() as peer:
            peer.recv(1)
            peer.sendall(b"\xb7")
            receive_frame(peer)
            begin = time.monotonic()
            with self.assertRaises(OSError):
                while time.monotonic() - begin < 20:
                    peer.sendall(b"\xb7")
                    time.sleep(0.1)
                    if peer.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b"":
                        raise ConnectionError
            self.assertLess(time.monotonic() - begin, 15)

    def test_that_send_a_false_result_leave_a_marked_file(self):
        for lie in (b"# format: tcpstep-result/1\nfoo\n", b"x" * 1000):
            with self.subTest(lie=lie[:20]), self.server.connect() as peer:
                peer.recv(1)
                peer.sendall(b"\xb7")
                receive_frame(peer)
                peer.sendall(frame({"type": "request", "protocol": 1, "direction": "up", "link": "lie"}))
                while (accept := receive_frame(peer))["type"] == "queued":
                    pass
                self.assertEqual(accept["type"], "accept")
                peer.sendall(frame({"type": "ready"}) + b"1")
                self.assertEqual(peer.recv(1), b"1")
                peer.sendall(result_frame(lie) + lie)
                self.assertEqual(receive_frame(peer)["type"], "refuse")
                self.assertEqual(peer.recv(1), b"")
        wait_until(lambda: len(self.ended_files()) == 2, "both runs have a file")
        for file in self.server.files():
            run_file = read_run(file)
            self.assertEqual((run_file.trailer["status"], run_file.rows), ("protocol", []))

    def test_that_vanish_in_an_upward_run_leave_a_marked_file(self):
        with self.server.connect() as peer:
            peer.recv(1)
            peer.sendall(b"\xb7")
            receive_frame(peer)
            peer.sendall(frame({"type": "request", "protocol": 1, "direction": "up"}))
            self.assertEqual(receive_frame(peer)["type"], "accept")
            peer.sendall(frame({"type": "ready"}))
            wait_until(self.ended_files, "the run is over")
        self.assertEqual(read_run(self.server.files()[0]).trailer["status"], "timeout")


class TwoServersBehindOneAddress(TestCase):
    """As behind a load balancer: the fresh connections of a run reach a server that does not know it."""

    def balance(self, *ports):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def pump(source, sink):
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)

        def serve():
            with contextlib.suppress(OSError):
                for port in itertools.cycle(ports):
                    near = listener.accept()[0]
                    far = socket.create_connection(("127.0.0.1", port))
                    for pair in ((near, far), (far, near)):
                        threading.Thread(target=pump, args=pair, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return listener.getsockname()[1]

    def test_a_refusal_is_reported_as_one(self):
        servers = [self.start_server("--timeout=2s", f"--results=results-{i}") for i in range(2)]
        for direction in ("down", "up"):
            with self.subTest(direction=direction):
                output = self.directory / f"{direction}.csv"
                port = self.balance(servers[0].port, servers[1].port)
                client = run("tcpstep-client", "--port", port, "--connection=fresh", "--direction", direction,
                             "--sizes=1,1449", "--output", output, "127.0.0.1")
                self.assertEqual(client.returncode, 1, client.stderr)
                self.assertIn("a fresh connection was refused: unknown run", client.stderr)
                self.assertEqual(read_run(output).trailer["status"], "failed")


class Service(TestCase):
    def test_json_messages_are_one_object_per_line(self):
        server = self.start_server("--log-format=json", *SWEEP)
        server.run_client()
        server.connect().close()
        wait_until(lambda: '"fault"' in server.messages, "the server reports that the client has gone")
        lines = [json.loads(line) for line in server.messages.splitlines()]
        self.assertLessEqual({"listening", "run", "fault"}, {line["event"] for line in lines})
        self.assertTrue(all({"time", "level", "message"} <= set(line) for line in lines))

    def test_sigusr1_prints_the_state(self):
        server = self.start_server(*SWEEP)
        server.run_client()

        def is_printed():  # the client may be gone a moment before the run is over
            server.process.send_signal(signal.SIGUSR1)
            return "0 measured, 0 waiting" in server.messages
        wait_until(is_printed, "the server prints its state")
        self.assertIn("1 run,", server.messages)

    def test_metrics_are_text_for_prometheus(self):
        file = self.directory / "tcpstep.prom"
        server = self.start_server("--metrics-file", file, "--link=lan", *SWEEP)
        server.run_client()
        server.connect().close()
        wait_until(lambda: "run with" in server.messages, "the server reports that the client has gone")
        server.process.terminate()
        self.assertEqual(server.wait(), 0)
        text = file.read_text()
        self.assertIn('tcpstep_runs_total{status="complete"} 1\n', text)
        self.assertIn("tcpstep_errors_total 1\n", text)
        labels = f'link="lan",direction="down",connection="warm",port="{server.port}"'
        for name in ("tcpstep_rtt_min_seconds", "tcpstep_last_run_rtt_min_seconds"):
            self.assertRegex(text, rf'{name}\{{{labels},segments="1"\}} 0\.\d{{9}}\n')
        self.assertRegex(text, rf"tcpstep_last_run_timestamp_seconds\{{{labels}\}} \d{{10}}\n")
        for line in text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? [0-9.]+)$")
        self.assertEqual(list(self.directory.glob("*.new")), [])

    def start_endless_run(self):
        """The server, the client and its output, when rows have been written."""
        server = self.start_server("--sizes=1", "--rounds=100000", "--interval=1ms")
        output = self.directory / "run.csv"
        client = start("tcpstep-client", "--port", server.port, "--output", output, "127.0.0.1")
        wait_until(lambda: server.files() and len(server.files()[0].read_text()) > 5000, "it runs")
        return server, client, output

    def test_sigterm_gives_the_client_what_was_measured(self):
        server, client, output = self.start_endless_run()
        server.process.terminate()
        self.assertEqual(server.wait(), 0)
        self.assertIn("ended the run early (interrupted)", client.communicate(timeout=30)[1])
        self.assertEqual(client.returncode, 1)
        self.assertEqual(output.read_bytes(), server.files()[0].read_bytes())
        self.assertEqual(read_run(output).trailer["status"], "interrupted")

    def test_a_client_whose_server_dies_keeps_a_marked_file(self):
        server, client, output = self.start_endless_run()
        server.process.kill()
        client.communicate(timeout=30)
        self.assertEqual(client.returncode, 1)
        self.assertIn(read_run(output).trailer["status"], ("closed", "reset"))

if __name__ == "__main__":
    main()
