"""Raw units: each becomes the one unit of its quantity by a named rule, or is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlake.clinical.conversion import RULES, Conversion, convert
from twinlake.clinical.ucum import affine, known, parse, same_dimension
from twinlake.vocabulary.measurements import MEASUREMENTS

UNKNOWN = Conversion(None, None, None, "unit_unknown")
IMPOSSIBLE = Conversion(None, None, None, "unit_impossible")


def to_canonical(code: str, value: float, unit: str | None) -> float:
    found = convert("LOINC", code, unit, {})
    assert found.factor is not None and found.offset is not None, found
    return value * found.factor + found.offset


@pytest.mark.parametrize(
    ("code", "canonical", "si", "unit", "tolerance"),
    [
        ("2345-7", 100, 5.551, "mmol/L", 5e-4), ("2093-3", 200, 5.172, "mmol/L", 1e-3),
        ("2571-8", 150, 1.694, "mmol/L", 5e-4), ("2160-0", 1.0, 88.42, "umol/L", 5e-3),
        ("3094-0", 28.014, 10, "mmol/L", 1e-6), ("718-7", 16.1145, 10, "mmol/L", 1e-6),
        ("17861-6", 4.0078, 1, "mmol/L", 1e-9), ("17861-6", 4.0078, 2, "meq/L", 1e-9),
        ("1994-3", 1.2, 2.4, "mEq/L", 1e-9), ("2823-3", 4.1, 4.1, "mEq/L", 1e-9),
        ("8310-5", 37.0, 98.6, "[degF]", 1e-7), ("8310-5", 37.0, 310.15, "K", 1e-9),
        ("29463-7", 45.359237, 100, "Lbs", 1e-9), ("8302-2", 160.02, 63, "Inches", 1e-9),
        ("4548-4", 6.5, 47.529, "mmol/mol", 1e-2), ("4544-3", 45.0, 0.45, "L/L", 1e-9),
        ("6690-2", 7.5, 7500, "/uL", 1e-9), ("6690-2", 7.5, 7.5, "10^9/L", 1e-9), ("789-8", 4.6, 4.6, "10*12/L", 1e-9),
        ("1742-6", 40, 40, "IU/L", 1e-9), ("1742-6", 60, 1, "ukat/L", 1e-9), ("3016-3", 2.1, 2.1, "uIU/mL", 1e-9),
        ("48065-7", 500, 0.5, "ug/mL", 1e-9), ("14959-1", 26.525, 3, "mg/mmol", 1e-2), ("786-4", 33, 33, "%", 1e-9),
        ("2345-7", 100, 100, "mg%", 1e-9),
    ],
)  # fmt: skip
def test_known_pairs(code, canonical, si, unit, tolerance):
    factor, offset = (lambda c: (c.factor, c.offset))(convert("LOINC", code, unit, {}))
    assert (canonical - offset) / factor == pytest.approx(si, abs=tolerance)


# Code, canonical unit's one, its amount in the other system: the factors that AMA Manual of Style (11th ed.) and
# laboratories print, to the digits they print.
PRINTED = [
    ("2345-7", "mmol/L", "0.05551"), ("2093-3", "mmol/L", "0.02586"), ("2085-9", "mmol/L", "0.02586"),
    ("2089-1", "mmol/L", "0.02586"), ("2571-8", "mmol/L", "0.01129"), ("2160-0", "umol/L", "88.42"),
    ("3094-0", "mmol/L", "0.357"), ("3084-1", "umol/L", "59.485"), ("1975-2", "umol/L", "17.104"),
    ("1968-7", "umol/L", "17.104"), ("17861-6", "mmol/L", "0.2495"), ("17861-6", "meq/L", "0.499"),
    ("19123-9", "mmol/L", "0.4114"), ("19123-9", "mEq/L", "0.8229"), ("2777-1", "mmol/L", "0.3229"),
    ("2498-4", "umol/L", "0.179"), ("2500-7", "umol/L", "0.179"), ("3026-2", "nmol/L", "12.87"),
    ("3024-7", "pmol/L", "12.87"), ("3053-6", "nmol/L", "0.0154"), ("2143-6", "nmol/L", "27.59"),
    ("2132-9", "pmol/L", "0.7378"), ("2284-8", "nmol/L", "2.266"), ("1989-3", "nmol/L", "2.496"),
    ("2524-7", "mg/dL", "9.008"), ("16362-6", "ug/dL", "1.703"), ("718-7", "mmol/L", "0.6206"),
    ("786-4", "mmol/L", "0.6206"), ("785-6", "fmol", "0.06206"), ("10535-3", "nmol/L", "1.281"),
    ("3968-5", "umol/L", "3.964"), ("3298-7", "umol/L", "6.616"), ("5640-8", "mmol/L", "0.2171"),
    ("20578-1", "umol/L", "0.690"), ("11253-2", "nmol/L", "1.244"), ("4024-6", "mmol/L", "0.0724"),
    ("1988-5", "nmol/L", "9.524"), ("2276-4", "pmol/L", "2.247"), ("3255-7", "umol/L", "0.0294"),
    ("33762-6", "pmol/L", "0.118"), ("2731-8", "pmol/L", "0.106"), ("22664-7", "mg/dL", "6.006"),
    ("2161-8", "mmol/L", "0.0884"), ("14959-1", "mg/mmol", "0.1131"), ("5797-6", "mmol/L", "0.09795"),
    ("20405-7", "umol/L", "16.93"), ("99504-3", "mmol/L", "0.05551"), ("6598-7", "ng/L", "1000"),
    ("89579-7", "pg/mL", "1"), ("33762-6", "ng/L", "1"), ("2951-2", "mEq/L", "1"), ("1751-7", "g/L", "10"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "unit", "printed"), PRINTED)
def test_a_factor_is_the_one_that_laboratories_print(code, unit, printed):
    found = convert("LOINC", code, unit, {})
    assert found.factor is not None and found.offset == 0
    half_a_digit = 0.5001 * 10.0 ** Decimal(printed).as_tuple().exponent
    assert 1 / found.factor == pytest.approx(float(printed), abs=half_a_digit)


def test_glucose_in_mmol_per_l_is_stored_in_mg_per_dl():
    assert convert("LOINC", "14749-6", "mmol/L", {}) == Conversion("mg/dL", 18.0156, 0.0, "mass_molar")


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("33914-3", "mL/min"),  # a rate of the person, not of 1.73 m2 of the person
        ("6690-2", "[IU]/L"),  # to Pint both are 1/volume
        ("4548-4", "{ratio}"), ("6301-6", "%"), ("55758-7", "%"),  # a bare number is no share of a whole
        ("2692-2", "mmol/kg"),  # an osmole is no mole
        ("48065-7", "ng/mL DDU"), ("2345-7", "K/uL"), ("2345-7", "{score}"), ("1742-6", "mg/dL"),
        ("1751-7", "mmol/L"), ("8480-6", "cm"), ("2777-1", "mEq/L"), ("5821-4", "/[LPF]"), ("10839-9", "[IU]/L"),
        ("731-0", "%"),  # the share of lymphocytes under the code of their number
        ("4548-4", "mg/dL"), ("4548-4", "umol/mmol"),  # an estimated average glucose; no way anybody writes HbA1c
    ],
)  # fmt: skip
def test_a_unit_of_another_quantity_is_refused_and_told_apart_from_one_that_is_none(code, unit):
    assert convert("LOINC", code, unit, {}) == IMPOSSIBLE


@pytest.mark.parametrize(
    ("code", "unit"), [("6690-2", "G/L"), ("2345-7", "Mg/dL"), ("2345-7", "Mmol/L"), ("2345-7", "glucose units")]
)
def test_what_is_no_unit_or_has_two_readings_is_unknown(code, unit):
    assert convert("LOINC", code, unit, {}) == UNKNOWN


@pytest.mark.parametrize("unit", ["mmol/mol", "mmol/mol{Hb}", "mmol/mol{hb}"])
def test_hba1c_converts_by_the_master_equation_whatever_its_unit_is_annotated_with(unit):
    """48 mmol/mol is 6.5 %, the threshold of diabetes."""
    found = convert("LOINC", "4548-4", unit, {})
    assert found.factor is not None and found.offset is not None
    assert round(48 * found.factor + found.offset, 1) == 6.5
    assert convert("LOINC", "4548-4", "%{Hb}", {}).factor == 1.0


@pytest.mark.parametrize("unit", ["kg/m2", "kg/m^2", "KG/M2", "kg/m**2", "kg/m*2"])
def test_a_body_mass_index_is_one_however_its_square_is_written(unit):
    assert convert("LOINC", "39156-5", unit, {}) == Conversion("kg/m2", 1.0, 0.0, "identity")


@pytest.mark.parametrize("unit", [None, "", " ", "N/A"])
def test_a_missing_unit_is_never_guessed_but_a_number_without_dimension_needs_none(unit):
    assert convert("LOINC", "2345-7", unit, {}) == Conversion(None, None, None, "unit_missing")
    assert convert("LOINC", "6301-6", unit, {}) == Conversion("{INR}", 1.0, 0.0, "unitless")
    assert convert("local", "50947", unit, {}) == Conversion(None, 1.0, 0.0, "unit_missing")


def test_a_code_without_a_canonical_unit_keeps_its_number_and_its_unit_in_ucum():
    assert convert("local", "51131", "#/uL", {}) == Conversion("/uL", 1.0, 0.0, "as_reported")
    assert convert("LOINC", "6276-0", "kU/L", {}) == Conversion("kU/L", 1.0, 0.0, "as_reported")
    assert convert(None, None, "furlong", {}) == UNKNOWN


def test_a_code_of_another_vocabulary_is_no_loinc_code():
    assert convert("local", "2345-7", "mmol/L", {}).rule == "as_reported"


def test_a_hospitals_own_table_goes_first_and_may_name_a_code():
    own = {"mg pct": "mg/dL", "LOINC:33914-3 mL/min": "mL/min/{1.73_m2}", "LOINC:8310-5": "Cel"}
    assert convert("LOINC", "2345-7", "mg pct", own).rule == "identity"
    assert convert("LOINC", "33914-3", "mL/min", own) == Conversion("mL/min/{1.73_m2}", 1.0, 0.0, "identity")
    assert convert("LOINC", "8310-5", None, own).unit_code == "Cel"
    assert convert("local", "cardiac output", "mL/min", own).unit_code == "mL/min"


UNITS = [
    "mg/dL", "g/L", "mmol/L", "umol/L", "meq/L", "U/L", "[IU]/L", "m[IU]/L", "ukat/L", "%", "1", "mmol/mol", "10*3/uL",
    "10*9/L", "/uL", "kg", "[lb_av]", "g", "cm", "[in_i]", "mm[Hg]", "kPa", "Cel", "[degF]", "K", "/min", "Hz", "s",
    "h", "mL/min", "mL/min/{1.73_m2}", "mosm/kg", "[pH]", "{score}", "pg/mL", "ng/L", "mg/g", "mg/mmol", "fL", "pg",
]  # fmt: skip


@given(st.sampled_from(sorted(MEASUREMENTS)), st.sampled_from(UNITS), st.floats(-1e6, 1e6))
def test_a_conversion_turned_round_gives_the_value_back(code, unit, value):
    found = convert("LOINC", code, unit, {})
    assert found.rule in RULES
    if found.factor is None:
        assert found.unit_code is None and found.offset is None
        return
    assert found.unit_code == MEASUREMENTS[code].unit and found.factor > 0
    back = (value * found.factor + found.offset - found.offset) / found.factor
    assert back == pytest.approx(value, rel=1e-9, abs=1e-6)


@given(st.sampled_from(UNITS), st.sampled_from(UNITS), st.floats(-1e3, 1e3))
def test_there_and_back_by_ucum_is_the_same_number(left, right, value):
    one, other = known(left), known(right)
    there, back = affine(one, other), affine(other, one)
    assert (there is None) == (back is None) == (not same_dimension(one, other))
    if there and back:
        assert (value * there[0] + there[1]) * back[0] + back[1] == pytest.approx(value, rel=1e-9, abs=1e-7)


@given(st.sampled_from(sorted(MEASUREMENTS)))
def test_a_canonical_unit_is_its_own_identity(code):
    unit = MEASUREMENTS[code].unit
    assert parse(unit) is not None
    assert convert("LOINC", code, unit, {}) == Conversion(unit, 1.0, 0.0, "identity")
