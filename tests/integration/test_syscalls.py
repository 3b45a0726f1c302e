"""What a ping costs the end that measures: one send and one recv with nothing between, and at most two more calls outside."""

import re
import shutil
import subprocess

from harness import TestCase, environment, main, program, run, send_acks

ROUNDS = 10
SIZES = 100  # 1:9901:100

# The kinds of system call that matter here, by the line that strace prints.
KINDS = (
    ("look", re.compile(r"recvfrom\(.*MSG_PEEK\|MSG_DONTWAIT")),  # unsolicited bytes?
    ("send", re.compile(r"sendto\(")),
    ("recv", re.compile(r"recvfrom\(")),
    ("info", re.compile(r"getsockopt\(.*TCP_INFO")),  # the kernel's evidence, after the second reading
    ("write", re.compile(r"write\(\d+<[^>]*run\.csv>")),
    ("clock", re.compile(r"clock_gettime\(")),  # a real call only where the vDSO has no clock
)
LETTER = {"look": "L", "send": "S", "recv": "R", "info": "I", "write": "w", "other": "x"}


def kinds_of(trace):
    """One letter for each system call of a trace."""
    for line in trace.splitlines():
        kind = next((name for name, pattern in KINDS if pattern.match(line)), "other")
        if kind != "clock":
            yield LETTER[kind]


class SystemCalls(TestCase):
    def tracing(self):
        """Options that run a program under strace."""
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        probe = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True)
        if probe.returncode != 0:
            self.skipTest(f"this user may not trace here: {probe.stderr.strip()}")
        return {"prefix": ["strace", "-ff", "-y", "-o", self.directory / "trace"],
                "env": environment(ASAN_OPTIONS="detect_leaks=0")}  # which needs ptrace for itself

    def serve_one(self, *arguments, **options):
        return self.start_server("--one-off", "--rounds", ROUNDS, "--timeout", "60min", *arguments,
                                 **options)

    def check_run(self, server):
        """Of a ping four calls, of which two are timed, and at most one write after a round."""
        self.assertEqual(server.wait(), 0, server.messages)
        self.assert_complete(self.directory / "run.csv", ROUNDS * SIZES)
        # One file a process: the one that measures sends all payloads but the opening ping.
        trace = max((path.read_text() for path in self.directory.glob("trace.*")), key=len)
        calls = "".join(kinds_of(trace))
        # The clock is read before S and after R. What is not timed may come in any order around them.
        begin = re.search("[LI]*(SR[LI]*){3}", calls).start()  # of the rounds: before them S and R are further apart
        rounds = calls[begin:]
        rounds = rounds[:re.match(rf"([LIwx]*SR){{{SIZES * (ROUNDS + 1)}}}[LI]*", rounds).end()]
        self.assertEqual(calls[:begin].count("w"), 0, "the header waits for the MSS after the warm-up")
        self.assertRegex(re.sub("[LI]", "", rounds), rf"^((SR){{{SIZES}}}[wx]*)*$")
        self.assertLessEqual(rounds.count("L") + rounds.count("I"), 2 * rounds.count("S") + ROUNDS + 1, "and one a round")
        self.assertLessEqual(rounds.count("w"), ROUNDS + 3, "one for each of header, opening ping, warm-up and round at most")

    def test_of_a_classic_run(self):
        server = self.serve_one("--output", "run.csv", **self.tracing())
        with server.connect() as peer:
            self.assertEqual(send_acks(peer), 1 + SIZES * (ROUNDS + 1))
        self.check_run(server)

    def test_of_a_negotiated_run(self):
        server = self.serve_one("--output", "run.csv", **self.tracing())
        client = run("tcpstep-client", "--port", server.port, "127.0.0.1")
        self.assertEqual(client.returncode, 0, client.stderr)
        self.check_run(server)

    def test_short_rounds_are_written_together(self):
        server = self.start_server("--one-off", "--sizes=1", "--rounds=1000", "--timeout=60min", "--output=run.csv",
                                   **self.tracing())
        client = run("tcpstep-client", "--port", server.port, "127.0.0.1")
        self.assertEqual((server.wait(), client.returncode), (0, 0), server.messages)
        trace = max((path.read_text() for path in self.directory.glob("trace.*")), key=len)
        self.assertLess("".join(kinds_of(trace)).count("w"), 500)
        self.assert_complete(self.directory / "run.csv", 1000)

    def test_of_an_upward_run(self):
        server = self.serve_one()
        options = self.tracing()
        client = run(*options["prefix"], program("tcpstep-client"), "--direction=up", "--output",
                     self.directory / "run.csv", "--port", server.port, "127.0.0.1", env=options["env"])
        self.assertEqual(client.returncode, 0, client.stderr)
        self.check_run(server)  # the server has timed the opening ping


if __name__ == "__main__":
    main()
