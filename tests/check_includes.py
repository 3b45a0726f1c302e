#!/usr/bin/env python3
"""Checks from the sources who includes whom: the rooms of docs/design.md.

usage: check_includes.py [SOURCE_DIR (default: .)]
"""
import pathlib
import re
import sys

# Folder -> folders of ours that it may include, besides itself.
ALLOWED = {
    "lib/base": [],
    "lib/cli": ["lib/base", "lib/host"],
    "lib/host": ["lib/base", "lib/net"],
    "lib/link": ["lib/base"],
    "lib/net": ["lib/base"],
    "lib/protocol": ["lib/base"],
    "lib/runfile": ["lib/base", "lib/stats"],
    "lib/stats": ["lib/base"],
    "lib/report": ["lib/base", "lib/runfile", "lib/stats"],
    "lib/compare": ["lib/base", "lib/report", "lib/runfile", "lib/stats"],
    "lib/sweep": ["lib/base", "lib/host", "lib/net", "lib/protocol", "lib/runfile"],
    "server": ["lib/base", "lib/cli", "lib/host", "lib/net", "lib/protocol", "lib/report",
               "lib/runfile", "lib/stats", "lib/sweep"],
    "client": ["lib/base", "lib/cli", "lib/host", "lib/net", "lib/protocol", "lib/report",
               "lib/runfile", "lib/stats", "lib/sweep"],
    "client/windows": ["lib/base", "lib/net", "lib/protocol", "lib/sweep"],
    "bench": ["lib/base", "lib/compare", "lib/protocol", "lib/report", "lib/runfile", "lib/stats", "lib/sweep"],
    "analysis": ["lib/base", "lib/cli", "lib/compare", "lib/report", "lib/runfile", "lib/stats"],
    "mesh": ["lib/base", "lib/cli", "lib/protocol", "lib/runfile", "lib/sweep"],
    "front": ["lib/base", "lib/cli"],
    "lab": ["lib/base", "lib/cli", "lib/link", "lib/net", "lib/protocol", "lib/report", "lib/runfile", "lib/stats"],
}

# Header -> the only places that may include it.
CONFINED = {
    "boost/program_options.hpp": ["lib/cli/"],
    "gnuplot-iostream.h": ["analysis/plot.cpp"],
    "sys/socket.h": ["lib/net/", "lab/packet_port.cpp", "lab/two_hosts.cpp",
                     "bench/bare_pingpong.cpp"],
    "sodium.h": ["lib/protocol/authentication.cpp", "lib/protocol/secret_file.cpp", "lib/runfile/run.cpp",
                 "server/web_site.cpp"],
    "boost/beast/http/parser.hpp": ["server/http.cpp"],
    "netinet/tcp.h": [],  # its struct tcp_info is cut short; <linux/tcp.h> has the whole
}

INCLUDE = re.compile(r'^\s*#include\s+[<"]([^>"]+)[>"]', re.MULTILINE)


def problems_of(root, path):
    name = path.relative_to(root).as_posix()
    folder = path.parent.relative_to(root).as_posix()
    includes = INCLUDE.findall(path.read_text(encoding="utf-8"))
    for include in includes:
        target = str(pathlib.PurePosixPath(include).parent)
        if target in ALLOWED and target != folder and target not in ALLOWED[folder]:
            yield f"{name} includes {include}: {folder} may not use {target}"
        places = CONFINED.get(include)
        if places is not None and not any(name.startswith(place) for place in places):
            yield f"{name} includes <{include}>, which is confined to {places or 'nowhere'}"
    own_header = path.with_suffix(".h")
    if path.suffix == ".cpp" and own_header.exists():
        expected = own_header.relative_to(root).as_posix()
        if not includes or includes[0] != expected:
            yield f"{name} does not include its own header {expected} first"
    if path.suffix == ".h" and "#pragma once" not in path.read_text(encoding="utf-8"):
        yield f"{name} has no #pragma once"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    sources = [path for folder in ALLOWED for path in sorted((root / folder).glob("*"))
               if path.suffix in (".h", ".cpp")]
    unknown = {path.parent.relative_to(root).as_posix()
               for top in ("lib", "server", "client", "analysis", "bench", "lab", "mesh", "front")
               for path in (root / top).rglob("*.cpp")} - set(ALLOWED)
    problems = [f"folder {folder} has no rule in {__file__}" for folder in sorted(unknown)]
    for path in sources:
        problems += problems_of(root, path)
    print("\n".join(problems) or f"{len(sources)} files keep the include directions")
    return 1 if problems or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
