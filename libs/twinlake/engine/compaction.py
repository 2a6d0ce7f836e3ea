"""Compaction: the many small files of a table become few, sorted as they were; no reader of its changes sees any."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from twinlake.engine.bronze import gathered, write_sorted
from twinlake.engine.decisions import NAME as GIVEN
from twinlake.engine.delta_log import ROWS_OF, DataFile
from twinlake.engine.ops import Ops
from twinlake.engine.replace import rearrange
from twinlake.engine.run import Run
from twinlake.engine.stored_files import delta_tables

# What a file is to hold: one task reads it.
FILE_BYTES = 16 << 20
# So many files more than are needed are left alone, and so many are too many even of a large table.
FEW, MANY = 8, 64
# To write all of a table again pays once this part of it stands in small files.
PART = 1 / 4
# Written under the lake's lock, as `empi.steward_decision` is not.
KEPT_UP = ("bronze", "empi", "silver", "gold", "twins", "serving", "ops", "quarantine")
Rows = list[dict[str, Any]]


def kept_up(ops: Ops) -> list[str]:
    """The tables that upkeep looks after."""
    return [name for name in delta_tables(ops.lake) if name.split(".")[0] in KEPT_UP and name != GIVEN]


def is_scattered(files: Collection[DataFile]) -> bool:
    """Whether to write a table anew is worth its cost."""
    total = sum(file.bytes for file in files)
    small = sum(file.bytes for file in files if file.bytes < FILE_BYTES // 2)
    spare = len(files) - needed(total)
    return spare >= FEW and (small >= total * PART or spare >= MANY)


def needed(size: int) -> int:
    """How many files so many bytes make."""
    return max(1, -(-size // FILE_BYTES))


def scattered(ops: Ops, names: Sequence[str]) -> Iterator[tuple[str, list[DataFile]]]:
    """The tables that are to be compacted, with their files, oldest first; of bronze only the small ones."""
    for name in names:
        files = _files(ops, name)
        if name.startswith("bronze."):
            files = [file for file in files if file.bytes < FILE_BYTES // 4]
        if is_scattered(files):
            yield name, files


def compact(run: Run, name: str, files: Sequence[DataFile]) -> int:
    """Write the rows of these files into few; how many those are."""
    declared = {table.full_name: table for table in run.tables.values()}.get(name)
    if name.startswith("bronze."):
        return _rewrite(run.ops, name, files, lambda folder, parts: [write_sorted(folder, p) for p in gathered(parts)])
    if name.split(".")[0] in ("ops", "quarantine"):
        return _rewrite(run.ops, name, files, _as_they_came)
    if declared is None or run.ops.state(name) is None:
        return len(files)
    rearrange(run, declared, needed(sum(file.bytes for file in files)), said_of(run.ops, name))
    return len(_files(run.ops, name))


def trim(ops: Ops, name: str, is_kept: Callable[[Rows], list[bool]]) -> int:
    """Take the rows of `ops.<name>` out that are not kept; how many went."""
    rows = ops.rows(name)
    kept = is_kept(rows)
    gone = kept.count(False)
    if gone:
        _rewrite(ops, f"ops.{name}", _files(ops, f"ops.{name}"), _as_they_came, pa.array(kept))
    return gone


def said_of(ops: Ops, name: str) -> str:
    """What a commit of upkeep says: whose rows it holds, and what their table last said of itself."""
    state = ops.state(name)
    told = json.loads(state.to_json()) if state else {}
    return json.dumps({**told, **({"mode": "kept"} if told else {}), ROWS_OF: ops.version(name)}, sort_keys=True)


def _files(ops: Ops, name: str) -> list[DataFile]:
    newest = ops.newest(name)
    held = {} if newest is None else ops.log(name).files(newest)
    return sorted(held.values(), key=lambda file: (file.written_at, file.path))


def _rewrite(
    ops: Ops, name: str, files: Sequence[DataFile],
    write: Callable[[Path, Iterator[pa.Table]], list[Mapping[str, Any]]], kept: pa.Array | None = None,
) -> int:  # fmt: skip
    """A table without deletion vectors, as all are that Spark does not write."""
    folder, newest = Path(ops.path(name)), ops.newest(name)
    assert newest is not None
    parts = (pq.read_table(folder / file.path, partitioning=None) for file in files)
    whole = parts if kept is None else iter([pa.concat_tables(parts, promote_options="default").filter(kept)])
    written = write(folder, whole)
    # The place among the others, for they are read in the order of their times.
    at = max(file.written_at for file in files)
    adds = [
        {"path": f["name"], "size": f["bytes"], "modificationTime": at, "stats": f["stats"]} for f in written
    ]  # fmt: skip
    ops.log(name).rearrange(newest, files, adds, said_of(ops, name), same=kept is None)
    return len(written)


def _as_they_came(folder: Path, parts: Iterator[pa.Table]) -> list[Mapping[str, Any]]:
    # A file that is older than a column has none of it.
    rows = pa.concat_tables(parts, promote_options="default")
    if not rows.num_rows:
        return []
    target = folder / f"part-{uuid4()}.zstd.parquet"
    pq.write_table(rows, target, compression="zstd")
    return [{"name": target.name, "bytes": target.stat().st_size, "stats": json.dumps({"numRecords": len(rows)})}]
