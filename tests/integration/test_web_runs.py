"""Runs of tcpstep-server --web with clients that speak WebSocket, well or badly."""

import contextlib
import json
import re
import socket
import statistics
import time

from harness import main, read_run, report, reset, run
from websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WebCase, WebSocket, measure

# Around the places where the header of a frame grows: 128 and 129 bytes are no single frame, nor are 65540 to 65545.
HEADER_SIZES = [*range(2, 6), *range(125, 133), *range(65537, 65549), 70000]
OPENING_PINGS = 16  # of the smallest size, to see what a browser adds


class Runs(WebCase):
    def test_sizes_are_what_tcp_carries(self):
        sizes = [1, *HEADER_SIZES]
        server = self.start_web(sizes=",".join(map(str, sizes)), rounds=2)
        _, wire, result = measure(self.web)
        self.assertEqual(result["status"], "complete")
        rows = self.assert_complete(server.files()[0], 2 * len(HEADER_SIZES)).rows
        measured = [int(row["size_bytes"]) for row in rows]
        self.assertEqual(wire[OPENING_PINGS:], measured)
        self.assertEqual(sorted(set(measured)), HEADER_SIZES)
        self.assertEqual(set(wire[:OPENING_PINGS]), {2})

    def test_boundaries_are_multiples_of_the_mss(self):
        server = self.start_web(sizes="boundaries,200000")
        measure(self.web)
        file = self.wait_for_end(server.files()[0])
        self.assertEqual(file.trailer["status"], "complete")
        mss = int(file.header["mss_bytes"])
        sizes = sorted({int(row["size_bytes"]) for row in file.rows})
        self.assertEqual(" ".join(map(str, sizes)), file.header["resolved_sizes_bytes"])
        self.assertLessEqual({mss - 1, mss, mss + 1, mss + 2, 200000}, set(sizes))

    def test_the_file_says_who_it_was(self):
        server = self.start_web()
        with WebSocket(self.web, agent="Mozilla/5.0 (\"a\", b) # " + "x" * 4000) as browser:
            run_id = browser.ask("lte", label="kitchen")
            browser.finish()
        header = self.wait_for_end(server.files()[0]).header
        self.assertEqual((header["protocol"], header["client_kind"], header["link"], header["label"]),
                         ("websocket", "browser", "lte", "kitchen"))
        self.assertEqual(header["run_id"], run_id)
        self.assertEqual(header["claimed_by_client"], "client_kind user_agent")
        self.assertTrue(header["user_agent"].startswith("Mozilla/5.0 ("), header["user_agent"])
        self.assertLess(len(header["user_agent"]), 300)
        self.assertIsNone(re.search('["#,\x00-\x1f]', header["user_agent"]))
        # One of 16 TCP ACKs, on a host that does other things too, may be slower than the fastest of all pings.
        usual = statistics.median(int(row["rtt_ns"]) for row in read_run(server.files()[0]).rows)
        self.assertLess(int(header["browser_kernel_rtt_ns"]), usual)
        self.assertEqual(run("tcpstep-analyze", "validate", *server.files()).returncode, 0)

    def test_the_tcp_ack_tells_the_page_from_its_kernel(self):
        server = self.start_web("--timestamps=software", sizes="1,3000", rounds=2)
        with WebSocket(self.web) as browser:
            browser.ask()
            for _ in range(OPENING_PINGS):
                browser.next_payload()
                browser.ack()
            while isinstance(browser.next_payload(), int):
                time.sleep(0.3)  # longer than the kernel delays a TCP ACK
                browser.ack()
        rows = [row for row in self.wait_for_end(server.files()[0]).rows if row["round"] != "0" and row["kernel_rtt_ns"]]
        self.assertEqual(len(rows), 4)
        for row in rows:
            self.assertGreaterEqual(int(row["kernel_rtt_ns"]), 300_000_000)
            self.assertLess(int(row["tcp_ack_ns"]), 250_000_000)
        self.assertEqual(run("tcpstep-analyze", "validate", *server.files()).returncode, 0)

    def test_a_client_without_a_page_is_not_called_a_browser(self):
        server = self.start_web()
        with WebSocket(self.web, origin=None, agent=None) as client:
            client.ask()
            client.finish()
        header = self.wait_for_end(server.files()[0]).header
        self.assertEqual(header["client_kind"], "other")
        self.assertEqual(header["claimed_by_client"], "client_kind")

    def test_the_result_is_that_of_report(self):
        server = self.start_web()
        run_id, _, result = measure(self.web)
        file = server.files()[0]
        self.assertEqual(result["file"], file.name)
        text = run("tcpstep-analyze", "report", file).stdout
        for row in result["rows"]:
            for cell in row:
                self.assertIn(cell, text)
        self.assertEqual(result["why_no_penalties"], report(file)[1][0]["remark"] or "")
        for picture in result["pictures"].values():
            for svg in picture.values():
                self.assertTrue(svg.startswith("<svg"), svg[:20])
                self.assertNotIn("style=", svg)

    def test_a_link_has_a_name_of_the_list(self):
        self.start_web("--links=office,home")
        with WebSocket(self.web) as browser:
            self.assertEqual(browser.hear("hello")["links"], ["office", "home"])
            browser.say(type="run", link="wifi")
            self.assertIn("unknown link", browser.hear("refused")["reason"])

    def test_a_run_ends_early_once_it_has_settled(self):
        server = self.start_web(sizes="1", rounds=10000)
        measure(self.web)
        file = self.wait_for_end(server.files()[0])
        self.assertEqual((file.trailer["status"], file.header["rounds"]), ("complete", "10000"))
        self.assertEqual(file.header["ends_when_settled"], "yes")
        self.assertLess(max(int(row["round"]) for row in file.rows), 10000)

    def test_progress_has_the_fastest_pings_so_far(self):
        server = self.start_web("--interval=40ms", rounds=10)
        seen = []
        with WebSocket(self.web) as browser:
            browser.ask()
            while True:
                opcode, content, _ = browser.receive()
                if opcode == TEXT:
                    message = json.loads(content)
                    if message["type"] == "result":
                        break
                    seen.append(message)
                browser.ack()
        rows = self.wait_for_end(server.files()[0]).rows
        self.assertGreaterEqual(len(seen), 1)
        for message in seen:
            rounds = message["done"] - 1  # without warm-up
            fastest = [min(int(row["rtt_ns"]) for row in rows
                           if row["size_bytes"] == str(size) and 0 < int(row["round"]) <= rounds)
                       for size in message["sizes_bytes"]] if rounds else [None] * len(message["sizes_bytes"])
            self.assertEqual(message["minima_ns"], fastest)

    def test_a_native_client_is_measured_as_ever(self):
        server = self.start_web("--sizes=1,1400,3000", "--rounds=3")
        self.assertEqual(server.run_client().returncode, 0)
        header = self.assert_complete(server.files()[0], 9).header
        self.assertEqual(header["protocol"], "negotiated")
        self.assertEqual([key for key in header if "browser" in key or key == "client_kind"], [])
        self.assertNotIn("tcp_ack_ns", server.files()[0].read_text())


class Interoperation(WebCase):
    def setUp(self):
        super().setUp()
        self.server = self.start_web("--timeout=2s")

    def status_after(self, act, warm_up=OPENING_PINGS + 3):
        """The status of a run whose client does `act` in place of one of its acks."""
        with WebSocket(self.web) as browser:
            browser.ask()
            for _ in range(warm_up):
                self.assertIsInstance(browser.next_payload(), int)
                browser.ack()
            self.assertIsInstance(browser.next_payload(), int)
            act(browser)
            with contextlib.suppress(OSError, EOFError, AssertionError):
                browser.finish()
        return self.wait_for_end(self.server.files()[-1]).trailer["status"]

    def test_what_is_allowed(self):
        def in_parts(browser):
            browser.send(BINARY, b"", final=False)
            browser.send(PING, b"between")
            browser.send(CONTINUATION, b"1", final=False)
            browser.send(CONTINUATION, b"")
            self.assertEqual(browser.receive()[:2], (PONG, b"between"))

        def ping_first(browser):
            browser.send(PING, b"one")
            browser.ack()
            self.assertEqual(browser.receive()[:2], (PONG, b"one"))

        def ping_after(browser):
            browser.ack()
            browser.send(PING, b"")
            browser.send(PONG, b"unsolicited")

        def byte_by_byte(browser):
            for byte in b"\x82\x81\0\0\0\x001":
                browser.peer.sendall(bytes([byte]))

        for act in (in_parts, ping_first, byte_by_byte):
            with self.subTest(act.__name__):
                self.assertEqual(self.status_after(act), "complete")
        with self.subTest("ping_after"):
            self.assertIn(self.status_after(ping_after), ("complete", "protocol"))

    def test_what_is_not(self):
        violations = {
            "no mask": lambda browser: browser.send(BINARY, b"1", mask=False),
            "text": lambda browser: browser.send(TEXT, b"1"),
            "two bytes": lambda browser: browser.send(BINARY, b"12"),
            "no byte": lambda browser: browser.send(BINARY, b""),
            "two acks": lambda browser: (browser.ack(), browser.ack()),
            "16-bit length": lambda browser: browser.send(BINARY, b"1", length_bytes=2),
            "64-bit length": lambda browser: browser.send(BINARY, b"1", length_bytes=8),
            "an extension": lambda browser: browser.send(BINARY, b"1", reserved=4),
            "unknown opcode": lambda browser: browser.send(3, b"1"),
            "unknown control frame": lambda browser: browser.send(11, b"1"),
            "nothing to continue": lambda browser: browser.send(CONTINUATION, b"1"),
            "a message in a message": lambda browser: (browser.send(BINARY, b"", final=False), browser.ack()),
            "a ping in parts": lambda browser: browser.send(PING, b"1", final=False),
            "a long ping": lambda browser: browser.send(PING, b"1" * 126),
            "a huge frame": lambda browser: browser.peer.sendall(b"\x82\xff" + b"\xff" * 8 + b"\0" * 4),
            "not WebSocket": lambda browser: browser.peer.sendall(b"GET / HTTP/1.1\r\n\r\n"),
        }
        for name, act in violations.items():
            with self.subTest(name):
                self.assertEqual(self.status_after(act), "protocol")

    def test_an_early_ack(self):
        with WebSocket(self.web) as browser:
            browser.ask()
            for _ in range(OPENING_PINGS + 1):
                browser.next_payload()
                browser.ack()
            browser.ack()  # of what has not come
            with contextlib.suppress(OSError, EOFError, AssertionError):
                browser.finish()
        self.assertEqual(self.wait_for_end(self.server.files()[-1]).trailer["status"], "protocol")

    def test_two_acks_of_progress(self):
        with WebSocket(self.web) as browser:
            browser.ask()
            opcode = BINARY
            while opcode == BINARY:  # until the server tells of the first round
                opcode = browser.receive()[0]
                browser.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, opcode == TEXT)
                browser.ack()
            browser.ack()
            browser.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, False)
            with contextlib.suppress(OSError, EOFError, AssertionError):
                browser.finish()
        self.assertEqual(self.wait_for_end(self.server.files()[-1]).trailer["status"], "protocol")

    def test_a_client_that_goes(self):
        self.assertEqual(self.status_after(lambda browser: browser.send(CLOSE, b"\x03\xe8")), "closed")
        self.assertEqual(self.status_after(lambda browser: browser.peer.shutdown(socket.SHUT_RDWR)), "closed")
        self.assertEqual(self.status_after(lambda browser: reset(browser.peer)), "reset")
        self.assertEqual(self.status_after(lambda browser: time.sleep(4)), "timeout")
        measure(self.web)  # the next one has its run
        self.assertEqual(self.wait_for_end(self.server.files()[-1]).trailer["status"], "complete")


if __name__ == "__main__":
    main()
