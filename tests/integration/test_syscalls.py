"""What a ping costs the server: one send and one recv in the timed part, a look before it and TCP_INFO after."""

import re
import shutil
import subprocess

from harness import TestCase, environment, main, run

ROUNDS = 10
SIZES = 100  # 1:9901:100

# The kinds of system call that matter here, by the line that strace prints.
KINDS = (
    ("look", re.compile(r"recvfrom\(.*MSG_PEEK\|MSG_DONTWAIT")),  # did the client speak unasked?
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
    def trace_of_a_run(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        probe = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True)
        if probe.returncode != 0:
            self.skipTest(f"this user may not trace here: {probe.stderr.strip()}")
        trace = self.directory / "trace"
        server = self.start_server(
            "--one-off", "--rounds", ROUNDS, "--output", "run.csv", "--timeout", "60min",
            prefix=["strace", "-ff", "-y", "-o", trace],
            env=environment(ASAN_OPTIONS="detect_leaks=0"))  # which needs ptrace for itself
        client = run("tcpstep-client", "--port", server.port, "127.0.0.1")
        self.assertEqual(client.returncode, 0, client.stderr)
        self.assertEqual(server.wait(), 0, server.words)
        self.assert_complete(self.directory / "run.csv", ROUNDS * SIZES)
        # One file a process: the one that measures sends all payloads but the opening ping.
        return max((path.read_text() for path in self.directory.glob("trace.*")), key=len)

    def test_of_a_ping_are_four_of_which_two_are_timed_and_of_a_round_one_write(self):
        calls = "".join(kinds_of(self.trace_of_a_run()))
        ping = "LSRI"  # the clock is read between L and S, and between R and I
        sweep = calls[calls.index(ping):calls.rindex(ping) + len(ping)]
        before, rounds = calls[:calls.index(ping)], sweep
        self.assertEqual(before.count("w"), 2, "the header and the opening ping")
        self.assertRegex(rounds, rf"^(({ping}){{{SIZES}}}[wx]*)*$")
        self.assertEqual(rounds.count(ping), SIZES * (ROUNDS + 1))
        between = rounds.split(ping * SIZES)[1:-1]
        self.assertEqual([calls.count("w") for calls in between], [1] * ROUNDS)


if __name__ == "__main__":
    main()
