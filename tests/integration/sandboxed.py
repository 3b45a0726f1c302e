#!/usr/bin/env python3
"""usage: sandboxed.py UNIT STATE RUNTIME COMMAND...

Runs COMMAND as systemd would run the service of UNIT, as far as that can be done without systemd: its user, capabilities, system
calls and address families, read-only files but for the folders STATE and RUNTIME, hidden processes, its umask and limits.
"""
import ctypes
import os
import pathlib
import re
import resource
import socket
import struct
import subprocess
import sys

USER = 61234  # DynamicUser= picks one from 61184 to 65519
# What cannot make the program fail, or needs systemd itself.
NOT_DONE = {"Description", "Documentation", "After", "Wants", "WantedBy", "ExecStart", "KillMode", "TimeoutStopSec", "Restart",
            "EnvironmentFile", "RuntimeDirectoryMode", "StateDirectory", "RuntimeDirectory", "AmbientCapabilities", "ProtectClock",
            "ProtectHome", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectControlGroups", "PrivateDevices",
            "PrivateTmp", "PrivateUsers", "RemoveIPC", "LockPersonality", "RestrictNamespaces", "RestrictRealtime",
            "RestrictSUIDSGID", "SystemCallArchitectures", "DeviceAllow", "DevicePolicy"}
DONE = {"DynamicUser", "CapabilityBoundingSet", "NoNewPrivileges", "ProtectSystem", "ProtectProc", "ProtectKernelTunables",
        "MemoryDenyWriteExecute", "RestrictAddressFamilies", "SystemCallFilter", "SystemCallErrorNumber", "UMask", "LimitNOFILE"}

CLONE_NEWNS, MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 1, 32, 4096, 16384, 1 << 18
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_MDWE, PR_CAPBSET_DROP = 38, 22, 65, 24
C = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result < 0:
        sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}")


def directives(unit):
    """(name, value) of each line."""
    return re.findall(r"^(\w+)=(.*)$", pathlib.Path(unit).read_text(), re.M)


def mount(source, target, kind, flags, data=None):
    check(C.mount(source and os.fsencode(source), os.fsencode(target), kind, flags, data), f"mount {target}")


def protect_files(writable):
    check(C.unshare(CLONE_NEWNS), "unshare")
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    for folder in writable:
        mount(folder, folder, None, MS_BIND)
    mount("proc", "/proc", b"proc", 0, b"hidepid=invisible")
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        target = line.split()[1].encode().decode("unicode_escape")
        if target not in writable and not target.startswith(("/proc", "/dev")):
            C.mount(None, os.fsencode(target), None, MS_REMOUNT | MS_BIND | MS_RDONLY, None)  # those that are hidden fail


def system_calls(names):
    """The numbers of system calls and of groups (@...) of them."""
    text = next(path for path in pathlib.Path("/usr/include").glob("**/asm/unistd_64.h")).read_text()
    numbers = {name: int(number) for name, number in re.findall(r"^#define __NR_(\w+) (\d+)$", text, re.M)}
    found, groups = set(), list(names)
    while groups:
        name = groups.pop()
        if name.startswith("@"):
            lines = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], capture_output=True, text=True,
                                   check=True).stdout.splitlines()
            groups += [line.strip() for line in lines[1:] if line.strip() and not line.strip().startswith("#")]
        elif name in numbers:
            found.add(numbers[name])
    return found


def filter_of(unit):
    """Those system calls that the lines of SystemCallFilter= leave."""
    allowed = system_calls(["@default"])
    for name, value in directives(unit):
        if name == "SystemCallFilter":
            named = system_calls(value.lstrip("~").split())
            allowed = allowed - named if value.startswith("~") else allowed | named
    return allowed


def install_filter(allowed, families):
    """Other system calls, and sockets of other families, get EPERM and EAFNOSUPPORT (bpf(4), seccomp(2))."""
    load, equal, ret = 0x20, 0x15, 0x06
    allow, errno_of = 0x7FFF0000, 0x00050000
    program = [(load, 0, 0, 0), (equal, 0, 2 + len(families), system_calls(["socket"]).pop()), (load, 0, 0, 16)]
    program += [(equal, len(families) - i, 0, family) for i, family in enumerate(families)]
    program.append((ret, 0, 0, errno_of | 97))
    # The families above jump here, and so does whatever is not a socket call.
    rest = [(load, 0, 0, 0)]
    for number in sorted(allowed):
        rest += [(equal, 0, 1, number), (ret, 0, 0, allow)]
    rest.append((ret, 0, 0, errno_of | 1))
    code = b"".join(struct.pack("HBBI", *line) for line in program + rest)
    buffer = ctypes.create_string_buffer(code)
    sock_fprog = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    check(C.prctl(PR_SET_SECCOMP, 2, sock_fprog, 0, 0), "seccomp")


def main():
    unit, state, runtime, *command = sys.argv[1:]
    unknown = {name for name, _ in directives(unit)} - DONE - NOT_DONE
    if unknown:
        sys.exit(f"sandboxed.py knows nothing of {unknown}")
    values = dict(directives(unit))
    allowed = filter_of(unit)
    families = [int(getattr(socket, name)) for name in values["RestrictAddressFamilies"].split()]
    for folder in (state, runtime):
        os.chown(folder, USER, USER)
    os.chmod(state, 0o700)
    os.chmod(runtime, int(values["RuntimeDirectoryMode"], 8))
    protect_files([state, runtime])
    files = int(values["LimitNOFILE"])
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.umask(int(values["UMask"], 8))
    for capability in range(64):
        C.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    check(C.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    C.prctl(PR_SET_MDWE, 1, 0, 0, 0)  # MemoryDenyWriteExecute=, since Linux 6.3
    install_filter(allowed, families)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
