"""A file as a list of records, a line each, some of them spoiled, and the way chance picks which."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

# Lines in front of the first record.
HEADS = {".csv": 1, ".json": 1}


@dataclass(frozen=True, slots=True)
class Record:
    """One line without its end; `kind` and `what` say how it was spoiled, `record_id` whom it was about.

    `original` is the place of the record that this one repeats.
    """

    raw: bytes
    kind: str = ""
    what: str = ""
    record_id: str = ""
    original: str = ""


@dataclass(frozen=True)
class Spoiled:
    """A record and what is wrong with it now."""

    raw: bytes
    what: str
    record_id: str = ""


@dataclass(frozen=True)
class Fault:
    """A kind of fault in one file: which records it can befall, how many it does, and what becomes of them.

    `file` is a pattern for the name without its ending; of several files the first is befallen. `copies` leaves the
    record and puts the spoiled one at the file's end instead.
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
            result.append(replace(spoiled, original=str(place)))
        else:
            result[place] = spoiled
    return result


@dataclass(frozen=True)
class Lines:
    """A file whose records are lines, between those that head it and those at its foot; `joint` stands between two."""

    head: list[bytes]
    records: list[Record]
    foot: list[bytes]
    joint: bytes = b""


def read_lines(path: Path) -> Lines:
    """A plain file, all sound: a table below its header, calls below VCF's, entries within a Bundle, or lines only."""
    with path.open("rb") as file:
        lines = [line.rstrip(b"\n") for line in file]
    heads = sum(line.startswith(b"#") for line in lines) if path.suffix == ".vcf" else HEADS.get(path.suffix, 0)
    feet, joint = (1, b",") if path.suffix == ".json" else (0, b"")
    end = len(lines) - feet
    records = [Record(line.removesuffix(joint)) for line in lines[heads:end]]
    return Lines(lines[:heads], records, lines[end:], joint)


def write_lines(path: Path, lines: Lines) -> None:
    """The file with its records as they are now."""
    with path.open("wb") as file:
        file.writelines(line + b"\n" for line in lines.head)
        file.writelines(record.raw + lines.joint + b"\n" for record in lines.records[:-1])
        file.writelines(record.raw + b"\n" for record in lines.records[-1:])
        file.writelines(line + b"\n" for line in lines.foot)
