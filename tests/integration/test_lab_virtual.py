"""tcpstep-lab in virtual time: exact, repeatable, and the same as netem where netem can do it."""

import pathlib
import shutil
import subprocess

from harness import SOURCE, TestCase, main, read_run, run, wait_until
from test_lab import kill_measurements, smallest_rtts

PATIENCE = 140


def profile_text(name):
    return (SOURCE / "lib" / "link" / "profiles" / f"{name}.profile").read_text()


class Virtual(TestCase):
    def setUp(self):
        super().setUp()
        if shutil.which("qemu-system-x86_64", path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            self.skipTest("qemu-system-x86 is not installed")

    def measure(self, *arguments):
        """The result files of a measurement."""
        result = run("tcpstep-lab", "measure", "--virtual", "-n", 3, "--sizes", "1,1401,2101,5101",
                     "--results", self.directory / "results", *arguments, timeout=PATIENCE)
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

    def test_agrees_with_the_model(self):
        adsl, = self.measure("adsl")
        self.assert_adsl(adsl)

    def test_names_and_other_links_change_no_nanosecond(self):
        profile = self.directory / "a-long-name.profile"
        profile.write_text(profile_text("3g"))
        first, = self.measure("--label", "r1", "3g")
        _, second = self.measure("--label", "candidate", "adsl", profile)
        headers = [read_run(path).header for path in (first, second)]
        self.assertEqual([(header["link"], header["label"], header["lab_profile"]) for header in headers],
                         [("3g", "r1", "3g"), ("a-long-name", "candidate", "a-long-name.profile")])
        self.assertNotEqual(headers[0]["run_id"], headers[1]["run_id"])
        self.assertEqual(read_run(first).rows, read_run(second).rows)
        self.assertEqual({header["lab_time"] for header in headers}, {"virtual"})

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
