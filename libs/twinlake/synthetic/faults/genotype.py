"""Faults of VCF files: calls that cannot be, and calls that the laboratory itself does not trust."""

from __future__ import annotations

import random

from twinlake.synthetic.faults.fhir_r4_bulk import anything
from twinlake.synthetic.faults.record import Fault, Spoiled

# Places in a line: its name, its filter, and the first sample.
VARIANT, FILTER, CALL = 2, 6, 9


def _changed(raw: bytes, place: int, value: str, what: str) -> Spoiled:
    fields = raw.decode().split("\t")
    fields[place] = value
    return Spoiled("\t".join(fields).encode(), what, fields[VARIANT])


def absent_allele(raw: bytes, luck: random.Random) -> Spoiled:
    """A genotype of an allele that the line does not have."""
    return _changed(raw, CALL, "0|9", "the first sample's GT names an allele that the line does not have")


def distrusted(raw: bytes, luck: random.Random) -> Spoiled:
    """A line that failed the laboratory's own filter: kept, and no call."""
    return _changed(raw, FILTER, "LowQual", "FILTER is LowQual")


def shortened(raw: bytes, luck: random.Random) -> Spoiled:
    """A line without its last sample."""
    head, _, _ = raw.rpartition(b"\t")
    return Spoiled(head, "the last sample is missing", raw.split(b"\t")[VARIANT].decode())


OF_VALUES = (Fault("failed_filter", "panel", 1, anything, distrusted),)
OF_TEXT = (
    Fault("absent_allele", "panel", 1, anything, absent_allele),
    Fault("short_line", "panel", 1, anything, shortened),
)
