"""A thousand silent connections and two hundred that send junk, beside one honest client."""

import contextlib
import os
import pathlib
import random
import resource
import socket
import struct
import subprocess
import threading
import time

from harness import PATIENCE, TestCase, main, program, reset, start, wait_until

IDLE, HOSTILE = 1000, 200
NONSENSE = (
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
    random.Random(1).randbytes(500),
    b"\xb7\xff\xff\xff\xff",
    b"\xb7" + struct.pack(">I", 3000) + b"[" * 3000,
    b"\xb7" + struct.pack(">I", 40) + b'{"type":"request","type":"request"}     ',
    b"1" * 65536,
)


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def has_children(process):
    return pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text() != ""


def memory(process):
    """KiB that are the process's own."""
    text = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private"))


class Hostile(TestCase):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
        except (OSError, ValueError) as error:
            self.skipTest(f"not enough descriptors: {error}")
        if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < IDLE + HOSTILE + 100:
            self.skipTest("not enough descriptors")
        self.server = self.start_server("--max-connections=2000", "--timeout=60s",
                                        "--max-connections-per-address=2000")

    def honest(self):
        client = self.server.run_client("--link=honest", "--rounds=3")
        self.assertEqual(client.returncode, 0, client.stderr)

    def attack(self, number, stop):
        """One hostile client after the other, about twenty a second from each of ten threads."""
        chance = random.Random(number)
        while not stop.is_set():
            with contextlib.suppress(OSError), self.server.connect() as peer:
                peer.settimeout(0.2)
                if chance.random() < 0.5:
                    peer.recv(1)
                    peer.sendall(b"\xb7")
                    peer.recv(4096)
                peer.sendall(chance.choice(NONSENSE))
                if chance.random() < 0.3:
                    reset(peer)
                else:
                    peer.recv(100)
            time.sleep(0.05)

    def test_crowd_leaves_an_honest_client_its_run_and_the_server_as_it_was(self):
        self.honest()
        wait_until(lambda: not has_children(self.server.process), "the process of the run is gone")
        before = descriptors(self.server.process), memory(self.server.process)
        stop = threading.Event()
        attackers = [threading.Thread(target=self.attack, args=(number, stop)) for number in range(10)]
        idle = [self.server.connect() for _ in range(IDLE)]
        stalled = []  # that asked for frames, and then fell silent in the middle of one
        for _ in range(HOSTILE):
            peer = self.server.connect()
            peer.recv(1)
            peer.sendall(b"\xb7")
            stalled.append(peer)
        for peer in stalled:
            peer.recv(4096)
            peer.sendall(b"\xb7\x00\x00\x10\x00{")
        for thread in attackers:
            thread.start()
        try:
            for _ in range(3):
                self.honest()
            self.assertGreaterEqual(descriptors(self.server.process), before[0] + IDLE + HOSTILE)
        finally:
            stop.set()
            for thread in attackers:
                thread.join()
        for peer in idle + stalled:
            peer.close()
        self.assertIsNone(self.server.process.poll())
        wait_until(lambda: descriptors(self.server.process) <= before[0], "all descriptors are closed")
        self.honest()
        # What the allocator keeps for the next crowd is bounded; a leak of this crowd would be more.
        if "address" not in os.environ.get("TCPSTEP_SANITIZE", ""):
            self.assertLess(memory(self.server.process), before[1] + 64 * 1024)
        self.assertEqual(len(self.server.files()), 5)
        for file in self.server.files():
            self.assert_complete(file, 300)

    def test_crowd_that_waits_costs_no_processor_time(self):
        tasks = pathlib.Path(f"/proc/{self.server.process.pid}/task")
        threads = len(os.listdir(tasks))  # a sanitizer's own among them
        idle = [self.server.connect() for _ in range(IDLE)]
        wait_until(lambda: descriptors(self.server.process) > IDLE, "all are accepted")
        stat = pathlib.Path(f"/proc/{self.server.process.pid}/stat")

        def ticks():
            return sum(map(int, stat.read_text().rsplit(")", 1)[1].split()[11:13]))
        before = ticks()
        time.sleep(1)
        self.assertLessEqual(ticks() - before, 1)
        self.assertEqual(len(os.listdir(tasks)), threads)
        for peer in idle:
            peer.close()


class Exhaustion(TestCase):
    def test_of_descriptors_ends_neither_the_server_nor_its_runs(self):
        server = self.start_server("--timeout=20s", "--sizes=1", "--rounds=40", "--interval=20ms",
                                   prefix=["prlimit", "--nofile=40:40"])
        self.assertIn("the limit of open files is 40", server.messages)
        clients = [start("tcpstep-client", "--port", server.port, "127.0.0.1") for _ in range(2)]
        wait_until(lambda: server.files() != [], "the first run begins")
        peers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(90)]
        for client in clients:  # the second one begins while all are there
            messages = client.communicate(timeout=PATIENCE)[1]
            self.assertEqual(client.returncode, 0, messages)
        self.assertIsNone(server.process.poll())
        for peer in peers:
            peer.close()

    def test_of_processes_does_not_end_the_server(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be another user, who has no other processes")
        other = ["setpriv", "--reuid=61235", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
        self.directory.chmod(0o777)
        if subprocess.run([*other, program("tcpstep-server"), "--version"], capture_output=True).returncode != 0:
            self.skipTest("another user cannot run the programs of this build")
        server = self.start_server("--sizes=1", "--rounds=2", prefix=[*other, "prlimit", "--nproc=1:8"])
        refused = server.run_client()
        self.assertEqual(refused.returncode, 1)
        self.assertIn("the server is out of resources", refused.stderr)
        subprocess.run([*other, "prlimit", "--pid", str(server.process.pid), "--nproc=8:8"], check=True)
        client = server.run_client()
        self.assertEqual(client.returncode, 0, client.stderr)

    def test_of_descriptors_does_not_make_the_server_spin(self):
        server = self.start_server("--timeout=2s", "--sizes=1", "--rounds=2",
                                   prefix=["prlimit", "--nofile=40:40"])
        peers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(60)]
        wait_until(lambda: "is reached" in server.messages, "the server reports it")
        stat = pathlib.Path(f"/proc/{server.process.pid}/stat")
        ticks = sum(map(int, stat.read_text().rsplit(")", 1)[1].split()[11:13]))
        time.sleep(0.5)
        self.assertLess(sum(map(int, stat.read_text().rsplit(")", 1)[1].split()[11:13])) - ticks, 25)
        for peer in peers:
            peer.close()
        client = server.run_client("--timeout", f"{PATIENCE}s")
        self.assertEqual(client.returncode, 0, client.stderr)


if __name__ == "__main__":
    main()
