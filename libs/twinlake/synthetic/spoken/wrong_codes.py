"""LOINC codes that are taken for one another: another property, specimen or method than was measured (loinc.org)."""

from __future__ import annotations

WRONG_CODES = {
    "2345-7": "14749-6",  # glucose in serum: moles for mass
    "2339-0": "2345-7",  # glucose: serum for blood
    "2093-3": "14647-2",  # cholesterol: moles for mass
    "2085-9": "14646-4",  # HDL cholesterol: moles for mass
    "2571-8": "14927-8",  # triglycerides: moles for mass
    "2160-0": "14682-9",  # creatinine in serum: moles for mass
    "38483-4": "2160-0",  # creatinine: serum for blood
    "18262-6": "13457-7",  # LDL cholesterol: calculated for direct
    "4548-4": "59261-8",  # HbA1c: IFCC for NGSP
    "6299-2": "3094-0",  # urea nitrogen: serum for blood
    "3094-0": "22664-7",  # urea nitrogen in serum: urea in moles
    "6298-4": "2823-3",  # potassium: serum for blood
    "2947-0": "2951-2",  # sodium: serum for blood
    "2069-3": "2075-0",  # chloride: serum for blood
    "20565-8": "2028-9",  # carbon dioxide: serum for blood
    "49765-1": "17861-6",  # calcium: serum for blood
    "17861-6": "2000-8",  # calcium in serum: moles for mass
    "6690-2": "26464-8",  # leukocytes: any method for automated
    "718-7": "30313-1",  # haemoglobin: arterial for any blood
    "4544-3": "20570-8",  # haematocrit: any method for automated
    "777-3": "26515-7",  # platelets: any method for automated
    "1975-2": "14631-6",  # bilirubin: moles for mass
    "1751-7": "54347-0",  # albumin: moles for mass
    "33914-3": "48642-3",  # eGFR: by race
}
