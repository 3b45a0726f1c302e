"""tcpstep-mesh: every pair of hosts, over namespaces on a bridge; what goes wrong there; sshd."""

import contextlib
import csv
import datetime
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time

from network import Bridge, enter_namespaces, ip
from harness import PATIENCE, TestCase, environment, main, program, read_run, run, start, wait_until

NETNS = "ip netns exec {host}"
PORT = 20903


def measurements():
    """The processes with a lease: pids of what measures, or could."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if entry.name.isdigit() and any(word.startswith(b"--lease") for word in words) and b"tcpstep-" in words[0]:
            found.append(int(entry.name))
    return found


def links_measured():
    """What the clients among them were told."""
    links = []
    for process in measurements():
        with contextlib.suppress(OSError):
            words = pathlib.Path(f"/proc/{process}/cmdline").read_text().split("\0")
            links += [word.removeprefix("--link=") for word in words if word.startswith("--link=")]
    return links


class MeshTestCase(TestCase):
    HOSTS = 3
    IS_UNEQUAL = False  # h5 is behind a link of 5 ms; h4, and the path between h1 and h2, have a smaller MTU

    @classmethod
    def setUpClass(cls):
        cls.bridge = Bridge(cls.HOSTS)
        cls.addClassCleanup(cls.bridge.close)
        if cls.IS_UNEQUAL:
            with tempfile.NamedTemporaryFile("w", suffix=".profile") as profile:
                profile.write("[both]\ndelay = 2.5ms\n")
                profile.flush()
                cls.bridge.add_host_behind(profile.name, "h5")
            ip("-n", "h4", "link", "set", "eth0", "mtu", 1280)
            for a, b in ((1, 2), (2, 1)):
                ip("-n", f"h{a}", "route", "add", f"10.20.0.{b}/32", "dev", "eth0", "mtu", "lock", 1400)

    def setUp(self):
        super().setUp()
        self.hosts = self.bridge.write_hosts(self.directory / "hosts")
        self.bin = self.directory / "bin"
        self.bin.mkdir()
        for name in ("tcpstep-server", "tcpstep-client"):
            (self.bin / name).symlink_to(program(name))

    def arguments(self, *arguments, launch=NETNS, sizes="1,boundaries", rounds=3):
        return ("--hosts", self.hosts, "--launch", launch, "--programs", self.bin, "--port", PORT, "--results",
                self.directory / "mesh", "--sizes", sizes, "--rounds", rounds, *arguments)

    def mesh(self, *arguments, **options):
        return run("tcpstep-mesh", *self.arguments(*arguments, **options), cwd=self.directory, timeout=3 * PATIENCE)

    def days(self):
        return [path for path in (self.directory / "mesh").iterdir() if path.is_dir() and path.name[0] != "."]

    def index(self):
        rows = []
        for day in sorted(self.days()):
            with open(day / "index.csv", encoding="utf-8") as file:
                rows += list(csv.DictReader(file))
        return rows

    def assert_all_measured(self, hosts):
        """Every pair is in the index with a complete file, of its own link."""
        measured = {(row["from"], row["to"]): row for row in self.index() if row["file"]}
        self.assertEqual(set(measured), {(a, b) for a in hosts for b in hosts if a != b})
        for (a, b), row in measured.items():
            file = read_run(next(day / row["file"] for day in self.days() if (day / row["file"]).exists()))
            self.assertEqual(file.trailer["status"], "complete")
            self.assertEqual((file.header["link"], file.header["mesh_from"], file.header["mesh_to"]),
                             (f"{a}_{b}", a, b))
            self.assertIn(file.header["server_addr"].split(":")[0], self.bridge.hosts[a])

    def matrix(self, *arguments):
        result = run("tcpstep-analyze", "matrix", *arguments, self.directory / "mesh")
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def assert_names_what_is_unequal(self):
        text = self.matrix()
        self.assertRegex(text, r"\nslow host\n  h5: \+(4[5-9]\d\d µs|[4-9]\.\d+ ms) on its paths\n")
        self.assertIn("h4: 1228 instead of 1448 on all of its paths", text)
        self.assertIn("h1 ↔ h2: 1348 instead of 1448", text)


class EveryPair(MeshTestCase):
    HOSTS = 4
    IS_UNEQUAL = True

    def test_measures_all_and_names_what_is_slow(self):
        result = self.mesh("--pairs=1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("20 of 20 measured", result.stderr)
        self.assert_all_measured(self.bridge.hosts)
        self.assertEqual({path.name for path in (self.directory / "mesh").iterdir()} - {path.name for path in self.days()},
                         {"mesh.json", ".lock"})
        self.assert_no_host_twice(self.index())

        self.assert_names_what_is_unequal()
        matrix = json.loads(self.matrix("--format=json"))
        self.assertEqual(matrix["slow_hosts"][0]["host"], "h5")  # a busy machine may add some µs to another one
        self.assertEqual(len(matrix["cells"]), 20)
        rows = list(csv.DictReader(self.matrix("--format=csv", "--statistic=rtt:1").splitlines()))
        self.assertEqual(len(rows), 20)
        self.assertTrue(all((float(row["value"]) > 5e6) == ("h5" in (row["from"], row["to"])) for row in rows))
        self.assertEqual(len(json.loads(run("tcpstep-analyze", "report", "--format=json", self.directory / "mesh",
                                            "--since=1d").stdout)["links"]), 20)

    def assert_no_host_twice(self, rows):
        spans = {}
        for row in rows:
            begin = datetime.datetime.fromisoformat(row["started_utc"].replace("Z", "+00:00")).timestamp()
            for host in (row["from"], row["to"]):
                spans.setdefault(host, []).append((begin, float(row["seconds"])))
        for host, of_host in spans.items():
            of_host.sort()
            for (begin, seconds), (following, _) in zip(of_host, of_host[1:]):
                self.assertLessEqual(begin + seconds, following + 2, host)  # starts are in whole seconds


class Forecast(MeshTestCase):
    """Of measurements that mostly wait between pings, so that they take as long on a busy machine."""

    def test_is_right_within_a_fifth(self):
        hosts = self.bridge.write_hosts(self.hosts, "h1", "h2")
        self.assertTrue(hosts)
        for number, seed in enumerate((3, 4)):  # the second one knows how long the first one took
            begin = time.monotonic()
            result = self.mesh(f"--seed={seed}", "--interval=500ms", sizes=1, rounds=19)
            took = time.monotonic() - begin
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(len(self.index()), 2 * number + 2)  # it adds to the folder
            forecast = result.stderr.splitlines()[0]
            seconds = int(re.search(r"in 1 round: about (\d+) s[ ,]", forecast)[1])
            print(f"{forecast}; it took {took:.1f} s")
            self.assertLess(abs(seconds - took), 0.2 * took)


class Options(MeshTestCase):
    def test_rejects_what_cannot_be_meant(self):
        for arguments, message in ((["--launch", "ssh host"], "no {host} in 'ssh host'"),
                                   (["--programs", "/opt/my tools"], "invalid --programs '/opt/my tools'"),
                                   (["--sizes", "0"], "--sizes"), (["--direction", "both"], "--direction"),
                                   (["--resume"], "has no mesh to resume"),
                                   (["--resume", "--seed=1"], "cannot be combined")):
            result = self.mesh(*arguments) if "--launch" not in arguments else self.mesh(launch=arguments[1])
            if "--programs" in arguments:
                result = run("tcpstep-mesh", "--hosts", self.hosts, "--launch", NETNS, *arguments)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(message, result.stderr)
        for text, message in (("a\n", "has 1 host"), ("a b c\nd\n", ":1: unexpected 'c'"), ("a\na\n", ":2: duplicate host"),
                              ("a x\nb x\n", ":2: duplicate address 'x'"), ("a\n$(b)\n", ":2: invalid host name")):
            self.hosts.write_text(text)
            result = self.mesh()
            self.assertEqual((result.returncode, message in result.stderr), (2, True), result.stderr)

    def test_a_lease_ends_with_standard_input_and_after_its_time(self):
        arguments = ("--port", PORT, "--output=-")
        for lease, is_closed in (("60s", True), ("1s", False)):
            server = start("tcpstep-server", "--lease", lease, *arguments, stdin=subprocess.PIPE)
            server.stdin.write("a secret of the coordinator\n")
            server.stdin.flush()
            self.assertIn("listening on", server.stderr.readline())
            if is_closed:
                server.stdin.close()
            self.assertEqual(server.wait(20), 0)
            server.stdout.close()
            server.stderr.close()
            if not is_closed:
                server.stdin.close()
        for options in ({"stdin": subprocess.DEVNULL}, {"stdin": None, "input": "a secret of the coordinator\n"}):
            if options["stdin"] is None:
                options.pop("stdin")
            result = subprocess.run([program("tcpstep-server"), "--lease=9s", *map(str, arguments)], text=True,
                                    env=environment(), capture_output=True, timeout=30, check=False, **options)
            self.assertEqual(result.returncode, 1)
            self.assertIn("standard input", result.stderr)

    def test_only_one_lease_a_host(self):
        server = start("tcpstep-server", "--lease=60s", "--port", PORT, "--output=-", stdin=subprocess.PIPE)
        server.stdin.write("a secret of the coordinator\n")
        server.stdin.flush()
        self.assertIn("listening on", server.stderr.readline())
        other = start("tcpstep-client", "--lease=60s", "--port", PORT, "127.0.0.1", stdin=subprocess.PIPE)
        _, messages = other.communicate("a secret of the coordinator\n\n", timeout=30)
        self.assertNotEqual(other.returncode, 0)
        server.communicate("", timeout=30)


class Faults(MeshTestCase):
    HOSTS = 3

    def wrapper(self, **of_host):
        """A launch command with a script for some hosts instead of the program: "$@" is the program."""
        path = self.directory / "launch"
        cases = "".join(f"{host}) {script} ;;\n" for host, script in of_host.items())
        path.write_text(f"#!/bin/sh\nhost=$1; shift\ncase $host in\n{cases}esac\nexec ip netns exec $host \"$@\"\n")
        path.chmod(0o755)
        return f"{path} {{host}}"

    def assert_only_fails_at(self, host, result, reason):
        self.assertEqual(result.returncode, 1, result.stderr)
        rows = self.index()
        for row in rows:
            self.assertEqual(bool(row["failure"]), host in (row["from"], row["to"]), row)
        self.assertEqual(len(rows), 6)
        self.assertTrue(any(reason in row["failure"] for row in rows), rows)
        self.assertIn("2 of 6 measured", result.stderr)
        wait_until(lambda: not measurements(), "nothing is left on the hosts")

    def test_a_host_that_refuses(self):
        result = self.mesh(launch=self.wrapper(h2="echo 'ssh: connect to host h2 port 22: No route to host' >&2; exit 255"))
        self.assertIn("h2 is left out: h2: ssh: connect to host h2 port 22: No route to host", result.stderr)
        self.assert_only_fails_at("h2", result, "No route to host")

    def test_a_host_of_another_version(self):
        result = self.mesh(launch=self.wrapper(h3="echo 'tcpstep 0.0.9 (git 1234567)'; exit 0"))
        self.assert_only_fails_at("h3", result, "is 'tcpstep 0.0.9 (git 1234567)', not version")

    def test_a_host_that_answers_junk(self):
        junk = 'case "$*" in *--version) ;; *-server*) echo " listening on " >&2; head -c 100000 /dev/urandom; exit 0 ;; ' \
               '*) echo "\\033[31mjunk" >&2; exit 1 ;; esac'
        result = self.mesh("--deadline=20s", launch=self.wrapper(h1=junk))
        self.assertNotIn("\033", result.stderr)
        self.assert_only_fails_at("h1", result, "h1: ")

    def test_a_host_that_claims_another_place_or_packs_its_result(self):
        """What is kept can be read, and is what was measured where the index has it."""
        for change in ("sed 's/^# link: .*/&\\n# mesh_to: h9/'", "gzip"):
            with self.subTest(change):
                shutil.rmtree(self.directory / "mesh", ignore_errors=True)
                script = f'case "$*" in *-server*--version) ;; *tcpstep-server*) ip netns exec h2 "$@" | {change}; exit 0 ;; esac'
                result = self.mesh(launch=self.wrapper(h2=script))
                self.assertEqual(result.returncode, 1, result.stderr)
                failed = {(row["from"], row["to"]) for row in self.index() if row["failure"]}
                self.assertEqual(failed, {("h2", other) for other in ("h1", "h3")}, self.index())
                self.matrix()

    def test_a_host_that_floods(self):
        flood = 'case "$*" in *--version) ;; *) exec head -c 400000000 /dev/zero ;; esac'
        result = self.mesh("--deadline=20s", launch=self.wrapper(h1=flood))
        self.assert_only_fails_at("h1", result, "h1: ")

    def test_a_host_whose_programs_hang(self):
        begin = time.monotonic()
        result = self.mesh("--deadline=4s", launch=self.wrapper(h3='case "$*" in *--version) ;; *) sleep 1000 ;; esac'))
        self.assert_only_fails_at("h3", result, "h3: tcpstep-")
        print(f"three hosts, one of which hangs, deadline 4 s: {time.monotonic() - begin:.1f} s")

    def test_a_full_disk_here(self):
        disk = self.directory / "mesh"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        result = self.mesh()
        self.assertEqual(result.returncode, 1)
        self.assertIn("No space left on device", result.stderr)
        wait_until(lambda: not measurements(), "nothing is left on the hosts")
        subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)
        again = self.mesh("--resume")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assert_all_measured(self.bridge.hosts)

    def test_a_stopped_program(self):
        self.bridge.write_hosts(self.hosts, "h1", "h2")
        mesh = start("tcpstep-mesh", *self.arguments("--deadline=3s", "--pairs=1", rounds=5000), cwd=self.directory)
        wait_until(lambda: len(measurements()) >= 2, "it measures")
        for process in measurements():
            try:
                os.kill(process, signal.SIGSTOP)
            except ProcessLookupError:
                pass
        _, messages = mesh.communicate(timeout=100)
        self.assertEqual(mesh.returncode, 1)
        self.assertIn("not finished within", messages)
        wait_until(lambda: not measurements(), "nothing is left on the hosts")

    def test_a_host_that_vanishes(self):
        """Its network is gone while it is measured: what it takes part in fails in bounded time, the rest does not."""
        self.addCleanup(ip, "link", "set", "p2", "up")
        begin = time.monotonic()
        mesh = start("tcpstep-mesh", *self.arguments("--deadline=7s", "--pairs=1", "--seed=1", rounds=200), cwd=self.directory)
        wait_until(lambda: any("h2" in link for link in links_measured()), "it measures h2")
        ip("link", "set", "p2", "down")
        _, messages = mesh.communicate(timeout=100)
        self.assertEqual(mesh.returncode, 1, messages)
        failed = [row for row in self.index() if row["failure"]]
        self.assertTrue(failed)
        self.assertTrue(all("h2" in (row["from"], row["to"]) for row in failed), failed)
        measured = {(row["from"], row["to"]) for row in self.index() if row["file"]}
        self.assertLessEqual({("h1", "h3"), ("h3", "h1")}, measured)
        wait_until(lambda: not measurements(), "nothing is left on the hosts")
        print(f"three hosts, one of which vanishes, deadline 7 s: {time.monotonic() - begin:.1f} s")

    def test_a_wrong_clock(self):
        wrong = self.wrapper(h2='case "$*" in *-server*--version) ;; *tcpstep-server*) ip netns exec h2 "$@" | '
                                'sed "s/^# started_utc: 2/# started_utc: 1/"; exit 0 ;; esac')
        result = self.mesh(launch=wrong)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("the clock of h2 says 1", result.stderr)
        self.assertEqual(result.stderr.count("the clock of"), 1)
        header = read_run(next((self.days()[0]).glob("*_h2_h1.csv"))).header
        self.assertEqual(header["started_utc"][:2], "20")
        self.assertEqual(header["host_started_utc"][:2], "10")

    def test_a_second_mesh_waits_for_nobody(self):
        first = start("tcpstep-mesh", *self.arguments(), cwd=self.directory)
        wait_until(lambda: (self.directory / "mesh" / "mesh.json").exists(), "it has begun")
        second = self.mesh()
        self.assertEqual(second.returncode, 1)
        self.assertIn("another tcpstep-mesh is running in", second.stderr)
        first.communicate(timeout=100)
        self.assertEqual(first.returncode, 0)

    def test_killed_at_any_moment_it_goes_on(self):
        generator = random.Random(2014)
        hosts = self.bridge.write_hosts(self.hosts, "h1", "h2", "h3")
        self.assertTrue(hosts)
        kills = 0
        for attempt in range(20):
            mesh = start("tcpstep-mesh", *self.arguments(*(["--resume"] if attempt else []), "--pairs=1"),
                         cwd=self.directory)
            if attempt == 0:
                wait_until(lambda: (self.directory / "mesh" / "mesh.json").exists(), "it has begun")
            try:
                mesh.wait(generator.uniform(0, 1))
            except subprocess.TimeoutExpired:
                kills += 1
            mesh.kill()
            mesh.communicate()
            begin = time.monotonic()
            wait_until(lambda: not measurements(), "nothing is left on the hosts")
            self.assertLess(time.monotonic() - begin, 60)
        last = self.mesh("--resume", "--pairs=1")
        self.assertEqual(last.returncode, 0, last.stderr)
        self.assert_all_measured(["h1", "h2", "h3"])
        self.assertEqual(len({row["tournament"] for row in self.index()}), 1)
        self.assertEqual(list((self.directory / "mesh").glob(".tcpstep-unfinished-*")), [])
        self.assertGreater(kills, 5)
        print(f"{kills} of 20 coordinators were killed in time")


class Ssh(MeshTestCase):
    """Real sshd instances, one on each host."""
    HOSTS = 4
    IS_UNEQUAL = True

    def setUp(self):
        super().setUp()
        if not os.path.exists("/usr/sbin/sshd") or not shutil.which("ssh"):
            self.skipTest("openssh-server is not installed")
        if pathlib.Path("/proc/self/uid_map").read_text().split()[2] == "1":
            self.skipTest("sshd needs root outside of user namespaces")
        os.makedirs("/run/sshd", exist_ok=True)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.directory / name], check=True)
        keys = self.directory / "authorized"
        keys.write_text((self.directory / "user.pub").read_text())
        config = self.directory / "sshd_config"
        config.write_text(f"HostKey {self.directory}/host\nAuthorizedKeysFile {keys}\nStrictModes no\nUsePAM no\n"
                          "PidFile none\nPermitRootLogin yes\n"
                          f"SetEnv HOME={self.directory}\n")  # what this user's shell does at a login may take long
        self.directory.chmod(0o755)
        for host in self.bridge.hosts:
            daemon = subprocess.Popen(["ip", "netns", "exec", host, "/usr/sbin/sshd", "-D", "-e", "-f", config],
                                      stderr=subprocess.PIPE, text=True)
            self.addCleanup(daemon.stderr.close)
            self.addCleanup(daemon.wait)
            self.addCleanup(daemon.kill)
            self.assertIn("listening", daemon.stderr.readline())
        self.ssh = (f"ssh -F none -i {self.directory}/user -o BatchMode=yes -o StrictHostKeyChecking=no "
                    f"-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR $(sed -n 's/^{{host}} //p' {self.hosts})")

    def test_measures_all_pairs_and_names_what_is_slow(self):
        result = self.mesh("--pairs=1", launch=self.ssh)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assert_all_measured(self.bridge.hosts)
        self.assert_names_what_is_unequal()

    def test_nothing_is_left_when_the_coordinator_is_killed(self):
        mesh = start("tcpstep-mesh", *self.arguments(launch=self.ssh, rounds=5000), cwd=self.directory)
        wait_until(lambda: len(measurements()) >= 2, "it measures")
        mesh.kill()
        mesh.communicate()
        begin = time.monotonic()
        wait_until(lambda: not measurements(), "nothing is left on the hosts")
        print(f"{time.monotonic() - begin:.1f} s after the coordinator was killed nothing measured any more")


if __name__ == "__main__":
    enter_namespaces()
    main()
