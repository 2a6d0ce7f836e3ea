"""Reads one file into a staged Parquet copy, all or nothing, and says what became of each of its records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record, reader
from twinlake.engine.wire.text import open_plain

BATCH = 50_000
STAGED = pa.schema(
    [("record_offset", pa.int64()), ("raw_record", pa.string()), ("record_hash", pa.string()),
     ("record_key", pa.string()), ("source_person_id", pa.string()), ("record_version", pa.string())]
)  # fmt: skip
OUTCOME = pa.schema(
    [("path", pa.string()), ("kind", pa.string()), ("record_offset", pa.int64()), ("raw_record", pa.string()),
     ("rule", pa.string()), ("reason", pa.string()), ("records_in", pa.int64()), ("landed", pa.int64()),
     ("quarantined", pa.int64()), ("duplicates", pa.int64()), ("rekeyed", pa.int64())]
)  # fmt: skip


@dataclass
class _Tally:
    """What has been seen of a file so far; `rekeyed` counts keys that came twice with different content."""

    records_in: int = 0
    landed: int = 0
    duplicates: int = 0
    rekeyed: int = 0
    faults: list[Fault] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    keys: set[int] = field(default_factory=set)

    def numbers(self) -> dict[str, int]:
        return {"records_in": self.records_in, "landed": self.landed, "quarantined": len(self.faults),
                "duplicates": self.duplicates, "rekeyed": self.rekeyed}  # fmt: skip


def stage(source: Path, feed: Feed, target: Path, path: str) -> Iterator[dict[str, object]]:
    """Write the file's records to `target`; yield one row for the file and one for each fault (OUTCOME)."""
    tally = _Tally()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open_plain(source) as stream, pq.ParquetWriter(target, STAGED, compression="zstd") as out:
            for batch in _batches(reader(feed.wire)(stream, feed), tally):  # type: ignore[arg-type]
                out.write_batch(batch)
    except FileFault as fault:
        target.unlink(missing_ok=True)
        yield {"path": path, "kind": "file", "rule": fault.rule, "reason": fault.reason, "quarantined": 1}
        return
    yield {"path": path, "kind": "file", **tally.numbers()}
    for found in tally.faults:
        yield {"path": path, "kind": "fault", "record_offset": found.offset, "raw_record": found.raw,
               "rule": found.rule, "reason": found.reason}  # fmt: skip


def _batches(found: Iterator[Record | Fault], tally: _Tally) -> Iterator[pa.RecordBatch]:
    rows: list[tuple] = []
    for item in found:
        tally.records_in += 1
        row = _row(item, tally)
        if row:
            rows.append(row)
        if len(rows) == BATCH:
            yield _batch(rows)
            rows = []
    if rows:
        yield _batch(rows)


def digest_of(raw: str) -> str:
    """`record_hash`: the first 128 bits of the SHA-256 of a record as it came, in hex."""
    return hashlib.sha256(raw.encode()).hexdigest()[:32]


def _row(item: Record | Fault, tally: _Tally) -> tuple | None:
    if isinstance(item, Fault):
        tally.faults.append(item)
        return None
    digest = digest_of(item.raw)
    if digest in tally.seen:
        tally.duplicates += 1
        return None
    tally.seen.add(digest)
    key = item.key or digest
    named = hash(key)
    tally.rekeyed += named in tally.keys
    tally.keys.add(named)
    tally.landed += 1
    return item.offset, item.raw, digest, key, item.person, item.version


def _batch(rows: list[tuple]) -> pa.RecordBatch:
    columns = [pa.array(column, type=f.type) for column, f in zip(zip(*rows, strict=True), STAGED, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=STAGED)
