"""The static clients of scripts/static-client against the server of this build; foreign ones under qemu-user."""
import os
import pathlib
import platform
import shutil
import signal
import socket
import subprocess
import unittest

from harness import PATIENCE, SOURCE, TestCase, environment, main, read_run

FOLDER = pathlib.Path(os.environ.get("TCPSTEP_STATIC", SOURCE / "build/static"))
EMULATORS = {"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static", "armhf": "qemu-arm-static",
             "mipsel": "qemu-mipsel-static", "i386": "qemu-i386-static"}
NATIVE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())


def built():
    return {path.name.removeprefix("tcpstep-client-"): path for path in sorted(FOLDER.glob("tcpstep-client-*"))}


def ways_to_start():
    """Architecture -> command, of the clients that are built and can run here."""
    ways = {}
    for arch, path in built().items():
        emulator = shutil.which(EMULATORS.get(arch, ""))
        if arch == NATIVE:
            ways[arch] = [str(path)]
        elif emulator:
            ways[arch] = [emulator, str(path)]
    return ways


@unittest.skipUnless(ways_to_start(), "scripts/static-client has built none that can run here")
class StaticClient(TestCase):
    def ask(self, way, server, *arguments, host="127.0.0.1"):
        return subprocess.run([*way, "--port", str(server.port), *arguments, host], env=environment(),
                              cwd=self.directory, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)

    def test_can_be_started_here_for_every_architecture_that_was_built(self):
        missing = {arch: EMULATORS.get(arch) for arch in built().keys() - ways_to_start().keys()}
        if missing:
            self.skipTest(f"not installed (Debian: qemu-user-static): {', '.join(map(str, sorted(missing.values())))}")

    def test_is_one_small_file_without_libraries(self):
        for arch, way in ways_to_start().items():
            self.assertLess(pathlib.Path(way[-1]).stat().st_size, 3_000_000, arch)
            headers = subprocess.run(["readelf", "-lW", way[-1]], capture_output=True, text=True, check=True).stdout
            self.assertNotIn("INTERP", headers)

    def test_runs_the_default_sweep(self):
        for way in ways_to_start().values():
            server = self.start_server()
            result = self.ask(way, server)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assert_complete(server.files()[-1], 2000)
            server.close()

    def test_runs_upward_and_with_fresh_connections_over_both_kinds_of_addresses(self):
        hosts = ["127.0.0.1"] + (["::1"] if socket.has_ipv6 else [])
        for way in ways_to_start().values():
            server = self.start_server()
            for host in hosts:
                for arguments in (("--direction", "up"), ("--connection", "fresh"),
                                  ("--direction", "up", "--connection", "fresh")):
                    before = set(server.files())
                    result = self.ask(way, server, "--sizes=1,1448,9901", "--rounds=5", *arguments, host=host)
                    self.assertEqual(result.returncode, 0, result.stderr)
                    new, = set(server.files()) - before
                    self.assert_complete(new, 15)
            server.close()

    def test_leaves_out_what_its_system_does_not_tell(self):
        """qemu-user passes no TCP_INFO on: fields without a value, no rubbish."""
        for arch, way in ways_to_start().items():
            server = self.start_server()
            result = self.ask(way, server, "--direction=up", "--sizes=1,1448,9901", "--rounds=2", "--output=run.csv")
            self.assertEqual(result.returncode, 0, result.stderr)
            run = self.assert_complete(self.directory / "run.csv", 6)
            self.assertLessEqual(int(run.header["mss_bytes"]), 65483, arch)
            for row in run.rows:
                self.assertEqual(row["status"], "ok")
                for column, limit in (("segments", 9901), ("retransmits", 10), ("peer_retransmits", 10)):
                    self.assertLessEqual(int(row[column] or 0), limit, (arch, column))
            (self.directory / "run.csv").unlink()
            server.close()

    def test_ends_at_sigint_and_the_server_keeps_what_was_measured(self):
        for way in ways_to_start().values():
            server = self.start_server("--interval=20ms")
            client = subprocess.Popen([*way, "--port", str(server.port), "127.0.0.1"], env=environment(), text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
            self.assertIn("connected", client.stderr.readline())
            client.send_signal(signal.SIGINT)
            client.communicate(timeout=PATIENCE)
            self.assertEqual(client.returncode, -signal.SIGINT)
            self.assertTrue(all(read_run(path).header for path in server.files()))
            server.close()

    def test_says_what_to_do_about_a_name_it_cannot_resolve(self):
        for way in ways_to_start().values():
            result = subprocess.run([*way, "no-such-host.invalid"], env=environment(), capture_output=True, text=True,
                                    timeout=PATIENCE)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr, "no-such-host.invalid")
            self.assertRegex(result.stderr, "address")


if __name__ == "__main__":
    main()
