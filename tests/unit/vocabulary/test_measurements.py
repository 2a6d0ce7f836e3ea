"""Every quantity: one unit, a valid code, limits that have a source."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from twinlake.vocabulary import measurements
from twinlake.vocabulary.analytes import ANALYTES
from twinlake.vocabulary.codes import LoincCode
from twinlake.vocabulary.measurements import ITEM_CODES, ITEMS, MEASUREMENTS

# IUPAC standard atomic weights 2021, abridged to five figures.
ATOMIC_WEIGHT = {
    "H": 1.0080, "C": 12.011, "N": 14.007, "O": 15.999, "Na": 22.990, "Mg": 24.305, "P": 30.974, "Cl": 35.45,
    "K": 39.098, "Ca": 40.078, "Fe": 55.845, "Co": 58.933, "I": 126.90,
}  # fmt: skip


def mass_of(formula: str) -> float:
    return sum(ATOMIC_WEIGHT[atom] * int(count or 1) for atom, count in re.findall(r"([A-Z][a-z]?)(\d*)", formula))


@pytest.mark.parametrize("analyte", [a for a in ANALYTES.values() if a.formula and a.molar_mass_g_per_mol])
def test_a_molar_mass_is_the_sum_of_its_atoms(analyte):
    assert analyte.molar_mass_g_per_mol == pytest.approx(mass_of(analyte.formula), rel=3e-4)


def test_a_mass_without_a_formula_says_where_it_was_read():
    assert [a.name for a in ANALYTES.values() if a.molar_mass_g_per_mol and not (a.formula or a.source)] == []


def test_every_analyte_is_measured():
    assert {m.analyte.name for m in MEASUREMENTS.values() if m.analyte} == ANALYTES.keys()


def test_every_code_is_a_loinc_code_and_stands_in_one_place():
    assert [code for code in MEASUREMENTS if not LoincCode.is_valid(code)] == []
    rows = Counter(m.code for page in measurements._PAGES for m in page)
    assert [code for code, count in rows.items() if count > 1] == []


def test_codes_of_one_name_share_unit_kind_and_analyte():
    for name, codes in ITEM_CODES.items():
        assert len({(MEASUREMENTS[c].unit, MEASUREMENTS[c].kind, MEASUREMENTS[c].analyte) for c in codes}) == 1, name


def test_names_are_column_stems():
    assert [name for name in ITEMS if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


def test_limits_are_ordered_and_cited():
    for m in MEASUREMENTS.values():
        if m.plausible_low is not None and m.plausible_high is not None:
            assert m.plausible_low < m.plausible_high, m.code
        if m.plausible_low is not None or m.plausible_high is not None:
            assert m.source, m.code


def test_glucose_gathers_blood_serum_and_plasma_but_not_urine_or_tissue():
    assert {"2345-7", "2339-0", "1558-6"} <= measurements.GLUCOSE
    assert not measurements.GLUCOSE & (ITEM_CODES["urine_glucose_strip"] | ITEM_CODES["interstitial_glucose"])
    assert ITEMS["glucose"].unit == "mg/dL"
