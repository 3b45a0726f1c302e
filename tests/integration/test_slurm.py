"""tcpstep-mesh through a real Slurm: a controller and five slurmd on this machine, each in the namespace of its host."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

from harness import environment, main, program, run, start, wait_until
from network import enter_namespaces
from test_mesh import MeshTestCase, measurements

NEEDED = ("munged", "slurmctld", "slurmd", "srun", "salloc", "sinfo")
SRUN = "srun -N1 -n1 --overlap -w {host}"
CONFIGURATION = """
ClusterName=test
SlurmctldHost={here}(10.20.0.254)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_min_interval=0
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
{nodes}PartitionName=all Nodes=ALL Default=YES State=UP MaxTime=INFINITE
"""


class Slurm(MeshTestCase):
    HOSTS = 4
    IS_UNEQUAL = True

    def setUp(self):
        super().setUp()
        self.directory.chmod(0o755)
        here = socket.gethostname().split(".")[0]
        folder = self.directory / "slurm"
        (folder / "state").mkdir(parents=True)
        nodes = "".join(f"NodeName={name} NodeHostname={here} NodeAddr={address} CPUs=4 State=UNKNOWN\n"
                        for name, address in self.bridge.hosts.items())
        (folder / "slurm.conf").write_text(CONFIGURATION.format(here=here, folder=folder, nodes=nodes))
        (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")  # its choice by itself may be fatal
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        self.environment = environment(SLURM_CONF=str(folder / "slurm.conf"))
        self.daemon(["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
                     f"--pid-file={folder}/munge.pid", f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed"])
        wait_until((folder / "munge.socket").exists, "munged listens")
        self.daemon(["slurmctld", "-D"])
        for host in self.bridge.hosts:
            self.daemon(["ip", "netns", "exec", host, "slurmd", "-D", "-N", host])
        try:
            wait_until(lambda: self.slurm("sinfo", "-h", "-t", "idle", "-o", "%D").strip() == str(len(self.bridge.hosts)),
                       "all nodes are idle")
        except AssertionError:
            for log in sorted(folder.glob("*.log")):
                print(f"== {log.name}\n{log.read_text()[-2000:]}", file=sys.stderr)
            raise

    def daemon(self, command):
        process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

    def slurm(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False).stdout

    def salloc(self, **options):
        """All nodes are the mesh's while it runs."""
        return ("salloc", "-Q", f"-N{len(self.bridge.hosts)}", program("tcpstep-mesh"),
                *self.arguments("--pairs=1", launch=SRUN, **({"rounds": 10} | options)))

    def test_measures_all_pairs_and_names_what_is_slow(self):
        begin = time.monotonic()
        result = run(*self.salloc(), env=self.environment, cwd=self.directory, timeout=500)
        self.assertEqual(result.returncode, 0, result.stderr)
        print(f"20 measurements through srun: {time.monotonic() - begin:.1f} s")
        self.assertIn("20 of 20 measured", result.stderr)
        self.assert_all_measured(self.bridge.hosts)
        self.assert_names_what_is_unequal()

    def test_nothing_is_left_when_the_coordinator_is_killed(self):
        mesh = start(*self.salloc(rounds=5000), env=self.environment, cwd=self.directory)
        wait_until(lambda: len(measurements()) >= 2, "it measures")
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = pathlib.Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"tcpstep-mesh"):
                os.kill(int(process), 9)
        mesh.communicate()
        wait_until(lambda: not measurements(), "nothing is left on the hosts")


if __name__ == "__main__":
    for name in NEEDED:
        if not shutil.which(name):
            print(f"{name} is not installed: scripts/install-packages slurm", file=sys.stderr)
            sys.exit(77)
    if pathlib.Path("/proc/self/uid_map").read_text().split()[2] == "1" or os.geteuid() != 0:
        print("slurmd needs root outside of user namespaces", file=sys.stderr)
        sys.exit(77)
    enter_namespaces()
    main()
