"""Lands a hospital's new files in bronze as they came, and accounts for every record of every file."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from twinlake.declare.expressions import source_person_key
from twinlake.declare.source import System
from twinlake.engine.discover import FoundFile, find_files, find_strays, sha256_of
from twinlake.engine.ledger import LANDED, NONE_READABLE, Ledger
from twinlake.engine.ops import TEXT
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.records import CONTENT
from twinlake.engine.run import Run, local_rows
from twinlake.engine.staging import OUTCOME, STAGED, stage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Bytes of raw records that make one bronze file.
FILE_BYTES = 128 << 20
COMMITS_AT_ONCE = 4
TRIES = 5
STATISTICS = "hospital,path,record_offset,source_person_key,delivered_at"


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
    deliveries: tuple[date, date] | None = None,
) -> list[NewFile]:  # fmt: skip
    """The hospital's files that are not in the ledger with this content and verdict; `deliveries` is half-open."""
    current = ledger.current
    found = [f for f in find_files(feeds, hospital, systems) if _is_within(f.delivery, deliveries)]
    with ThreadPoolExecutor(COMMITS_AT_ONCE) as pool:
        files = list(pool.map(lambda f: _hashed(feeds, f), found))
    return [f for f in files if not _is_known(f.found, f.sha256, current.get(f.found.path))]


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
    """Parse the files on the executors, each into its staged copy; their outcomes by path."""
    outcomes: dict[str, list[dict[str, Any]]] = {}
    if not files:
        return outcomes
    paths = [(f.found.path, f.found.system, str(f.found.feed), str(f.staged(landing))) for f in files]
    big_first = [p for _, p in sorted(zip(files, paths, strict=True), key=lambda pair: -pair[0].found.bytes)]
    listed = run.spark.createDataFrame(big_first, "path string, system string, feed string, target string")
    task = _stager(run.home.feeds, run.systems)
    schema = _ddl(OUTCOME)
    found = listed.repartition(len(paths), "path", "feed").mapInArrow(task, schema).toArrow()
    for row in found.to_pylist():
        outcomes.setdefault(row["path"], []).append(row)
    return outcomes


def _stager(
    feeds: Path, systems: Mapping[str, System]
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    declared = {(s.name, feed.name): feed for s in systems.values() for feed in s.feeds}

    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for row in batch.to_pylist():
                feed = declared[row["system"], row["feed"]]
                rows = list(stage(feeds / row["path"], feed, Path(row["target"]), row["path"]))
                yield pa.RecordBatch.from_pylist([{n: r.get(n) for n in OUTCOME.names} for r in rows], schema=OUTCOME)

    return task


def _ddl(schema: pa.Schema) -> str:
    return ", ".join(f"{f.name} {'bigint' if f.type == pa.int64() else 'string'}" for f in schema)


def _land(
    run: Run, hospital: str, files: list[NewFile], outcomes: dict[str, list[dict[str, Any]]], landing: Path
) -> None:
    with ThreadPoolExecutor(COMMITS_AT_ONCE) as pool:
        groups = [
            (name, [f for f in group if (outcomes[f.found.path][0]["landed"] or 0) > 0])
            for name, group in sorted(_by_feed(files).items())
        ]
        tasks = [
            pool.submit(_append, run, hospital, f"bronze.{name}", group, landing) for name, group in groups if group
        ]
        for task in tasks:
            task.result()


def _append(run: Run, hospital: str, table: str, files: list[NewFile], landing: Path) -> None:
    _remove_unfinished(run, hospital, table)
    rows = _bronze_rows(run, files, landing)
    parts = 1 + sum(f.staged(landing).stat().st_size * 8 for f in files) // FILE_BYTES
    ordered = rows.repartitionByRange(parts, "source_person_key") if parts > 1 else rows.coalesce(1)
    writer = (
        ordered.sortWithinPartitions("source_person_key", "path", "record_offset")
        .write.format("delta")
        .mode("append")
        .option("delta.dataSkippingStatsColumns", STATISTICS)
        .option("userMetadata", run.landing_mark(hospital))
    )
    _commit(lambda: writer.save(run.ops.path(table)))


def _commit(write: Callable[[], None]) -> None:
    """Two hospitals may make a table at once; the one that lost finds it there and appends."""
    from delta.exceptions import MetadataChangedException, ProtocolChangedException

    for left in reversed(range(TRIES)):
        try:
            return write()
        except (MetadataChangedException, ProtocolChangedException):
            if not left:
                raise


def _bronze_rows(run: Run, files: list[NewFile], landing: Path) -> DataFrame:
    from pyspark.sql import functions as F

    about = [
        (f.staged(landing).name, f.found.hospital, f.found.system, f.found.path, f.sha256,
         f.found.delivered_at(run.as_of)) for f in files
    ]  # fmt: skip
    known = local_rows(run.spark, about, pa.schema([("_staged", TEXT), ("hospital", TEXT), ("system", TEXT), *CONTENT]))
    reader = run.spark.read.schema(_ddl(STAGED)).option("__globPaths__", "false")
    staged = reader.parquet(*(str(f.staged(landing)) for f in files))
    return (
        staged.withColumn("_staged", F.element_at(F.split(F.col("_metadata.file_path"), "/"), -1))
        .join(F.broadcast(known), "_staged")
        .withColumn("source_person_key", source_person_key())
        .withColumn("_run_id", F.lit(run.run_id))
        .withColumn("_ingested_at", F.lit(run.as_of).cast("timestamp"))
        .select(*BRONZE)
    )


BRONZE = (
    "hospital", "system", "path", "record_offset", "source_person_key", "delivered_at", "raw_record", "record_hash",
    "record_key", "source_person_id", "record_version", "record_kind", "_file_hash", "_run_id", "_ingested_at",
)  # fmt: skip


def _remove_unfinished(run: Run, hospital: str, table: str) -> None:
    """Rows of a landing that was killed before its ledger commit do not count; take them out before landing anew.

    A run may land twice (a task that is cleared and run again): it is sure only where the ledger knows as many of its
    landings as began.
    """
    if run.ops.version(table) is None:
        return
    for unsure, began in sorted(run.ops.landings(table, hospital).items()):
        rows = [r for r in run.ops.rows("landing_ledger") if r["landed"] and _is_of(r, hospital, table, unsure)]
        if unsure != run.run_id and began <= len({row["sequence"] for row in rows}):
            continue
        run.spark.sql(
            f"DELETE FROM delta.`{run.ops.path(table)}` WHERE hospital = :hospital AND _run_id = :unsure "
            "AND NOT array_contains(:finished, concat_ws('|', _file_hash, path))",
            args={"hospital": hospital, "unsure": unsure,
                  "finished": [f"{row['sha256']}|{row['path']}" for row in rows] or [""]},
        )  # fmt: skip


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


def _ledger_row(run: Run, file: NewFile, outcomes: dict[str, list[dict[str, Any]]], ledger: Ledger) -> dict[str, Any]:
    found = file.found
    row = {
        "hospital": found.hospital, "system": found.system, "feed": found.feed, "path": found.path,
        "delivery": found.delivery, "delivered_at": found.delivered_at(run.as_of), "sha256": file.sha256,
        "bytes": found.bytes, "records_in": 0, "landed": 0, "quarantined": 0, "duplicates": 0, "rekeyed": 0,
        "mended": 0, "status": found.status, "reason": found.reason, "run_id": run.run_id,
        "sequence": 1 + max((int(str(r["sequence"])) for r in ledger.rows), default=0),
    }  # fmt: skip
    return row if not found.feed else {**row, **_verdict(outcomes[found.path][0])}


def _verdict(outcome: Mapping[str, Any]) -> dict[str, Any]:
    if outcome["rule"]:
        return {"status": "quarantined", "quarantined": 1, "records_in": 1,
                "reason": f"{outcome['rule']}: {outcome['reason']}"}  # fmt: skip
    numbers = {n: outcome[n] for n in ("records_in", "landed", "quarantined", "duplicates", "rekeyed")}
    if not numbers["records_in"]:
        return {**numbers, "status": "empty", "reason": "the file holds no record; what was known before stands"}
    if numbers["records_in"] != numbers["landed"] + numbers["quarantined"] + numbers["duplicates"]:
        raise AssertionError(f"{outcome['path']}: {numbers} does not balance")
    if not numbers["landed"]:
        return {**numbers, "status": "quarantined", "reason": NONE_READABLE}
    return {**numbers, "status": LANDED, "reason": ""}


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
