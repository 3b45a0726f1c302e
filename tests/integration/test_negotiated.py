"""Runs that a client asks for: links, sweeps, directions, fresh connections, results, refusals."""

import contextlib
import fcntl
import itertools
import json
import os
import pty
import signal
import socket
import struct
import termios
import threading
import time

from harness import (PATIENCE, TestCase, answer, environment, fake_server, main, read_run, run, start,
                     wait_until)

SWEEP = ("--sizes=1,100,2000", "--rounds=3")
PINGS = 3 * 3


def frame(message):
    text = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"\xb7" + struct.pack(">I", len(text)) + text


def receive_exactly(peer, count):
    data = b""
    while len(data) < count:
        part = peer.recv(count - len(data))
        if not part:
            raise EOFError(f"{len(data)} of {count} bytes")
        data += part
    return data


def receive_frame(peer):
    mark, length = struct.unpack(">BI", receive_exactly(peer, 5))
    assert mark == 0xB7
    return json.loads(receive_exactly(peer, length))


def answers_nothing(peer):
    """True if the server has closed without a ping."""
    return peer.recv(1) == b""


class AskingTestCase(TestCase):
    def ask(self, server, *arguments, naming=None):
        client = server.run_client(*arguments)
        if naming is None:
            self.assertEqual(client.returncode, 0, client.stderr)
        else:
            self.assertEqual(client.returncode, 1, (client.stdout, client.stderr))
            self.assertIn(naming, client.stderr)
        return client


class Asking(AskingTestCase):
    def test_the_client_names_the_link_and_gets_the_servers_file_byte_for_byte(self):
        server = self.start_server()
        output = self.directory / "run.csv"
        client = self.ask(server, *SWEEP, "--link=adsl", "--label=desk", "--order=shuffled",
                          "--interval=1ms", "--output", output)
        file, = server.files()
        self.assertRegex(file.name, r"^\d{8}T\d{6}Z_adsl_desk\.csv$")
        self.assertEqual(file.read_bytes(), output.read_bytes())
        header = self.assert_complete(output, PINGS).header
        self.assertEqual((header["link"], header["label"], header["order"], header["interval_ns"]),
                         ("adsl", "desk", "shuffled", "1000000"))
        self.assertEqual((header["protocol"], header["measured_by"], header["direction"]),
                         ("negotiated", "server", "down"))
        self.assertEqual(header["client_host"], socket.gethostname())
        self.assertIn("adsl: MSS", client.stdout, "the table is printed")

    def test_what_the_client_leaves_out_is_the_servers_choice(self):
        server = self.start_server("--sizes=1,7", "--rounds=5", "--link=own", "--max-pings=1")
        self.ask(server)
        self.assertEqual(self.assert_complete(server.files()[0], 10).header["link"], "own")

    def test_a_result_on_standard_output_is_the_file(self):
        server = self.start_server()
        for direction in ("down", "up"):
            client = server.run_client("-o", "-", "--direction", direction, *SWEEP)
            self.assertEqual(client.returncode, 0, client.stderr)
            self.assertEqual(client.stdout, server.files()[-1].read_text())
            self.assertIn("MSS", client.stderr)

    def test_the_server_writes_one_run_to_standard_output(self):
        server = self.start_server("--output=-")
        client = server.run_client("--output", self.directory / "run.csv", *SWEEP)
        self.assertEqual((client.returncode, server.wait()), (0, 0), client.stderr)
        self.assertEqual(server.tables, (self.directory / "run.csv").read_text())
        self.assertEqual(server.files(), [])

    def test_the_progress_line_keeps_to_the_terminal(self):
        server = self.start_server("--interval=5ms")
        for width, kind in ((80, "xterm"), (40, "xterm"), (40, "dumb"), (40, "")):
            ours, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
            client = start("tcpstep-client", "--port", server.port, "--sizes=1,2", "--rounds=50",
                           "--link", "x" * 64, "127.0.0.1", stderr=theirs,
                           env=environment(TERM=kind))
            os.close(theirs)
            shown = b""
            with contextlib.suppress(OSError):  # how a terminal ends
                while some := os.read(ours, 4096):
                    shown += some
            os.close(ours)
            client.communicate(timeout=PATIENCE)
            self.assertEqual(client.returncode, 0)
            lines = [line for line in shown.decode().split("\r") if line.startswith("\x1b[Kround")]
            self.assertEqual(lines != [], kind == "xterm", lines)
            for line in lines:
                self.assertLess(len(line.removeprefix("\x1b[K")), width)

    def test_a_compressed_result_is_refused_before_the_run(self):
        client = run("tcpstep-client", "--output=run.csv.gz", "127.0.0.1", cwd=self.directory)
        self.assertEqual(client.returncode, 2)
        self.assertIn("cannot write the compressed file 'run.csv.gz'", client.stderr)

    def test_the_client_measures_its_uplink(self):
        server = self.start_server()
        output = self.directory / "run.csv"
        self.ask(server, *SWEEP, "--link=adsl", "--direction=up", "--output", output)
        file, = server.files()
        self.assertEqual(file.read_bytes(), output.read_bytes())
        header = self.assert_complete(file, PINGS).header
        self.assertEqual((header["measured_by"], header["direction"]), ("client", "up"))
        self.assertTrue(header["server_addr"].endswith(f":{server.port}"))
        self.assertIn("server_os", header)

    def test_both_directions_again_and_again_into_a_folder(self):
        server = self.start_server()
        folder = self.directory / "runs"
        folder.mkdir()
        self.ask(server, *SWEEP, "--link=lan", "--direction=both", "--repeat=2", "--output", folder)
        directions = [self.assert_complete(file, PINGS).header["direction"]
                      for file in sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)]
        self.assertEqual(directions, ["down", "up", "down", "up"])
        self.assertEqual(sorted(file.read_bytes() for file in folder.iterdir()),
                         sorted(file.read_bytes() for file in server.files()))

    def test_several_runs_need_a_folder(self):
        result = run("tcpstep-client", "--repeat=2", "--output=run.csv", "127.0.0.1")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--output", result.stderr)

    def test_fresh_connections_in_both_directions(self):
        server = self.start_server()
        for direction in ("down", "up"):
            with self.subTest(direction=direction):
                output = self.directory / f"{direction}.csv"
                self.ask(server, *SWEEP, "--connection=fresh", "--direction", direction,
                         "--output", output)
                run_file = self.assert_complete(output, PINGS)
                self.assertEqual(run_file.header["connection"], "fresh")
                counted = [row for row in run_file.rows if row["round"] != "0"]
                self.assertTrue(all(int(row["segments"]) >= 1 for row in counted))

    def test_an_output_that_exists_is_never_touched(self):
        server = self.start_server()
        output = self.directory / "run.csv"
        output.write_text("precious")
        self.ask(server, "--output", output, naming="File exists")
        self.assertEqual(output.read_text(), "precious")
        self.assertEqual(server.files(), [])

    def test_an_anonymous_server_learns_no_address_and_no_host(self):
        server = self.start_server("--anonymous")
        for direction in ("down", "up"):
            self.ask(server, *SWEEP, "--direction", direction)
        for file in server.files():
            text = file.read_text()
            self.assertNotIn(socket.gethostname(), text)
            self.assertNotIn("127.0.0.1", text)

    def test_a_server_that_lies_about_the_run_is_not_believed(self):
        server = self.start_server()
        self.ask(server, "--sizes=1", "--rounds=1", "--link=lan")  # a true result, of another run
        result = server.files()[0].read_bytes()

        def script(peer):
            peer.sendall(b"1")
            peer.recv(1)
            peer.sendall(frame({"type": "hello", "protocol": 1, "tool": "x", "nonce": "0" * 64,
                                "authentication": False,
                                "limits": {"bytes": 9, "pings": 9, "seconds": 9}}))
            receive_frame(peer)
            peer.sendall(frame({"type": "accept", "run_id": "0", "token": "0" * 32, "link": "lan",
                                "sizes": "1", "rounds": 1, "warmup_rounds": 1,
                                "order": "ascending", "seed": 1, "interval_ns": 0,
                                "timeout_ns": 10**9, "fill": "random", "direction": "down",
                                "connection": "warm", "pings": 2, "concurrent_runs": 1,
                                "anonymous": False, "environment": {}}))
            receive_frame(peer)
            for _ in range(2):
                peer.sendall(b"1")
                peer.recv(1)
            peer.sendall(frame({"type": "result", "status": "complete", "bytes": len(result)}) + result)
            peer.recv(1)

        output = self.directory / "run.csv"
        with fake_server(script) as port:
            client = run("tcpstep-client", "--port", port, "--output", output, "127.0.0.1")
        self.assertEqual(client.returncode, 1)
        self.assertIn("the server sent an invalid result: the result has run_id", client.stderr)
        self.assertEqual((read_run(output).trailer["status"], read_run(output).rows), ("protocol", []))

    def test_a_classic_server_cannot_be_asked(self):
        def script(peer):
            for _ in range(3):
                peer.sendall(b"1")
                peer.recv(1)
        with fake_server(script) as port:
            result = run("tcpstep-client", "--port", port, "--link=lan", "127.0.0.1")
        self.assertEqual(result.returncode, 1)
        self.assertIn("classic protocol only", result.stderr)


class Limits(AskingTestCase):
    def test_are_stated_by_the_refusal(self):
        server = self.start_server("--max-pings=50", "--max-bytes=1000", "--max-time=2s")
        self.ask(server, "--sizes=1", "--rounds=50", naming="51 pings exceeds this server's limit of 50")
        self.ask(server, "--sizes=100", "--rounds=10", naming="1100 bytes exceeds this server's limit of 1000")
        self.ask(server, "--sizes=1", "--rounds=40", "--interval=100ms", naming="limit of 2.000 s")
        self.assertEqual(server.files(), [])
        self.ask(server, "--sizes=1", "--rounds=40")

    def test_of_runs_of_one_address(self):
        server = self.start_server("--max-runs-per-address=2")
        self.ask(server, *SWEEP)
        self.ask(server, *SWEEP)
        self.ask(server, *SWEEP, naming="limit of 2 runs per address and hour")

    def test_of_connections_of_one_address(self):
        server = self.start_server("--max-connections-per-address=2")
        idle = [server.connect() for _ in range(2)]
        self.ask(server, *SWEEP, naming="limit of 2 connections per address")
        for peer in idle:
            peer.close()
        wait_until(lambda: server.words.count("run with") == 3, "both are gone")
        self.ask(server, *SWEEP)

    def test_of_connections_in_all(self):
        server = self.start_server("--max-connections=1")
        with server.connect() as peer:
            peer.recv(1)
            self.ask(server, *SWEEP, naming="the limit of 1 connection is reached")
            self.assertIn("limit of 1 connection is reached", server.words)
            self.assertEqual(server.files(), [])

    def test_of_connections_in_all_do_not_keep_a_crowd(self):
        server = self.start_server("--max-connections=1")
        crowd = [server.connect() for _ in range(60)]
        wait_until(lambda: "the limit of 1 connection is reached" in server.words, "some are sent away")
        self.assertEqual(sum(answers_nothing(peer) for peer in crowd), 60 - 1 - 32)
        for peer in crowd:
            peer.close()

    def test_of_the_queue(self):
        server = self.start_server("--max-queue=1", "--sizes=1", "--rounds=100000", "--interval=1ms")
        clients = []
        for _ in range(2):
            clients.append(start("tcpstep-client", "--port", server.port, "127.0.0.1"))
            self.addCleanup(clients[-1].communicate)
            self.addCleanup(clients[-1].kill)
            self.assertIn("connected", clients[-1].stderr.readline())
        self.assertIn("queued: 1 client ahead", clients[1].stderr.readline())
        self.ask(server, *SWEEP, naming="limit of 1 client in the queue")

    def test_of_time_ends_a_run_with_a_trailer(self):
        server = self.start_server("--max-time=1s", "--sizes=1", "--rounds=100000", "--interval=5ms")
        output = self.directory / "run.csv"
        self.ask(server, "--output", output, naming="ended the run early")
        self.assertEqual(read_run(output).trailer["status"], "limit")
        self.assertEqual(output.read_bytes(), server.files()[0].read_bytes())
        wait_until(lambda: "longer than --max-time" in server.words, "the server says why")

    def test_of_time_keeps_what_the_client_has_measured(self):
        server = self.start_server("--max-time=1s", "--sizes=1", "--rounds=100000", "--interval=5ms")
        output = self.directory / "run.csv"
        self.ask(server, "--direction=up", "--output", output, naming="ended early (limit)")
        run_file = read_run(output)
        self.assertEqual(run_file.trailer["status"], "limit")
        self.assertGreater(len(run_file.rows), 10)
        self.assertEqual(output.read_bytes(), server.files()[0].read_bytes())

    def test_of_addresses(self):
        server = self.start_server("--allow=192.0.2.0/24,::1/128")
        self.ask(server, naming="its address is not among those of --allow")
        with server.connect() as peer:
            self.assertEqual(answer(peer), 1, "a classic client is disconnected")
        self.assertEqual(server.files(), [])
        self.assertEqual(server.run_client(*SWEEP, host="::1").returncode, 0)


class Queue(TestCase):
    def test_tells_those_who_wait_and_serves_them_in_turn(self):
        server = self.start_server("--sizes=1,2", "--rounds=20", "--interval=10ms")
        clients = [start("tcpstep-client", "--port", server.port, "127.0.0.1") for _ in range(3)]
        words = [client.communicate(timeout=30)[1] for client in clients]
        self.assertEqual([client.returncode for client in clients], [0, 0, 0], words)
        self.assertIn("2 clients ahead", "".join(words))
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
            self.assertEqual(answer(peer), 1 + 2 * 21)
        self.assertEqual(client.communicate(timeout=30)[1].count("rror"), 0)
        self.assertEqual(client.returncode, 0)


class Secrets(AskingTestCase):
    def secret(self, name, words, mode=0o600):
        path = self.directory / name
        path.write_text(words)
        path.chmod(mode)
        return path

    def setUp(self):
        super().setUp()
        self.right = self.secret("right", "correct horse battery\n")
        self.server = self.start_server("--secret-file", self.right, *SWEEP)

    def test_let_in_who_knows_it_and_never_show(self):
        client = self.ask(self.server, "--secret-file", self.right, "--connection=fresh")
        for text in (client.stdout, client.stderr, self.server.words, self.server.files()[0].read_text()):
            self.assertNotIn("horse", text)

    def test_keep_out_who_does_not(self):
        wrong = self.secret("wrong", "another horse battery")
        self.ask(self.server, "--secret-file", wrong, naming="does not know the secret")
        self.ask(self.server, naming="--secret-file")
        with self.server.connect() as peer:
            self.assertEqual(answer(peer), 1, "a classic client is disconnected")
        self.assertEqual(self.server.files(), [])

    def test_of_a_captured_handshake_cannot_be_replayed(self):
        recorded = []

        def relay(peer):  # between client and server, keeps what the client says
            with self.server.connect() as upstream:
                peer.sendall(upstream.recv(1))
                upstream.sendall(peer.recv(1))
                hello = receive_frame(upstream)
                peer.sendall(frame(hello))
                recorded.extend([receive_frame(peer), receive_frame(peer)])

        with fake_server(relay) as port:
            run("tcpstep-client", "--port", port, "--secret-file", self.right, "127.0.0.1")
        request, proof = recorded
        self.assertRegex(proof["mac"], "^[0-9a-f]{64}$")
        for mac in (proof["mac"], proof["mac"][:32], "", None, "0" * 64):
            with self.subTest(mac=mac), self.server.connect() as peer:
                peer.recv(1)
                peer.sendall(b"\xb7")
                receive_frame(peer)
                peer.sendall(frame(request) + frame({"type": "authentication"} if mac is None else
                                                    {"type": "authentication", "mac": mac}))
                refusal = receive_frame(peer)
                self.assertEqual((refusal["type"], refusal["reason"]),
                                 ("refuse", "the client does not know the secret"))
        self.assertEqual(self.server.files(), [])

    def test_that_others_may_read_are_refused(self):
        loose = self.secret("loose", "correct horse battery", 0o644)
        for name in ("tcpstep-server", "tcpstep-client"):
            result = run(name, "--secret-file", loose, *(["::1"] if "client" in name else []),
                         cwd=self.directory)
            self.assertEqual(result.returncode, 1)
            self.assertIn("chmod 600", result.stderr)


class StrangeClients(TestCase):
    def setUp(self):
        super().setUp()
        self.server = self.start_server("--timeout=500ms", *SWEEP)

    def ended_files(self):
        """Those that have a trailer."""
        return [file for file in self.server.files() if "\n# end: " in file.read_text()]

    def speak(self, *messages):
        """The answer to raw messages behind the server's hello."""
        with self.server.connect() as peer:
            peer.recv(1)
            peer.sendall(b"\xb7")
            self.assertEqual(receive_frame(peer)["type"], "hello")
            peer.sendall(b"".join(messages))
            return receive_frame(peer)

    def test_are_refused_with_the_reason(self):
        request = {"type": "request", "protocol": 1}
        for message, reason in (
                (b"\xb7\xff\xff\xff\xff", "4294967295 bytes exceeds the limit of 65536"),
                (frame(b'{"type":"request","protocol":1,"a":' + b"[" * 5000), "nested deeper"),
                (frame(b"not json"), "invalid JSON"),
                (frame(b'{"type":"request","type":"join"}'), "duplicate key"),
                (frame(request | {"protocol": 2}), "peer uses protocol 2"),
                (frame(request | {"rounds": "many"}), "rounds"),
                (frame(request | {"link": "../../etc/passwd"}), "link"),
                (frame(request | {"link": "\x1b[31mred"}), "link"),
                (frame(request | {"label": "'; set terminal"}), "label"),
                (frame(request | {"sizes": "0"}), "invalid payload sizes '0'"),
                (frame({"type": "join", "protocol": 1, "token": "0" * 32}), "no such run"),
                (frame(request) + b"x", "unexpected data"),
                (b"GET / HTTP/1.1\r\n\r\n", "0x47")):
            with self.subTest(message=message[:60]):
                answer_ = self.speak(message)
                self.assertEqual(answer_["type"], "refuse")
                self.assertIn(reason, answer_["reason"])
        self.assertNotIn("\x1b", self.server.words)
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

    def test_that_lie_about_their_result_leave_a_marked_file(self):
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
                peer.sendall(frame({"type": "result", "status": "complete", "bytes": len(lie)}) + lie)
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
    def test_json_words_are_one_object_a_line(self):
        server = self.start_server("--log-format=json", *SWEEP)
        server.run_client()
        server.connect().close()
        wait_until(lambda: '"fault"' in server.words, "the server says that it has gone")
        lines = [json.loads(line) for line in server.words.splitlines()]
        self.assertLessEqual({"listening", "run", "fault"}, {line["event"] for line in lines})
        self.assertTrue(all({"time", "level", "message"} <= set(line) for line in lines))

    def test_the_state_is_said_on_demand(self):
        server = self.start_server(*SWEEP)
        server.run_client()

        def is_said():  # the client may be gone a moment before the run is over
            server.process.send_signal(signal.SIGUSR1)
            return "0 measured, 0 waiting" in server.words
        wait_until(is_said, "the server says its state")
        self.assertIn("1 run,", server.words)

    def test_metrics_are_text_for_prometheus(self):
        file = self.directory / "tcpstep.prom"
        server = self.start_server("--metrics-file", file, "--link=lan", *SWEEP)
        server.run_client()
        server.connect().close()
        wait_until(lambda: "run with" in server.words, "the server says that it has gone")
        server.process.terminate()
        self.assertEqual(server.wait(), 0)
        text = file.read_text()
        self.assertIn('tcpstep_runs_total{status="complete"} 1\n', text)
        self.assertIn("tcpstep_errors_total 1\n", text)
        self.assertRegex(text, r'tcpstep_rtt_min_seconds\{link="lan",segments="1"\} 0\.\d{9}\n')
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
