"""A message as the things it tells of: a person, a visit, a result …, each with the segments that give its context.

A thing is told again by later messages under the same key, so that a correction or a cancel is a later version of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import NamedTuple

from twinlake.engine.wire._hl7v2_keys import KEYS, Said, key_of, version_of
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
    cut = {place: fields(segments[place]) for place in sorted({0, *dealt.used})}
    version = cache(partial(version_of, Said({"EVN": _of(dealt, "EVN", fields), "MSH": cut[0]}, by)))
    contexts: dict[tuple[int, ...], Said] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for thing in dealt.things:
        around = tuple(thing.context[name] for name in thing.opens.context if name in thing.context)
        if around not in contexts:
            contexts[around] = Said({segments[n][:3]: cut[n] for n in around}, by)
        said = Said({segments[n][:3]: cut[n] for n in reversed(thing.own)}, by, contexts[around])
        places = (*around, *thing.own)
        key, person = _whose(thing.kind, said, seen)
        yield Thing(thing.kind, [segments[n] for n in places], key or None, person or None, version(thing.kind))
    if dealt.rest or not dealt.things:
        pid = [n for n, segment in enumerate(segments) if segment.startswith("PID")][:1]
        person = Said({"PID": _of(dealt, "PID", fields)}, by).person
        yield Thing(
            "rest", [segments[n] for n in sorted({0, *pid, *dealt.rest})], None, person or None, version("rest")
        )


def _of(dealt: Sorted, name: str, fields: Callable[[str], list[str]]) -> list[str]:
    """The fields of the message's first segment of this name."""
    return next((fields(segment) for segment in dealt.segments if segment.startswith(name)), [])


def _whose(kind: str, said: Said, seen: Counter[tuple[str, str]]) -> tuple[str, str]:
    """Key and person of a thing; a fact that one message tells twice is told apart by its number."""
    person = said.person
    key = key_of(kind, said, person)
    if key and kind in KEYS:
        seen[kind, key] += 1
        key += f"#{seen[kind, key]}" if seen[kind, key] > 1 else ""
    return key, (said.prior or person) if kind == "merge" else person
