"""A twinlake command that tells how often it came to each moment: `python -m twinlake.faults.watch FILE COMMAND…`."""

from __future__ import annotations

import json
import runpy
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from twinlake.faults.moments import MOMENTS, around


def watch(seconds: dict[str, list[float]]) -> None:
    """From now on the seconds of each call of each moment are kept, in the order in which the calls began."""

    def kept(name: str, call: Callable[[], Any]) -> Any:
        of = seconds[name]
        place, started = len(of), time.monotonic()
        of.append(0.0)
        try:
            return call()
        finally:
            of[place] = round(time.monotonic() - started, 4)

    for name, moment in MOMENTS.items():
        seconds[name] = []
        around(moment, partial(kept, name))


def main() -> None:
    """Be the command, and tell when it is done."""
    file, seconds = Path(sys.argv[1]), dict[str, list[float]]()
    watch(seconds)
    sys.argv = ["twinlake", *sys.argv[2:]]
    try:
        runpy.run_module("twinlake.cli", run_name="__main__")
    finally:
        file.write_text(json.dumps(seconds))


if __name__ == "__main__":
    main()
