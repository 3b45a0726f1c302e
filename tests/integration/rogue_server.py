"""Servers that do not keep to the protocol, for tcpstep-client."""

import datetime
import hashlib
import socket

from harness import frame, receive_frame

TOKEN = "0" * 32
COLUMNS = ("round,size_bytes,start_ns,rtt_ns,kernel_rtt_ns,send_stack_ns,segments,retransmits,delivered,"
           "cwnd_segments,srtt_us,min_rtt_us,status")


def hello(**changes):
    return {"type": "hello", "protocol": 1, "tool": "rogue", "nonce": "0" * 64, "authentication": False,
            "limits": {"bytes": 9, "pings": 9, "seconds": 0}} | changes


def greet(peer, **changes):
    """Up to the client's request, which is returned."""
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.sendall(b"1")
    peer.recv(1)
    peer.sendall(frame(hello(**changes)))
    return receive_frame(peer)


def accept_of(request, **changes):
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"type": "accept", "run_id": "0", "token": TOKEN, "link": request.get("link", "unnamed"),
            "sizes": request.get("sizes", "1"), "rounds": request.get("rounds", 1), "warmup_rounds": 0,
            "order": "ascending", "seed": 1, "interval_ns": request.get("interval_ns", 0), "timeout_ns": 10**10,
            "fill": "random", "direction": request["direction"], "connection": request["connection"], "pings": 1,
            "concurrent_runs": 1, "anonymous": True, "environment": {},
            "started_utc": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")} | changes


def start_run(peer, **changes):
    """Up to the client's ready. Returns what the client asked for, and what was accepted."""
    request = greet(peer)
    accept = accept_of(request, **changes)
    peer.sendall(frame(accept))
    receive_frame(peer)
    return request, accept


def result_of(request, accept, rows, *, status="complete", elapsed=1000, extra=()):
    """A result file by the facts that both ends know."""
    facts = [("run_id", accept["run_id"]), ("started_utc", accept["started_utc"]), ("tool", "rogue"),
             ("link", accept["link"]), ("protocol", "negotiated"), ("measured_by", "server"),
             ("direction", accept["direction"]), ("connection", accept["connection"]), ("concurrent_runs", 1),
             ("sizes_bytes", accept["sizes"].replace(",", " ")), ("rounds", accept["rounds"]),
             ("warmup_rounds", accept["warmup_rounds"]), ("order", accept["order"]), ("seed", accept["seed"]),
             ("interval_ns", accept["interval_ns"]), ("timeout_ns", accept["timeout_ns"]), ("fill", accept["fill"])]
    of_client = [(f"client_{key}", request["environment"][key].translate({ord("#"): " ", ord(","): " "}))
                 for key in ("os", "cpu", "processors", "virtualization") if request["environment"].get(key)]
    of_client.append(("client_tool", request["tool"]))
    claims = [("claimed_by_client", " ".join(key for key, value in of_client))]
    lines = ["# format: tcpstep-result/1"]
    lines += [f"# {key}: {value}" for key, value in [*facts, *of_client, *claims, ("mss_bytes", 1448), *extra]]
    samples = sum(not row.startswith("0,") for row in rows)
    return "\n".join([*lines, COLUMNS, *rows,
                      f"# end: status={status} samples={samples} lost=0 elapsed_ns={elapsed}", ""]).encode()


def result_frame(data, status="complete", **changes):
    return frame({"type": "result", "status": status, "bytes": len(data),
                  "hash": hashlib.blake2b(data, digest_size=32).hexdigest()} | changes)
