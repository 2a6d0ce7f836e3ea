"""A hospital's own terms for a measured value: local codes, molar laboratories, spellings of units."""

from __future__ import annotations

from twinlake.synthetic.molar import mmol_per_l
from twinlake.synthetic.silo import Profile
from twinlake.synthetic.spoken.result import MEANT, Result, Said


def in_own_terms(profile: Profile, result: Result) -> Said:
    """A unit that the hospital has no word of its own for stays as it is."""
    local = profile.codes.get(result.loinc)
    code, is_local = local or result.loinc, local is not None
    molar = mmol_per_l(result.loinc, float(result.value)) if profile.molar and result.unit == "mg/dL" else None
    if molar is not None:
        return Said(code, result.name, repr(molar), "mmol/L", "mmol/L", molar, "mmol/L", is_local)
    spelling = profile.units.get(result.unit)
    unit, unit_code = (spelling.text, spelling.code) if spelling else (result.unit, result.unit)
    ucum = MEANT.get(result.unit, result.unit)
    return Said(code, result.name, result.value, unit, unit_code, float(result.value), ucum, is_local)
