"""Lands mended records in the place of the broken ones: same file, same offset, same delivery."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twinlake.declare.errors import DataError
from twinlake.declare.expressions import source_person_key
from twinlake.declare.source import Feed
from twinlake.engine.ingest import BRONZE, STATISTICS
from twinlake.engine.ledger import LANDED, read_ledger
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.run import Run
from twinlake.engine.staging import digest_of
from twinlake.engine.wire import Record, reader

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Mended:
    """A record as it should have been, and where it stands."""

    path: str
    record_offset: int
    raw_record: str


def land_mended(run: Run, mended: list[Mended]) -> int:
    """Land every mended record or none; the ledger of its file says so. The number that landed."""
    ledger = read_ledger(run.ops)
    files = {m.path: ledger.current.get(m.path) for m in mended}
    _refuse_unknown(files)
    records = [(m, _read(m, run.systems[str(files[m.path]["system"])].feed(str(files[m.path]["feed"])))) for m in mended]  # type: ignore[index]
    _refuse_broken(records)
    sequence = 1 + max((int(str(r["sequence"])) for r in ledger.rows), default=0)
    for path, row in sorted(files.items()):
        assert row is not None
        mine = [(m, r) for m, r in records if m.path == path and isinstance(r, Record)]
        _replace_in_bronze(run, row, mine)
        run.ops.append("landing_ledger", [_ledger_row(run, row, mine, sequence)])
        _release(run, row, mine)
    return len(records)


def _refuse_unknown(files: Mapping[str, Mapping[str, object] | None]) -> None:
    unknown = sorted(path for path, row in files.items() if row is None or row["status"] != LANDED)
    if unknown:
        raise DataError(
            f"No landed file: {', '.join(unknown)}. A file that was quarantined as a whole is mended in the feeds and "
            "taken up by the next run."
        )


def _read(mended: Mended, feed: Feed) -> Any:
    head = ",".join(feed.columns) + "\n" if feed.wire == "csv" else ""
    found = list(reader(feed.wire)(io.BytesIO((head + mended.raw_record + "\n").encode()), feed))
    return found[0] if len(found) == 1 else None


def _refuse_broken(records: list[tuple[Mended, Any]]) -> None:
    broken = [f"{m.path} record {m.record_offset}" for m, found in records if not isinstance(found, Record)]
    if broken:
        raise DataError(f"Still not readable: {'; '.join(broken)}. Nothing was replayed; mend these and try again.")


def _replace_in_bronze(run: Run, row: Mapping[str, object], mine: list[tuple[Mended, Record]]) -> None:
    table = run.ops.path(f"bronze.{row['system']}_{row['feed']}")
    offsets = [m.record_offset for m, _ in mine]
    if run.ops.version(f"bronze.{row['system']}_{row['feed']}") is not None:
        run.spark.sql(
            f"DELETE FROM delta.`{table}` WHERE path = :path AND array_contains(:offsets, record_offset)",
            args={"path": row["path"], "offsets": offsets},
        )
    writer = _rows(run, row, mine).write.format("delta").mode("append")
    writer.option("delta.dataSkippingStatsColumns", STATISTICS).option(
        "userMetadata", run.landing_mark(str(row["hospital"]))
    ).save(table)


def _rows(run: Run, row: Mapping[str, object], mine: list[tuple[Mended, Record]]) -> DataFrame:
    from pyspark.sql import functions as F

    schema = (
        "hospital string, system string, path string, record_offset bigint, delivered_at timestamp, raw_record string, "
        "record_hash string, record_key string, source_person_id string, record_version string, _file_hash string"
    )
    values = [
        (row["hospital"], row["system"], row["path"], m.record_offset, row["delivered_at"], r.raw, digest_of(r.raw),
         r.key or digest_of(r.raw), r.person, r.version, row["sha256"]) for m, r in mine
    ]  # fmt: skip
    return (
        run.spark.createDataFrame(values, schema)
        .withColumn("source_person_key", source_person_key())
        .withColumn("_run_id", F.lit(run.run_id))
        .withColumn("_ingested_at", F.lit(run.as_of).cast("timestamp"))
        .select(*BRONZE)
        .coalesce(1)
    )


def _ledger_row(
    run: Run, row: Mapping[str, object], mine: list[tuple[Mended, Record]], sequence: int
) -> dict[str, object]:
    """The file's ledger with the records that were quarantined at landing counted as landed."""
    held = {r["record_offset"] for r in _held(run, row) if r["path"] == row["path"]}
    released = sum(m.record_offset in held for m, _ in mine)
    return {**row, "landed": int(str(row["landed"])) + released, "quarantined": int(str(row["quarantined"])) - released,
            "mended": int(str(row["mended"] or 0)) + len(mine), "sequence": sequence, "run_id": run.run_id}  # fmt: skip


def _held(run: Run, row: Mapping[str, object]) -> list[dict[str, Any]]:
    return Quarantine(run.ops, f"quarantine.{row['system']}_{row['feed']}").rows()


def _release(run: Run, row: Mapping[str, object], mine: list[tuple[Mended, Record]]) -> None:
    offsets = {m.record_offset for m, _ in mine}
    kept = [r for r in _held(run, row) if r["path"] == row["path"] and r["record_offset"] not in offsets]
    Quarantine(run.ops, f"quarantine.{row['system']}_{row['feed']}").replace_paths(([str(row["path"])], kept))
