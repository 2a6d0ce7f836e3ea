"""What can be proved of a lake without reading its rows: balanced ledgers, Delta files that are there and whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from twinlake.engine.ledger import read_ledger
from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication


def unbalanced_files(ops: Ops) -> Iterator[str]:
    """Files whose ledger row does not add up."""
    for row in read_ledger(ops).rows:
        accounted = int(str(row["landed"])) + int(str(row["quarantined"])) + int(str(row["duplicates"]))
        if int(str(row["records_in"])) != accounted:
            yield f"{row['path']}: {row['records_in']} records in, {accounted} accounted for"


def damaged_files(ops: Ops, published: Publication) -> Iterator[str]:
    """Published tables whose log cannot be read, or whose files are gone or have another size."""
    for name, version in sorted(published.versions.items()):
        yield from _damage(ops.path(name), name, version)


def _damage(path: str, name: str, version: int) -> Iterator[str]:
    import pyarrow as pa
    from deltalake import DeltaTable

    try:
        files = pa.table(DeltaTable(path, version=version).get_add_actions(flatten=True)).to_pylist()
    except Exception as error:  # noqa: BLE001 - whatever the log's reader says, the table is damaged
        yield f"{name}: its log cannot be read at version {version} ({type(error).__name__})"
        return
    for file in files:
        stored = Path(path) / unquote(file["path"])
        if not stored.is_file():
            yield f"{name}: {file['path']} is missing"
        elif stored.stat().st_size != file["size_bytes"]:
            yield f"{name}: {file['path']} has {stored.stat().st_size} bytes, its log says {file['size_bytes']}"
