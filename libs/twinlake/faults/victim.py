"""A twinlake command that ends with -9 at a moment: `python -m twinlake.faults.victim WOUND COMMAND…`."""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Lock, Timer
from typing import Any

from twinlake.faults.moments import Moment, around

WHOM = ("both", "driver", "jvm")
WHEN = ("before", "inside", "after")


@dataclass(frozen=True)
class Wound:
    """Who dies, in which call of which function, and when of it; `told` is a file that says that it came to that."""

    function: str
    mention: str
    call: int
    when: str
    seconds: float
    whom: str
    told: str

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def arm(wound: Wound) -> None:
    """From now on the function kills, in the call that is meant."""
    turn, calls = Lock(), [0]

    def wounded(call: Callable[[], Any]) -> Any:
        with turn:
            calls[0] += 1
            is_meant = calls[0] == wound.call
        return _struck(wound, call) if is_meant else call()

    around(Moment(wound.function, wound.mention), wounded)


def _struck(wound: Wound, call: Callable[[], Any]) -> Any:
    died = Event()

    def die() -> None:
        if not died.is_set():
            died.set()
            _die(wound)

    if wound.when == "before":
        die()
    timer = Timer(wound.seconds, die)
    if wound.when == "inside":
        timer.start()
    try:
        result = call()
    finally:
        timer.cancel()
    # What was to die inside and was quicker dies at the end of it.
    die()
    return result


def _die(wound: Wound) -> None:
    machines = list(_machines())
    Path(wound.told).write_text("both" if wound.whom == "jvm" and not machines else wound.whom)
    if wound.whom == "jvm" and machines:
        for process in machines:
            os.kill(process, signal.SIGKILL)
    elif wound.whom == "driver":
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        os.killpg(os.getpgid(0), signal.SIGKILL)


def _machines() -> Iterator[int]:
    """The JVMs that this process started."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = status.read_text().split(" (", 1)
        except OSError:
            continue
        name, _, after = rest.rpartition(") ")
        if name == "java" and int(after.split()[1]) == os.getpid():
            yield int(pid)


def main() -> None:
    """Arm what is told, then be the command."""
    wound = Wound(**json.loads(sys.argv[1]))
    arm(wound)
    sys.argv = ["twinlake", *sys.argv[2:]]
    runpy.run_module("twinlake.cli", run_name="__main__")


if __name__ == "__main__":
    main()
