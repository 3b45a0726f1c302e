"""scripts/veth-pair itself: what it promises about the command, and that it leaves nothing behind."""

import pathlib
import signal
import uuid

from harness import SOURCE, TestCase, main, run, start, wait_until

VETH_PAIR = SOURCE / "scripts" / "veth-pair"


def processes_with(word):
    """Whether any process on this machine has this word among its arguments."""
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes():
                return True
        except OSError:  # it has ended meanwhile
            continue
    return False


class VethPair(TestCase):
    def setUp(self):
        super().setUp()
        probe = run(VETH_PAIR, "true")
        if probe.returncode == 77:
            self.skipTest(probe.stderr.strip())

    def test_gives_back_the_exit_status_of_its_command(self):
        for status in (0, 5, 77):
            self.assertEqual(run(VETH_PAIR, "sh", "-c", f"exit {status}").returncode, status)

    def test_joins_two_hosts_of_the_mtu_asked_for(self):
        for arguments, mtu in (([], 1500), (["--mtu", 1400], 1400)):
            for far in ("", "$TCPSTEP_FAR "):
                link = far and "far" or "near"
                result = run(VETH_PAIR, *arguments, "sh", "-c", f"{far}ip link show {link}")
                self.assertIn(f" mtu {mtu} ", result.stdout, result.stderr)

    def test_lets_a_signal_kill_its_command(self):
        result = run(VETH_PAIR, "sh", "-c", "sh -c 'kill -INT $$'; echo $?")
        self.assertEqual(result.stdout, "130\n")

    def test_refuses_bad_usage(self):
        for arguments in ([], ["--mtu"], ["--mtu", "x", "true"], ["--po"]):
            self.assertEqual(run(VETH_PAIR, *arguments).returncode, 2)

    def test_leaves_nothing_behind_when_it_is_killed(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            marker = str(uuid.uuid4())
            script = f"echo ready; $TCPSTEP_FAR sh -c 'sleep 1000; : {marker}' & sleep 1000; : {marker}"
            pair = start(VETH_PAIR, "sh", "-c", script)
            self.assertEqual(pair.stdout.readline(), "ready\n")
            self.assertTrue(processes_with(marker))
            pair.send_signal(number)
            self.assertEqual(pair.wait(), -number)
            pair.communicate()
            wait_until(lambda: not processes_with(marker), "everything in the namespaces is gone")


if __name__ == "__main__":
    main()
