"""Reads result files of tcpstep (docs/result_format.md). One file, standard library only: copy it or import it.

    import tcpstep
    run = tcpstep.read("run.csv.gz")
    print(run.header["link"], run.mss, run.is_complete)
    for size, samples in run.samples().items():   # clean pings by payload size, RTTs in nanoseconds
        print(size, min(samples))
    run.to_pandas()                               # every ping, if pandas is installed

A file that breaks the rules of the format raises FormatError with the line, as tcpstep's own programs do.
"""
import csv
import dataclasses
import gzip
import pathlib
import sys

FORMAT_LINE = "# format: tcpstep-result/1"


class FormatError(ValueError):
    """The file is not a result file, or was changed."""


@dataclasses.dataclass(frozen=True)
class Run:
    """One run. A value that the file does not have is None, never 0."""
    name: str
    header: dict    # key -> text
    columns: tuple  # names in the order of the file
    pings: tuple    # one dict per ping: column -> int, or None; "status" is text. Round 0 is the warm-up
    trailer: dict   # key -> text; empty if the run was cut off

    @property
    def is_complete(self):
        return self.trailer.get("status") == "complete"

    @property
    def mss(self):
        """Payload bytes of one segment, or None."""
        return int(self.header["mss_bytes"]) if "mss_bytes" in self.header else None

    def counted(self):
        """The pings that tables count: after the warm-up, with an RTT, and nothing of them retransmitted."""
        return [ping for ping in self.pings
                if (ping.get("round") is None or ping["round"] > 0) and ping["rtt_ns"] is not None
                and not was_resent(ping)]

    def samples(self):
        """RTTs in nanoseconds of the counted pings, by payload size in bytes, sizes ascending."""
        samples = {}
        for ping in self.counted():
            samples.setdefault(ping["size_bytes"], []).append(ping["rtt_ns"])
        return dict(sorted(samples.items()))

    def segments(self, size):
        """How many TCP segments a payload of `size` bytes takes by the MSS of the header; None without one."""
        return -(-size // self.mss) if self.mss else None

    def to_pandas(self):
        """Every ping as a pandas.DataFrame, integers as Int64 with missing values; the header in .attrs."""
        import pandas
        frame = pandas.DataFrame(list(self.pings), columns=list(self.columns))
        for column in self.columns:
            if column != "status":
                frame[column] = frame[column].astype("Int64")
        frame.attrs.update(self.header)
        return frame


def was_resent(ping):
    """True if the payload or the ack of this ping was retransmitted, or probably was."""
    if (ping.get("retransmits") or 0) > 0 or (ping.get("peer_retransmits") or 0) > 0:
        return True
    return ping.get("peer_retransmits") is None and (ping.get("doubtful") or 0) > 0


def read(path):
    """The run in the file `path`, which may be compressed with gzip (or zstd, from Python 3.14 on)."""
    path = pathlib.Path(path)
    try:
        text = _unpacked(path.read_bytes()).decode("utf-8")
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: {error}") from None
    return _parse(text, str(path))


def _unpacked(data):
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        if sys.version_info < (3, 14):
            raise FormatError("this Python cannot read zstd (3.14 can): run zstd -d first")
        from compression import zstd
        return zstd.decompress(data)
    return data


def _parse(text, name):
    lines = text.split("\n")[:-1]  # what follows the last line feed was cut off
    if not lines or lines[0] != FORMAT_LINE:
        raise FormatError(f"{name}:1: expected '{FORMAT_LINE}'")
    header, columns, pings, trailer = {}, None, [], {}
    for number, line in enumerate(lines, 1):
        if trailer:
            raise FormatError(f"{name}:{number}: a line behind the end of the run")
        if line.startswith("# end: "):
            trailer = dict(part.split("=", 1) for part in line[len("# end: "):].split())
        elif line.startswith("#"):
            key, colon, value = line[1:].strip().partition(": ")
            if columns is None and colon:
                if header.setdefault(key, value) != value:
                    raise FormatError(f"{name}:{number}: a second value of {key}")
        elif columns is None:
            columns = tuple(next(csv.reader([line])))
            if not {"size_bytes", "rtt_ns"} <= set(columns):
                raise FormatError(f"{name}:{number}: size_bytes and rtt_ns are not both among the columns")
        else:
            pings.append(_ping(columns, line, f"{name}:{number}"))
    if columns is None:
        raise FormatError(f"{name}: no line with the names of columns")
    run = Run(name, header, columns, tuple(pings), trailer)
    _check_counts(run)
    return run


def _ping(columns, line, place):
    fields = line.split(",")
    if len(fields) != len(columns):
        raise FormatError(f"{place}: {len(fields)} fields instead of {len(columns)}")
    ping = {}
    for column, field in zip(columns, fields):
        if column == "status":
            ping[column] = field
        elif field == "":
            ping[column] = None
        elif field.isascii() and field.isdigit():
            ping[column] = int(field)
        else:
            raise FormatError(f"{place}: {column} is '{field}': expected a whole number")
    if ping["size_bytes"] is None:
        raise FormatError(f"{place}: no size_bytes")
    return ping


def _check_counts(run):
    counted = [ping for ping in run.pings if ping.get("round") is None or ping["round"] > 0]
    samples = sum(ping["rtt_ns"] is not None for ping in counted)
    for key, found in (("samples", samples), ("lost", len(counted) - samples)):
        if key in run.trailer and run.trailer[key] != str(found):
            raise FormatError(f"{run.name}: the trailer says {key}={run.trailer[key]}, the lines say {found}")
