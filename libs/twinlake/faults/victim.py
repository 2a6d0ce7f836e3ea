"""A twinlake command that ends with -9 at a moment: `python -m twinlake.faults.victim WOUND COMMAND…`."""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from pkgutil import resolve_name
from threading import Event, Lock, Timer
from typing import Any

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
    owner, name = wound.function.rsplit(".", 1)
    holder = resolve_name(owner)
    original, turn, calls = getattr(holder, name), Lock(), [0]

    @wraps(original)
    def wounded(*given: Any, **named: Any) -> Any:
        with turn:
            calls[0] += _mentions(wound.mention, given)
            is_meant = calls[0] == wound.call and _mentions(wound.mention, given)
            calls[0] += is_meant
        return _struck(wound, lambda: original(*given, **named)) if is_meant else original(*given, **named)

    setattr(holder, name, wounded)


def _mentions(mention: str, given: tuple[Any, ...]) -> bool:
    return not mention or mention in given


def _struck(wound: Wound, call: Callable[[], Any]) -> Any:
    if wound.when == "before":
        _die(wound)
    died = Event()
    timer = Timer(wound.seconds, lambda: (_die(wound), died.set()))
    if wound.when == "inside":
        timer.start()
    try:
        result = call()
    finally:
        timer.cancel()
    # What was to die inside and was quicker dies at the end of it.
    if not died.is_set():
        _die(wound)
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
