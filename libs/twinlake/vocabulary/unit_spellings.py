"""Spellings of units met in hospital exports (MIMIC-IV, Synthea, HL7v2, C-CDA, FHIR) and the UCUM code of each.

A whole spelling is looked up first, then its parts between `/`, `.` and `*`: a new word stands in one place only.
"""

from __future__ import annotations

NOT_A_UNIT = frozenset(
    {"", "n/a", "na", "none", "null", "nil", "-", "--", ".", "+/-", "unknown", "no unit", "no units", "unitless"}
)
"""Case-folded: what stands in a unit's place and is none (`+/-` is MIMIC's for present or absent)."""

EXACT = {
    "C": "Cel",
    "F": "[degF]",
    "GPL": "[GPL'U]",
    "MPL": "[MPL'U]",
    "Kcal": "kcal",
    "giga.l-1": "10*9/L",
    "tera.l-1": "10*12/L",
    "beats/min^^ISO": "/min",
    "U/g/Hb": "U/g{Hb}",
    # Molar, as chemists write mol/L.
    "mM": "mmol/L",
    "uM": "umol/L",
    "nM": "nmol/L",
    # A logarithm is no multiple of a concentration: a unit of words only, which converts to nothing.
    "log10 IU/mL": "{log10_IU/mL}",
    "log10 copies/mL": "{log10_copies/mL}",
    "log10 cop/mL": "{log10_copies/mL}",
}
"""Whole spellings whose case matters."""

ANY_CASE = {
    "mm hg": "mm[Hg]", "cm h2o": "cm[H2O]", "torr": "mm[Hg]", "ph": "[pH]", "{ph}": "[pH]", "ph units": "[pH]",
    "deg c": "Cel", "deg f": "[degF]", "degree c": "Cel", "degree f": "[degF]", "degrees c": "Cel", "°c": "Cel",
    "degrees f": "[degF]", "°f": "[degF]", "inr": "{INR}", "bpm": "/min", "(score)": "{score}", "points": "{score}",
    "ml/min/bsa": "mL/min/{1.73_m2}", "international units": "[IU]", "international unit": "[IU]",
    "kg/m2": "kg/m2", "kg/m^2": "kg/m2", "kg/m*2": "kg/m2", "kg/m**2": "kg/m2", "kg/sqm": "kg/m2",
    "mg/g creat": "mg/g", "mg/g creatinine": "mg/g", "units/l": "U/L", "units/ml": "U/mL", "pct": "%",
    "/100 wbc": "%", "/100 wbcs": "%", "vol%": "%",
    # UCUM's own case insensitive codes.
    "mm[hg]": "mm[Hg]", "cm[h2o]": "cm[H2O]", "[ph]": "[pH]", "cel": "Cel", "[degf]": "[degF]", "[in_i]": "[in_i]",
    "[lb_av]": "[lb_av]", "[iu]/l": "[IU]/L", "[iu]/ml": "[IU]/mL", "m[iu]/l": "m[IU]/L", "m[iu]/ml": "m[IU]/mL",
    "u[iu]/ml": "u[IU]/mL", "k[iu]/l": "k[IU]/L",
}  # fmt: skip
"""Whole spellings in any case."""

WORDS = {
    "percent": "%", "ratio": "{ratio}", "score": "{score}", "steps": "{steps}", "count": "{count}", "dose": "{dose}",
    "#": "", "cells": "", "cell": "", "beats": "", "breaths": "", "breath": "", "insp": "", "resp": "",
    "beat": "{beat}", "copies": "{copies}", "msec": "ms", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
    "mins": "min", "minute": "min", "minutes": "min", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d",
    "days": "d",
    "week": "wk", "weeks": "wk", "month": "mo", "months": "mo", "yr": "a", "yrs": "a", "year": "a", "years": "a",
    "cc": "mL", "liter": "L", "liters": "L", "litre": "L", "litres": "L", "mcl": "uL", "cumm": "uL",
    "mcg": "ug", "mcmol": "umol", "gram": "g", "grams": "g", "gms": "g", "mgs": "mg", "kg": "kg", "kgs": "kg",
    "kilogram": "kg", "kilograms": "kg", "picogram": "pg", "picograms": "pg", "femtoliter": "fL", "femtoliters": "fL",
    "centimeter": "cm", "centimeters": "cm", "cms": "cm",
    "lb": "[lb_av]", "lbs": "[lb_av]", "pound": "[lb_av]", "pounds": "[lb_av]",
    "oz": "[oz_av]", "ounce": "[oz_av]", "ounces": "[oz_av]", "in": "[in_i]", "inch": "[in_i]", "inches": "[in_i]",
    "ft": "[ft_i]", "feet": "[ft_i]", "celsius": "Cel", "degc": "Cel", "fahrenheit": "[degF]", "degf": "[degF]",
    "degree": "deg", "degrees": "deg", "mmhg": "mm[Hg]", "cmh2o": "cm[H2O]", "hpf": "[HPF]", "lpf": "[LPF]",
    "dyne": "dyn", "dynes": "dyn", "watt": "W", "watts": "W", "ppm": "[ppm]", "ppb": "[ppb]", "psi": "[psi]",
    "mosmol": "mosm",
}  # fmt: skip
"""Parts of a spelling in any case; what is counted (`cells`, `#`) is left out, as LOINC's example units do."""

MIXED = {
    "mEq": "meq", "uEq": "ueq", "mOsm": "mosm", "mOsmol": "mosm", "IU": "[IU]", "mIU": "m[IU]", "uIU": "u[IU]",
    "kIU": "k[IU]", "mcIU": "u[IU]", "mcU": "uU", "{pH}": "[pH]",
}  # fmt: skip
"""Parts of a spelling as they are written."""

_SAME = (
    "kg", "g", "mg", "ug", "ng", "pg", "fg", "mol", "mmol", "umol", "nmol", "pmol", "fmol", "L", "dL", "cL", "mL", "uL",
    "nL", "fL", "cm", "mm", "um", "s", "ms", "min", "h", "d", "wk", "U", "mU", "uU", "kU", "ukat", "nkat", "Hz", "kPa",
    "meq", "ueq", "mosm", "kcal", "kJ", "mV", "mg%", "g%",
)  # fmt: skip
SYMBOLS = {code.casefold(): code for code in _SAME} | {
    "gm": "g", "gm%": "g%", "iu": "[IU]", "miu": "m[IU]", "uiu": "u[IU]", "kiu": "k[IU]", "mciu": "u[IU]", "mcu": "uU",
}  # fmt: skip
"""Parts of a spelling written all in small letters or all in capitals: `MG`, `dl`."""

COUNTS = {"k": 3, "thou": 3, "thousand": 3, "thousands": 3, "m": 6, "mil": 6, "mill": 6, "million": 6, "millions": 6}
"""Case-folded power of ten before a volume of blood. In UCUM itself `K/uL` is kelvins, `m/uL` metres."""
