"""Finds the person that somebody asks to erase: source persons, what they alone bear, and every place they are in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from twinlake.declare.errors import ConfigurationError
from twinlake.declare.source import Feed
from twinlake.engine.consumed import consumed
from twinlake.engine.damage import GIVEN
from twinlake.engine.discover import inside
from twinlake.engine.erased import hash_of
from twinlake.engine.ledger import Ledger, read_ledger
from twinlake.engine.ops import Ops, sql_text
from twinlake.engine.pending import LEDGER
from twinlake.engine.publication import Publication
from twinlake.engine.quarantine import Quarantine, quarantine_tables
from twinlake.engine.run import Run
from twinlake.engine.stored_files import delta_tables
from twinlake.engine.subject import FEWEST_WRITTEN, Held, Place, Subject, is_telling, person_keys, place_of, words

LINK, ALIAS, MERGE, SOURCE = "empi.person_link", "empi.person_alias", "empi.person_merge", "empi.source_person"
# What of a source person is their own; the rest (a city, a sex, a day) is said of many.
NUMBERS = ("ssn", "licence_number", "passport_number", "mrn")
CALLED = ("given_name", "middle_name", "family_name", "maiden_name", "address_line", "phone")
Person = tuple[str, str, str]
Feeds = Mapping[tuple[str, str], Feed]


def resolve(
    ops: Ops, published: Publication, feeds: Feeds, asked: str, by: str, why: str, at: datetime
) -> Subject:  # fmt: skip
    """All that is of the person `asked` for: a person_id of the last publication, or one of its source persons."""
    _refuse_moved(ops, published)
    persons, ids = _persons(ops, asked)
    keys = sorted({*person_keys(persons), *ids})
    known = "\n".join(sorted(hash_of(*person) for person in persons)) + at.isoformat()
    found = Subject(
        asked, hashlib.sha256(known.encode()).hexdigest()[:16], by, why, at.isoformat(), tuple(persons), tuple(keys),
        tuple(_own(ops, persons, NUMBERS)), tuple(_own(ops, persons, CALLED)),
        tuple(_places(ops, person_keys(persons))),
    )  # fmt: skip
    held = tuple(_held(ops, feeds, found))
    if not found.places and not held and not _is_linked(ops, persons):
        raise ConfigurationError(
            f"{asked} is nobody of this lake. Give a person_id (`twinlake sql` over silver.person lists them) or a "
            "source person, hospital/system/id. Whoever was erased (ops.erasure) is nobody of it any more."
        )
    return replace(found, held=held, has_moved=has_moved(ops, found))


def _refuse_moved(ops: Ops, published: Publication) -> None:
    """Who is who must be what the one who asks has seen."""
    if ops.version(LINK) != published.versions.get(LINK):
        raise ConfigurationError("Persons were linked anew since the last publication. Run `twinlake run`, then erase.")


def refuse_unlinked(run: Run) -> None:
    """A source person that landed and is not linked yet would not be found."""
    link, made = consumed(run, LINK), consumed(run, SOURCE)
    seen = read_ledger(run.ops, made.inputs.get(LEDGER, -1) if made else -1)
    is_linked = link is not None and all(run.ops.version(name) == version for name, version in link.inputs.items())
    if not is_linked or _landings(seen) != _landings(read_ledger(run.ops)):
        raise ConfigurationError(
            "Files landed by which persons are not linked yet. Run `twinlake run` (where a hospital's [drift] stops "
            'it, correct what does, or say "warn" meanwhile), then erase.'
        )


def _landings(ledger: Ledger) -> set[tuple[object, ...]]:
    return {(row["path"], row["sha256"], row["sequence"], row["mended"]) for row in ledger.rows if row["landed"]}


def _persons(ops: Ops, asked: str) -> tuple[list[Person], list[int]]:
    """The source persons of a person, and the person_ids they have or had."""
    if "/" in asked:
        named: Person = tuple(asked.split("/", 2))  # type: ignore[assignment]
        if len(named) != 3 or not all(named):
            raise ConfigurationError(f"{asked!r} is no source person; write hospital/system/id.")
        found = _ask(ops, f"select person_id from person_link where {_is(named)}", LINK)
        person = found[0]["person_id"] if found else None
    else:
        named, person = ("", "", ""), _number(asked)
        retired = _ask(ops, f"select person_id from person_alias where old_person_id = {person}", ALIAS)
        person = retired[0]["person_id"] if retired else person
    if person is None:
        return _with_merged(ops, [named]), []
    members = _ask(ops, f"select * from person_link where person_id = {person}", LINK)
    if not members:
        raise ConfigurationError(f"No person is called {asked}. `twinlake sql` over silver.person lists them.")
    return _with_merged(ops, [_person(row) for row in members]), [person]


def _number(asked: str) -> int:
    try:
        return int(asked)
    except ValueError as error:
        raise ConfigurationError(f"{asked!r} is no person_id and no source person (hospital/system/id).") from error


def _with_merged(ops: Ops, persons: list[Person]) -> list[Person]:
    """Them, and the numbers that their hospital merged with theirs and under which nobody is known."""
    found = {*persons}
    for one, other in (("retired", "surviving"), ("surviving", "retired")):
        for hospital, system, ident in persons:
            theirs = _is((hospital, system, ident), f"{one}_source_person_id")
            rows = _ask(ops, f"select {other}_source_person_id as other from person_merge where {theirs}", MERGE)
            found |= {(hospital, system, row["other"]) for row in rows}
    strangers = found - {*persons}
    return sorted(found - {p for p in strangers if _is_linked(ops, [p])})


def _is_linked(ops: Ops, persons: Iterable[Person]) -> bool:
    return any(_ask(ops, f"select person_id from person_link where {_is(person)}", LINK) for person in persons)


def _own(ops: Ops, persons: list[Person], columns: tuple[str, ...]) -> list[str]:
    """What is said of them in these columns and of no other source person of the lake."""
    theirs = " or ".join(f"({_is(person)})" for person in persons)
    rows = _ask(ops, f"select {', '.join(columns)} from source_person where {theirs}", SOURCE)
    values = sorted({(name, row[name]) for row in rows for name in columns if row[name] and is_telling(row[name])})

    def is_shared(name: str, value: str) -> bool:
        sql = f"select 1 as one from source_person where {name} = {sql_text(value)} and not ({theirs}) limit 1"
        return bool(_ask(ops, sql, SOURCE))

    return sorted({value for name, value in values if not is_shared(name, value)})


def _places(ops: Ops, keys: list[int]) -> Iterator[Place]:
    named = "path, record_offset, _file_hash, delivered_at, _run_id"
    for table in bronze_tables(ops):
        sql = f"select {named} from {table.split('.')[1]} where source_person_key in ({_listed(keys)})"
        rows = _ask(ops, sql, table)
        yield from sorted((place_of(table, row) for row in rows), key=repr)


def _held(ops: Ops, feeds: Feeds, subject: Subject) -> Iterator[Held]:
    """Rows of quarantine: under their number, made of their records, or unreadable and, it seems, theirs."""
    records = {(place.path, place.record_offset, place.sha256) for place in subject.places}
    for table in quarantine_tables(ops):
        is_feed = table in {f"quarantine.{system}_{feed}" for system, feed in feeds}
        for row in Quarantine(ops, table).rows():
            made = row["unit"] in subject.keys or (row["path"], row["record_offset"], row["file_hash"]) in records
            if made or (is_feed and _seems_theirs(row, feeds, subject)):
                raw = row["raw_record"] if is_feed else None
                digest = hash_of(row["hospital"], row["system"], raw) if raw else ""
                place = (row["path"], row["record_offset"], row["unit"])
                yield Held(table, *place, digest, row["record_id"], row["file_hash"])


def _seems_theirs(row: dict[str, Any], feeds: Feeds, subject: Subject) -> bool:
    """Whether a record that cannot be read is of the person its file is named for, else whether it names them."""
    feed = feeds.get((row["system"], row["feed"]))
    owner = feed.person_in(inside(row["path"])) if feed else None
    if owner is not None:
        return (row["hospital"], row["system"], owner) in subject.persons
    named = subject.names_at(row["hospital"], row["system"])
    return bool(named) and re.search(words(named), row["raw_record"] or "") is not None


def has_moved(ops: Ops, subject: Subject) -> bool:
    """Whether a key of their records is also that of somebody else's."""
    theirs = f"source_person_key in ({_listed(person_keys(subject.persons))})"
    for table in sorted({place.table for place in subject.places}):
        name = table.split(".")[1]
        same = f"(select hospital, record_key from {name} where {theirs}) as own using (hospital, record_key)"
        if _ask(ops, f"select 1 as one from {name} join {same} where not {theirs} limit 1", table):
            return True
    return False


def strangers(ops: Ops, subject: Subject) -> list[tuple[str, int]]:
    """Records of others that name them: path and place in the file.

    By their ids, where these mean them (their hospital and system); by their own long numbers, everywhere: such a
    record may be told under an old id of theirs, which nobody is linked to any more.
    """
    names = [_named_at(*place, subject) for place in sorted({person[:2] for person in subject.persons})]
    numbers = [number for number in subject.numbers if len(number) >= FEWEST_WRITTEN]
    names += [f"regexp_like(raw_record, {sql_text(words((), numbers))})"] if numbers else []
    named = " or ".join(filter(None, names))
    others = f"source_person_key not in ({_listed(person_keys(subject.persons))})"
    found: set[tuple[str, int]] = set()
    for table in bronze_tables(ops) if named else ():
        sql = f"select path, record_offset from {table.split('.')[1]} where {others} and ({named})"
        found |= {(row["path"], row["record_offset"]) for row in _ask(ops, sql, table)}
    return sorted(found)


def _named_at(hospital: str, system: str, subject: Subject) -> str:
    named = subject.names_at(hospital, system)
    here = f"hospital = {sql_text(hospital)} and system = {sql_text(system)}"
    return f"({here} and regexp_like(raw_record, {sql_text(words(named))}))" if named else ""


def bronze_tables(ops: Ops) -> list[str]:
    """The tables in which records land."""
    return [name for name in delta_tables(ops.lake) if name.startswith("bronze.")]


def counts(ops: Ops, subject: Subject) -> Iterator[tuple[str, int]]:
    """By table, how many rows are theirs; no row is read for it but its key."""
    for table in delta_tables(ops.lake):
        if table.startswith(("bronze.", "quarantine.", "ops.")) or table == GIVEN:
            continue
        rows = _ask(ops, f"select count(*) as n from {table.split('.')[1]} where {_keyed(ops, table, subject)}", table)
        if rows[0]["n"]:
            yield table, rows[0]["n"]


def _keyed(ops: Ops, table: str, subject: Subject) -> str:
    from deltalake import DeltaTable

    names = [field.name for field in DeltaTable(ops.path(table), without_files=True).schema().fields]
    numbers = [n for n in names if n in ("person_id", "old_person_id") or n.endswith("source_person_key")]
    return " or ".join(f"{name} in ({_listed(subject.keys)})" for name in numbers) or "false"


def _ask(ops: Ops, sql: str, table: str) -> list[dict[str, Any]]:
    return ops.ask(sql, {table: None}) if ops.newest(table) is not None else []


def _person(row: dict[str, Any]) -> Person:
    return row["hospital"], row["system"], row["source_person_id"]


def _is(person: Person, ident: str = "source_person_id") -> str:
    names = ("hospital", "system", ident)
    return " and ".join(f"{name} = {sql_text(value)}" for name, value in zip(names, person, strict=True))


def _listed(keys: Iterable[int]) -> str:
    return ", ".join(map(str, keys))
