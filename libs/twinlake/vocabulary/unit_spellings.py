"""Spellings of units met in hospital exports (MIMIC-IV, Synthea, HL7v2, C-CDA) and the UCUM code of each."""

from __future__ import annotations

NOT_A_UNIT = frozenset(
    {"", "n/a", "na", "none", "null", "nil", "-", "--", ".", "+/-", "unknown", "no unit", "no units", "unitless"}
)
"""Case-folded: what stands in a unit's place and is none (`+/-` is MIMIC's for present or absent)."""

EXACT = {
    # Counts. In UCUM itself `K/uL` is kelvins, `m/uL` metres, `M` no prefix without a unit.
    "K/uL": "10*3/uL",
    "k/uL": "10*3/uL",
    "K/UL": "10*3/uL",
    "k/ul": "10*3/uL",
    "m/uL": "10*6/uL",
    "M/uL": "10*6/uL",
    "M/UL": "10*6/uL",
    "m/ul": "10*6/uL",
    "giga.l-1": "10*9/L",
    "tera.l-1": "10*12/L",
    # Mixed case.
    "mEq/L": "meq/L",
    "mEq/24hr": "meq/(24.h)",
    "mOsm/kg": "mosm/kg",
    "mOsm/L": "mosm/L",
    "IU/L": "[IU]/L",
    "IU/mL": "[IU]/mL",
    "mIU/L": "m[IU]/L",
    "mIU/mL": "m[IU]/mL",
    "uIU/mL": "u[IU]/mL",
    "kIU/L": "k[IU]/L",
    "mmHg": "mm[Hg]",
    "mm Hg": "mm[Hg]",
    "mm hg": "mm[Hg]",
    "cmH2O": "cm[H2O]",
    "cm H2O": "cm[H2O]",
    "ng/mL FEU": "ng/mL{FEU}",
    "ug/mL FEU": "ug/mL{FEU}",
    "mg/L FEU": "mg/L{FEU}",
    "ng/mL DDU": "ng/mL{DDU}",
    "mg/24hr": "mg/(24.h)",
    "g/24hr": "g/(24.h)",
    "GPL": "[GPL'U]",
    "MPL": "[MPL'U]",
    "Ratio": "{ratio}",
    "Lbs": "[lb_av]",
    "Inches": "[in_i]",
    "Inch": "[in_i]",
    "Fahrenheit": "[degF]",
    "Celsius": "Cel",
    "degC": "Cel",
    "degF": "[degF]",
    "°C": "Cel",
    "°F": "[degF]",
    "C": "Cel",
    "F": "[degF]",
    "pH": "[pH]",
    "{pH}": "[pH]",
    "kg/m²": "kg/m2",
    "kg/m^2": "kg/m2",
    "kg/m*2": "kg/m2",
    "beats/min^^ISO": "/min",
}
"""Spellings whose case matters."""

ANY_CASE = {
    "mg/dl": "mg/dL", "g/dl": "g/dL", "gm/dl": "g/dL", "ug/dl": "ug/dL", "mcg/dl": "ug/dL", "ng/dl": "ng/dL",
    "mg/l": "mg/L", "ug/l": "ug/L", "mcg/l": "ug/L", "ng/l": "ng/L", "ng/ml": "ng/mL", "pg/ml": "pg/mL",
    "ug/ml": "ug/mL", "mcg/ml": "ug/mL", "mg/ml": "mg/mL", "mmol/l": "mmol/L", "umol/l": "umol/L",
    "nmol/l": "nmol/L", "pmol/l": "pmol/L", "meq/l": "meq/L", "mosm/kg": "mosm/kg", "mosm/l": "mosm/L",
    "u/l": "U/L", "u/ml": "U/mL", "iu/l": "[IU]/L", "iu/ml": "[IU]/mL", "miu/l": "m[IU]/L", "miu/ml": "m[IU]/mL",
    "uiu/ml": "u[IU]/mL", "kiu/l": "k[IU]/L", "mmhg": "mm[Hg]", "mm hg": "mm[Hg]", "torr": "mm[Hg]", "kpa": "kPa",
    "thou/ul": "10*3/uL", "thousand/ul": "10*3/uL", "k/mm3": "10*3/uL", "k/cumm": "10*3/uL",
    "mil/ul": "10*6/uL", "mill/ul": "10*6/uL", "million/ul": "10*6/uL",
    "cells/ul": "/uL", "cells/mm3": "/uL", "/mm3": "/uL", "/cumm": "/uL", "#/ul": "/uL", "/ul": "/uL",
    "#/hpf": "/[HPF]", "/hpf": "/[HPF]", "#/lpf": "/[LPF]", "/lpf": "/[LPF]",
    "fl": "fL", "pg": "pg", "percent": "%", "ratio": "{ratio}", "score": "{score}", "points": "{score}",
    "steps": "{steps}", "count": "{count}", "inr": "{INR}", "ph": "[pH]", "ph units": "[pH]",
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "mins": "min", "minute": "min", "minutes": "min",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d", "week": "wk", "weeks": "wk",
    "month": "mo", "months": "mo", "yr": "a", "yrs": "a", "year": "a", "years": "a",
    "bpm": "/min", "beats/min": "/min", "beats/minute": "/min", "breaths/min": "/min", "breaths/minute": "/min",
    "insp/min": "/min", "/minute": "/min", "per minute": "/min", "mm/hr": "mm/h", "ml/hr": "mL/h", "ml/min": "mL/min",
    "l/min": "L/min", "ml": "mL", "cc": "mL", "mcg": "ug", "mg": "mg", "gm": "g", "gms": "g", "gram": "g",
    "grams": "g", "kg": "kg", "kgs": "kg", "kilogram": "kg", "kilograms": "kg", "cm": "cm", "cms": "cm",
    "lb": "[lb_av]", "lbs": "[lb_av]", "pound": "[lb_av]", "pounds": "[lb_av]", "oz": "[oz_av]",
    "in": "[in_i]", "inch": "[in_i]", "inches": "[in_i]", "ft": "[ft_i]", "feet": "[ft_i]",
    "deg c": "Cel", "deg f": "[degF]", "celsius": "Cel", "fahrenheit": "[degF]", "kg/m2": "kg/m2",
    "ml/min/bsa": "mL/min/{1.73_m2}",
}  # fmt: skip
"""Spellings written all in one case, either one."""
