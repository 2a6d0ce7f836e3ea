"""Whom an erasure is about, in tests of it: source person 1 of the system toy of hospital h, unless told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.support.landing_sample import AS_OF
from twinlake.declare.expressions import key_of
from twinlake.engine.subject import Held, Place, Subject

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def subject(*places: Place, persons=(("h", "toy", "1"),), held: tuple[Held, ...] = ()) -> Subject:
    keys = tuple(key_of(*person) for person in persons)
    return Subject("1", "e1", "dpo", "asked", NOW.isoformat(), tuple(persons), keys, (), (), places, held)


def place(offset: int, run_id: str = "r", sha256: str = "a", path: str = "a") -> Place:
    return Place("bronze.toy_persons", path, sha256, AS_OF.isoformat(), run_id, offset)
