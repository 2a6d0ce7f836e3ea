"""Faults of notes: texts that are no base64, taken back, or sent twice."""

from __future__ import annotations

import random

from twinlake.synthetic.faults.fhir_r4_bulk import Resource, again, anything, changed, halved, taken_back
from twinlake.synthetic.faults.record import Fault

FILE = "DocumentReference"


def garbled(resource: Resource, luck: random.Random) -> str:
    """A text that an exporter broke: base64 has no exclamation marks."""
    attachment = resource["content"][0]["attachment"]
    attachment["data"] = f"!!{attachment['data']}"
    return "the text is no base64"


OF_VALUES = (
    Fault("unreadable_text", FILE, 2, anything, changed(garbled)),
    Fault("entered_in_error", FILE, 1, anything, changed(taken_back)),
    Fault("duplicate_record", FILE, 2, anything, again, copies=True),
)
OF_TEXT = (Fault("cut_line", FILE, 1, anything, halved),)
