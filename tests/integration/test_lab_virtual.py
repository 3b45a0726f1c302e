"""tcpstep-lab in virtual time: exact, repeatable, and the same as netem where netem can do it."""

import pathlib
import shutil
import subprocess

from harness import TestCase, main, run, wait_until
from test_lab import kill_measurements, smallest_rtts

PATIENCE = 90


class Virtual(TestCase):
    def setUp(self):
        super().setUp()
        if shutil.which("qemu-system-x86_64", path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            self.skipTest("qemu-system-x86 is not installed")

    def measure(self, *arguments):
        """The one result file of a measurement."""
        result = run("tcpstep-lab", "measure", "--virtual", "-n", 3, "--sizes", "1,1401,2101,5101",
                     "--results", self.directory / "results", *arguments, timeout=PATIENCE)
        if "cannot start the virtual machine" in result.stderr:
            self.skipTest(result.stderr.strip())
        self.assertEqual(result.returncode, 0, result.stderr)
        return pathlib.Path(result.stdout.strip())

    def assert_adsl(self, path):
        rtts = smallest_rtts(path)
        self.assertAlmostEqual(rtts[1], 20.935, delta=0.3)
        for size, penalty in ((1401, 5.1), (2101, 13.1), (5101, 24.5)):
            self.assertAlmostEqual(100 * (rtts[size] / rtts[1] - 1), penalty,
                                   delta=0.8)  # sanitizers add their time to the hosts'

    def test_agrees_with_the_model_and_repeats_to_the_byte(self):
        first = self.measure("adsl")
        self.assert_adsl(first)
        self.assertEqual(first.read_bytes(), self.measure("adsl").read_bytes())

    def test_killed_at_any_moment_leaves_nothing(self):
        def wait_for_end(temporary):
            wait_until(lambda: not subprocess.run(["pgrep", "-f", str(temporary)], check=False,
                                                  capture_output=True).stdout, "the machine is gone")

        results = kill_measurements(self, 4, 4, "--virtual", "-n", 500, "adsl",
                                    wait_for_end=wait_for_end)
        self.assertFalse(results.exists())

    def test_netem_agrees_as_well(self):
        self.assert_adsl(self.measure("--netem", "adsl"))


if __name__ == "__main__":
    main()
