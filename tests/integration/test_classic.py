"""The classic protocol against five-line peers: any language must interoperate, both ways."""

import sys

from harness import HERE, PATIENCE, TestCase, free_port, main, run, start

PINGS = 2000  # 20 rounds of 1:9901:100
ANSWERED = PINGS + 100 + 1  # and one round of warm-up, and the opening ping


class ClassicClientWithOurServer(TestCase):
    def complete_with(self, host, *reading):
        server = self.start_server("--one-off")
        # Ten million system calls, byte by byte: on a busy machine they take longer than PATIENCE.
        client = run(sys.executable, HERE / "classic_client.py", host, server.port, *reading,
                     timeout=4 * PATIENCE)
        self.assertEqual((client.returncode, client.stderr), (0, ""))
        self.assertEqual(server.wait(), 0, server.words)
        file, = server.files()
        run_file = self.assert_complete(file, PINGS)
        self.assertEqual(len(run_file.rows), ANSWERED)
        return run_file.header

    def test_completes_2000_pings_over_ipv4(self):
        header = self.complete_with("127.0.0.1")
        self.assertEqual(header["ip_version"], "4")
        self.assertRegex(header["client_addr"], r"^127\.0\.0\.1:\d+$")

    def test_completes_2000_pings_over_ipv6(self):
        header = self.complete_with("::1")
        self.assertEqual(header["ip_version"], "6")
        self.assertRegex(header["client_addr"], r"^\[::1\]:\d+$")

    def test_completes_2000_pings_read_byte_by_byte(self):
        self.complete_with("127.0.0.1", "1")

    def test_completes_2000_pings_read_byte_by_byte_over_ipv6(self):
        self.complete_with("::1", "1")


class ClassicServerWithOurClient(TestCase):
    def complete_with(self, host, *writing):
        port = free_port()
        server = start(sys.executable, HERE / "classic_server.py", host, port, *writing)
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        client = run("tcpstep-client", "--port", port, "--retry", "9", host)
        measured, words = server.communicate()
        self.assertEqual(client.returncode, 0, client.stderr)
        self.assertEqual((server.returncode, words), (0, ""))
        self.assertRegex(client.stdout, rf"^{PINGS} payloads, {20 * sum(range(1, 9902, 100))} bytes in ")
        self.assertEqual([int(line.split()[0]) for line in measured.splitlines()],
                         20 * list(range(1, 9902, 100)))

    def test_gets_2000_answers_over_ipv4(self):
        self.complete_with("127.0.0.1")

    def test_gets_2000_answers_over_ipv6(self):
        self.complete_with("::1")

    def test_gets_2000_answers_when_it_writes_7_bytes_at_once(self):
        self.complete_with("127.0.0.1", "7")

    def test_gets_2000_answers_when_it_writes_7_bytes_at_once_over_ipv6(self):
        self.complete_with("::1", "7")


if __name__ == "__main__":
    main()
