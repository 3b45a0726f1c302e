"""The classic protocol, both ways, against the five-line peers of docs/protocol.md: any language must interoperate."""

import sys

from harness import PATIENCE, TestCase, classic_programs, free_port, main, run, start

PINGS = 2000  # 20 rounds of 1:9901:100
ACKED = PINGS + 100 + 1  # and one round of warm-up, and the opening ping

# HOST PORT BYTES: the server of docs/protocol.md, which writes this many bytes at once.
PIECEMEAL_SERVER = """
import socket, sys, time
family, _, _, _, address = socket.getaddrinfo(*sys.argv[1:3])[0]
peer = socket.create_server(address, family=family).accept()[0]
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for size in 20 * list(range(1, 9902, 100)):
    payload, step, begin = b"0" * (size - 1) + b"1", int(sys.argv[3]), time.monotonic_ns()
    for at in range(0, size, step):
        peer.send(payload[at:at + step])
    print(size, peer.recv(1) and time.monotonic_ns() - begin)
"""


class ClassicClientWithOurServer(TestCase):
    def complete_with(self, client_program, host, rounds=20):
        server = self.start_server("--one-off", "--rounds", rounds)
        client = run(sys.executable, "-c", client_program, host, server.port, timeout=4 * PATIENCE)
        self.assertEqual((client.returncode, client.stderr), (0, ""))
        self.assertEqual(server.wait(), 0, server.messages)
        file = server.files()[-1]
        return self.assert_complete(file, 100 * rounds)

    def test_completes_2000_pings_over_ipv4(self):
        run_file = self.complete_with(classic_programs()[0], "127.0.0.1")
        self.assertEqual(len(run_file.rows), ACKED)
        self.assertEqual(run_file.header["ip_version"], "4")
        self.assertRegex(run_file.header["client_addr"], r"^127\.0\.0\.1:\d+$")

    def test_completes_2000_pings_over_ipv6(self):
        run_file = self.complete_with(classic_programs()[0], "::1")
        self.assertEqual(run_file.header["ip_version"], "6")
        self.assertRegex(run_file.header["client_addr"], r"^\[::1\]:\d+$")

    def test_completes_when_the_client_reads_byte_by_byte(self):
        by_byte = classic_programs()[0].replace("recv(65536)", "recv(1)")
        self.assertIn("recv(1)", by_byte)
        for host in ("127.0.0.1", "::1"):
            self.complete_with(by_byte, host, rounds=2)


class ClassicServerWithOurClient(TestCase):
    def complete_with(self, host, *server_program):
        port = free_port()
        server = start(sys.executable, *(str(port) if word is None else word for word in server_program))
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        client = run("tcpstep-client", "--port", port, "--retry", "9", host)
        measured, messages = server.communicate(timeout=PATIENCE)
        self.assertEqual(client.returncode, 0, client.stderr)
        self.assertEqual((server.returncode, messages), (0, ""))
        self.assertRegex(client.stdout, rf"^{PINGS} payloads, {20 * sum(range(1, 9902, 100))} bytes in ")
        self.assertEqual([int(line.split()[0]) for line in measured.splitlines()],
                         20 * list(range(1, 9902, 100)))

    def test_gets_2000_acks(self):
        self.complete_with("127.0.0.1", "-c", classic_programs()[1], None)

    def test_gets_2000_acks_when_it_writes_7_bytes_at_once_over_ipv4_and_ipv6(self):
        for host in ("127.0.0.1", "::1"):
            self.complete_with(host, "-c", PIECEMEAL_SERVER, host, None, "7")


if __name__ == "__main__":
    main()
