"""Vital signs that MIMIC-IV's bedside chart holds (chartevents) → LOINC, and the unit its dictionary or label says.

Items, labels and units: d_items of the MIMIC-IV 2.2 demo. Pressures of a line in an artery (ABP, ART BP) and of a cuff
(NBP) are told apart as far as LOINC's codes known here do. Items of the category Labs repeat labevents: of them only
the finger stick, which no laboratory sees.
"""

from __future__ import annotations

from typing import NamedTuple


class Charted(NamedTuple):
    """A LOINC code, and the unit where the row itself names none."""

    code: str
    unit: str


CHARTED = {
    220045: Charted("8867-4", "bpm"),
    **dict.fromkeys((220050, 225309), Charted("8480-6", "mmHg")),
    **dict.fromkeys((220051, 225310), Charted("8462-4", "mmHg")),
    **dict.fromkeys((220052, 225312, 220181), Charted("8478-0", "mmHg")),
    220179: Charted("76534-7", "mmHg"),
    220180: Charted("76535-4", "mmHg"),
    **dict.fromkeys((220210, 224690), Charted("9279-1", "insp/min")),
    223761: Charted("8310-5", "°F"),
    223762: Charted("8310-5", "°C"),
    220277: Charted("59408-5", "%"),
    225664: Charted("41653-7", "mg/dL"),
    **dict.fromkeys((226512, 224639), Charted("29463-7", "kg")),
    226531: Charted("29463-7", "[lb_av]"),
    226730: Charted("8302-2", "cm"),
    226707: Charted("8302-2", "[in_i]"),
}
