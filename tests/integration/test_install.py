"""What cmake --install puts into a system: programs, manual pages, README, the hardened unit file."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import PROGRAMS, environment, main, run


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="test-tcpstep-")
        cls.addClassCleanup(folder.cleanup)
        cls.prefix = pathlib.Path(folder.name)
        subprocess.run(["cmake", "--install", os.environ["TCPSTEP_BUILD"], "--prefix", cls.prefix, "--strip"],
                       env=environment(), check=True, stdout=subprocess.DEVNULL)
        cls.unit = cls.prefix / "lib/systemd/system/tcpstep-server.service"

    def test_programs_run_where_they_are(self):
        for name in PROGRAMS:
            self.assertEqual(run(self.prefix / "bin" / name, "--version").returncode, 0)
        self.assertEqual(len(run(self.prefix / "bin/tcpstep-lab", "list").stdout.splitlines()), 6)

    def test_readme_links_to_what_was_installed(self):
        readme = self.prefix / "share/doc/tcpstep/README.md"
        for link in re.findall(r"\]\(([^)\s#]+)", readme.read_text()):
            if "://" not in link:
                self.assertTrue((readme.parent / link).exists(), link)

    def test_every_program_has_its_manual_page(self):
        if not shutil.which("scdoc"):
            self.skipTest("scdoc is not installed")
        pages = {page.name for page in self.prefix.glob("share/man/man1/*")}
        self.assertEqual(pages, {f"{name}.1" for name in PROGRAMS})

    def test_unit_starts_the_installed_program_with_options_that_exist(self):
        program, options = re.search(r"^ExecStart=(\S+) (.*)$", self.unit.read_text(), re.M).groups()
        self.assertEqual(program, str(self.prefix / "bin/tcpstep-server"))
        help_text = run(program, "--help").stdout
        for option in re.findall(r"--[a-z-]+", options):
            self.assertIn(option, help_text)

    def test_unit_exposes_little(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        result = run("systemd-analyze", "security", "--offline=true", "--no-pager", self.unit)
        found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
        if not found:
            self.skipTest(f"this systemd-analyze cannot judge a file: {result.stderr}")
        self.assertLessEqual(float(found[1]), 1.5, result.stdout)


if __name__ == "__main__":
    main()
