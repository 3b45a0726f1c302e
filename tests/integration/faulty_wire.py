"""A wire between two namespaces whose packets pass through our hands: see FaultyWire."""

import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import subprocess
import threading
import time
import unittest

from harness import TestCase

NEAR, FAR = "10.19.10.1", "10.19.10.2"  # beside those of scripts/veth-pair
NEAR_V6, FAR_V6 = "fd19:910::1", "fd19:910::2"
TUNSETIFF, TUNSETCARRIER = 0x400454CA, 0x400454E2
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
VXLAN_PORT = struct.pack(">H", 4789)
SYN, RST, ACK = 0x02, 0x04, 0x10


def checksum(data):
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def tcp_of(packet):
    """Source, target, their ports, sequence number, acknowledgement, flags, payload length of TCP, or None."""
    if len(packet) >= 50 and packet[0] == 0x45 and packet[9] == 17 and packet[22:24] == VXLAN_PORT:
        packet = packet[50:]  # what the tunnel carries
    if len(packet) >= 60 and packet[0] >> 4 == 6 and packet[6] == 6:
        begin, end, addresses = 40, 40 + struct.unpack(">H", packet[4:6])[0], (packet[8:24], packet[24:40])
    elif len(packet) >= 40 and packet[0] >> 4 == 4 and packet[9] == 6:
        begin, end = (packet[0] & 15) * 4, struct.unpack(">H", packet[2:4])[0]
        addresses = (packet[12:16], packet[16:20])
    else:
        return None
    ports = struct.unpack(">HH", packet[begin:begin + 4])
    sequence, acknowledged = struct.unpack(">II", packet[begin + 4:begin + 12])
    length = end - begin - (packet[begin + 12] >> 4) * 4
    return *addresses, *ports, sequence, acknowledged, packet[begin + 13], length


def reset_packet(source, target, source_port, target_port, sequence):
    """An RST as a middlebox forges it."""
    tcp = struct.pack(">HHIIBBHHH", source_port, target_port, sequence, 0, 5 << 4, RST, 0, 0, 0)
    pseudo = source + target + struct.pack(">BBH", 0, 6, len(tcp))
    tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0) + source + target
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + tcp


class FaultyWire:
    """Joins "near" and "far" of scripts/veth-pair a second time, by two TUN devices. `far` is the prefix
    of commands there. All faults are off at first."""

    def __init__(self, far, seed=1, mtu=1500):
        self.near_device, self.far_device = (os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK) for _ in "nf")
        self.loss = 0.0
        self.drop = lambda facts, is_from_near: False  # of tcp_of() a packet: is it to be lost?
        # Of tcp_of() a packet: in how many seconds each copy of it is delivered.
        self.copies = lambda facts, is_from_near: (0,)
        self.lost = self.resets = 0
        self._mtu = mtu
        self._late = []  # a heap of (when due, number, to which device, packet)
        self._numbers = itertools.count()
        self._is_whole = True
        self._wants_reset = False
        self._chance = random.Random(seed)
        self._far = far
        self._setup()
        self._end, self._ended = os.pipe()
        self._thread = threading.Thread(target=self._forward, daemon=True)
        self._thread.start()

    def _setup(self):
        for device, name in ((self.near_device, b"wire"), (self.far_device, b"wirefar")):
            fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name, IFF_TUN | IFF_NO_PI))
            self._ip("link", "set", name.decode(), "mtu", str(self._mtu))
        far_namespace = self._far[-1].split("=")[1]
        self._ip("link", "set", "wirefar", "netns", os.path.basename(far_namespace))
        self._ip("address", "add", f"{NEAR}/24", "dev", "wire")
        self._ip("link", "set", "wire", "up")
        self.give_far(FAR)
        self._ip("link", "set", "wirefar", "up", far=True)
        self.has_v6 = all(
            subprocess.run([*prefix, "ip", "address", "add", f"{address}/64", "dev", device, "nodad"],
                           stderr=subprocess.DEVNULL).returncode == 0
            for prefix, address, device in (([], NEAR_V6, "wire"), (self._far, FAR_V6, "wirefar")))

    def _ip(self, *arguments, far=False):
        subprocess.run([*(self._far if far else []), "ip", *arguments], check=True)

    def give_far(self, address):
        self._ip("address", "add", f"{address}/24", "dev", "wirefar", far=True)

    def take_from_far(self, address):
        self._ip("address", "del", f"{address}/24", "dev", "wirefar", far=True)

    def pull(self):
        """Both ends lose their carrier, and what is under way is lost."""
        self._is_whole = False
        self._set_carrier(0)

    def plug(self):
        self._is_whole = True
        self._set_carrier(1)

    def _set_carrier(self, value):
        for device in (self.near_device, self.far_device):
            fcntl.ioctl(device, TUNSETCARRIER, struct.pack("i", value))

    def inject_reset(self):
        """In place of the next data from near, both ends get a reset that fits their windows."""
        self._wants_reset = True

    def close(self):
        os.write(self._ended, b"1")
        self._thread.join()
        for fd in (self.near_device, self.far_device, self._end, self._ended):
            os.close(fd)

    def _forward(self):
        others = {self.near_device: self.far_device, self.far_device: self.near_device}
        while True:
            patience = max(0, self._late[0][0] - time.monotonic()) if self._late else None
            ready, _, _ = select.select([*others, self._end], [], [], patience)
            if self._end in ready:
                return
            self._deliver_late_ones()
            for device in ready:
                try:
                    packet = os.read(device, 65536)
                except OSError:  # taken back meanwhile, or the device is down
                    continue
                if self._is_whole:
                    self._pass(packet, device, others[device])

    def _pass(self, packet, here, there):
        if self._wants_reset and here == self.near_device and self._reset(packet):
            return
        facts = tcp_of(packet)
        is_wanted = facts is not None and self.drop(facts, here == self.near_device)
        if is_wanted or self._chance.random() < self.loss:
            self.lost += 1
            return
        for delay in self.copies(facts, here == self.near_device):
            if delay > 0:
                heapq.heappush(self._late, (time.monotonic() + delay, next(self._numbers), there, packet))
            else:
                self._write(there, packet)

    def _deliver_late_ones(self):
        while self._late and self._late[0][0] <= time.monotonic():
            _, _, there, packet = heapq.heappop(self._late)
            self._write(there, packet)

    def _reset(self, packet):
        facts = tcp_of(packet)
        if facts is None or facts[-1] <= 0 or facts[6] & SYN:
            return False
        source, target, source_port, target_port, sequence, acknowledged, _, _ = facts
        self._wants_reset = False
        self._write(self.far_device, reset_packet(source, target, source_port, target_port, sequence))
        self._write(self.near_device, reset_packet(target, source, target_port, source_port, acknowledged))
        self.resets += 1
        return True

    @staticmethod
    def _write(device, packet):
        try:
            os.write(device, packet)
        except OSError:  # no carrier, or not up
            pass


@unittest.skipIf("TCPSTEP_FAR" not in os.environ, "runs inside scripts/veth-pair only")
class FaultyWireTestCase(TestCase):
    """With a wire in self.wire; self.far is the prefix of a command on the far host."""

    MTU = 1500

    def setUp(self):
        super().setUp()
        self.far = os.environ["TCPSTEP_FAR"].split()
        try:
            self.wire = FaultyWire(self.far, mtu=self.MTU)
        except OSError as error:
            self.skipTest(f"no TUN devices here: {error}")
        self.addCleanup(self.wire.close)
