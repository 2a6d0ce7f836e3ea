"""Lands mended records in the place of the broken ones: same file, same offset, same delivery."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twinlake.declare.errors import DataError
from twinlake.declare.expressions import key_of, source_person_key
from twinlake.declare.source import Feed
from twinlake.engine.bronze import BRONZE, STATISTICS
from twinlake.engine.discover import inside
from twinlake.engine.erased import read_erased
from twinlake.engine.ledger import LANDED, NONE_READABLE, read_ledger
from twinlake.engine.ops import Ops
from twinlake.engine.quarantine import Quarantine, quarantine_tables
from twinlake.engine.records import landed_in_bronze
from twinlake.engine.run import Run
from twinlake.engine.staging import Naming, digest_of
from twinlake.engine.wire import FileFault, Record, alone, is_of_parts, reader

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# A path and the record's offset in it.
Place = tuple[str, int]


@dataclass(frozen=True)
class Mended:
    """A record as it should have been, and where it stands."""

    path: str
    record_offset: int
    raw_record: str


def land_mended(run: Run, mended: list[Mended]) -> int:
    """Land every mended record or none; the ledger of its file says so. The number that landed.

    Files are done one after another: if that is killed, the same again does those that are left.
    """
    mended = sorted(set(mended), key=lambda m: (m.path, m.record_offset))
    ledger = read_ledger(run.ops)
    files = {m.path: ledger.current.get(m.path) for m in mended}
    _refuse_unknown(files)
    held = {(row["path"], row["record_offset"]): row["raw_record"] for row in _held(run.ops)}
    mended = _left_to_do(run, mended, files, held)
    files = {m.path: files[m.path] for m in mended}
    records = [(m, _read(m.raw_record, _feed(run, files[m.path]))) for m in mended]
    _refuse_broken(records)
    _refuse_renamed(run, records, files, held)
    _refuse_erased(run, records, files)
    _refuse_part(run, files, records)
    sequence = 1 + max((int(str(r["sequence"])) for r in ledger.rows), default=0)
    for path, row in sorted(files.items()):
        assert row is not None
        mine = [(m, found) for m, found in records if m.path == path]
        kept = _still_held(run, row, mine)
        _replace_in_bronze(run, row, mine)
        told = {**row, "persons_left": _persons_left(run, row, mine, held)}
        run.ops.append("landing_ledger", [_ledger_row(run, told, len(mine), len(kept), sequence)])
        _quarantine(run, row).replace_paths(([path], kept))
    return len(records)


def _refuse_unknown(files: Mapping[str, Mapping[str, object] | None]) -> None:
    unknown = sorted(
        path for path, row in files.items()
        if row is None or (row["status"] != LANDED and row["reason"] != NONE_READABLE)
    )  # fmt: skip
    if unknown:
        raise DataError(
            f"No landed file: {', '.join(unknown)}. A file that was quarantined as a whole is mended in the feeds and "
            "taken up by the next run."
        )


def _left_to_do(
    run: Run, mended: list[Mended], files: Mapping[str, Mapping[str, object] | None], held: Mapping[Place, str]
) -> list[Mended]:
    """What quarantine still holds; the rest must stand mended already, for a place may be another record's by now."""
    places = Counter((m.path, m.record_offset) for m in mended)
    twice = sorted(f"{path} record {offset}" for (path, offset), times in places.items() if times > 1)
    if twice:
        raise DataError(f"Mended in two ways: {'; '.join(twice)}. Leave one of them.")
    left = [m for m in mended if (m.path, m.record_offset) in held]
    gone = [m for m in mended if (m.path, m.record_offset) not in held]
    done = {m for path, row in files.items() if left for m in _done(run, row, [m for m in gone if m.path == path])}
    elsewhere = [f"{m.path} record {m.record_offset}" for m in gone if m not in done]
    if elsewhere:
        raise DataError(
            f"Not in quarantine (any more): {'; '.join(elsewhere)}. Nothing was replayed; export again and mend that."
        )
    return left


def _done(run: Run, row: Mapping[str, object] | None, mended: list[Mended]) -> list[Mended]:
    """Those of a file that stand in their places as they were mended."""
    from pyspark.sql import functions as F

    if row is None or not mended:
        return []
    stored = landed_in_bronze(run, str(row["system"]), str(row["feed"]))
    of_file = (F.col("path") == row["path"]) & (F.col("_file_hash") == row["sha256"])
    here = of_file & F.col("record_offset").isin([m.record_offset for m in mended])
    told = {(r["record_offset"], r["raw_record"])
            for r in stored.where(here).select("record_offset", "raw_record").toArrow().to_pylist()}  # fmt: skip
    feed = _feed(run, row)
    return [
        m
        for m in mended
        if any((m.record_offset, raw) in told for raw in (m.raw_record, *(r.raw for r in _read(m.raw_record, feed))))
    ]


def _feed(run: Run, row: Mapping[str, object] | None) -> Feed:
    assert row is not None
    return run.feed(str(row["system"]), str(row["feed"]))


def _read(raw: str, feed: Feed) -> list[Record]:
    """The records of a text by itself: one, but where a record is a part of a message; none of a broken one."""
    try:
        found = list(reader(feed.wire)(io.BytesIO(alone(raw, feed).encode()), feed))
    except FileFault:  # of a format whose files are documents, a record that is still broken is no document either
        return []
    whole = [item for item in found if isinstance(item, Record)]
    return whole if len(whole) == len(found) and (len(found) == 1 or is_of_parts(feed.wire)) else []


def _refuse_broken(records: list[tuple[Mended, list[Record]]]) -> None:
    broken = [f"{m.path} record {m.record_offset}" for m, found in records if not found]
    if broken:
        raise DataError(
            f"Still not readable: {'; '.join(broken)}. Nothing was replayed; mend these (a part of a document in the "
            "document, which is delivered again) and try again."
        )


def _refuse_renamed(
    run: Run,
    records: list[tuple[Mended, list[Record]]],
    files: Mapping[str, Mapping[str, object] | None],
    held: Mapping[Place, str],
) -> None:
    """Parts keep the names they got from what stood around them, so a mend may not touch what they are named by."""
    parts = [(m, found) for m, found in records if is_of_parts(_feed(run, files[m.path]).wire)]
    before = ((m, found, _read(held[m.path, m.record_offset], _feed(run, files[m.path]))) for m, found in parts)
    other = [f"{m.path} record {m.record_offset}" for m, found, was in before
             if (_named(found) != _named(was) if was else len(found) > 1)]  # fmt: skip
    if other:
        raise DataError(
            f"Mended into another person, thing or message: {'; '.join(other)}. A part of a message keeps what it is "
            "named by; for more than that, and for a message that could not be read at all, mend the file and deliver "
            "it again. Nothing was replayed."
        )


def _refuse_erased(
    run: Run, records: list[tuple[Mended, list[Record]]], files: Mapping[str, Mapping[str, object] | None]
) -> None:
    erased = read_erased(run.ops)
    theirs = []
    for m, found in records:
        naming = Naming(_feed(run, files[m.path]), inside(m.path), erased.in_file(m.path))
        if naming.erased and any(map(naming.is_erased, found)):
            theirs.append(f"{m.path} record {m.record_offset}")
    if theirs:
        raise DataError(f"Of somebody who was erased: {'; '.join(theirs)}. Take them out; nothing was replayed.")


def _named(found: list[Record]) -> list[tuple[str | None, ...]]:
    return [(record.kind, record.key, record.person, record.version) for record in found]


def _held(ops: Ops) -> list[dict[str, Any]]:
    return [row for name in quarantine_tables(ops) for row in Quarantine(ops, name).rows()]


def _refuse_part(
    run: Run, files: Mapping[str, Mapping[str, object] | None], records: list[tuple[Mended, list[Record]]]
) -> None:
    """A file that does not count yet would, with its first record, stand for all that was known before."""
    for path, row in sorted(files.items()):
        assert row is not None
        left = _still_held(run, row, [(m, r) for m, r in records if m.path == path])
        if row["status"] != LANDED and left:
            raise DataError(
                f"{path}: no record of it could be read, so it does not count, and {len(left)} of them are not mended "
                "yet. Mend all of them at once. Nothing was replayed."
            )


def _replace_in_bronze(run: Run, row: Mapping[str, object], mine: list[tuple[Mended, list[Record]]]) -> None:
    """One commit, so that a replay that is killed has either done nothing to the file or all.

    It carries no landing mark: what it replaced is gone, so an unfinished replay is repeated, never taken back.
    """
    name = f"bronze.{row['system']}_{row['feed']}"
    rows = _rows(run, row, mine)
    if run.ops.version(name) is None:
        rows.write.format("delta").option("delta.dataSkippingStatsColumns", STATISTICS).save(run.ops.path(name))
        return
    rows.createOrReplaceTempView("mended")
    run.spark.sql(
        f"MERGE INTO delta.`{run.ops.path(name)}` AS stored USING mended ON stored.path = mended.path "
        "AND stored.record_offset = mended.record_offset AND stored._file_hash = mended._file_hash "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )


def _rows(run: Run, row: Mapping[str, object], mine: list[tuple[Mended, list[Record]]]) -> DataFrame:
    from pyspark.sql import functions as F

    schema = (
        "hospital string, system string, path string, record_offset bigint, delivered_at timestamp, raw_record string, "
        "record_hash string, record_key string, source_person_id string, record_version string, record_kind string, "
        "_file_hash string"
    )
    naming, names = (
        Naming(_feed(run, row), inside(str(row["path"]))),
        _names(run, row, [m.record_offset for m, _ in mine]),
    )
    values = []
    for m, found in mine:
        record = found[0]._replace(offset=m.record_offset)
        raw = m.raw_record if m.record_offset in names else record.raw
        digest = digest_of(raw)
        named = names.get(m.record_offset) or (*naming(record, digest), record.version, record.kind)
        values.append((row["hospital"], row["system"], row["path"], m.record_offset, row["delivered_at"], raw, digest,
                       *named, row["sha256"]))  # fmt: skip
    return (
        run.spark.createDataFrame(values, schema)
        .withColumn("source_person_key", source_person_key())
        .withColumn("_run_id", F.lit(run.run_id))
        .withColumn("_ingested_at", F.lit(run.as_of).cast("timestamp"))
        .select(*BRONZE.names)
        .coalesce(1)
    )


def _names(run: Run, row: Mapping[str, object], places: list[int]) -> dict[int, tuple[Any, ...]]:
    """By its place, what each part of a message that landed there is called."""
    from pyspark.sql import functions as F

    name = f"bronze.{row['system']}_{row['feed']}"
    if not is_of_parts(_feed(run, row).wire) or run.ops.version(name) is None:
        return {}
    stored = run.spark.read.format("delta").load(run.ops.path(name))
    of_file = (F.col("path") == row["path"]) & (F.col("_file_hash") == row["sha256"])
    here = stored.where(of_file & F.col("record_offset").isin(places))
    known = here.select("record_offset", "record_key", "source_person_id", "record_version", "record_kind").toArrow()
    return {offset: tuple(names) for offset, *names in zip(*(c.to_pylist() for c in known.columns), strict=True)}


def _persons_left(
    run: Run, row: Mapping[str, object], mine: list[tuple[Mended, list[Record]]], held: Mapping[Place, str]
) -> str | None:
    """Keys of the persons of whom these records told until they were mended: their tables let go of them.

    From quarantine, which holds them until then: bronze has forgotten them when a killed replay is repeated.
    """
    feed = _feed(run, row)
    naming = Naming(feed, inside(str(row["path"])))

    def key(record: Record) -> int:
        return key_of(str(row["hospital"]), str(row["system"]), naming(record, digest_of(record.raw))[1])

    if is_of_parts(feed.wire):
        return None
    now = {key(record) for _, found in mine for record in found}
    was = {key(record) for m, _ in mine for record in _read(held[m.path, m.record_offset], feed)}
    return ",".join(map(str, sorted(was - now))) or None


def _ledger_row(run: Run, row: Mapping[str, object], mended: int, quarantined: int, sequence: int) -> dict[str, object]:
    """The file's ledger with the records that left quarantine counted as landed."""
    landed = int(str(row["records_in"])) - int(str(row["duplicates"])) - int(str(row["erased"] or 0)) - quarantined
    return {**row, "landed": landed, "quarantined": quarantined, "mended": int(str(row["mended"] or 0)) + mended,
            "status": LANDED, "reason": "", "sequence": sequence, "run_id": run.run_id}  # fmt: skip


def _quarantine(run: Run, row: Mapping[str, object]) -> Quarantine:
    return Quarantine(run.ops, f"quarantine.{row['system']}_{row['feed']}")


def _still_held(run: Run, row: Mapping[str, object], mine: list[tuple[Mended, list[Record]]]) -> list[dict[str, Any]]:
    """What of the file could not be read at landing and is not mended now."""
    offsets = {m.record_offset for m, _ in mine}
    held = (r for r in _quarantine(run, row).rows() if r["path"] == row["path"])
    return [r for r in held if r["record_offset"] not in offsets]
