"""What is left after Ctrl-C and after a crash: 20 times each, at random moments of a sweep."""

import contextlib
import os
import pty
import random
import signal
import socket
import threading
import time

from harness import (TestCase, environment, free_port, main, program, read_run, report, send_acks,
                     wait_until)

REPETITIONS = 20
SIZES = (1, 101, 201, 301, 401)  # of one round
UNWRITTEN_MS = 10  # rounds that follow each other faster are written together


class Sweep:
    """A server in the middle of an endless sweep, with a client that counts its acks."""

    def __init__(self, start_server, label="only", interval="500us"):
        self.server = server = start_server("--sizes", ",".join(map(str, SIZES)), "--rounds=100000",
                                            f"--interval={interval}", "--label", label)
        self.acked = 0
        self.peer = server.connect()
        self.thread = threading.Thread(target=self._send_acks)
        self.thread.start()
        written = 1 + 2 * len(SIZES) + 2 * UNWRITTEN_MS  # pings, each of which takes half a millisecond
        wait_until(lambda: self.acked > written, "the first rounds are written")
        self.file, = server.results.glob(f"*_{label}.csv")
        time.sleep(random.uniform(0, 0.03))

    def _send_acks(self):
        try:
            while send_acks(self.peer, 1):
                self.acked += 1
        except OSError:
            pass

    def end_by(self, number):
        """The server's exit status after the signal; the client has seen the end too."""
        self.server.process.send_signal(number)
        status = self.server.wait()
        self.thread.join()
        self.peer.close()
        return status


class MidRun(TestCase):
    def sweeps(self, **settings):
        return (Sweep(self.start_server, repetition, **settings) for repetition in range(REPETITIONS))

    def assert_report_reads_all(self):
        """One report of all files: as many runs, all partial, and every row counted."""
        files = sorted((self.directory / "results").iterdir())
        self.assertEqual(len(files), REPETITIONS)
        result, (link,) = report(*files)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        counted = sum(row["round"] != "0" for file in files for row in read_run(file).rows)
        self.assertEqual(link["samples"], counted)
        self.assertEqual((link["runs"], link["partial_runs"]), (REPETITIONS, REPETITIONS))

    def test_ctrl_c_leaves_a_file_with_the_status_interrupted(self):
        for sweep in self.sweeps():
            self.assertEqual(sweep.end_by(signal.SIGINT), -signal.SIGINT, "it dies of the signal")
            run_file = read_run(sweep.file)
            self.assertTrue(run_file.whole_lines)
            self.assertEqual(run_file.trailer["status"], "interrupted")
            counted = [row for row in run_file.rows if row["round"] != "0"]
            self.assertEqual({row["status"] for row in counted}, {"ok"})
            self.assertEqual(run_file.trailer["samples"], str(len(counted)))
            self.assertEqual(run_file.trailer["lost"], "0")
            self.assertLessEqual(sweep.acked - len(run_file.rows), 1, "every acked ping is in the file")
        self.assert_report_reads_all()

    def assert_kill_loses(self, pings, interval):
        for sweep in self.sweeps(interval=interval):
            self.assertEqual(sweep.end_by(signal.SIGKILL), -signal.SIGKILL)
            run_file = read_run(sweep.file)
            self.assertTrue(run_file.whole_lines)
            self.assertIsNone(run_file.trailer)
            rounds, rest = divmod(len(run_file.rows) - 1, len(SIZES))  # after the opening ping
            self.assertEqual(rest, 0, "whole rounds only")
            self.assertLessEqual(sweep.acked - len(run_file.rows), pings)
            self.assertEqual(run_file.rows[-1]["round"], str(rounds - 1))
        self.assert_report_reads_all()

    def test_a_kill_loses_at_most_the_round_in_progress(self):
        self.assert_kill_loses(len(SIZES), "3ms")  # a round takes longer than UNWRITTEN_MS

    def test_a_kill_during_short_rounds_loses_at_most_the_last_moment(self):
        self.assert_kill_loses(2 * UNWRITTEN_MS + len(SIZES), "500us")


class OtherMoments(TestCase):
    def test_sigterm_marks_the_run_and_exits_with_0(self):
        sweep = Sweep(self.start_server)
        self.assertEqual(sweep.end_by(signal.SIGTERM), 0)
        self.assertEqual(read_run(sweep.file).trailer["status"], "interrupted")

    def test_ctrl_c_during_a_ping_does_not_wait_for_its_ack(self):
        server = self.start_server("--sizes=1,2,3", "--timeout=60min")
        with server.connect() as peer:
            send_acks(peer, 2)
            peer.recv(10)  # never acked
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.wait(), -signal.SIGINT)
        file, = server.files()
        run_file = read_run(file)
        self.assertEqual(run_file.trailer["status"], "interrupted")
        self.assertEqual([row["status"] for row in run_file.rows], ["ok", "ok"])

    def test_a_terminal_that_is_closed_costs_no_trailer(self):
        port = free_port()
        pid, terminal = pty.fork()
        if pid == 0:  # a session of its own, which the terminal's end sends SIGHUP
            os.chdir(self.directory)
            os.execve(program("tcpstep-server"),
                      ["tcpstep-server", f"--port={port}", "--output=run.csv", "--sizes=1,2",
                       "--rounds=100000", "--interval=1ms"], environment(TERM="xterm"))
        messages = b""
        while b"listening on" not in messages:
            messages += os.read(terminal, 4096)
        with socket.create_connection(("127.0.0.1", port)) as peer:
            send_acks(peer, 300)  # long enough for the progress bar to be due again
            os.close(terminal)
            with contextlib.suppress(OSError):
                send_acks(peer)
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), -signal.SIGHUP)
        self.assertEqual(read_run(self.directory / "run.csv").trailer["status"], "interrupted")

    def test_ctrl_c_between_runs_exits_with_0(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            server = self.start_server()
            server.process.send_signal(number)
            self.assertEqual(server.wait(), 0, server.messages)
            self.assertEqual(server.files(), [])


if __name__ == "__main__":
    main()
