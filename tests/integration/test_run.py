"""tcpstep run: what its user sees and keeps."""

import json
import re
import shutil
import socket
import time

from harness import (TestCase, fake_server, frame, main, read_run, receive_frame, run, send_acks, serve_classic, start,
                     wait_until)
from rogue_server import accept_of, greet


class Run(TestCase):
    def test_prints_one_table_with_what_each_packet_adds(self):
        server = self.start_server()
        result = run("tcpstep", "run", f"127.0.0.1:{server.port}", "--link=lan", "--rounds=2")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"^lan: 127\.0\.0\.1 → 127\.0\.0\.1, MSS \d+")
        for column in ("packets", "fastest", "median", "p99"):
            self.assertIn(column, result.stdout)
        self.assertNotIn("shuffled", result.stdout + result.stderr, "nothing asks for another order")
        self.assertNotIn("┤", result.stdout, "no picture in a pipe")
        self.assertEqual(read_run(server.files()[0]).header["order"], "shuffled")

    def test_json_is_that_of_the_report(self):
        server = self.start_server()
        result = run("tcpstep", "run", f"127.0.0.1:{server.port}", "--json", "--rounds=2")
        link, = json.loads(result.stdout)["links"]
        self.assertEqual((link["runs"], link["samples"]), (1, 200))
        self.assertGreater(link["reference"]["median_ns"], 0)
        two = run("tcpstep", "run", f"127.0.0.1:{server.port}", "--json", "--repeat=2")
        self.assertEqual(two.returncode, 2)
        self.assertIn("--json is for one run", two.stderr)

    def test_quick_is_a_look_at_the_boundaries(self):
        server = self.start_server()
        self.assertEqual(run("tcpstep", "run", f"127.0.0.1:{server.port}", "--quick").returncode, 0)
        header = read_run(server.files()[0]).header
        self.assertEqual((header["sizes_bytes"], header["rounds"]), ("boundaries", "8"))

    def test_save_keeps_run_table_pictures_and_page(self):
        server = self.start_server()
        folder = self.directory / "new" / "ticket"
        arguments = ("run", f"127.0.0.1:{server.port}", "--rounds=2", "--sizes=1:40001:2000", "--save", folder)
        result = run("tcpstep", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        names = {"run.csv", "table.md", "report.html"}
        if shutil.which("gnuplot"):
            names |= {"closeup.png", "closeup.svg"}
        self.assertEqual({path.name for path in folder.iterdir()}, names)
        self.assertEqual((folder / "run.csv").read_bytes(), server.files()[0].read_bytes())
        self.assertIn("| packets | payload bytes |", (folder / "table.md").read_text())
        again = run("tcpstep", *arguments)
        self.assertEqual(again.returncode, 2)
        self.assertIn("already contains a run", again.stderr)

    def test_save_of_several_runs_numbers_them(self):
        server = self.start_server()
        folder = self.directory / "both"
        result = run("tcpstep", "run", f"127.0.0.1:{server.port}", "--rounds=1", "--direction=both", "--save", folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((folder / "run-2.csv").exists())
        table = (folder / "table.md").read_text()
        self.assertRegex(table, r"\.up\b")

    def test_the_server_says_what_to_type_on_the_other_host(self):
        server = self.start_server("--bind=127.0.0.1")
        self.assertIn(f"on the other host: tcpstep run 127.0.0.1:{server.port}\n", server.messages)


class Names(TestCase):
    """What a run is called without anybody naming it, and where it is kept."""

    def test_a_link_is_named_after_both_hosts(self):
        host = re.sub(r"[^\w.+-]", "-", socket.gethostname(), flags=re.A)[:31]
        server = self.start_server()
        for direction in ("down", "up"):
            self.assertEqual(server.run_client("--rounds=1", "--direction", direction).returncode, 0)
            self.assertEqual(read_run(server.files()[-1]).header["link"], f"{host}-{host}")
        self.assertEqual(server.run_client("--rounds=1", "--link=own").returncode, 0)
        self.assertEqual(read_run(server.files()[-1]).header["link"], "own")

    def test_an_anonymous_server_names_it_after_both_networks(self):
        server = self.start_server("--anonymous")
        for host, link in (("127.0.0.1", "127.0.0.x-127.0.0.x"), ("::1", "x-x")):
            self.assertEqual(server.run_client("--rounds=1", host=host).returncode, 0)
            self.assertEqual(read_run(server.files()[-1]).header["link"], link)

    def test_the_servers_name_holds_for_clients_without_one(self):
        server = self.start_server("--link=lan")
        self.assertEqual(server.run_client("--rounds=1").returncode, 0)
        self.assertEqual(read_run(server.files()[-1]).header["link"], "lan")

    def test_classic_runs_stay_unnamed(self):
        server = self.start_server("--one-off", "--sizes=1", "--rounds=1")
        with server.connect() as peer:
            send_acks(peer)
        server.wait()
        self.assertEqual(read_run(server.files()[0]).header["link"], "unnamed")

    def test_a_strangers_host_name_becomes_a_name(self):
        server = self.start_server()
        with server.connect() as peer:
            peer.recv(1)
            peer.sendall(b"\xb7")
            receive_frame(peer)
            peer.sendall(frame({"type": "request", "protocol": 1, "sizes": "1", "rounds": 1,
                                "environment": {"host": "../\u001b[31mä " + "x" * 200}}))
            link = receive_frame(peer)["link"]
        self.assertRegex(link, r"^[A-Za-z0-9._+-]{1,64}$")

    def test_the_client_says_how_the_server_keeps_the_run(self):
        server = self.start_server()
        for direction in ("down", "up"):
            result = server.run_client("--rounds=1", "--direction", direction)
            file = server.files()[-1]
            run_id = read_run(file).header["run_id"]
            self.assertIn(f"tcpstep-client: kept at the server as {file.name} (run {run_id[:8]})\n", result.stderr)
        self.assertNotIn("kept", server.run_client("--quiet", "--rounds=1").stderr)
        self.assertNotIn("kept", self.start_server("--output=-").run_client("--rounds=1").stderr)


class Waiting(TestCase):
    def test_a_queued_client_is_told_how_long(self):
        server = self.start_server()
        first = start("tcpstep-client", "--port", server.port, "--sizes=1", "--rounds=300", "--interval=10ms", "127.0.0.1")
        self.addCleanup(first.kill)
        wait_until(lambda: server.files(), "the first run has begun")
        second = server.run_client("--sizes=1", "--rounds=1")
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertRegex(second.stderr, r"queued: 1 client ahead, about [1-4] s\n")
        first.communicate()

    def test_what_a_stranger_says_about_it_is_bounded(self):
        def script(peer):
            greet(peer)
            peer.sendall(frame({"type": "queued", "ahead": 1, "seconds": 10 ** 18}))
            time.sleep(0.5)  # so that it is read alone
            peer.sendall(frame({"type": "refuse", "reason": "enough", "hint": ""}))
            peer.recv(1)
        with fake_server(script) as port:
            result = run("tcpstep-client", "--port", port, "127.0.0.1")
        self.assertIn("queued: 1 client ahead\n", result.stderr)


class HostWarnings(TestCase):
    def test_are_printed_once_and_not_for_each_client(self):
        server = self.start_server("--sizes=1", "--rounds=1")
        for _ in range(3):
            self.assertEqual(server.run_client().returncode, 0)
        wait_until(lambda: server.messages.count("complete, ") == 3, "three runs are over")
        server.process.terminate()
        server.wait()
        warnings = [line for line in server.messages.splitlines()
                    if not re.match(r"\d\d:\d\d:\d\d  |tcpstep-server |on the other host|  +tcpstep run", line)]
        self.assertEqual(len(warnings), len(set(warnings)), warnings)
        self.assertFalse([line for line in warnings if "RTT" in line], "these are in the tables")

    def test_are_in_a_json_log_once(self):
        server = self.start_server("--log-format=json", "--congestion=nosuch", "--sizes=1", "--rounds=1")
        for _ in range(3):
            self.assertEqual(server.run_client().returncode, 0)
        wait_until(lambda: server.messages.count("complete, ") == 3, "three runs are over")
        server.process.terminate()
        server.wait()
        lines = [json.loads(line) for line in server.messages.splitlines()]
        warnings = [line["message"] for line in lines if line["event"] == "warning"]
        self.assertEqual(len(warnings), len(set(warnings)), warnings)
        self.assertEqual(sum("does not offer congestion control nosuch" in text for text in warnings), 1)
        report = json.loads(run("tcpstep-analyze", "report", "--format=json", *server.files()).stdout)
        for warning in report["links"][0]["warnings"]:  # of all runs
            if warning["key"].startswith("rtt_"):
                self.assertEqual(sum(warning["remedy"] in text for text in warnings), 1, warning)


class Time(TestCase):
    """--time: as many rounds as fit, and what both ends make of it."""

    def test_ends_a_run_in_both_directions_and_on_fresh_connections(self):
        server = self.start_server()
        for arguments in ((), ("--direction=up",), ("--connection=fresh",),
                          ("--connection=fresh", "--direction=up"), ("--secret-file",)):
            if arguments == ("--secret-file",):
                secret = self.directory / "secret"
                secret.write_text("correct horse battery staple")
                secret.chmod(0o600)
                server = self.start_server("--secret-file", secret)
                arguments = ("--secret-file", secret)
            with self.subTest(arguments=arguments):
                file = self.directory / f"run-{len(server.files())}{len(arguments)}.csv"
                result = server.run_client("--sizes=1,100,2000", "--interval=2ms", "--time=1s", *arguments, "-o", file)
                self.assertEqual(result.returncode, 0, result.stderr)
                run_file = read_run(file)
                self.assertEqual(run_file.text, server.files()[-1].read_text())
                self.assertEqual((run_file.trailer["status"], run_file.header["time_ns"]), ("complete", "1000000000"))
                counted = [row for row in run_file.rows if row["round"] != "0"]
                rounds = int(counted[-1]["round"])
                self.assertGreaterEqual(rounds, 5)
                self.assertEqual(len(counted), 3 * rounds)
                round_ns = int(run_file.trailer["elapsed_ns"]) / (rounds + 1)
                self.assertLess(int(run_file.header["time_ns"]) - int(run_file.trailer["elapsed_ns"]), 5 * round_ns)
                self.assertTrue(all(row["peer_retransmits"] for row in counted), "the report on acks has come")
                self.assertIn(f"1 run × {rounds} rounds × 3 sizes", result.stdout)

    def test_has_at_least_five_rounds_and_at_most_those_asked_for(self):
        server = self.start_server()
        slow = server.run_client("--sizes=1,2", "--interval=150ms", "--time=1s")
        self.assertIn("1 run × 5 rounds × 2 sizes", slow.stdout, slow.stderr)
        self.assertIn("5 rounds take about 2 s on this path", slow.stderr)
        few = server.run_client("--sizes=1,2", "--rounds=7", "--time=1h")
        self.assertIn("1 run × 7 rounds × 2 sizes", few.stdout, few.stderr)

    def test_asks_for_fewer_sizes_where_five_rounds_take_too_long(self):
        server = self.start_server()
        result = server.run_client("--interval=10ms", "--time=1s")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(read_run(server.files()[0]).header["sizes_bytes"], "boundaries")

    def test_is_held_to_the_servers_limits(self):
        server = self.start_server("--max-time=2s", "--max-pings=1000")
        refused = server.run_client("--time=3s")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("a run of 3.000 s exceeds this server's limit of 2.000 s", refused.stderr)
        result = server.run_client("--time=2s", "--sizes=1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertLessEqual(len(read_run(server.files()[0]).rows), 1002)

    def test_is_refused_by_what_does_not_know_it(self):
        with fake_server(serve_classic) as port:
            result = run("tcpstep-client", "--port", port, "--time=10s", "127.0.0.1")
        self.assertEqual(result.returncode, 1)
        self.assertIn("knows only the classic protocol", result.stderr)

        with fake_server(lambda peer: None) as port:  # closes at once, as a server with too many clients does
            result = run("tcpstep-client", "--port", port, "--time=10s", "127.0.0.1")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "(closed|reset) the connection")

        def older(peer):
            request = greet(peer)
            self.assertEqual(request["time_ns"], 10 ** 10)
            peer.sendall(frame(accept_of(request, pings=2)))
            peer.recv(1)
        with fake_server(older) as port:
            result = run("tcpstep-client", "--port", port, "--time=10s", "--sizes=1", "127.0.0.1")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no time instead of 10s", result.stderr)


class Values(TestCase):
    def test_are_taken_as_people_type_them(self):
        server = self.start_server("--max-bytes=1GiB", "--min-free=1k", "--sizes=1,1k,2KiB", "--rounds=1", "--timeout=0.5min")
        self.assertEqual(server.run_client("--max-bytes=1M").returncode, 0)
        self.assertEqual(read_run(server.files()[0]).header["sizes_bytes"], "1 1k 2KiB")

    def test_that_are_almost_right_get_a_hint(self):
        for option, hint in (("--interval=10", "the unit is missing, as in 10ms or 10s"), ("--direction=upload", "Did you mean up?"),
                             ("--direction=download", "Did you mean down?"), ("--order=shuffle", "Did you mean shuffled?")):
            result = run("tcpstep-client", option, "127.0.0.1")
            self.assertEqual(result.returncode, 2)
            self.assertIn(hint, result.stderr)


if __name__ == "__main__":
    main()
