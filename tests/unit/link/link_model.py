#!/usr/bin/env python3
"""Reference of the link model: written independently of lib/link, in floating point, to check it.

usage: link_model.py >link_model.csv              what link_model_test.cpp expects
       link_model.py first >first_link_model.csv  the same of first_profiles/: links as first published
       link_model.py spread                      how the table of 2014 varies over 20 seeds, for docs/lab.md
       link_model.py short                       the same of runs of 10 s, for docs/getting_started.md

One message of N bytes goes down in TCP segments of at most MSS bytes; the receiver's kernel sends
a bare TCP ACK whenever more than one full segment is unacknowledged, or after the time of Linux'
delayed ACK: then, and from then on, the program's last read is acknowledged at once, too. That time
is 40 ms at first and follows the gaps between segments. The program acks the last segment with one
byte. Times in microseconds, rates in Mbit/s.
"""
import csv
import heapq
import pathlib
import random
import statistics
import sys

MSS, HEADER = 1448, 52  # IPv4 and TCP with timestamps, MTU 1500
DELAYED_ACK, LONGEST_DELAYED_ACK, HALF_TICK = 40_000, 200_000, 2_000
SIZES = range(1, 9902, 100)
ROUNDS, SEEDS = 20, 36


class Direction:
    """One direction of a link; send() gives the delivery time of a packet."""

    DEFAULTS = dict(
        rate=0, overhead=0, minimum=0, cells=0, per_packet=0, hops=1,
        delay=0, jitter=0, tail=0,
        slot=0, slot_packets=0, slot_bytes=0,
        access=0, backoff_slot=0, backoff_slots=0, aggregate=1, always=0,
        hold_off=0, hold_off_above=0,
        setup=0, open=0, release=0, keep=0, polled=0, access_least=0, random_access=0)

    def __init__(self, **given):
        self.__dict__.update({**self.DEFAULTS, **given})

    def reset(self, peer, medium):
        self.peer, self.medium = peer, medium
        self.busy = [0.0] * self.hops
        self.hold_end = self.last_due = self.slot_at = -1.0
        self.sent = None
        self.packets = self.bytes = 0
        self.closes = self.riders = self.backed_off = self.backoff = self.ended = 0
        self.established = 0.0

    def transmission(self, length):
        total = length + self.overhead
        if self.cells:
            total = -(-total // 48) * 53
        return (max(total, self.minimum) * 8 / self.rate if self.rate else 0.0) + self.per_packet

    def block_flow(self, t, rng):
        if t < self.established:
            return self.established
        if self.sent is not None:
            if t < self.sent + self.open:
                return t
            t = max(t, self.sent + self.release)
        t += self.setup
        if self.peer.sent is None or t - self.setup > self.peer.sent + self.keep:
            if not self.polled or rng.random() >= self.polled:
                t += self.access_least + rng.random() * self.random_access
        self.established = t
        return t

    def grid(self, t, length):
        slot = max(-(-t // self.slot) * self.slot, self.slot_at)
        if slot > self.slot_at:
            self.slot_at, self.packets, self.bytes = slot, 0, 0
        if self.slot_packets and self.packets >= self.slot_packets:
            self.slot_at += self.slot
            self.packets = self.bytes = 0
        left = length + self.overhead
        while self.slot_bytes and self.bytes + left > self.slot_bytes:
            left -= self.slot_bytes - self.bytes
            self.slot_at += self.slot
            self.packets = self.bytes = 0
        self.packets += 1
        self.bytes += left
        return self.slot_at + self.slot

    def csma(self, t, length, rng):
        m = self.medium
        if t < self.closes and self.riders < self.aggregate and m["owner"] is self:
            self.riders += 1
            m["end"] += self.transmission(length)
        elif self.always:   # a backoff before each access; only a station's own frame collects riders
            self.closes, self.riders = max(t, self.ended), 1
            backoff = rng.randrange(self.backoff_slots + 1) * self.backoff_slot
            m["end"] = max(t, m["end"]) + self.access + backoff + self.transmission(length)
            m["owner"] = self
        else:
            start = max(t, m["end"])
            if t < self.backed_off:
                start = max(start, self.backed_off)   # the backoff after its own last access
            elif t < m["end"]:
                start += rng.randrange(self.backoff_slots + 1) * self.backoff_slot
            self.closes, self.riders = start, 1
            m["end"] = start + self.access + self.transmission(length)
            m["owner"] = self
            self.backoff = rng.randrange(self.backoff_slots + 1) * self.backoff_slot
        self.backed_off = m["end"] + self.backoff
        self.ended = m["end"]
        return m["end"]

    def send(self, t, length, rng):
        if self.release:
            t = self.block_flow(t, rng)
        elif self.setup:
            t += self.setup
        if self.slot:
            t = self.grid(t, length)
        elif self.access:
            t = self.csma(t, length, rng)
        else:
            for hop in range(self.hops):
                self.busy[hop] = t = max(t, self.busy[hop]) + self.transmission(length)
        self.sent = t
        if self.hold_off:
            if length > self.hold_off_above and t > self.hold_end:
                self.hold_end = t + self.hold_off
            t = max(t, self.hold_end)
        t += self.delay
        if self.jitter:
            t += rng.random() * self.jitter
        if self.tail:
            t += rng.expovariate(1 / self.tail)
        self.last_due = t = max(t, self.last_due)
        return t


class DelayedAck:
    """What Linux remembers of it from one ping to the next (tcp_event_data_recv() in net/ipv4/tcp_input.c)."""

    def __init__(self):
        self.time, self.longest, self.arrival = DELAYED_ACK, LONGEST_DELAYED_ACK, 0

    def arrived(self, t):
        gap, self.arrival = t - self.arrival, t
        if gap <= DELAYED_ACK / 2:
            self.time = self.time / 2 + DELAYED_ACK / 2
        elif gap < self.time:
            self.time = self.time / 2 + gap


def pingpong(link, host, start, size, rng, delayed, ack=1, late=0):
    """Time at which the server has the program's ack, which has `ack` bytes and leaves `late` after what it acks."""
    down, up = link
    events, count, left, got, unacked, done = [], 0, size, 0, 0, None
    timer, was_late = None, False

    def push(t, what, length):
        nonlocal count
        count += 1
        heapq.heappush(events, (t, count, what, length))
        return count

    while left > 0:
        length = min(left, MSS)
        left -= length
        push(start + host / 2, "down", length)
    while events:
        t, number, what, length = heapq.heappop(events)
        if what == "delayed":
            if number == timer:
                delayed.time = 2 * delayed.time if was_late else DELAYED_ACK
                timer, was_late, unacked = None, True, 0
                push(t, "up", 0)
            continue
        if what == "received":
            delayed.arrived(t)
            got += length
            unacked += length
            if unacked > MSS or (got == size and was_late):
                push(t, "up", 0)
                unacked, timer = 0, None
            if got == size:
                push(t + host / 2 + late, "up", ack)
                timer = None
            elif unacked and timer is None:
                timer = push(t + min(delayed.time, delayed.longest) + HALF_TICK, "delayed", 0)
            continue
        due = (down if what == "down" else up).send(t, length + HEADER, rng)
        if what == "down":
            push(due, "received", length)
        elif length:
            done = due
    delayed.longest = min(max(done - start, DELAYED_ACK), LONGEST_DELAYED_ACK)
    return done


def run(directions, host, seed, sizes=None, is_shuffled=False, is_enough=lambda series: False, **acks):
    """RTTs of each size; of fewer rounds if they are enough."""
    rng = random.Random(seed)
    link = [Direction(**given) for given in directions]
    medium = {"end": 0.0, "owner": None}
    delayed = DelayedAck()
    link[0].reset(link[1], medium)
    link[1].reset(link[0], medium)
    sizes = sizes or SIZES
    series, t = {size: [] for size in sizes}, -host / 2
    for round_ in range(ROUNDS + 1):
        for size in rng.sample(sizes, len(sizes)) if is_shuffled else sizes:
            end = pingpong(link, host, t, size, rng, delayed, **acks)
            if round_ > 0:  # the first is the warm-up
                series[size].append(end - t)
            t = end
        if round_ > 0 and is_enough(series):
            break
    return series


LAN = dict(rate=1000, overhead=38, minimum=84, per_packet=3, hops=2, hold_off=15,
           hold_off_above=512, delay=39)
WIFI = dict(rate=52, overhead=40, access=115, backoff_slot=9, backoff_slots=15, aggregate=32,
            delay=560)
ADSL = dict(overhead=40, cells=1, delay=9900)
FAR = dict(overhead=40, cells=1, delay=110000, tail=12000)
HSPA = dict(slot=10000, slot_packets=1, jitter=1500)
EDGE = dict(slot=20000, slot_bytes=224, delay=80000, jitter=4000)
HOST = 30
PROFILES = {
    "lan": (LAN, LAN),
    "wifi": (WIFI, WIFI),
    "adsl": (dict(ADSL, rate=12), dict(ADSL, rate=0.82)),
    "adsl-far": (dict(FAR, rate=12), dict(FAR, rate=0.82)),
    "3g": (dict(HSPA, delay=32000), dict(HSPA, delay=36000)),
    "edge": (dict(EDGE, setup=240000),
             dict(EDGE, setup=80000, open=200000, release=630000, keep=200000, polled=0.2,
                  access_least=460000, random_access=75000)),
}
FIRST_LAN = dict(LAN, per_packet=4, hold_off=16, delay=37)
FIRST_WIFI = dict(WIFI, always=1)
FIRST_PROFILES = {
    **PROFILES,
    "lan": (FIRST_LAN, FIRST_LAN),
    "wifi": (FIRST_WIFI, FIRST_WIFI),
    "edge": (dict(EDGE, setup=60000),
             dict(EDGE, setup=120000, open=200000, release=450000, keep=200000,
                  random_access=600000)),
}


def reference_2014():
    """Profile -> filling, second, fourth, and the average for filling where it was given."""
    path = pathlib.Path(__file__).resolve().parents[3] / "results/reference_2014.csv"
    with path.open() as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return {row["profile"]: [int(row[key]) for key in ("filling", "second", "fourth", "average_filling") if row[key]]
                for row in rows if row["filling"]}


ROWS = ([1401], range(1501, 2802, 100), range(4401, 5702, 100))


def penalties(series, statistic, rows=ROWS):
    base = statistic(series[1])
    return [100 * (statistics.fmean(statistic(series[size]) for size in row) / base - 1)
            for row in rows]


def sweet_spot(series):
    """Smallest and largest of the sizes around the lowest mean that are within 2 % of it."""
    means = [statistics.fmean(series[size]) for size in SIZES]
    first = last = means.index(min(means))
    while first > 0 and means[first - 1] <= 1.02 * min(means):
        first -= 1
    while last + 1 < len(means) and means[last + 1] <= 1.02 * min(means):
        last += 1
    return SIZES[first], SIZES[last]


def print_spread(seeds=20):
    largest = dict.fromkeys(range(1, seeds + 1), 0)
    for name, wanted in reference_2014().items():
        cells, spots = [], []
        for seed in largest:
            series = run(PROFILES[name], HOST, seed)
            cells.append(penalties(series, min) + penalties(series, statistics.fmean)[:1])
            spots.append(sweet_spot(series))
            for cell, figure in zip(cells[-1], wanted):
                largest[seed] = max(largest[seed], abs(cell - figure))
        print(name, *(f"{min(column):+.1f}..{max(column):+.1f}" for column in zip(*cells)))
        if name == "edge":
            print("  lowest average:", *sorted({f"{first}..{last}" for first, last in spots}))
    print("largest difference:", *(f"{points:.1f}" for points in sorted(largest.values())))


# What --time 10s sends over these links: one_size_each() in lib/sweep/path_speed.cpp.
SHORT_SIZES = {"adsl": [1, 1448, 2172, 3620, 5068, 6516, 7964, 9295], "adsl-far": [1, 1448, 2172, 5068],
               "3g": [1, 1448, 2172, 5068]}
SHORT_ROWS = ([1448], [2172], [5068])


def print_short(time=10_000_000, seeds=40):
    """Full, second and fourth of shuffled runs: whole ones, and those that end with the round in which `time` is up."""
    global ROUNDS
    whole_rounds = ROUNDS
    for name, sizes in SHORT_SIZES.items():
        def is_enough(series):
            rtts = [rtt for rtts in series.values() for rtt in rtts]
            return sum(rtts) * (1 + len(sizes) / len(rtts)) >= time  # with the warm-up

        for what, few, rows in (("whole", list(SIZES), ROWS), ("10 s", sizes, SHORT_ROWS)):
            ROUNDS = whole_rounds if what == "whole" else 1000
            found, rounds, known, took = [], set(), [], []
            for seed in range(1, seeds + 1):
                series = run(PROFILES[name], HOST, seed, few, True,
                             (lambda series: False) if what == "whole" else is_enough)
                found.append(penalties(series, min, rows))
                rounds.add(len(series[1]))
                steps = [(rtts[3] - rtts[0]) / 3 for rtts in map(sorted, series.values())]
                known.append(100 * 2 * 2 ** 0.5 * 1.3 * statistics.fmean(steps) / min(series[1]))
                took.append(sum(map(sum, series.values())) * (1 + 1 / len(series[1])) / 1e6)
            print(name, what, f"{len(few)} sizes, {min(rounds)} to {max(rounds)} rounds, {statistics.fmean(took):.0f} s, "
                              f"says within {min(known):.1f} to {max(known):.1f} points:",
                  *(f"{min(column):+.1f}..{max(column):+.1f} (sd {statistics.pstdev(column):.2f})" for column in zip(*found)))


def main():
    if sys.argv[1:] == ["spread"]:
        print_spread()
        return
    if sys.argv[1:] == ["short"]:
        print_short()
        return
    print("profile,size_bytes,least_min_us,most_min_us,least_mean_us,most_mean_us")
    profiles = FIRST_PROFILES if sys.argv[1:] == ["first"] else PROFILES
    for name, directions in profiles.items():
        runs = [run(directions, HOST, seed) for seed in range(1, SEEDS + 1)]
        for size in SIZES:
            minima = [min(series[size]) for series in runs]
            means = [statistics.fmean(series[size]) for series in runs]
            print(f"{name},{size},{min(minima):.3f},{max(minima):.3f},"
                  f"{min(means):.3f},{max(means):.3f}")


if __name__ == "__main__":
    main()
