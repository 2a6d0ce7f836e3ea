"""One run of Airflow at a time on a lake: the steps of two runs must not mix."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path


def take_turn(airflow: Path, run: str, is_under_way: Callable[[str], bool]) -> bool:
    """Whether the lake is this run's: it is already, nobody has it, or whoever had it is no longer under way.

    The lake's lock covers a step; a run under a scheduler is many processes, so its turn is a name in a file.
    """
    airflow.mkdir(parents=True, exist_ok=True)
    with (airflow / "turn").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        owner = file.read().strip()
        if owner and owner != run and is_under_way(owner):
            return False
        file.truncate(0)
        file.write(run)
    return True
