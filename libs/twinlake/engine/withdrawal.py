"""Takes the rows of an erased person out of what no table is made before: bronze, ledger, quarantine, decisions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from twinlake.declare.decision import Decision
from twinlake.engine import decisions
from twinlake.engine.bronze import BRONZE, gathered, write_sorted
from twinlake.engine.delta_log import DataFile
from twinlake.engine.file_schemas import NAME as FILE_SCHEMA
from twinlake.engine.ingest import state_of
from twinlake.engine.ledger import LANDED, NONE_READABLE
from twinlake.engine.ops import Ops, as_batch
from twinlake.engine.quarantine import SCHEMA, Quarantine
from twinlake.engine.subject import Held, Place, Subject

LEDGER = "landing_ledger"
ERASED = "(erased)"
# What tells rows of quarantine apart.
ROW = ("path", "record_offset", "unit", "record_id", "file_hash")
Row = Mapping[str, Any]


def from_bronze(ops: Ops, table: str, keys: list[int], mark: str) -> int:
    """Write the files that hold rows of these source persons again without them, in one commit; how many rows went."""
    folder, newest = Path(ops.path(table)), ops.newest(table)
    assert newest is not None
    theirs = pa.array(keys, pa.int64())
    files = [f for f in ops.log(table).files(newest).values() if _holds(folder / f.path, theirs)]
    if not files:
        return 0
    before = sum(pq.read_metadata(folder / file.path).num_rows for file in files)
    written = [write_sorted(folder, rows) for rows in gathered(_without(folder, files, theirs)) if rows.num_rows]
    adds = [{"path": f["name"], "size": f["bytes"], "modificationTime": f["written_at"], "stats": f["stats"]}
            for f in written]  # fmt: skip
    ops.log(table).rearrange(newest, files, adds, mark, same=False)
    return before - sum(json.loads(file["stats"])["numRecords"] for file in written)


def _holds(file: Path, keys: pa.Array) -> bool:
    found = pq.read_table(file, columns=["source_person_key"], partitioning=None)["source_person_key"]
    return bool(pc.any(pc.is_in(found, keys)).as_py())


def _without(folder: Path, files: list[DataFile], keys: pa.Array) -> Iterator[pa.Table]:
    for file in sorted(files, key=lambda each: each.path):
        rows = pq.read_table(folder / file.path, partitioning=None).select(BRONZE.names).cast(BRONZE)
        yield rows.filter(pc.invert(pc.is_in(rows["source_person_key"], keys)))


def from_ledger(ops: Ops, subject: Subject, mark: str) -> None:
    """Count their records as erased and no more as landed or quarantined, in every landing that brought them.

    Its mark tells that it was done until whoever asked has noted that; purging the log removes the mark.
    """
    from deltalake import CommitProperties, write_deltalake

    name = f"ops.{LEDGER}"
    if any(commit.get("userMetadata") == mark for commit in ops.commits_since(name, -1)):
        return
    rows = sorted(ops.rows(LEDGER), key=lambda row: (row["sequence"], row["path"]))
    write_deltalake(
        ops.path(name), as_batch(LEDGER, corrected(rows, subject)), mode="overwrite", schema_mode="overwrite",
        commit_properties=CommitProperties(custom_metadata={"userMetadata": mark}),
    )  # fmt: skip


def corrected(rows: list[dict[str, Any]], subject: Subject) -> list[dict[str, Any]]:
    """The ledger as it is without them: a row counts the records of its own landing and of those before, not after.

    One that landed counts as landed though nothing of it is left. If it is named for them, it loses name and hash; one
    that did not land was never there.
    """
    landings: dict[tuple[Any, ...], list[Place]] = defaultdict(list)
    for place in subject.places:
        landings[place.table, place.path, place.sha256, place.delivered_at].append(place)
    first: dict[tuple[Any, ...], int] = {}
    for row in rows:
        first.setdefault((*_content(row), row["run_id"]), row["sequence"])
    last = {row["path"]: row["sequence"] for row in rows}

    def without(row: dict[str, Any]) -> dict[str, Any]:
        content = _content(row)
        began = {place: first.get((*content, place.run_id)) for place in landings.get(content, ())}
        landed = {p.record_offset for p, at in began.items() if at is not None and at <= row["sequence"]}
        held = _faults_of(row, subject.held) if row["sequence"] == last[row["path"]] else 0
        if row["status"] not in (LANDED, "quarantined") or not (landed or held):
            return row
        numbers = {"landed": row["landed"] - len(landed), "quarantined": row["quarantined"] - held,
                   "erased": (row["erased"] or 0) + len(landed) + held}  # fmt: skip
        unreadable = 0 if row["status"] == LANDED else row["records_in"]
        return {**row, **numbers, **state_of({**row, **numbers}, unreadable)}

    without_them = [without(_not_left_by(subject, row)) for row in rows]
    left = ((row, _records(row) or not subject.is_identified_in(row["path"])) for row in without_them)
    return [row if is_kept else _nameless(row) for row, is_kept in left if is_kept or row["status"] == LANDED]


def _not_left_by(subject: Subject, row: dict[str, Any]) -> dict[str, Any]:
    """The row without them among the persons whose records were mended into another's."""
    theirs = {str(key) for key in subject.keys}
    kept = [key for key in (row.get("persons_left") or "").split(",") if key and key not in theirs]
    return {**row, "persons_left": ",".join(kept) or None}


def _nameless(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "path": "/".join(filter(None, (row["hospital"], row["system"], row["delivery"], ERASED))),
        "sha256": "",
    }


def _content(row: Row) -> tuple[Any, ...]:
    table = f"bronze.{row['system']}_{row['feed']}"
    return table, row["path"], row["sha256"], row["delivered_at"].isoformat()


def _records(row: Row) -> int:
    """How many records of the file the lake still holds; a file that was refused as a whole has none."""
    return row["landed"] + (row["quarantined"] if _was_read(row) else 0)  # type: ignore[no-any-return]


def _was_read(row: Row) -> bool:
    return row["status"] == LANDED or row["reason"] == NONE_READABLE


def _faults_of(row: Row, held: tuple[Held, ...]) -> int:
    if not _was_read(row):
        return 0
    table = f"quarantine.{row['system']}_{row['feed']}"
    return len({each.record_offset for each in held if each.hash and (each.table, each.path) == (table, row["path"])})


def from_file_schemas(ops: Ops, subject: Subject) -> None:
    """Files that are named for them and lost their name in the ledger leave what is told of files' shapes too."""
    from deltalake import write_deltalake

    known = {row["path"] for row in ops.rows(LEDGER)}
    rows = ops.rows(FILE_SCHEMA)
    kept = [row for row in rows if row["path"] in known or not subject.is_identified_in(row["path"])]
    if len(kept) < len(rows):
        write_deltalake(
            ops.path(f"ops.{FILE_SCHEMA}"), as_batch(FILE_SCHEMA, kept), mode="overwrite", schema_mode="overwrite"
        )


def from_quarantine(ops: Ops, table: str, held: tuple[Held, ...]) -> None:
    """Take these rows out of a quarantine table, in one commit."""
    from deltalake import write_deltalake

    gone = {tuple(getattr(each, name) for name in ROW) for each in held if each.table == table}
    rows = Quarantine(ops, table).rows()
    kept = [row for row in rows if tuple(row[name] for name in ROW) not in gone]
    if len(kept) < len(rows):
        write_deltalake(ops.path(table), pa.Table.from_pylist(kept, schema=SCHEMA), mode="overwrite")


def from_decisions(ops: Ops, subject: Subject) -> int:
    """Take them out of what stewards decided, and why; one that then says nothing goes. How many told of them.

    A steward may decide meanwhile: only what was read is replaced.
    """
    from deltalake import DeltaTable, write_deltalake

    newest = ops.newest(decisions.NAME)
    if newest is None:
        return 0
    read = DeltaTable(ops.path(decisions.NAME), version=newest)
    before = decisions.decisions_of(ops, newest)
    told = {each.decision_id for each in before if tells_of(each, subject)}
    if told:
        write_deltalake(read, decisions.as_batch(_left(before, told, subject)), mode="overwrite")
    return len(told)


def tells_of(decision: Decision, subject: Subject) -> bool:
    """Whether a decision names them, as one whom it is about or in its reason."""
    is_said_why = decision.why != ERASED and subject.is_named_in(decision.why)
    return is_said_why or bool(_names(subject) & {*decision.named})


def _names(subject: Subject) -> set[str]:
    return {"/".join(person) for person in subject.persons}


def _left(before: list[Decision], told: set[str], subject: Subject) -> Iterator[Decision]:
    """What was decided of others; one that was taken back goes whole, for with other words it would stand again."""
    void = told & {decision.undone for decision in before}
    for decision in before:
        if void & {decision.decision_id, decision.undone}:
            continue
        left = _without_names(decision, _names(subject)) if decision.decision_id in told else decision
        if left is not None:
            yield left


def _without_names(decision: Decision, names: set[str]) -> Decision | None:
    """What a decision says of others; its reason was said of the erased as well."""
    one, other = (tuple(name for name in side if name not in names) for side in (decision.one, decision.other))
    said_of_nobody = decision.kind != "undo" and not (one and other)
    return None if said_of_nobody else replace(decision, one=one, other=other, why=ERASED)
