"""Where tcpstep-server writes, and what happens if it cannot."""

import contextlib
import os

from harness import PATIENCE, TestCase, command, free_port, main, read_run, run, send_acks, start, wait_until
from small_disk import SmallDiskTestCase


class Output(TestCase):
    def refuse(self, *arguments, naming):
        """Exit status 1 before anyone can connect, with messages that state what failed and why."""
        result = run("tcpstep-server", "--port", free_port(), *arguments, cwd=self.directory)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertNotIn("listening", result.stderr)
        for word in naming:
            self.assertIn(word, result.stderr)

    def test_an_existing_file_is_never_touched(self):
        output = self.directory / "run.csv"
        output.write_text("precious")
        before = output.stat().st_mtime_ns
        self.refuse("--output", output, naming=[str(output), "File exists"])
        self.assertEqual((output.read_text(), output.stat().st_mtime_ns), ("precious", before))

    def test_a_dangling_link_is_not_followed(self):
        output = self.directory / "run.csv"
        output.symlink_to(self.directory / "elsewhere.csv")
        self.refuse("--output", output, naming=["File exists"])
        self.assertFalse((self.directory / "elsewhere.csv").exists())

    def test_an_output_without_its_folder_is_refused(self):
        output = self.directory / "none" / "run.csv"
        self.refuse("--output", output, naming=[str(output), "No such file"])

    def test_a_results_folder_that_is_a_file_is_refused(self):
        (self.directory / "results").write_text("precious")
        self.refuse(naming=["results"])
        self.assertEqual((self.directory / "results").read_text(), "precious")

    def test_a_results_folder_that_may_not_be_written_is_refused(self):
        self.refuse("--results", "/proc/tcpstep", naming=["/proc/tcpstep"])
        folder = self.directory / "read-only"
        folder.mkdir(0o555)
        if os.access(folder, os.W_OK):
            self.skipTest("this user may write into read-only folders")
        self.refuse("--results", folder, naming=["read-only", "Permission denied"])

    def test_the_results_folder_is_made_with_its_parents_and_holds_runs_only(self):
        folder = self.directory / "a" / "b"
        server = self.start_server("--one-off", "--sizes=1", "--results", folder,
                                   "--link=lan", "--label=desk")
        self.assertEqual(list(folder.iterdir()), [])
        self.assertEqual(server.run_client().returncode, 0)
        self.assertEqual(server.wait(), 0)
        file, = folder.iterdir()
        self.assertRegex(file.name, r"^\d{8}T\d{6}Z_lan_desk\.csv$")

    def test_runs_of_the_same_second_get_files_of_their_own(self):
        server = self.start_server("--sizes=1", "--rounds=1")
        for _ in range(5):
            self.assertEqual(server.run_client().returncode, 0)
        self.assertEqual(len(server.files()), 5)
        for file in server.files():
            self.assert_complete(file, 1)

    def test_the_output_holds_the_one_run(self):
        output = self.directory / "run.csv"
        server = self.start_server("--output", output, "--sizes=1,2", "--rounds=3")
        self.assertEqual(server.run_client().returncode, 0)
        self.assertEqual(server.wait(), 0)
        self.assert_complete(output, 6)
        self.assertFalse((self.directory / "results").exists())

    def test_an_output_without_a_client_is_not_left_behind(self):
        output = self.directory / "run.csv"
        server = self.start_server("--output", output)
        server.process.terminate()
        server.wait()
        self.assertFalse(output.exists())

    def test_quiet_says_nothing(self):
        port = free_port()
        server = start("tcpstep-server", "-q", "-1", "--sizes=1", "-p", port, cwd=self.directory)
        client = run("tcpstep-client", "-q", "-p", port, "--retry", 9, "127.0.0.1")
        self.assertEqual((client.returncode, client.stdout, client.stderr), (0, "", ""))
        self.assertEqual(server.communicate(), ("", ""))
        self.assertEqual(server.returncode, 0)

    def test_a_standard_output_that_is_full_loses_no_run(self):
        with open("/dev/full", "w") as full:
            server = start("tcpstep-server", "--one-off", "--sizes=1", "--rounds=2", "--output",
                           "run.csv", "--port", port := free_port(), cwd=self.directory, stdout=full)
            self.assertEqual(run("tcpstep-client", "--port", port, "--retry", 9, "::1").returncode, 0)
            messages = server.communicate()[1]
        self.assertIn("No space left on device", messages)
        self.assertEqual(server.returncode, 1)
        self.assert_complete(self.directory / "run.csv", 2)

    def test_closed_standard_streams_put_no_messages_into_the_run(self):
        for closed, status, ending in (("2>&-", 0, "error"), ("<&- >&- 2>&-", 1, "all")):
            with self.subTest(closed=closed):
                output = self.directory / f"without-{ending}.csv"
                server = start("sh", "-c", f'exec "$@" {closed}', "sh",
                               *command("tcpstep-server", "--sizes=1", "--rounds=2", "--output", output,
                                        "--port", port := free_port()))
                self.assertEqual(run("tcpstep-client", "--port", port, "--retry", 9, "::1").returncode, 0)
                server.communicate(timeout=PATIENCE)
                self.assertEqual(server.returncode, status)
                self.assert_complete(output, 2)


class Port(TestCase):
    def test_one_in_use_is_named_with_what_to_do(self):
        server = self.start_server()
        again = run("tcpstep-server", "--port", server.port, cwd=self.directory)
        self.assertEqual(again.returncode, 1)
        self.assertIn(f":{server.port}: Address already in use", again.stderr)
        self.assertIn("Try --port N", again.stderr)

    def test_one_in_use_leaves_no_output_behind(self):
        server = self.start_server()
        output = self.directory / "run.csv"
        again = run("tcpstep-server", "--port", server.port, "--output", output)
        self.assertEqual(again.returncode, 1)
        self.assertFalse(output.exists())

    def test_an_address_of_another_host_is_named_with_what_to_do(self):
        result = run("tcpstep-server", "--bind", "192.0.2.1", cwd=self.directory)
        self.assertEqual(result.returncode, 1)
        self.assertIn("192.0.2.1", result.stderr)
        self.assertIn("--bind", result.stderr)

    def test_a_bind_address_of_the_other_version_is_an_error(self):
        result = run("tcpstep-server", "-6", "--bind", "127.0.0.1", cwd=self.directory)
        self.assertEqual(result.returncode, 1)
        self.assertIn("127.0.0.1", result.stderr)


class FullDisk(SmallDiskTestCase):
    def test_keeps_the_rows_already_written_and_says_so(self):
        # A round of 100 rows is about 3 KiB: the disk is full in the middle of one.
        server = self.server_on("32k", "--one-off", "--rounds=1000")
        with server.connect() as peer:
            try:
                acked = send_acks(peer)
            except ConnectionResetError:
                acked = None
        self.assertEqual(server.wait(), 1, server.messages)
        self.assertIn("No space left on device", server.messages)
        file, = self.directory.glob("*.csv")
        run_file = read_run(file)
        self.assertTrue(run_file.whole_lines)
        self.assertIsNone(run_file.trailer)
        rows = len(run_file.rows)
        self.assertGreater(rows, 300)
        self.assertEqual((rows - 1) % 100, 0, "whole rounds only")
        if acked is not None:
            # That round was to be written together with others, before and after it.
            self.assertGreaterEqual(acked - rows, 100, "the round that did not fit is lost")
            self.assertLess(acked - rows, 100 + 1024)
        report = run("tcpstep-analyze", "report", file)
        self.assertEqual((report.returncode, report.stderr), (0, ""))
        self.assertIn("partial", report.stdout)

    def test_keeps_what_fits_of_rounds_that_are_written_together(self):
        server = self.server_on("32k", "--one-off", "--sizes=1", "--rounds=100000")
        with server.connect() as peer, contextlib.suppress(ConnectionResetError):
            send_acks(peer)
        self.assertEqual(server.wait(), 1, server.messages)
        file, = self.directory.glob("*.csv")
        run_file = read_run(file)
        self.assertTrue(run_file.whole_lines)
        self.assertEqual([row["round"] for row in run_file.rows[2:]],
                         [str(number) for number in range(1, len(run_file.rows) - 1)])
        self.assertLess(32 * 1024 - file.stat().st_size, 200, "bytes of one more line")

    def test_ends_the_run_and_not_the_server(self):
        server = self.server_on("32k", "--rounds=1000")
        for failures in (1, 2):
            with server.connect() as peer:
                try:
                    send_acks(peer)
                except ConnectionResetError:
                    pass
            wait_until(lambda: server.messages.count("No space left on device") == failures,
                       "the server reports the full disk")
        self.assertIsNone(server.process.poll())
        server.process.terminate()
        server.wait()


if __name__ == "__main__":
    main()
