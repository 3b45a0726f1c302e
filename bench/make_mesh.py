#!/usr/bin/env python3
"""Makes up the folder of a mesh: hourly runs of every pair of hosts, compressed. One host and one path become slower.

usage: make_mesh.py HOSTS RUNS FOLDER [--plain] [--host-by MS] [--path-by MS] [--only FROM_TO] [--every-100]

--only: no files of other pairs; --every-100: the sizes of a run without --sizes, 1, 101, … 9901
"""
import argparse
import datetime
import gzip
import json
import pathlib
import random

BOUNDARIES = (1, 1447, 1448, 1449, 1450, 2895, 2896, 2897, 2898, 4343, 4344, 4345, 4346)
ROUNDS = 20
FACTS = {"protocol": "negotiated", "measured_by": "server", "rounds": ROUNDS, "warmup_rounds": 1, "order": "shuffled",
         "direction": "down", "connection": "warm", "effective_congestion_control": "cubic", "mss_bytes": 1448,
         "interface": "eth0", "server_os": "Linux 6.1.0-31-amd64 x86_64", "client_os": "Linux 6.1.0-31-amd64 x86_64",
         "server_cpu": "Intel(R) Xeon(R) Processor", "client_cpu": "Intel(R) Xeon(R) Processor"}


def run_text(noise, sizes, link, base_ns, started, facts):
    """One run: pings of a base, 5 % for filling the packet and 15 % for each further one, and noise from 0."""
    drift = noise.gauss(1, 0.002)
    lines = ["# format: tcpstep-result/1", f"# run_id: {noise.getrandbits(64):016x}", f"# started_utc: {started}",
             f"# link: {link}", *(f"# {key}: {value}" for key, value in (FACTS | facts).items()),
             "round,size_bytes,start_ns,rtt_ns,segments,retransmits,status"]
    start = 0
    for number in range(ROUNDS + 1):
        for size in noise.sample(sizes, len(sizes)):
            segments = -(-size // 1448)
            rtt = int(base_ns * drift * (1 + 0.05 * min(size, 1448) / 1448 + 0.15 * (segments - 1)) +
                      noise.expovariate(50 / base_ns))
            lines.append(f"{number},{size},{start},{rtt},{segments},0,ok")
            start += rtt
    lines.append(f"# end: status=complete samples={ROUNDS * len(sizes)} lost=0 elapsed_ns={start}")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("hosts", type=int)
    parser.add_argument("runs", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--host-by", type=float, default=0.1)
    parser.add_argument("--path-by", type=float, default=0.2)
    parser.add_argument("--only")
    parser.add_argument("--every-100", action="store_true")
    options = parser.parse_args()
    sizes = tuple(range(1, 9902, 100)) if options.every_100 else BOUNDARIES
    noise = random.Random(2014)
    hosts = [f"n{number}" for number in range(1, options.hosts + 1)]
    bases = {(a, b): noise.uniform(0.8e6, 1.2e6) for a in hosts for b in hosts if a != b}
    options.folder.mkdir()
    (options.folder / "mesh.json").write_text(json.dumps({"format": "tcpstep-mesh/1"}) + "\n")
    begin = datetime.datetime(2026, 9, 1) - datetime.timedelta(hours=max(0, options.runs - 2000))  # none in the future
    for hour in range(options.runs):
        time = begin + datetime.timedelta(hours=hour)
        day = options.folder / f"{time:%Y-%m-%d}"
        day.mkdir(exist_ok=True)
        is_late = hour >= options.runs * 2 // 3
        for (a, b), base in bases.items():
            base += 1e6 * options.host_by if is_late and "n3" in (a, b) else 0
            base += 1e6 * options.path_by if is_late and (a, b) == ("n1", "n2") else 0
            if options.only not in (None, f"{a}_{b}"):
                continue
            started = time + datetime.timedelta(seconds=noise.uniform(1, 300))
            text = run_text(noise, sizes, f"{a}_{b}", base, f"{started.isoformat(timespec='microseconds')}Z",
                            {"server_host": a, "client_host": b, "mesh_from": a, "mesh_to": b,
                             "mesh_tournament": f"{time:%Y%m%dT%H%M%SZ}"})
            name = f"{time:%Y%m%dT%H%M%SZ}_{a}_{b}.csv"
            if options.plain:
                (day / name).write_text(text)
            else:
                (day / f"{name}.gz").write_bytes(gzip.compress(text.encode(), 6))


if __name__ == "__main__":
    main()
