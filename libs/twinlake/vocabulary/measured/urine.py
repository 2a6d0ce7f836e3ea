"""Urine: the same substances as in blood, other quantities."""

from __future__ import annotations

from twinlake.vocabulary.measured.measurement import page

URINE = page(
    "lab",
    ("2161-8", "urine_creatinine", "mg/dL", "Creatinine [Mass/volume] in Urine", "creatinine"),
    ("14683-7", "urine_creatinine", "mg/dL", "Creatinine [Moles/volume] in Urine", "creatinine"),
    ("2955-3", "urine_sodium", "mmol/L", "Sodium [Moles/volume] in Urine", "sodium"),
    ("2828-2", "urine_potassium", "mmol/L", "Potassium [Moles/volume] in Urine", "potassium"),
    ("2078-4", "urine_chloride", "mmol/L", "Chloride [Moles/volume] in Urine", "chloride"),
    ("3095-7", "urine_urea_nitrogen", "mg/dL", "Urea nitrogen [Mass/volume] in Urine", "urea_nitrogen"),
    ("2695-5", "urine_osmolality", "mosm/kg", "Osmolality of Urine"),
    ("14957-5", "urine_albumin", "mg/dL", "Microalbumin [Mass/volume] in Urine"),
    # The analyte is the creatinine below the line: 1 mg/mmol is 8.84 mg/g.
    (
        "14959-1",
        "urine_albumin_creatinine_ratio",
        "mg/g",
        "Microalbumin/Creatinine [Mass Ratio] in Urine",
        "creatinine",
    ),
    ("9318-7", "urine_albumin_creatinine_ratio", "mg/g", "Albumin/Creatinine [Mass Ratio] in Urine", "creatinine"),
    ("2890-2", "urine_protein_creatinine_ratio", "mg/g", "Protein/Creatinine [Mass Ratio] in Urine", "creatinine"),
    ("2888-6", "urine_protein", "mg/dL", "Protein [Mass/volume] in Urine"),
    ("5804-0", "urine_protein_strip", "mg/dL", "Protein [Mass/volume] in Urine by Test strip"),
    ("5792-7", "urine_glucose_strip", "mg/dL", "Glucose [Mass/volume] in Urine by Test strip", "glucose"),
    ("5797-6", "urine_ketones_strip", "mg/dL", "Ketones [Mass/volume] in Urine by Test strip", "acetoacetate"),
    ("20505-4", "urine_bilirubin_strip", "mg/dL", "Bilirubin.total [Mass/volume] in Urine by Test strip", "bilirubin"),
    (
        "20405-7",
        "urine_urobilinogen_strip",
        "mg/dL",
        "Urobilinogen [Mass/volume] in Urine by Test strip",
        "urobilinogen",
    ),
    ("5811-5", "urine_specific_gravity", "{SG}", "Specific gravity of Urine by Test strip"),
    ("5803-2", "urine_ph", "[pH]", "pH of Urine by Test strip", "", "units", "unit", "pH units"),
    ("5821-4", "urine_leukocytes", "/[HPF]", "Leukocytes [#/area] in Urine sediment by Microscopy"),
    ("13945-1", "urine_erythrocytes", "/[HPF]", "Erythrocytes [#/area] in Urine sediment by Microscopy"),
    ("5787-7", "urine_epithelial_cells", "/[HPF]", "Epithelial cells [#/area] in Urine sediment by Microscopy"),
    ("5796-8", "urine_hyaline_casts", "/[LPF]", "Hyaline casts [#/area] in Urine sediment by Microscopy"),
)
