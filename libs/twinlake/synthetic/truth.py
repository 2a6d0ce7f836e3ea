"""The truth about a network, apart from its feeds: who is who, what was misspelled, what was broken."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from twinlake.synthetic.faults.spread import Noted
from twinlake.synthetic.registration import Registration


@dataclass(frozen=True, slots=True)
class Change:
    """What a later day's delivery did with a visit of a person, or that it tells of them for the first time.

    `visit` is the hospital's own id for it, `records` how many facts it has.
    """

    person: str
    hospital: str
    source_person_id: str
    kind: str
    visit: str = ""
    records: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """A person as one system of a hospital knows them, and what it calls them."""

    who: Registration
    system: str
    source_person_id: str


def write_truth(known: list[Known], faults: list[Noted], truth: Path) -> None:
    """`persons.csv`, `misspellings.csv` and `faults.csv`."""
    persons = [(one.who.truly, one.who.hospital, one.system, one.source_person_id) for one in known]
    changes = [
        (one.who.hospital, one.system, one.source_person_id, change) for one in known for change in one.who.changes
    ]
    truth.mkdir(parents=True, exist_ok=True)
    _table(truth / "persons.csv", ("person", "hospital", "system", "source_person_id"), sorted(persons))
    _table(truth / "misspellings.csv", ("hospital", "system", "source_person_id", "change"), sorted(changes))
    _table(truth / "faults.csv", tuple(field.name for field in fields(Noted)), [astuple(fault) for fault in faults])


def write_changes(changes: list[Change], truth: Path) -> None:
    """`changes.csv` of a later day."""
    rows = sorted(tuple(map(str, astuple(change))) for change in changes)
    _table(truth / "changes.csv", tuple(field.name for field in fields(Change)), rows)


def files_of(truth: Path, table: str) -> list[Path]:
    """The one file of a table of the truth, or those of its parts."""
    return [*truth.glob(f"{table}.csv"), *sorted(truth.glob(f"{table}.*.csv.gz"))]


def read_table(truth: Path, table: str) -> Iterator[dict[str, str]]:
    """The rows of a table of the truth, of one file or of all its parts."""
    for path in files_of(truth, table):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8", newline="") as text:
            yield from csv.DictReader(text)


def _table(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
