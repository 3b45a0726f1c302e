"""Negotiated runs over links that the model knows, in virtual time: both directions, the initial window."""

import pathlib
import shutil
import sys

from harness import SOURCE, TestCase, main, read_run, report, run
from test_lab import smallest_rtts

sys.path.insert(0, str(SOURCE / "tests" / "unit" / "link"))
import link_model  # noqa: E402

PATIENCE = 200
SEPARATOR = "----"
ADSL_SIZES = (1, 1401, 1501, 2801, 4401, 5701, 9901)


class NoMachine(Exception):
    pass


def measure_over(profile, folder, *clients, mtus=(1500,)):
    """The files of clients with these options on the far host, one after the other, a server on the near one.
    All clients run once for each MTU: one virtual machine does it all."""
    lines = ["export ASAN_OPTIONS=detect_leaks=0",  # a leak check needs a /proc, which the far host has not
             "mkdir /tmp/files", "tcpstep-server -q --results /tmp/results & sleep 1"]
    for mtu in mtus:
        set_mtu = f"ip link set tcpstep0 mtu {mtu}"
        lines.append(f"{set_mtu}; $TCPSTEP_FAR {set_mtu}")
        for options in clients:
            lines += ["read begin _ </proc/uptime",
                      f"$TCPSTEP_FAR tcpstep-client -q -o /tmp/files {options} 10.19.9.1",
                      "read end _ </proc/uptime", "echo $begin $end >>/tmp/times"]
    lines += [f"for file in /tmp/files/*; do cat $file; echo {SEPARATOR}; done", "cat /tmp/times", "kill $!"]
    result = run("tcpstep-lab", "run", "--virtual", profile, "--", "sh", "-ec", "\n".join(lines), timeout=PATIENCE)
    if "cannot start the virtual machine" in result.stderr:
        raise NoMachine(result.stderr.strip())
    files = []
    for text in result.stdout.split(SEPARATOR + "\n")[:-1]:
        files.append(pathlib.Path(folder) / f"{len(files)}.csv")
        files[-1].write_text(text)
    if not files:
        raise AssertionError(f"nothing was measured: {result.stderr} {result.stdout}")
    (pathlib.Path(folder) / "times").write_text(result.stdout.split(SEPARATOR + "\n")[-1])
    return files


def seconds_of_clients(folder):
    """How long each client of measure_over() took in the time of its machine, from its start to its end."""
    times = [line.split() for line in (pathlib.Path(folder) / "times").read_text().splitlines()]
    return [float(end) - float(begin) for begin, end in times]


def of_model(directions, sizes):
    """Payload size -> minimum RTT in ms, by the model in Python."""
    link_model.SIZES, link_model.ROUNDS = sizes, 3
    series = link_model.run(directions, link_model.HOST, 1)
    return {size: min(rtts) / 1000 for size, rtts in series.items()}


class Negotiated(TestCase):
    def setUp(self):
        super().setUp()
        if shutil.which("qemu-system-x86_64", path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            self.skipTest("qemu-system-x86 is not installed")

    def measure(self, profile, *clients, **options):
        try:
            files = measure_over(profile, self.directory, *clients, **options)
        except NoMachine as error:
            self.skipTest(str(error))
        for file in files:
            self.assertEqual(read_run(file).trailer["status"], "complete")
        return files

    def test_adsl_differs_up_and_down_as_its_model_does(self):
        sizes = ",".join(map(str, ADSL_SIZES))
        files = self.measure("adsl", f"--link adsl --direction both --rounds 3 --sizes {sizes}")
        found = {read_run(file).header["direction"]: smallest_rtts(file) for file in files}
        down, up = link_model.PROFILES["adsl"]
        for direction, link in (("down", (down, up)), ("up", (up, down))):
            for size, rtt in of_model(link, ADSL_SIZES).items():
                with self.subTest(direction=direction, size=size):
                    self.assertAlmostEqual(found[direction][size] / rtt, 1, delta=0.01)
        _, links = report(*files)
        self.assertEqual({link["link"] for link in links}, {"adsl", "adsl.up"})

    def test_a_run_with_a_time_ends_within_a_fifth_beyond_it_and_agrees_with_whole_runs(self):
        for profile, second, fourth in (("adsl", (12.7, 13.3), (23.9, 24.5)), ("3g", (19.2, 21.3), (39.4, 41.7))):
            files = self.measure(profile, "--time 10s", "--time 10s --direction up")
            for file, seconds in zip(files, seconds_of_clients(self.directory)):
                run_file = read_run(file)
                direction = run_file.header["direction"]
                with self.subTest(profile=profile, direction=direction):
                    self.assertGreaterEqual(int(run_file.rows[-1]["round"]), 15)
                    self.assertGreaterEqual(int(run_file.trailer["elapsed_ns"]), 10 ** 10)
                    self.assertGreaterEqual(seconds, 10)
                    self.assertLessEqual(seconds, 12)
                    if direction == "down":
                        _, [link] = report(file)
                        print(f"{profile}: {seconds:.2f} s, second {link['second']['penalty_percent']:.2f} %, "
                              f"fourth {link['fourth']['penalty_percent']:.2f} %, {link['caveats']}", file=sys.stderr)
                        self.assertTrue(second[0] <= link["second"]["penalty_percent"] <= second[1], link["second"])
                        self.assertTrue(fourth[0] <= link["fourth"]["penalty_percent"] <= fourth[1], link["fourth"])

    def assert_cliff(self, mss, files):
        """A fresh connection's eleventh segment has to wait for a round trip; a warm one's does not."""
        fresh, warm = sorted((file for file in files if read_run(file).header["mss_bytes"] == str(mss)),
                             key=lambda file: read_run(file).header["connection"])
        for file, beyond in ((fresh, 2), (warm, 1)):
            rtts = smallest_rtts(file)
            for size, round_trips in ((1, 1), (10 * mss, 1), (10 * mss + 1, beyond)):
                with self.subTest(file=file, size=size):
                    self.assertAlmostEqual(rtts[size] / 20, round_trips, delta=0.1)
        _, links = report(warm, fresh)
        self.assertEqual([link["link"] for link in links], ["mine", "mine.fresh"])
        for link in links:
            self.assertIn(11, [row["segments"] for row in link["classes"]])

    def test_initial_window_ends_behind_ten_segments_whatever_the_mss(self):
        profile = self.directory / "mine.profile"
        profile.write_text("[both]\ndelay = 10ms\n")
        sizes = ",".join(str(size) for mss in (1448, 990) for size in (10 * mss, 10 * mss + 1))
        sweep = f"--link mine --rounds 3 --sizes 1,{sizes}"
        files = self.measure(profile, f"{sweep} --connection fresh", f"{sweep} --connection warm", mtus=(1500, 1042))
        self.assertEqual(len(files), 4)
        for mss in (1448, 990):
            self.assert_cliff(mss, files)


if __name__ == "__main__":
    main()
