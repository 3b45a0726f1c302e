#!/usr/bin/env python3
"""A client of the classic protocol that takes its time over large payloads: known truth for comparisons.

usage: slow_client.py HOST PORT [--above BYTES] [--delay-us N]
"""
import argparse
import socket
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--above", type=int, default=1448)
    parser.add_argument("--delay-us", type=float, default=0)
    options = parser.parse_args()
    deadline = time.monotonic() + 10
    while True:
        try:
            peer = socket.create_connection((options.host, options.port), 10)
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray(1 << 17)
    clock = time.perf_counter_ns
    delay = int(options.delay_us * 1000)
    size = 0
    while count := peer.recv_into(buffer):
        size += count
        if buffer[count - 1] == 0x31:  # the sentinel is the last byte of every payload
            until = clock() + (delay if size > options.above else 0)
            while clock() < until:
                pass
            peer.send(b"1")
            size = 0


if __name__ == "__main__":
    main()
