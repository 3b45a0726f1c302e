"""tcpstep-lab in virtual time: exact, repeatable, and the same as netem where netem can do it."""

import pathlib
import re
import shutil
import subprocess

from harness import SOURCE, TestCase, is_sanitized, main, read_run, run, wait_until
from test_lab import kill_measurements, smallest_rtts

PATIENCE = 500


class Virtual(TestCase):
    def setUp(self):
        super().setUp()
        if shutil.which("qemu-system-x86_64", path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            self.skipTest("qemu-system-x86 is not installed")

    def measure(self, *arguments):
        """The result files of a measurement."""
        slow = ("--tolerance", "5%") if is_sanitized("tcpstep-lab") else ()  # it shares the processor with the hosts
        result = run("tcpstep-lab", "measure", "--virtual", "-n", 3, "--sizes", "1,1401,2101,5101",
                     "--results", self.directory / "results", *arguments, *slow, timeout=PATIENCE)
        if "cannot start the virtual machine" in result.stderr:
            self.skipTest(result.stderr.strip())
        self.assertEqual(result.returncode, 0, result.stderr)
        return [pathlib.Path(line) for line in result.stdout.splitlines()]

    def assert_adsl(self, path):
        rtts = smallest_rtts(path)
        self.assertAlmostEqual(rtts[1], 20.935, delta=0.3)
        for size, penalty in ((1401, 5.1), (2101, 13.1), (5101, 24.5)):
            self.assertAlmostEqual(100 * (rtts[size] / rtts[1] - 1), penalty,
                                   delta=0.8)  # sanitizers add their time to the hosts'

    def test_only_the_link_and_the_sweep_decide(self):
        """Not names, their lengths, comments of the profile or other links."""
        profile = self.directory / "a-long-name.profile"
        text = (SOURCE / "lib" / "link" / "profiles" / "3g.profile").read_text()
        profile.write_text(re.sub("^#.*\n", "", text, flags=re.M))
        first, = self.measure("--label", "r1", "3g")
        adsl, second = self.measure("--label", "candidate", "adsl", profile)
        self.assert_adsl(adsl)
        runs = [read_run(path) for path in (first, second)]
        self.assertEqual([(run.header["link"], run.header["label"], run.header["lab_profile"]) for run in runs],
                         [("3g", "r1", "3g"), ("a-long-name", "candidate", "a-long-name.profile")])
        self.assertNotEqual(*(run.header["run_id"] for run in runs))
        self.assertEqual({run.header["lab_time"] for run in runs}, {"virtual"})
        first, second = ([row for row in run.rows if row["round"] != "0"] for run in runs)
        self.assertEqual([row["size_bytes"] for row in first], [row["size_bytes"] for row in second])
        limit = 2e-3 if is_sanitized("tcpstep-client") else 2e-4  # what is left: docs/lab.md
        for one, other in zip(first, second):
            self.assertLess(abs(int(one["rtt_ns"]) / int(other["rtt_ns"]) - 1), limit)

    def test_killed_at_any_moment_leaves_nothing(self):
        def wait_for_end(temporary):
            wait_until(lambda: not subprocess.run(["pgrep", "-f", str(temporary)], check=False,
                                                  capture_output=True).stdout, "the machine is gone")

        results = kill_measurements(self, 4, 4, "--virtual", "-n", 500, "adsl",
                                    wait_for_end=wait_for_end)
        self.assertFalse(results.exists())

    def test_netem_agrees_as_well(self):
        adsl, = self.measure("--netem", "adsl")
        self.assert_adsl(adsl)


if __name__ == "__main__":
    main()
