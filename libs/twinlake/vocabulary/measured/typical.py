"""Where the values of adults lie, and the units that laboratories write them in: evidence for a unit that is missing.

The interval holds about 95 % of healthy or surveyed adults; patients lie around it, which `clinical.unit_evidence`
allows for. Left out: a quantity that has one unit only, one whose units differ less than patients do, and a unit in
which the values of the very sick would read as those of the healthy (lactate in mg/dL, a dialysis ward in mg/L).
"""

from __future__ import annotations

from dataclasses import dataclass

ABIM = "American Board of Internal Medicine, Laboratory Test Reference Ranges, 2024; women's and men's joined"
FROM_ABIM = f"{ABIM}; worked out from shares or another unit, or an open end closed by judgement"
NHANES_LIPIDS = "NHANES 1999-2004, quartiles of adults (doi:10.1177/002214650905000301), widened to 95 %"
ATP_III = "NCEP ATP III classes (doi:10.1001/jama.285.19.2486): between very low and high"
ANTHROPOMETRY = "NHANES 2015-2018, 5th to 95th percentile of adults (NCHS Vital Health Stat 3(46)), rounded"
OBERMEYER = "Obermeyer et al., BMJ 2017;359:j5468: 95 % range of 35,488 outpatients"
ADVANCED_LIFE_SUPPORT = "resting adults: limits that textbooks and early warning scores (NEWS2) call normal"
ADA = "American Diabetes Association, Standards of Care 2024: below prediabetes, to a usual goal in diabetes"
KDIGO = "KDIGO 2012: from A1 (30 mg/g) downwards and up"

_G = "g/dL g/L mg/dL"
_STEROID = "ug/dL nmol/L ng/mL"


@dataclass(frozen=True)
class Typical:
    """Central 95 % in the canonical unit, and the units that a number without one may be in, the canonical first."""

    low: float
    high: float
    units: tuple[str, ...]
    source: str


def _read_in(source: str, **rows: tuple[float, float, str]) -> dict[str, Typical]:
    return {name: Typical(low, high, tuple(units.split()), source) for name, (low, high, units) in rows.items()}


TYPICAL = {
    **_read_in(
        ABIM,
        glucose=(70, 99, "mg/dL mmol/L g/L"),
        creatinine=(0.5, 1.3, "mg/dL umol/L"),
        urea_nitrogen=(8, 20, "mg/dL mmol/L"),
        sodium=(136, 145, "mmol/L meq/L mg/dL"),
        potassium=(3.5, 5.0, "mmol/L meq/L mg/dL"),
        chloride=(98, 106, "mmol/L meq/L mg/dL"),
        calcium=(8.6, 10.2, "mg/dL mmol/L meq/L mg/L"),
        ionized_calcium=(1.12, 1.23, "mmol/L mg/dL meq/L"),
        magnesium=(1.6, 2.6, "mg/dL mmol/L meq/L mg/L"),
        phosphate=(3.0, 4.5, "mg/dL mmol/L"),
        urate=(2.5, 8.0, "mg/dL umol/L mmol/L mg/L"),
        total_bilirubin=(0.3, 1.0, "mg/dL umol/L mg/L"),
        direct_bilirubin=(0.1, 0.3, "mg/dL umol/L mg/L"),
        albumin=(3.5, 5.5, _G),
        total_protein=(5.5, 9.0, _G),
        globulin=(2.0, 3.5, _G),
        iron=(50, 150, "ug/dL umol/L"),
        iron_binding_capacity=(250, 310, "ug/dL umol/L"),
        transferrin=(200, 400, "mg/dL g/L"),
        haptoglobin=(83, 267, "mg/dL g/L"),
        ferritin=(24, 336, "ng/mL pmol/L"),
        cobalamin=(200, 800, "pg/mL pmol/L"),
        folate=(1.8, 9.0, "ng/mL nmol/L"),
        cortisol=(5, 25, _STEROID),
        free_thyroxine=(0.8, 1.8, "ng/dL pmol/L"),
        thyroxine=(5, 12, _STEROID),
        triiodothyronine=(80, 180, "ng/dL nmol/L ng/mL"),
        parathyrin=(10, 65, "pg/mL pmol/L"),
        haemoglobin=(12, 18, "g/dL g/L mmol/L"),
        haematocrit=(37, 50, "% L/L"),
        leukocytes=(4, 11, "10*3/uL /uL"),
        platelets=(150, 450, "10*3/uL /uL"),
        erythrocytes=(4.2, 5.9, "10*6/uL /uL"),
        cd4_cells=(530, 1570, "/uL 10*3/uL"),
        mch=(28, 32, "pg fmol"),
        mchc=(33, 36, "g/dL g/L mmol/L"),
        fibrinogen=(200, 400, "mg/dL g/L umol/L"),
        alanine_aminotransferase=(10, 40, "U/L ukat/L"),
        aspartate_aminotransferase=(10, 40, "U/L ukat/L"),
        alkaline_phosphatase=(30, 120, "U/L ukat/L"),
        lactate_dehydrogenase=(80, 225, "U/L ukat/L"),
        creatine_kinase=(30, 170, "U/L ukat/L"),
        arterial_carbon_dioxide_partial_pressure=(38, 42, "mm[Hg] kPa"),
        arterial_oxygen_partial_pressure=(75, 100, "mm[Hg] kPa"),
    ),
    **_read_in(
        FROM_ABIM,
        urea=(2.9, 7.1, "mmol/L mg/dL g/L"),
        c_reactive_protein=(0.3, 8.0, "mg/L mg/dL"),
        vitamin_d=(20, 60, "ng/mL nmol/L"),
        ammonia=(23, 47, "umol/L ug/dL"),
        neutrophils=(2.0, 7.7, "10*3/uL /uL"),
        lymphocytes=(1.2, 5.0, "10*3/uL /uL"),
        carbon_dioxide_partial_pressure=(38, 50, "mm[Hg] kPa"),
        oxygen_partial_pressure=(35, 100, "mm[Hg] kPa"),
    ),
    **_read_in(
        NHANES_LIPIDS,
        total_cholesterol=(133, 298, "mg/dL mmol/L g/L"),
        ldl_cholesterol=(65, 204, "mg/dL mmol/L g/L"),
    ),
    **_read_in(
        ATP_III,
        hdl_cholesterol=(30, 80, "mg/dL mmol/L g/L"),
        triglycerides=(45, 300, "mg/dL mmol/L g/L"),
    ),
    **_read_in(ADA, hba1c=(4.5, 8.0, "% mmol/mol"), interstitial_glucose=(70, 180, "mg/dL mmol/L")),
    **_read_in(KDIGO, urine_albumin_creatinine_ratio=(2, 100, "mg/g mg/mmol")),
    **_read_in(
        ANTHROPOMETRY,
        height=(150, 188, "cm [in_i] m"),
        weight=(50, 130, "kg [lb_av] g"),
    ),
    **_read_in(OBERMEYER, body_temperature=(35.7, 37.3, "Cel [degF] K")),
    **_read_in(
        ADVANCED_LIFE_SUPPORT,
        systolic_blood_pressure=(90, 150, "mm[Hg] kPa"),
        diastolic_blood_pressure=(50, 95, "mm[Hg] kPa"),
        mean_blood_pressure=(65, 110, "mm[Hg] kPa"),
        heart_rate=(50, 110, "/min Hz"),
        respiratory_rate=(10, 24, "/min Hz"),
        oxygen_saturation=(92, 100, "% 1"),
        inspired_oxygen=(21, 100, "% 1"),
    ),
}
