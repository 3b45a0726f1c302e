"""tcpstep-server --web: pages, the handshake, the queue. Runs: test_web_runs; the browser itself: test_browser."""

import contextlib
import itertools
import re
import signal
import socket
import threading
import time

from harness import (PATIENCE, free_port, main, processor_seconds, read_run, receive_exactly, run, start,
                     wait_until)
from websocket import (CLOSE, PING, PONG, TEXT, HandshakeFailed, WebCase, WebSocket, connect, exchange, get, measure,
                       read_all, split_response)

UNSENT = 64 << 20  # bytes of all pages that are being sent, at most
PAGES = ["/", "/report.css", "/page.css", "/page.js", "/worker.js", "/icon.svg"]
OTHER_PATHS = ["/index.html", "/runs/", "/runs/x", "/../../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/etc/passwd",
               "//etc/passwd", "/page.css/../page.js", "/page.css%00", "/page.css?", "http://elsewhere.example/", "/runs/*", "*",
               "/runs/" + "a" * 4000, "/\\..\\..", "/runs/%s%n%x"]


def bad_requests(port):
    """What is no single request without content, by name."""
    line = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()
    return {
        "no host": b"GET / HTTP/1.1\r\n\r\n",
        "two hosts": line + b"Host: b\r\n\r\n",
        "a bad host": b"GET / HTTP/1.1\r\nHost: a;script-src *\r\n\r\n",
        "no version": b"GET /\r\n\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "content": line + b"Content-Length: 3\r\n\r\nabc",
        "content to come": line + b"Content-Length: 3\r\n\r\n",
        "two lengths": line + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n",
        "chunks": line + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "both": line + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "a hidden request": line + b"\r\nGET /page.css HTTP/1.1\r\nHost: a\r\n\r\n",
        "a folded line": line + b"X: a\r\n b\r\n\r\n",
        "a space before the colon": line + b"Content-Length : 3\r\n\r\n",
        "a bare CR": line + b"X: a\rContent-Length: 3\r\n\r\n",
        "a zero": line + b"X: \0\r\n\r\n",
    }


class Handshake(WebCase):
    def setUp(self):
        super().setUp()
        self.server = self.start_web()

    def test_only_pages_of_this_server_measure(self):
        for origin in ("http://elsewhere.example", "null", f"https://127.0.0.1:{self.web}",
                       f"http://127.0.0.1:{self.web}.example", "http://127.0.0.1", ""):
            with self.subTest(origin), self.assertRaises(HandshakeFailed) as failed:
                WebSocket(self.web, origin=origin or "http://")
            self.assertEqual(failed.exception.status, 403)
        for origin in (None, "own", f"HTTP://127.0.0.1:{self.web}"):
            with WebSocket(self.web, origin=origin) as browser:
                browser.hear("hello")

    def test_what_is_no_websocket(self):
        for changed in ({"Sec_WebSocket_Key": None}, {"Sec_WebSocket_Key": "short"}, {"Sec_WebSocket_Version": "8"},
                        {"Upgrade": None}, {"Upgrade": "h2c"}, {"Connection": "keep-alive"}):
            with self.subTest(changed), self.assertRaises(HandshakeFailed) as failed:
                WebSocket(self.web, **changed)
            self.assertEqual(failed.exception.status, 426)

    def test_messages_before_the_run(self):
        for message in (b"{}", b"[]", b"nonsense", b'{"type":"run"}', b'{"type":"run","link":7}',
                        b'{"type":"run","link":"wifi","label":"<b>"}', b'{"type":"run","type":"run","link":"wifi"}',
                        b"[" * 4000):
            with self.subTest(message[:40]), WebSocket(self.web) as browser:
                browser.hear("hello")
                browser.send(TEXT, message)
                browser.hear("refused")
                self.assertEqual(browser.receive()[0], CLOSE)
        with WebSocket(self.web) as browser:
            browser.hear("hello")
            browser.send(PING, b"there?")
            self.assertEqual(browser.receive()[:2], (PONG, b"there?"))
            browser.say(type="look")
            estimate = browser.hear("estimate")
            self.assertEqual((estimate["sizes"], estimate["pings"], estimate["bytes"]), (3, 12, 4 * 4401))
            self.assertGreater(estimate["seconds"], 0)
            browser.send(CLOSE, b"\x03\xe8")
            self.assertEqual(browser.receive()[0], CLOSE)
            self.assertEqual(read_all(browser.peer), b"")
        self.assertEqual(self.server.files(), [])


class Pages(WebCase):
    def test_need_nothing_else_and_allow_nothing_else(self):
        self.start_web()
        for page in PAGES:
            with self.subTest(page):
                status, headers, content = get(self.web, page)
                self.assertEqual(status, 200)
                self.assertEqual(headers["connection"], "close")
                self.assertEqual(int(headers["content-length"]), len(content))
                policy = headers["content-security-policy"]
                self.assertTrue(policy.startswith("default-src 'none'"), policy)
                self.assertNotIn("unsafe", policy)
                self.assertNotIn("*", policy)
                text = content.decode()
                self.assertEqual([url for url in re.findall(r"https?://[^\s\"')]+", text)
                                  if not url.startswith("http://www.w3.org/")], [])
                self.assertIsNone(re.search(r"\sstyle=|\son[a-z]+=\"|<style|<script>", text))

    def test_of_a_run_outlive_the_server(self):
        server = self.start_web()
        run_id, _, result = measure(self.web)
        wait_until(lambda: get(self.web, f"/runs/{run_id}")[0] == 200, "the page of the run")
        status, headers, content = get(self.web, f"/runs/{run_id}.csv")
        self.assertEqual((status, content), (200, server.files()[0].read_bytes()))
        self.assertEqual(headers["content-disposition"], f'attachment; filename="{result["file"]}"')
        self.assertEqual(headers["referrer-policy"], "no-referrer")
        server.process.send_signal(signal.SIGTERM)
        server.wait()
        self.start_web()
        status, headers, content = get(self.web, f"/runs/{run_id}")
        self.assertEqual(status, 200)
        self.assertNotIn("unsafe", headers["content-security-policy"])
        self.assertIn(b"Round-trip time by payload size", content)
        server.files()[0].unlink()
        self.assertEqual(get(self.web, f"/runs/{run_id}")[0], 404)

    def test_other_paths(self):
        server = self.start_web("--sizes=1", "--rounds=1")
        server.run_client()
        native = read_run(server.files()[0]).header["run_id"]
        for path in (*OTHER_PATHS, f"/runs/{native}", f"/runs/../results/{server.files()[0].name}"):
            with self.subTest(path):
                self.assertEqual(get(self.web, path)[0], 404)

    def test_other_requests(self):
        self.start_web()
        for method in ("POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "BREW"):
            with self.subTest(method):
                self.assertIn(get(self.web, method=method)[0], (400, 405))
        for name, request in bad_requests(self.web).items():
            with self.subTest(name):
                status, _, content = exchange(self.web, request)
                self.assertIn(status, (400, 200) if name == "a folded line" else (400,))
                self.assertNotIn(b"HTTP/1.1", content)

    def test_large_and_slow_requests(self):
        server = self.start_web("--timeout=1s", "--max-connections-per-address=400")
        with connect(self.web) as peer:
            with contextlib.suppress(OSError):  # the server reads no more of it
                for _ in range(160):
                    peer.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 65536)
            with contextlib.suppress(OSError):
                answer = read_all(peer)
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 431 "), answer[:60])
        self.assertEqual(exchange(self.web, b"GET / HTTP/1.1\r\nX: " + b"a" * 9000)[0], 431)
        slow = [connect(self.web) for _ in range(200)]
        for peer in slow:
            peer.sendall(b"GET / HTTP/1.1\r\n")
        for peer in slow:
            self.assertEqual(split_response(read_all(peer))[0], 408)
            peer.close()
        self.assertEqual(get(self.web)[0], 200)
        self.assertIn("HTTP 431", server.messages)

    def test_a_thousand_requests(self):
        server = self.start_web("--max-connections-per-address=2000", "--max-connections=2000")
        page = get(self.web)[2]
        failures = []

        def load():
            for _ in range(50):
                if get(self.web)[2] != page:
                    failures.append("another page")

        threads = [threading.Thread(target=load) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        measure(self.web)
        self.assertEqual(len(server.files()), 1)

    def test_of_runs_take_a_part_of_the_time_only(self):
        self.start_web()
        run_id, _, _ = measure(self.web)
        wait_until(lambda: get(self.web, f"/runs/{run_id}")[0] == 200, "the page of the run")
        statuses = iter(lambda: get(self.web, f"/runs/{run_id}")[0], 503)
        self.assertEqual(set(itertools.islice(statuses, 20_000)), {200})
        self.assertIsNone(next(statuses, None), "it takes as much time as is wanted")
        self.assertEqual(get(self.web)[0], 200)
        wait_until(lambda: get(self.web, f"/runs/{run_id}")[0] == 200, "there is time again")

    def slow_reader(self, run_id):
        """Asks for the whole file of a run, of which the kernel takes only a part at once."""
        peer = socket.socket()
        self.addCleanup(peer.close)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.connect(("127.0.0.1", self.web))
        peer.sendall(f"GET /runs/{run_id}.csv HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        return peer

    def test_readers_that_are_slow(self):
        """Get all of it, and cost neither processor time nor memory without bound, whatever else they send."""
        server = self.start_web()
        run_id, _, _ = measure(self.web)
        wait_until(lambda: get(self.web, f"/runs/{run_id}")[0] == 200, "the page of the run")
        content = server.files()[0].read_bytes() + b"#" * (8 << 20)  # more than the kernel takes at once
        server.files()[0].write_bytes(content)
        for name, act in {"nothing": lambda peer: None, "more bytes": lambda peer: peer.sendall(b"more"),
                          "its end": lambda peer: peer.shutdown(socket.SHUT_WR)}.items():
            with self.subTest(name):
                peer = self.slow_reader(run_id)
                time.sleep(0.3)
                act(peer)
                before = processor_seconds(server.process)
                time.sleep(0.5)
                self.assertLess(processor_seconds(server.process) - before, 0.05)
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                self.assertEqual(split_response(read_all(peer))[2], content)
        peers = [self.slow_reader(run_id) for _ in range(UNSENT // len(content) + 3)]
        self.assertEqual({receive_exactly(peer, 12) for peer in peers}, {b"HTTP/1.1 200", b"HTTP/1.1 503"})
        for peer in peers:
            peer.close()
        wait_until(lambda: get(self.web, f"/runs/{run_id}.csv")[0] == 200, "there is room again")


class Service(WebCase):
    def test_browsers_and_clients_share_a_queue(self):
        server = self.start_web("--sizes=1,2", "--rounds=20", "--interval=10ms", "--one-off")
        get(self.web)  # is not the one client
        with start("tcpstep-client", "--port", server.port, "127.0.0.1") as client, WebSocket(self.web) as browser:
            wait_until(lambda: server.files(), "the run of the client")
            browser.hear("hello")
            browser.say(type="run", link="lan")
            self.assertEqual(browser.hear("queued")["ahead"], 1)
            self.assertEqual(client.wait(PATIENCE), 0)
            self.assertEqual(server.wait(), 0)
            while (message := browser.hear())["type"] == "queued":
                pass
            self.assertIn("shutting down", message["reason"])
            client.communicate()

    def test_one_off_is_the_first_run(self):
        server = self.start_web("--one-off")
        for _ in range(3):
            get(self.web)
        measure(self.web)
        self.assertEqual(server.wait(), 0)

    def test_one_run_at_a_time(self):
        server = self.start_web(sizes="1,2", rounds=5)
        threads = [threading.Thread(target=measure, args=(self.web,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(server.files()), 8)
        for file in server.files():
            self.assertEqual(self.wait_for_end(file).trailer["status"], "complete")

    def test_refusals(self):
        (self.directory / "results").mkdir()
        (self.directory / "results" / "old").write_text("a result")
        self.start_web("--max-results=1")
        with WebSocket(self.web) as browser:
            browser.hear("hello")
            browser.say(type="run", link="wifi")
            while (message := browser.hear())["type"] == "queued":
                pass
            self.assertEqual(message["type"], "refused")
            self.assertIn("--max-results", message["reason"])
        self.start_web("--allow=192.0.2.0/24")
        status, _, content = get(self.web)
        self.assertEqual(status, 503)
        self.assertIn(b"--allow", content)

    def test_who_waits_too_long_is_told(self):
        self.start_web("--timeout=1s")
        with WebSocket(self.web) as browser:
            browser.hear("hello")
            self.assertIn("no request", browser.hear("refused")["reason"])

    def test_options(self):
        secret = self.directory / "secret"
        secret.write_text("a secret that is long enough\n")
        secret.chmod(0o600)
        for arguments, words in ((("--web=0",), "--web"), (("--web=x:y",), "--web"), (("--web=127.0.0.1:",), "--web"),
                                 (("--web=19902", f"--secret-file={secret}"), "secret"),
                                 (("--web=19902", "--web-sizes=0"), "sizes")):
            with self.subTest(arguments):
                result = run("tcpstep-server", *arguments)
                self.assertEqual(result.returncode, 2)
                self.assertIn(words, result.stderr)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            result = run("tcpstep-server", "--port", free_port(), f"--web=127.0.0.1:{taken.getsockname()[1]}")
            self.assertEqual(result.returncode, 1)
            self.assertIn("Try --web N.", result.stderr)


if __name__ == "__main__":
    main()
