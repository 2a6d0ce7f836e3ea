"""What each step reads and writes, as datasets with schema, version, verdicts, and the columns they are made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twinlake.declare.table import Table
from twinlake.engine.ledger import read_ledger
from twinlake.engine.records import bronze_of, has_landed
from twinlake.engine.run import Run
from twinlake.vocabulary.field import Field

WRITING = ("first", "full", "units")


@dataclass(frozen=True)
class Dataset:
    """A table of the lake or a folder of feeds; `made_of` is column → (path, column) of others, `verdicts` a rule's
    name, whether it holds, and how grave it is.
    """

    path: str
    fields: tuple[Field, ...] = ()
    version: int | None = None
    rows_written: int | None = None
    files_written: int | None = None
    verdicts: tuple[tuple[str, bool, str], ...] = ()
    made_of: Mapping[str, list[tuple[str, str]]] = field(default_factory=dict)


def read_by(run: Run, verb: str, target: str, hospital: str | None) -> Iterator[Dataset]:
    """What a step reads: feeds, bronze, or tables; nothing for a step that only reads what `ops` says."""
    if verb == "ingest":
        for name in [hospital] if hospital else sorted(run.hospitals):
            yield Dataset(str(run.home.feeds / str(name)))
        return
    table = _table(run, target)
    if table is None:
        return
    for name in _bronze_behind(run, table):
        yield Dataset(run.ops.path(name), version=run.ops.version(name))
    for name in table.inputs:
        yield _known(run, run.tables[name])


def written_by(run: Run, verb: str, target: str, hospital: str | None) -> Iterator[Dataset]:
    """What a step writes, as it stands; with what this run did to it, once it did."""
    if verb == "ingest":
        rows = [row for row in read_ledger(run.ops).rows if row["run_id"] == run.run_id and row["landed"]]
        of = [row for row in rows if hospital in (None, row["hospital"])]
        for name in sorted({bronze_of(run, row["system"], row["feed"]) for row in of if row["feed"]}):
            landed = sum(row["landed"] for row in of if bronze_of(run, row["system"], row["feed"]) == name)
            yield Dataset(run.ops.path(name), version=run.ops.version(name), rows_written=landed)
        return
    table = _table(run, target)
    if table is None:
        return
    done = [r for r in run.ops.rows("table_run") if (r["run_id"], r["table"]) == (run.run_id, table.full_name)]
    if not done or done[-1]["mode"] not in WRITING:
        yield _known(run, table)
        return
    yield Dataset(
        run.ops.path(table.full_name), table.fields, done[-1]["version"], done[-1]["rows_written"],
        done[-1]["files_added"], tuple(_verdicts(run, table, done[-1]["version"])), _made_of(run, table),
    )  # fmt: skip


def _table(run: Run, target: str) -> Table | None:
    return next((table for table in run.tables.values() if table.full_name == target), None)


def _known(run: Run, table: Table) -> Dataset:
    return Dataset(run.ops.path(table.full_name), table.fields, run.ops.version(table.full_name))


def _bronze_behind(run: Run, table: Table) -> list[str]:
    if not table.is_implemented_by_sources:
        return []
    found = {
        bronze_of(run, system, feed)
        for system in run.systems
        for each in run.systems[system].implementing(table.versions_of or table.name)
        for feed in each.feeds
        if has_landed(run, system, feed)
    }
    return sorted(found)


def _verdicts(run: Run, table: Table, version: int) -> Iterator[tuple[str, bool, str]]:
    said = [r for r in run.ops.rows("validation") if (r["table"], r["version"]) == (table.full_name, version)]
    for rule in json.loads(said[-1]["result"])["rules"] if said else ():
        yield rule["name"], rule["success"], rule["severity"]


def prepare(run: Run) -> Iterator[str]:
    """Works out, once a declaration, what the columns of each table are made of, and says of which tables it cannot.

    Spark analyses each build and every system's mapping into it: minutes, and memory that a daily run shall not risk.
    """
    from py4j.protocol import Py4JJavaError

    from twinlake.engine.lineage import Catalogue, origins

    for table in run.tables.values():
        if _known_columns(run, table) is not None:
            continue
        try:
            found = origins(run.spark, Catalogue(run.systems, run.tables), table)
        except Py4JJavaError:
            yield f"{table.full_name}: its build is too large a plan for Spark to tell its columns; give it more memory"
            continue
        columns = {column: sorted((o.table, o.column) for o in of) for column, of in found.items()}
        file = _columns_file(run, table)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"fingerprint": run.fingerprints.get(table.full_name, ""), "columns": columns}))


def _columns_file(run: Run, table: Table) -> Path:
    return run.home.path / "lineage" / f"{table.full_name}.json"


def _known_columns(run: Run, table: Table) -> dict[str, Any] | None:
    """What was worked out of the table as it is declared now."""
    file = _columns_file(run, table)
    said: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    is_known = said and said["fingerprint"] == run.fingerprints.get(table.full_name, "")
    return said["columns"] if is_known else None


def _made_of(run: Run, table: Table) -> dict[str, list[tuple[str, str]]]:
    columns = {
        column: [(path, field) for table, field in found if (path := _path(run, table))]
        for column, found in (_known_columns(run, table) or {}).items()
    }
    return {column: found for column, found in columns.items() if found}


def _path(run: Run, name: str) -> str | None:
    """Of a table its place; of a feed (`fhir_r4_bulk.observation`) that of its bronze table; else nothing."""
    if _table(run, name) is not None:
        return run.ops.path(name)
    system, _, feed = name.partition(".")
    return run.ops.path(bronze_of(run, system, feed)) if system in run.systems and feed else None
