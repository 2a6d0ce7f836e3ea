"""Units that the lake stores in place of those that were measured in, with factors from print.

Kept apart from `vocabulary` on purpose, as `molar.py` is: what checks a conversion must not be made by it. A pair that
is not named here counts as wrong.
"""

from __future__ import annotations

from typing import NamedTuple

from twinlake.synthetic.molar import MOLAR_MASS


class Conversion(NamedTuple):
    """number of `unit` × `factor` + `shift` = number of `stored`; of one test (`loinc`), or of any."""

    loinc: str
    unit: str
    stored: str
    factor: float
    shift: float = 0.0


# The pound and the inch by international agreement of 1959; Fahrenheit by NIST SP 811.
EXACT = (
    Conversion("", "[lb_av]", "kg", 0.45359237),
    Conversion("", "[in_i]", "cm", 2.54),
    Conversion("", "[degF]", "Cel", 5 / 9, -160 / 9),
    Conversion("", "g/L", "g/dL", 0.1),
    Conversion("", "ug/L", "ng/mL", 1.0),
    Conversion("", "pg/mL", "ng/L", 1.0),
    Conversion("", "ug/mL", "ng/mL{FEU}", 1000.0),
)
# The same by UCUM's own algebra, or two words of one thing.
SAME = (
    ("{nominal}", "{SG}"), ("{#}", "{score}"), ("10*3/uL", "10*9/L"), ("10*6/uL", "10*12/L"), ("U/L", "[IU]/L"),
    ("kU/L", "k[IU]/L"),
)  # fmt: skip

CONVERSIONS = (
    *EXACT,
    *(Conversion("", unit, stored, 1.0) for unit, stored in SAME),
    *(Conversion(loinc, "mmol/L", "mg/dL", mass / 10) for loinc, mass in MOLAR_MASS.items()),
)
