"""The kernel's evidence of negotiated runs against captures at both ends, over wires that lose, double and reorder
packets, and over paths that are narrower than the interfaces. See Path and measure().

As a program it measures all of them and prints a table: scripts/ground-truth.
"""

import collections
import os
import pathlib
import random
import subprocess
import sys
import tempfile

from capture import Capture, truth_of
from faulty_wire import FAR, FAR_V6, NEAR, NEAR_V6, SYN, FaultyWire
from harness import PATIENCE, Server, command, environment, read_run

SIZES = "1:9901:300,30001"
MODES = [(direction, connection) for connection in ("warm", "fresh") for direction in ("down", "up")]
RTO_NS = 190_000_000  # the shortest timer of the kernel, less some ticks; no wire here delays for as long


class Faults:
    """What the wire does to the packets of one run: FaultyWire.copies."""

    KINDS = ("none", "payloads lost", "acks lost", "doubled", "reordered")

    def __init__(self, kind, is_upward, seed=1):
        self.kind = kind
        self.is_upward = is_upward
        self.chance = random.Random(seed)

    def __call__(self, facts, is_from_near):
        if facts is None or facts[6] & SYN:
            return (0,)
        is_from_measuring_end = is_from_near != self.is_upward
        has_data = facts[-1] > 0
        share, copies = {"none": (0, ()),
                         "payloads lost": (0.02 * (is_from_measuring_end and has_data), ()),
                         "acks lost": (0.03 * (not is_from_measuring_end), ()),
                         "doubled": (0.05, (0, 0)),
                         "reordered": (0.03, (0.003,))}[self.kind]
        return copies if self.chance.random() < share else (0,)


def ip(*arguments, prefix=()):
    subprocess.run([*prefix, "ip", *arguments], check=True)


def sh(script, prefix=()):
    subprocess.run([*prefix, "bash", "-ec", script], check=True, stdout=subprocess.DEVNULL)


class Path:
    """From "near", where the server is, over a faulty wire to "far", where the client is."""

    def __init__(self, far, wire):
        self.wire = wire
        self.server_address = {4: NEAR, 6: NEAR_V6}
        self.near_interface, self.far_interface = "wire", "wirefar"
        self.far = self.client = far

    def forget(self):
        """What the kernels have learned about the path."""

    def close(self):
        pass


class Vxlan(Path):
    """A tunnel over the wire: both ends know its smaller MTU."""

    def __init__(self, far, wire):
        super().__init__(far, wire)
        self.server_address = {4: "10.19.12.1", 6: "fd19:912::1"}
        self.near_interface = self.far_interface = "tunnel"
        for host, prefix, local, remote, device in ((1, [], NEAR, FAR, "wire"), (2, far, FAR, NEAR, "wirefar")):
            sh(f"""ip link add tunnel type vxlan id 7 local {local} remote {remote} dstport 4789 dev {device}
                   ip link set tunnel gso_max_segs 1
                   ethtool -K tunnel tso off gso off gro off
                   ip address add 10.19.12.{host}/24 dev tunnel; ip address add fd19:912::{host}/64 dev tunnel nodad
                   ip link set tunnel up""", prefix)

    def close(self):
        for prefix in ([], self.far):
            ip("link", "del", "tunnel", prefix=prefix)


class Hop(Path):
    """The client is behind "far", which routes, to and from it, packets of up to 1400 bytes only."""

    MTU = 1400

    def __init__(self, far, wire, has_icmp=True, probes_mtu=False):
        super().__init__(far, wire)
        self.client = ["ip", "netns", "exec", "behind"]
        self.far_interface = "eth"
        probing = f"sysctl -qw net.ipv4.tcp_mtu_probing={int(probes_mtu)}"
        sh(f"""ip netns add behind
               ip link add eth netns behind type veth peer name tail netns far
               {probing}
               ip netns exec behind {probing}
               for n in behind far; do for d in eth tail; do
                 ip -n $n link set $d gso_max_segs 1 up 2>/dev/null || continue
                 ip netns exec $n ethtool -K $d tso off gso off gro off
               done; done
               ip -n behind address add 10.19.11.2/24 dev eth; ip -n behind address add fd19:911::2/64 dev eth nodad
               ip -n far address add 10.19.11.1/24 dev tail noprefixroute
               ip -n far address add fd19:911::1/64 dev tail noprefixroute nodad
               ip -n behind route add default via 10.19.11.1; ip -n behind -6 route add default via fd19:911::1
               ip netns exec far sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
               ip netns exec far sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 || true
               ip -n far route add 10.19.11.0/24 dev tail mtu {self.MTU}
               ip -n far -6 route add fd19:911::/64 dev tail mtu {self.MTU}
               ip -n far route replace {NEAR} dev wirefar mtu {self.MTU}
               ip -n far -6 route replace {NEAR_V6} dev wirefar mtu {self.MTU}""")
        if not has_icmp:
            sh("ip -n far rule add iif lo to 10.19.0.0/16 blackhole; ip -n far -6 rule add iif lo to fd19::/16 blackhole")
        self.forget()

    def forget(self):
        sh(f"""ip route replace 10.19.11.0/24 via {FAR} dev wire; ip -6 route replace fd19:911::/64 via {FAR_V6} dev wire
               ip route flush cache; ip -6 route flush cache; ip tcp_metrics flush
               for n in behind; do
                 ip -n $n route flush cache; ip -n $n -6 route flush cache; ip -n $n tcp_metrics flush
               done""")

    def close(self):
        sh(f"""ip -n far link del tail; ip netns delete behind; sysctl -qw net.ipv4.tcp_mtu_probing=0
               ip route del 10.19.11.0/24; ip -6 route del fd19:911::/64
               ip -n far route del {NEAR} mtu {self.MTU}; ip -n far -6 route del {NEAR_V6} mtu {self.MTU}
               ip -n far rule del iif lo to 10.19.0.0/16 2>/dev/null || true
               ip -n far -6 rule del iif lo to fd19::/16 2>/dev/null || true""")


Measured = collections.namedtuple("Measured", "mode fault port rows status")


def start_server(folder, ports, *arguments):
    """On a port that no other run of the captures has."""
    while True:
        server = Server(folder, *arguments)
        if server.port not in ports:
            ports.add(server.port)
            return server
        server.close()


def measure(folder, ports, path, version, mode, fault, rounds, sizes=SIZES, timeout="20s", status="complete"):
    """One negotiated run. Its rows are those of the file of the end that measures, without the opening ping."""
    direction, connection = mode
    path.forget()
    results = pathlib.Path(tempfile.mkdtemp(dir=folder))
    server = start_server(results, ports, "--one-off", "--timeout", timeout)
    try:
        path.wire.copies = Faults(fault, direction == "up")
        client = subprocess.run(
            [*path.client, *command("tcpstep-client", "--port", server.port, "--sizes", sizes, "--rounds", rounds,
                                    "--direction", direction, "--connection", connection,
                                    "--timeout", timeout, "--output", results / "client.csv",
                                    path.server_address[version])],
            env=environment(), capture_output=True, text=True, timeout=10 * PATIENCE)
        if client.returncode and status:
            raise RuntimeError(f"the client failed: {client.stderr}")
        server.wait()
        path.wire.copies = lambda facts, is_from_near: (0,)
        run = read_run(results / "client.csv" if direction == "up" else server.files()[0])
        if status and run.trailer["status"] != status:
            raise RuntimeError(f"{run.trailer}: {client.stderr} {server.messages}")
    finally:
        server.close()
    return Measured(mode, fault, server.port, run.rows[direction == "down":], run.trailer["status"])


class Count(collections.Counter):
    """How many pings, how many of them agree with the captures, and how many that waited for a timer would count."""

    COLUMNS = ("pings", "not captured", "segments", "retransmits", "peer_retransmits", "resent payloads", "resent acks",
               "timers", "counted in spite of a timer", "late, nothing resent")

    def add(self, measured, near, far):
        is_upward, is_fresh = measured.mode[0] == "up", measured.mode[1] == "fresh"
        truths = truth_of(measured.rows, *((far, near) if is_upward else (near, far)), measured.port, is_upward,
                          is_fresh)
        for row, truth in zip(measured.rows, truths):
            if not row["rtt_ns"]:
                continue
            if truth is None:
                self["not captured"] += 1
                continue
            self["pings"] += 1
            said = [row[name] for name in truth._fields[:3]]
            # A run that ended early has no report of the other end.
            equal = [word == str(number) or (word == "" and name == "peer_retransmits" and measured.status != "complete")
                     for name, word, number in zip(truth._fields, said, truth)]
            self.update(name for name, is_equal in zip(truth._fields, equal) if is_equal)
            if not all(equal):
                print(f"  {measured.mode} {measured.fault}: said {said}, captured {truth}, {row}", flush=True)
            is_late = int(row["rtt_ns"]) > RTO_NS
            has_resent = truth.retransmits + truth.peer_retransmits > 0
            is_left_out = row["round"] == "0" or row["retransmits"] != "0" or row["peer_retransmits"] not in ("0", "")
            self["resent payloads"] += truth.retransmits > 0
            self["resent acks"] += truth.peer_retransmits > 0
            self["timers"] += is_late and has_resent
            self["late, nothing resent"] += is_late and not has_resent  # a machine with too much to do
            self["counted in spite of a timer"] += (is_late and has_resent and not is_left_out
                                                    and measured.status == "complete")

    def cells(self):
        return " | ".join(str(self[name]) for name in self.COLUMNS)


def count_runs(folder, path, version, modes, faults, rounds, **options):
    """Runs of all modes and faults over a path: a Count for each fault."""
    captures = [Capture(pathlib.Path(folder) / f"{name}.pcapng", interface, prefix)
                for name, interface, prefix in (("near", path.near_interface, []),
                                                ("far", path.far_interface, path.client))]
    ports = set()
    runs = [measure(folder, ports, path, version, mode, fault, rounds, **options) for fault in faults for mode in modes]
    near, far = (capture.stop() for capture in captures)
    counts = {fault: Count() for fault in faults}
    for run in runs:
        counts[run.fault].add(run, near, far)
    return counts


class Table:
    def __init__(self):
        self.total = Count()
        print("| path | faults |", " | ".join(Count.COLUMNS), "|")
        print("|---|---|" + "---:|" * len(Count.COLUMNS), flush=True)

    def add(self, name, path, version, faults, rounds, **options):
        if version == 6 and not path.wire.has_v6:
            return
        with tempfile.TemporaryDirectory(prefix="tcpstep-truth-") as folder:
            for fault, count in count_runs(folder, path, version, MODES, faults, rounds, **options).items():
                print(f"| {name}, IPv{version} | {fault} | {count.cells()} |", flush=True)
                self.total.update(count)


def main():
    rounds = int(sys.argv[1])
    far = os.environ["TCPSTEP_FAR"].split()
    table = Table()
    for mtu in (576, 1280, 1500, 9000):
        wire = FaultyWire(far, mtu=mtu)
        for version in (4, 6):
            table.add(f"MTU {mtu}", Path(far, wire), version, Faults.KINDS, rounds)
        wire.close()
    wire = FaultyWire(far)
    for name, make in (("VXLAN", Vxlan), ("hop of MTU 1400", Hop)):
        path = make(far, wire)
        for version in (4, 6):
            table.add(name, path, version, Faults.KINDS, rounds)
        path.close()
    for name, probes, options in (("hop, ICMP lost, tcp_mtu_probing", True, {}),  # seconds for each large ping
                                  ("hop, ICMP lost", False, {"timeout": "3s", "status": None})):  # a black hole
        path = Hop(far, wire, has_icmp=False, probes_mtu=probes)
        for version in (4, 6):
            table.add(name, path, version, ["none"], 1, sizes="1,1301,1401,4501,9901", **options)
        path.close()
    wire.close()
    total = table.total
    print(f"| all | | {total.cells()} |")
    worst = min(total[name] for name in ("segments", "retransmits", "peer_retransmits"))
    if worst < 0.999 * total["pings"] or total["counted in spite of a timer"]:
        sys.exit("the files and the captures differ")


if __name__ == "__main__":
    main()
