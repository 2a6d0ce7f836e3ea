"""What a file is called in one part of a network."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module

from twinlake.declare.source import System

DATED = re.compile(r"\d{4}-\d\d-\d\d/")


@lru_cache(maxsize=4096)
def named(inside: str, part: str, date: str = "") -> str:
    """The path in a hospital's folder that a part's file takes; what is named for a person keeps its name.

    `date` is the day of a later delivery, whose folder takes the place of any other.
    """
    system, _, path = inside.partition("/")
    if date:
        inside = f"{system}/{date}/{DATED.sub('', path, count=1)}"
    if not part or _is_named_for_a_person(system, path):
        return inside
    folder, slash, name = inside.rpartition("/")
    stem, dot, ending = name.partition(".")
    return f"{folder}{slash}{stem}.{part}{dot}{ending}"


def _is_named_for_a_person(system: str, path: str) -> bool:
    plain = DATED.sub("", path, count=1).removesuffix(".gz")
    declared = _system(system)
    feed = declared.feed_of(plain) if declared else None
    return feed is not None and feed.person_in(plain) is not None


@lru_cache
def _system(name: str) -> System | None:
    try:
        declared: System = import_module(f"twinlake.catalog.sources.{name}").SYSTEM
    except ModuleNotFoundError:
        return None
    return declared
