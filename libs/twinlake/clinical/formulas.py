"""Clinical formulas, each with its units, its range and its citation; numbers or numpy arrays in, the same out."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Numbers = TypeVar("Numbers", float, NDArray[np.float64])

FRIEDEWALD_HIGHEST_TRIGLYCERIDES_MG_PER_DL = 400.0


def body_mass_index(weight_kg: Numbers, height_cm: Numbers) -> Numbers:
    """Body mass index in kg/m2 (Quetelet; Keys et al., J Chronic Dis 1972;25:329)."""
    return weight_kg / (height_cm / 100) ** 2


def mean_arterial_pressure(systolic_mmhg: Numbers, diastolic_mmhg: Numbers) -> Numbers:
    """Mean arterial pressure in mmHg: diastolic and a third of the pulse pressure; an estimate for a resting heart."""
    return diastolic_mmhg + (systolic_mmhg - diastolic_mmhg) / 3


def egfr_ckd_epi_2021(
    creatinine_mg_per_dl: Numbers, age_years: Numbers, is_female: bool | NDArray[np.bool_]
) -> Numbers:
    """Glomerular filtration rate in mL/min/{1.73_m2} by CKD-EPI 2021, without race; persons of 18 years and over.

    142 * min(Scr/k, 1)^a * max(Scr/k, 1)^-1.2 * 0.9938^age (* 1.012 for women); k .7 and .9, a -.241 and -.302 for
    women and men (Inker et al., N Engl J Med 2021;385:1737).
    """
    k = np.where(is_female, 0.7, 0.9)
    a = np.where(is_female, -0.241, -0.302)
    ratio = np.asarray(creatinine_mg_per_dl) / k
    rate = 142 * np.minimum(ratio, 1) ** a * np.maximum(ratio, 1) ** -1.2 * 0.9938 ** np.asarray(age_years)
    return _as_given(rate * np.where(is_female, 1.012, 1.0))


def ldl_friedewald(
    total_cholesterol_mg_per_dl: Numbers, hdl_cholesterol_mg_per_dl: Numbers, triglycerides_mg_per_dl: Numbers
) -> Numbers:
    """LDL cholesterol in mg/dL; not a number over 400 mg/dL of triglycerides (Friedewald, Clin Chem 1972;18:499)."""
    triglycerides = np.asarray(triglycerides_mg_per_dl, dtype=float)
    ldl = np.asarray(total_cholesterol_mg_per_dl) - hdl_cholesterol_mg_per_dl - triglycerides / 5
    return _as_given(np.where(triglycerides > FRIEDEWALD_HIGHEST_TRIGLYCERIDES_MG_PER_DL, np.nan, ldl))


def estimated_average_glucose(hba1c_percent: Numbers) -> Numbers:
    """Average glucose of the last weeks in mg/dL, 28.7 * HbA1c - 46.7 (ADAG; Nathan, Diabetes Care 2008;31:1473)."""
    return 28.7 * hba1c_percent - 46.7


def ngsp_from_ifcc(hba1c_mmol_per_mol: Numbers) -> Numbers:
    """HbA1c in NGSP % from IFCC mmol/mol, the master equation (Hoelzel et al., Clin Chem 2004;50:166)."""
    return 0.09148 * hba1c_mmol_per_mol + 2.152


def ifcc_from_ngsp(hba1c_percent: Numbers) -> Numbers:
    """HbA1c in IFCC mmol/mol from NGSP %: the master equation turned round."""
    return (hba1c_percent - 2.152) / 0.09148


def _as_given(result: NDArray[np.float64]) -> Any:
    """A plain float where plain floats came in."""
    return result if result.ndim else float(result)
