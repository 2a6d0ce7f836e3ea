"""Commits before which another writer's may come: they are made again, and one writer of a table counts at a time."""

from __future__ import annotations

import fcntl
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from twinlake.engine.failure import is_disk_full
from twinlake.engine.home import Home

if TYPE_CHECKING:
    from deltalake import DeltaTable

T = TypeVar("T")
TRIES = 20
FIRST_SECONDS, LONGEST_SECONDS = 0.05, 5.0
# Upkeep alone cuts a log: Delta would take entries out by their age, whatever a publication or the next run asks for,
# Spark at a checkpoint of a table without this property and delta-rs after any commit.
OWN_CLEANUP = "delta.enableExpiredLogCleanup"
KEEP_LOG = {"cleanup_expired_logs": False}
# As Delta says in Spark that somebody else was first.
CONFLICTS = ("DELTA_CONCURRENT", "io.delta.exceptions.Concurrent")


def persistently(write: Callable[[], T]) -> T:
    """The outcome of `write`, which is called again while commits of others come before its own."""
    for tried in range(TRIES):
        try:
            return write()
        except Exception as error:
            if tried == TRIES - 1 or not is_conflict(error):
                raise
        # Two that met once would meet again if both waited as long.
        time.sleep(min(FIRST_SECONDS * 2**tried, LONGEST_SECONDS) * random.uniform(0.5, 1))
    raise AssertionError("unreachable")


def is_conflict(error: Exception) -> bool:
    """Whether nothing was wrong but the moment."""
    from deltalake.exceptions import CommitFailedError, DeltaError

    is_made = isinstance(error, DeltaError) and "already exists" in str(error)
    is_overtaken = isinstance(error, CommitFailedError) or any(text in str(error) for text in CONFLICTS)
    return (is_made or is_overtaken) and not is_disk_full(error)


def refuse_if_overtaken(opened: DeltaTable) -> None:
    """Fail as a conflict does if a table has a newer version than the one that was opened."""
    from deltalake import DeltaTable
    from deltalake.exceptions import CommitFailedError

    if DeltaTable(opened.table_uri, without_files=True).version() != opened.version():
        raise CommitFailedError("Another commit came since the rows were counted.")


@contextmanager
def table_lock(home: Home, table: str) -> Iterator[None]:
    """Wait for whoever writes the table: its state is counted from the rows that a writer finds. No lock is stale."""
    folder = home.path / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / table, os.O_CREAT | os.O_RDWR), "r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
