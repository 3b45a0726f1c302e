"""tcpstep-lab in real time: known RTTs, its packet log, and that it leaves nothing behind."""

import csv
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import uuid

from harness import (TestCase, environment, main, program, read_run, run, start,
                     wait_until)

PATIENCE = 100


def smallest_rtts(path):
    """Payload size -> minimum RTT in ms."""
    rtts = {}
    for row in read_run(path).rows:
        if row["round"] != "0":
            size, rtt = int(row["size_bytes"]), int(row["rtt_ns"]) / 1e6
            rtts[size] = min(rtt, rtts.get(size, rtt))
    return rtts


def kill_measurements(case, times, longest_s, *arguments, wait_for_end=lambda temporary: None):
    """The results folder of measurements that were killed at random moments. Asserts that one more
    works after them and that nothing is left of their temporary files."""
    generator = random.Random(1)
    results = case.directory / "results"
    temporary = case.directory / "tmp"
    temporary.mkdir()
    env = environment(TMPDIR=str(temporary))
    for _ in range(times):
        lab = start("tcpstep-lab", "measure", "--results", results, *arguments, env=env)
        time.sleep(generator.uniform(0, longest_s))
        lab.kill()
        lab.communicate()
        wait_for_end(temporary)
    run("tcpstep-lab", "measure", "--results", case.directory / "more", "-n", 1, "--sizes", "1",
        "adsl", env=env)
    case.assertEqual(list(temporary.iterdir()), [])
    return results


class LabTestCase(TestCase):
    def profile(self, text):
        path = self.directory / "mine.profile"
        path.write_text(text)
        return path

    def measure(self, *arguments, **options):
        """The one result file of a measurement."""
        result = run("tcpstep-lab", "measure", "--results", self.directory / "results",
                     "--tolerance", "1000%", *arguments, timeout=PATIENCE, **options)
        if "user namespaces" in result.stderr or "cannot start the virtual machine" in result.stderr:
            self.skipTest(result.stderr.strip())
        self.assertEqual(result.returncode, 0, result.stderr)
        return pathlib.Path(result.stdout.strip())


class KnownRtts(LabTestCase):
    ATTEMPTS = 10

    def measure_faithfully(self, *arguments):
        """The result file of a run that the lab itself calls faithful: other tests share this machine."""
        for _ in range(self.ATTEMPTS):
            result = run("tcpstep-lab", "measure", "--results", self.directory / "results",
                         *arguments, timeout=PATIENCE)
            if "user namespaces" in result.stderr:
                self.skipTest(result.stderr.strip())
            if result.returncode == 0:
                return pathlib.Path(result.stdout.strip())
            self.assertIn("not faithful", result.stderr)
        self.fail(f"none of {self.ATTEMPTS} runs was faithful: {result.stderr}")

    def test_two_delays_of_ten_milliseconds_are_twenty(self):
        path = self.measure_faithfully("--tolerance", "5%", "-n", 5, "--sizes", "1,1401",
                                       self.profile("[both]\ndelay = 10ms\n"))
        for size, rtt in smallest_rtts(path).items():
            self.assertGreaterEqual(rtt, 20, size)
            self.assertLess(rtt, 22, size)  # what two busy hosts may add

    def test_ten_links_in_a_row_add_up(self):
        # 1000 bytes more at 1 Mbit/s are 8 ms on each of ten hops.
        path = self.measure_faithfully("--tolerance", "8%", "-n", 5, "--sizes", "1,1001",
                                       self.profile("[both]\nrate = 1Mbit/s\nhops = 10\n"))
        rtts = smallest_rtts(path)
        self.assertAlmostEqual(rtts[1001] - rtts[1], 80, delta=0.8)

    def test_cells_are_filled_up(self):
        # 4 + 52 + 40 bytes are 2 cells, one more makes 3: a cell at 100 kbit/s takes 4.24 ms.
        path = self.measure_faithfully("--tolerance", "3%", "-n", 20, "--sizes", "1,4,5,52",
                                       self.profile(
                                           "[both]\nrate = 100kbit/s\noverhead = 40B\ncells = atm\n"))
        rtts = smallest_rtts(path)
        self.assertAlmostEqual(rtts[4] - rtts[1], 0, delta=0.3)
        self.assertAlmostEqual(rtts[5] - rtts[4], 4.24, delta=0.3)
        self.assertAlmostEqual(rtts[52] - rtts[5], 0, delta=0.3)

    def test_adsl_shows_the_three_penalties_of_its_model(self):
        path = self.measure_faithfully("--tolerance", "4%", "-n", 20, "--sizes",
                                       "1,1401,2101,5101", "adsl")
        self.assertGreater(int(read_run(path).header["lab_packets"]), 2 * 20 * 4, "all of the sweep is judged")
        rtts = smallest_rtts(path)
        self.assertAlmostEqual(rtts[1], 20.93, delta=0.5)
        for size, penalty in ((1401, 5.1), (2101, 13.1), (5101, 24.5)):
            # Each RTT may be late by the 4 % of --tolerance; in virtual time they are exact.
            self.assertAlmostEqual(100 * (rtts[size] / rtts[1] - 1), penalty, delta=4 * (1 + penalty / 100))

    def test_the_file_says_what_it_was(self):
        path = self.measure("-n", 1, "--sizes", "1", "--scale", "0.5", "--swap", "--seed", 7,
                            "--label", "mine", "adsl")
        header = read_run(path).header
        self.assertEqual(header["link"], "adsl-swapped-x0.5")
        self.assertEqual((header["lab_profile"], header["lab_seed"], header["lab_swapped"],
                          header["lab_time"]), ("adsl", "7", "yes", "real"))
        self.assertGreater(int(header["lab_packets"]), 3)

    def test_the_packet_log_is_the_truth(self):
        log = self.directory / "packets.csv"
        self.measure("-n", 1, "--sizes", "1,2001", "--log", log,
                     self.profile("[both]\ndelay = 5ms\n"))
        with log.open() as lines:
            packets = list(csv.DictReader(lines))
        self.assertGreater(len(packets), 10)
        self.assertEqual({packet["direction"] for packet in packets}, {"down", "up"})
        delays = [int(packet["due_ns"]) - int(packet["in_ns"]) for packet in packets]
        # What is in flight when the link restarts for the sweep arrives at once; the sweep's own eight have the delay.
        self.assertEqual(delays[-8:], [5_000_000] * 8)
        self.assertLessEqual(max(delays), 5_000_000)
        for packet in packets:
            self.assertGreaterEqual(int(packet["out_ns"]), int(packet["due_ns"]))
            self.assertLessEqual(int(packet["bytes"]), 1500)


class Run(LabTestCase):
    def setUp(self):
        super().setUp()
        probe = run("tcpstep-lab", "run", "adsl", "--", "true")
        if probe.returncode != 0:
            self.skipTest(probe.stderr.strip())

    def test_gives_back_the_exit_status_of_its_command(self):
        for status in (0, 5):
            result = run("tcpstep-lab", "run", "adsl", "--", "sh", "-c", f"exit {status}")
            self.assertEqual(result.returncode, status, result.stderr)

    def test_joins_two_hosts(self):
        for far, address in (("", "10.19.9.1"), ("$TCPSTEP_FAR ", "10.19.9.2")):
            result = run("tcpstep-lab", "run", "adsl", "--", "sh", "-c", f"{far}ip -4 address")
            self.assertIn(address, result.stdout, result.stderr)
            self.assertIn("mtu 1500", result.stdout)

    def test_leaves_nothing_behind_when_it_is_killed(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
            marker = str(uuid.uuid4())
            lab = start("tcpstep-lab", "run", "adsl", "--", "sh", "-c",
                        f"echo ready; $TCPSTEP_FAR sleep 1000 {marker} & sleep 1000; : {marker}")
            self.assertEqual(lab.stdout.readline(), "ready\n")
            lab.send_signal(number)
            self.assertEqual(lab.wait(PATIENCE), -number)
            lab.communicate()
            wait_until(lambda: not subprocess.run(["pgrep", "-f", marker], capture_output=True,
                                                  check=False).stdout, "its processes are gone")

    def test_a_killed_measurement_is_never_complete(self):
        results = kill_measurements(self, 5, 0.5, "-n", 500, "--sizes", "1", "--scale", "0.2", "adsl")
        for path in results.glob("*.csv"):
            self.assertIsNone(read_run(path).trailer)

    def test_works_without_any_privilege(self):
        if os.geteuid() != 0:
            self.skipTest("not root: the other tests show it already")
        programs = self.directory / "programs"
        programs.mkdir()
        for name in ("tcpstep-lab", "tcpstep-server", "tcpstep-client"):
            shutil.copy(program(name), programs)
        results = self.directory / "results"
        results.mkdir()
        for path in (self.directory, programs, results):
            path.chmod(0o777)
        result = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                     "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs",
                     programs / "tcpstep-lab", "measure", "-n", 1, "--sizes", "1,2001",
                     "--results", results, "--tolerance", "1000%", "adsl", timeout=PATIENCE,
                     env=environment(HOME=str(results), ASAN_OPTIONS="detect_leaks=0"))
        if "user namespaces" in result.stderr:
            self.skipTest(result.stderr.strip())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(smallest_rtts(result.stdout.strip())[1], 20.9)


class WrongRequests(LabTestCase):
    def test_are_refused_by_name(self):
        mine = self.profile("[both]\nrate = 10GB/s\n")
        for arguments, expected in (
                (["run", "dsl", "--", "true"], "unknown profile 'dsl'"),
                (["measure", mine], "mine.profile:2: rate: invalid rate '10GB/s'"),
                (["measure", "--kernel", "x", "adsl"], "--kernel needs --virtual"),
                (["measure", "--log", "packets.csv.gz", "adsl"], "--log: cannot write the compressed file"),
                (["measure", "--log", "-", "adsl"], "--log: standard output is for results"),
                (["measure", "--scale", "0", "adsl"], "--scale: invalid scale '0': expected 0.01 to 1000"),
                (["table", "--real", "--virtual"], "cannot be used together"),
                (["table", "--real", "--kernel=x"], "cannot be used together"),
                (["netem", "--seed=1", "adsl"], "--seed"),
                (["tabel"], "unknown command 'tabel'"), ([], "missing command")):
            result = run("tcpstep-lab", *arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
            self.assertIn(expected, result.stderr)

    def test_an_unfaithful_run_is_kept_and_marked(self):
        result = run("tcpstep-lab", "measure", "-n", 1, "--sizes", "1", "--tolerance", "1%",
                     "--results", self.directory / "results",
                     self.profile("[both]\ndelay = 1us\n"))
        if "user namespaces" in result.stderr:
            self.skipTest(result.stderr.strip())
        self.assertEqual(result.returncode, 1)
        self.assertIn("not faithful", result.stderr)
        self.assertEqual(read_run(result.stdout.strip()).header["lab_faithful"], "no")

    def measure_standing_still(self, rounds, after):
        """Whether a run is marked whose emulator is stopped for 60 ms of every 80, from `after` on; and its RTTs."""
        lab = start("tcpstep-lab", "measure", "-n", rounds, "--sizes", "1,1401,2101", "--results",
                    self.directory / "results",
                    self.profile("[both]\ndelay = 15ms\n"))
        time.sleep(after)
        while lab.poll() is None:
            lab.send_signal(signal.SIGSTOP)
            time.sleep(0.06)
            lab.send_signal(signal.SIGCONT)
            time.sleep(0.02)
        name, messages = lab.communicate(timeout=PATIENCE)
        if "user namespaces" in messages:
            self.skipTest(messages.strip())
        is_marked = read_run(name.strip()).header["lab_faithful"] == "no"
        self.assertEqual(lab.returncode, 1 if is_marked else 0, messages)
        return is_marked, smallest_rtts(name.strip())

    def test_an_emulator_that_stands_still_for_a_part_of_the_run_is_right_or_marked(self):
        is_marked, rtts = self.measure_standing_still(6, after=0.5)
        if not is_marked:
            for size in (1401, 2101):
                self.assertAlmostEqual(100 * (rtts[size] / rtts[1] - 1), 0, delta=1)

    def test_an_emulator_that_stands_still_all_the_time_is_marked(self):
        is_marked, rtts = self.measure_standing_still(2, after=0)
        self.assertTrue(is_marked, rtts)  # each ping takes 30 ms: it is met by one stop at least

    def test_netem_and_show_print_what_they_promise(self):
        self.assertIn("delay 9900.000us rate 820000bit 26 48 5",
                      run("tcpstep-lab", "netem", "adsl").stdout)
        self.assertIn("Not reproduced", run("tcpstep-lab", "netem", "edge").stdout)
        self.assertIn("rate = 12Mbit/s", run("tcpstep-lab", "show", "adsl").stdout)
        self.assertEqual(len(run("tcpstep-lab", "list").stdout.splitlines()), 6)


if __name__ == "__main__":
    main()
