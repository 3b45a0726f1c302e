"""tcpstep run: what its user sees and keeps."""

import json
import os
import random
import shutil
import signal
import time

from harness import Server, TestCase, main, read_run, run, start, wait_until


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
        self.assertIn("holds a run already", again.stderr)

    def test_save_of_several_runs_numbers_them(self):
        server = self.start_server()
        folder = self.directory / "both"
        result = run("tcpstep", "run", f"127.0.0.1:{server.port}", "--rounds=1", "--direction=both", "--save", folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((folder / "run-2.csv").exists())
        table = (folder / "table.md").read_text()
        self.assertIn("unnamed.up", table)

    def test_the_server_says_what_to_type_on_the_other_host(self):
        server = self.start_server("--bind=127.0.0.1")
        self.assertIn(f"on the other host: tcpstep run 127.0.0.1:{server.port}\n", server.messages)


class Interrupted(TestCase):
    """Ctrl-C at the client: both ends have the table, and the client's file has the samples."""

    def interrupt(self, direction, number):
        folder = self.directory / f"{direction}-{number}"
        folder.mkdir()
        server = Server(folder)
        self.addCleanup(server.close)
        file = folder / "run.csv"
        client = start("tcpstep", "run", f"127.0.0.1:{server.port}", "--direction", direction, "--interval=1ms",
                       "--rounds=400", "--output", file)
        self.addCleanup(client.kill)
        growing = lambda: (file, *server.files()) if file.exists() else server.files()
        wait_until(lambda: client.poll() is not None or any(path.stat().st_size > 20000 for path in growing()),
                   "some rounds are written")
        time.sleep(random.uniform(0, 0.2))
        client.send_signal(signal.SIGINT)
        output, messages = client.communicate(timeout=60)
        self.assertEqual(client.returncode, -signal.SIGINT, messages)
        kept = read_run(file)
        self.assertGreater(len(kept.rows), 10)
        self.assertNotEqual(kept.trailer["status"], "complete")
        self.assertIn("partial", output)
        self.assertIn("packets", output)
        wait_until(lambda: "packets" in server.tables, "the server prints its table")
        self.assertIn("partial", server.tables)
        same, = server.files()
        self.assertEqual(read_run(same).rows, kept.rows)

    def test_of_a_run_that_the_server_measures(self):
        for number in range(int(os.environ.get("TCPSTEP_TEST_INTERRUPTS", "3"))):
            self.interrupt("down", number)

    def test_of_a_run_that_the_client_measures(self):
        for number in range(int(os.environ.get("TCPSTEP_TEST_INTERRUPTS", "3"))):
            self.interrupt("up", number)

    def test_of_the_server(self):
        server = self.start_server()
        file = self.directory / "run.csv"
        client = start("tcpstep", "run", f"127.0.0.1:{server.port}", "--interval=1ms", "--rounds=400",
                       "--output", file)
        self.addCleanup(client.kill)
        wait_until(lambda: client.poll() is not None or any(path.stat().st_size > 20000 for path in server.files()),
                   "some rounds are written")
        server.process.send_signal(signal.SIGINT)
        output, _ = client.communicate(timeout=60)
        self.assertEqual(client.returncode, 1)
        self.assertIn("partial", output)
        self.assertGreater(len(read_run(file).rows), 10)
        server.wait()
        self.assertIn("partial", server.tables)


if __name__ == "__main__":
    main()
