"""Runs the console examples of a documentation page and compares what they print with what the page shows.

usage: scripts/veth-pair python3 tests/integration/console.py [--update] PAGE...

A command follows a prompt: `$` or `server$` on the near host, `client$` on the far one. Each prompt has its own shell;
a command that does not end, such as a server, keeps running beside the commands of the other prompts. Each line that
the page shows must be the beginning of a printed line, in this order, with numbers, times and spaces masked. Other lines
may be printed, too (warnings about this machine); a line `…` stands for some of them. --update writes what was printed
into the page.
"""

import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from harness import PROGRAMS, environment, program

PATIENCE = 240  # seconds until an example counts as hanging
FAR = shlex.split(os.environ["TCPSTEP_FAR"])
STATUS = re.compile(r"\x1e(\d+)\n")
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.M | re.S)
PROMPT = re.compile(r"(\w*)\$ (.*)")
FITTED = re.compile(r"^  fitted at the boundary .*?^  fitted: [^\n]*$(?:\n  lost and retransmitted [^\n]*)?", re.M | re.S)
WARNING = re.compile(r"^  ! .*\n(?:    .*\n)*", re.M)


def masked(line):
    line = re.sub(r"\(run [0-9a-f]{8}\)", "(run N)", line)
    line = re.sub(r"\d+(\.\d+)* ?([nµm]?s|min)\b", "TIME", line)
    line = re.sub(r"[-+−]?(\d+(\.\d+)*|TIME)", "N", line)
    return " ".join(line.split())


class Example:
    """One command of a page, with the lines shown below it."""

    def __init__(self, prompt, command):
        self.prompt, self.command, self.shown, self.printed = prompt, command, [], ""

    def missing(self):
        """The first line shown that was not printed, or None."""
        printed = iter([masked(line) for line in self.printed.splitlines()])
        shown = "\n".join(self.shown)
        if "\n  no fit: " in self.printed:  # this machine is too busy
            shown = FITTED.sub("", shown)
        return next((line for line in shown.splitlines() if line != "…"
                     and not any(other.startswith(masked(line)) for other in printed)), None)

    def fault(self, following):
        """What is wrong with what was printed, or None. `echo $?` as the next command shows a failure."""
        if line := self.missing():
            return f"did not print the line\n  {line}\nbut"
        status = STATUS.search(self.printed)
        if not status or status[1] == "0" or (following is not None and following.command == "echo $?"):
            return None
        if "tcpstep lab" in self.command and "not faithful" in self.printed:
            return None  # this machine is too busy
        return f"failed with {status[1]}"

    def text(self):
        return f"{self.prompt}$ {self.command}\n" + "".join(f"{line}\n" for line in self.shown)

    def update(self):
        lines = WARNING.sub("", STATUS.sub("", self.printed)).splitlines()
        if "…" in self.shown:
            end = self.shown.index("…")
            lines = lines[:end] + self.shown[end:]
        self.shown = [line for line in lines if not line.startswith(("Terminated", "[1]"))]


def examples(block):
    found, lines = [], iter(block.splitlines())
    for line in lines:
        if prompt := PROMPT.fullmatch(line):
            command = prompt[2]
            while command.endswith("\\"):
                command += "\n" + next(lines)
            if "<<'END'" in command:
                while not command.endswith("\nEND"):
                    command += "\n" + next(lines)
            found.append(Example(prompt[1], command))
        else:
            found[-1].shown.append(line)
    return found


class Shell:
    def __init__(self, name, folder):
        self.log = folder / f".{name}.log"
        place = folder / ("far" if name == "client" else "near")
        place.mkdir(exist_ok=True)
        programs = [str(pathlib.Path(program(name)).parent) for name in PROGRAMS]
        self.process = subprocess.Popen([*(FAR if name == "client" else []), "bash", "--norc"], cwd=place, text=True,
                                        start_new_session=True,
                                        env=environment(PATH=os.pathsep.join([*programs, os.environ["PATH"]])),
                                        stdin=subprocess.PIPE, stdout=self.log.open("w"), stderr=subprocess.STDOUT)
        self.start = 0

    def run(self, command):
        command = command.replace("server.example.org", "10.19.9.1")
        self.start = self.log.stat().st_size
        self.process.stdin.write(f"{{ {command}\n}} </dev/null\n(status=$?; printf '\\036%d\\n' $status; exit $status)\n")
        self.process.stdin.flush()

    def printed(self):
        with self.log.open("rb") as log:
            log.seek(self.start)
            return log.read().decode()


def run_page(page, update):
    """Whether every example of the page prints what is shown."""
    text = page.read_text()
    blocks = [examples(block) for block in BLOCK.findall(text)]
    everything = [example for block in blocks for example in block]
    if any("--cpu" in example.command for example in everything) and not {0, 1} <= os.sched_getaffinity(0):
        return True  # it needs the processors 0 and 1
    if not shutil.which("gnuplot"):
        everything = [example for example in everything if " plot " not in example.command]
    shells = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for example, following in zip(everything, [*everything[1:], None]):
                if example.prompt not in shells:
                    shells[example.prompt] = Shell(example.prompt, pathlib.Path(folder))
                shell = shells[example.prompt]
                shell.run(example.command)
                may_go_on = example.shown and (following is None or following.prompt != example.prompt)
                deadline = time.monotonic() + PATIENCE
                while time.monotonic() < deadline:
                    example.printed = shell.printed()
                    if STATUS.search(example.printed) or (may_go_on and example.missing() is None):
                        break
                    time.sleep(0.02)
                if update:
                    example.update()
                elif fault := example.fault(following):
                    print(f"{page}: {example.command}\n{fault}\n{example.printed}")
                    return False
        finally:
            for shell in shells.values():
                os.killpg(shell.process.pid, signal.SIGKILL)
                shell.process.communicate()
    if update:
        updated = iter("".join(example.text() for example in block) for block in blocks)
        page.write_text(BLOCK.sub(lambda _: next(updated), text))
    return True


if __name__ == "__main__":
    arguments = sys.argv[1:]
    pages = [pathlib.Path(argument).resolve() for argument in arguments if argument != "--update"]
    is_update = "--update" in arguments
    # They measure, and this machine may be busy: what fails twice does not print what the page shows.
    sys.exit(0 if all([run_page(page, is_update) or run_page(page, is_update) for page in pages]) else 1)
