"""The entries of a FHIR Bundle beside each other: ids that two servers gave, and the versions of a history."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from twinlake.engine.wire.foreign import Flaw
from twinlake.engine.wire.reference import literal

Place = tuple[int, int]
Target = tuple[str, str]

REFERENCE = re.compile(r'("reference"\s*:\s*)("(?:[^"\\]|\\.)*")')
OF_TWO_SERVERS = (
    "ambiguous_id",
    "another entry has this type and id under another fullUrl, so that one id means two things; "
    "deliver the resources of each server as a system of its own",
)
TO_TWO_SERVERS = (
    "ambiguous_reference",
    "it refers to a type and id that two entries have under different fullUrls; "
    "deliver the resources of each server as a system of its own",
)
OLDER = (
    "older_version",
    "a newer version of it stands before it in this history, and it has neither a moment nor a versionId to be told by",
)
_VERSION = re.compile(r"/_history/[^/]*$")
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)


class Entry(NamedTuple):
    """What is known of an entry before any reference is followed.

    `text` is the place of the entry, `told` that of its resource; of a deletion, that of its request. `number` is its
    versionId.
    """

    text: Place
    flaw: Flaw | None = None
    told: Place = (0, 0)
    kind: str = ""
    key: str | None = None
    full_url: str | None = None
    is_deletion: bool = False
    has_id: bool = True
    patient: str | None = None
    version: str | None = None
    identifiers: tuple[str, ...] = ()
    number: str | None = None


def of_one_server(entries: Sequence[Entry], text: str, by_url: Mapping[str, Target | None]) -> list[Entry]:
    """The entries, those flawed that share type and id under different fullUrls, and those that refer to them."""
    urls: dict[Target, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.key and entry.full_url:
            urls[entry.kind, entry.key].add(_SCHEME.sub("", _VERSION.sub("", entry.full_url)))
    shared = {target for target, known in urls.items() if len(known) > 1}
    if not shared:
        return list(entries)

    def flaw(entry: Entry) -> Flaw | None:
        if (entry.kind, entry.key) in shared:
            return OF_TWO_SERVERS
        said = (_read(found[2]) for found in REFERENCE.finditer(text, *entry.text))
        return TO_TWO_SERVERS if any((by_url.get(url) or literal(url)) in shared for url in said) else None

    return [entry if entry.flaw else entry._replace(flaw=flaw(entry)) for entry in entries]


def _read(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:  # in an entry that is a fault for that
        return ""


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of a history, newest first, of which some may tell no moment: versions of one thing by versionId.

    Where not every one has a number, the first counts; one without a moment that stands behind it would count by
    chance. The number is no moment, and no text that could be read as one.
    """
    versions: dict[Target, list[int]] = defaultdict(list)
    for place, entry in enumerate(entries):
        if entry.key and not entry.flaw:
            versions[entry.kind, entry.key].append(place)
    ordered = list(entries)
    for places in (places for places in versions.values() if len(places) > 1):
        undated = [place for place in places if not entries[place].version]
        numbers = [entries[place].number or "" for place in places]
        if len(undated) == len(places) and all(number.isdecimal() and number.isascii() for number in numbers):
            for place, number in zip(places, numbers, strict=True):
                ordered[place] = entries[place]._replace(version=f"version {number.zfill(20)}")
        else:
            for place in undated:
                ordered[place] = entries[place]._replace(flaw=None if place == places[0] else OLDER)
    return ordered
