"""The classic protocol is what it was: exchanges recorded from a server before there were frames."""

import json

from classic_recorder import record
from harness import SOURCE, TestCase, fake_server, main, run

RECORDING = json.loads((SOURCE / "tests/data/classic_exchange.json").read_text())


class RecordedExchange(TestCase):
    def replay(self, exchange, ack=b"1", host="127.0.0.1"):
        server = self.start_server("--one-off", *exchange["options"])
        with server.connect(host) as peer:
            rounds = record(peer, exchange["options"], exchange["sizes"], ack)
        self.assertEqual(server.wait(), 0, server.messages)
        self.assertEqual(rounds, exchange["rounds"])

    def test_is_sent_byte_for_byte_as_before(self):
        for exchange in RECORDING["exchanges"]:
            with self.subTest(options=exchange["options"]):
                self.replay(exchange)

    def test_is_the_same_over_ipv6_and_with_any_ack(self):
        exchange = RECORDING["exchanges"][1]
        self.replay(exchange, host="::1")
        for ack in (b"\0", b"x", b"\xff"):
            with self.subTest(ack=ack):
                self.replay(exchange, ack)

    def test_holds_what_it_claims(self):
        first, *_ = RECORDING["exchanges"]
        self.assertEqual([entry["bytes"] for entry in first["rounds"]],
                         [1 + sum(range(1, 9902, 100))] + 20 * [sum(range(1, 9902, 100))])
        self.assertGreaterEqual(len({entry["sha256"] for entry in RECORDING["exchanges"][1]["rounds"]}), 7)


class RecordedAcks(TestCase):
    def test_differ_in_the_first_byte_only(self):
        """Our client acks an opening ping of one byte with the byte that asks for frames."""
        sizes = list(range(1, 9902, 100)) * 3
        for opening, first in ((b"1", b"\xb7"), (b"01", b"1")):
            acks = []

            def script(peer):
                for payload in (opening, *(b"\0" * (size - 1) + b"1" for size in sizes)):
                    peer.sendall(payload)
                    acks.append(peer.recv(2))

            with self.subTest(opening=opening), fake_server(script) as port:
                client = run("tcpstep-client", "--port", port, "127.0.0.1")
                self.assertEqual(client.returncode, 0, client.stderr)
            self.assertEqual(acks, [first] + [b"1"] * len(sizes))


if __name__ == "__main__":
    main()
