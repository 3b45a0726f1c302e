"""The unit file: as hardened as it says."""

import re
import shutil

from harness import SOURCE, TestCase, main, run

UNIT = SOURCE / "packaging" / "tcpstep-server.service"


class Unit(TestCase):
    def test_exposes_little(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        result = run("systemd-analyze", "security", "--offline=true", "--no-pager", UNIT)
        found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
        if not found:
            self.skipTest(f"this systemd-analyze cannot judge a file: {result.stderr}")
        self.assertLessEqual(float(found[1]), 1.5, result.stdout)

    def test_asks_for_options_that_exist(self):
        line = re.search(r"^ExecStart=\S+ (.*)$", UNIT.read_text(), re.M)[1]
        help_text = run("tcpstep-server", "--help").stdout
        for option in re.findall(r"--[a-z-]+", line):
            self.assertIn(option, help_text)


if __name__ == "__main__":
    main()
