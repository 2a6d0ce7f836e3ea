"""Erases a person: from bronze, by an ordinary run from every table made of it, then from every file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from jobs import _report
from jobs._daily import walk
from jobs._run import Opened
from twinlake.declare.errors import ConfigurationError, DataError
from twinlake.engine import erased, purge, resolution, subject, withdrawal
from twinlake.engine.airflow_turn import hold
from twinlake.engine.damage import GIVEN
from twinlake.engine.decisions import decisions_of
from twinlake.engine.failure import without_values
from twinlake.engine.home import Home
from twinlake.engine.ingest import remove_unfinished
from twinlake.engine.publication import require_publication
from twinlake.engine.run import Run
from twinlake.engine.subject import Subject
from twinlake.engine.whereabouts import Sought, search

Say = Callable[[str], None]
BEGUN, WITHDRAWN, DONE, FOUND = "begun", "withdrawn", "done", "found"


@dataclass(frozen=True)
class Asked:
    """Who is to be erased, who asked for it, why and when."""

    person: str
    by: str
    why: str
    at: datetime


def erase(opened: Opened, asked: Asked, say: Say, *, keep_shared: bool, dry: bool, close: bool = False) -> bool:
    """Erase a person from a lake, or (if `dry`) say what would go; whether the search after it found nothing."""
    run = opened.run
    with hold(run.home, run.run_id, erasing=True), without_values(run.home, "erase"):
        found = _subject(run, asked, dry=dry)
        say("\n".join(_foreseen(run, found)))
        # What was begun goes on: to stop between would be worse than what it would be refused for.
        if not erased.is_registered(run.ops, found.erasure_id):
            _refuse(run, found, asked, keep_shared)
        if dry:
            return True
        subject.begin(run.home, found)
        _withdraw(run, found, say)
        _carry_on(replace(_anew(opened) if found.has_moved else opened, erasing=True), say)
        return _prove(run, found, say, close=close)


def _subject(run: Run, asked: Asked, *, dry: bool) -> Subject:
    """Whom it is about: the erasure that was begun, if its place in the register says that it had got so far."""
    begun = subject.begun(run.home)
    if begun and not erased.is_registered(run.ops, begun.erasure_id):
        # Nothing was taken out yet: persons may be linked otherwise by now.
        begun = None if dry else subject.end(run.home)
    if begun and begun.asked != asked.person:
        raise ConfigurationError(
            f"Another erasure was begun at {begun.erased_at[:16]} by {begun.erased_by} ({begun.why}) and is not "
            "finished. Give its command again first (with --close, if the search finds them and that is to stay)."
        )
    if begun:
        return begun
    published = require_publication(run.ops)
    resolution.refuse_unlinked(run)
    feeds = {(system.name, feed.name): feed for system in run.systems.values() for feed in system.feeds}
    return resolution.resolve(run.ops, published, feeds, asked.person, asked.by, asked.why, asked.at)


def _foreseen(run: Run, found: Subject) -> Iterator[str]:
    """How many rows of which table would go; no name and no value."""
    yield f"{len(found.persons)} source persons, {len(found.places)} records"
    decided = sum(withdrawal.tells_of(each, found) for each in decisions_of(run.ops))
    rows = Counter(place.table for place in found.places) + Counter(each.table for each in found.held)
    rows += Counter(dict(resolution.counts(run.ops, found))) + Counter({GIVEN: decided})
    yield from (f"  {table:<36} {count:,} rows" for table, count in sorted(rows.items()))
    publications = {row["sequence"] for row in run.ops.rows("publication")}
    yield f"  {'publications':<36} {len(publications):,} so far, none of which can be read any more afterwards"


def _refuse(run: Run, found: Subject, asked: Asked, keep_shared: bool) -> None:
    """What the command cannot do right is said before anything is done."""
    if found.is_named_in(asked.why):
        raise ConfigurationError("--why names the person, and it is kept. Say it without.")
    paths = {each.path for each in (*found.places, *found.held) if each.path}
    named = sorted(path for path in paths if found.is_identified_in(path) and (run.home.feeds / path).exists())
    if named:
        raise DataError(
            f"These files are named for the person: {', '.join(named)}. Their names would stay in the ledger for as "
            "long as they are in the feeds. Take them out there, then give the command again. Nothing was erased."
        )
    others = resolution.strangers(run.ops, found)
    if others and not keep_shared:
        raise DataError(
            f"Records of others name the person: {'; '.join(_told(others))}. If one is told under an old id of theirs, "
            "erase that one first (hospital/system/id). Have their hospital correct the rest and deliver it again, or "
            "give --keep-shared: then they stay, and the search after it names the files they are in. Nothing was "
            "erased."
        )


def _withdraw(run: Run, found: Subject, say: Say) -> None:
    """From here on nothing of them lands; what no other table is made before goes at once."""
    ops, mark = run.ops, json.dumps({"erasure": found.erasure_id})
    records = [each.hash for each in found.held if each.hash]
    erased.register(ops, found.erasure_id, found.hashes, records)
    _record(run, found, BEGUN)
    say("Registered: what is of them does not land again.")
    for table in resolution.bronze_tables(ops):
        for hospital in run.hospitals:
            remove_unfinished(run, hospital, table)
    for table in purge.write_out_deleted(run):
        say(f"{table:<34} rows that were marked as deleted are out of its files")
    for table in resolution.bronze_tables(ops):
        if gone := withdrawal.from_bronze(ops, table, subject.person_keys(found.persons), mark):
            say(f"{table:<34} {gone:,} rows out")
    if not _came_to(run, found, WITHDRAWN):
        withdrawal.from_ledger(ops, found, mark)
        _record(run, found, WITHDRAWN)
    withdrawal.from_file_schemas(ops, found)
    for table in sorted({each.table for each in found.held}):
        withdrawal.from_quarantine(ops, table, found.held)
    withdrawal.from_decisions(ops, found)


def _anew(opened: Opened) -> Opened:
    """A run that makes all tables of bronze again, since others' records count otherwise than they were seen to."""
    every = frozenset(table.full_name for table in opened.run.tables.values())
    return replace(opened, run=replace(opened.run, anew=every))


def _carry_on(opened: Opened, say: Say) -> None:
    """An ordinary run takes them out of every other table; then out of every file."""
    run = opened.run
    with purge.without_marks(run):
        walk(opened)
    say(f"{'publications':<34} {purge.retire(run)} of before can no longer be read")
    say(f"{'files':<34} {purge.remove(run):,} removed that still held what was deleted")
    say(f"{'report':<34} {_report.make(run.home)}, the pages of before are removed")


def _prove(run: Run, found: Subject, say: Say, *, close: bool) -> bool:
    """Search every file of the home for them; say what is left, and keep the figures."""
    say("\n".join(_beyond(run.home, found)))
    keys = found.keys
    sought = (Sought(tuple(found.identifiers), keys, found.numbers), Sought(found.called))
    left = search(run.home.path, sought, leave_out=[subject.file_of(run.home), run.home.path / "run.lock"])
    theirs, alike = left.found
    for file in theirs:
        say(f"WRONG {file} still holds an identifier of theirs")
    if alike:
        say(f"Words of their names or address, which may be anybody's, stand in: {', '.join(alike)}")
    if found.untold:
        say(
            f"{found.untold} of their source ids are too short to be told from other numbers; their 64-bit keys were "
            "looked for."
        )
    _record(run, found, FOUND if theirs else DONE, left.files, len(theirs))
    if not theirs or close:
        subject.end(run.home)
    else:
        subject.leave_open(run.home)
        say(
            "Runs go on. To have it proved, put these files right and give the same command again; to leave it at "
            f"that, give it with --close. Until then the person's identifiers stand in {subject.FOUND} of the home."
        )
    say(f"erasure {found.erasure_id}: {len(theirs)} of {left.files:,} files hold an identifier of the person")
    return not theirs


def _came_to(run: Run, found: Subject, state: str) -> bool:
    """Whether it got so far; unlike the mark of the ledger's commit, this outlives the removal of old log entries."""
    states = {row["state"] for row in run.ops.rows("erasure") if row["erasure_id"] == found.erasure_id}
    return state in states


def _record(run: Run, found: Subject, state: str, files: int | None = None, wrong: int | None = None) -> None:
    """Who asked, why and when, and how it went: once for each state it came to."""
    if state == BEGUN and _came_to(run, found, BEGUN):
        return
    published = require_publication(run.ops)
    run.ops.append("erasure", [
        {"erasure_id": found.erasure_id, "state": state, "erased_by": found.erased_by, "why": found.why,
         "erased_at": datetime.fromisoformat(found.erased_at), "source_persons": len(found.persons),
         "records": len(found.places), "files_searched": files, "files_found": wrong,
         "publication_id": published.publication_id, "run_id": run.run_id}
    ])  # fmt: skip


def _beyond(home: Home, found: Subject) -> Iterator[str]:
    """What the lake cannot reach: the hospitals' files, copies elsewhere, and what models have learnt."""
    landed = {(place.path, place.record_offset) for place in found.places}
    held = {(h.path, h.record_offset) for h in found.held if h.hash and h.path and h.record_offset is not None}
    records = sorted(landed | held)
    there = [(path, number) for path, number in records if (home.feeds / path).exists()]
    if there:
        yield "The feeds still hold their records, which are the hospitals' to remove (they do not land again):"
        yield from (f"  {line}" for line in _told(there))
    yield (
        "Backups that were made before hold them as well: make a new one, then delete those. Models that were trained "
        "with them keep what they learnt until they are trained again (`twinlake run --train`)."
    )


def _told(records: list[tuple[str, int]]) -> Iterator[str]:
    """A line a file, with the numbers of the records in it."""
    for path, found in groupby(records, key=lambda record: record[0]):
        yield f"{path}: {_ranges([number for _, number in found])}"


def _ranges(numbers: list[int]) -> str:
    """`3, 7-9`"""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
