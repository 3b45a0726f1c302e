"""Segment boundaries on a real path. Runs inside scripts/veth-pair: we are near, the client is far."""

import html
import os
import pathlib
import re
import shutil
import subprocess
import time
import unittest

from harness import (PATIENCE, TestCase, command, environment, main, read_run, report, run, wait_until)

NEAR_V4, FAR_V4 = "10.19.9.1", "10.19.9.2"
NEAR_V6, FAR_V6 = "fd19:901::1", "fd19:901::2"
FAR = os.environ.get("TCPSTEP_FAR", "").split()


def ip(*arguments, far=False):
    subprocess.run([*(FAR if far else []), "ip", *arguments], check=True)


def set_mtu(mtu):
    ip("link", "set", "near", "mtu", str(mtu))
    ip("link", "set", "far", "mtu", str(mtu), far=True)


def swallow(address):
    """Sends everything for the address to a station that is not there."""
    ip("neighbour", "replace", address, "lladdr", "02:00:00:00:00:4e", "dev", "near")


def packets_sent():
    counters = pathlib.Path("/proc/self/net/dev").read_text().split("near:")[1].split()
    return int(counters[9])


@unittest.skipIf(not FAR, "runs inside scripts/veth-pair only")
class SegmentBoundaries(TestCase):
    def setUp(self):
        super().setUp()
        set_mtu(1500)
        self.addCleanup(set_mtu, 1500)

    def measure(self, *arguments, host=NEAR_V4):
        server = self.start_server("--one-off", "--output", "run.csv", "--link=veth", *arguments)
        client = subprocess.run([*FAR, *command("tcpstep-client", "--port", server.port, host)],
                                env=environment(), capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(client.returncode, 0, client.stderr)
        self.assertEqual(server.wait(), 0, server.messages)
        return self.directory / "run.csv"

    def assert_boundaries(self, mss, host=NEAR_V4):
        sizes = range(1, 9902, 100)
        file = self.measure("--rounds=2", host=host)
        self.assertEqual(read_run(file).header["mss_bytes"], str(mss))
        result, (link,) = report(file)
        self.assertEqual((result.returncode, link["mss_bytes"]), (0, mss))
        expected = {}
        for size in sizes:
            expected.setdefault((size + mss - 1) // mss, []).append(size)
        found = [(row["segments"], row["sizes"], row["smallest_bytes"], row["largest_bytes"])
                 for row in link["classes"]]
        self.assertEqual(found, [(segments, len(of_class), of_class[0], of_class[-1])
                                 for segments, of_class in expected.items()])
        self.assertEqual(link["filling"]["largest_bytes"], expected[1][-1])
        self.assertEqual(link["second"]["smallest_bytes"], expected[2][0])
        self.assertIn(f"MSS {mss}", run("tcpstep-analyze", "report", file).stdout)

    def test_are_multiples_of_1448_at_mtu_1500(self):
        self.assert_boundaries(1448)

    def test_are_multiples_of_1428_over_ipv6(self):
        self.assert_boundaries(1428, host=NEAR_V6)

    def test_follow_an_mtu_of_1400(self):
        set_mtu(1400)
        self.assert_boundaries(1348)

    def test_follow_an_mtu_of_1400_at_one_end(self):
        ip("link", "set", "far", "mtu", "1400", far=True)
        self.assert_boundaries(1348)

    def test_a_size_on_the_boundary_is_one_segment_and_one_byte_more_is_two(self):
        _, (link,) = report(self.measure("--rounds=2", "--sizes=1,1448,1449,2896,2897"))
        self.assertEqual([(row["segments"], row["smallest_bytes"], row["largest_bytes"])
                          for row in link["classes"]], [(1, 1, 1448), (2, 1449, 2896), (3, 2897, 2897)])

    def test_every_segment_crosses_as_a_packet_of_its_own(self):
        pings = 200
        for size, segments in ((1448, 1), (1449, 2), (7 * 1448, 7), (7 * 1448 + 1, 8)):
            before = packets_sent()
            self.measure(f"--sizes={size}", f"--rounds={pings}", "--warmup=0")
            sent = packets_sent() - before
            (self.directory / "run.csv").unlink()
            self.assertGreaterEqual(sent, pings * segments)
            self.assertLess(sent, pings * segments + pings / 2, "more packets than segments")


@unittest.skipIf(not FAR, "runs inside scripts/veth-pair only")
@unittest.skipIf(shutil.which("ethtool") is None, "needs ethtool")
class MergedPackets(TestCase):
    """Offloads merge packets: whatever shows the numbers says so, and how to switch that off."""

    def set_offloads(self, state):
        subprocess.run(["ethtool", "-K", "near", "tso", state, "gso", state, "gro", state], check=True,
                       capture_output=True)

    def run_client(self, server, *arguments):
        client = subprocess.run([*FAR, *command("tcpstep-client", "--port", server.port, "--sizes=1,1501,4401", "--rounds=5",
                                                *arguments, NEAR_V4)], cwd=self.directory, env=environment(),
                                capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(client.returncode, 0, client.stderr)
        return client.stdout

    def measure(self, state):
        """Twelve runs, and what both ends have printed and kept of them."""
        self.set_offloads(state)
        self.addCleanup(self.set_offloads, "off")
        server = self.start_server("--one-off", "--output", f"{state}.csv")
        texts = {"run --json": self.run_client(server, "--json")}
        server.wait()
        metrics = self.directory / f"{state}.prom"
        server = self.start_server("--link=veth", "--results", state, "--metrics-file", metrics)
        saved = self.directory / f"{state}-saved"
        texts["run"] = self.run_client(server, "--repeat=12", "--save", saved)
        server.process.terminate()
        server.wait()
        texts["server --metrics-file"] = metrics.read_text()
        return texts | {"server": server.tables} | {f"run --save: {name}": (saved / name).read_text()
                                                    for name in ("table.md", "report.html", "closeup.svg")}

    def outputs(self, state):
        """All texts about these runs, by what has printed them."""
        texts = self.measure(state)
        old, new = f"{state}/old", f"{state}/new"
        files = sorted((self.directory / state).glob("*.csv"))
        for folder, half in ((old, files[:6]), (new, files[6:])):
            (self.directory / folder).mkdir()
            for file in half:
                (self.directory / folder / file.name).write_bytes(file.read_bytes())
        sides = (old, "--", new)
        for name, runs, formats in (("show", [files[0]], ()), ("report", [state], ("markdown", "html", "csv", "json")),
                                    ("history", [state], ("markdown", "csv", "json", "html")),
                                    ("compare", sides, ("markdown", "json", "junit", "github")),
                                    ("matrix", [state], ("csv", "json", "html"))):
            texts[name] = run("tcpstep-analyze", name, *runs, cwd=self.directory).stdout
            for form in formats:
                texts[f"{name} {form}"] = run("tcpstep-analyze", name, "--format", form, *runs, cwd=self.directory).stdout
        for form in ("openmetrics", "github-action-benchmark", "bencher", "go", "csv", "hgrm"):
            texts[f"export {form}"] = run("tcpstep-analyze", "export", "--format", form, state, cwd=self.directory).stdout
        for name, runs in (("plot", [state]), ("plot --together", [state]), ("history", [state]), ("compare", sides),
                           ("matrix", [state])):
            picture = self.directory / f"{state}-{name}.svg"
            run("tcpstep-analyze", *name.split(), "-o", picture, *runs, cwd=self.directory)
            if name == "history" and "CANNOT TELL" in texts[name]:
                continue  # nothing to draw: a busy machine had to send something again
            texts[f"{name} -o"] = picture.read_text()
        return texts

    def test_are_named_with_the_remedy_wherever_their_numbers_are(self):
        keys = ("report csv", "matrix csv", "export csv", "server --metrics-file")  # no room for more
        no_rows = "history csv"  # one for each change, and there was none
        for name, text in self.outputs("on").items():
            with self.subTest(name):
                words = " ".join(html.unescape(re.sub("<[^>]*>", " ", text)).split())
                if name in keys:
                    self.assertIn("segments_merged", text)
                elif name == "export bencher":  # only names and values
                    self.assertIn("(packets merged)", text)
                elif name != no_rows:
                    self.assertIn("ethtool -K near tso off gso off gro off", words)
                    if not name.endswith(("-o", ".svg")):  # a picture has room for one host
                        self.assertIn(f"ip route get {NEAR_V4}", words)
                    self.assertTrue("Packets are merged by the measuring host (near" in words or "segments_merged" in text, text)

    def test_are_not_named_where_each_segment_leaves_alone(self):
        self.set_offloads("on")
        subprocess.run(["ethtool", "-K", "near", "gro", "off"], check=True, capture_output=True)
        ip("link", "set", "near", "gso_max_segs", "1")
        self.addCleanup(self.set_offloads, "off")
        self.addCleanup(ip, "link", "set", "near", "gso_max_segs", "65535")
        server = self.start_server("--one-off", "--output", "alone.csv")
        self.assertNotIn("merged", self.run_client(server))
        self.assertEqual(server.wait(), 0)
        self.assertIn("tso=on gso=on gro=off lro=off gso_max_segs=1", read_run(self.directory / "alone.csv").header["interface_offloads"])

    def test_are_not_named_without_offloads(self):
        for name, text in self.outputs("off").items():
            with self.subTest(name):
                self.assertNotIn("merged", text)


@unittest.skipIf(not FAR, "runs inside scripts/veth-pair only")
class InitialWindow(TestCase):
    """Ten segments (RFC 6928) leave at once on a new connection; the eleventh waits for a TCP ACK."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.restore)

    @staticmethod
    def restore():
        """An MTU below 1280 has taken IPv6 from the interfaces."""
        set_mtu(1500)
        ip("address", "replace", f"{NEAR_V6}/64", "dev", "near", "nodad")
        ip("address", "replace", f"{FAR_V6}/64", "dev", "far", "nodad", far=True)

    def measure(self, mss, connection):
        """The file of a run up to the eleventh segment."""
        server = self.start_server("--link=veth", "--results", connection, "--order=shuffled")
        sizes = f"1,{10 * mss},{10 * mss + 1}"
        client = subprocess.run(
            [*FAR, *command("tcpstep-client", "--port", server.port, "--sizes", sizes, "--rounds=30",
                            "--connection", connection, NEAR_V4)],
            env=environment(), capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(client.returncode, 0, client.stderr)
        server.process.terminate()
        server.wait()
        return next((self.directory / connection).glob("*.csv"))

    def windows(self, file):
        """The congestion windows after each counted ping of one byte, which is too little to grow it."""
        return {int(row["cwnd_segments"]) for row in read_run(file).rows
                if row["size_bytes"] == "1" and row["round"] != "0"}

    def assert_window(self, mtu, mss):
        set_mtu(mtu)
        warm, fresh = (self.measure(mss, connection) for connection in ("warm", "fresh"))
        for file in (warm, fresh):
            self.assertEqual(read_run(file).header["mss_bytes"], str(mss))
        self.assertEqual(self.windows(fresh), {10}, "every ping begins with the initial window")
        self.assertGreater(min(self.windows(warm)), 10, "the warm connection's has grown")
        _, links = report(warm, fresh)
        self.assertEqual([link["link"] for link in links], ["veth", "veth.fresh"], "kept apart")
        for link in links:
            self.assertEqual([row["segments"] for row in link["classes"]], [1, 10, 11])

    def test_is_ten_segments_of_1448_bytes(self):
        self.assert_window(1500, 1448)

    def test_ends_inside_the_default_sizes_at_a_small_mss(self):
        self.assert_window(1042, 990)


@unittest.skipIf(not FAR, "runs inside scripts/veth-pair only")
class NoPath(TestCase):
    def assert_fails(self, *arguments, naming):
        result = run("tcpstep-client", *arguments)
        self.assertEqual(result.returncode, 1, result.stderr)
        for word in naming:
            self.assertIn(word, result.stderr)

    def test_a_network_without_a_route_is_named(self):
        self.assert_fails("192.0.2.1", naming=["connect to 192.0.2.1:19901", "Network is unreachable"])

    def test_a_network_that_a_router_refuses_is_named(self):
        ip("route", "add", "unreachable", "198.51.100.0/24")
        self.addCleanup(ip, "route", "del", "198.51.100.0/24")
        self.assert_fails("198.51.100.1", naming=["connect to 198.51.100.1:19901", "No route to host"])

    def test_a_host_that_is_not_there_is_named(self):
        self.assert_fails("--timeout=20s", "10.19.9.77", naming=["10.19.9.77", "No route to host"])

    def test_a_host_that_swallows_everything_times_out(self):
        swallow("10.19.9.78")
        begin = time.monotonic()
        self.assert_fails("--timeout=400ms", "10.19.9.78", naming=["10.19.9.78", "Connection timed out"])
        self.assertLess(time.monotonic() - begin, PATIENCE / 2)

    def test_a_name_is_not_found_without_a_network(self):
        self.assert_fails("host.invalid", naming=["cannot resolve host.invalid"])

    def test_a_path_that_breaks_in_the_middle_of_a_run_ends_it_with_what_was_measured(self):
        server = self.start_server("--one-off", "--output", "run.csv", "--timeout=2s",
                                   "--rounds=100000", "--sizes=1,2,3")
        client = subprocess.Popen([*FAR, *command("tcpstep-client", "--timeout=2s", "--port", server.port,
                                                  "--output", self.directory / "mine.csv", NEAR_V4)],
                                  env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn("connected to", client.stderr.readline())
        wait_until(lambda: (self.directory / "run.csv").exists() and read_run(self.directory / "run.csv").rows, "it measures")
        self.addCleanup(ip, "neighbour", "del", FAR_V4, "dev", "near")
        swallow(FAR_V4)
        self.assertEqual(server.wait(), 1)
        table, messages = client.communicate()
        self.assertIn("no data from the server for 2.000 s", messages)
        self.assertEqual(client.returncode, 1)
        run_file = read_run(self.directory / "run.csv")
        words = " ".join(table.split())
        self.assertIn(f"the server measured this run and has those so far (run {run_file.header['run_id'][:8]})", words)
        self.assertIn("! partial", words)
        self.assertNotIn("from one ack to the next", words, "the path is too fast")
        self.assertIn("! partial", server.tables)
        mine = read_run(self.directory / "mine.csv")
        self.assertEqual((mine.header["samples_at"], mine.header["run_id"], mine.rows),
                         ("server", run_file.header["run_id"], []))
        self.assertEqual(mine.trailer["status"], "timeout")
        self.assertIn("the server measured this run", run("tcpstep-analyze", "show", self.directory / "mine.csv").stdout)
        self.assertEqual((run_file.trailer["status"], run_file.trailer["lost"]), ("timeout", "1"))
        _, (link,) = report(self.directory / "run.csv")
        self.assertEqual((link["lost"], link["partial_runs"]), (1, 1))


if __name__ == "__main__":
    main()
