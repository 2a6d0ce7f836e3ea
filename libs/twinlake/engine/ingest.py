"""Lands a hospital's new files in bronze as they came, and accounts for every record of every file."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from twinlake.declare.drift import POLICIES
from twinlake.declare.source import System
from twinlake.engine import file_schemas
from twinlake.engine.bronze import WRITTEN, Source, commit, parts, write_part
from twinlake.engine.discover import FoundFile, find_files, find_strays, sha256_of
from twinlake.engine.erased import read_erased
from twinlake.engine.integrity import ACCOUNTED
from twinlake.engine.ledger import LANDED, NONE_READABLE, Ledger
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.run import Run
from twinlake.engine.schema_drift import decide
from twinlake.engine.staging import OUTCOME, STILL_WRITTEN, stage_as_decided

# Bytes of files that are read here sooner than executors would begin.
SMALL = 4 << 20
HASHED_AT_ONCE = 4
NO_RECORD = "the file holds no record; what was known before stands"
ALL_ERASED = "all that could be read of it was erased"


@dataclass(frozen=True)
class NewFile:
    """A file whose content the ledger does not know yet."""

    found: FoundFile
    sha256: str

    def staged(self, landing: Path) -> Path:
        """Its copy; no name of the feeds stands in the path, for Spark reads patterns into paths."""
        name = hashlib.sha256(self.found.path.encode()).hexdigest()[:16]
        return landing / self.found.system / str(self.found.feed) / f"{self.sha256}-{name}.parquet"


def new_files(
    feeds: Path, hospital: str, systems: Mapping[str, System], ledger: Ledger,
    deliveries: tuple[date, date] | None = None, again: frozenset[str] = frozenset(),
) -> list[NewFile]:  # fmt: skip
    """The hospital's files that are not in the ledger with this content and verdict; `deliveries` is half-open.

    `again` are paths whose verdict does not hold any more.
    """
    current = ledger.current
    found = [f for f in find_files(feeds, hospital, systems) if _is_within(f.delivery, deliveries)]
    with ThreadPoolExecutor(HASHED_AT_ONCE) as pool:
        files = list(pool.map(lambda f: _hashed(feeds, f), found))
    return [f for f in files if f.found.path in again or not _is_known(f.found, f.sha256, current.get(f.found.path))]


def _is_within(delivery: str, window: tuple[date, date] | None) -> bool:
    return window is None or (bool(delivery) and window[0] <= date.fromisoformat(delivery) < window[1])


def _hashed(feeds: Path, found: FoundFile) -> NewFile:
    """A file that cannot be opened is reported like one that nobody reads."""
    file = feeds / found.path
    if not found.feed and not file.is_file():
        return NewFile(found, "")
    try:
        return NewFile(found, sha256_of(file))
    except OSError as error:
        reason = f"cannot be read ({type(error).__name__})"
        return NewFile(replace(found, feed=None, status="unknown", reason=reason), "")


def _is_known(found: FoundFile, sha256: str, row: Mapping[str, Any] | None) -> bool:
    if row is None or row["sha256"] != sha256:
        return False
    return (row["feed"] == found.feed) if found.feed else (row["reason"] == found.reason)


def ingest(run: Run, hospital: str, files: list[NewFile], ledger: Ledger) -> int:
    """Land the new files of one hospital; the number of records that landed.

    The ledger's commit comes last and makes the landing count; bronze rows of a landing that never got there are
    removed by the next run.
    """
    landing = run.home.landing / hashlib.sha256(hospital.encode()).hexdigest()[:16]
    shutil.rmtree(landing, ignore_errors=True)
    outcomes = _stage(run, [f for f in files if f.found.feed], landing)
    for name, group in sorted(_by_feed(files).items()):
        Quarantine(run.ops, f"quarantine.{name}").replace_paths(_quarantined(run, group, outcomes))
    _land(run, hospital, files, outcomes, landing)
    rows = [_ledger_row(run, f, outcomes, ledger) for f in files]
    run.ops.append(file_schemas.NAME, _schemas(run, files, outcomes))
    run.ops.append("landing_ledger", rows)
    shutil.rmtree(landing, ignore_errors=True)
    return sum(row["landed"] or 0 for row in rows)


def _by_feed(files: Iterable[NewFile]) -> dict[str, list[NewFile]]:
    groups: dict[str, list[NewFile]] = {}
    for file in files:
        if file.found.feed:
            groups.setdefault(f"{file.found.system}_{file.found.feed}", []).append(file)
    return groups


def _stage(run: Run, files: list[NewFile], landing: Path) -> dict[str, list[dict[str, Any]]]:
    """Parse the files, each into its staged copy; their outcomes by path."""
    outcomes: dict[str, list[dict[str, Any]]] = {}
    big_first = sorted(files, key=lambda f: -f.found.bytes)
    tasks = [(f.found.path, (f.found.system, str(f.found.feed)), f.staged(landing), f.found.bytes) for f in big_first]
    declared = {(s.name, feed.name): feed for s in run.systems.values() for feed in s.feeds}
    hospital = run.hospitals.get(files[0].found.hospital) if files else None
    policies = {(s, f): {e: decide(run.systems[s], f, hospital, e) for e in POLICIES} for s, f in declared}
    feeds, erased = run.home.feeds, read_erased(run.ops)

    def work(path: str, feed: tuple[str, str], target: Path, size: int) -> Iterator[dict[str, Any]]:
        by = policies[feed].__getitem__
        return stage_as_decided(feeds / path, feed[0], declared[feed], by, target, path, size, erased)

    for row in _spread(run, work, tasks, OUTCOME, sum(f.found.bytes for f in files)):
        outcomes.setdefault(row["path"], []).append(row)
    return outcomes


def _spread(
    run: Run, work: Callable[..., Iterator[dict[str, Any]]], tasks: list[Any], schema: pa.Schema, size: int
) -> list[dict[str, Any]]:
    """What `work` says of each task: done on the executors, or here where starting those would take longer."""
    if size < SMALL:
        return [{name: row.get(name) for name in schema.names} for task in tasks for row in work(*task)]

    def of_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for place in (n for batch in batches for n in batch.column(0).to_pylist()):
            found = [{name: row.get(name) for name in schema.names} for row in work(*tasks[place])]
            yield pa.RecordBatch.from_pylist(found, schema=schema)

    places = run.spark.range(0, len(tasks), 1, len(tasks))
    return places.mapInArrow(of_batches, _ddl(schema)).toArrow().to_pylist()  # type: ignore[no-any-return]


def _ddl(schema: pa.Schema) -> str:
    return ", ".join(f"`{f.name}` {'bigint' if f.type == pa.int64() else 'string'}" for f in schema)


def _land(
    run: Run, hospital: str, files: list[NewFile], outcomes: dict[str, list[dict[str, Any]]], landing: Path
) -> None:
    """Make bronze files of what was staged, then commit those of each table."""
    tasks, size = [], 0
    for name, group in sorted(_by_feed(files).items()):
        table = f"bronze.{name}"
        remove_unfinished(run, hospital, table)
        landed = [f for f in group if (outcomes[f.found.path][0]["landed"] or 0) > 0]
        sources = [_source(run, f, landing) for f in landed]
        tasks += parts(table, Path(run.ops.path(table)), sources, run.run_id, run.as_of)
        size += sum(f.found.bytes for f in landed)
    written: dict[str, list[dict[str, Any]]] = {}
    for row in _spread(run, write_part, [(part,) for part in tasks], WRITTEN, size):
        written.setdefault(row["table"], []).append(row)
    for table, found in written.items():
        commit(run.ops, table, found, run.landing_mark(hospital))


def _source(run: Run, file: NewFile, landing: Path) -> Source:
    found = file.found
    return Source(
        file.staged(landing), found.hospital, found.system, found.path, file.sha256, found.delivered_at(run.as_of)
    )


def remove_unfinished(run: Run, hospital: str, table: str) -> None:
    """Rows of a landing that was killed before its ledger commit do not count; take them out before landing anew."""
    for unsure, rows in unfinished(run, hospital, table):
        run.spark.sql(
            f"DELETE FROM delta.`{run.ops.path(table)}` WHERE hospital = :hospital AND _run_id = :unsure "
            "AND NOT array_contains(:finished, concat_ws('|', _file_hash, path))",
            args={"hospital": hospital, "unsure": unsure,
                  "finished": [f"{row['sha256']}|{row['path']}" for row in rows] or [""]},
        )  # fmt: skip


def unfinished(run: Run, hospital: str, table: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The runs whose landings in a bronze table may not have reached the ledger, with what did.

    A run may land twice (a task that is cleared and run again): it is sure only where the ledger knows as many of its
    landings as began.
    """
    for unsure, began in sorted(run.ops.landings(table, hospital).items()):
        told = (r for r in run.ops.rows("landing_ledger") if _is_of(r, hospital, table, unsure))
        rows = [r for r in told if r["landed"] or r["erased"]]
        if unsure == run.run_id or began > len({row["sequence"] for row in rows}):
            yield unsure, rows


def _is_of(row: Mapping[str, Any], hospital: str, table: str, run_id: str) -> bool:
    """Whether a ledger row tells of a landing of this run in this bronze table."""
    return (row["hospital"], f"bronze.{row['system']}_{row['feed']}", row["run_id"]) == (hospital, table, run_id)


def _quarantined(
    run: Run, files: list[NewFile], outcomes: dict[str, list[dict[str, Any]]]
) -> tuple[list[str], list[dict[str, Any]]]:
    """The paths that were read anew, and their quarantine rows."""
    rows = []
    for file in files:
        for outcome in outcomes[file.found.path]:
            if outcome["rule"]:
                rows.append(
                    {"rule": outcome["rule"], "reason": outcome["reason"], "hospital": file.found.hospital,
                     "system": file.found.system, "feed": file.found.feed, "path": file.found.path,
                     "record_offset": outcome["record_offset"], "raw_record": outcome["raw_record"],
                     "file_hash": file.sha256, "delivered_at": file.found.delivered_at(run.as_of),
                     "run_id": run.run_id}
                )  # fmt: skip
    return [f.found.path for f in files], rows


def _schemas(run: Run, files: list[NewFile], outcomes: dict[str, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """What each file looks like, of those that were looked at."""
    for file in (f for f in files if f.found.feed):
        outcome, found = outcomes[file.found.path][0], file.found
        if outcome["shape"]:
            yield {"hospital": found.hospital, "system": found.system, "feed": found.feed, "path": found.path,
                   "delivery": found.delivery, "sha256": file.sha256, "layout": outcome["layout"],
                   "declared": file_schemas.declared_as(run.systems[found.system].feed(str(found.feed))),
                   "shape": outcome["shape"], "drift": outcome["drift"], "run_id": run.run_id}  # fmt: skip


def _ledger_row(run: Run, file: NewFile, outcomes: dict[str, list[dict[str, Any]]], ledger: Ledger) -> dict[str, Any]:
    found = file.found
    row = {
        "hospital": found.hospital, "system": found.system, "feed": found.feed, "path": found.path,
        "delivery": found.delivery, "delivered_at": found.delivered_at(run.as_of), "sha256": file.sha256,
        "bytes": found.bytes, "records_in": 0, "landed": 0, "quarantined": 0, "duplicates": 0, "rekeyed": 0,
        "mended": 0, "erased": 0, "status": found.status, "reason": found.reason, "run_id": run.run_id,
        "sequence": 1 + max((int(str(r["sequence"])) for r in ledger.rows), default=0),
    }  # fmt: skip
    return row if not found.feed else {**row, **_verdict(outcomes[found.path][0])}


def _verdict(outcome: Mapping[str, Any]) -> dict[str, Any]:
    if outcome["rule"]:
        # Whatever its content will be then, the next run takes a file that was not finished.
        unknown = {"sha256": ""} if outcome["rule"] == STILL_WRITTEN else {}
        return {"status": "quarantined", "quarantined": 1, "records_in": 1,
                "reason": f"{outcome['rule']}: {outcome['reason']}", **unknown}  # fmt: skip
    numbers = {n: outcome[n] for n in ("records_in", "rekeyed", *ACCOUNTED)}
    if numbers["records_in"] != sum(numbers[n] for n in ACCOUNTED):
        raise AssertionError(f"{outcome['path']}: {numbers} does not balance")
    return {**numbers, **state_of(numbers, outcome["unreadable"])}


def state_of(numbers: Mapping[str, int], unreadable: int) -> dict[str, str]:
    """Status and reason of a file, by what became of its records.

    One that could be read counts though all of it was erased: what it took back, or corrected, of others stays so.
    """
    if numbers["records_in"] > unreadable:
        return {"status": LANDED, "reason": "" if numbers["landed"] else ALL_ERASED}
    if numbers["quarantined"]:
        return {"status": "quarantined", "reason": NONE_READABLE}
    return {"status": "empty", "reason": ALL_ERASED if numbers["erased"] else NO_RECORD}


def refused_rows(run: Run, refused: Mapping[str, str], ledger: Ledger) -> list[dict[str, Any]]:
    """Ledger rows for the hospitals that could not be read, for those that can again, and for files in no hospital."""
    known = {path: (row["status"], row["reason"]) for path, row in ledger.current.items()}
    blank = FoundFile("", "", None, "", "", 0, "refused", "")
    places = {h: f"{h}/hospital.toml" for h in {*refused, *run.hospitals}}
    found = [replace(blank, hospital=h, path=places[h], reason=why) for h, why in refused.items()]
    found += [
        replace(blank, hospital=h, path=places[h], status="accepted")
        for h in run.hospitals if h not in refused and known.get(places[h], ("",))[0] == "refused"
    ]  # fmt: skip
    found += find_strays(run.home.feeds)
    return [_ledger_row(run, NewFile(f, ""), {}, ledger) for f in found if known.get(f.path) != (f.status, f.reason)]
