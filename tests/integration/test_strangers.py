"""What strangers can do to a server with default options: they cost it a turn, a few lines and files, and nothing else."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

from harness import (HERE, SOURCE, TestCase, environment, frame, is_sanitized, main, program, receive_frame, reset, send_acks,
                     wait_until)

STRANGER, OTHER = "127.0.0.9", "127.0.0.8"
HOUR = 3600 * 10**9


class Strangers(TestCase):
    def connect(self, server, address=STRANGER):
        peer = socket.create_connection(("127.0.0.1", server.port), source_address=(address, 0), timeout=60)
        self.addCleanup(peer.close)
        return peer

    def ask(self, server, address=STRANGER, **keys):
        """A peer whose run has begun."""
        peer = self.connect(server, address)
        peer.recv(1)
        peer.sendall(b"\xb7")
        receive_frame(peer)
        peer.sendall(frame({"type": "request", "protocol": 1} | keys))
        while (answer := receive_frame(peer))["type"] == "queued":
            pass
        self.assertEqual(answer["type"], "accept", answer)
        peer.sendall(frame({"type": "ready"}))
        return peer

    def desert(self, server, address=STRANGER):
        """A run that fails after one ping. False if there was none."""
        with self.connect(server, address) as peer, contextlib.suppress(ConnectionResetError):
            peer.recv(1)
            peer.sendall(b"1")
            begun = peer.recv(1) != b""
            reset(peer)
            return begun
        return False


class Turns(Strangers):
    def test_end_while_others_wait(self):
        """Runs that idle, that ack late, or that send nothing cost a client of another address one turn."""
        server = self.start_server("--timeout=2s", "--rounds=1", "--warmup=0", "--sizes=1,2")
        for keys in ({"interval_ns": HOUR, "sizes": "1", "rounds": 1},
                     {"interval_ns": HOUR, "sizes": "1", "rounds": 1, "connection": "fresh"},
                     {"interval_ns": HOUR, "sizes": "1", "rounds": 1, "direction": "up"}):
            with self.subTest(**keys):
                self.ask(server, **keys)
                begin = time.monotonic()
                client = server.run_client("--timeout=60s")
                self.assertEqual(client.returncode, 0, client.stderr)
                self.assertLess(time.monotonic() - begin, 30)
                self.assertRegex(client.stderr, r"queued: 1 client ahead, about [1-9] s\n")  # a turn, not an hour
        # The others may have taken longer than --timeout before that.
        self.assertIn("longer than its turn", server.messages)

    def test_last_as_long_as_nobody_waits(self):
        server = self.start_server("--timeout=500ms", "--sizes=1", "--rounds=1")
        client = server.run_client("--sizes=1", "--rounds=4", "--interval=400ms")  # 5 pings, and a turn of 0.6 s
        self.assertEqual(client.returncode, 0, client.stderr)


class FailedRuns(Strangers):
    def test_leave_few_lines_and_files_and_keep_nobody_else_out(self):
        server = self.start_server("--sizes=1,2", "--rounds=1000")
        begun = sum(self.desert(server) for _ in range(60))
        self.assertLessEqual(begun, 40)  # a few are in the queue when the limit is reached
        with self.connect(server) as peer:
            peer.recv(1)
            peer.sendall(b"\xb7")
            receive_frame(peer)
            peer.sendall(frame({"type": "request", "protocol": 1}))
            refusal = receive_frame(peer)
            self.assertEqual(refusal["type"], "refuse")
            self.assertIn("too many failed runs", refusal["reason"])
        wait_until(lambda: server.run_client("--rounds=2", "--timeout=30s").returncode == 0, "another one is not")
        self.assertLessEqual(server.messages.count(STRANGER), 2 * 30, server.messages)
        self.assertLessEqual(len(server.files()), 45)
        self.assertTrue(self.desert(server, OTHER), "an address without failed runs gets one")


class Tables(Strangers):
    def test_of_thousands_of_classes_are_a_line(self):
        server = self.start_server("--timeout=20s")
        peer = socket.socket()
        self.addCleanup(peer.close)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 100)
        peer.connect(("127.0.0.1", server.port))
        peer.recv(1)
        peer.sendall(b"\xb7")
        receive_frame(peer)
        peer.sendall(frame({"type": "request", "protocol": 1, "sizes": "1:99999:60", "rounds": 1, "warmup_rounds": 0}))
        self.assertEqual(receive_frame(peer)["type"], "accept")
        peer.sendall(frame({"type": "ready"}))
        self.assertGreaterEqual(send_acks(peer), 1667)
        wait_until(lambda: server.tables.endswith("\n"), "the run is over")
        self.assertIn(": complete, ", server.messages)
        self.assertRegex(server.tables, r"^  a table of \d+ bytes: tcpstep report \S+\.csv\n$")


class Files(Strangers):
    def test_of_other_kinds_where_files_are_expected_stop_nothing(self):
        results, metrics = self.directory / "results", self.directory / "metrics"
        results.mkdir()
        os.mkfifo(results / "20260101T000000Z_fifo.csv")
        os.mkfifo(metrics)
        (results / "20260101T000000Z_link.csv").symlink_to("/dev/zero")
        (results / "loop").symlink_to(results)
        (results / ".probe-1").write_text("")  # of an earlier version that crashed
        server = self.start_server("--metrics-file", metrics, "--sizes=1", "--rounds=2")
        self.assertEqual(server.run_client().returncode, 0)
        wait_until(metrics.is_file, "the metrics take the place of the pipe")
        server.process.terminate()
        self.assertEqual(server.wait(), 0)

    def test_that_are_gone_or_replaced_end_the_run_only(self):
        server = self.start_server("--sizes=1", "--rounds=2", "--min-free=0")
        server.results.rmdir()
        for kind in ("nothing", "pipe", "dangling link"):
            with self.subTest(kind=kind):
                if kind == "pipe":
                    os.mkfifo(server.results)
                elif kind == "dangling link":
                    server.results.unlink()
                    server.results.symlink_to(self.directory / "nowhere")
                client = server.run_client()
                self.assertEqual(client.returncode, 1)
                self.assertIn("cannot write the result", client.stderr)
        server.results.unlink()
        server.results.mkdir()
        wait_until(lambda: server.run_client().returncode == 0, "it is served again")


class MeasuringProcess(Strangers):
    def begin(self, server):
        """A run that takes a while; the pid of its process."""
        self.ask(server, sizes="1", rounds=100, interval_ns=10**9).recv(1)
        parent = server.process.pid
        return int(pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text())

    def test_has_the_least_rights(self):
        child = self.begin(self.start_server("--timeout=20s"))
        status = dict(re.findall(r"^(\w+):\t(.*)$", pathlib.Path(f"/proc/{child}/status").read_text(), re.M))
        self.assertEqual(status["NoNewPrivs"], "1")
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(status[kind], 16), 0, kind)
        if os.geteuid() == 0:
            self.assertEqual(int(status["CapBnd"], 16), 0)

    def test_has_its_processor_to_itself(self):
        processors = os.sched_getaffinity(0)
        if len(processors) < 2:
            self.skipTest("there is only one processor")
        own = {min(processors)}
        server = self.start_server("--timeout=20s", "--cpu", *own)
        self.assertEqual(os.sched_getaffinity(self.begin(server)), own)
        self.assertEqual(os.sched_getaffinity(server.process.pid), processors - own)


class Service(TestCase):
    """The unit that is installed, with its restrictions (sandboxed.py)."""

    def test_works_in_its_sandbox(self):
        if os.geteuid() != 0:
            self.skipTest("only root can make the sandbox")
        if is_sanitized("tcpstep-server"):
            self.skipTest("a sanitizer needs more than the sandbox permits")
        self.directory.chmod(0o755)
        state, runtime = self.directory / "state", self.directory / "runtime"
        state.mkdir()
        runtime.mkdir()
        unit = SOURCE / "packaging/tcpstep-server.service.in"
        options = re.search(r"^ExecStart=\S+ (.*)$", unit.read_text(), re.M)[1]
        options = options.replace("/var/lib/tcpstep", str(state)).replace("/run/tcpstep", str(runtime)).split()
        options.remove("--quiet")  # the harness waits for the message that it listens
        may_run = subprocess.run(["setpriv", "--reuid=61234", "--clear-groups", program("tcpstep-server"), "--version"],
                                 capture_output=True)
        if may_run.returncode != 0:
            self.skipTest("another user cannot run the programs of this build")
        processor = str(min(os.sched_getaffinity(0)))
        sandboxed = self.start_server(*options, "--sizes=1", "--rounds=2", env=environment(TCPSTEP_CPU=processor),
                                      prefix=[sys.executable, HERE / "sandboxed.py", unit, state, runtime])
        sandboxed.results = state
        plain = self.start_server("--sizes=1", "--rounds=2", "--cpu", processor)
        headers = []
        for server in (sandboxed, plain):
            client = server.run_client()
            self.assertEqual(client.returncode, 0, client.stderr + server.messages)
            headers.append(self.assert_complete(server.files()[0], 2).header)
        self.assertEqual(headers[0]["effective_cpu"], processor)
        changing = {"run_id", "started_utc", "seed", "server_addr", "client_addr", "load", "warnings", "mss_bytes",
                    "initial_cwnd_segments", "wakeup_median_ns", "wakeup_p99_ns", "clock_reading_ns",
                    "effective_congestion_control"}  # where cubic is for privileged users only
        facts = [{key: value for key, value in header.items() if key not in changing} for header in headers]
        self.assertEqual(facts[0], facts[1])
        metrics = runtime / "tcpstep.prom"
        wait_until(lambda: metrics.exists() and 'runs_total{status="complete"} 1' in metrics.read_text(), "the metrics are there")
        collected = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", "cat", metrics], capture_output=True, text=True)
        self.assertIn("tcpstep_runs_total", collected.stdout, collected.stderr)
        sandboxed.process.send_signal(signal.SIGTERM)
        self.assertEqual(sandboxed.wait(), 0)


if __name__ == "__main__":
    main()
