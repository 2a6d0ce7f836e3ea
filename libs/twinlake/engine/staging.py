"""Reads one file into a staged Parquet copy, all or nothing, and says what became of each of its records."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from twinlake.declare.source import Feed
from twinlake.engine.discover import inside
from twinlake.engine.erased import NOBODY, Erased, ErasedIn
from twinlake.engine.file_shape import shape_of
from twinlake.engine.schema_drift import RULE, Decide, admitted, drift_of, layout_of, to_json, why_held_back
from twinlake.engine.wire import Fault, FileFault, Record, records_of
from twinlake.engine.wire.text import open_plain

# Records, and bytes of them, that are written at once.
BATCH, BATCH_BYTES = 50_000, 64 << 20
# More unreadable records than this, or more bytes of them, and the file as a whole is not what its feed declares: who
# would mend them one by one? Up to here they are held in memory, on the executor and on the driver.
MOST_FAULTS, MOST_FAULT_BYTES = 100_000, 256 << 20
STILL_WRITTEN = "still_written"
STAGED = pa.schema(
    [("record_offset", pa.int64()), ("raw_record", pa.string()), ("record_hash", pa.string()),
     ("record_key", pa.string()), ("source_person_id", pa.string()), ("record_version", pa.string()),
     ("record_kind", pa.string())]
)  # fmt: skip
OUTCOME = pa.schema(
    [("path", pa.string()), ("kind", pa.string()), ("record_offset", pa.int64()), ("raw_record", pa.string()),
     ("rule", pa.string()), ("reason", pa.string()), ("records_in", pa.int64()), ("landed", pa.int64()),
     ("quarantined", pa.int64()), ("duplicates", pa.int64()), ("rekeyed", pa.int64()), ("erased", pa.int64()),
     ("unreadable", pa.int64()),
     ("layout", pa.string()), ("shape", pa.string()), ("drift", pa.string())]
)  # fmt: skip


@dataclass
class _Tally:
    """What has been seen of a file so far; `rekeyed` counts keys that came twice with different content, `unreadable`
    what is or was quarantined.

    About 90 bytes a record stay in memory until the file ends, 160 where its records have a key.
    """

    records_in: int = 0
    landed: int = 0
    duplicates: int = 0
    rekeyed: int = 0
    erased: int = 0
    unreadable: int = 0
    fault_bytes: int = 0
    faults: list[Fault] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    keys: set[int] = field(default_factory=set)

    def numbers(self) -> dict[str, int]:
        return {"records_in": self.records_in, "landed": self.landed, "quarantined": len(self.faults),
                "duplicates": self.duplicates, "rekeyed": self.rekeyed, "erased": self.erased,
                "unreadable": self.unreadable}  # fmt: skip

    def hold(self, fault: Fault) -> None:
        self.faults.append(fault)
        self.fault_bytes += len(fault.raw)
        if len(self.faults) > MOST_FAULTS or self.fault_bytes > MOST_FAULT_BYTES:
            raise FileFault(
                "too_many_faults", f"{len(self.faults):,} of the first {self.records_in:,} records cannot be read; "
                "the file is not what its feed declares"
            )  # fmt: skip

    def is_known(self, digest: bytes, key: str | None) -> bool:
        """Whether this very record came before; if not, it is known from now on."""
        if digest in self.seen:
            return True
        self.seen.add(digest)
        if key is not None:
            named = hash(key)
            self.rekeyed += named in self.keys
            self.keys.add(named)
        return False


def stage_as_decided(
    source: Path,
    system: str,
    feed: Feed,
    by: Decide,
    target: Path,
    path: str,
    size: int | None = None,
    erased: Erased = NOBODY,
) -> Iterator[dict[str, object]]:
    """`stage`, if what differs from the feed may go on; the file's row says its shape and how that differs."""
    shape = shape_of(source, feed)
    if shape is None or (feed.wire == "csv" and layout_of(shape, feed) is None):
        yield from stage(source, feed, target, path, size, erased)
        return
    found = drift_of(shape, feed, by)
    as_it_came, layout = admitted(shape, feed, found)
    said = {"layout": layout, "shape": shape.to_json(), "drift": to_json(found)}
    if any(each.holds_back for each in found):
        yield {"path": path, "kind": "file", "rule": RULE, "reason": why_held_back(found, system), "quarantined": 1,
               **said}  # fmt: skip
        return
    for row in stage(source, as_it_came, target, path, size, erased):
        yield {**row, **said} if row["kind"] == "file" else row


def stage(
    source: Path, feed: Feed, target: Path, path: str, size: int | None = None, erased: Erased = NOBODY
) -> Iterator[dict[str, object]]:
    """Write the file's records to `target`; yield one row for the file and one for each fault (OUTCOME).

    `size` are its bytes as it was found: one that grows meanwhile, or changes while it is read, is not finished.
    What is of somebody `erased` is counted and nothing else.
    """
    tally = _Tally()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            _finished(source, size), open_plain(source) as stream,
            pq.ParquetWriter(target, STAGED, compression="zstd") as out,
        ):  # fmt: skip
            for batch in _batches(
                records_of(stream, feed, path), tally, Naming(feed, inside(path), erased.in_file(path))
            ):
                out.write_batch(batch)
    except FileFault as fault:
        target.unlink(missing_ok=True)
        yield {"path": path, "kind": "file", "rule": fault.rule, "reason": fault.reason, "quarantined": 1}
        return
    yield {"path": path, "kind": "file", **tally.numbers()}
    for found in tally.faults:
        yield {"path": path, "kind": "fault", "record_offset": found.offset, "raw_record": found.raw,
               "rule": found.rule, "reason": found.reason}  # fmt: skip


@contextmanager
def _finished(source: Path, size: int | None) -> Iterator[None]:
    """Refuses a file that somebody still writes, or takes away, while it is read."""
    try:
        before = source.stat()
        yield
        after = source.stat()
    except FileNotFoundError as error:
        raise FileFault(STILL_WRITTEN, "it went away before it was read; the next run looks again") from error
    is_same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if not is_same or size not in (None, before.st_size):
        raise FileFault(STILL_WRITTEN, "it changed while it was read; the next run takes it, if it is whole by then")


def _batches(found: Iterator[Record | Fault], tally: _Tally, naming: Naming) -> Iterator[pa.RecordBatch]:
    rows: list[tuple] = []
    size = 0
    with _no_cycles():
        for item in found:
            tally.records_in += 1
            row = _row(item, tally, naming)
            if row:
                rows.append(row)
                size += len(item.raw)
                if len(rows) == BATCH or size > BATCH_BYTES:
                    yield _batch(rows)
                    rows, size = [], 0
                    gc.collect()
    if rows:
        yield _batch(rows)


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Parsing makes many objects and no cycles of them: looking for some costs a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def digest_of(raw: str) -> str:
    """`record_hash`: the first 128 bits of the SHA-256 of a record as it came, in hex."""
    return _short_digest(raw).hex()


def _short_digest(raw: str) -> bytes:
    return hashlib.sha256(raw.encode()).digest()[:16]


class Naming:
    """What the records of one file are called; `place` is its path inside the system's folder."""

    def __init__(self, feed: Feed, place: str, erased: ErasedIn | None = None) -> None:
        self.nameless, self.place, self.owner = feed.nameless, place, feed.person_in(place)
        self.erased = erased

    def __call__(self, item: Record, digest: str) -> tuple[str, str | None]:
        """What a record is a version of, and whose it is; of a nameless one both are its content at its place.

        Equal lines in the files of two persons are two records, so the person a file is named for is part of the key.
        """
        if self.nameless:
            place = f"{digest}@{self.place}:{item.offset}"
            return place, place
        if self.owner is not None:
            return f"{self.owner}\x1f{item.identity or digest}", self.owner
        return item.identity or digest, item.person

    def is_erased(self, item: Record | Fault) -> bool:
        """Whether it is of somebody who was erased; of one that cannot be read, whether its file or its text is."""
        assert self.erased is not None
        if isinstance(item, Fault):
            return self.erased.is_person(self.owner) or self.erased.is_record(item.raw)
        return self.erased.is_person(self(item, digest_of(item.raw))[1])


def _row(item: Record | Fault, tally: _Tally, naming: Naming) -> tuple | None:
    tally.unreadable += isinstance(item, Fault)
    if naming.erased and naming.is_erased(item):
        tally.erased += 1
        return None
    if isinstance(item, Fault):
        tally.hold(item)
        return None
    short = _short_digest(item.raw)
    if not naming.nameless and tally.is_known(short, item.identity):
        tally.duplicates += 1
        return None
    tally.landed += 1
    digest = short.hex()
    return item.offset, item.raw, digest, *naming(item, digest), item.version, item.kind


def _batch(rows: list[tuple]) -> pa.RecordBatch:
    columns = [pa.array(column, type=f.type) for column, f in zip(zip(*rows, strict=True), STAGED, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=STAGED)
