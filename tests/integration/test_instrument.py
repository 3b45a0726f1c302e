"""Evidence of the kernel, waiting strategies and settings: what is asked for, got and recorded."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from harness import TestCase, environment, main, program, read_run, run, wait_until

STAMPS = ("--timestamps", "software")
STRANGE_KERNEL = os.path.join(os.environ["TCPSTEP_BUILD"], "tests/integration/libstrange_kernel.so")


def parts(row):
    """Sending stack, wire and peer, receiving stack of one ping, in ns."""
    rtt, kernel, send = (int(row[name]) for name in ("rtt_ns", "kernel_rtt_ns", "send_stack_ns"))
    return send, kernel, rtt - send - kernel


class InstrumentTest(TestCase):
    def measure(self, *arguments, rounds=3, client_arguments=(), prefix=(), env=None):
        """One run with tcpstep-client; its file, and what the server printed: messages and table."""
        server = self.start_server("--one-off", "--output", "run.csv", f"--rounds={rounds}", *arguments,
                                   prefix=prefix, env=env)
        client = server.run_client(*client_arguments)
        self.assertEqual(client.returncode, 0, client.stderr)
        self.assertEqual(server.wait(), 0, server.messages)
        self.client_messages = client.stderr
        return read_run(self.directory / "run.csv"), server.messages + " ".join(server.tables.split())

    def measure_stamped(self, *arguments, **options):
        """A run in which most pings have stamps: the kernel misses some when another program begins or
        ends to use them, as other tests do at the same time."""
        for _ in range(10):
            run_file, _ = self.measure(*STAMPS, *arguments, **options)
            if len(self.explained(run_file)) >= 0.9 * len(self.counted(run_file)):
                return run_file
            (self.directory / "run.csv").unlink()
        self.fail("ten runs without kernel timestamps")

    def measure_strangely(self, faults, *arguments):
        env = environment(STRANGE_KERNEL=faults, LD_PRELOAD=STRANGE_KERNEL,
                          ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
        return self.measure(*arguments, env=env)

    def server_fails(self, *arguments, prefix=()):
        result = subprocess.run([*prefix, program("tcpstep-server"), "--output=run.csv", *arguments],
                                cwd=self.directory, env=environment(), capture_output=True, text=True,
                                timeout=30)
        self.assertFalse((self.directory / "run.csv").exists())
        return result.returncode, result.stderr

    def counted(self, run_file):
        return [row for row in run_file.rows if row["round"] != "0"]


    def explained(self, run_file):
        """Those with stamps."""
        return [row for row in self.counted(run_file) if row["kernel_rtt_ns"]]


class Evidence(InstrumentTest):
    def test_has_the_segments_and_the_state_of_every_ping(self):
        run_file, _ = self.measure()
        for row in self.counted(run_file):
            self.assertEqual((row["segments"], row["retransmits"]), ("1", "0"))
            self.assertGreater(int(row["cwnd_segments"]), 0)
            self.assertNotEqual(row["srtt_us"] and row["min_rtt_us"] and row["delivered"], "")

    def test_has_no_stamps_where_they_would_distort_a_fast_path(self):
        run_file, _ = self.measure()
        self.assertEqual(run_file.header["requested_timestamps"], "auto")
        self.assertEqual(run_file.header["effective_timestamps"], "off")
        self.assertEqual({row["kernel_rtt_ns"] for row in run_file.rows}, {""})

    def test_splits_every_rtt_into_three_parts_none_of_which_is_negative(self):
        run_file = self.measure_stamped(rounds=20)
        rows = self.explained(run_file)
        self.assertGreaterEqual(len(rows), 1800)
        for row in rows:
            self.assertGreaterEqual(min(parts(row)), 0, row)

    def test_serves_tables_by_the_kernels_clock(self):
        run_file = self.measure_stamped(rounds=20)  # the first rounds may go without stamps
        result = run("tcpstep-analyze", "report", "--clock=kernel", "--format=json",
                     self.directory / "run.csv")
        self.assertEqual(result.returncode, 0, result.stderr)
        fastest = min(int(row["kernel_rtt_ns"]) for row in self.explained(run_file)
                      if row["size_bytes"] == "1")
        self.assertIn(f'"reference_rtt_ns": {fastest},', result.stdout)

    def start_slow_run(self):
        """A run of 1-byte pings with a client of ours; the first of these acked."""
        self.server = self.start_server("--one-off", "--output", "run.csv", "--sizes=1", "--rounds=5",
                                        *STAMPS)
        peer = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
        self.addCleanup(peer.close)
        for _ in range(3):  # opening ping, warm-up, first round
            peer.recv(10)
            peer.sendall(b"1")
        return peer

    def finish(self, peer):
        while peer.recv(10):
            peer.sendall(b"1")
        peer.close()
        self.assertEqual(self.server.wait(), 0, self.server.messages)
        return [row for row in read_run(self.directory / "run.csv").rows if row["round"] == "2"][0]

    def test_charges_a_slow_client_to_wire_and_peer(self):
        peer = self.start_slow_run()
        peer.recv(10)
        time.sleep(0.005)
        peer.sendall(b"1")
        send, kernel, receive = parts(self.finish(peer))
        self.assertGreaterEqual(kernel, 5_000_000)
        self.assertLess(send, kernel)
        self.assertLess(receive, kernel)

    def test_charges_a_stopped_server_to_the_receiving_stack(self):
        peer = self.start_slow_run()
        peer.recv(10)
        parent = self.server.process.pid
        run = int(pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text())
        os.kill(run, signal.SIGSTOP)
        wait_until(lambda: " T " in pathlib.Path(f"/proc/{run}/stat").read_text(), "the run is stopped")
        peer.sendall(b"1")
        time.sleep(0.5)  # much more than a busy machine may take to get here
        os.kill(run, signal.SIGCONT)
        send, kernel, receive = parts(self.finish(peer))
        self.assertGreaterEqual(receive, 500_000_000)
        self.assertLess(send + kernel, receive)

    def test_covers_the_initial_window_beyond_the_default_sizes(self):
        run_file, _ = self.measure("--sizes=1,14480,14481,1048576", "--order=ascending", rounds=1)
        self.assertEqual([row["size_bytes"] for row in self.counted(run_file)],
                         ["1", "14480", "14481", "1048576"])


class Settings(InstrumentTest):
    def test_are_recorded_as_requested_and_as_effective(self):
        cpu = str(min(os.sched_getaffinity(0)))
        run_file, _ = self.measure("--cpu", cpu, client_arguments=("--cpu", cpu))
        self.assertEqual(run_file.header["effective_cpu"], cpu)
        self.assertEqual(run_file.header["wait"], "block")

    def test_spin_if_asked(self):
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("spinning needs two processors")
        run_file, _ = self.measure("--wait=spin", client_arguments=("--wait=spin",))
        self.assertEqual(run_file.header["wait"], "spin")
        self.assertEqual(len(self.counted(run_file)), 300)

    def test_of_boundaries_on_loopback_leave_the_reference(self):
        run_file, _ = self.measure("--sizes=boundaries")
        self.assertEqual(run_file.header["resolved_sizes_bytes"], "1")

    def test_leave_addresses_and_names_out_if_anonymous(self):
        run_file, _ = self.measure("--anonymous")
        self.assertNotIn("127.0.0.1", run_file.text)
        self.assertNotIn(socket.gethostname(), run_file.text.split())
        self.assertIn("server_os", run_file.header)

    def test_doctor_examines_the_host_and_measures_nothing(self):
        result = run("tcpstep-server", "--doctor", cwd=self.directory)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("a reading takes", result.stdout)
        self.assertIn("lo: ", result.stdout)
        self.assertEqual(os.listdir(self.directory), [])


class BadSettings(InstrumentTest):
    """Each ends in a clear error, or in a fallback that the file records and the server reports."""

    def test_that_are_invalid_are_rejected_before_anything_is_created(self):
        for arguments, expected in (
                (("--cpu", "65536"), "--cpu: invalid number '65536'"),
                (("--cpu", "x"), "--cpu: invalid number 'x'"),
                (("--wait", "sleep"), "--wait: invalid value 'sleep': expected block or spin"),
                (("--busy-poll", "1h"), "--busy-poll: invalid duration '1h'"),
                (("--busy-poll", "50"), "--busy-poll: invalid duration '50'"),
                (("--timestamps", "both"), "--timestamps: invalid value 'both'"),
                (("--sizes", "boundary"), "--sizes: invalid payload sizes 'boundary'")):
            with self.subTest(arguments=arguments):
                status, messages = self.server_fails(*arguments)
                self.assertEqual(status, 2)
                self.assertIn(expected, messages)

    def test_an_impossible_processor_is_refused_at_both_ends(self):
        status, messages = self.server_fails("--cpu", "4095")
        self.assertEqual(status, 1)
        self.assertIn("cannot run on processor 4095", messages)
        client = run("tcpstep-client", "--cpu", "4095", "127.0.0.1")
        self.assertEqual(client.returncode, 1)
        self.assertIn("cannot run on processor 4095", client.stderr)

    def test_spinning_on_the_only_processor_is_refused_at_both_ends(self):
        one = ("taskset", "-c", str(min(os.sched_getaffinity(0))))
        status, messages = self.server_fails("--wait=spin", prefix=one)
        self.assertEqual(status, 1)
        self.assertIn("--wait block", messages)
        client = subprocess.run([*one, program("tcpstep-client"), "--wait=spin", "127.0.0.1"],
                                env=environment(), capture_output=True, text=True, timeout=30)
        self.assertEqual(client.returncode, 1)
        self.assertIn("--wait block", client.stderr)

    def test_what_needs_privileges_falls_back_without_them(self):
        if not shutil.which("setpriv"):
            self.skipTest("setpriv is not installed")
        prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.getuid() == 0 else ()
        run_file, messages = self.measure("--realtime", prefix=prefix)
        self.assertEqual(run_file.header["requested_realtime"], "on")
        self.assertEqual(run_file.header["effective_realtime"], "off")
        self.assertIn("no_realtime", run_file.header["warnings"].split())
        self.assertIn("SCHED_FIFO", messages)

    def test_stamps_of_a_card_that_cannot_are_the_kernels(self):
        run_file, messages = self.measure("--timestamps=hardware")
        self.assertEqual(run_file.header["requested_timestamps"], "hardware")
        self.assertEqual(run_file.header["effective_timestamps"], "software")
        self.assertIn("no_hardware_timestamps", run_file.header["warnings"].split())
        self.assertIn("lo provided no hardware timestamps", messages)

    def test_an_unknown_congestion_control_is_replaced(self):
        run_file, messages = self.measure("--congestion=nosuch")
        self.assertNotEqual(run_file.header["effective_congestion_control"], "nosuch")
        self.assertIn("other_congestion_control", run_file.header["warnings"].split())
        self.assertEqual(messages.count("does not offer"), 1)
        self.assertNotIn("The congestion control was", messages)  # without the reason

    def test_a_forbidden_congestion_control_is_not_called_missing(self):
        known = pathlib.Path("/proc/sys/net/ipv4/tcp_available_congestion_control").read_text().split()
        allowed = pathlib.Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control").read_text().split()
        restricted = sorted(set(known) - set(allowed))
        if not restricted or not shutil.which("setpriv"):
            self.skipTest("this kernel permits all that it has, or setpriv is not installed")
        prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.getuid() == 0 else ()
        run_file, messages = self.measure(f"--congestion={restricted[0]}", prefix=prefix)
        self.assertIn("other_congestion_control", run_file.header["warnings"].split())
        self.assertIn(f"{restricted[0]} is not permitted to this user", messages)
        self.assertIn("tcp_allowed_congestion_control=", messages)

    def test_facts_that_cannot_be_read_are_absent(self):
        hide = ("unshare", "--mount", "--pid", "--fork", "sh", "-c",
                'mount -t tmpfs none /sys && mount -t proc -o subset=pid proc /proc && exec "$@"', "sh")
        if subprocess.run([*hide, "true"], capture_output=True).returncode != 0:
            self.skipTest("this user may not mount here")
        run_file, messages = self.measure(prefix=hide)
        for fact in ("governor", "clocksource", "server_cpu"):
            self.assertNotIn(fact, run_file.header)
        self.assertNotIn("slow_clock", run_file.header.get("warnings", "").split())
        self.assertNotEqual(run_file.header.get("load"), "")


class StrangeKernels(InstrumentTest):
    """The same for kernels that give less than expected, by a library that takes their place."""

    def columns(self, run_file, name):
        return {row[name] for row in self.counted(run_file)}

    def test_an_old_tcp_info_leaves_only_the_newer_columns_empty(self):
        run_file, _ = self.measure_strangely("short_tcp_info")
        self.assertEqual(self.columns(run_file, "segments"), {""})
        self.assertEqual(self.columns(run_file, "min_rtt_us"), {""})
        self.assertEqual(self.columns(run_file, "retransmits"), {"0"})

    def test_garbage_in_tcp_info_is_ignored(self):
        run_file, _ = self.measure_strangely("rubbish_tcp_info")
        self.assertEqual(self.columns(run_file, "cwnd_segments"), {""})
        self.assertNotIn("path_mtu_bytes", run_file.header)

    def test_without_tcp_info_the_run_is_complete(self):
        run_file, _ = self.measure_strangely("no_tcp_info")
        self.assertEqual(self.columns(run_file, "retransmits"), {""})
        self.assertEqual(run_file.trailer["status"], "complete")

    def test_without_an_mss_no_boundary_is_made_up(self):
        run_file, _ = self.measure_strangely("no_mss", "--sizes=1,2000,boundaries")
        self.assertNotIn("mss_bytes", run_file.header)
        self.assertEqual(run_file.header["resolved_sizes_bytes"], "1 2000")
        table = run("tcpstep-analyze", "report", self.directory / "run.csv").stdout
        self.assertIn("MSS unknown: no boundaries shown", table)

    def test_without_a_choice_of_congestion_control_the_run_says_so(self):
        run_file, _ = self.measure_strangely("no_congestion")
        self.assertIn("other_congestion_control", run_file.header["warnings"].split())
        self.assertNotIn("effective_congestion_control", run_file.header)

    def test_refused_busy_polling_is_reported_at_both_ends(self):
        run_file, messages = self.measure_strangely("no_busy_poll", "--busy-poll=77us")
        self.assertEqual(run_file.header["requested_busy_poll_us"], "77")
        self.assertEqual(run_file.header["effective_busy_poll_us"], "0")
        self.assertIn("no_busy_poll", run_file.header["warnings"].split())
        self.assertIn("instead of 77 µs", messages)

    def test_refused_stamps_leave_their_columns_empty(self):
        run_file, messages = self.measure_strangely("no_timestamps", *STAMPS)
        self.assertEqual(run_file.header["effective_timestamps"], "off")
        self.assertEqual(self.columns(run_file, "kernel_rtt_ns"), {""})
        self.assertIn("provided no timestamps", messages)

    def test_stamps_of_an_older_kernel_serve_as_well(self):
        run_file, _ = self.measure_strangely("old_timestamps", *STAMPS)
        self.assertEqual(run_file.header["effective_timestamps"], "software")
        self.assertGreater(len(self.explained(run_file)), 200)

    def test_stamps_that_never_come_leave_their_columns_empty(self):
        for fault in ("no_departure_stamps", "no_arrival_stamps"):
            with self.subTest(fault):
                run_file, _ = self.measure_strangely(fault, *STAMPS)
                self.assertEqual(self.columns(run_file, "kernel_rtt_ns"), {""})
                self.assertEqual(run_file.trailer["samples"], "300")
                (self.directory / "run.csv").unlink()

    def test_a_clock_that_is_set_in_mid_run_spoils_no_sample(self):
        run_file, _ = self.measure_strangely("jumping_clock", *STAMPS)
        rows, explained = self.counted(run_file), self.explained(run_file)
        self.assertTrue(0 < len(explained) < len(rows), f"{len(explained)} of {len(rows)}")
        for row in explained:
            self.assertGreaterEqual(min(parts(row)), 0, row)
            self.assertLess(int(row["rtt_ns"]), 30_000_000_000)

    def test_a_coarse_clock_is_reported(self):
        run_file, messages = self.measure_strangely("coarse_clock")
        self.assertEqual(run_file.header["clock_resolution_ns"], "4000000")
        self.assertEqual(messages.count("less than 100 readings of the clock"), 1)


if __name__ == "__main__":
    main()
