"""A value as it was measured, and as a hospital says it."""

from __future__ import annotations

from dataclasses import dataclass

# Synthea writes these where UCUM has another code, and an eGFR now with, now without the body surface.
MEANT = {"pH": "[pH]", "mL/min": "mL/min/{1.73_m2}", "ng/dl": "ng/dL"}


@dataclass(frozen=True, slots=True)
class Result:
    """A numeric value of the generator's; `key` is its own among all of its hospital, `value` its digits."""

    key: str
    loinc: str
    name: str
    value: str
    unit: str
    is_laboratory: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What is sent; `measured` in `ucum` is what was truly measured, and `fault` what is wrong with what is sent.

    `unit_code` is the unit in UCUM where the hospital's system tells it beside the words.
    """

    code: str
    name: str
    value: str
    unit: str
    unit_code: str | None
    measured: float
    ucum: str
    is_local: bool = False
    fault: str = ""
