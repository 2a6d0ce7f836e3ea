"""Spark's and Delta's messages quote the data they failed on: people get the error's class, the owner a file."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path

from twinlake.declare.errors import PlatformError
from twinlake.engine.home import Home

FULL = ("No space left on device", "disk is full", "os error 28")
DISK_FULL = (
    "The disk is full; what was published before stands. Make room; the same command goes on where this one was."
)


@contextmanager
def without_values(home: Home, step: str) -> Iterator[None]:
    """Let no message of Spark's or Delta's out; what it said stands in a file that only its owner can read."""
    from deltalake.exceptions import DeltaError
    from py4j.protocol import Py4JError, Py4JNetworkError
    from pyarrow import ArrowException
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JNetworkError, ConnectionError) as error:
        raise PlatformError(
            f"{step}: Spark's process is gone ({type(error).__name__}), most often because memory ran out. Run one "
            f"command at a time, or give it less with TWINLAKE_DRIVER_MEMORY (such as 4g). The rest is in "
            f"{_keep(home, step)}. The same command goes on where this one was."
        ) from None
    except Exception as error:
        # What delta-rs has no class for is an Exception and no more.
        is_deltas = isinstance(error, DeltaError | ArrowException) or type(error) is Exception
        if not is_deltas and not isinstance(error, PySparkException | Py4JError):
            raise
        kind = getattr(error, "getCondition", lambda: None)() or type(error).__name__
        where = "Delta" if is_deltas else "Spark"
        raise PlatformError(
            f"{step} failed in {where}: {kind}. What {where} said is in {_keep(home, step)}, which may hold patients' "
            "values. The same command goes on where this one was."
        ) from None


def own_fault(error: BaseException) -> str:
    """One line on an error nobody foresaw; its message may quote a value, so that stands in a file of the owner's."""
    handle, file = tempfile.mkstemp(prefix="twinlake-", suffix=".txt")
    with os.fdopen(handle, "w") as out:
        traceback.print_exception(error, file=out)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"a fault of its own: {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}. What was "
        f"published before stands. {file} holds the traceback, and perhaps patients' values: please report it without."
    )


def is_disk_full(error: BaseException | None) -> bool:
    """Whether that is what went wrong first, whoever met it: the system, Delta, Spark or SQLite."""
    while error is not None:
        if isinstance(error, OSError) and error.errno == ENOSPC or any(text in str(error) for text in FULL):
            return True
        error = error.__cause__ or error.__context__
    return False


def _keep(home: Home, step: str) -> str:
    folder = home.path / "errors"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{step}.txt"
    with os.fdopen(os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as out:
        traceback.print_exc(file=out)
    return str(file)
