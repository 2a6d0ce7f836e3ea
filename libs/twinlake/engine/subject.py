"""The person of an erasure: all that the lake calls them by, and every place in bronze and quarantine they stand in."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from twinlake.declare.expressions import key_of
from twinlake.engine.erased import hash_of
from twinlake.engine.home import ERASING, Home

# Whom an erasure was about that is done, but for files in which the search still found them.
FOUND = "erasing.found.json"

# What stands beside a name is a part of it if it is one of these; of a short name, which may be a part of many, a
# hyphen too.
LETTERS, HYPHENATED = "A-Za-z0-9", "A-Za-z0-9-"
# Shorter ones are words and numbers of anybody.
FEWEST_LETTERS, FEWEST_DIGITS, LONG = 3, 6, 8
# What may stand between the letters of a number as people write it: 999-12-3456. Shorter ones could be dates.
FEWEST_WRITTEN = 9
BETWEEN = "[-. /]?"
# What ends in a letter and is none: a line's end in JSON, a sign in an address.
ESCAPED = r"\\[nrt]|%[0-9A-Fa-f][0-9A-Fa-f]"


@dataclass(frozen=True)
class Place:
    """A record in a bronze table, and the landing that brought it."""

    table: str
    path: str
    sha256: str
    delivered_at: str
    run_id: str
    record_offset: int


@dataclass(frozen=True)
class Held:
    """A row of quarantine; `hash` stands for a record that could not be read, empty where another table refused it."""

    table: str
    path: str | None
    record_offset: int | None
    unit: int | None
    hash: str
    record_id: int | None = None
    file_hash: str | None = None


@dataclass(frozen=True)
class Subject:
    """Whom somebody asked to erase. It names them, and so it lives in the owner's file only until the erasure is done.

    `persons` are source persons (hospital, system, id); `keys` all numbers that stand for them; `numbers` and `called`
    what nobody else of the lake bears: numbers of passports and their like, names and addresses. `has_moved`: a record
    of theirs was told of somebody else before or after, whose versions count otherwise without it.
    """

    asked: str
    erasure_id: str
    erased_by: str
    why: str
    erased_at: str
    persons: tuple[tuple[str, str, str], ...]
    keys: tuple[int, ...]
    numbers: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    held: tuple[Held, ...] = ()
    has_moved: bool = False

    @property
    def hashes(self) -> list[str]:
        return [hash_of(*person) for person in self.persons]

    @property
    def identifiers(self) -> list[str]:
        """What means them and nobody else wherever it stands; ids too short to be told from other words left out."""
        return sorted({*filter(is_telling, (ident for *_, ident in self.persons)), *self.numbers, *map(str, self.keys)})

    def is_identified_in(self, text: str) -> bool:
        """Whether what means them and nobody else stands in a text, as it is written there."""
        return self._identifier.search(text) is not None

    @cached_property
    def _identifier(self) -> re.Pattern[str]:
        return re.compile(words(self.identifiers, self.numbers))

    def is_named_in(self, text: str) -> bool:
        """Whether that, or their name or address, stands in what somebody wrote."""
        named = words([*self.identifiers, *self.called], self.numbers)
        return re.search(named, text, re.IGNORECASE) is not None

    @property
    def untold(self) -> int:
        """How many of their source ids are too short to be looked for as words; their 64-bit keys are."""
        return sum(not is_telling(ident) for *_, ident in self.persons)

    def names_at(self, hospital: str | None, system: str | None) -> list[str]:
        """Their ids in one system of one hospital that can be told from other words."""
        return [ident for h, s, ident in self.persons if (h, s) == (hospital, system) and is_telling(ident)]


def person_keys(persons: Iterable[tuple[str, str, str]]) -> list[int]:
    """`source_person_key` of each."""
    return sorted(key_of(*person) for person in persons)


def is_telling(text: str) -> bool:
    """Whether a text, met as a word, can be taken to mean this and nothing else."""
    short = FEWEST_DIGITS if text.isdigit() else FEWEST_LETTERS
    return len(text.strip()) >= short


# Nothing comes before the beginning: of no words none is found, where an empty pattern would be found in every text.
NOWHERE = "a^"


def words(texts: Iterable[str], numbers: Iterable[str] = ()) -> str:
    """A regular expression that Python, Arrow and DataFusion understand: any of these as a word, of none nothing.

    `numbers` are those that stand in the lake without the hyphens and blanks that people write them with.
    """
    known = {text: _escaped(text) for text in texts}
    known |= {text: BETWEEN.join(map(_escaped, text)) for text in numbers if len(text) >= FEWEST_WRITTEN}
    by_kind = ((letters, [known[text] for text in sorted(known) if (len(text) >= LONG) == is_long])
               for letters, is_long in ((HYPHENATED, False), (LETTERS, True)))  # fmt: skip
    patterns = [f"(^|[^{letters}]|{ESCAPED})({'|'.join(each)})($|[^{letters}])" for letters, each in by_kind if each]
    return "|".join(patterns) or NOWHERE


def _escaped(text: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def file_of(home: Home) -> Path:
    """Where an erasure that was begun is kept; another name once only its proof is wanting."""
    found = home.path / FOUND
    return found if found.exists() else home.path / ERASING


def begun(home: Home) -> Subject | None:
    """The erasure that was begun and not finished."""
    file = file_of(home)
    if not file.exists():
        return None
    said = json.loads(file.read_text(encoding="utf-8"))
    return Subject(
        **{
            **said,
            "persons": tuple(tuple(person) for person in said["persons"]),
            "keys": tuple(said["keys"]),
            "numbers": tuple(said["numbers"]),
            "called": tuple(said["called"]),
            "places": tuple(Place(**each) for each in said["places"]),
            "held": tuple(Held(**each) for each in said["held"]),
        }
    )


def begin(home: Home, subject: Subject) -> None:
    """Keep it, for its owner's eyes, so that an erasure that is killed goes on where it was."""
    part = (home.path / ERASING).with_suffix(".part")
    with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
        json.dump(asdict(subject), out)
        out.flush()
        os.fsync(out.fileno())
    part.replace(home.path / ERASING)
    (home.path / FOUND).unlink(missing_ok=True)


def leave_open(home: Home) -> None:
    """All is done but the proof, for which they are still to be known; runs may go on."""
    (home.path / ERASING).replace(home.path / FOUND)


def end(home: Home) -> None:
    """Nothing of it is kept."""
    for name in (ERASING, FOUND):
        (home.path / name).unlink(missing_ok=True)


def place_of(table: str, row: Mapping[str, Any]) -> Place:
    """A row of bronze as a place."""
    at: datetime = row["delivered_at"]
    return Place(table, row["path"], row["_file_hash"], at.isoformat(), row["_run_id"], row["record_offset"])
