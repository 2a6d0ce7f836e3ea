"""What the benchmarks of the landing share: one hospital's feeds, runs into lakes of their own, what work takes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from jobs._run import Opened, moment, open_run

AS_OF = "2026-11-01"
HOSPITAL = 'name = "Bench"\ntime_zone = "UTC"\nidentifier_namespace = "urn:bench"\n'


class Spent(NamedTuple):
    """Seconds by the clock and of the processor, of this process and all it started; the latter lie less if busy."""

    clock: float
    cpu: float


def lay_hospital(feeds: Path, system: str) -> Path:
    """The folder of a system's files, in a hospital that there was not."""
    folder = feeds / "bench" / system / AS_OF
    folder.mkdir(parents=True)
    (feeds / "bench" / "hospital.toml").write_text(HOSPITAL)
    return folder


def opened(feeds: Path, home: Path) -> Opened:
    """A run over the feeds into a new lake."""
    os.environ["TWINLAKE_HOME"] = str(home)
    return open_run(feeds, moment(AS_OF), home.name)


def spent(work: Callable[[], object]) -> Spent:
    clock, cpu = time.monotonic(), _cpu()
    work()
    return Spent(time.monotonic() - clock, _cpu() - cpu)


def least(runs: int, work: Callable[[], object]) -> Spent:
    return min(spent(work) for _ in range(runs))


def _cpu() -> float:
    me, total = psutil.Process(), 0.0
    for process in (me, *me.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total
