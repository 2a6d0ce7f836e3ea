"""Limits outside which a value cannot be true, each with the source it was read in; none is a normal range.

OHDSI's limits are used for three vitals only: its community withdrew most of them in 2022 because they
cut off real patients (sodium over 150, creatinine over 5), as NEWS.md of DataQualityDashboard 2.0 says.
"""

from __future__ import annotations

from dataclasses import dataclass

MIMIC_EXTRACT = (
    "MIMIC-Extract (Wang et al. 2020, doi:10.1145/3368555.3384469), resources/variable_ranges.csv at d8d2dea: "
    "limits beyond which a value is taken for an error"
)
OHDSI = "OHDSI DataQualityDashboard, inst/csv/OMOP_CDMv5.4_Concept_Level.csv at 4544633 (2022; since withdrawn)"
ALBUMIN = (
    "judgement: above any albumin in g/dL and below those of g/L (20 to 55) under its name; the highest valid value in "
    "MIMIC-Extract (Wang et al. 2020, doi:10.1145/3368555.3384469) is 6"
)
DEFINITION = "by definition: no amount is negative, a share of a whole is at most 100 %"


@dataclass(frozen=True)
class Limits:
    """The lowest and highest value that can be true, in the canonical unit, both included."""

    low: float | None
    high: float | None
    source: str


WHOLE_NUMBER_LINE = Limits(None, None, "")

_MIMIC_EXTRACT = {
    "alanine_aminotransferase": 11000, "alkaline_phosphatase": 4000, "anion_gap": 55,
    "aspartate_aminotransferase": 22000, "bicarbonate": 66, "total_bilirubin": 66, "urea_nitrogen": 275,
    "chloride": 200, "creatinine": 66, "diastolic_blood_pressure": 375, "glucose": 2200,
    "heart_rate": 390, "height": 275, "haematocrit": 100, "haemoglobin": 30, "lactate": 33,
    "lactate_dehydrogenase": 35000, "magnesium": 22, "mean_blood_pressure": 375,
    "phosphate": 22, "platelets": 2200, "potassium": 15, "prothrombin_time": 150, "respiratory_rate": 330,
    "sodium": 250, "systolic_blood_pressure": 375, "leukocytes": 1100, "troponin_t": 24,
    "carbon_dioxide_partial_pressure": 220, "oxygen_partial_pressure": 770,
}  # fmt: skip
_AMOUNTS = (
    "hdl_cholesterol", "ldl_cholesterol", "triglycerides", "erythrocytes", "calcium", "ionized_calcium", "urate",
    "total_protein", "globulin", "direct_bilirubin", "creatine_kinase", "c_reactive_protein", "ferritin", "iron",
    "thyrotropin", "nt_probnp", "egfr", "neutrophils", "lymphocytes", "monocytes", "eosinophils", "basophils",
    "troponin_i", "interstitial_glucose", "mcv", "mch", "mchc", "inr", "fibrinogen", "d_dimer",
    "urine_albumin_creatinine_ratio", "estimated_average_glucose", "total_carbon_dioxide",
    # MIMIC-Extract's 660 mg/dL and 150 s were values of patients: those of homozygous familial
    # hypercholesterolaemia and of cholestasis, and those under heparin.
    "total_cholesterol", "partial_thromboplastin_time",
)  # fmt: skip
_SHARES = (
    "hba1c", "oxygen_saturation", "neutrophils_percent", "lymphocytes_percent", "monocytes_percent",
    "eosinophils_percent", "basophils_percent", "red_cell_distribution_width", "inspired_oxygen",
)  # fmt: skip

PLAUSIBLE = {
    **{name: Limits(0, high, MIMIC_EXTRACT) for name, high in _MIMIC_EXTRACT.items()},
    **{name: Limits(0, None, DEFINITION) for name in _AMOUNTS},
    **{name: Limits(0, 100, DEFINITION) for name in _SHARES},
    "albumin": Limits(0, 10, ALBUMIN),
    "blood_ph": Limits(6.3, 10, MIMIC_EXTRACT),
    "body_temperature": Limits(14.2, 47, MIMIC_EXTRACT),
    # The lows of OHDSI for weight (2 kg) and BMI (16 kg/m2) would refuse the newborn and the starved.
    "weight": Limits(0, 500, f"{OHDSI}; low {DEFINITION}"),
    "bmi": Limits(0, 100, f"{OHDSI}; low {DEFINITION}"),
    "head_circumference": Limits(0, None, DEFINITION),
    "sleep_duration": Limits(0, None, DEFINITION),
    "steps": Limits(0, None, DEFINITION),
}
