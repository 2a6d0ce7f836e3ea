"""A full disk is told as such, whoever met it and whatever failed because of it."""

from __future__ import annotations

import sqlite3
from errno import EACCES, ENOSPC
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from twinlake.declare.errors import PlatformError
from twinlake.engine.failure import is_disk_full, without_values
from twinlake.engine.home import Home

FULL = (
    OSError(ENOSPC, "No space left on device"), sqlite3.OperationalError("database or disk is full"),
    Exception("Generic LocalFileSystem error: Unable to write: No space left on device (os error 28)"),
)  # fmt: skip


@pytest.mark.parametrize("first", FULL)
def test_a_full_disk_is_found_behind_what_failed_because_of_it(first: Exception):
    assert is_disk_full(first)
    try:
        try:
            raise first
        except Exception:
            raise PlatformError("silver.measurement failed in Spark") from None
    except PlatformError as later:
        assert is_disk_full(later)


def test_another_failure_is_none():
    assert not is_disk_full(OSError(EACCES, "Permission denied"))
    assert not is_disk_full(None)


@pytest.mark.parametrize(
    ("rows", "predicate"),
    [
        pytest.param({"n": ["Müller"]}, "n = 1", id="a value that is none of the column's"),
        pytest.param({"n": [4711]}, "n = 1", id="a row beside the predicate"),
    ],
)
def test_what_delta_says_of_rows_stays_in_a_file_of_the_owners(tmp_path: Path, rows: dict, predicate: str):
    table = str(tmp_path / "t")
    write_deltalake(table, pa.table({"n": [1]}))
    with (
        pytest.raises(PlatformError, match="failed in Delta") as told,
        without_values(Home(tmp_path, tmp_path), "step"),
    ):
        write_deltalake(table, pa.table(rows), mode="overwrite", predicate=predicate)
    assert not {"Müller", "4711"} & {*str(told.value).replace("'", " ").split()}
    assert str(rows["n"][0]) in (tmp_path / "errors" / "step.txt").read_text()


def test_an_error_of_ours_stays_what_it_is(tmp_path: Path):
    with pytest.raises(KeyError), without_values(Home(tmp_path, tmp_path), "step"):
        raise KeyError("a fault in the code")
