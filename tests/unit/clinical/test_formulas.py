"""Formulas against printed cases and hand calculations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from twinlake.clinical import formulas as f


@pytest.mark.parametrize(("is_female", "rate"), [(True, 68.63), (False, 91.69)])
def test_egfr_of_a_creatinine_of_1_at_50_years(is_female, rate):
    assert f.egfr_ckd_epi_2021(1.0, 50, is_female) == pytest.approx(rate, abs=0.005)


def test_egfr_takes_arrays():
    rates = f.egfr_ckd_epi_2021(np.array([1.0, 1.0]), np.array([50, 50]), np.array([True, False]))
    assert rates == pytest.approx([68.63, 91.69], abs=0.005)


def test_mean_arterial_pressure_of_120_over_80():
    assert f.mean_arterial_pressure(120.0, 80.0) == pytest.approx(93.33, abs=0.005)


def test_body_mass_index_of_81_kg_at_180_cm():
    assert f.body_mass_index(81.0, 180.0) == pytest.approx(25.0)


def test_friedewald_of_the_printed_case():
    assert f.ldl_friedewald(200.0, 50.0, 150.0) == 120.0


def test_friedewald_says_nothing_above_400_of_triglycerides():
    assert f.ldl_friedewald(200.0, 50.0, 400.0) == 70.0
    assert math.isnan(f.ldl_friedewald(200.0, 50.0, 401.0))


@pytest.mark.parametrize(("hba1c", "glucose"), [(6, 126), (7, 154), (8, 183), (9, 212), (10, 240)])
def test_estimated_average_glucose_as_the_adag_study_printed_it(hba1c, glucose):
    assert f.estimated_average_glucose(float(hba1c)) == pytest.approx(glucose, abs=0.5 + 1e-9)


@pytest.mark.parametrize(("ngsp", "ifcc"), [(6.5, 47.5), (7.0, 53.0)])
def test_hba1c_of_both_standards(ngsp, ifcc):
    assert f.ifcc_from_ngsp(ngsp) == pytest.approx(ifcc, abs=0.05)
    assert f.ngsp_from_ifcc(f.ifcc_from_ngsp(ngsp)) == pytest.approx(ngsp)
