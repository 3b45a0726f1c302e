"""tcpstep-client against servers that are absent, silent, or send the wrong thing."""

import os
import socket
import subprocess
import threading
import time

from harness import (PATIENCE, TestCase, command, environment, fake_server, free_port, main, reset, run,
                     start)


class Client(TestCase):
    def assert_fails(self, *arguments, naming):
        """Exit status 1 and one line that names what went wrong."""
        result = run("tcpstep-client", *arguments)
        self.assertEqual(result.returncode, 1, (result.stdout, result.stderr))
        for part in naming:
            self.assertIn(part, result.stderr)
        return result


class BadOptions(TestCase):
    def test_are_refused_with_option_and_value(self):
        for arguments, expected in (
                (["--port=0", "::1"], ["--port", "0"]),
                (["--port=65536", "::1"], ["--port", "65536"]),
                (["--port=abc", "::1"], ["--port", "abc"]),
                (["--retry=-1", "::1"], ["--retry", "-1"]),
                (["--timeout=0", "::1"], ["--timeout", "0"]),
                (["--timeout=nan", "::1"], ["--timeout", "nan"]),
                (["--po", "1", "::1"], ["--po", "Did you mean --port?"]),
                (["-4", "-6", "::1"], ["--ipv4", "--ipv6"]),
                (["::1", "--port"], ["--port"]),
                ([], ["HOST is missing"]),
                ([""], ["HOST"]),
                (["::1", "::2"], ["::2"])):
            with self.subTest(arguments=arguments):
                result = run("tcpstep-client", *arguments)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                for part in expected:
                    self.assertIn(part, result.stderr)


class NoServer(Client):
    def test_a_name_that_does_not_resolve_is_named(self):
        no_name = "x" * 64 + ".example"  # a label of 64 letters: rejected without a query
        self.assert_fails(no_name, naming=["cannot resolve xxx"])

    def test_an_address_of_the_other_version_is_named(self):
        self.assert_fails("-6", "127.0.0.1", naming=["cannot resolve 127.0.0.1", "leave out -4 or -6"])

    def test_a_refused_connection_is_named_with_what_to_do(self):
        port = free_port()
        for host, address in (("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")):
            self.assert_fails("--port", port, host, naming=[f"connect to {address}:{port}",
                                                    "Connection refused", "--retry N"])

    def test_a_host_may_carry_its_port(self):
        port = free_port()
        self.assert_fails(f"127.0.0.1:{port}", naming=[f"connect to 127.0.0.1:{port}"])
        self.assert_fails(f"[::1]:{port}", naming=[f"connect to [::1]:{port}"])
        self.assert_fails("fe80::1", naming=["fe80::1 needs its interface", "fe80::1%"])

    def test_every_address_of_a_name_is_tried(self):
        hosts = self.directory / "hosts"
        hosts.write_text("::1 two.example\n127.0.0.1 two.example\n")
        own_hosts = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--user", "--map-root-user"]),
                     "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts)]
        possible = subprocess.run([*own_hosts, "true"], capture_output=True, text=True)
        if possible.returncode != 0:
            self.skipTest(f"this user may not mount here: {possible.stderr.strip()}")
        server = self.start_server("-4", "--one-off", "--sizes=1")
        client = command("tcpstep-client", "--port", server.port, "two.example")
        result = subprocess.run([*own_hosts, *client], env=environment(), capture_output=True, text=True,
                                timeout=PATIENCE)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("[::1]", result.stderr)
        self.assertIn("trying 127.0.0.1", result.stderr)

    def test_connecting_does_not_block_for_longer_than_the_timeout(self):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
            port = listener.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port)):  # fills the backlog: SYNs are dropped
                begin = time.monotonic()
                self.assert_fails("--port", port, "--timeout", "300ms", "127.0.0.1",
                          naming=[f"connect to 127.0.0.1:{port}", "Connection timed out"])
                self.assertLess(time.monotonic() - begin, PATIENCE / 2)

    def test_retry_waits_for_a_server_that_starts_later(self):
        port = free_port()
        client = start("tcpstep-client", "--port", port, "--retry", 20, "127.0.0.1")
        time.sleep(0.2)  # the first attempt is refused
        self.assertIsNone(client.poll())
        server = start("tcpstep-server", "--port", port, "--one-off", "--sizes=1,2", "--rounds=2",
                       cwd=self.directory)
        data, messages = client.communicate(timeout=PATIENCE)
        self.assertEqual(client.returncode, 0, messages)
        self.assertIn("1 run × 2 rounds × 2 sizes", data)
        server.communicate(timeout=PATIENCE)
        self.assertEqual(server.returncode, 0)

    def test_retry_gives_up_in_the_end(self):
        begin = time.monotonic()
        self.assert_fails("--port", free_port(), "--retry", 1, "127.0.0.1", naming=["Connection refused"])
        self.assertGreater(time.monotonic() - begin, 0.9, "a second between two attempts")


class StrangeServers(Client):
    def fail_with(self, script, *arguments, naming, host="127.0.0.1"):
        with fake_server(script, host) as port:
            return self.assert_fails("--port", port, *arguments, host, naming=naming)

    def test_a_silent_one_times_out(self):
        self.fail_with(lambda peer: peer.recv(1), "--timeout", "200ms",
                       naming=["no data from the server for 200.0 ms", "--timeout"])

    def test_one_that_falls_silent_times_out(self):
        def script(peer):
            peer.sendall(b"1")
            peer.recv(1)
            peer.recv(1)
        self.fail_with(script, "--timeout", "200ms", naming=["200.0 ms", "after 1 payload"])

    def test_one_that_sends_no_sentinel_times_out(self):
        def script(peer):
            peer.sendall(b"0" * 1000)
            peer.recv(1)
        self.fail_with(script, "--timeout", "200ms", naming=["200.0 ms", "after 0 payloads"])

    def test_one_that_closes_in_the_middle_of_a_payload_is_named(self):
        def script(peer):
            peer.sendall(b"1")
            peer.recv(1)
            peer.sendall(b"0" * 77)
        self.fail_with(script, naming=["in the middle of a payload, 77 bytes into it, after 1 payload"])

    def test_one_that_closes_before_the_first_payload_is_named(self):
        self.fail_with(lambda peer: None, naming=["closed the connection before the first payload"])

    def test_one_that_puts_the_sentinel_inside_a_payload_is_named(self):
        def script(peer):
            peer.sendall(b"0010001")
            peer.recv(1)
            peer.recv(1)
        self.fail_with(script, naming=["the server sent a sentinel inside a payload"])

    def test_one_that_resets_is_named(self):
        def script(peer):
            peer.sendall(b"1")
            peer.recv(1)
            reset(peer)
        self.fail_with(script, naming=["the server reset the connection after 1 payload"])

    def test_one_that_floods_does_not_fill_the_memory(self):
        def script(peer):
            for _ in range(1000):
                peer.sendall(b"0" * 65536)
        self.fail_with(script, "--timeout", "1s", naming=["a payload larger than any"])

    def test_one_on_ipv6_is_named_with_its_address(self):
        result = self.fail_with(lambda peer: peer.sendall(b"0"), host="::1",
                                naming=["connected to [::1]:", "1 byte into it"])
        self.assertRegex(result.stdout, r"^0 payloads, 1 byte in .* from \[::1\]:\d+\n$")

    def test_a_failed_run_still_prints_what_was_received(self):
        result = self.fail_with(lambda peer: peer.sendall(b"000"), naming=["3 bytes into it"])
        self.assertRegex(result.stdout, r"^0 payloads, 3 bytes in ")


class Ending(TestCase):
    def test_every_payload_gets_a_one_byte_ack(self):
        acks = []

        def script(peer):
            for size in (1, 2, 100_000, 1):
                peer.sendall(b"0" * (size - 1) + b"1")
                acks.append(peer.recv(10))
            peer.shutdown(socket.SHUT_WR)
            acks.append(peer.recv(10))

        with fake_server(script) as port:
            client = run("tcpstep-client", "--port", port, "127.0.0.1")
        self.assertEqual(client.returncode, 0, client.stderr)
        # 0xB7 asks for frames; a classic server accepts any byte.
        self.assertEqual(acks, [b"\xb7", b"1", b"1", b"1", b""])
        self.assertRegex(client.stdout, "^4 payloads, 100004 bytes in ")

    def test_a_signal_kills_it_while_a_server_floods(self):
        def script(peer):
            while True:
                peer.sendall(b"0" * 999 + b"1")
                peer.recv(1)

        for wait in ("block", "spin"):
            if wait == "spin" and len(os.sched_getaffinity(0)) < 2:
                continue
            with self.subTest(wait=wait), fake_server(script) as port:
                client = start("tcpstep-client", "--port", port, "--wait", wait, "127.0.0.1")
                self.assertIn("connected to", client.stderr.readline())
                time.sleep(0.2)  # well into the flood
                client.terminate()
                try:
                    client.communicate(timeout=PATIENCE / 2)
                finally:
                    client.kill()
                self.assertEqual(client.returncode, -15)

    def test_a_signal_kills_it(self):
        connected = threading.Event()

        def script(peer):
            connected.set()
            peer.recv(1)

        with fake_server(script) as port:
            for number in (2, 15):
                client = start("tcpstep-client", "--port", port, "127.0.0.1")
                if number == 2:
                    self.assertTrue(connected.wait(PATIENCE))
                self.assertIn("connected to", client.stderr.readline())
                client.send_signal(number)
                client.communicate(timeout=PATIENCE)
                self.assertEqual(client.returncode, -number)


if __name__ == "__main__":
    main()
