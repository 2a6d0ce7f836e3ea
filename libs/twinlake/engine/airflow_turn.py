"""One run at a time on a lake, Airflow's or a command's: the steps of two runs must not mix."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from twinlake.engine.home import Home, run_lock

TURN = "turn"


def take_turn(airflow: Path, run: str, is_under_way: Callable[[str], bool]) -> bool:
    """Whether the lake is this run's: it is already, nobody has it, or whoever had it is no longer under way.

    The lake's lock covers a step; a run under a scheduler is many processes, so its turn is a name in a file.
    """
    airflow.mkdir(parents=True, exist_ok=True)
    with (airflow / TURN).open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        owner = file.read().strip()
        if owner and owner != run and is_under_way(owner):
            return False
        file.truncate(0)
        file.write(run)
    return True


@contextmanager
def hold(home: Home, run_id: str, *, erasing: bool = False) -> Iterator[None]:
    """Own the lake for a command: refused while somebody holds it, and between two steps of a run of Airflow.

    Such a run has the lake's lock only while a step is taken; only Airflow, which is slow to ask, knows of it then.
    """
    with run_lock(home, run_id, erasing=erasing):
        if (home.airflow / TURN).is_file():
            from twinlake.engine.airflow_run import refuse_under_way

            refuse_under_way(home)
        yield
