"""Messages of Spark, Delta and DuckDB quote the data they failed on: people get the error's class, the owner a file."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path

from twinlake.declare.errors import DataError, PlatformError, TwinlakeError
from twinlake.engine.home import Home

FULL = ("No space left on device", "disk is full", "os error 28")
DISK_FULL = (
    "The disk is full; what was published before stands. Make room; the same command goes on where this one was."
)


@contextmanager
def without_values(home: Home, step: str) -> Iterator[None]:
    """Let no message of Spark, Delta or DuckDB out; what it said stands in a file that only its owner can read."""
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
            f"{keep(step, home)}. The same command goes on where this one was."
        ) from None
    except Exception as error:
        # What delta-rs has no class for is an Exception and no more.
        is_deltas = isinstance(error, DeltaError | ArrowException) or type(error) is Exception
        if is_deltas:
            raise _told(PlatformError, "Delta", type(error).__name__, home, step) from None
        if isinstance(error, PySparkException | Py4JError):
            kind = getattr(error, "getCondition", lambda: None)() or type(error).__name__
            raise _told(PlatformError, "Spark", kind, home, step) from None
        if (fault := _duckdbs(error)) is not None:
            of, kind = fault
            raise _told(of, "DuckDB", kind, home, step) from None
        raise


def _told(of: type[TwinlakeError], where: str, kind: str, home: Home, step: str) -> TwinlakeError:
    again = " The same command goes on where this one was." if of is PlatformError else ""
    return of(
        f"{step} failed in {where}: {kind}. What {where} said is in {keep(step, home)}, which may hold patients' "
        f"values.{again}"
    )


def _duckdbs(error: Exception) -> tuple[type[TwinlakeError], str] | None:
    """How DuckDB's error is told, and its kind; Splink's quotes it. Only of memory and disk is a retry any use."""
    import duckdb

    said = next((e for e in (error, error.__cause__) if isinstance(e, duckdb.Error)), None)
    if said is None:
        return None
    is_the_machines = isinstance(said, duckdb.OutOfMemoryException | duckdb.IOException)
    return PlatformError if is_the_machines else DataError, type(said).__name__


def own_fault(error: BaseException) -> str:
    """One line on an error nobody foresaw; its message may quote a value, so that stands in a file of the owner's."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"a fault of its own: {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}. What was "
        "published before stands. "
        f"The rest is in {keep('own')}, which may hold patients' values: please report it without."
    )


def is_disk_full(error: BaseException | None) -> bool:
    """Whether that is what went wrong first, whoever met it: the system, Delta, Spark or SQLite."""
    while error is not None:
        if isinstance(error, OSError) and error.errno == ENOSPC or any(text in str(error) for text in FULL):
            return True
        error = error.__cause__ or error.__context__
    return False


def keep(step: str, home: Home | None = None) -> str:
    """Where the error at hand now stands whole, for its owner alone; without a home, in the folder of scratch files."""
    try:
        handle, file = _own_file(home.path / "errors", step) if home else tempfile.mkstemp(".txt", "twinlake-")
        with os.fdopen(handle, "w") as out:
            traceback.print_exc(file=out)
    except OSError as error:
        return f"no file, for there was no writing one ({type(error).__name__})"
    return str(file)


def _own_file(folder: Path, step: str) -> tuple[int, Path]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{step}.txt"
    return os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), file
