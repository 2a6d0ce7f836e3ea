"""Writes mended records into bronze in the places of the broken ones, and what the ledger says of their files then."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from twinlake.declare.errors import DataError
from twinlake.declare.expressions import key_of, source_person_key
from twinlake.declare.source import Feed
from twinlake.engine.bronze import BRONZE, STATISTICS
from twinlake.engine.discover import inside
from twinlake.engine.ledger import LANDED, Ledger
from twinlake.engine.mended import Landing, Place, Row, Standing, place_of
from twinlake.engine.ops import sql_text
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.run import Run
from twinlake.engine.staging import Naming, digest_of
from twinlake.engine.wire import Record, is_of_parts, read_alone

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Group = list[tuple[Standing, Record]]
SCHEMA = (
    "hospital string, system string, path string, record_offset bigint, delivered_at timestamp, raw_record string, "
    "record_hash string, record_key string, source_person_id string, record_version string, record_kind string, "
    "_file_hash string, _is_again boolean"
)


def land(run: Run, ledger: Ledger, landed: Mapping[Landing, Row], held: Mapping[Place, str], group: Group) -> None:
    """The mended records of some files: into bronze, into the ledger, out of quarantine."""
    files, current = {each.landing: landed[each.landing] for each, _ in group}, ledger.current
    row = next(iter(files.values()))
    feed = run.feed(str(row["system"]), str(row["feed"]))
    _replace_in_bronze(run, bronze_of(row), _rows(run, feed, files, group))
    mended, paths = {each.mended.place for each, _ in group}, sorted({path for path, *_ in files})
    faults = {place_of(fault, current): fault for fault in faults_of(run, row, paths)}
    kept = [fault for place, fault in faults.items() if place not in mended]
    left = Counter(place[:2] for place in faults if place not in mended)
    stands = _counts(run, bronze_of(row), paths)
    told = []
    for landing, row in sorted(files.items()):
        mine = [(each, record) for each, record in group if each.landing == landing]
        # What could not be read is held of what a path holds now, and of the same content when it came before.
        is_held = current[landing[0]]["sha256"] == landing[1]
        quarantined = left[landing[:2]] if is_held else int(str(row["quarantined"]))
        left_by = _persons_left(feed, row, mine, held)
        told.append({**_ledger_row(row, len(mine), quarantined, stands[landing]), "persons_left": left_by,
                     "sequence": _sequence(ledger, row), "run_id": run.run_id})  # fmt: skip
    run.ops.append("landing_ledger", told)
    _quarantine(run, row).replace_paths((paths, kept))


def bronze_of(row: Row) -> str:
    """The table in which the records of a file land."""
    return f"bronze.{row['system']}_{row['feed']}"


def faults_of(run: Run, row: Row, paths: Iterable[str]) -> list[dict[str, Any]]:
    """What of these files of a feed could not be read at landing, as it is held now."""
    known = {*paths}
    return [fault for fault in _quarantine(run, row).rows() if fault["path"] in known]


def _quarantine(run: Run, row: Row) -> Quarantine:
    return Quarantine(run.ops, f"quarantine.{row['system']}_{row['feed']}")


def _replace_in_bronze(run: Run, name: str, rows: DataFrame) -> None:
    """One commit, so that a replay that is killed has either done nothing to the files or all.

    It carries no landing mark: what it replaced is gone, so an unfinished replay is repeated, never taken back.
    """
    if run.ops.version(name) is None:
        new = rows.where("not _is_again").drop("_is_again")
        new.write.format("delta").option("delta.dataSkippingStatsColumns", STATISTICS).save(run.ops.path(name))
        return
    rows.createOrReplaceTempView("mended")
    run.spark.sql(
        f"MERGE INTO delta.`{run.ops.path(name)}` AS stored USING mended ON stored.path = mended.path "
        "AND stored.record_offset = mended.record_offset AND stored._file_hash = mended._file_hash "
        "AND stored.delivered_at = mended.delivered_at "
        "WHEN MATCHED AND mended._is_again THEN DELETE WHEN MATCHED THEN UPDATE SET * "
        "WHEN NOT MATCHED AND NOT mended._is_again THEN INSERT *"
    )


def _rows(run: Run, feed: Feed, files: Mapping[Landing, Row], group: Group) -> DataFrame:
    """The records of all places; `_is_again`: the file tells the same before, as it does of what it has twice."""
    from pyspark.sql import functions as F

    values, digests = {}, {}
    for each, found in group:
        row, record = files[each.landing], found._replace(offset=each.offset)
        is_named = is_of_parts(feed.wire) and each.names is not None
        raw = each.mended.raw_record if is_named else record.raw
        digest = digests[each.landing, each.offset] = digest_of(raw)
        named = Naming(feed, inside(each.landing[0]))(record, digest)
        names = each.names if is_named else (*named, record.version, record.kind)
        values[each.landing, each.offset] = (
            row["hospital"], row["system"], each.landing[0], each.offset, row["delivered_at"], raw, digest, *names,
            each.landing[1],
        )  # fmt: skip
    again = set() if feed.nameless else _again(run, bronze_of(next(iter(files.values()))), digests)
    gone = {(landing, offset): (None, None, landing[0], offset, landing[2], *[None] * 6, landing[1])
            for landing, offset in again}  # fmt: skip
    every = [(*row, place in again) for place, row in sorted({**gone, **values}.items())]
    return (
        run.spark.createDataFrame(every, SCHEMA)
        .withColumn("source_person_key", source_person_key())
        .withColumn("_run_id", F.lit(run.run_id))
        .withColumn("_ingested_at", F.lit(run.as_of).cast("timestamp"))
        .select(*BRONZE.names, "_is_again")
        .coalesce(1)
    )


def _again(run: Run, table: str, digests: Mapping[tuple[Landing, int], str]) -> set[tuple[Landing, int]]:
    """The places of which the same content says the same at a place before."""
    places: dict[tuple[Landing, str], set[int]] = defaultdict(set)
    for (landing, offset), digest in digests.items():
        places[landing, digest].add(offset)
    hashes = ", ".join(sql_text(text) for text in sorted({text for _, text in places}))
    for row in _asked(run, table, f"record_hash in ({hashes})"):
        landing = (row["path"], row["sha256"], row["delivered_at"])
        # What stands where a record is mended is the broken one, or what a killed replay made of it.
        if (landing, row["record_hash"]) in places and (landing, row["record_offset"]) not in digests:
            places[landing, row["record_hash"]].add(row["record_offset"])
    return {(landing, offset) for (landing, _), found in places.items() for offset in found - {min(found)}}


def _asked(run: Run, table: str, where: str) -> list[dict[str, Any]]:
    if run.ops.newest(table) is None:
        return []
    named = "path, _file_hash as sha256, delivered_at, record_offset, record_hash"
    return run.ops.ask(f"select {named} from {table.split('.')[1]} where {where}", {table: None})


def _counts(run: Run, table: str, paths: list[str]) -> dict[Landing, tuple[int, int]]:
    """Of each content of these paths, how many records stand in bronze, and how many keys they have."""
    sql = (
        "select path, _file_hash as sha256, delivered_at, count(distinct record_offset) as records, "
        f"count(distinct record_key) as keys from {table.split('.')[1]} "
        f"where path in ({', '.join(map(sql_text, paths))}) group by path, _file_hash, delivered_at"
    )
    found = run.ops.ask(sql, {table: None})
    return {(row["path"], row["sha256"], row["delivered_at"]): (row["records"], row["keys"]) for row in found}


def _persons_left(feed: Feed, row: Row, mine: Group, held: Mapping[Place, str]) -> str | None:
    """Keys of the persons of whom these records told until they were mended: their tables let go of them.

    From quarantine, which holds them until then: bronze has forgotten them when a killed replay is repeated.
    """
    if is_of_parts(feed.wire):
        return None
    naming = Naming(feed, inside(str(row["path"])))

    def key(record: Record) -> int:
        return key_of(str(row["hospital"]), str(row["system"]), naming(record, digest_of(record.raw))[1])

    now = {key(record) for _, record in mine}
    was = {key(record) for each, _ in mine for record in read_alone(held[each.mended.place], feed)}
    return ",".join(map(str, sorted(was - now))) or None


def _ledger_row(row: Row, mended: int, quarantined: int, stands: tuple[int, int]) -> dict[str, object]:
    """The file's ledger by what stands in bronze now; a record that was mended into another one is a duplicate."""
    landed, keys = stands
    duplicates = int(str(row["records_in"])) - int(str(row["erased"] or 0)) - quarantined - landed
    if not 0 <= duplicates - int(str(row["duplicates"])) <= mended:
        raise DataError(
            f"{row['path']}: bronze does not hold the {row['landed']} records that landed. See `twinlake verify`."
        )
    return {**row, "landed": landed, "quarantined": quarantined, "duplicates": duplicates, "rekeyed": landed - keys,
            "mended": int(str(row["mended"] or 0)) + mended, "status": LANDED, "reason": ""}  # fmt: skip


def _sequence(ledger: Ledger, row: Row) -> int:
    """After all that was told; but a content that another followed under its path keeps its turn."""
    if ledger.current[str(row["path"])] is row:
        return 1 + max(int(str(each["sequence"])) for each in ledger.rows)
    return int(str(row["sequence"]))
