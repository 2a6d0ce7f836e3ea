"""Names in MIMIC-IV's online medical record (omr.csv) → LOINC; a blood pressure `120/80` is two codes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OmrItem:
    """What one result name holds: its LOINC codes in the order of the `/`, and the unit its name says."""

    codes: tuple[str, ...]
    unit: str


OMR = {
    "Weight (Lbs)": OmrItem(("29463-7",), "[lb_av]"),
    "Height (Inches)": OmrItem(("8302-2",), "[in_i]"),
    "BMI (kg/m2)": OmrItem(("39156-5",), "kg/m2"),
    "Blood Pressure": OmrItem(("8480-6", "8462-4"), "mm[Hg]"),
    "Blood Pressure Sitting": OmrItem(("8459-0", "8453-3"), "mm[Hg]"),
    "Blood Pressure Lying": OmrItem(("8461-6", "8455-8"), "mm[Hg]"),
    "Blood Pressure Standing (1 min)": OmrItem(("8460-8", "8454-1"), "mm[Hg]"),
    "Blood Pressure Standing (3 mins)": OmrItem(("8460-8", "8454-1"), "mm[Hg]"),
}
