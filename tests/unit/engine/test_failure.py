"""A full disk is told as such, whoever met it and whatever failed because of it."""

from __future__ import annotations

import sqlite3
from errno import EACCES, ENOSPC
from pathlib import Path
from traceback import format_exception

import duckdb
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from splink import DuckDBAPI

from twinlake.declare.errors import DataError, PlatformError, TwinlakeError
from twinlake.engine.failure import is_disk_full, keep, without_values
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


JANE = "select cast('Jane Doe, 12 Elm St' as int)"


@pytest.mark.parametrize(
    ("sql", "of"),
    [
        pytest.param(JANE, DataError, id="comes again however often one tries"),
        pytest.param("select * from read_csv('/nowhere/Jane Doe.csv')", PlatformError, id="of the disk, worth a retry"),
    ],
)
def test_what_duckdb_says_of_rows_stays_in_a_file_of_the_owners(tmp_path: Path, sql: str, of: type[TwinlakeError]):
    with pytest.raises(of, match="link failed in DuckDB") as told, without_values(Home(tmp_path, tmp_path), "link"):
        duckdb.sql(sql).fetchall()
    assert "Jane" not in "".join(format_exception(told.value))
    assert "Jane" in (tmp_path / "errors" / "link.txt").read_text()


def test_what_splink_quotes_of_duckdb_stays_there_too(tmp_path: Path):
    with (
        pytest.raises(DataError, match="ConversionException") as told,
        without_values(Home(tmp_path, tmp_path), "link"),
    ):
        DuckDBAPI(duckdb.connect())._log_and_run_sql_execution(f"create table t as {JANE}", "t", "t")
    assert "Jane" not in "".join(format_exception(told.value))


def test_an_error_is_told_without_its_values_where_no_file_can_be_written(tmp_path: Path):
    (tmp_path / "errors").write_text("in the way")
    try:
        raise ValueError("Jane")
    except ValueError:
        assert keep("link", Home(tmp_path, tmp_path)) == "no file, for there was no writing one (FileExistsError)"
