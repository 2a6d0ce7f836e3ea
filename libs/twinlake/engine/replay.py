"""Lands mended records in the place of the broken ones: same file, same offset, same delivery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from twinlake.declare.errors import DataError
from twinlake.declare.source import Feed
from twinlake.engine.discover import inside
from twinlake.engine.erased import read_erased
from twinlake.engine.ledger import LANDED, read_ledger
from twinlake.engine.mended import (
    Landing,
    Mended,
    Place,
    Row,
    Standing,
    everywhere,
    held_records,
    landings,
    meant,
    place_of,
    together,
)
from twinlake.engine.mending import bronze_of, faults_of, land
from twinlake.engine.records import landed_in_bronze
from twinlake.engine.run import Run
from twinlake.engine.staging import Naming
from twinlake.engine.wire import Record, is_of_parts, read_alone

# By path and hash, the last word on each content of a file.
Files = Mapping[tuple[str, str], Row]
Found = tuple[Mended, list[Record]]


def land_mended(run: Run, mended: list[Mended]) -> int:
    """Land every mended record or none, wherever it was delivered; the ledger of each file says so. How many landed.

    Files are done one after another, those that share a record at once: if that is killed, the same again does those
    that are left.
    """
    ledger = read_ledger(run.ops)
    held, landed = held_records(run.ops, ledger), landings(ledger)
    files = {landing[:2]: row for landing, row in landed.items()}
    mended = sorted({*meant(mended, held, ledger)}, key=lambda m: m.place)
    _refuse_unknown(mended, files)
    mended = _left_to_do(run, mended, files, held)
    records = [(m, read_alone(m.raw_record, _feed(run, files[m.file]))) for m in mended]
    _refuse_broken(records)
    _refuse_renamed(run, records, files, held)
    _refuse_erased(run, records, files)
    _refuse_part(run, files, records)
    read = dict(records)
    for group in together(_everywhere(run, mended, landed)):
        land(run, ledger, landed, held, [(each, read[each.mended][0]) for each in group])
    return len(records)


def _everywhere(run: Run, mended: list[Mended], landed: Mapping[Landing, Row]) -> list[Standing]:
    by_table: dict[str, list[Mended]] = {}
    files = {landing[:2]: row for landing, row in landed.items()}
    for m in mended:
        by_table.setdefault(bronze_of(files[m.file]), []).append(m)
    return [each for table, some in sorted(by_table.items()) for each in everywhere(run.ops, table, some, landed)]


def _refuse_unknown(mended: list[Mended], files: Files) -> None:
    unknown = sorted({m.path for m in mended if m.file not in files})
    if unknown:
        raise DataError(
            f"No landed file: {', '.join(unknown)}. A file that was quarantined as a whole is mended in the feeds and "
            "taken up by the next run."
        )


def _left_to_do(run: Run, mended: list[Mended], files: Files, held: Mapping[Place, str]) -> list[Mended]:
    """What quarantine still holds; the rest must stand mended already, for a place may be another record's by now."""
    places = Counter(m.place for m in mended)
    twice = sorted(f"{path} record {offset}" for (path, _, offset), times in places.items() if times > 1)
    if twice:
        raise DataError(f"Mended in two ways: {'; '.join(twice)}. Leave one of them.")
    left = [m for m in mended if m.place in held]
    gone = [m for m in mended if m.place not in held]
    of_files = {m.file for m in gone} if left else ()
    done = {m for file in of_files for m in _done(run, files[file], [m for m in gone if m.file == file])}
    elsewhere = [f"{m.path} record {m.record_offset}" for m in gone if m not in done]
    if elsewhere:
        raise DataError(
            f"Not in quarantine (any more): {'; '.join(elsewhere)}. Nothing was replayed; export again and mend that."
        )
    return left


def _done(run: Run, row: Row, mended: list[Mended]) -> list[Mended]:
    """Those of a file that stand in their places as they were mended."""
    from pyspark.sql import functions as F

    stored = landed_in_bronze(run, str(row["system"]), str(row["feed"]))
    of_file = (F.col("path") == row["path"]) & (F.col("_file_hash") == row["sha256"])
    here = of_file & F.col("record_offset").isin([m.record_offset for m in mended])
    told = {(r["record_offset"], r["raw_record"])
            for r in stored.where(here).select("record_offset", "raw_record").toArrow().to_pylist()}  # fmt: skip
    feed = _feed(run, row)
    return [
        m
        for m in mended
        if any(
            (m.record_offset, raw) in told for raw in (m.raw_record, *(r.raw for r in read_alone(m.raw_record, feed)))
        )
    ]


def _feed(run: Run, row: Row) -> Feed:
    return run.feed(str(row["system"]), str(row["feed"]))


def _refuse_broken(records: list[Found]) -> None:
    broken = [f"{m.path} record {m.record_offset}" for m, found in records if not found]
    if broken:
        raise DataError(
            f"Still not readable: {'; '.join(broken)}. Nothing was replayed; mend these (a part of a document in the "
            "document, which is delivered again) and try again."
        )


def _refuse_renamed(run: Run, records: list[Found], files: Files, held: Mapping[Place, str]) -> None:
    """Parts keep the names they got from what stood around them, so a mend may not touch what they are named by."""
    parts = [(m, found) for m, found in records if is_of_parts(_feed(run, files[m.file]).wire)]
    before = ((m, found, read_alone(held[m.place], _feed(run, files[m.file]))) for m, found in parts)
    other = [f"{m.path} record {m.record_offset}" for m, found, was in before
             if (_named(found) != _named(was) if was else len(found) > 1)]  # fmt: skip
    if other:
        raise DataError(
            f"Mended into another person, thing or message: {'; '.join(other)}. A part of a message keeps what it is "
            "named by; for more than that, and for a message that could not be read at all, mend the file and deliver "
            "it again. Nothing was replayed."
        )


def _refuse_erased(run: Run, records: list[Found], files: Files) -> None:
    erased = read_erased(run.ops)
    theirs = []
    for m, found in records:
        naming = Naming(_feed(run, files[m.file]), inside(m.path), erased.in_file(m.path))
        if naming.erased and any(map(naming.is_erased, found)):
            theirs.append(f"{m.path} record {m.record_offset}")
    if theirs:
        raise DataError(f"Of somebody who was erased: {'; '.join(theirs)}. Take them out; nothing was replayed.")


def _named(found: list[Record]) -> list[tuple[str | None, ...]]:
    return [(record.kind, record.key, record.person, record.version) for record in found]


def _refuse_part(run: Run, files: Files, records: list[Found]) -> None:
    """A file that does not count yet would, with its first record, stand for all that was known before."""
    places = {m.place for m, _ in records}
    for path, sha256 in sorted({m.file for m, _ in records}):
        row = files[path, sha256]
        left = [each for each in faults_of(run, row, [path]) if place_of(each, {path: row}) not in places]
        if row["status"] != LANDED and left:
            raise DataError(
                f"{path}: no record of it could be read, so it does not count, and {len(left)} of them are not mended "
                "yet. Mend all of them at once. Nothing was replayed."
            )
