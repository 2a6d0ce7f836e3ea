"""What can be proved of a lake without reading its rows: balanced ledgers, Delta files that are there and whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from twinlake.engine.ledger import LANDED, read_ledger
from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication


def unbalanced_files(ops: Ops) -> Iterator[str]:
    """Files whose ledger row does not add up."""
    for row in read_ledger(ops).rows:
        accounted = int(str(row["landed"])) + int(str(row["quarantined"])) + int(str(row["duplicates"]))
        if int(str(row["records_in"])) != accounted:
            yield f"{row['path']}: {row['records_in']} records in, {accounted} accounted for"


def missing_records(ops: Ops) -> Iterator[str]:
    """Landed files of which bronze holds another number of records than the ledger says."""
    expected = _expected(read_ledger(ops).rows)
    for table in sorted({name for name, *_ in expected}):
        held = _held(ops, table)
        for (name, path, sha256), count in sorted(expected.items()):
            found = held.get((path, sha256), 0)
            if name == table and found != count:
                yield f"{table}: {path} has {found} records, its ledger says {count}"


def _expected(rows: Iterable[Mapping[str, object]]) -> dict[tuple[str, str, str], int]:
    """Records by bronze table, path and content; a content that came again landed again, a mend adds what it freed."""
    counts: dict[tuple[str, str, str], int] = {}
    last: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in rows:
        if row["status"] == LANDED:
            key = (f"bronze.{row['system']}_{row['feed']}", str(row["path"]), str(row["sha256"]))
            landed, mended = int(str(row["landed"])), int(str(row["mended"] or 0))
            before, mended_before = last.get(key, (0, 0))
            counts[key] = counts.get(key, 0) + landed - (before if mended > mended_before else 0)
            last[key] = (landed, mended)
    return counts


def _held(ops: Ops, table: str) -> dict[tuple[str, str], int]:
    import pyarrow as pa
    from deltalake import DeltaTable, QueryBuilder

    if ops.version(table) is None:
        return {}
    query = "select path, _file_hash as sha256, count(*) as records from t group by path, _file_hash"
    found = pa.table(QueryBuilder().register("t", DeltaTable(ops.path(table))).execute(query)).to_pylist()
    return {(row["path"], row["sha256"]): row["records"] for row in found}


def damaged_files(ops: Ops, published: Publication) -> Iterator[str]:
    """Tables whose log cannot be read, or whose files are gone or have another size: as published, and all others."""
    for name, version in sorted({**_others(ops), **published.versions}.items()):
        yield from _damage(ops.path(name), name, version)


def _others(ops: Ops) -> dict[str, int | None]:
    """Bronze, quarantine and ops, which no publication names: as they are now."""
    folders = (p for layer in ("bronze", "quarantine", "ops") for p in (ops.lake / layer).glob("*/_delta_log"))
    return {f"{p.parent.parent.name}.{p.parent.name}": None for p in folders}


def _damage(path: str, name: str, version: int | None) -> Iterator[str]:
    import pyarrow as pa
    from deltalake import DeltaTable

    at = "its newest version" if version is None else f"version {version}"
    try:
        files = pa.table(DeltaTable(path, version=version).get_add_actions(flatten=True)).to_pylist()
    except Exception as error:  # noqa: BLE001 - whatever the log's reader says, the table is damaged
        yield f"{name}: its log cannot be read at {at} ({type(error).__name__})"
        return
    for file in files:
        stored = Path(path) / unquote(file["path"])
        if not stored.is_file():
            yield f"{name}: {file['path']} is missing"
        elif stored.stat().st_size != file["size_bytes"]:
            yield f"{name}: {file['path']} has {stored.stat().st_size} bytes, its log says {file['size_bytes']}"
