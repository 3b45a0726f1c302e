"""What cmake --install puts into a system: programs, manual pages, README, the hardened unit files."""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import PROGRAMS, SOURCE, environment, main, run

DEBIAN = SOURCE / "packaging/debian"


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="test-tcpstep-")
        cls.addClassCleanup(folder.cleanup)
        cls.prefix = pathlib.Path(folder.name)
        subprocess.run(["cmake", "--install", os.environ["TCPSTEP_BUILD"], "--prefix", cls.prefix, "--strip"],
                       env=environment(), check=True, stdout=subprocess.DEVNULL)
        units = cls.prefix / "lib/systemd/system"
        cls.units = {"tcpstep-server": units / "tcpstep-server.service",
                     "tcpstep-analyze": units / "tcpstep-report.service"}

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

    def test_units_start_the_installed_programs_with_options_that_exist(self):
        for name, unit in self.units.items():
            text = unit.read_text()
            program, options = re.search(r"^ExecStart=(\S+) (.*)$", text, re.M).groups()
            self.assertEqual(program, str(self.prefix / "bin" / name))
            command = [] if options.startswith("-") else [options.split()[0]]
            help_text = run(program, *command, "--help=all").stdout
            variables = re.findall(r"TCPSTEP_([A-Z_]+)=", text)
            for option in [*re.findall(r"--[a-z-]+", options),
                           *(f"--{variable.lower().replace('_', '-')}" for variable in variables)]:
                self.assertIn(option, help_text)

    def test_units_expose_little(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        for unit in self.units.values():
            result = run("systemd-analyze", "security", "--offline=true", "--no-pager", unit)
            found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
            if not found:
                self.skipTest(f"this systemd-analyze cannot judge a file: {result.stderr}")
            self.assertLessEqual(float(found[1]), 1.5, result.stdout)

    def test_report_unit_reads_what_the_server_writes_and_has_a_timer(self):
        server, report = (unit.read_text() for unit in self.units.values())
        written = re.search(r"--results (\S+)", server)[1]
        self.assertTrue(re.search(r"^ExecStart=.* (\S+)$", report, re.M)[1] == written)
        self.assertIn("User=tcpstep-server\n", report)
        timer = self.units["tcpstep-analyze"].with_suffix(".timer").read_text()
        self.assertIn("OnCalendar=weekly\n", timer)

    def test_completions_are_where_the_shells_look(self):
        for name in PROGRAMS:
            for place in (f"bash-completion/completions/{name}", f"zsh/site-functions/_{name}",
                          f"fish/vendor_completions.d/{name}.fish"):
                self.assertIn(name, (self.prefix / "share" / place).read_text())

    def test_each_file_is_in_exactly_one_debian_package(self):
        if not shutil.which("scdoc"):
            self.skipTest("scdoc is not installed: manual pages are missing")
        taken = collections.Counter()
        for list_ in [*DEBIAN.glob("*.install"), DEBIAN / "not-installed"]:
            for pattern in [line.split()[0] for line in list_.read_text().splitlines()]:
                if not pattern.startswith("usr/"):
                    self.assertTrue((SOURCE / pattern.replace("debian/", "packaging/debian/")).exists(), pattern)
                    continue
                # lib/ of this prefix is lib/x86_64-linux-gnu/ of Debian's.
                entries = list(self.prefix.glob(pattern.removeprefix("usr/").replace("lib/*/", "lib/")))
                self.assertTrue(entries, f"{list_.name}: {pattern}: nothing was installed there")
                for entry in entries:
                    taken.update(file for file in [entry, *entry.rglob("*")] if file.is_file())
        installed = collections.Counter(file for file in self.prefix.rglob("*") if file.is_file())
        self.assertEqual(sorted((installed - taken).elements()), [], "in no package")
        self.assertEqual(sorted((taken - installed).elements()), [], "in several packages")


class Sources(unittest.TestCase):
    def test_of_a_tarball_know_their_commit(self):
        if not (SOURCE / ".git").exists():
            self.skipTest("these sources are a tarball themselves")
        git = ["git", "-C", str(SOURCE)]
        commit = run(*git, "log", "-1", "--format=%h").stdout.strip()
        with tempfile.TemporaryDirectory(prefix="test-tcpstep-") as folder:
            archive = subprocess.run([*git, "archive", "HEAD", "cmake"], check=True, capture_output=True).stdout
            subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
            header = pathlib.Path(folder) / "version.h"
            subprocess.run(["cmake", "-D", f"SOURCE={folder}", "-D", f"HEADER={header}", "-D", "PROJECT_VERSION=1.2.3",
                            "-P", f"{folder}/cmake/version.cmake"], check=True)
            self.assertIn(f'TCPSTEP_GIT_ID "{commit}"', header.read_text())

    def test_have_one_version(self):
        version = re.search(r"^project\(tcpstep VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text(), re.M)[1]
        self.assertRegex((DEBIAN / "changelog").read_text(), rf"^tcpstep \({re.escape(version)}\) ")

    def test_install_packages_by_the_name_of_the_system(self):
        for system, is_known in (("ID=debian\nVERSION_ID=12", True), ('ID=ubuntu\nVERSION_ID="24.04"', True),
                                 ("ID=fedora\nVERSION_ID=41", False), ("ID=arch", False)):
            with tempfile.NamedTemporaryFile("w", prefix="test-tcpstep-") as file:
                file.write(system + "\n")
                file.flush()
                result = run(SOURCE / "scripts/install-packages", *(["--print"] if is_known else []), "build",
                             env=environment(TCPSTEP_OS_RELEASE=file.name))
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual("docs/building.md" in result.stderr, not is_known, system)


if __name__ == "__main__":
    main()
