"""Runs that a client asks for: links, sweeps, directions, fresh connections, results, refusals."""

import re
import socket
import time

from harness import (PATIENCE, Terminal, TestCase, environment, fake_server, frame, main, read_run, receive_frame, run, send_acks,
                     serve_classic, start, wait_until)
from rogue_server import accept_of, greet, result_frame, start_run

SWEEP = ("--sizes=1,100,2000", "--rounds=3")
PINGS = 3 * 3


def sends_nothing(peer):
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
        self.assertRegex(client.stdout, r"^adsl: 127\.0\.0\.1 → 127\.0\.0\.1, MSS", "the table is printed")

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
            terminal = Terminal(width)
            client = start("tcpstep-client", "--port", server.port, "--sizes=1,2", "--rounds=50",
                           "--link", "x" * 64, "127.0.0.1", stderr=terminal.program,
                           env=environment(TERM=kind))
            shown = terminal.read_all()
            client.communicate(timeout=PATIENCE)
            self.assertEqual(client.returncode, 0)
            lines = [line for line in shown.split("\r") if line.startswith("\x1b[Kround")]
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

    def test_a_folder_named_with_a_slash_is_made(self):
        server = self.start_server()
        client = server.run_client("--sizes=1", "--rounds=1", "--output", f"{self.directory}/new/folder/")
        self.assertEqual(client.returncode, 0, client.stderr)
        self.assertEqual(len(list((self.directory / "new" / "folder").glob("*.csv"))), 1)
        client = server.run_client("--output", "/proc/nowhere/")
        self.assertEqual(client.returncode, 2)
        self.assertIn("--output: cannot make the folder '/proc/nowhere/': No such file or directory", client.stderr)

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
            self.assertNotRegex(text, rf"\b{re.escape(socket.gethostname())}\b")
            self.assertNotIn("127.0.0.1", text)

    def test_a_false_result_from_the_server_is_rejected(self):
        server = self.start_server()
        self.ask(server, "--sizes=1", "--rounds=1", "--link=lan")  # a true result, of another run
        result = server.files()[0].read_bytes()

        def script(peer):
            start_run(peer, link="lan", warmup_rounds=1, pings=2, peer_retransmits=True)
            for _ in range(2):
                peer.sendall(b"1")
                peer.recv(1)
            peer.sendall(result_frame(result) + result)
            peer.recv(1)

        output = self.directory / "run.csv"
        with fake_server(script) as port:
            client = run("tcpstep-client", "--port", port, "--output", output, "127.0.0.1")
        self.assertEqual(client.returncode, 1)
        self.assertIn("the server sent an invalid result: the result has run_id", client.stderr)
        self.assertEqual((read_run(output).trailer["status"], read_run(output).rows), ("protocol", []))

    def test_a_server_that_accepts_another_run_gets_none(self):
        received = []

        def script(peer):
            request = greet(peer)
            peer.sendall(frame(accept_of(request, sizes="9901", rounds=1000000, direction="up", pings=0)))
            received.append(peer.recv(100))

        with fake_server(script) as port:
            client = run("tcpstep-client", "--port", port, "--sizes=1", "--rounds=1", "127.0.0.1")
        self.assertEqual(client.returncode, 1)
        self.assertIn("it changed the sweep: sizes 9901 instead of 1, rounds 1000000 instead of 1, direction up instead of down",
                      client.stderr)
        self.assertEqual(received, [b""], "not one payload is sent")

    def test_a_classic_server_cannot_be_asked(self):
        with fake_server(serve_classic) as port:
            result = run("tcpstep-client", "--port", port, "--link=lan", "127.0.0.1")
        self.assertEqual(result.returncode, 1)
        self.assertIn("knows only the classic protocol", result.stderr)


class Limits(AskingTestCase):
    def test_are_stated_by_the_refusal(self):
        server = self.start_server("--max-pings=50", "--max-bytes=1000", "--max-time=2s")
        self.ask(server, "--sizes=1", "--rounds=50", naming="51 pings exceeds this server's limit of 50")
        self.ask(server, "--sizes=100", "--rounds=10", naming="1100 bytes exceeds this server's limit of 1000")
        self.ask(server, "--sizes=1", "--rounds=40", "--interval=100ms", naming="limit of 2.000 s")
        self.assertEqual(server.files(), [])
        self.ask(server, "--sizes=1", "--rounds=40")

    def test_of_names_of_links(self):
        server = self.start_server("--link=desk", "--links=lan,wifi")
        self.ask(server, *SWEEP, "--link=3g", naming="link name 3g is not allowed here")
        self.ask(server, *SWEEP, "--link=desk", naming="Names for --link: lan, wifi.")
        self.ask(server, *SWEEP, "--link=wifi")
        self.ask(server, *SWEEP)  # the server's own
        links = [read_run(file).header["link"] for file in sorted(server.files())]
        self.assertEqual(sorted(links), ["desk", "wifi"])

    def test_of_runs_of_one_address(self):
        server = self.start_server("--max-runs-per-address=2")
        self.ask(server, *SWEEP)
        self.ask(server, *SWEEP)
        self.ask(server, *SWEEP, naming="limit of 2 runs per address an hour")

    def test_of_connections_of_one_address(self):
        server = self.start_server("--max-connections-per-address=2")
        idle = [server.connect() for _ in range(2)]
        self.ask(server, *SWEEP, naming="limit of 2 connections per address")
        for peer in idle:
            peer.close()
        wait_until(lambda: server.messages.count("run with") == 3, "both are gone")
        self.ask(server, *SWEEP)

    def test_of_connections_in_all(self):
        server = self.start_server("--max-connections=1")
        with server.connect() as peer:
            peer.recv(1)
            self.ask(server, *SWEEP, naming="the limit of 1 connection is reached")
            self.assertIn("limit of 1 connection is reached", server.messages)
            self.assertEqual(server.files(), [])

    def test_of_connections_in_all_do_not_keep_a_crowd(self):
        server = self.start_server("--max-connections=1")
        crowd = [server.connect() for _ in range(60)]
        wait_until(lambda: "the limit of 1 connection is reached" in server.messages, "some are sent away")
        self.assertEqual(sum(sends_nothing(peer) for peer in crowd), 60 - 1 - 32)
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
        self.ask(server, *SWEEP, naming="the queue is full (1 client)")

    def test_of_the_queue_is_shared_by_addresses(self):
        """Who queues more than others waits behind them, and gives way where there are too many."""
        server = self.start_server("--max-queue=4", "--timeout=5s", "--sizes=1", "--rounds=2")
        silent = [self.connect_silent(server, "127.0.0.9") for _ in range(10)]
        wait_until(lambda: "the queue is full" in server.messages, "one address fills the queue")
        self.ask(server, *SWEEP)
        ended = [line for line in server.messages.splitlines() if "127.0.0.9" in line and "refused" not in line]
        self.assertLessEqual(len(ended), 2, server.messages)
        for peer in silent:
            peer.close()

    def connect_silent(self, server, address):
        """A classic client that acks the first payload and no other."""
        peer = socket.create_connection(("127.0.0.1", server.port), source_address=(address, 0), timeout=10)
        self.addCleanup(peer.close)
        peer.recv(1)
        peer.send(b"1")
        return peer

    def test_of_the_results_folder(self):
        server = self.start_server("--max-results=3000")
        self.ask(server, "--sizes=1:9901:100", "--rounds=2")
        self.ask(server, *SWEEP, naming="the limit is 3000 (--max-results)")
        server.files()[0].unlink()
        time.sleep(1.1)  # a folder that seems full is read once a second
        self.ask(server, *SWEEP)

    def test_of_the_disk(self):
        server = self.start_server(f"--min-free={2**62}")
        self.ask(server, *SWEEP, naming="--min-free")
        self.assertEqual(server.files(), [])

    def test_of_time_ends_a_run_with_a_trailer(self):
        server = self.start_server("--max-time=1s", "--sizes=1", "--rounds=100000", "--interval=5ms")
        output = self.directory / "run.csv"
        self.ask(server, "--output", output, naming="ended the run early")
        self.assertEqual(read_run(output).trailer["status"], "limit")
        self.assertEqual(output.read_bytes(), server.files()[0].read_bytes())
        wait_until(lambda: "longer than --max-time" in server.messages, "the server prints the reason")

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
        self.ask(server, naming="this address is not allowed (--allow)")
        with server.connect() as peer:
            self.assertEqual(send_acks(peer), 1, "a classic client is disconnected")
        self.assertEqual(server.files(), [])
        self.assertEqual(server.run_client(*SWEEP, host="::1").returncode, 0)


class Secrets(AskingTestCase):
    def secret(self, name, text, mode=0o600):
        path = self.directory / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def setUp(self):
        super().setUp()
        self.right = self.secret("right", "correct horse battery\n")
        self.server = self.start_server("--secret-file", self.right, *SWEEP)

    def test_admit_clients_that_know_them_and_never_appear(self):
        client = self.ask(self.server, "--secret-file", self.right, "--connection=fresh")
        for text in (client.stdout, client.stderr, self.server.messages, self.server.files()[0].read_text()):
            self.assertNotIn("horse", text)

    def test_keep_other_clients_out(self):
        wrong = self.secret("wrong", "another horse battery")
        self.ask(self.server, "--secret-file", wrong, naming="does not know the secret")
        self.ask(self.server, naming="--secret-file")
        with self.server.connect() as peer:
            self.assertEqual(send_acks(peer), 1, "a classic client is disconnected")
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
                                                    {**proof, "mac": mac}))
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


if __name__ == "__main__":
    main()
