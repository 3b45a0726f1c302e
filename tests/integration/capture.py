"""Captures by tshark, and what they say of the pings of a run: see truth_of()."""

import bisect
import collections
import struct
import subprocess
import time

from harness import wait_until

Segment = collections.namedtuple("Segment", "when source target source_port target_port sequence flags data")
Truth = collections.namedtuple("Truth", "segments retransmits peer_retransmits wire_rtt_ns")
SYN = 0x02
FRAME = b"\xb7\0\0"  # and two bytes more of its length: no frame here is longer than 65535 bytes
LINK_HEADERS = {1: 14, 12: 0, 101: 0}  # Ethernet; a TUN device has none


class Capture:
    """All TCP packets that pass a network interface, from the constructor to stop()."""

    def __init__(self, file, interface, namespace=()):
        self.file = file
        self.process = subprocess.Popen(
            [*namespace, "tshark", "-q", "-B", "64", "-i", interface, "-f", "tcp", "-w", file],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:  # it prints a line when it has begun
            if "Capturing" in line:
                break
        wait_until(file.exists, "tshark writes")
        time.sleep(0.5)

    def stop(self):
        """The segments of each connection, by the ports of server and client."""
        time.sleep(1)  # it reads in batches
        self.process.terminate()
        with self.process:
            self.process.stderr.read()
        plain = self.file.with_suffix(".nsecpcap")
        subprocess.run(["tshark", "-r", self.file, "-F", "nsecpcap", "-w", plain], check=True, capture_output=True)
        return connections_of(plain.read_bytes())


def connections_of(pcap):
    byte_order = "<" if pcap[:4] == b"\x4d\x3c\xb2\xa1" else ">"
    link = LINK_HEADERS[struct.unpack_from(f"{byte_order}I", pcap, 20)[0]]
    connections, servers, offset = {}, {}, 24
    while offset < len(pcap):
        seconds, nanoseconds, length = struct.unpack_from(f"{byte_order}III", pcap, offset)
        packet = pcap[offset + 16 + link:offset + 16 + length]
        offset += 16 + length
        segment = segment_of(seconds * 10**9 + nanoseconds, packet)
        ports = segment.source_port, segment.target_port
        if segment.flags & 0x12 == SYN:  # from a client: the last one with these ports counts
            servers[frozenset(ports)] = segment.target_port
        server = servers.get(frozenset(ports))
        client = ports[ports[0] == server]
        connections.setdefault((server, client), []).append(segment)
    return connections


def segment_of(when, packet):
    if packet[0] >> 4 == 6:
        begin, end, source, target = 40, 40 + struct.unpack_from(">H", packet, 4)[0], packet[8:24], packet[24:40]
    else:
        begin, end, source, target = ((packet[0] & 15) * 4, struct.unpack_from(">H", packet, 2)[0], packet[12:16],
                                      packet[16:20])
    source_port, target_port, sequence = struct.unpack_from(">HHI", packet, begin)
    data = packet[begin + (packet[begin + 12] >> 4) * 4:end]
    return Segment(when, source, target, source_port, target_port, sequence, packet[begin + 13], data)


class Stream:
    """The bytes that one end of a connection sends, and the packets they are in, by the position in the stream."""

    def __init__(self, segments):
        self.sent = []  # when, first byte, end, whether any of it was in an earlier packet
        first = next((segment.sequence + 1 for segment in segments if segment.flags & SYN), None)
        pieces = {}
        highest = 0
        for segment in segments:
            if first is None or not segment.data or segment.flags & SYN:
                continue
            begin = (segment.sequence - first) % 2**32
            end = begin + len(segment.data)
            self.sent.append((segment.when, begin, end, begin < highest))
            highest = max(highest, end)
            pieces.setdefault(begin, segment.data)
        self.bytes = bytearray(highest)
        for begin, data in pieces.items():
            self.bytes[begin:begin + len(data)] = data

    def packets(self, begin, end):
        return [packet for packet in self.sent if packet[1] < end and packet[2] > begin]

    def after_frames(self, position):
        while self.bytes[position:position + 3] == FRAME:
            position += 5 + struct.unpack_from(">I", self.bytes, position + 1)[0]
        return position


def truth_of(rows, measuring, acking, server_port, is_upward=False, is_fresh=False, is_classic=False):
    """A Truth for each of the rows (without the opening ping of a negotiated run), by the captures at the end that
    measures and at the one that acks. None: not in the captures."""
    truths = []
    clients = [client for server, client in measuring if server == server_port]
    for client in clients[is_fresh:]:  # the first connection of a run with fresh ones carries no pings
        here, there = measuring[server_port, client], acking.get((server_port, client), [])
        is_mine = lambda segment: (segment.source_port == server_port) != is_upward  # noqa: E731
        payloads, acks = Stream(list(filter(is_mine, here))), Stream([each for each in there if not is_mine(each)])
        arrived = Stream([each for each in here if not is_mine(each)])
        # One byte from each end comes before the frames, if there are any.
        position, ack = (0, 0) if is_classic else (1, 1)
        if is_fresh:  # its payload and nothing more: a connection that the capture has missed spoils its own ping only
            rest = len(payloads.bytes) - payloads.after_frames(position)
            sizes = [int(row["size_bytes"]) for row in rows[len(truths):]]
            truths += [None] * (sizes.index(rest) if rest in sizes else 0)
        while len(truths) < len(rows):
            position, ack = payloads.after_frames(position), acks.after_frames(ack)
            size = int(rows[len(truths)]["size_bytes"])
            if position + size > len(payloads.bytes):
                break
            truths.append(truth_of_ping(payloads, acks, arrived, position, position + size, ack))
            position, ack = position + size, ack + 1
    return truths + [None] * (len(rows) - len(truths))


def truth_of_ping(payloads, acks, arrived, begin, end, ack):
    packets = payloads.packets(begin, end)
    came = arrived.packets(ack, ack + 1)
    last = next((packet[0] for packet in packets if packet[2] >= end), None)
    if payloads.bytes[end - 1] != ord("1") or last is None or not came:
        return None
    return Truth(len(packets), sum(packet[3] for packet in packets), len(acks.packets(ack, ack + 1)) - 1,
                 came[0][0] - last)
