"""Records what a server of the classic protocol sends: python3 classic_recorder.py SERVER > recording.json

SERVER is the path of a tcpstep-server. The recording holds a digest for each round; a round ends after
as many payloads as there are sizes, the first one with the opening ping.
"""

import hashlib
import json
import socket
import subprocess
import sys
import tempfile
import time

BOUNDARIES = "1,1447,1448,1449,2896,2897,65482,65483,65484,1000000"
EXCHANGES = (  # options, sizes in a round
    (["--fill=zero", "--seed=1"], 100),
    (["--fill=zero", "--seed=1", "--order=shuffled", "--rounds=5", "--warmup=2"], 100),
    (["--fill=zero", "--seed=18446744073709551615", "--order=shuffled", f"--sizes={BOUNDARIES}",
      "--rounds=3"], 10),
    (["--fill=zero", "--seed=0", "--sizes=1", "--rounds=50", "--warmup=0"], 1),
    (["--fill=random", "--seed=1", "--rounds=5"], 100),
    (["--fill=random", "--seed=2", "--order=shuffled", f"--sizes={BOUNDARIES}", "--rounds=2"], 10),
)


def digest(data, is_random):
    """Of the bytes; random fill counts as zeros, because only its length matters."""
    if is_random:
        data = data.translate(bytes(0x31 if byte == 0x31 else 0 for byte in range(256)))
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def receive_payload(peer):
    """One payload. Empty at the end of the exchange."""
    payload = bytearray()
    while not payload.endswith(b"1"):
        part = peer.recv(1 << 20)
        if not part:
            break
        payload += part
    return bytes(payload)


def record(peer, options, sizes, ack=b"1"):
    """One exchange, played to its end: digests of the rounds."""
    rounds, data, left = [], b"", sizes + 1
    while payload := receive_payload(peer):
        data += payload
        left -= 1
        if left == 0:
            rounds.append(digest(data, "--fill=random" in options))
            data, left = b"", sizes
        peer.sendall(ack)
    assert not data, f"{len(data)} bytes beyond the last round"
    return rounds


def connect(port, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=seconds)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def record_all(server, port=29901):
    version = subprocess.run([server, "--version"], check=True, capture_output=True, text=True)
    exchanges = []
    for options, sizes in EXCHANGES:
        with tempfile.TemporaryDirectory() as folder:
            with subprocess.Popen([server, "--one-off", "--quiet", f"--port={port}", *options],
                                  cwd=folder) as process:
                with connect(port) as peer:
                    rounds = record(peer, options, sizes)
            assert process.returncode == 0
        exchanges.append({"options": options, "sizes": sizes, "rounds": rounds})
    return {"recorded_from": version.stdout.strip(), "exchanges": exchanges}


if __name__ == "__main__":
    print(json.dumps(record_all(sys.argv[1])).replace("{", "\n{").lstrip())
