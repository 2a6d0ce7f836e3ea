"""Laboratory values as laboratories outside the United States report them: mmol/L instead of mg/dL.

Kept apart from `vocabulary` on purpose: what checks a conversion must not be made by that conversion.
"""

from __future__ import annotations

# Molar masses in g/mol, summed by hand from IUPAC's abridged atomic weights of 2021 (C 12.011, H 1.008, O 15.999):
# glucose C6H12O6, cholesterol C27H46O, triglycerides by custom as triolein C57H104O6.
GLUCOSE, CHOLESTEROL, TRIGLYCERIDES = 180.156, 386.664, 885.453
MOLAR_MASS = {
    "2339-0": GLUCOSE,
    "2345-7": GLUCOSE,
    "2093-3": CHOLESTEROL,
    "2085-9": CHOLESTEROL,
    "18262-6": CHOLESTEROL,
    "2571-8": TRIGLYCERIDES,
}
DECIMALS = 2


def mmol_per_l(loinc: str, mg_per_dl: float) -> float | None:
    """mg/dL to mmol/L, rounded as laboratories do; None for an analyte that is not reported so."""
    mass = MOLAR_MASS.get(loinc)
    return None if mass is None else round(mg_per_dl * 10 / mass, DECIMALS)
