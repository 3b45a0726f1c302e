"""What the integration tests share: programs, ports, folders, result files, raw peers."""

import collections
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
PROGRAMS = {  # name -> folder below the build folder
    "tcpstep": "front",
    "tcpstep-server": "server",
    "tcpstep-client": "client",
    "tcpstep-analyze": "analysis",
    "tcpstep-lab": "lab",
    "tcpstep-mesh": "mesh",
}
PATIENCE = 120  # seconds until a program that hangs fails its test; no measure of speed

# A parent that ignores SIGINT (a shell's background job) would make our programs ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)


def program(name):
    """The path of a program of the build in $TCPSTEP_BUILD."""
    return str(pathlib.Path(os.environ["TCPSTEP_BUILD"]).resolve() / PROGRAMS[name] / name)


def is_sanitized(name):
    """Whether the program was built with AddressSanitizer, whose own work takes time."""
    return b"__asan_init" in pathlib.Path(program(name)).read_bytes()


def environment(**changes):
    """The environment without anything that could be taken for an option."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TCPSTEP_")}
    return kept | {"LC_ALL": "C.UTF-8"} | changes


def command(name, *arguments):
    return [program(name) if name in PROGRAMS else name, *map(str, arguments)]


def run(name, *arguments, **options):
    """Runs a program to its end: .returncode, .stdout and .stderr as text."""
    options = {"env": environment(), "capture_output": True, "stdin": subprocess.DEVNULL,
               "timeout": PATIENCE, "text": True} | options
    if "stdout" in options or "stderr" in options:
        options.pop("capture_output")
    return subprocess.run(command(name, *arguments), **options)


def start(name, *arguments, **options):
    """Starts a program; its output is read from pipes later."""
    options = {"env": environment(), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
               "stdin": subprocess.DEVNULL, "text": True} | options
    return subprocess.Popen(command(name, *arguments), **options)


def free_port():
    """A free port, below those that the kernel assigns to clients."""
    while True:
        port = random.randrange(20000, 32000)
        try:
            with socket.create_server(("", port)):
                return port
        except OSError:
            continue


def processor_seconds(process):
    """What a process has used of the processors so far."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(is_true, what):
    """Polls; fails after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while not is_true():
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE} s for nothing: {what}")
        time.sleep(0.005)


class Server:
    """A running tcpstep-server that listens. Its messages and tables go to files."""

    def __init__(self, directory, *arguments, prefix=(), env=None):
        self.port = free_port()
        self.results = pathlib.Path(directory) / "results"
        self._messages = open(pathlib.Path(directory) / f"stderr-{self.port}", "w+b")
        self._data = open(pathlib.Path(directory) / f"stdout-{self.port}", "w+b")
        self.process = subprocess.Popen(
            [*prefix, *command("tcpstep-server", "--port", self.port, *arguments)],
            cwd=directory, env=env or environment(), stdin=subprocess.DEVNULL,
            stdout=self._data, stderr=self._messages)
        wait_until(lambda: "listening on" in self.messages or self.process.poll() is not None,
                   "the server listens")
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended at once: {self.messages}")

    @property
    def messages(self):
        return pathlib.Path(self._messages.name).read_text()

    @property
    def tables(self):
        return pathlib.Path(self._data.name).read_text()

    def wait(self):
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._messages.close()
        self._data.close()

    def connect(self, host="127.0.0.1"):
        peer = socket.create_connection((host, self.port), timeout=PATIENCE)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return peer

    def run_client(self, *arguments, host="127.0.0.1"):
        return run("tcpstep-client", "--port", self.port, *arguments, host)

    def files(self):
        """The result files so far, oldest first."""
        return sorted(self.results.glob("*.csv"), key=lambda path: path.stat().st_mtime_ns)


Run = collections.namedtuple("Run", "header rows trailer whole_lines text")


def read_run(path):
    """A result file, read without any code of ours: header, rows and trailer as dictionaries."""
    text = pathlib.Path(path).read_text()
    lines = text.split("\n")
    header, rows, trailer, columns = {}, [], None, None
    for line in lines[:-1]:  # what follows the last LF is not a line
        if line.startswith("# end: "):
            trailer = dict(pair.split("=") for pair in line[7:].split())
        elif line.startswith("# "):
            key, value = line[2:].split(": ", 1)
            header[key] = value
        elif columns is None:
            columns = line.split(",")
        else:
            rows.append(dict(zip(columns, line.split(","), strict=True)))
    return Run(header, rows, trailer, lines[-1] == "", text)


def report(*files):
    """tcpstep-analyze report in JSON: the result of the program, and its links if there are any."""
    result = run("tcpstep-analyze", "report", "--format=json", *files)
    return result, json.loads(result.stdout)["links"] if result.stdout else []


def classic_programs():
    """The classic client and the classic server that docs/protocol.md shows, in Python."""
    return re.findall(r"^```python\n(.*?)^```$", (SOURCE / "docs/protocol.md").read_text(), re.M | re.S)


def send_acks(peer, pings=None):
    """The classic client, for `pings` pings or to the end. Returns how many it acked."""
    acked = 0
    while pings is None or acked < pings:
        data = peer.recv(65536)
        if not data:
            break
        if b"1" in data:
            peer.sendall(b"1")
            acked += 1
    return acked


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

def reset(peer):
    """Closes so that the other end gets a reset (RST) instead of an orderly end."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()


class Terminal:
    """A terminal of that many columns, to be a program's standard output or error: `program`."""

    def __init__(self, columns):
        self.ours, self.program = pty.openpty()
        fcntl.ioctl(self.program, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def read_all(self):
        """What is written to it until the program, which has been started, ends."""
        os.close(self.program)
        text = b""
        with contextlib.suppress(OSError):  # how a terminal ends
            while some := os.read(self.ours, 65536):
                text += some
        os.close(self.ours)
        return text.decode()


def serve_classic(peer):
    """For fake_server(): three payloads of a classic server."""
    for _ in range(3):
        peer.sendall(b"1")
        peer.recv(1)


@contextlib.contextmanager
def fake_server(script, host="127.0.0.1"):
    """Listens in a thread and runs script(peer) with one client. Gives the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        listener.settimeout(PATIENCE)

        def serve():
            with contextlib.suppress(OSError):
                peer = listener.accept()[0]
                with peer:
                    peer.settimeout(PATIENCE)
                    script(peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join()


class TestCase(unittest.TestCase):
    """A test with a folder of its own, gone at the end with every server it started."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="test-tcpstep-")
        self.addCleanup(folder.cleanup)
        self.directory = pathlib.Path(folder.name)

    def start_server(self, *arguments, **options):
        server = Server(self.directory, *arguments, **options)
        self.addCleanup(server.close)
        return server

    def assert_golden(self, name, text):
        """It is the file of that name in tests/golden; TCPSTEP_UPDATE=1 writes it."""
        file = SOURCE / "tests" / "golden" / name
        if "TCPSTEP_UPDATE" in os.environ:
            file.write_text(text)
        self.assertEqual(text, file.read_text())

    def assert_complete(self, path, pings):
        """All rows are there and ok, the opening ping and the warm-up not counted."""
        # The client may be gone a moment before the server has written the trailer.
        wait_until(lambda: read_run(path).trailer, f"{path} has a trailer")
        run_file = read_run(path)
        self.assertEqual(run_file.trailer["status"], "complete", run_file.text[-200:])
        self.assertEqual(run_file.trailer["samples"], str(pings))
        counted = [row for row in run_file.rows if row["round"] != "0"]
        self.assertEqual([row["status"] for row in counted], ["ok"] * pings)
        self.assertTrue(all(int(row["rtt_ns"]) > 0 for row in counted))
        return run_file


def main():
    if "TCPSTEP_BUILD" not in os.environ:
        sys.exit("set TCPSTEP_BUILD to the build folder, for instance build/dev")
    result = unittest.main(verbosity=2, exit=False).result
    for test, reason in result.skipped:
        print(f"skipped {test.id().removeprefix('__main__.')}: {reason}", file=sys.stderr)  # for tests/summary.py
    sys.exit(0 if result.wasSuccessful() else 1)
