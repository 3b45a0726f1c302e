"""Programs that write to a disk of a few KiB."""

import os
import subprocess

from harness import PATIENCE, TestCase, command, environment

# Mounts a small tmpfs that only this process sees, runs the server on it, and brings the files out.
SERVER_THERE = """
mkdir disk && mount -t tmpfs -o size=$1,mode=755 tmpfs disk || exit 77
out=$PWD; shift
"$@" --results disk & server=$!
trap 'kill -TERM $server' TERM
wait $server; wait $server; status=$?
cp disk/* "$out/" 2>/dev/null
exit $status
"""
CLIENT_THERE = """
mkdir client-disk && mount -t tmpfs -o size=$1,mode=755 tmpfs client-disk || exit 77
shift
"$@"
status=$?
mkdir -p left; cp client-disk/* left/ 2>/dev/null
exit $status
"""


class SmallDiskTestCase(TestCase):
    def setUp(self):
        super().setUp()
        self.unshare = ["unshare", "--mount"]
        if os.geteuid() != 0:
            self.unshare += ["--user", "--map-root-user"]
        try:
            probe = subprocess.run([*self.unshare, "mount", "-t", "tmpfs", "tmpfs", self.directory],
                                   capture_output=True, text=True)
        except FileNotFoundError as error:
            self.skipTest(f"no unshare: {error}")
        if probe.returncode != 0:
            self.skipTest(f"this user may not mount a tmpfs here: {probe.stderr.strip()}")

    def server_on(self, size, *arguments):
        """Its files are copied to self.directory at its end."""
        return self.start_server("--min-free=0", *arguments, prefix=[*self.unshare, "sh", "-c", SERVER_THERE, "sh", size])

    def run_client_on(self, size, server, *arguments):
        """A client whose only disk is client-disk, also for temporary files; then what it left and its end."""
        result = subprocess.run(
            [*self.unshare, "sh", "-c", CLIENT_THERE, "sh", size,
             *command("tcpstep-client", "--port", server.port, *arguments, "127.0.0.1")],
            cwd=self.directory, env=environment(TMPDIR="client-disk"), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE)
        return result, sorted((self.directory / "left").iterdir())
