"""Makes it physical: files, change feeds, log entries and publications that still hold what was deleted are removed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from twinlake.engine.commits import table_lock
from twinlake.engine.compaction import kept_up, said_of, trim
from twinlake.engine.damage import GIVEN
from twinlake.engine.delta_log import LOG, Action, DeltaLog
from twinlake.engine.ops import Ops
from twinlake.engine.publication import last_publication
from twinlake.engine.retention import Asked, Kept, asked, trimmed
from twinlake.engine.run import Run
from twinlake.engine.stored_files import NAME as STORED_FILE
from twinlake.engine.stored_files import record_files
from twinlake.engine.vacuum import entries_before, unasked

SAID_OF_COMMITS = "spark.databricks.delta.commitInfo.userMetadata"
VECTORS = "spark.databricks.delta.delete.deletionVectors.persistent"
NOT_KEPT = "(not kept)"
# What tells of older versions of tables, and names keys of rows.
OF_VERSIONS = ("publication", "validation", "broken_rule")
# Of what was: staged copies, what Spark said of failures, and pages, which show keys of rows that broke a rule.
SCRATCH = ("landing", "errors", "reports")


def write_out_deleted(run: Run) -> list[str]:
    """Write files of which rows are only marked as deleted anew without them; the tables that had any."""
    ops = run.ops
    marked = [
        name for name in kept_up(ops) if any(file.vector for file in ops.log(name).files(_newest(ops, name)).values())
    ]
    for name in marked:
        with table_lock(run.home, name), _conf(run, SAID_OF_COMMITS, said_of(ops, name)):
            run.spark.sql(f"REORG TABLE delta.`{ops.path(name)}` APPLY (PURGE)")
    return marked


@contextmanager
def without_marks(run: Run) -> Iterator[None]:
    """Rows that are deleted meanwhile leave their files at once."""
    with _conf(run, VECTORS, "false"):
        yield


@contextmanager
def _conf(run: Run, name: str, value: str) -> Iterator[None]:
    before = run.spark.conf.get(name, None)
    run.spark.conf.set(name, value)
    try:
        yield
    finally:
        if before is None:
            run.spark.conf.unset(name)
        else:
            run.spark.conf.set(name, before)


def _newest(ops: Ops, name: str) -> int:
    found = ops.newest(name)
    assert found is not None
    return found


def retire(run: Run) -> int:
    """Let go of all publications but the last, and of what was proved of older versions; how many publications went."""
    ops = run.ops
    published = last_publication(ops)
    assert published is not None
    before = {row["sequence"] for row in ops.rows("publication")}
    current = {(name, ops.version(name)) for name in (table.full_name for table in run.tables.values())}
    keeping = Kept(frozenset([published.sequence]), frozenset(), frozenset(current | {*published.versions.items()}))
    for name in OF_VERSIONS:
        trim(ops, name, trimmed(name, keeping, set()))
    return len(before) - 1


def remove(run: Run) -> int:
    """Remove what neither the last publication nor the next run asks for, of each table and its log; how many files."""
    ops, files = run.ops, 0
    for name, asks in {**asked(run, kept_up(ops)), **_given(ops)}.items():
        _sum_up(ops, name, min(*asks.versions, asks.since))
        gone = _replaced(ops, name) if name == GIVEN else unasked(ops, name, asks)
        for file in gone:
            file.unlink(missing_ok=True)
        files += len(gone)
        _forget_predicates(ops.log(name))
    _record_anew(ops)
    for name in SCRATCH:
        shutil.rmtree(run.home.path / name, ignore_errors=True)
    return files


def _given(ops: Ops) -> dict[str, Asked]:
    newest = ops.newest(GIVEN)
    return {} if newest is None else {GIVEN: Asked(frozenset([newest]), newest)}


def _sum_up(ops: Ops, name: str, version: int) -> None:
    """A checkpoint of the oldest version that is asked for, so that no entry before it is."""
    from deltalake import DeltaTable

    if (log := ops.log(name)).checkpoint_before(version) != version:
        log.sum_up(DeltaTable(ops.path(name), version=version))


def _replaced(ops: Ops, name: str) -> list[Path]:
    """Of a table that a steward may be writing to: files that its log says are gone, and the entries before."""
    log, newest = ops.log(name), _newest(ops, name)
    told = [action for version in sorted(log.entries()) if version <= newest for action in log.actions(version)]
    removed = {unquote(action["remove"]["path"]) for action in told if action.get("remove")}
    live = {file.path for file in log.files(newest).values()}
    return [*(log.table / path for path in sorted(removed - live)), *entries_before(log.folder, newest)]


def _forget_predicates(log: DeltaLog) -> None:
    """A commit says by which numbers it chose the rows that it deleted, and what the least and greatest were."""
    for version in sorted(log.entries()):
        before = log.actions(version)
        after = [_without_values(action) for action in before]
        if after != before:
            file = log.folder / f"{version:020}.json"
            # Hadoop would not read a file that is not as its checksum says.
            (log.folder / f".{file.name}.crc").unlink(missing_ok=True)
            part = file.with_suffix(".part")
            part.write_text("".join(json.dumps(action) + "\n" for action in after), encoding="utf-8")
            part.replace(file)


def _without_values(action: Action) -> Action:
    if "remove" in action:
        return {"remove": {name: value for name, value in action["remove"].items() if name != "stats"}}
    parameters = action.get("commitInfo", {}).get("operationParameters", {})
    if parameters.get("predicate") in (None, "[]"):
        return action
    return {"commitInfo": {**action["commitInfo"], "operationParameters": {**parameters, "predicate": NOT_KEPT}}}


def _record_anew(ops: Ops) -> None:
    """What files were when they were published is kept of those that are there and as they were."""
    published = last_publication(ops)
    assert published is not None

    def is_kept(rows: list[dict[str, Any]]) -> list[bool]:
        files = [Path(ops.path(row["table"])) / row["path"] for row in rows]
        return [file.is_file() and not _was_rewritten(file) for file in files]

    trim(ops, STORED_FILE, is_kept)
    record_files(ops, published.sequence)


def _was_rewritten(file: Path) -> bool:
    return file.parent.name == LOG and file.suffix == ".json" and NOT_KEPT.encode() in file.read_bytes()
