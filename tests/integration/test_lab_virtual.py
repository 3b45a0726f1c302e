"""tcpstep-lab in virtual time: exact, repeatable, and the same as netem where netem can do it."""

import shutil

from harness import TestCase, main, run
from test_lab import smallest_rtts

PATIENCE = 110


class Virtual(TestCase):
    def test_model_emulator_and_netem_agree_on_adsl(self):
        if shutil.which("qemu-system-x86_64") is None:
            self.skipTest("qemu-system-x86 is not installed")
        for emulation in ([], ["--netem"]):
            result = run("tcpstep-lab", "measure", "--virtual", *emulation, "-n", 1, "--sizes",
                         "1,1401,2101,5101", "--results", self.directory / "results", "adsl",
                         timeout=PATIENCE)
            if "no virtual machine" in result.stderr:
                self.skipTest(result.stderr.strip())
            self.assertEqual(result.returncode, 0, result.stderr)
            rtts = smallest_rtts(result.stdout.strip())
            self.assertAlmostEqual(rtts[1], 20.935, delta=0.3)
            for size, penalty in ((1401, 5.1), (2101, 13.1), (5101, 24.5)):
                self.assertAlmostEqual(100 * (rtts[size] / rtts[1] - 1), penalty, delta=0.5)


if __name__ == "__main__":
    main()
