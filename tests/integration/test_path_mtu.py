"""A path narrower than the interfaces at both ends, as behind a tunnel. Runs inside scripts/veth-pair.

Three namespaces of our own: server and client, MTU 1500, and between them a router, MTU 1400.
"""

import os
import subprocess
import unittest

from harness import PATIENCE, Server, TestCase, classic_programs, command, environment, main, read_run

MTU = 1400
SERVER = {4: "10.1.0.1", 6: "fd19:1::1"}
CLIENT = {4: "10.2.0.1", 6: "fd19:2::1"}
ROUTER = {SERVER[4]: "10.1.0.254", SERVER[6]: "fd19:1::fe", CLIENT[4]: "10.2.0.254", CLIENT[6]: "fd19:2::fe"}
MSS = {4: MTU - 52, 6: MTU - 72}  # with TCP timestamps


def sh(script):
    subprocess.run(["bash", "-ec", script], check=True, stdout=subprocess.DEVNULL)


def make_path():
    """A new one for each test, because kernels remember the MTU of a path."""
    remove_path()
    sh("for n in server router client; do ip netns add $n; done")
    for end, addresses in (("server", SERVER), ("client", CLIENT)):
        sh(f"ip link add eth netns {end} type veth peer name {end} netns router")
        for address in addresses.values():
            length = 24 if "." in address else 64
            nodad = "" if "." in address else "nodad"
            sh(f"""ip -n {end} address add {address}/{length} dev eth {nodad}
                   ip -n router address add {ROUTER[address]}/{length} dev {end} noprefixroute {nodad}""")
        # Each segment is a packet that the router sees.
        sh(f"""ip netns exec {end} ethtool -K eth tso off gso off gro off
               ip -n {end} link set eth gso_max_segs 1 up; ip -n {end} link set lo up
               ip -n router link set {end} up""")
        for address in addresses.values():
            family = "-4" if "." in address else "-6"
            sh(f"ip -n {end} {family} route add default via {ROUTER[address]}")
            network = address.rsplit(".", 1)[0] + ".0/24" if "." in address else address[:-1] + "/64"
            sh(f"ip -n router {family} route add {network} dev {end} mtu {MTU}")
    sh("""ip netns exec router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
          ip netns exec router sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 || true""")


def drop_router_icmp():
    sh("ip -n router rule add iif lo to 10.0.0.0/8 blackhole; ip -n router -6 rule add iif lo to fd19::/16 blackhole")


def remove_path():
    sh("for n in server router client; do [ ! -e /run/netns/$n ] || ip netns delete $n; done")


@unittest.skipIf("TCPSTEP_FAR" not in os.environ, "runs inside scripts/veth-pair only")
class NarrowPath(TestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(remove_path)

    def measure(self, *arguments, server=(), client=(), version=4, status=0):
        """The server's result file."""
        self.server = Server(self.directory, "--one-off", "--rounds=2", "--order=shuffled", *server,
                             prefix=["ip", "netns", "exec", "server"])
        self.addCleanup(self.server.close)
        self.client = subprocess.run(
            ["ip", "netns", "exec", "client",
             *command("tcpstep-client", "--port", self.server.port, *arguments, *client, SERVER[version])],
            env=environment(), capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(self.client.returncode, status, self.client.stderr)
        self.server.wait()
        (file,) = self.server.files()
        file = read_run(file)
        self.server.files()[0].unlink()
        return file

    def assert_mss_of_counted_samples(self, run, version=4):
        mss = int(run.header["mss_bytes"])
        self.assertEqual(mss, MSS[version])
        self.assertEqual(int(run.header["path_mtu_bytes"]), MTU)
        self.assertNotIn("mss_bytes", run.trailer, "no counted sample had another MSS")
        clean = [row for row in run.rows if row["round"] != "0" and row["retransmits"] == "0"]
        self.assertGreater(len(clean), 10)
        for row in clean:
            self.assertEqual(int(row["segments"]), -(-int(row["size_bytes"]) // mss), row)

    def test_gives_the_mss_of_the_counted_samples(self):
        for version in (4, 6):
            for direction in ("down", "up"):
                for connection in ("warm", "fresh"):
                    with self.subTest(version=version, direction=direction, connection=connection):
                        make_path()
                        run = self.measure("--direction", direction, "--connection", connection,
                                           "--sizes=1:3001:200", version=version)
                        self.assert_mss_of_counted_samples(run, version)

    def test_gives_it_without_a_warm_up_and_to_boundaries(self):
        for direction, connection, sizes, warmup in (
                ("down", "warm", "1:3001:200", 0), ("up", "warm", "1:3001:200", 0),
                ("down", "fresh", "1:3001:200", 0), ("up", "fresh", "1:3001:200", 0),
                ("down", "warm", "1,3000,boundaries", 1), ("up", "warm", "1,3000,boundaries", 1),
                ("down", "fresh", "1,3000,boundaries", 1), ("up", "fresh", "1,3000,boundaries", 1)):
            with self.subTest(direction=direction, connection=connection, sizes=sizes, warmup=warmup):
                make_path()
                run = self.measure("--direction", direction, "--connection", connection, "--sizes", sizes,
                                   server=["--warmup", warmup])
                self.assert_mss_of_counted_samples(run)
                if "boundaries" in sizes:
                    self.assertEqual(run.header["resolved_sizes_bytes"],
                                     "1 1347 1348 1349 1350 2695 2696 2697 2698 3000")

    def test_gives_it_to_a_classic_client(self):
        for sizes, warmup in (("1:3001:200", 1), ("1:3001:200", 0), ("1,3000,boundaries", 1)):
            with self.subTest(sizes=sizes, warmup=warmup):
                make_path()
                server = Server(self.directory, "--one-off", "--rounds=2", "--sizes", sizes, "--warmup", warmup,
                                prefix=["ip", "netns", "exec", "server"])
                self.addCleanup(server.close)
                subprocess.run(["ip", "netns", "exec", "client", "python3", "-c", classic_programs()[0],
                                SERVER[4], str(server.port)],
                               timeout=PATIENCE, check=True, stdout=subprocess.DEVNULL)
                self.assertEqual(server.wait(), 0, server.messages)
                (file,) = server.files()
                self.assert_mss_of_counted_samples(read_run(file))
                file.unlink()

    def test_says_where_packets_become_too_large_if_the_icmp_is_lost(self):
        for direction in ("down", "up"):
            with self.subTest(direction=direction):
                make_path()
                drop_router_icmp()
                output = self.directory / f"{direction}.csv"
                run = self.measure("--direction", direction, "--sizes=1:2001:100", "--order=ascending",
                                   "--timeout=4s", "--output", output, server=["--timeout=2s"], status=1)
                measured, other = (run, read_run(output)) if direction == "down" else (read_run(output), run)
                self.assertIn(measured.trailer["status"], ("timeout", "closed"), "whichever end gives up first")
                self.assertEqual((measured.trailer["passed_bytes"], measured.trailer["lost_bytes"]), ("1301", "1401"))
                self.assertGreaterEqual(int(measured.trailer["times_sent"]), 2)
                self.assertEqual(other.trailer["passed_bytes"], "1301")
                measuring, acking = self.server.messages, self.client.stderr
                if direction == "up":
                    measuring, acking = acking, measuring
                self.assertRegex(measuring, r"payloads of up to 1301 bytes passed; 1401 bytes were sent \d+ times and "
                                            r"never acknowledged: the path may drop packets of more than 1353 bytes")
                self.assertIn("payloads of up to 1301 bytes arrived, and no larger one", acking)
                for text in (measuring, acking):
                    self.assertIn("mtu 1280", text)

    def test_says_so_if_payloads_come_in_any_order(self):
        for direction in ("down", "up"):
            for connection in ("warm", "fresh"):
                with self.subTest(direction=direction, connection=connection):
                    make_path()
                    drop_router_icmp()
                    self.measure("--direction", direction, "--connection", connection, "--timeout=4s", server=["--timeout=2s"],
                                 status=1)
                    for text in (self.server.messages, self.client.stderr):
                        self.assertIn("and the ICMP messages that say so", text)
                        self.assertIn("mtu 1280", text)


if __name__ == "__main__":
    main()
