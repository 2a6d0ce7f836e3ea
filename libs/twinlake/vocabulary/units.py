"""How units are written in hospitals, and the UCUM code each writing stands for; what has two readings has none.

UCUM (ucum.org) is case sensitive: `K/uL` is a kelvin in a microlitre there, and `pH` a picohenry, so a hospital's
spelling is looked up before it is parsed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from twinlake.vocabulary.unit_spellings import ANY_CASE, EXACT, NOT_A_UNIT

NORMAL_SURFACE = "{1.73_m2}"
"""Annotation for a rate divided by 1.73 m2 of body surface: eGFR. A rate without it is another quantity."""

_BARE_ANNOTATION = re.compile(r"^\{[^{}]*\}$")
_LITRE = re.compile(r"(?<![A-Za-z\[{_'])([kdcmunpf]?)l(?![A-Za-z\]}_'])")
_CAPITAL_LITRE = re.compile(r"(/[dmu]?)L$")
_POWER_OF_TEN = re.compile(r"^x?\s*10\s*(?:\*\*|\*|\^|e|\()\s*(\d{1,2})\)?\s*/\s*(\w+)$", re.IGNORECASE)
_COUNTED_VOLUME = {"ul": "uL", "mm3": "uL", "cumm": "uL", "ml": "mL", "l": "L"}
_SURFACE = re.compile(r"(?:/|\s+per\s+)\{?\s*1\.73[\s._]*(?:m\s*\^?\*?2|m²|sq\.?\s*m)\s*\}?$", re.IGNORECASE)
# Mega- and more of a gram or a mole is met in no hospital: it is `mg` or `mmol` in the wrong case, or `giga` of cells.
_TWO_READINGS = re.compile(r"(?:^|[/.(])(?:[MGTP](?:g|mol|eq|osm)|[GT](?=/))(?![A-Za-z])")


@lru_cache(maxsize=8192)
def ucum_spelling(raw: str | None) -> str | None:
    """The UCUM code that a hospital's spelling stands for; None where there is no unit.

    What is not known is given back tidied, for the parser to accept or refuse; it is never guessed.
    """
    text = " ".join((raw or "").replace("µ", "u").replace("μ", "u").split())
    if text.casefold() in NOT_A_UNIT:
        return None
    if text in EXACT:
        return EXACT[text]
    in_one_case = text if text.isupper() else _CAPITAL_LITRE.sub(r"\1l", text)
    if (in_one_case.islower() or in_one_case.isupper()) and in_one_case.casefold() in ANY_CASE:
        return ANY_CASE[in_one_case.casefold()]
    return _counted(text) or _per_surface(text) or _tidied(text)


def has_two_readings(unit: str) -> bool:
    """Valid UCUM that a hospital cannot have meant: `G/L` is a gauss in a litre, `Mg` a megagram."""
    return _TWO_READINGS.search(unit) is not None


def is_bare_annotation(unit: str) -> bool:
    """A unit of words only, `{score}` or `{INR}`: the number has no dimension, and its words are its meaning."""
    return _BARE_ANNOTATION.match(unit) is not None


def _counted(text: str) -> str | None:
    """Cells in a volume: `x10E3/uL`, `10^9/L`, `10*6/mm3`."""
    match = _POWER_OF_TEN.match(text)
    volume = _COUNTED_VOLUME.get(match[2].casefold()) if match else None
    return f"10*{int(match[1])}/{volume}" if match and volume else None


def _per_surface(text: str) -> str | None:
    """A rate for 1.73 m2, however the surface is written."""
    rate, changed = _SURFACE.subn("", text)
    return f"{ucum_spelling(rate)}/{NORMAL_SURFACE}" if changed and rate else None


def _tidied(text: str) -> str:
    """UCUM has two codes for the litre and for the international unit; here each has one."""
    return _LITRE.sub(r"\1L", text.replace("[iU]", "[IU]"))
