"""Days as texts and as ordinals: tables, since a network has a hundred million dates."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

FIRST, LAST = date(1880, 1, 1).toordinal(), date(2060, 12, 31).toordinal()
TEXTS = [date.fromordinal(day).isoformat() for day in range(FIRST, LAST)]
ORDINALS = {text: day for day, text in enumerate(TEXTS, FIRST)}


def text_of(day: int) -> str:
    """A day as ISO 8601 writes it."""
    return TEXTS[day - FIRST]


def day_of(text: str) -> int:
    """The ordinal of the day that a text begins with."""
    return ORDINALS[text[:10]]


def moved(moment: str, days: int) -> str:
    """A day or moment so many days later, by the same clock; nothing stays nothing."""
    return TEXTS[ORDINALS[moment[:10]] + days - FIRST] + moment[10:] if moment else ""


@lru_cache(maxsize=1 << 16)
def moved_bytes(day: bytes, days: int) -> bytes:
    """The same of a day in bytes."""
    return moved(day.decode(), days).encode()
