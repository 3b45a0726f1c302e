"""Negotiated runs in a world that goes wrong: full disks, clocks that are set, ends that fall silent."""

import fcntl
import os
import pathlib
import signal
import socket
import subprocess

from harness import PATIENCE, TestCase, environment, free_port, main, read_run, run, start, wait_until
from small_disk import SmallDiskTestCase

MANY = ("--sizes=1,2", "--rounds=1000")  # about 100 KiB of result
FEW = ("--sizes=1", "--rounds=2")
ENDLESS = ("--sizes=1,2", "--rounds=20000", "--interval=1ms")
STRANGE_KERNEL = os.path.join(os.environ["TCPSTEP_BUILD"], "tests/integration/libstrange_kernel.so")


class FullDiskOfTheServer(SmallDiskTestCase):
    def refuse(self, direction):
        output = self.directory / f"{direction}.csv"
        client = self.server.run_client(*MANY, "--direction", direction, "--output", output)
        self.assertEqual(client.returncode, 1, client.stderr)
        self.assertIn("the server cannot write the result", client.stderr)
        wait_until(lambda: "No space left on device" in self.server.messages, "the server prints the reason")
        return read_run(output)

    def test_ends_a_downward_run_with_a_marked_file_at_the_client(self):
        self.server = self.server_on("32k")
        run_file = self.refuse("down")
        self.assertEqual((run_file.trailer["status"], run_file.rows), ("failed", []))
        again = self.server.run_client(*FEW)  # the disk is still full, the server is there
        self.assertTrue(again.returncode == 0 or "cannot write the result" in again.stderr, again.stderr)
        self.server.process.terminate()
        self.server.wait()
        begun = [read_run(file) for file in self.directory.glob("2*Z_*.csv")]
        self.assertTrue(all(file.whole_lines for file in begun))
        self.assertGreater(max(len(file.rows) for file in begun), 100, "what fitted is kept")

    def test_keeps_what_fits_of_an_upward_run_and_leaves_the_client_its_own_file(self):
        self.server = self.server_on("32k")
        run_file = self.refuse("up")
        self.assertEqual((run_file.trailer["status"], run_file.trailer["samples"]), ("complete", "2000"))
        again = self.server.run_client(*FEW)
        self.assertTrue(again.returncode == 0 or "cannot write the result" in again.stderr, again.stderr)
        self.server.process.terminate()
        self.server.wait()
        kept = max((read_run(file) for file in self.directory.glob("2*Z_*.csv")), key=lambda run: len(run.rows))
        self.assertTrue(kept.whole_lines)
        self.assertIsNone(kept.trailer)
        self.assertGreater(len(kept.rows), 100)
        self.assertEqual(len(kept.rows) % 2, 0, "whole rounds only")
        self.assertEqual(kept.rows, run_file.rows[:len(kept.rows)])


class FileSizeLimit(TestCase):
    def test_ends_a_run_and_not_the_server(self):
        server = self.start_server(prefix=["prlimit", "--fsize=30000"])
        client = server.run_client(*MANY)
        self.assertEqual(client.returncode, 1, client.stderr)
        self.assertIn("the server cannot write the result", client.stderr)
        wait_until(lambda: "File too large" in server.messages, "the server says why")
        self.assertEqual(server.run_client(*FEW).returncode, 0)
        server.process.terminate()
        self.assertEqual(server.wait(), 0)
        self.assertTrue(all(read_run(file).whole_lines for file in server.files()))


class UnreadStandardError(TestCase):
    """A stopped pager, a log collector that hangs."""

    def test_stops_neither_the_server_nor_its_end(self):
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        port = free_port()
        server = start("tcpstep-server", "--port", port, *FEW, cwd=self.directory, stderr=writer,
                       stdout=subprocess.DEVNULL)
        self.addCleanup(server.kill)
        os.close(writer)
        self.addCleanup(os.close, reader)
        wait_until(lambda: run("tcpstep-client", "--port", port, "127.0.0.1").returncode == 0, "it listens")
        for _ in range(100):
            with socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0)) as peer:
                peer.recv(1)
                peer.sendall(b"1")
                peer.recv(1)  # and leaves its run, which the server logs
        self.assertEqual(run("tcpstep-client", "--port", port, "127.0.0.1").returncode, 0)
        server.terminate()
        self.assertEqual(server.wait(PATIENCE), 0)


class FullDiskOfTheClient(SmallDiskTestCase):
    def run_out(self, direction, *arguments):
        self.server = self.start_server()
        client, left = self.run_client_on("32k", self.server, *MANY, "--direction", direction, *arguments)
        self.assertEqual(client.returncode, 1, client.stderr)
        self.assertIn("No space left on device", client.stderr)
        wait_until(lambda: self.server.files() and read_run(self.server.files()[0]).trailer, "the run is over")
        self.assertEqual(self.server.run_client(*FEW).returncode, 0)
        return read_run(self.server.files()[0]).trailer, left

    def test_leaves_the_server_the_whole_downward_run(self):
        trailer, left = self.run_out("down", "--output=client-disk/run.csv")
        self.assertEqual((trailer["status"], trailer["samples"]), ("complete", "2000"))
        run_file = read_run(left[0])
        self.assertTrue(run_file.whole_lines)
        self.assertIsNone(run_file.trailer)
        self.assertGreater(len(run_file.rows), 100)
        self.assertEqual(len(run_file.rows) % 2, 1, "whole rounds only, and the opening ping")

    def test_keeps_the_rounds_of_an_upward_run_that_fitted(self):
        trailer, (left,) = self.run_out("up", "--output=client-disk/run.csv")
        self.assertEqual(trailer["status"], "closed")
        run_file = read_run(left)
        self.assertTrue(run_file.whole_lines)
        self.assertIsNone(run_file.trailer)
        self.assertGreater(len(run_file.rows), 100)
        self.assertEqual(len(run_file.rows) % 2, 0, "whole rounds only")

    def test_leaves_no_temporary_file_behind(self):
        trailer, left = self.run_out("up")
        self.assertEqual((trailer["status"], left), ("closed", []))


class ClocksThatAreSet(TestCase):
    def test_in_authentication_and_run_change_nothing(self):
        secret = self.directory / "secret"
        secret.write_text("correct horse battery\n")
        secret.chmod(0o600)
        env = environment(STRANGE_KERNEL="restless_clock", LD_PRELOAD=STRANGE_KERNEL,
                          ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
        server = self.start_server("--timestamps=software", "--secret-file", secret, "--timeout=5s", env=env)
        for direction in ("down", "up"):
            for connection in ("warm", "fresh"):
                with self.subTest(direction=direction, connection=connection):
                    output = self.directory / f"{direction}-{connection}.csv"
                    client = run("tcpstep-client", "--port", server.port, "--sizes=1,100,2000", "--rounds=30",
                                 "--direction", direction, "--connection", connection, "--secret-file", secret,
                                 "--output", output, "127.0.0.1", env=env)
                    self.assertEqual(client.returncode, 0, client.stderr)
                    run_file = self.assert_complete(output, 90)
                    self.assertLess(int(run_file.trailer["elapsed_ns"]), PATIENCE * 10**9)
                    self.assertLess(max(int(row["rtt_ns"]) for row in run_file.rows), PATIENCE * 10**9)
        self.assertNotIn("refused", server.messages)
        self.assertEqual(len(server.files()), 4)


class EndsThatFallSilent(TestCase):
    """Stopped: their kernel still acknowledges, and sends no FIN."""

    def begin(self, direction):
        self.output = self.directory / f"{direction}.csv"
        self.server = self.start_server("--timeout=1s", "--results", f"results-{direction}")
        self.server.results = self.directory / f"results-{direction}"
        client = start("tcpstep-client", "--port", self.server.port, *ENDLESS, "--direction", direction,
                       "--timeout=1s", "--output", self.output, "127.0.0.1")
        self.addCleanup(client.communicate)
        self.addCleanup(client.kill)

        def measured():
            files = [self.output] if direction == "up" else self.server.files()
            try:
                return files and len(files[0].read_text()) > 5000
            except FileNotFoundError:  # the client tries whether it may write there, and removes the file at once
                return False
        wait_until(measured, "the run is under way")
        return client

    def status_at_the_server(self):
        wait_until(lambda: self.server.files() and read_run(self.server.files()[0]).trailer, "the run is over")
        return read_run(self.server.files()[0]).trailer["status"]

    def test_at_the_client_end_the_run_and_let_others_in(self):
        for direction in ("down", "up"):
            with self.subTest(direction=direction):
                client = self.begin(direction)
                client.send_signal(signal.SIGSTOP)
                self.assertEqual(self.status_at_the_server(), "timeout")
                self.assertEqual(self.server.run_client(*FEW).returncode, 0)
                client.send_signal(signal.SIGCONT)
                client.communicate(timeout=PATIENCE)
                self.assertEqual(client.returncode, 1)
                self.assertNotEqual(read_run(self.output).trailer["status"], "complete")

    def test_at_the_server_end_the_run(self):
        for direction in ("down", "up"):
            with self.subTest(direction=direction):
                client = self.begin(direction)
                parent = self.server.process.pid
                process = int(pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text())
                os.kill(process, signal.SIGSTOP)
                messages = client.communicate(timeout=PATIENCE)[1]
                self.assertEqual(client.returncode, 1, messages)
                self.assertEqual(read_run(self.output).trailer["status"], "timeout", messages)
                os.kill(process, signal.SIGCONT)
                # Woken, it may find the client's result behind a payload that it has not acked: protocol.
                self.assertIn(self.status_at_the_server(), ("timeout", "closed", "reset", "protocol"))
                self.assertEqual(self.server.run_client(*FEW).returncode, 0)


if __name__ == "__main__":
    main()
