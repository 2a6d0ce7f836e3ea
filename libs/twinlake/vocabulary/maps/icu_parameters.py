"""Parameters of the PhysioNet/CinC Challenge 2012 → LOINC and the unit of each.

The units are general knowledge of the challenge's table of variables (physionet.org/content/challenge-2012), which was
not read for this, held against the medians of set A. Mg is in mg/dL: a median of 1.9 mmol/L would be a severe excess.
"""

from __future__ import annotations

from typing import NamedTuple


class IcuParameter(NamedTuple):
    """What a parameter measures; `loinc` is None where its meaning is the challenge's own."""

    loinc: str | None
    unit: str | None
    name: str


ICU_PARAMETERS = {
    "ALP": IcuParameter("6768-6", "IU/L", "Alkaline phosphatase"),
    "ALT": IcuParameter("1742-6", "IU/L", "Alanine transaminase"),
    "AST": IcuParameter("1920-8", "IU/L", "Aspartate transaminase"),
    "Albumin": IcuParameter("1751-7", "g/dL", "Albumin"),
    "BUN": IcuParameter("3094-0", "mg/dL", "Blood urea nitrogen"),
    "Bilirubin": IcuParameter("1975-2", "mg/dL", "Bilirubin"),
    "Cholesterol": IcuParameter("2093-3", "mg/dL", "Cholesterol"),
    "Creatinine": IcuParameter("2160-0", "mg/dL", "Serum creatinine"),
    "DiasABP": IcuParameter("8462-4", "mmHg", "Invasive diastolic arterial blood pressure"),
    "FiO2": IcuParameter("3150-0", "1", "Fractional inspired oxygen, 0 to 1"),
    "GCS": IcuParameter("9269-2", "{score}", "Glasgow Coma Score, 3 to 15"),
    "Glucose": IcuParameter("2345-7", "mg/dL", "Serum glucose"),
    "HCO3": IcuParameter("1963-8", "mmol/L", "Serum bicarbonate"),
    "HCT": IcuParameter("4544-3", "%", "Haematocrit"),
    "HR": IcuParameter("8867-4", "bpm", "Heart rate"),
    "Height": IcuParameter("8302-2", "cm", "Height"),
    "K": IcuParameter("2823-3", "mEq/L", "Serum potassium"),
    "Lactate": IcuParameter("2524-7", "mmol/L", "Lactate"),
    "MAP": IcuParameter("8478-0", "mmHg", "Invasive mean arterial blood pressure"),
    "Mg": IcuParameter("19123-9", "mg/dL", "Serum magnesium"),
    "NIDiasABP": IcuParameter("76535-4", "mmHg", "Non-invasive diastolic arterial blood pressure"),
    "NIMAP": IcuParameter("76536-2", "mmHg", "Non-invasive mean arterial blood pressure"),
    "NISysABP": IcuParameter("76534-7", "mmHg", "Non-invasive systolic arterial blood pressure"),
    "Na": IcuParameter("2951-2", "mEq/L", "Serum sodium"),
    "PaCO2": IcuParameter("2019-8", "mmHg", "Partial pressure of arterial carbon dioxide"),
    "PaO2": IcuParameter("2703-7", "mmHg", "Partial pressure of arterial oxygen"),
    "Platelets": IcuParameter("777-3", "/nL", "Platelets"),
    "RespRate": IcuParameter("9279-1", "bpm", "Respiration rate"),
    "SaO2": IcuParameter("2708-6", "%", "Oxygen saturation in haemoglobin"),
    "SysABP": IcuParameter("8480-6", "mmHg", "Invasive systolic arterial blood pressure"),
    "Temp": IcuParameter("8310-5", "Cel", "Temperature"),
    "TroponinI": IcuParameter("10839-9", "ug/L", "Troponin-I"),
    "TroponinT": IcuParameter("6598-7", "ug/L", "Troponin-T"),
    "Urine": IcuParameter("9187-6", "mL", "Urine output"),
    "WBC": IcuParameter("6690-2", "/nL", "White blood cell count"),
    "Weight": IcuParameter("29463-7", "kg", "Weight"),
    "pH": IcuParameter("2744-1", "[pH]", "Arterial pH"),
}
STATISTICS = {
    "first": "first value of the first 48 hours",
    "last": "last value of the first 48 hours",
    "lowest": "lowest value of the first 48 hours",
    "highest": "highest value of the first 48 hours",
    "median": "median of the first 48 hours",
}
# What the summary has of the whole window, and the score of the stay. Its UrineOutputSum is no urine, and left out: it
# is 1 to 44, and stands exactly where MechVentDuration does.
WINDOW = {
    "MechVentStartTime": IcuParameter(None, "min", "Start of mechanical ventilation after admission"),
    "MechVentDuration": IcuParameter(None, "min", "Mechanical ventilation within the first 48 hours"),
    "SAPS-I": IcuParameter(None, "{score}", "Simplified Acute Physiology Score I"),
    "SOFA": IcuParameter(None, "{score}", "Sequential Organ Failure Assessment"),
}
UNITS = {"1": "CCU", "2": "CSRU", "3": "MICU", "4": "SICU"}
"""ICUType: coronary care, cardiac surgery recovery, medical and surgical intensive care unit."""
