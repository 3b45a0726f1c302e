"""docs/ci: the shell of the GitHub workflow, the composite action and the GitLab component, run as a runner runs it."""

import os
import re
import subprocess
import sys
import textwrap
import xml.etree.ElementTree

from harness import PROGRAMS, SOURCE, TestCase, environment, main, program

CI = SOURCE / "docs" / "ci"
OWN_NETWORK = ["unshare", "--net", *([] if os.getuid() == 0 else ["--user", "--map-root-user"]),
               "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
ONE_RUN = ("tcpstep-server --one-off --quiet --bind 127.0.0.1 --link loopback --sizes 1,2000 --output {output} & "
           "tcpstep-client --quiet --retry 20 127.0.0.1 && wait $!")
# A proxy: passes one connection on. ncat and socat are not everywhere.
PROXY = """
import socket, sys, threading
listen, target = (int(port) for port in sys.argv[1:])
def copy(source, sink):
    while data := source.recv(65536):
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)
client, _ = socket.create_server(("127.0.0.1", listen)).accept()
server = socket.create_connection(("127.0.0.1", target))
for end in client, server:
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
threading.Thread(target=copy, args=(client, server)).start()
copy(server, client)
"""
EXIT_LEVELS = {0: "notice", 3: "error", 4: "warning"}


def steps(text, indent):
    """Name -> text of each step of a workflow or an action."""
    _, *parts = re.split(rf"^{indent}- name: (.*)\n", text, flags=re.M)
    return dict(zip(parts[::2], parts[1::2]))


def variables_of(text):
    """The entries of `env:` or `variables:`."""
    return dict(re.findall(r"^ +([A-Z]+):(?: |\n +value: )(.*)$", re.split(r"^ *(?:env|variables):\n", text, flags=re.M)[-1], re.M))


def shell_of(step):
    return textwrap.dedent(step.partition(" run: |\n")[2])


class TestOfCI(TestCase):
    def setUp(self):
        super().setUp()
        self.summary = self.directory / "summary.md"
        self.environment = environment(PATH=f"{self.place_of_programs()}:{os.environ['PATH']}",
                                       GITHUB_STEP_SUMMARY=str(self.summary), GITHUB_ACTIONS="true")
        if subprocess.run([*OWN_NETWORK, "true"], capture_output=True).returncode != 0:
            self.skipTest("a network of one's own is not permitted")

    def place_of_programs(self):
        """As a package puts them: all in one folder."""
        place = self.directory / "bin"
        place.mkdir()
        for name in PROGRAMS:
            (place / name).symlink_to(program(name))
        return place

    def run_shell(self, text, **variables):
        script = self.directory / "step.sh"
        script.write_text(text)
        return subprocess.run([*OWN_NETWORK, "bash", "-e", script], cwd=self.directory, text=True,
                              capture_output=True, timeout=100, env=self.environment | variables)

    def proxies(self):
        (self.directory / "proxy.py").write_text(PROXY)
        command = f"exec {sys.executable} proxy.py {{listen_port}} {{target_port}}"
        return {"baseline": command, "candidate": command, "through": "true"}

    def assert_compared(self, compared, junit):
        """One side is the other. Whatever chance or a busy machine makes of it, all formats agree."""
        self.assertIn(compared.returncode, EXIT_LEVELS, compared.stderr)
        suites = xml.etree.ElementTree.parse(junit).getroot()
        self.assertEqual(suites.find("testsuite").get("name"), "tcpstep compare loopback")
        self.assertEqual(suites.find("testsuite").get("failures") != "0", compared.returncode == 3)

    def assert_annotated(self, compared):
        level = EXIT_LEVELS[compared.returncode]
        self.assertRegex(compared.stdout, f"^::{level} title=tcpstep compare loopback::")
        self.assertIn("| floor | all |", self.summary.read_text())


class Workflow(TestOfCI):
    def place_of_programs(self):
        for side in ("baseline", "candidate"):
            for name, folder in PROGRAMS.items():
                place = self.directory / side / "build" / "release" / folder
                place.mkdir(parents=True)
                (place / name).symlink_to(program(name))
        return ":".join(str(path) for path in (self.directory / "candidate" / "build" / "release").iterdir())

    def test_measures_and_compares(self):
        step = steps((CI / "github-workflow.yml").read_text(), " " * 6)
        text = step["Measure in turn"]
        measured = self.run_shell(shell_of(text), **variables_of(text.partition(" run: |\n")[0]))
        self.assertEqual(measured.returncode, 0, measured.stderr)
        self.assertEqual(len(list((self.directory / "ab").glob("[ab]-*.csv"))), 20)
        compared = self.run_shell(shell_of(step["Compare"]))
        self.assert_compared(compared, self.directory / "latency.xml")
        self.assert_annotated(compared)
        self.assertIn("</html>", (self.directory / "latency.html").read_text())
        for kept in re.findall(r"^            (\S+)$", step["Keep the runs"], re.M):
            self.assertTrue((self.directory / kept).exists(), kept)


class Inputs:
    """What a user gives; everything else has a default in the file."""

    def __init__(self, text, **values):
        block = re.search(r"^( *)inputs:\n(.*?)^(?:runs:|---)", text, re.M | re.S)
        names = re.split(rf"^{block[1]}  (\w+):\n", block[2], flags=re.M)[1:]
        self.values = {}
        for name, body in zip(names[::2], names[1::2]):
            default = re.search(r"default: \"?([^\"\n]*)", body)
            self.values[name] = default[1] if default else None
        self.needed = {name for name, value in self.values.items() if value is None}
        self.values |= {"baseline": ONE_RUN, "candidate": ONE_RUN, "runs": "5"} | values

    def filled_in(self, value):
        return re.sub(r"(?:\$\{\{ inputs\.(\w+) \}\}|\$\[\[ inputs\.(\w+) \]\])",
                      lambda match: self.values[match[1] or match[2]], value)


class CompositeAction(TestOfCI):
    def run_action(self, **values):
        """Step -> its result."""
        text = (CI / "github-action" / "action.yml").read_text()
        inputs = Inputs(text, **values)
        self.assertEqual(inputs.needed, {"baseline", "candidate"})
        results = {}
        for name, step in steps(text, " " * 4).items():
            variables = {key: inputs.filled_in(value)
                         for key, value in variables_of(step.partition(" run: |\n")[0]).items()}
            results[name] = self.run_shell(shell_of(step), **variables)
        self.assertEqual(list(results), ["Install", "Measure in turn", "Compare"])
        self.assertEqual((results["Install"].returncode, results["Measure in turn"].returncode), (0, 0), results)
        return results

    def test_compares_two_commands(self):
        results = self.run_action()
        self.assert_compared(results["Compare"], self.directory / "ab" / "latency.xml")
        self.assert_annotated(results["Compare"])


    def test_measures_through_two_proxies(self):
        results = self.run_action(**self.proxies())
        self.assertIn(results["Compare"].returncode, EXIT_LEVELS, results)
        self.assertEqual(len(list((self.directory / "ab").glob("[ab]-*.csv"))), 10)


class GitLabComponent(TestOfCI):
    def run_component(self, **values):
        text = (CI / "gitlab-component.yml").read_text()
        inputs = Inputs(text, **values)
        self.assertEqual(inputs.needed, {"baseline", "candidate"})
        job = text.partition("---\n")[2]
        variables = {key: inputs.filled_in(value) for key, value in
                     variables_of(job.partition("  script:\n")[0]).items()}
        script = job.partition("  script:\n")[2].partition("  #")[0]
        lines = "\n".join(textwrap.dedent(part) for part in script.split("    - |\n"))
        self.kept = re.search(r"paths: \[(.*)\]", job)[1].split(", ")
        return self.run_shell(lines, **variables)

    def test_compares_two_commands(self):
        self.assert_compared(self.run_component(), self.directory / "latency.xml")
        for kept in self.kept:
            self.assertTrue((self.directory / kept).exists(), kept)

    def test_measures_through_two_proxies(self):
        compared = self.run_component(**self.proxies())
        self.assertIn(compared.returncode, EXIT_LEVELS, compared)
        self.assertEqual(len(list((self.directory / "ab").glob("[ab]-*.csv"))), 10)


if __name__ == "__main__":
    main()
