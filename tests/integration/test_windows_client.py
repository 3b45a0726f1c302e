"""The client of scripts/windows-client under wine, against the server of this build and a classic one."""
import contextlib
import fcntl
import os
import pathlib
import pty
import shutil
import socket
import subprocess
import tempfile
import termios
import unittest

from harness import (PATIENCE, SOURCE, TestCase, environment, fake_server, free_port, main, program, read_run,
                     receive_exactly, wait_until)

CLIENT = pathlib.Path(os.environ.get("TCPSTEP_WINDOWS", SOURCE / "build/windows")) / "tcpstep-client.exe"
SIZES = [1] + 21 * list(range(1, 9902, 100))


class Recorder:
    """A classic server of one client: what it sends is the experiment of 2014, what it got is in .received."""

    def __init__(self):
        self.received = b""

    def __call__(self, peer):
        for size in SIZES:
            peer.sendall((size - 1) * b"\0" + b"1")
            self.received += receive_exactly(peer, 1)
        peer.shutdown(socket.SHUT_WR)
        self.received += peer.recv(1)


@unittest.skipUnless(CLIENT.exists(), "scripts/windows-client has not built it")
@unittest.skipUnless(shutil.which("wine"), "wine is not installed")
class WindowsClient(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prefix = tempfile.TemporaryDirectory(prefix="test-tcpstep-wine-")
        cls.addClassCleanup(cls.prefix.cleanup)
        cls.addClassCleanup(cls.end_wine)
        cls.environment = environment(WINEPREFIX=cls.prefix.name, WINEDEBUG="-all", WINEDLLOVERRIDES="mscoree,mshtml=",
                                      TMPDIR=cls.prefix.name)  # where the server of wine leaves its lock

    @classmethod
    def end_wine(cls):
        subprocess.run(["wineserver", "--kill", "--wait"], env=cls.environment, timeout=PATIENCE)

    def start(self, *arguments):
        return subprocess.Popen(["wine", str(CLIENT), *map(str, arguments)], env=self.environment, cwd=self.directory,
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def ask(self, *arguments):
        client = self.start(*arguments)
        self.addCleanup(client.kill)
        out, messages = client.communicate(timeout=PATIENCE)
        messages = "".join(line for line in messages.splitlines(True) if "tcpstep" in line or line.startswith("  "))
        return subprocess.CompletedProcess(client.args, client.returncode, out, messages)

    def test_sends_a_classic_server_the_same_bytes_as_the_client_for_linux(self):
        received = []
        for start in (lambda port: self.ask("--port", port, "127.0.0.1"),
                      lambda port: subprocess.run([program("tcpstep-client"), "--port", str(port), "127.0.0.1"],
                                                  env=environment(), capture_output=True, text=True, timeout=PATIENCE)):
            recorder = Recorder()
            with fake_server(recorder) as port:
                result = start(port)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("2101 payloads, 10397101 bytes", result.stdout)
            received.append(recorder.received)
        self.assertEqual(received[0], received[1])
        self.assertEqual(len(received[0]), 2101)

    def test_requests_a_run_and_keeps_the_result_byte_for_byte(self):
        server = self.start_server()
        result = self.ask("--port", server.port, "--link", "windows", "--output", "run.csv", "127.0.0.1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("2101 payloads", result.stdout)
        kept, = server.files()
        self.assert_complete(kept, 2000)
        self.assertEqual((self.directory / "run.csv").read_bytes(), kept.read_bytes())
        self.assertEqual(read_run(kept).header["link"], "windows")

    def test_says_what_is_wrong(self):
        for arguments, status, text in ((("--port", free_port(), "127.0.0.1"), 1, "127.0.0.1"),
                                        (("--direction", "up", "127.0.0.1"), 2, "--direction"),
                                        ((), 2, "HOST"),
                                        (("--rounds", "many", "127.0.0.1"), 2, "many")):
            result = self.ask(*arguments)
            self.assertEqual(result.returncode, status, (arguments, result.stderr))
            self.assertIn(text, result.stderr)
        self.assertIn("--direction up", self.ask("--help").stdout)

    def test_ends_at_control_c_and_the_server_keeps_what_was_measured(self):
        server = self.start_server("--interval=20ms")
        ours, theirs = pty.openpty()  # wine takes a terminal for the console
        self.addCleanup(os.close, ours)
        client = subprocess.Popen(
            ["wine", str(CLIENT), "--port", str(server.port), "127.0.0.1"], env=self.environment | {"TERM": "xterm"},
            cwd=self.directory, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.addCleanup(client.kill)
        os.close(theirs)
        shown = b""
        while b"connected" not in shown:
            shown += os.read(ours, 4096)
        wait_until(lambda: any(read_run(path).rows for path in server.files()), "the server has measured")
        os.write(ours, b"\x03")
        with contextlib.suppress(OSError):  # how a terminal ends
            while os.read(ours, 4096):
                pass
        self.assertEqual(client.wait(PATIENCE), 130)
        wait_until(lambda: all(read_run(path).trailer for path in server.files()), "the server's file is finished")
        self.assertEqual(len(server.files()), 1)


if __name__ == "__main__":
    main()
