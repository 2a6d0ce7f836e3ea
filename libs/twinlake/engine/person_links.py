"""Who is who in plain person files, by the same declared model that links a lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinlake.declare.comparable import TAKEN, UNIQUE_ID
from twinlake.declare.errors import ConfigurationError
from twinlake.declare.identity import Identity
from twinlake.declare.person_map import PersonMap
from twinlake.engine.linkage import compare_and_link
from twinlake.engine.linkage_backend import DUCKDB_ROWS, Backend, DuckdbBackend, SparkBackend, connected
from twinlake.engine.person_files import read_persons

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Linked:
    """How many rows came to be how many persons, and what was odd about the files."""

    rows: int
    persons: int
    oddities: tuple[str, ...]


def link_person_files(files: Sequence[Path], given: PersonMap, identity: Identity, out: Path) -> Linked:
    """Write `file, row_id, person_id, match_weight`, sorted; a person_id is a hash of its cluster's smallest row."""
    _check_out(out, files)
    with connected() as connection:
        oddities = read_persons(connection, files, given)
        _link(connection, identity)
        connection.execute(
            f"""CREATE TEMP TABLE answer AS
            SELECT file, row_id, substr(md5(root), 1, 16) AS person_id, match_weight
            FROM (SELECT *, {UNIQUE_ID} AS unique_id FROM persons)
            JOIN links USING (unique_id)"""
        )
        connection.execute("COPY (SELECT * FROM answer ORDER BY file, row_id) TO $out (HEADER)", {"out": str(out)})
        counted = connection.execute("SELECT count(*), count(DISTINCT person_id) FROM answer").fetchone()
    rows, persons = counted or (0, 0)
    return Linked(rows, persons, tuple(oddities))


def _check_out(out: Path, files: Sequence[Path]) -> None:
    """Said before the work; a person file is never written over."""
    if out.is_dir() or out.resolve() in {file.resolve() for file in files}:
        raise ConfigurationError(f"{out} is {'a folder' if out.is_dir() else 'a person file'}. Give another --out.")
    out.parent.mkdir(parents=True, exist_ok=True)


def _link(connection: duckdb.DuckDBPyConnection, identity: Identity) -> None:
    """The table `links`, by DuckDB or, above its limit, by Spark."""
    taken = connection.sql(f"SELECT {', '.join(TAKEN)} FROM persons")
    if connection.table("persons").shape[0] < DUCKDB_ROWS:
        engine: Backend = DuckdbBackend(connection)
        connection.execute(f"CREATE TABLE links AS SELECT * FROM {compare_and_link(engine, 'persons', identity)}")
        return
    from twinlake.engine.session import start_session

    spark = start_session()
    engine = SparkBackend(spark)
    source = engine.take("source_person", spark.createDataFrame(taken.to_arrow_table()))
    found = engine.give(compare_and_link(engine, source, identity)).toArrow()  # noqa: F841 - DuckDB reads it by name
    connection.execute("CREATE TABLE links AS SELECT * FROM found")
