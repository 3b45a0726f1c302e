"""tcpstep-client with servers that want more than was agreed, say what is not true, or never end."""

import contextlib
import json
import signal
import socket
import struct
import time

from harness import (PATIENCE, TestCase, fake_server, frame, main, read_run, receive_exactly, receive_frame, run, start,
                     wait_until)
from rogue_server import accept_of, greet, hello, result_frame, result_of, start_run

TINY = ("--sizes=1", "--rounds=1")


def send_ping(peer, payload=b"1"):
    peer.sendall(payload)
    peer.recv(1)


def until_it_ends(peer, data):
    with contextlib.suppress(OSError):
        while True:
            peer.sendall(data)


def receive_bytes(peer):
    """The JSON of a frame as it was sent."""
    mark, length = struct.unpack(">BI", receive_exactly(peer, 5))
    assert mark == 0xB7
    return receive_exactly(peer, length)


class RogueTestCase(TestCase):
    def rogue(self, script, *arguments, naming, returncode=1):
        """The client's run with a server that follows `script`; its messages must have `naming` in them."""
        with fake_server(script) as port:
            client = run("tcpstep-client", "--port", port, *arguments, "127.0.0.1", cwd=self.directory)
        self.assertEqual(client.returncode, returncode, (client.stdout, client.stderr))
        self.assertIn(naming, client.stderr)
        return client


class Plans(RogueTestCase):
    def test_beyond_the_clients_limits_are_refused(self):
        for changes, arguments, naming in (
                ({"sizes": "1048576", "rounds": 1000000}, (), "(--max-bytes)"),
                ({"sizes": "1000", "rounds": 11}, ("--max-bytes=10000",), "11000 bytes exceeds the limit of 10000"),
                ({"interval_ns": 3_600_000_000_000, "rounds": 2}, (), "(--max-time)"),
                ({"pings": 2**63}, (), "announced 9223372036854775808 pings, but its sweep has 1"),
                ({"pings": 2**63}, ("--connection=fresh",), "announced 9223372036854775808 pings"),
                ({"started_utc": "2099-01-01T00:00:00.000000Z"}, (), "more than a day ahead of this host's"),
                ({"started_utc": "1999-01-01T00:00:00.000000Z"}, (), "more than a day behind this host's"),
                ({"started_utc": "=cmd()"}, (), "invalid start time")):
            with self.subTest(changes=changes):
                received = []

                def script(peer, changes=changes, received=received):
                    request = greet(peer)
                    peer.sendall(frame(accept_of(request, **changes)))
                    received.append(peer.recv(100))

                self.rogue(script, *arguments, naming=naming)
                self.assertEqual(received, [b""], "it is not even ready")

    def test_are_held_to(self):
        for payloads, naming in ((b"0001", "a payload larger than any size of this run"),
                                 (b"0" * 3_000_000, "a payload larger than any size of this run"),
                                 (b"1", "more payloads than this run has")):
            with self.subTest(naming=naming):
                def script(peer, payloads=payloads):
                    start_run(peer)
                    with contextlib.suppress(OSError):
                        for _ in range(100):
                            send_ping(peer, payloads)

                self.rogue(script, *TINY, "--output=run.csv", naming=naming)
                self.assertEqual(read_run(self.directory / "run.csv").trailer["status"], "protocol")
                (self.directory / "run.csv").unlink()

    def test_that_never_end_do(self):
        def script(peer):
            start_run(peer, sizes="1", rounds=1_000_000, pings=1_000_000)
            with contextlib.suppress(OSError):
                while True:
                    send_ping(peer)
                    time.sleep(0.001)

        self.rogue(script, "--max-time=1s", "--timeout=2s", "--output=run.csv", naming="--max-time was reached")
        self.assertEqual(read_run(self.directory / "run.csv").trailer["status"], "limit")

    def test_that_is_classic_has_limits_too(self):
        self.rogue(lambda peer: until_it_ends(peer, b"0" * 65536), naming="a payload larger")

        def pings(peer):
            with contextlib.suppress(OSError):
                while True:
                    send_ping(peer, b"0" * 999 + b"1")

        self.rogue(pings, "--max-bytes=100000", naming="--max-bytes was reached")
        self.rogue(pings, "--max-time=1s", "--timeout=2s", naming="--max-time was reached")

    def test_do_not_set_how_long_the_client_waits(self):
        def script(peer):
            start_run(peer, timeout_ns=3_600_000_000_000, pings=0)
            with contextlib.suppress(OSError):
                peer.recv(100)
                peer.recv(100)  # the end of the client

        self.rogue(script, *TINY, "--timeout=1s", "--direction=up", naming="the run ended early (timeout)")


class Messages(RogueTestCase):
    def flood(self, peer):
        greet(peer)
        until_it_ends(peer, b"".join(frame({"type": "queued", "ahead": place % 3}) for place in range(1000)))

    def test_that_flood_end_the_run(self):
        self.rogue(self.flood, naming="too many messages")

    def test_that_flood_do_not_keep_a_signal_from_ending_it(self):
        def slow_flood(peer):
            greet(peer)
            with contextlib.suppress(OSError):
                for place in range(10_000):
                    peer.sendall(frame({"type": "queued", "ahead": place}))
                    time.sleep(0.02)

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with fake_server(slow_flood) as port:
                client = start("tcpstep-client", "--port", port, "--output=run.csv", "127.0.0.1", cwd=self.directory)
                self.assertIn("connected", client.stderr.readline())
                self.assertIn("queued", client.stderr.readline())
                client.send_signal(number)
                messages = client.communicate(timeout=PATIENCE)[1]
            self.assertEqual(client.returncode, -number)
            self.assertLess(messages.count("queued"), 100)

    def test_after_a_signal_do_not_keep_it(self):
        """The client then waits for what was measured so far, but not for ever."""
        for data, pause in ((b"x" * 65536, 0), (b"x", 0.1), (b"\xb7", 0.1)):
            with self.subTest(data=data[:1], pause=pause):
                def script(peer, data=data, pause=pause):
                    start_run(peer)
                    peer.recv(1)  # nothing more comes: the client is on its way out
                    with contextlib.suppress(OSError):
                        while True:
                            peer.sendall(data)
                            time.sleep(pause)

                with fake_server(script) as port:
                    client = start("tcpstep-client", "--port", port, "127.0.0.1", cwd=self.directory)
                    self.assertIn("connected", client.stderr.readline())
                    time.sleep(0.5)  # the signal may come earlier, too: then there is no run yet
                    client.send_signal(signal.SIGINT)
                    client.communicate(timeout=PATIENCE)
                self.assertEqual(client.returncode, -signal.SIGINT)

    def test_that_trickle_have_a_limit(self):
        def script(peer):
            peer.sendall(b"1")
            peer.recv(1)
            with contextlib.suppress(OSError):
                for byte in frame(hello()) * 100:
                    peer.sendall(bytes([byte]))
                    time.sleep(0.1)

        self.rogue(script, "--timeout=1s", naming="no data from the server for 1000 ms")

    def test_killed_in_the_queue_it_leaves_no_file(self):
        def script(peer):
            greet(peer)
            peer.sendall(frame({"type": "queued", "ahead": 3}))
            peer.recv(1)

        with fake_server(script) as port:
            client = start("tcpstep-client", "--port", port, "--output=run.csv", "127.0.0.1", cwd=self.directory)
            self.assertIn("connected", client.stderr.readline())
            self.assertIn("queued", client.stderr.readline())
            client.kill()
            client.communicate(timeout=PATIENCE)
        self.assertEqual(list(self.directory.glob("*.csv")), [])


class Results(RogueTestCase):
    """Of a run of one ping."""

    def result(self, make, naming, *arguments, returncode=1):
        def script(peer):
            request, accept = start_run(peer)
            send_ping(peer)
            with contextlib.suppress(OSError):
                peer.sendall(make(request, accept))
                peer.recv(1)

        output = self.directory / f"{len(list(self.directory.iterdir()))}.csv"
        self.rogue(script, *TINY, "--output", output, *arguments, naming=naming, returncode=returncode)
        return output.read_text()

    def test_that_are_right_are_taken(self):
        def make(request, accept):
            data = result_of(request, accept, ["1,1,0,1,,,,,,,,,ok"])
            return result_frame(data) + data

        self.assertIn("1,1,0,1,,,,,,,,,ok", self.result(make, "connected", returncode=0))

    def test_stay_on_their_line_whatever_the_server_calls_its_file(self):
        def make(request, accept):
            data = result_of(request, accept, ["1,1,0,1,,,,,,,,,ok"])
            return result_frame(data, file="\u001b[31m\n::error::x") + data

        self.result(make, "kept at the server as \\x1b[31m\\x0a::error::x (run 0)\n", returncode=0)

        def make_long(request, accept):
            data = result_of(request, accept, ["1,1,0,1,,,,,,,,,ok"])
            return result_frame(data, file="x" * 257) + data

        self.result(make_long, "file is \"xxx")

    def test_that_are_not_are_kept_without_samples(self):
        cases = (
            ([], {}, {}, "has 0 of the sweep's 1 ping"),
            (["1,1,0,1,,,,,,,,,ok", "1,1,1,1,,,,,,,,,ok"], {}, {}, "where the sweep has no ping"),
            (["1,1,0,1,,,,,,,,,banana"], {}, {}, "invalid line"),
            (["1,1,0,3600000000000,,,,,,,,,ok"], {"elapsed": 3600000000001}, {}, "longer than the run took"),
            (["1,1,0,1,,,,,,,,,ok"], {"status": "limit"}, {}, "'complete' was announced"),
            (["1,1,0,1,,,,,,,,,ok"], {}, {"hash": "0" * 64}, "not the one that was announced"),
            (["1,1,0,1,,,,,,,,,ok"], {"extra": [("server_host", "x")]}, {}, "this server is anonymous"))
        for rows, content, announced, naming in cases:
            with self.subTest(naming=naming):
                def make(request, accept, rows=rows, content=content, announced=announced):
                    data = result_of(request, accept, rows, **content)
                    return result_frame(data, **announced) + data

                self.assertIn("status=protocol samples=0", self.result(make, naming))

    def test_of_any_size_do_not_fill_the_memory(self):
        self.result(lambda *_: result_frame(b"", bytes=1 << 30) + bytes(1 << 20), "it has 1073741824 bytes, this run's has")


class EarlyAcks(RogueTestCase):
    """The peer's window is smaller than the payload: it can ack what it has not got."""

    def small_window(self, peer):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def test_end_a_downward_run(self):
        server = self.start_server("--sizes=300000", "--rounds=3", "--timeout=20s")
        with socket.socket() as peer:
            self.small_window(peer)
            peer.settimeout(PATIENCE)
            peer.connect(("127.0.0.1", server.port))
            peer.recv(1)
            peer.sendall(b"1")
            peer.recv(1)  # of 300000 bytes
            peer.sendall(b"1")
            wait_until(lambda: "run with" in server.messages, "the server ends the run")
        wait_until(lambda: server.files() and read_run(server.files()[0]).trailer, "the file is finished")
        run_file = read_run(server.files()[0])
        self.assertEqual(run_file.trailer["status"], "protocol")
        self.assertEqual([row["status"] for row in run_file.rows], ["ok", "protocol"])
        self.assertEqual(run_file.trailer["samples"], "0")

    def test_end_an_upward_run(self):
        def script(peer):
            start_run(peer, sizes="300000", pings=0)
            peer.recv(1)
            peer.sendall(b"1")
            time.sleep(0.2)

        listener = socket.socket()
        self.small_window(listener)  # inherited by what it accepts
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(PATIENCE)
        client = start("tcpstep-client", "--port", listener.getsockname()[1], "--sizes=300000", "--rounds=1",
                       "--direction=up", "--output=run.csv", "127.0.0.1", cwd=self.directory)
        with listener, listener.accept()[0] as peer:
            peer.settimeout(PATIENCE)
            script(peer)
        messages = client.communicate(timeout=PATIENCE)[1]
        self.assertEqual(client.returncode, 1)
        self.assertIn("the run ended early (protocol)", messages)
        self.assertEqual(read_run(self.directory / "run.csv").trailer["samples"], "0")


class Secrets(RogueTestCase):
    def setUp(self):
        super().setUp()
        self.secret = self.directory / "secret"
        self.secret.write_text("dMvLxYx2s0kJ4Zb1l5mVqwuEAPi3t7aN\n")
        self.secret.chmod(0o600)
        self.server = self.start_server("--secret-file", self.secret, *TINY)

    def relay(self, change):
        """The client's run through a relay in front of the server; change(message) gives what is passed on."""
        def script(peer):
            with self.server.connect() as upstream, contextlib.suppress(OSError, EOFError, AssertionError):
                def pass_on(*senders):
                    for sender in senders:
                        source, target = (upstream, peer) if sender == "server" else (peer, upstream)
                        message = receive_bytes(source)
                        while json.loads(message)["type"] == "queued":
                            message = receive_bytes(source)
                        changed = change(json.loads(message))
                        target.sendall(frame(message if changed == json.loads(message) else changed))

                def pass_on_a_ping():
                    peer.sendall(upstream.recv(1))
                    upstream.sendall(peer.recv(1))

                pass_on_a_ping()
                pass_on("server", "client", "client", "server")  # hello, request, and the proof of either end
                pass_on("server", "server", "client", "client")  # accept and ready, each with its proof
                pass_on_a_ping()  # warm-up
                pass_on_a_ping()
                pass_on("server", "server", "client", "client", "server", "server")  # finished, resent_acks, result
                while data := upstream.recv(65536):
                    peer.sendall(data)

        with fake_server(script) as port:
            return run("tcpstep-client", "--timeout=3s", "--port", port, "--secret-file", self.secret, "--output=run.csv", "127.0.0.1",
                       cwd=self.directory)

    def test_pass_a_relay_that_changes_nothing(self):
        client = self.relay(lambda message: message)
        self.assertEqual(client.returncode, 0, client.stderr)
        self.assert_complete(self.directory / "run.csv", 1)

    def test_protect_what_a_relay_passes_on(self):
        for kind, changes, naming in (
                ("hello", {"authentication": False}, "it does not ask for the secret"),
                ("hello", {"limits": {"seconds": 1}}, "the client does not know the secret"),
                ("request", {"link": "other"}, "the client does not know the secret"),
                ("accept", {"label": "other"}, "its accept failed authentication"),
                ("ready", {"x": 1}, "the server"),
                ("result", {"hash": "0" * 64}, "failed authentication")):
            with self.subTest(kind=kind, changes=changes):
                client = self.relay(lambda message, kind=kind, changes=changes:
                                    message | changes if message["type"] == kind else message)
                self.assertEqual(client.returncode, 1, client.stderr)
                self.assertIn(naming, client.stderr)
                for file in self.directory.glob("run.csv"):
                    self.assertEqual(read_run(file).rows, [])
                    file.unlink()

    def test_are_not_reflected(self):
        def script(peer):
            greet(peer, authentication=True)
            peer.sendall(frame(receive_frame(peer)))  # its own proof
            peer.recv(1)

        self.rogue(script, "--secret-file", self.secret, naming="does not know the secret of --secret-file")

    def test_are_wanted_of_a_server(self):
        def accepts_anybody(peer):
            request = greet(peer, authentication=True)
            receive_frame(peer)
            peer.sendall(frame(accept_of(request)))
            peer.recv(1)

        self.rogue(accepts_anybody, "--secret-file", self.secret, naming="does not know the secret")

        def wants_none(peer):
            with contextlib.suppress(EOFError):
                greet(peer)

        with fake_server(wants_none) as port:
            client = run("tcpstep-client", "--port", port, "--secret-file", self.secret, "127.0.0.1")
        self.assertIn("does not ask for the secret", client.stderr)


if __name__ == "__main__":
    main()
