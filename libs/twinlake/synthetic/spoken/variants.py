"""Other ways in which the same unit is written, and other units in which the same is measured.

As laboratories and wards write them; made without a look at what the product can read, which they are to test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from twinlake.synthetic.spoken.result import Said

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "mg/dL": ("mg/dl", "MG/DL", "mg%", "mg/100mL", "mgs/dL"),
    "g/dL": ("g/dl", "gm/dL", "GM/DL", "g%", "g/100mL"),
    "g/L": ("g/l", "gm/L", "G/L"),
    "mmol/L": ("mmol/l", "MMOL/L", "mM"),
    "mg/L": ("mg/l", "MG/L"),
    "mg/g": ("mg/gm", "MG/G", "mg/g creat"),
    "ug/L": ("ug/l", "mcg/L", "UG/L", "µg/L"),
    "ug/dL": ("ug/dl", "mcg/dL", "UG/DL", "µg/dL"),
    "ng/mL": ("ng/ml", "NG/ML"),
    "pg/mL": ("pg/ml", "PG/ML"),
    "U/L": ("IU/L", "u/l", "units/L", "Units/L"),
    "kU/L": ("kU/l", "kIU/L"),
    "10*3/uL": ("K/uL", "x10E3/uL", "10^3/uL", "10*9/L", "thou/uL", "X10(3)/uL", "x10^3/mm3", "k/cumm"),
    "10*6/uL": ("M/uL", "x10E6/uL", "10^6/uL", "10*12/L", "mill/uL", "X10(6)/uL"),
    "%": ("percent", "pct", "PERCENT"),
    "fL": ("fl", "FL", "femtoliter"),
    "pg": ("PG", "picograms"),
    "mm[Hg]": ("mmHg", "mm Hg", "MMHG"),
    "kg": ("KG", "Kg", "kilogram"),
    "cm": ("CM", "centimeter", "cms"),
    "kg/m2": ("kg/m^2", "kg/m²", "Kg/m2", "KG/M2"),
    "Cel": ("C", "°C", "deg C", "degC"),
    "mL/min/{1.73_m2}": ("mL/min/1.73m2", "mL/min/1.73 m2", "ml/min/1.73m²", "mL/min/1.73m^2"),
    "s": ("sec", "seconds", "SEC"),
    "{score}": ("score", "points"),
    "[pH]": ("pH", "pH units"),
    "{INR}": ("INR", "ratio"),
}
# A rate is written by what is counted.
RATES = {"8867-4": ("bpm", "beats/min", "/MIN"), "9279-1": ("breaths/min", "/MIN", "resp/min")}


@dataclass(frozen=True, slots=True)
class Other:
    """Another unit: its word, its UCUM, and number × `factor` + `offset` to the first decimal."""

    unit: str
    ucum: str
    factor: float
    offset: float = 0.0


OTHERS: Mapping[tuple[str, str], Other] = {
    ("29463-7", "kg"): Other("lb", "[lb_av]", 1 / 0.45359237),
    ("8302-2", "cm"): Other("in", "[in_i]", 1 / 2.54),
    ("8310-5", "Cel"): Other("F", "[degF]", 1.8, 32.0),
}


def variant(loinc: str, said: Said, luck: float) -> Said:
    """One of the ways, by `luck` between 0 and 1; a unit that is always written alike stays."""
    known = RATES.get(loinc, SPELLINGS.get(said.ucum, ()))
    other = OTHERS.get((loinc, said.ucum))
    place = int(luck * (len(known) + (other is not None)))
    if other is not None and place == len(known):
        value = round(said.measured * other.factor + other.offset, 1)
        return replace(said, value=repr(value), unit=other.unit, unit_code=None, measured=value, ucum=other.ucum)
    return replace(said, unit=known[place], unit_code=None) if known else said
