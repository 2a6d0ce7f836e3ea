"""Heart, hormones, blood gases and drug levels."""

from __future__ import annotations

from twinlake.vocabulary.measured.measurement import page

# An assay in U for an international unit is a habit of its makers; UCUM's own U is catalytic activity.
_MILLI_IU = ("mU/L", "uU/mL", "mcU/mL", "mcIU/mL")
_PH = ("units", "unit", "pH units")

CARDIAC = page(
    "lab",
    ("6598-7", "troponin_t", "ng/mL", "Troponin T.cardiac [Mass/volume] in Serum or Plasma"),
    ("10839-9", "troponin_i", "ng/mL", "Troponin I.cardiac [Mass/volume] in Serum or Plasma"),
    ("89579-7", "troponin_i_high_sensitivity", "ng/L", "Troponin I.cardiac by High sensitivity method"),
    ("13969-1", "creatine_kinase_mb", "ng/mL", "Creatine kinase.MB [Mass/volume] in Serum or Plasma"),
    ("33762-6", "nt_probnp", "pg/mL", "Natriuretic peptide.B prohormone N-Terminal in Serum or Plasma", "nt_probnp"),
    (
        "71425-3",
        "nt_probnp",
        "pg/mL",
        "Natriuretic peptide.B prohormone N-Terminal in Blood by Immunoassay",
        "nt_probnp",
    ),
    ("33763-4", "nt_probnp", "pg/mL", "Natriuretic peptide.B prohormone N-Terminal [Moles/volume]", "nt_probnp"),
    ("10230-1", "ejection_fraction", "%", "Left ventricular Ejection fraction"),
)
HORMONES = page(
    "lab",
    ("3016-3", "thyrotropin", "m[IU]/L", "Thyrotropin [Units/volume] in Serum or Plasma", "", *_MILLI_IU),
    ("3024-7", "free_thyroxine", "ng/dL", "Thyroxine (T4) free [Mass/volume] in Serum or Plasma", "thyroxine"),
    ("14920-3", "free_thyroxine", "ng/dL", "Thyroxine (T4) free [Moles/volume] in Serum or Plasma", "thyroxine"),
    ("3026-2", "thyroxine", "ug/dL", "Thyroxine (T4) [Mass/volume] in Serum or Plasma", "thyroxine"),
    ("14921-1", "thyroxine", "ug/dL", "Thyroxine (T4) [Moles/volume] in Serum or Plasma", "thyroxine"),
    ("3053-6", "triiodothyronine", "ng/dL", "Triiodothyronine (T3) in Serum or Plasma", "triiodothyronine"),
    ("14930-2", "triiodothyronine", "ng/dL", "Triiodothyronine (T3) [Moles/volume]", "triiodothyronine"),
    ("2143-6", "cortisol", "ug/dL", "Cortisol [Mass/volume] in Serum or Plasma", "cortisol"),
    ("14675-3", "cortisol", "ug/dL", "Cortisol [Moles/volume] in Serum or Plasma", "cortisol"),
    ("2731-8", "parathyrin", "pg/mL", "Parathyrin.intact [Mass/volume] in Serum or Plasma", "parathyrin"),
    ("14866-8", "parathyrin", "pg/mL", "Parathyrin.intact [Moles/volume] in Serum or Plasma", "parathyrin"),
    ("2857-1", "prostate_specific_antigen", "ng/mL", "Prostate specific Ag [Mass/volume] in Serum or Plasma"),
)
BLOOD_GAS = page(
    "lab",
    ("11558-4", "blood_ph", "[pH]", "pH of Blood", "", *_PH),
    ("2744-1", "arterial_ph", "[pH]", "pH of Arterial blood", "", *_PH),
    ("2746-6", "venous_ph", "[pH]", "pH of Venous blood", "", *_PH),
    ("11557-6", "carbon_dioxide_partial_pressure", "mm[Hg]", "Carbon dioxide [Partial pressure] in Blood"),
    ("2019-8", "arterial_carbon_dioxide_partial_pressure", "mm[Hg]", "Carbon dioxide in Arterial blood"),
    ("2021-4", "venous_carbon_dioxide_partial_pressure", "mm[Hg]", "Carbon dioxide in Venous blood"),
    ("11556-8", "oxygen_partial_pressure", "mm[Hg]", "Oxygen [Partial pressure] in Blood"),
    ("2703-7", "arterial_oxygen_partial_pressure", "mm[Hg]", "Oxygen [Partial pressure] in Arterial blood"),
    ("2705-2", "venous_oxygen_partial_pressure", "mm[Hg]", "Oxygen [Partial pressure] in Venous blood"),
    ("20564-1", "blood_oxygen_saturation", "%", "Oxygen saturation in Blood"),
    ("11555-0", "base_excess", "mmol/L", "Base excess in Blood by calculation", "acid_base"),
    ("32693-4", "lactate", "mmol/L", "Lactate [Moles/volume] in Blood", "lactate"),
    ("2524-7", "lactate", "mmol/L", "Lactate [Moles/volume] in Serum or Plasma", "lactate"),
    ("19991-9", "alveolar_arterial_gradient", "mm[Hg]", "Alveolar-arterial oxygen Partial pressure difference"),
)
DRUG_LEVELS = page(
    "lab",
    ("20578-1", "vancomycin", "ug/mL", "Vancomycin [Mass/volume] in Serum or Plasma", "vancomycin"),
    ("11253-2", "tacrolimus", "ng/mL", "Tacrolimus [Mass/volume] in Blood", "tacrolimus"),
    ("10535-3", "digoxin", "ng/mL", "Digoxin [Mass/volume] in Serum or Plasma", "digoxin"),
    ("14698-5", "digoxin", "ng/mL", "Digoxin [Moles/volume] in Serum or Plasma", "digoxin"),
    ("3968-5", "phenytoin", "ug/mL", "Phenytoin [Mass/volume] in Serum or Plasma", "phenytoin"),
    ("14877-5", "phenytoin", "ug/mL", "Phenytoin [Moles/volume] in Serum or Plasma", "phenytoin"),
    ("3298-7", "acetaminophen", "ug/mL", "Acetaminophen [Mass/volume] in Serum or Plasma", "acetaminophen"),
    ("4024-6", "salicylates", "mg/dL", "Salicylates [Mass/volume] in Serum or Plasma", "salicylate"),
    ("5640-8", "ethanol", "mg/dL", "Ethanol [Mass/volume] in Blood", "ethanol"),
)
