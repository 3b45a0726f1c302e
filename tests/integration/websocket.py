"""A WebSocket client and an HTTP client of their own, from RFC 6455 and RFC 9112: what is sent is up to the test."""

import base64
import hashlib
import json
import os
import socket
import struct

from harness import PATIENCE, TestCase, free_port, read_run, receive_exactly, wait_until

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # of the RFC


def connect(port, host="127.0.0.1"):
    peer = socket.create_connection((host, port), timeout=PATIENCE)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


def read_all(peer):
    data = b""
    while part := peer.recv(65536):
        data += part
    return data


def split_response(data):
    """Status, headers with lower-case names, content."""
    head, content = data.split(b"\r\n\r\n", 1)
    first, *lines = head.decode("ascii").split("\r\n")
    version, status, _ = first.split(" ", 2)
    assert version == "HTTP/1.1", first
    headers = {}
    for line in lines:
        name, value = line.split(": ", 1)
        assert name.lower() not in headers, f"two {name}"
        headers[name.lower()] = value
    return int(status), headers, content


def exchange(port, request):
    """What the server says to these bytes until it closes: status, headers, content."""
    with connect(port) as peer:
        peer.sendall(request)
        return split_response(read_all(peer))


def get(port, target="/", method="GET", **headers):
    headers = {"Host": f"127.0.0.1:{port}"} | {key.replace("_", "-"): value for key, value in headers.items()}
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items() if value is not None)
    return exchange(port, f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode())


class HandshakeFailed(Exception):
    def __init__(self, status, content):
        super().__init__(f"{status} {content}")
        self.status = status


class WebSocket:
    """One connection. `origin` is a page's; None for a client that is no browser."""

    def __init__(self, port, host="127.0.0.1", origin="own", agent="test/1", **changed):
        self.peer = connect(port, host)
        key = base64.b64encode(os.urandom(16)).decode()
        headers = {"Host": f"{host}:{port}", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade",
                   "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key, "User-Agent": agent,
                   "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
                   "Origin": f"http://{host}:{port}" if origin == "own" else origin}
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
        self.peer.sendall(f"GET /ws HTTP/1.1\r\n{lines}\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += receive_exactly(self.peer, 1)
        status, answer, _ = split_response(head)
        if status != 101:
            content = read_all(self.peer)
            self.peer.close()
            raise HandshakeFailed(status, content)
        expected = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        assert answer["sec-websocket-accept"] == expected, answer
        assert "sec-websocket-extensions" not in answer, answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.close()

    def send(self, opcode, content=b"", final=True, mask=True, length_bytes=None, reserved=0):
        """One frame, right or wrong."""
        first = (0x80 if final else 0) | reserved << 4 | opcode
        size = len(content)
        length_bytes = length_bytes if length_bytes is not None else 0 if size < 126 else 2 if size < 65536 else 8
        masked = 0x80 if mask else 0
        if length_bytes == 0:
            head = struct.pack(">BB", first, masked | size)
        elif length_bytes == 2:
            head = struct.pack(">BBH", first, masked | 126, size)
        else:
            head = struct.pack(">BBQ", first, masked | 127, size)
        if mask:
            key = os.urandom(4)
            head += key
            content = bytes(byte ^ key[i % 4] for i, byte in enumerate(content))
        self.peer.sendall(head + content)

    def say(self, **message):
        self.send(TEXT, json.dumps(message).encode())

    def ack(self):
        self.send(BINARY, b"1")

    def receive_frame(self):
        """One frame of the server: whether it is final, opcode, content, bytes on the wire."""
        first, second = receive_exactly(self.peer, 2)
        assert first & 0x70 == 0, "an extension"
        assert second & 0x80 == 0, "a server must not mask"
        size, wire = second, 2
        if second == 126:
            size, wire = struct.unpack(">H", receive_exactly(self.peer, 2))[0], 4
            assert size > 125, "a length in more bytes than needed"
        elif second == 127:
            size, wire = struct.unpack(">Q", receive_exactly(self.peer, 8))[0], 10
            assert size > 65535, "a length in more bytes than needed"
        return first & 0x80 != 0, first & 0xF, receive_exactly(self.peer, size), wire + size

    def receive(self):
        """The next message: opcode, content, bytes on the wire. Unsolicited pongs are passed over."""
        kind, content, wire = None, b"", 0
        while True:
            final, opcode, part, bytes_of_frame = self.receive_frame()
            if opcode >= CLOSE:
                if opcode == PONG and not part:
                    continue
                if opcode == PING:  # as browsers do
                    self.send(PONG, part)
                    continue
                return opcode, part, bytes_of_frame
            assert (opcode == CONTINUATION) == (kind is not None)
            kind = opcode if kind is None else kind
            content, wire = content + part, wire + bytes_of_frame
            if final:
                return kind, content, wire

    def hear(self, kind=None):
        """The next message, which is text, as JSON: of this type if that is said."""
        opcode, content, _ = self.receive()
        assert opcode == TEXT, (opcode, content[:100])
        message = json.loads(content)
        assert kind in (None, message["type"]), message
        return message

    def ask(self, link="wifi", **more):
        """Asks for a run, and acks its beginning."""
        self.hear("hello")
        self.say(type="run", link=link, **more)
        while (message := self.hear())["type"] == "queued":
            pass
        assert message["type"] == "begin", message
        self.ack()
        return message["run_id"]

    def next_payload(self):
        """Bytes on the wire of the next payload, with any progress before it acked; or the last message."""
        while True:
            opcode, content, wire = self.receive()
            if opcode == BINARY:
                return wire
            assert opcode == TEXT, (opcode, content)
            message = json.loads(content)
            if message["type"] != "progress":
                return message
            self.ack()

    def finish(self):
        """Acks to the end. Bytes on the wire of all payloads, and the result."""
        sizes = []
        while True:
            payload = self.next_payload()
            if isinstance(payload, dict):
                return sizes, payload
            sizes.append(payload)
            self.ack()


def measure(port, link="wifi", host="127.0.0.1", **more):
    """A whole run: run_id, bytes on the wire of all payloads, the result."""
    with WebSocket(port, host) as browser:
        run_id = browser.ask(link, **more)
        sizes, result = browser.finish()
        assert browser.receive()[0] == CLOSE
    return run_id, sizes, result


class WebCase(TestCase):
    def start_web(self, *arguments, sizes="1,1400,3000", rounds=3):
        self.web = free_port()
        return self.start_server(f"--web=127.0.0.1:{self.web}", f"--web-sizes={sizes}", f"--web-rounds={rounds}",
                                 *arguments)

    def wait_for_end(self, file):
        wait_until(lambda: "\n# end: " in file.read_text(), "the trailer")
        return read_run(file)
