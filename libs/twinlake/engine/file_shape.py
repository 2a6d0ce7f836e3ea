"""What a file looks like by its first records: its columns (of JSON: members), what they hold, FHIR extensions."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from twinlake.declare.source import Feed
from twinlake.engine.wire import FileFault
from twinlake.engine.wire.csv import glance
from twinlake.engine.wire.text import lines, open_plain

# Records that are looked at: how a system writes its files shows in the first of them.
SAMPLE = 1000
# Fewer values than this prove no type; a share of misfits up to this is single records' fault.
FEWEST, TOLERATED = 20, 0.05
_DAY = r"\d{4}-\d{2}-\d{2}"
# What a member of JSON is called; of one that is called otherwise, a number or a person's name, it is not told how.
_NAME = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
NO_NAME = "(no name)"
LONGEST_URL = 200
_FORMS: Mapping[str, Callable[[str], object]] = {
    "integer": re.compile(r"[+-]?\d+").fullmatch,
    "id": re.compile(r"\d+").fullmatch,
    "number": re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?").fullmatch,
    "date": re.compile(_DAY).fullmatch,
    "datetime": re.compile(_DAY + r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?").fullmatch,
}
_SHAPES = {dict: "object", list: "array", str: "text", bool: "boolean", int: "number", float: "number"}


@dataclass(frozen=True)
class Column:
    """How many values of a column were seen, and how many of them each type fits."""

    name: str
    values: int
    fits: Mapping[str, int]

    @property
    def type(self) -> str:
        """The narrowest type that nearly all values fit; `text` where none does, nothing where too few were seen."""
        if self.values < FEWEST:
            return ""
        return next((kind for kind, count in self.fits.items() if self._is_most(count)), "text")

    def misfits(self, kind: str) -> int:
        """How many values are not of this type."""
        return self.values - self.fits.get(kind, 0)

    def is_mostly(self, kind: str) -> bool:
        """Whether this type fits, as far as can be told."""
        return self.values < FEWEST or self._is_most(self.fits.get(kind, 0))

    def _is_most(self, count: int) -> bool:
        return self.values - count <= TOLERATED * self.values


@dataclass(frozen=True)
class Shape:
    """Columns in the order of a header, or members, of which no record need have all; which extensions they bear."""

    columns: tuple[Column, ...]
    extensions: tuple[str, ...] = ()
    has_header: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def to_json(self) -> str:
        """What is kept of it: no value, no count."""
        columns = [[column.name, column.type] for column in self.columns]
        return json.dumps({"columns": columns, "extensions": [*self.extensions], "has_header": self.has_header})


def shape_of(source: Path, feed: Feed) -> Shape | None:
    """The shape of a file; None of a format without named columns, and of a file that cannot be read."""
    look = _LOOKS.get(feed.wire)
    if look is None:
        return None
    try:
        with open_plain(source) as stream:
            return look(stream)
    except (FileFault, OSError):
        return None  # whoever reads the file says what is wrong with it


def _of_csv(stream: BinaryIO) -> Shape:
    names, records = glance(stream, SAMPLE)
    columns = zip(*records, strict=True) if records else [()] * len(names)
    return Shape(tuple(_of_texts(name, values) for name, values in zip(names, columns, strict=True)))


def _of_texts(name: str, values: Iterable[str]) -> Column:
    told = [value.strip() for value in values if value.strip()]
    return Column(name, len(told), {kind: sum(map(bool, map(fits, told))) for kind, fits in _FORMS.items()})


def _of_ndjson(stream: BinaryIO) -> Shape:
    members: dict[str, Counter[str]] = {}
    extensions: set[str] = set()
    for line in islice((line for line in lines(stream) if line.strip()), SAMPLE):
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(found, dict):
            for name, value in found.items():
                if value is not None:
                    called = name if _NAME.fullmatch(name) else NO_NAME
                    members.setdefault(called, Counter())[_SHAPES[type(value)]] += 1
            if b'xtension"' in line:
                extensions.update(_extensions(found))
    columns = [Column(name, counts.total(), dict(counts)) for name, counts in sorted(members.items())]
    return Shape(tuple(columns), tuple(sorted(extensions)), has_header=False)


def _extensions(found: Any) -> Iterable[str]:
    """The URLs of extensions, those within a resource's elements too; a relative one is a part of the one around it."""
    left = [found]  # a list and no recursion, for a record may be nested as deep as it likes
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += one
        elif isinstance(one, dict):
            left += one.values()
            for name in ("extension", "modifierExtension"):
                within = one.get(name)
                urls = (
                    each.get("url") for each in (within if isinstance(within, list) else ()) if isinstance(each, dict)
                )
                yield from (url for url in urls if isinstance(url, str) and _is_url(url))


def _is_url(text: str) -> bool:
    return ":" in text and text.isprintable() and len(text) <= LONGEST_URL


_LOOKS: Mapping[str, Callable[[BinaryIO], Shape]] = {"csv": _of_csv, "ndjson": _of_ndjson}
