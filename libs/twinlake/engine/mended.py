"""Mended records: which content of a file each is of, and every place in bronze where it stands as it was told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from twinlake.declare.errors import DataError
from twinlake.engine.ledger import LANDED, NONE_READABLE, Ledger
from twinlake.engine.ops import Ops, sql_text
from twinlake.engine.quarantine import Quarantine, quarantine_tables

Row = Mapping[str, Any]
# A path, the hash of what it held, and when that was delivered.
Landing = tuple[str, str, datetime]
# A path, the hash of what it held, and a record's offset in it.
Place = tuple[str, str, int]
NAMES = ("record_key", "source_person_id", "record_version", "record_kind")


@dataclass(frozen=True)
class Mended:
    """A record as it should have been, and where it stands; without a hash in what its path holds now."""

    path: str
    record_offset: int
    raw_record: str
    file_hash: str = ""

    @property
    def file(self) -> tuple[str, str]:
        return self.path, self.file_hash

    @property
    def place(self) -> Place:
        return self.path, self.file_hash, self.record_offset


@dataclass(frozen=True)
class Standing:
    """One place of a mended record; `names` are what the record there is called so far, if one stands there."""

    mended: Mended
    landing: Landing
    offset: int
    names: tuple[Any, ...] | None = None


def landings(ledger: Ledger) -> dict[Landing, Row]:
    """The last word on each content that landed, or of which no record could be read."""
    told = (row for row in ledger.rows if row["feed"] and (row["status"] == LANDED or row["reason"] == NONE_READABLE))
    return {(str(row["path"]), str(row["sha256"]), row["delivered_at"]): row for row in told}  # type: ignore[misc]


def held_records(ops: Ops, ledger: Ledger) -> dict[Place, str]:
    """What quarantine holds, by place."""
    every = [row for name in quarantine_tables(ops) for row in Quarantine(ops, name).rows() if row["path"]]
    return {place_of(row, ledger.current): row["raw_record"] for row in every}


def place_of(row: Row, current: Mapping[str, Row]) -> Place:
    """The place of a row of quarantine; one without a hash is of what its path holds now."""
    return row["path"], row["file_hash"] or str(current.get(row["path"], {}).get("sha256", "")), row["record_offset"]


def meant(mended: Iterable[Mended], held: Mapping[Place, str], ledger: Ledger) -> Iterator[Mended]:
    """Each with the hash of the content it is of: of what its path holds now, unless only an older one is held."""
    current = ledger.current
    for each in mended:
        now = str(current.get(each.path, {}).get("sha256", ""))
        older = {place[1] for place in held if (place[0], place[2]) == (each.path, each.record_offset)} - {now}
        is_held = (each.path, now, each.record_offset) in held
        alone = older.pop() if len(older) == 1 and not is_held else now
        yield each if each.file_hash else replace(each, file_hash=alone)


def everywhere(ops: Ops, table: str, mended: list[Mended], known: Iterable[Landing]) -> list[Standing]:
    """Where these records of one bronze table stand: in each landing of their content, and wherever else they came.

    A record that was delivered twice is one record: mended in one place alone, the other would still tell it broken.
    """
    known = set(known)
    found = {(landing, m.record_offset): Standing(m, landing, m.record_offset)
             for m in mended for landing in known if landing[:2] == m.file}  # fmt: skip
    if ops.newest(table) is None:
        return list(found.values())
    by_place = {m.place: m for m in mended}
    told: dict[tuple[Any, ...], list[Mended]] = defaultdict(list)
    paths, offsets = sorted({m.path for m in mended}), sorted({m.record_offset for m in mended})
    for row in _asked(ops, table, f"path in ({_texts(paths)}) and record_offset in ({', '.join(map(str, offsets))})"):
        if m := by_place.get((row["path"], row["sha256"], row["record_offset"])):
            told[_record(row)].append(m)
    for row in (
        _asked(ops, table, f"record_hash in ({_texts(sorted({record[-1] for record in told}))})") if told else ()
    ):
        landing = (row["path"], row["sha256"], row["delivered_at"])
        for m in told.get(_record(row), ()) if landing in known else ():
            place = (landing, row["record_offset"])
            _refuse_two_ways(m, found.get(place))
            found[place] = Standing(m, *place, tuple(row[name] for name in NAMES))
    return list(found.values())


def _asked(ops: Ops, table: str, where: str) -> list[dict[str, Any]]:
    named = f"path, _file_hash as sha256, delivered_at, record_offset, hospital, record_hash, {', '.join(NAMES)}"
    return ops.ask(f"select {named} from {table.split('.')[1]} where {where}", {table: None})


def _texts(values: Iterable[str]) -> str:
    return ", ".join(map(sql_text, values))


def _record(row: Row) -> tuple[Any, ...]:
    return row["hospital"], row["record_key"], row["record_hash"]


def _refuse_two_ways(mended: Mended, other: Standing | None) -> None:
    if other is not None and other.mended.raw_record != mended.raw_record:
        one, two = (f"{m.path} record {m.record_offset}" for m in (other.mended, mended))
        raise DataError(
            f"Mended in two ways: {one} and {two}, which are one record. Leave one of them; nothing was replayed."
        )


def together(standings: Iterable[Standing]) -> list[list[Standing]]:
    """The places by files; files that share a record are one group."""
    placed = sorted(standings, key=lambda each: (each.landing, each.offset))
    shared: dict[Mended, set[Landing]] = defaultdict(set)
    for each in placed:
        shared[each.mended].add(each.landing)
    tied = {each.landing: {each.landing} for each in placed}
    for some in shared.values():
        whole = set().union(*(tied[landing] for landing in some))
        tied |= dict.fromkeys(whole, whole)
    groups: dict[Landing, list[Standing]] = defaultdict(list)
    for each in placed:
        groups[min(tied[each.landing])].append(each)
    return list(groups.values())
