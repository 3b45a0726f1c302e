"""tcpstep-analyze ab: blocks in random order, failures, early ends, proxies."""

import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys

from harness import command, environment, free_port, main, program, run, wait_until
from test_compare import CompareTestCase, floor

# Stands for a measurement: copies a run into the driver's folder, and notes how it was started.
LAUNCH = """
import os, pathlib, sys
side, output, seed = sys.argv[1:]
with open("launches", "a") as log:
    log.write(f"{side} {seed} {os.environ['TCPSTEP_SEED']} {os.environ['TCPSTEP_ORDER']}\\n")
if pathlib.Path("stop").exists():
    sys.exit("no more")
fail = pathlib.Path("fail")  # holds the numbers of the launches that fail
if fail.exists() and str(len(open("launches").readlines())) in fail.read_text().split():
    sys.exit("by accident")
text = pathlib.Path("run.csv").read_text().replace("ID", f"{side}{seed}")
lossy = pathlib.Path("lossy")  # of the launches with a resent ping
if lossy.exists() and str(len(open("launches").readlines())) in lossy.read_text().split():
    text = text.replace(",0,ok", ",1,ok", 1)
pathlib.Path(output).write_text(text)
"""


# Passes bytes on, each `ms` late; with a fourth argument it hangs up instead.
PROXY = """
import socket, sys, threading, time
listen, target, ms, *away = [*sys.argv[1:], "0"] if len(sys.argv) == 3 else sys.argv[1:]
def copy(source, sink):
    while data := source.recv(65536):
        time.sleep(float(ms) / 1000)
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)
listener = socket.create_server(("127.0.0.1", int(listen)))
open("proxies", "a").write("started\\n")
client, _ = listener.accept()
if away:
    sys.exit()
server = socket.create_connection(("127.0.0.1", int(target)))
thread = threading.Thread(target=copy, args=(client, server))
thread.start()
copy(server, client)
thread.join()
"""


class InterleavedDriver(CompareTestCase):
    def setUp(self):
        super().setUp()
        self.write_run("ID", 0, floor).rename(self.directory / "run.csv")
        (self.directory / "launch.py").write_text(LAUNCH)

    def commands(self):
        return [f"--{side}={shlex.quote(sys.executable)} launch.py {side} {{output}} {{seed}}"
                for side in "ab"]

    def ab(self, *arguments):
        return run("tcpstep-analyze", "ab", "--output=ab", *self.commands(), *arguments, cwd=self.directory,
                   env=environment(COLUMNS="400"))

    def launches(self):
        return [line.split() for line in (self.directory / "launches").read_text().splitlines()]

    def test_launches_blocks_of_four_in_random_order(self):
        result = self.ab("--runs=10", "--seed=3")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, "^NO REGRESSION: a slowdown of more than 0.0 % is ruled out\n")
        self.assertIn("10 candidate runs in 5 blocks", result.stdout)
        launches = self.launches()
        sides = "".join(side for side, *_ in launches)
        blocks = [sides[at:at + 4] for at in range(0, 20, 4)]
        self.assertEqual({"".join(sorted(block)) for block in blocks}, {"aabb"})
        self.assertGreater(len(set(blocks)), 1)
        self.assertEqual(len({seed for _, seed, *_ in launches}), 20)
        for _, seed, variable, order in launches:
            self.assertEqual((seed, order), (variable, "shuffled"))
        names = sorted(path.name for path in (self.directory / "ab").glob("*.csv"))
        self.assertEqual(names, sorted(f"{side}-{n:02}.csv" for side in "ab" for n in range(1, 11)))
        manifest = json.loads((self.directory / "ab" / "ab.json").read_text())
        self.assertEqual([(launch["side"], str(launch["seed"])) for launch in manifest["launches"]],
                         [(side, seed) for side, seed, *_ in launches])

    def test_goes_on_where_it_was_interrupted(self):
        (self.directory / "stop").touch()
        failed = self.ab("--runs=4")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("ended with exit status 1: no more", failed.stderr)
        self.assertIn("--resume", failed.stderr)
        (self.directory / "stop").unlink()
        self.assertEqual(self.ab("--runs=4").returncode, 2)
        self.assertEqual(self.ab("--runs=5", "--resume").returncode, 2)
        self.assertNotIn(self.ab("--runs=4", "--resume").returncode, (1, 2))
        self.assertEqual(len(self.launches()), 9)  # the failed one again, and eight in all
        self.assertNotIn(self.ab("--runs=4", "--resume").returncode, (1, 2))
        self.assertEqual(len(self.launches()), 9)

    def test_repeats_a_failed_launch(self):
        (self.directory / "fail").write_text("3")
        result = self.ab("--runs=4")
        self.assertIn("ended with exit status 1: by accident; repeating it", result.stderr)
        self.assertEqual(len(self.launches()), 9)
        self.assertEqual(self.launches()[2], self.launches()[3])  # the same side, the same seed
        self.assertEqual(len(list((self.directory / "ab").glob("*.csv"))), 8)

    def test_repeats_a_launch_with_many_resent_pings(self):
        (self.directory / "lossy").write_text("3 4")
        result = self.ab("--runs=10")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(result.stderr.count("0 lost and 1 resent of 90 pings; repeating it"), 2)
        self.assertRegex(result.stdout, "repeated because more than 1 % of the pings were resent: "
                                        "(1 run of the baseline, 0|0 runs of the baseline, 1) of the candidate")
        self.assertEqual(len(self.launches()), 22)
        self.assertEqual(self.launches()[2], self.launches()[4])  # the same side, the same seed
        folder = self.directory / "ab"
        self.assertEqual(len(list(folder.glob("*.csv"))), 20)
        aside = sorted(path.name for path in folder.glob("*.repeated-*"))
        name = aside[0].removesuffix(".repeated-1")
        self.assertEqual(aside, [f"{name}.repeated-1", f"{name}.repeated-2"])
        header = (folder / name).read_text().split("round,")[0]
        self.assertIn("# ab_block: 1\n# ab_position: 3\n", header)
        self.assertIn("# ab_first_launch: pings=90 payload=1 ack=0 doubtful=0\n", header)
        self.assertEqual([path.name for path in folder.glob("*.csv") if "ab_first" in path.read_text()], [name])
        listed = [launch["file"] for launch in json.loads((folder / "ab.json").read_text())["launches"]]
        self.assertEqual(listed[2:5], [*aside, name])
        again = run("tcpstep-analyze", "compare", "ab", cwd=self.directory, env=environment(COLUMNS="400"))
        self.assertEqual((again.returncode, again.stdout), (0, result.stdout))

    def test_repeats_at_most_a_quarter_of_the_launches(self):
        (self.directory / "lossy").write_text(" ".join(map(str, range(1, 100))))
        result = self.ab("--runs=10")
        self.assertEqual(result.returncode, 4)
        self.assertIn("losses: 0 lost and 1 resent of 90 pings of ", result.stdout)
        self.assertIn("repeated because more than 1 % of the pings were resent", result.stdout)
        self.assertEqual(len(self.launches()), 25)
        self.assertEqual(len(list((self.directory / "ab").glob("*.repeated-2"))), 2)  # of the first two; a third one was repeated once
        self.assertEqual(len(list((self.directory / "ab").glob("*.csv"))), 20)

    def test_leaves_out_a_block_whose_launch_fails_twice(self):
        (self.directory / "fail").write_text("7 8")
        result = self.ab("--runs=4")
        self.assertIn("by accident; leaving out its block", result.stderr)
        self.assertIn("4 baseline and 4 candidate runs", result.stdout)
        self.assertEqual(len(self.launches()), 12)
        folder = self.directory / "ab"
        self.assertEqual(json.loads((folder / "ab.json").read_text())["left_out"], [2])
        self.assertEqual(len(list(folder.glob("*.csv"))), 8)
        self.assertEqual(len(list(folder.glob("*.csv.left-out"))), 2)
        blocks = {re.search("ab_block: (.*)", path.read_text())[1] for path in folder.glob("*.csv")}
        self.assertEqual(blocks, {"1", "3"})
        self.assertNotIn(self.ab("--runs=4", "--resume").returncode, (1, 2))
        self.assertEqual(len(self.launches()), 12)

    def test_gives_up_if_two_blocks_in_a_row_fail(self):
        (self.directory / "fail").write_text("5 6 7 8")
        result = self.ab("--runs=8")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("launches of two blocks in a row failed", result.stderr)
        self.assertNotIn(self.ab("--runs=8", "--resume").returncode, (1, 2))
        self.assertEqual(len(list((self.directory / "ab").glob("*.csv"))), 16)

    def test_starts_no_block_that_its_budget_does_not_allow(self):
        result = self.ab("--runs=1000", "--budget=1s")
        self.assertNotIn(result.returncode, (1, 2), result.stderr)
        self.assertIn("no time left for another block", result.stderr)
        self.assertEqual(len(self.launches()) % 4, 0)  # whole blocks
        self.assertLess(len(self.launches()), 1000)

    def test_ends_early_if_asked_to(self):
        result = self.ab("--max-runs=20", "--until-decided")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(self.launches()), 20)
        self.assertIn("10 + 10 runs: NO REGRESSION", result.stderr)
        self.assertIn("up to 6 looks at the verdict share", result.stdout)
        self.assertIn("10 baseline and 10 candidate runs in 5 blocks", result.stdout)
        again = run("tcpstep-analyze", "compare", "ab", cwd=self.directory, env=environment(COLUMNS="400"))
        self.assertEqual((again.returncode, again.stdout), (0, result.stdout))

    def test_refuses_a_command_that_leaves_no_run(self):
        for command, words in (("true", "left 0 result files"),
                               ("echo junk >{output}", "is not a tcpstep result file"),
                               ("head -n 20 run.csv >{output}", "left a partial run"),
                               ("cd {folder}; cp ../../run.csv 1.csv; cp 1.csv 2.csv", "left 2 result")):
            with self.subTest(command):
                result = run("tcpstep-analyze", "ab", "--output", f"out{len(command)}", "--a", command, "--b",
                             command, cwd=self.directory)
                self.assertEqual(result.returncode, 1)
                self.assertIn(words, result.stderr)

    def test_refuses_options_that_do_not_fit(self):
        for arguments, words in ((["--a=x", "--b=x", "--max-runs=20"], "--max-runs has no effect without --until-decided"),
                                 (["--a=x", "--b=x", "--runs=20", "--until-decided"], "--runs has no effect with"),
                                 (["--a=x"], "missing --b"),
                                 (["--a=x", "--b=x", "--through-a=x", "--through-b=x"], "either --a and --b, or"),
                                 ([], "either --a and --b, or")):
            with self.subTest(arguments):
                result = run("tcpstep-analyze", "ab", "--output=ab", *arguments, cwd=self.directory)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertIn(words, result.stderr)

    def test_measures_through_proxies(self):
        (self.directory / "proxy.py").write_text(PROXY)
        proxy = f"{shlex.quote(sys.executable)} proxy.py {{listen_port}} {{target_port}}"
        settings = dict(cwd=self.directory, timeout=100,
                        env=environment() | {"TCPSTEP_ROUNDS": "5", "TCPSTEP_SIZES": "1,101,201"})
        result = run("tcpstep-analyze", "ab", "--runs=4", "--through-a", proxy, "--through-b",
                     proxy + " 30", **settings)
        self.assertIn(result.returncode, (3, 4), result.stdout + result.stderr)
        self.assertIn("every size is one packet (MSS ", result.stdout)
        self.assertRegex(result.stdout, r"\n  floor +all ")
        self.assertNotRegex(result.stdout, r"\n  floor +1 ", "the same again")
        changes = json.loads(run("tcpstep-analyze", "compare", "--format=json", "ab", **settings).stdout)["contrasts"]
        self.assertGreater(changes[0]["change_percent"], 100)  # 30 ms more
        self.assertEqual(len(list((self.directory / "ab").glob("?-??.csv"))), 8)
        self.assertEqual(len((self.directory / "proxies").read_text().split()), 8)
        result = run("tcpstep-analyze", "ab", "--output=typo", "--runs=4", "--through-a", proxy, "--through-b", "./prxy",
                     **settings)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("./prxy does not listen", result.stderr)
        self.assertNotIn("repeating it", result.stderr)
        for word, words in (("true", "'true' does not listen"), (f"exec {proxy} 0 away", "ended with exit status")):
            result = run("tcpstep-analyze", "ab", f"--output={len(word)}", "--through-a", word, "--through-b", word,
                         **settings)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn(words.replace("'", ""), result.stderr)

    def proxies(self):
        """Processes of proxy.py that were started here."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
                if words[1:2] == [b"proxy.py"] and os.readlink(process / "cwd") == str(self.directory):
                    found.append(process.name)
            except OSError:  # it has ended
                pass
        return found

    def test_leaves_no_proxy_behind_when_it_is_stopped(self):
        (self.directory / "proxy.py").write_text(PROXY)
        proxy = f"{shlex.quote(sys.executable)} proxy.py {{listen_port}} {{target_port}} 30; true"
        for stop, kill in ((signal.SIGTERM, os.kill), (signal.SIGTERM, os.killpg), (signal.SIGINT, os.killpg)):
            with self.subTest(stop=stop, kill=kill):
                ab = subprocess.Popen(command("tcpstep-analyze", "ab", f"--output={kill.__name__}-{stop}", "--through-a", proxy,
                                              "--through-b", proxy), cwd=self.directory, env=environment(),
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
                wait_until(self.proxies, "a proxy has started")
                kill(ab.pid, stop)
                _, messages = ab.communicate(timeout=60)
                self.assertEqual(ab.returncode, -stop)
                self.assertIn("continue with --resume", messages)
                wait_until(lambda: not self.proxies(), "the proxy has ended")

    def test_measures_with_the_real_programs(self):
        port = free_port()
        command = (f"{shlex.quote(program('tcpstep-server'))} -1 -q -p {port} --bind 127.0.0.1 --rounds 5 "
                   f"--sizes 1,101,201 & {shlex.quote(program('tcpstep-client'))} -q --retry 20 -p {port} "
                   "127.0.0.1 && wait $!")
        result = run("tcpstep-analyze", "ab", "--runs=4", "--output=real", "--a", command, "--b", command,
                     cwd=self.directory, timeout=100)
        self.assertIn(result.returncode, (0, 3, 4), result.stderr)
        files = {side: sorted((self.directory / "real").glob(f"{side}-*.csv")) for side in "ab"}
        comparison = json.loads(self.compare(files["a"], files["b"], "--format=json").stdout)
        self.assertEqual((comparison["baseline"]["runs"], comparison["blocks"]), (4, 2))
        self.assertNotIn(None, [row["p_slower"] for row in comparison["contrasts"]])


if __name__ == "__main__":
    main()
