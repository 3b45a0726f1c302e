"""Ctrl-C at either end, at any moment: both ends have the table and the samples so far."""

import os
import pathlib
import random
import signal
import time

from harness import Server, TestCase, main, read_run, start, wait_until

MOMENTS = int(os.environ.get("TCPSTEP_TEST_INTERRUPTS", "20"))


class Interrupted(TestCase):
    def begin(self, *arguments, rounds=400):
        """A run that goes on, with what each of its ends writes."""
        folder = self.directory / str(len(list(self.directory.iterdir())))
        folder.mkdir()
        self.server = Server(folder)
        self.addCleanup(self.server.close)
        self.file = folder / "run.csv"
        self.client = start("tcpstep", "run", f"127.0.0.1:{self.server.port}", "--interval=1ms", f"--rounds={rounds}",
                            "--sizes=1:9901:900", "--output", self.file, *arguments)
        self.addCleanup(self.client.kill)

    def wait_for_rounds(self):
        files = lambda: [path for path in (self.file, *self.server.files()) if path.exists()]
        wait_until(lambda: self.client.poll() is not None or any(path.stat().st_size > 6000 for path in files()),
                   "some rounds are written")

    def assert_both_ends_have_it(self, output):
        kept = read_run(self.file)
        self.assertGreater(len(kept.rows), 10)
        self.assertNotEqual(kept.trailer["status"], "complete")
        self.assertIn("partial", output)
        self.assertIn("fastest", output)
        wait_until(lambda: "fastest" in self.server.tables, f"the server prints its table\n{self.server.messages}")
        self.assertIn("partial", self.server.tables)
        same, = self.server.files()
        self.assertEqual(read_run(same).rows, kept.rows)

    def interrupt(self, end, *arguments):
        self.begin(*arguments)
        self.wait_for_rounds()
        time.sleep(random.uniform(0, 0.2))
        (self.client if end == "client" else self.server.process).send_signal(signal.SIGINT)
        output, messages = self.client.communicate(timeout=60)
        self.assertEqual(self.client.returncode, -signal.SIGINT if end == "client" else 1, messages)
        self.assert_both_ends_have_it(output)
        if end == "server":
            self.assertEqual(self.server.wait(), -signal.SIGINT)

    def test_of_every_kind_of_run_at_a_random_moment(self):
        kinds = [(end, f"--direction={direction}", f"--connection={connection}")
                 for end in ("client", "server") for direction in ("down", "up") for connection in ("warm", "fresh")]
        for number in range(MOMENTS):
            kind = kinds[number % len(kinds)]
            with self.subTest(kind=kind, number=number):
                self.interrupt(*kind)

    def test_at_any_moment_of_a_short_run_ends_it_in_order(self):
        for number in range(MOMENTS):
            end = ("client", "server")[number % 2]
            direction = ("down", "up")[number // 2 % 2]
            with self.subTest(number=number):
                self.begin(f"--direction={direction}", rounds=20)
                time.sleep(random.uniform(0, 0.4))
                (self.client if end == "client" else self.server.process).send_signal(signal.SIGINT)
                self.client.communicate(timeout=60)
                self.server.process.send_signal(signal.SIGTERM)
                self.server.wait()
                for file in (self.file, *self.server.files()):
                    if file.exists():
                        kept = read_run(file)
                        self.assertTrue(kept.whole_lines and kept.trailer, kept.text[-200:])

    def measuring_process(self):
        pid = self.server.process.pid
        return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text())

    def test_of_a_server_that_stops_before_it_reads_an_ack(self):
        for _ in range(4):  # the server waits for an ack most of the time
            self.begin("--connection=fresh")
            self.wait_for_rounds()
            measuring = self.measuring_process()
            self.client.send_signal(signal.SIGSTOP)
            time.sleep(0.05)  # the server does what it can do without an ack
            os.kill(measuring, signal.SIGSTOP)
            self.client.send_signal(signal.SIGCONT)
            time.sleep(0.05)
            self.server.process.send_signal(signal.SIGINT)
            time.sleep(0.05)
            os.kill(measuring, signal.SIGCONT)
            output, messages = self.client.communicate(timeout=60)
            self.assertEqual(self.client.returncode, 1, messages)
            self.assert_both_ends_have_it(output)

    def test_twice_ends_the_client_at_once(self):
        self.begin()
        self.wait_for_rounds()
        measuring = self.measuring_process()
        os.kill(measuring, signal.SIGSTOP)  # sends nothing more
        self.client.send_signal(signal.SIGINT)
        time.sleep(0.5)
        self.client.send_signal(signal.SIGINT)
        self.client.communicate(timeout=60)
        self.assertEqual(self.client.returncode, -signal.SIGINT)
        os.kill(measuring, signal.SIGKILL)


if __name__ == "__main__":
    main()
