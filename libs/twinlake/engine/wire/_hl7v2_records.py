"""A message as the things it tells of: a person, a visit, a result …, each with the segments that give its context.

A thing is told again by later messages under the same key, so that a correction or a cancel is a later version of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import NamedTuple

from twinlake.engine.wire._hl7v2_keys import KEYS, Said, key_of, retired_by, version_of
from twinlake.engine.wire._hl7v2_segments import Separators
from twinlake.engine.wire._hl7v2_sorted import Sorted


class Thing(NamedTuple):
    """A record in the making: what it is, its segments, its key and whose it is."""

    kind: str
    segments: list[str]
    key: str | None
    person: str | None
    version: str


def things_of(segments: list[str], by: Separators, fields: Callable[[str], list[str]]) -> Iterator[Thing]:
    """What a message tells of; segments that nobody reads are its `rest`, and no message is without a thing."""
    dealt = Sorted(segments)
    dealt.sort()
    cut = [*map(fields, segments)]
    version = cache(partial(version_of, Said({"EVN": _of("EVN", segments, cut), "MSH": cut[0]}, by)))
    contexts: dict[tuple[int, int], tuple[tuple[int, ...], Said]] = {}
    seen: Counter[tuple[str, str]] = Counter()
    used = {0}
    for thing in dealt.things:
        own, kind, shared = thing.own, thing.opens.kind, (id(thing.around), id(thing.opens))
        if shared not in contexts:
            contexts[shared] = (thing.context, Said({segments[n][:3]: cut[n] for n in thing.context}, by))
        around, within = contexts[shared]
        used.update(around, own)
        if kind == "merge" and len(retired := retired_by(segments[own[0]], by)) > 1:
            for mrg in retired:
                key, person = _whose(kind, Said({"MRG": mrg.split(by.field)}, by, within), seen)
                named = [*(segments[n] for n in around), mrg, *(segments[n] for n in own[1:])]
                yield Thing(kind, named, key or None, person or None, version(kind))
            continue
        key, person = _whose(kind, Said({segments[n][:3]: cut[n] for n in reversed(own)}, by, within), seen)
        yield Thing(kind, [segments[n] for n in (*around, *own)], key or None, person or None, version(kind))
    rest = [place for place in range(len(segments)) if place not in used]
    if rest or not dealt.things:
        pid = [n for n, segment in enumerate(segments) if segment.startswith("PID")][:1]
        person = Said({"PID": _of("PID", segments, cut)}, by).person
        yield Thing("rest", [segments[n] for n in sorted({0, *pid, *rest})], None, person or None, version("rest"))


def _of(name: str, segments: list[str], cut: list[list[str]]) -> list[str]:
    """The fields of the message's first segment of this name."""
    return next((fields for segment, fields in zip(segments, cut, strict=True) if segment.startswith(name)), [])


def _whose(kind: str, said: Said, seen: Counter[tuple[str, str]]) -> tuple[str, str]:
    """Key and person of a thing; a fact that one message tells twice is told apart by its number."""
    person = said.person
    key = key_of(kind, said, person)
    if key and kind in KEYS:
        seen[kind, key] += 1
        key += f"#{seen[kind, key]}" if seen[kind, key] > 1 else ""
    return key, (said.prior or person) if kind == "merge" else person
