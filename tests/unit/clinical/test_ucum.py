"""UCUM expressions: what is one, what is none, and what they amount to."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlake.clinical.ucum import Unit, affine, known, parse, same_dimension

VALID = [
    "m", "/m", "1/min", "m-1", "m+2", "10*3/ul", "10*-3/ul", "10*+3/ul", "10^9/L", "kg.m/s2", "m2.5", "mol/(8.h.kg)",
    "((m))", "dB[10.nV]", "4.[pi].10*-7.N/A2", "umol/2.h", "cal_[15]", "m[H2O]", "mm[Hg]", "[in_i'Hg]", "''", "%",
    "%[slope]", "g%", "mg%", "dar", "k[IU]/L", "[IU]/L", "m[iU]/mL", "Mg", "G/L", "pH", "mCel", "{score}", "{a}.m{b}",
    "1{c}", "/{tot}", "mL/{hb}.m2", "100/{cells}", "100{cells}", "g/(8.h){shift}", "mL/min/{1.73_m2}", "{}", "10*06/L",
]  # fmt: skip
INVALID = [
    "", " ", "m/", "m.", "m//s", "//m", ".m", "(/m)", "(m", "m)", "()", "(m)2", "2m", "8h", "g/12h", "ug(8.h)",
    "10+3/ul", "m 2", "mg /dL", "m^2", "m**2", "m*2", "m.-1", "+m", "-1", "m2s", "kkg", "kmin", "mug", "KG",
    "MG/DL", "molv", "IU", "iU", "[iIU]", "[in_i", "in_i]", "[BETH'U]", "cm[H20]", "{a}m", "{a}{b}", "m{a}{b}", "m{a}2",
    "m{a", "m{a b}", "m{a{b}}", "m{\u9320}", "m\u00b2", "\u00b5g", "\u00b0C", "Torr", "mEq/L", "0", "m/0", "10*400",
    "m.10*-400", "Cel/h", "/Cel", "Cel2", "dB.m", "1.Cel",
]  # fmt: skip


@pytest.mark.parametrize("text", VALID)
def test_an_expression_of_ucum_is_understood(text):
    assert parse(text) is not None


@pytest.mark.parametrize("text", INVALID)
def test_what_is_no_expression_of_ucum_is_refused(text):
    assert parse(text) is None
    with pytest.raises(ValueError, match="not UCUM"):
        known(text)


@given(st.text(alphabet="mgLkls10*^/.(){}[]IU%'-+_ ", max_size=12))
def test_no_text_stops_the_parser(text):
    assert parse(text) is None or isinstance(parse(text), Unit)


def test_depth_of_brackets_is_no_limit():
    assert parse("(" * 5000 + "m" + ")" * 5000) is not None


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [
        # A solidus binds what follows it alone (§ 7), and terms are read from the left.
        ("m/s.s", "m", 1), ("umol/2.h", "umol.h", 0.5), ("umol/(2.h)", "umol/h", 0.5), ("s/4/m", "s/m", 0.25),
        ("/m.s", "s/m", 1), ("/s/m", "s-1.m-1", 1), ("Oe", "A/m", 79.57747154594767),
        ("mm[Hg]", "Pa", 133.322), ("[in_i'Hg]", "Pa", 3386.3788), ("[lb_av]", "g", 453.59237),
        ("[car_Au]", "%", 100 / 24),
        ("U", "ukat", 1 / 60), ("[Cal]", "kcal_th", 1), ("g%", "g/dL", 1), ("10*3/uL", "10*9/L", 1), ("G", "T", 1e-4),
        ("[ly]", "cm", 946073047258080000), ("'", "deg", 1 / 60), ("wk", "h", 168), ("mo", "d", 30.4375),
    ],
)  # fmt: skip
def test_a_unit_amounts_to_what_is_printed(source, target, factor):
    assert affine(known(source), known(target)) == (pytest.approx(factor, rel=1e-9), 0.0)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("[IU]", "1"), ("[IU]", "[arb'U]"), ("[IU]/L", "/L"), ("mol", "1"), ("osm", "mol"), ("eq", "mol"),
        ("/[HPF]", "/[LPF]"), ("mL/min", "mL/min/{1.73_m2}"), ("[hp_X]", "[hp'_X]"), ("m", "s"), ("Cel", "m"),
    ],
)  # fmt: skip
def test_kinds_of_thing_stay_apart(left, right):
    assert not same_dimension(known(left), known(right))
    assert affine(known(left), known(right)) is None


FUNCTIONAL_TESTS = os.environ.get("TWINLAKE_UCUM_FUNCTIONAL_TESTS", "")


@pytest.mark.nightly
@pytest.mark.skipif(not FUNCTIONAL_TESTS, reason="TWINLAKE_UCUM_FUNCTIONAL_TESTS names no UcumFunctionalTests.xml")
class TestFunctionalTests:
    """The field's own suite (history entry of 3 February 2021); it is read where it lies, under its own licence."""

    @pytest.fixture(scope="class")
    def cases(self) -> dict[str, list[ElementTree.Element]]:
        root = ElementTree.parse(Path(FUNCTIONAL_TESTS)).getroot()
        return {kind.tag: kind.findall("case") for kind in root}

    def test_validation(self, cases):
        said = {case.get("unit"): (parse(case.get("unit")) is not None) for case in cases["validation"]}
        assert said == {case.get("unit"): case.get("valid") == "true" for case in cases["validation"]}

    def test_conversion(self, cases):
        for case in cases["conversion"]:
            self.expect(case, float(case.get("value")), known(case.get("srcUnit")), case.get("dstUnit"), "outcome")

    def test_multiplication(self, cases):
        for case in cases["multiplication"]:
            number = float(case.get("v1")) * float(case.get("v2"))
            self.expect(case, number, known(case.get("u1")) * known(case.get("u2")), case.get("uRes"), "vRes")

    def test_division(self, cases):
        for case in cases["division"]:
            number = float(case.get("v1")) / float(case.get("v2"))
            self.expect(case, number, known(case.get("u1")) / known(case.get("u2")), case.get("uRes") or "1", "vRes")

    @staticmethod
    def expect(case: ElementTree.Element, number: float, source: Unit, target: str, outcome: str) -> None:
        """To the digits that the outcome is printed with."""
        printed = Decimal(case.get(outcome))
        half_a_digit = 0.5 * 10.0 ** printed.as_tuple().exponent
        line = affine(source, known(target))
        assert line is not None, case.get("id")
        assert line[0] * number == pytest.approx(float(printed), rel=1e-9, abs=half_a_digit * 1.001), case.get("id")
