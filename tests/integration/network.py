"""Hosts that are network namespaces on a bridge; one of them perhaps behind the lab's emulator. A test that imports
this runs in namespaces of its own, which end with it."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys

from harness import program

INSIDE = "TCPSTEP_TEST_INSIDE"


def enter_namespaces():
    """Runs this script again as root of namespaces of its own. Exits 77 where that is not permitted."""
    if os.environ.get(INSIDE) == str(os.getppid()) or os.environ.get(INSIDE) == "1":
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        return
    for tool in ("ip", "unshare", "nsenter"):
        if not shutil.which(tool):
            print(f"{tool} is not installed", file=sys.stderr)
            sys.exit(77)
    namespaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        namespaces += ["--user", "--map-root-user"]
    if subprocess.run([*namespaces, "true"], capture_output=True, check=False).returncode != 0:
        print("this system permits no network namespaces", file=sys.stderr)
        sys.exit(77)
    os.environ[INSIDE] = "1"
    os.execvp("unshare", [*namespaces, sys.executable, *sys.argv])


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True)


def process_in(network):
    """Some process in that network namespace."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{process}/ns/net") == network:
                return process
    raise AssertionError(f"no process in {network}")


class Bridge:
    """Hosts h1, h2, … with the addresses 10.20.0.1, … and this test as 10.20.0.254."""

    def __init__(self, hosts):
        self.hosts = {}
        self._lab = None
        ip("link", "set", "lo", "up")
        ip("link", "add", "br0", "type", "bridge")
        ip("addr", "add", "10.20.0.254/24", "dev", "br0")
        ip("link", "set", "br0", "up")
        for number in range(1, hosts + 1):
            name = f"h{number}"
            ip("netns", "add", name)
            ip("link", "add", f"p{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", f"p{number}", "master", "br0", "up")
            ip("-n", name, "addr", "add", f"10.20.0.{number}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "route", "add", "default", "via", "10.20.0.254")
            self.hosts[name] = f"10.20.0.{number}"

    def add_host_behind(self, profile, name):
        """A host behind an emulated link: the lab's near end forwards to its far end."""
        self._lab = subprocess.Popen(
            [program("tcpstep-lab"), "run", str(profile), "--", "sh", "-c",
             'readlink /proc/self/ns/net; echo "$TCPSTEP_FAR"; exec cat'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        near = process_in(self._lab.stdout.readline().strip())
        far = self._lab.stdout.readline().split()
        in_near = ["nsenter", "--net", "--target", near]
        ip("link", "add", "p0", "type", "veth", "peer", "name", "hub", "netns", near)
        ip("link", "set", "p0", "master", "br0", "up")
        for command in (["ip", "addr", "add", "10.20.0.253/24", "dev", "hub"], ["ip", "link", "set", "hub", "up"],
                        ["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]):
            subprocess.run([*in_near, *command], check=True)
        subprocess.run([*far, "ip", "route", "add", "default", "via", "10.19.9.1"], check=True)
        subprocess.run([*far, "sh", "-c", f"ip netns attach {name} $$"], check=True)
        for other in self.hosts:
            ip("-n", other, "route", "add", "10.19.9.0/30", "via", "10.20.0.253")
        ip("route", "add", "10.19.9.0/30", "via", "10.20.0.253")
        self.hosts[name] = "10.19.9.2"

    def write_hosts(self, path, *names):
        names = names or self.hosts
        pathlib.Path(path).write_text("".join(f"{name} {self.hosts[name]}\n" for name in names))
        return path

    def close(self):
        if self._lab:
            self._lab.stdin.close()
            self._lab.wait()
        for name in self.hosts:
            subprocess.run(["ip", "netns", "del", name], check=False)
        subprocess.run(["ip", "link", "del", "br0"], check=False)
        for number in range(len(self.hosts)):
            subprocess.run(["ip", "link", "del", f"p{number}"], check=False, stderr=subprocess.DEVNULL)
