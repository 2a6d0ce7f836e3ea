"""Reads person files, as a fields.toml says, into what linkage reads: standardised as every source is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinlake.declare.comparable import TAKEN
from twinlake.declare.errors import ConfigurationError, DataError
from twinlake.declare.person_map import PersonMap
from twinlake.engine import standardise_sql as sql
from twinlake.engine.ops import sql_text

if TYPE_CHECKING:
    import duckdb

KINDS = (".csv", ".csv.gz", ".parquet")
STANDARDS: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("given_name", "middle_name", "family_name", "maiden_name"), sql.name_part),
    **dict.fromkeys(("address_line", "city"), sql.line),
    **dict.fromkeys(("phone", "ssn"), sql.digits),
    **dict.fromkeys(("licence_number", "passport_number", "mrn"), sql.identifier),
    "postal_code": sql.postal,
    "sex": sql.sex,
}


def read_persons(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], given: PersonMap) -> list[str]:
    """Make the table `persons` (TAKEN, file, row_id); what is odd but can be linked, in words. Refuses all else."""
    names = file_names(files)
    _refuse(list(_unreadable(files, names, given)))
    raw = [f"raw_{n}" for n in range(len(files))]
    for table, file in zip(raw, files, strict=True):
        _read(connection, table, file)
    maps = [given.of(name) for name in names]
    _refuse([p for args in zip(raw, names, maps, strict=True) for p in _problems(connection, *args)])
    selects = [_select(connection, *args) for args in zip(raw, names, maps, strict=True)]
    connection.execute(f"CREATE TABLE persons AS {' UNION ALL '.join(selects)}")
    _refuse(list(_unusable(connection, names)))
    return list(_oddities(connection))


def _unreadable(files: Sequence[Path], names: Sequence[str], given: PersonMap) -> Iterator[str]:
    for file in files:
        if not file.is_file():
            yield f"{file}: no such file"
        elif not file.name.endswith(KINDS):
            yield f"{file}: expected a file ending in {', '.join(KINDS)}"
    for name in given.files:
        if name not in names:
            yield f"[{name}] in fields.toml is no file given. Files: {', '.join(names)}"


def file_names(files: Sequence[Path]) -> list[str]:
    """What each file is called in the answer: its path from the folder that all stand in."""
    paths = [f.resolve() for f in files]
    if len(set(paths)) < len(paths):
        raise ConfigurationError("A file is given twice. Give each once.")
    root = os.path.commonpath([p.parent for p in paths])
    return [p.relative_to(root).as_posix() for p in paths]


def _refuse(problems: list[str]) -> None:
    if problems:
        said = "; ".join(problems)
        raise DataError(said if said.endswith("?") else f"{said}.")


def _read(connection: duckdb.DuckDBPyConnection, table: str, file: Path) -> None:
    import duckdb

    how = "read_parquet(?)" if file.suffix == ".parquet" else "read_csv(?, all_varchar = true, header = true)"
    try:
        connection.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM {how}", [str(file)])
    except duckdb.Error as error:
        # DuckDB's words hold the line itself, which is a patient's.
        line = re.search(r"Line: (\d+)", str(error))
        raise DataError(
            f"{file}: cannot be read{f' at line {line[1]}' if line else ''}. Expected UTF-8 text of one width with a "
            "header, or Parquet."
        ) from None


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Each column by its name without blanks around it."""
    return {str(row[0]).strip(): str(row[0]) for row in connection.execute(f"DESCRIBE {table}").fetchall()}


def _problems(connection: duckdb.DuckDBPyConnection, table: str, name: str, given: PersonMap) -> Iterator[str]:
    columns = _columns(connection, table)
    absent = [f"{c} ({key})" for key, named in given.columns.items() for c in named if c not in columns]
    if absent:
        yield f"{name} has no column {', '.join(absent)}. It has: {', '.join(columns)}"
        return
    key = _text(columns, given.columns["row_id"])
    rows, unnamed, distinct = _one(
        connection, f"SELECT count(*), count(*) - count({key}), count(DISTINCT {key}) FROM {table}"
    )
    if not rows:
        yield f"{name} holds no row"
    if unnamed:
        yield f"{name}: {unnamed} of {rows} rows have no row id"
    if rows - unnamed > distinct:
        yield f"{name}: {rows - unnamed - distinct} rows repeat the row id of an earlier one; each row needs its own"


def _text(columns: Mapping[str, str], named: Sequence[str]) -> str:
    quoted = ["nullif(trim(CAST(\"{}\" AS VARCHAR)), '')".format(columns[c].replace('"', '""')) for c in named]
    return f"nullif(concat_ws(' ', {', '.join(quoted)}), '')"


def _select(connection: duckdb.DuckDBPyConnection, table: str, name: str, given: PersonMap) -> str:
    columns = _columns(connection, table)
    said = {key: _text(columns, named) for key, named in given.columns.items()}
    text = {key: STANDARDS[key](said[key]) for key in STANDARDS if key in said}
    date = sql.full_date(said["birth_date"], given.birth_date_format) if "birth_date" in said else "NULL"
    years = [f"year({date})", *(sql.year(said[key]) for key in ("year_of_birth", "birth_date") if key in said)]
    file, row = sql_text(name), said["row_id"]
    values = {
        **text,
        "birth_date": f"CAST({date} AS VARCHAR)",
        "year_of_birth": f"CAST(coalesce({', '.join(years)}) AS VARCHAR)",
        "hospital": said.get("hospital", f"concat({file}, ' ', {row})"),
        "system": file,
        "source_person_id": row,
    }
    listed = ", ".join(f"CAST({values.get(column, 'NULL')} AS VARCHAR) AS {column}" for column in TAKEN)
    undated = f"({said['birth_date']}) IS NOT NULL AND {date} IS NULL" if "birth_date" in said else "false"
    return f"SELECT {listed}, {file} AS file, {row} AS row_id, {undated} AS is_undated FROM {table}"


def _unusable(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> Iterator[str]:
    without = connection.execute("SELECT file FROM persons GROUP BY file HAVING count(year_of_birth) = 0").fetchall()
    for (name,) in sorted(without):
        yield f'{name}: no row has a year of birth that can be read. Is birth_date_format (such as "%d/%m/%Y") right?'
    nowhere = connection.execute("SELECT file, count(*) FROM persons WHERE hospital IS NULL GROUP BY file").fetchall()
    for name, rows in sorted(nowhere):
        yield f"{name}: {rows} rows have no hospital, though fields.toml names its column"


def _oddities(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    counts = connection.execute(
        """SELECT file, count(*), count(*) FILTER (is_undated), count(*) FILTER (year_of_birth IS NULL)
        FROM persons GROUP BY file ORDER BY file"""
    ).fetchall()
    for name, rows, undated, yearless in counts:
        if undated:
            yield f"{name}: {undated} of {rows} birth dates are no whole day; of these at most the year is compared"
        if yearless:
            yield f"{name}: {yearless} of {rows} rows have no year of birth (a lake would quarantine them)"


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)
