"""Substances whose amount is reported by mass at one laboratory and by mole or equivalent at another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Analyte:
    """A substance as laboratories count it.

    `molar_mass_g_per_mol` follows the formula (PubChem) and IUPAC's standard atomic weights (2021, abridged); where
    laboratories count something else than the molecule, `formula` says what. A protein has no formula here, so its
    mass has a `source`. `valence`: equivalents in a mole; None where an equivalent has no single meaning (phosphate).
    """

    name: str
    formula: str | None
    molar_mass_g_per_mol: float | None
    valence: int | None = None
    source: str = ""


_AMA = "the factor in AMA Manual of Style, 11th ed., table of conventional and SI units"


_ALL = (
    # What a strip for ketones is calibrated with.
    Analyte("acetoacetate", "C4H6O3", 102.09),
    Analyte("acetaminophen", "C8H9NO2", 151.16),
    # Base excess and anion gap are sums of charges: a millimole of theirs is a milliequivalent, and has no mass.
    Analyte("acid_base", None, None, valence=1),
    Analyte("ammonia", "NH3", 17.031),
    Analyte("bicarbonate", "HCO3", 61.016, valence=1),
    Analyte("bilirubin", "C33H36N4O6", 584.67),
    Analyte("calcium", "Ca", 40.078, valence=2),
    Analyte("chloride", "Cl", 35.45, valence=1),
    Analyte("cholesterol", "C27H46O", 386.664),
    Analyte("cobalamin", "C63H88CoN14O14P", 1355.4),
    Analyte("cortisol", "C21H30O5", 362.46),
    # 113.1, as the factor that laboratories print (88.42 umol/L to 1 mg/dL); by formula 113.12, 0.02 % more.
    Analyte("creatinine", "C4H7N3O", 113.1),
    Analyte("c_reactive_protein", None, 105000, source=f"pentamer: {_AMA}, 9.524 nmol to 1 mg"),
    Analyte("digoxin", "C41H64O14", 780.9),
    Analyte("ethanol", "C2H6O", 46.069),
    Analyte("ferritin", None, 445000, source=f"{_AMA}, 2.247 pmol to 1 ng"),
    Analyte("fibrinogen", None, 340000, source=f"{_AMA}, 0.0294 umol/L to 1 mg/dL"),
    Analyte("folate", "C19H19N7O6", 441.4),
    Analyte("glucose", "C6H12O6", 180.156),
    # A mole of haemoglobin is a mole of its subunit, one haem iron (IFCC/IUPAC practice): 64,458 / 4.
    Analyte("haemoglobin", None, 16114.5, source="IFCC/IUPAC, C-NPU recommendation: Hb(Fe), 16 114.5 g/mol"),
    Analyte("iron", "Fe", 55.845),
    Analyte("lactate", "C3H6O3", 90.078, valence=1),
    Analyte("magnesium", "Mg", 24.305, valence=2),
    Analyte("nt_probnp", None, 8457.5, source="UniProt P16860, residues 27-102"),
    Analyte("parathyrin", None, 9424.7, source="UniProt P01270, residues 32-115: the intact hormone, 1-84"),
    # Mass is that of the phosphorus, moles are those of phosphate.
    Analyte("phosphate", "P", 30.974),
    Analyte("phenytoin", "C15H12N2O2", 252.27),
    Analyte("potassium", "K", 39.098, valence=1),
    Analyte("salicylate", "C7H6O3", 138.12),
    Analyte("sodium", "Na", 22.990, valence=1),
    Analyte("tacrolimus", "C44H69NO12", 804.03),
    Analyte("thyroxine", "C15H11I4NO4", 776.87),
    # A mixture; by convention counted as triolein.
    Analyte("triglyceride", "C57H104O6", 885.453),
    Analyte("triiodothyronine", "C15H12I3NO4", 650.97),
    Analyte("urate", "C5H4N4O3", 168.11),
    Analyte("urea", "CH4N2O", 60.056),
    # Mass is that of the two nitrogens, moles are those of urea.
    Analyte("urea_nitrogen", "N2", 28.014),
    Analyte("urobilinogen", "C33H42N4O6", 590.72),
    Analyte("vancomycin", "C66H75Cl2N9O24", 1449.3),
    Analyte("vitamin_d_25_hydroxy", "C27H44O2", 400.6),
)

ANALYTES = {analyte.name: analyte for analyte in _ALL}
