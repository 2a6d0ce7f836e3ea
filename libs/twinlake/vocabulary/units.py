"""How units are written in hospitals, and the UCUM code each writing stands for; what has two readings has none.

UCUM (ucum.org) is case sensitive: `K/uL` is a kelvin in a microlitre there, and `pH` a picohenry, so a hospital's
spelling is looked up before it is parsed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from twinlake.vocabulary.unit_spellings import ANY_CASE, COUNTS, EXACT, MIXED, NOT_A_UNIT, SYMBOLS, WORDS

NORMAL_SURFACE = "{1.73_m2}"
"""Annotation for a rate divided by 1.73 m2 of body surface: eGFR. A rate without it is another quantity."""

SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "wk": 604_800, "mo": 2_629_800, "a": 31_557_600}
"""UCUM's units of time that a course lasts in, in seconds; its months and years are mean Julian ones."""

_BARE_ANNOTATION = re.compile(r"^\{[^{}]*\}$")
_IN_ASCII = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "3", "º": "°"})
_PER = re.compile(r"\s+per\s+|^per\s+|\s*/\s*", re.IGNORECASE)
_FULL_STOP = re.compile(r"\.(?=/|$)")
_LITRE = re.compile(r"(?<![A-Za-z\[{_'])([kdcmunpf]?)l(?![A-Za-z\]}_'])")
_VOLUMES = {"ul": "uL", "mcl": "uL", "mm3": "uL", "cumm": "uL", "cmm": "uL", "ml": "mL", "l": "L"}
_POWER_OF_TEN = re.compile(r"^x?\s*10\s*(?:\*\*|\*|\^|\+|e|\()\s*(\d{1,2})\)?\s*/(\w+)$", re.IGNORECASE)
_COUNT = re.compile(r"^([a-z]+)/(ul|mcl|mm3|cumm|cmm)$")
_SURFACE = re.compile(r"(?:/|\s+per\s+)\{?\s*1\.73[\s._]*(?:m\s*\^?\*?2|sq\.?\s*m)\s*\}?$", re.IGNORECASE)
_STANDARD = re.compile(r"[\s(]*\b(FEU|DDU)\)?$", re.IGNORECASE)
_PARTS = re.compile(r"([/.()]|\*(?=[A-Za-z]))")
_DIVIDED_BY_SOME = re.compile(r"(?<=/)(\d+) ?(h|d|[A-Za-z]{2,7})(?=/|$)")
# Mega- and more of a gram or a mole is met in no hospital: it is `mg` or `mmol` in the wrong case, or `giga` of cells.
_TWO_READINGS = re.compile(r"(?:^|[/.(])(?:[MGTP](?:g|mol|eq|osm)|[GT](?=/))(?![A-Za-z])")


@lru_cache(maxsize=8192)
def ucum_spelling(raw: str | None) -> str | None:
    """The UCUM code that a hospital's spelling stands for; None where there is no unit.

    What is not known is given back tidied, for the parser to accept or refuse; it is never guessed.
    """
    text = " ".join((raw or "").translate(_IN_ASCII).split())
    if text.casefold() in NOT_A_UNIT:
        return None
    surface = _per_surface(text)
    text = _FULL_STOP.sub("", _PER.sub("/", text))
    whole = EXACT.get(text) or ANY_CASE.get(text.casefold())
    return whole or surface or _counted(text) or _of_a_standard(text) or _composed(text)


def has_two_readings(unit: str) -> bool:
    """Valid UCUM that a hospital cannot have meant: `G/L` is a gauss in a litre, `Mg` a megagram."""
    return _TWO_READINGS.search(unit) is not None


def is_bare_annotation(unit: str) -> bool:
    """A unit of words only, `{score}` or `{INR}`: the number has no dimension, and its words are its meaning."""
    return _BARE_ANNOTATION.match(unit) is not None


def _per_surface(text: str) -> str | None:
    """A rate for 1.73 m2, however the surface is written."""
    rate, changed = _SURFACE.subn("", text)
    return f"{ucum_spelling(rate)}/{NORMAL_SURFACE}" if changed and rate else None


def _counted(text: str) -> str | None:
    """Cells in a volume: `x10E3/uL`, `10^9/L`, `10*6/mm3`, `thou/cumm`, `K/uL`."""
    if power := _POWER_OF_TEN.match(text):
        volume = _VOLUMES.get(power[2].casefold())
        return f"10*{int(power[1])}/{volume}" if volume else None
    count = _COUNT.match(text.casefold())
    return f"10*{COUNTS[count[1]]}/{_VOLUMES[count[2]]}" if count and count[1] in COUNTS else None


def _of_a_standard(text: str) -> str | None:
    """A D-dimer says in what it was counted: `ng/mL FEU`, `mg/L (DDU)`."""
    bare, changed = _STANDARD.subn("", text)
    standard = text[len(bare) :].strip(" ()").upper()
    return f"{_composed(bare)}{{{standard}}}" if changed and bare and "{" not in bare else None


def _composed(text: str) -> str:
    """Each part by itself; nothing in UCUM's own brackets is a hospital's word."""
    if "{" in text or "[" in text:
        return _tidied(text)
    parts = [part for part in _PARTS.split(_DIVIDED_BY_SOME.sub(r"(\1.\2)", text)) if part]
    in_capitals = text.isupper() and any(len(part) > 1 for part in parts)
    return "".join(_part(part, in_capitals) for part in parts)


def _part(text: str, in_capitals: bool) -> str:
    if text == "*":
        return "."
    if text.casefold() in WORDS:
        return WORDS[text.casefold()]
    in_one_case = text.islower() or (text.isupper() and (len(text) > 1 or in_capitals))
    if in_one_case and text.casefold() in SYMBOLS:
        return SYMBOLS[text.casefold()]
    return MIXED.get(text) or _tidied(text)


def _tidied(text: str) -> str:
    """UCUM has two codes for the litre and for the international unit; here each has one."""
    return _LITRE.sub(r"\1L", text.replace("[iU]", "[IU]"))
