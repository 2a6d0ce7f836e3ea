"""Faults of C-CDA documents: a value in an entry, a date that is none, and a document that is no XML."""

from __future__ import annotations

import random
import re

from twinlake.synthetic.faults.record import Fault, Spoiled

FIRST, SECOND = "summary-0001", "summary-0002"
UNIT = re.compile(rb' unit="([^"]*)"')
MOMENT = re.compile(rb'<effectiveTime value="(\d{8})')


def is_result(raw: bytes) -> bool:
    """Whether a line is a number with a unit."""
    return b'xsi:type="PQ"' in raw and UNIT.search(raw) is not None


def wrong_date(raw: bytes, luck: random.Random) -> Spoiled:
    """The thirteenth month."""
    return Spoiled(MOMENT.sub(b'<effectiveTime value="20261345', raw, count=1), "a result of 2026-13-45")


def unclosed(raw: bytes, luck: random.Random) -> Spoiled:
    """A document that ends within a tag: nothing of it can be trusted."""
    return Spoiled(raw.removesuffix(b"</entry>"), "an entry is not closed")


OF_VALUES = (Fault("wrong_date", FIRST, 1, lambda raw: is_result(raw) and MOMENT.search(raw) is not None, wrong_date),)
OF_TEXT = (Fault("broken_document", SECOND, 1, lambda raw: raw.endswith(b"</entry>"), unclosed),)
