"""docs/ci/github-workflow.yml: its steps after the build, run as a runner runs them."""

import os
import re
import subprocess
import textwrap
import xml.etree.ElementTree

from harness import PROGRAMS, SOURCE, TestCase, environment, main, program

WORKFLOW = SOURCE / "docs" / "ci" / "github-workflow.yml"
OWN_NETWORK = ["unshare", "--net", *([] if os.getuid() == 0 else ["--user", "--map-root-user"]),
               "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def steps():
    """Name -> the step's text."""
    _, *parts = re.split(r"^      - name: (.*)\n", WORKFLOW.read_text(), flags=re.M)
    return dict(zip(parts[::2], parts[1::2]))


class Workflow(TestCase):
    def setUp(self):
        super().setUp()
        for side in ("baseline", "candidate"):
            for name, folder in PROGRAMS.items():
                place = self.directory / side / "build" / "release" / folder
                place.mkdir(parents=True)
                (place / name).symlink_to(program(name))
        installed = ":".join(str(path) for path in (self.directory / "candidate" / "build" / "release").iterdir())
        self.summary = self.directory / "summary.md"
        self.environment = environment(PATH=f"{installed}:{os.environ['PATH']}",
                                       GITHUB_STEP_SUMMARY=str(self.summary), GITHUB_ACTIONS="true")
        if subprocess.run([*OWN_NETWORK, "true"], capture_output=True).returncode != 0:
            self.skipTest("a network of one's own is not permitted")

    def run_step(self, name):
        text = steps()[name]
        variables = dict(re.findall(r"^          ([A-Z]+): (.*)$", text.partition("        env:\n")[2], re.M))
        script = self.directory / "step.sh"
        script.write_text(textwrap.dedent(text.partition("        run: |\n")[2]))
        return subprocess.run([*OWN_NETWORK, "bash", "-e", script], cwd=self.directory, text=True,
                              capture_output=True, timeout=100, env=self.environment | variables)

    def test_measures_and_compares(self):
        measured = self.run_step("Measure in turn")
        self.assertEqual(measured.returncode, 0, measured.stderr)
        self.assertEqual(len(list((self.directory / "ab").glob("[ab]-*.csv"))), 20)
        compared = self.run_step("Compare")
        # One side is the other. Whatever chance or a busy machine makes of it, all formats agree.
        level = {0: "notice", 3: "error", 4: "warning"}[compared.returncode]
        self.assertRegex(compared.stdout, f"^::{level} title=tcpstep compare loopback::")
        self.assertIn("| floor | all |", self.summary.read_text())
        suites = xml.etree.ElementTree.parse(self.directory / "latency.xml").getroot()
        self.assertEqual(suites.find("testsuite").get("name"), "tcpstep compare loopback")
        self.assertEqual(suites.find("testsuite").get("failures") != "0", compared.returncode == 3)
        self.assertIn("</html>", (self.directory / "latency.html").read_text())
        for kept in re.findall(r"^            (\S+)$", steps()["Keep the runs"], re.M):
            self.assertTrue((self.directory / kept).exists(), kept)


if __name__ == "__main__":
    main()
