"""A hospital's spelling of a unit, and the UCUM code it stands for."""

from __future__ import annotations

import pytest

from twinlake.vocabulary.unit_spellings import ANY_CASE, EXACT, MIXED, SYMBOLS, WORDS
from twinlake.vocabulary.units import has_two_readings, is_bare_annotation, ucum_spelling


@pytest.mark.parametrize(
    ("raw", "ucum"),
    [
        ("mg/dl", "mg/dL"), ("MG/DL", "mg/dL"), ("mmHg", "mm[Hg]"), ("mm Hg", "mm[Hg]"), ("mm[Hg]", "mm[Hg]"),
        ("x10E3/uL", "10*3/uL"), ("10^9/L", "10*9/L"), ("10*3/mm3", "10*3/uL"), ("x10(6)/uL", "10*6/uL"),
        ("K/uL", "10*3/uL"), ("m/uL", "10*6/uL"), ("#/uL", "/uL"), ("mcg/dL", "ug/dL"), ("µg/L", "ug/L"),
        ("IU/L", "[IU]/L"), ("[iU]/L", "[IU]/L"), ("mEq/L", "meq/L"), ("sec", "s"), ("mm/hr", "mm/h"),
        ("#/hpf", "/[HPF]"), ("mOsm/kg", "mosm/kg"), ("pH", "[pH]"), ("Ratio", "{ratio}"), ("ng/dl", "ng/dL"),
        ("mL/min/1.73 m2", "mL/min/{1.73_m2}"), ("ml/min/1.73m^2", "mL/min/{1.73_m2}"),
        ("mL/min/{1.73_m2}", "mL/min/{1.73_m2}"), ("mL/min per 1.73 sq m", "mL/min/{1.73_m2}"),
        ("mL/min", "mL/min"), ("mmol/mol", "mmol/mol"), ("{INR}", "{INR}"), ("furlong", "furlong"),
        ("thou/cumm", "10*3/uL"), ("THOU/CUMM", "10*3/uL"), ("K/cumm", "10*3/uL"), ("K/mcL", "10*3/uL"),
        ("Million/uL", "10*6/uL"), ("10+3/ul", "10*3/uL"), ("10*3/UL", "10*3/uL"), ("cells/mm3", "/mm3"),
        ("mg%", "mg%"), ("MG%", "mg%"), ("gm%", "g%"), ("MG/24HR", "mg/(24.h)"), ("mg/24 hr", "mg/(24.h)"),
        ("mg/(24.hr)", "mg/(24.h)"), ("mg/100ml", "mg/(100.mL)"), ("mL/hour", "mL/h"), ("mEq./hour", "meq/h"),
        ("mcg/kg/min", "ug/kg/min"), ("dynes*sec/cm5", "dyn.s/cm5"), ("cmH2O/L/seconds", "cm[H2O]/L/s"),
        ("deg F", "[degF]"), ("Deg C", "Cel"), ("ºC", "Cel"), ("bpm", "/min"), ("beats per minute", "/min"),
        ("per minute", "/min"), ("/min", "/min"), ("mg / dL", "mg/dL"), ("g/DL", "g/dL"), ("PG/ML", "pg/mL"),
        ("MIU/ML", "m[IU]/mL"), ("uIU/mL", "u[IU]/mL"), ("MM[HG]", "mm[Hg]"), ("kg/m²", "kg/m2"), ("mmHg.", "mm[Hg]"),
        ("mg/L (FEU)", "mg/L{FEU}"), ("ug/ml ddu", "ug/mL{DDU}"), ("log10 copies/mL", "{log10_copies/mL}"),
        ("mL/beat", "mL/{beat}"), ("pg/{cell}", "pg/{cell}"), ("{a/day/b}", "{a/day/b}"),
        ("Liters", "L"), ("G/DL", "g/dL"), ("u/mL", "U/mL"), ("mM", "mmol/L"), ("MM", "mm"), ("Kg", "kg"),
        ("mgs/dL", "mg/dL"), ("Units/L", "U/L"), ("pct", "%"), ("resp/min", "/min"), ("picograms", "pg"),
        ("femtoliter", "fL"), ("centimeter", "cm"), ("mg/g creat", "mg/g"),
        # Two readings, or none known: left as they are, to be refused.
        ("G/L", "G/L"), ("Mg/dL", "Mg/dL"), ("Mmol/L", "Mmol/L"), ("units", "units"), ("RPM", "RPM"),
    ],
)  # fmt: skip
def test_a_spelling_becomes_its_ucum_code(raw, ucum):
    assert ucum_spelling(raw) == ucum


@pytest.mark.parametrize("raw", [None, "", " ", "N/A", "n/a", "+/-", "None"])
def test_what_stands_for_no_unit_is_none(raw):
    assert ucum_spelling(raw) is None


def test_spelling_twice_is_spelling_once():
    for unit in {*EXACT.values(), *ANY_CASE.values(), *MIXED.values(), *SYMBOLS.values(), *WORDS.values()} - {""}:
        assert ucum_spelling(unit) == unit


@pytest.mark.parametrize("unit", ["G/L", "T/L", "Mg/dL", "Mmol/L", "10.Gg"])
def test_a_unit_with_two_readings_is_known_as_such(unit):
    assert has_two_readings(unit)


@pytest.mark.parametrize("unit", ["mg/dL", "mmol/L", "m[Hg]", "GPL", "[GPL'U]", "U/L", "g/L", "10*9/L", "meq/L"])
def test_a_plain_unit_has_one_reading(unit):
    assert not has_two_readings(unit)


def test_a_unit_of_words_is_told_from_a_unit_with_words():
    assert is_bare_annotation("{score}")
    assert not is_bare_annotation("{copies}/mL")
    assert not is_bare_annotation("{a}/{b}")
