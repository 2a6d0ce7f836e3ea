"""Bronze: staged records become sorted files of a Delta table, and one commit makes the files of a landing count."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from twinlake.declare.expressions import key_of
from twinlake.engine.commits import persistently
from twinlake.engine.ops import TEXT, TIME, WHOLE, Ops

# Bytes of records, as they are in memory, that make one file, and later one task that parses them.
FILE_BYTES = 64 << 20
# A lookup of a few persons reads some pages of a sorted file, not all of it.
PAGE_ROWS = 1000
BRONZE = pa.schema(
    [("hospital", TEXT), ("system", TEXT), ("path", TEXT), ("record_offset", WHOLE), ("source_person_key", WHOLE),
     ("delivered_at", TIME), ("raw_record", TEXT), ("record_hash", TEXT), ("record_key", TEXT),
     ("source_person_id", TEXT), ("record_version", TEXT), ("record_kind", TEXT), ("_file_hash", TEXT),
     ("_run_id", TEXT), ("_ingested_at", TIME)]
)  # fmt: skip
# Identifiers stay out of what the log says of a file.
TOLD = ("hospital", "path", "record_offset", "source_person_key", "delivered_at")
STATISTICS = ",".join(TOLD)
REPEATED = ["hospital", "system", "path", "source_person_key", "delivered_at", "source_person_id", "record_kind",
            "_file_hash", "_run_id", "_ingested_at"]  # fmt: skip
WRITTEN = pa.schema([("table", TEXT), ("name", TEXT), ("bytes", WHOLE), ("written_at", WHOLE), ("stats", TEXT)])


class Source(NamedTuple):
    """A staged file, and what bronze says of each of its records."""

    staged: Path
    hospital: str
    system: str
    path: str
    file_hash: str
    delivered_at: datetime


class Part(NamedTuple):
    """Staged files of one table, in the order of their paths, that one task makes bronze files of."""

    table: str
    folder: Path
    sources: tuple[Source, ...]
    run_id: str
    as_of: datetime


def parts(table: str, folder: Path, sources: Sequence[Source], run_id: str, as_of: datetime) -> Iterator[Part]:
    """As many parts as there are files to be made; small ones share a file."""
    held: list[Source] = []
    size = 0
    for source in sorted(sources, key=lambda s: s.path):
        more = _bytes(source.staged)
        if held and size + more > FILE_BYTES:
            yield Part(table, folder, tuple(held), run_id, as_of)
            held, size = [], 0
        held.append(source)
        size += more
    if held:
        yield Part(table, folder, tuple(held), run_id, as_of)


def _bytes(staged: Path) -> int:
    """What a staged file holds, before it was compressed."""
    known = pq.read_metadata(staged)
    return sum(known.row_group(n).total_byte_size for n in range(known.num_row_groups))


def write_part(part: Part) -> Iterator[dict[str, Any]]:
    """Write the part's files, one for each FILE_BYTES; what the log is to say of each (WRITTEN)."""
    part.folder.mkdir(parents=True, exist_ok=True)
    for rows in gathered(_staged(part)):
        yield {"table": part.table, **write_sorted(part.folder, rows)}


def write_sorted(folder: Path, rows: pa.Table) -> dict[str, Any]:
    """A bronze file of these rows, sorted by person; what the log is to say of it."""
    # Stable: the rows of a person stay in the order of their files and places.
    ordered = rows.take(pa.array(rows["source_person_key"].to_numpy().argsort(kind="stable")))
    target = folder / f"part-{uuid4()}.zstd.parquet"
    pq.write_table(
        ordered, target, compression="zstd", use_dictionary=REPEATED, write_statistics=list(TOLD),
        write_page_index=True, max_rows_per_page=PAGE_ROWS,
    )  # fmt: skip
    found = target.stat()
    return {"name": target.name, "bytes": found.st_size, "written_at": int(found.st_mtime * 1000),
            "stats": json.dumps(_statistics(ordered))}  # fmt: skip


def gathered(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Rows in order, as many at once as one file is to hold."""
    held: list[pa.Table] = []
    size = 0
    for rows in parts:
        if held and size + rows.nbytes > FILE_BYTES:
            yield pa.concat_tables(held)
            held, size = [], 0
        held.append(rows)
        size += rows.nbytes
    if held:
        yield pa.concat_tables(held)


def _staged(part: Part) -> Iterator[pa.Table]:
    for source in part.sources:
        with pq.ParquetFile(source.staged) as staged:
            for group in range(staged.num_row_groups):
                yield _bronze_rows(staged.read_row_group(group), source, part)


def _bronze_rows(staged: pa.Table, source: Source, part: Part) -> pa.Table:
    said = {
        "hospital": source.hospital, "system": source.system, "path": source.path, "_file_hash": source.file_hash,
        "delivered_at": source.delivered_at, "_run_id": part.run_id, "_ingested_at": part.as_of,
    }  # fmt: skip
    same = {name: pa.repeat(pa.scalar(value, BRONZE.field(name).type), len(staged)) for name, value in said.items()}
    keys = _person_keys(staged["source_person_id"], source)
    own = {**same, "source_person_key": keys, **dict(zip(staged.column_names, staged.columns, strict=True))}
    return pa.table([own[name] for name in BRONZE.names], schema=BRONZE)


def _person_keys(persons: pa.ChunkedArray, source: Source) -> pa.Array:
    """`source_person_key()` of each row, worked out once a person."""
    found = persons.combine_chunks().dictionary_encode("encode")
    keys = [key_of(source.hospital, source.system, person) for person in found.dictionary.to_pylist()]
    return pa.array(keys, WHOLE).take(found.indices)


def _statistics(rows: pa.Table) -> dict[str, Any]:
    ends = {name: pc.min_max(rows[name]).as_py() for name in TOLD}
    least, most = ({name: _as_json(ends[name][end]) for name in TOLD} for end in ("min", "max"))
    return {"numRecords": len(rows), "minValues": least, "maxValues": most, "nullCount": dict.fromkeys(TOLD, 0)}


def _as_json(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def commit(ops: Ops, table: str, files: Sequence[dict[str, Any]], mark: str) -> None:
    """Add the files to the table, which is made if there is none; `mark` is what the commit says of itself."""
    # Two first landings make the table at once; the one that lost finds it there.
    persistently(lambda: _commit(ops, table, files, mark))


def _commit(ops: Ops, table: str, files: Sequence[dict[str, Any]], mark: str) -> None:
    from deltalake import CommitProperties, DeltaTable, Schema
    from deltalake.transaction import AddAction, create_table_with_add_actions

    adds = [AddAction(f["name"], f["bytes"], {}, f["written_at"], True, f["stats"]) for f in files]
    said = CommitProperties(custom_metadata={"userMetadata": mark})
    path, schema = ops.path(table), Schema.from_arrow(BRONZE)
    if ops.version(table) is not None:
        opened = DeltaTable(path, without_files=True)
        opened.create_write_transaction(adds, "append", schema, commit_properties=said)
        return
    configuration = {"delta.dataSkippingStatsColumns": STATISTICS}
    create_table_with_add_actions(path, schema, adds, "error", configuration=configuration, commit_properties=said)
