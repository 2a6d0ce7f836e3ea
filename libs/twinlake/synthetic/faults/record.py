"""A file as a list of records, some of them spoiled, and the way chance picks which."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Record:
    """One line without its end; `kind` and `what` say how it was spoiled, `record_id` whom it was about."""

    raw: bytes
    kind: str = ""
    what: str = ""
    record_id: str = ""


@dataclass(frozen=True)
class Spoiled:
    """A record and what is wrong with it now."""

    raw: bytes
    what: str
    record_id: str = ""


@dataclass(frozen=True)
class Fault:
    """A kind of fault in one file: which records it can befall, how many it does, and what becomes of them.

    `copies` leaves the record and puts the spoiled one at the file's end instead.
    """

    kind: str
    file: str
    count: int
    befalls: Callable[[bytes], bool]
    spoil: Callable[[bytes, random.Random], Spoiled]
    copies: bool = False


def put(fault: Fault, records: list[Record], luck: random.Random) -> list[Record]:
    """The records with the fault in `count` of them, as far as there are so many that are still sound."""
    possible = [place for place, record in enumerate(records) if not record.kind and fault.befalls(record.raw)]
    result = list(records)
    for place in sorted(luck.sample(possible, min(fault.count, len(possible)))):
        made = fault.spoil(records[place].raw, luck)
        spoiled = Record(made.raw, fault.kind, made.what, made.record_id)
        if fault.copies:
            result.append(spoiled)
        else:
            result[place] = spoiled
    return result


def read_records(path: Path) -> list[Record]:
    """The lines of a plain file, all sound."""
    with path.open("rb") as file:
        return [Record(line.rstrip(b"\n")) for line in file]


def write_records(path: Path, records: list[Record]) -> None:
    """One line each."""
    with path.open("wb") as file:
        file.writelines(record.raw + b"\n" for record in records)
