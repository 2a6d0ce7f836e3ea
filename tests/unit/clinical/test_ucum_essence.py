"""UCUM's own definitions, worked out in plain Python, against what this lake computes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from twinlake.clinical.ucum import affine, parse, quantity, same_dimension

NAMESPACE = "{http://unitsofmeasure.org/ucum-essence}"
POWER = re.compile(r"(10[*^])([+-]?\d+)?|(.*?[^\d+-])([+-]?\d+)?")
MISDEFINED_BY_THE_LIBRARY = {
    "'",
    "''",
    "[ch_br]",
    "[lk_br]",
    "[Btu]",
    "[cft_i]",
    "[cyd_i]",
    "[in_i'H2O]",
    "[in_i'Hg]",
    "[rd_br]",
    "g%",
}
# A mole, an equivalent, an osmole, a field, turbidity, a Hounsfield unit: plain numbers to UCUM, kinds of thing to us.
KINDS_OF_THEIR_OWN = {"mol", "eq", "osm", "[HPF]", "[LPF]", "[NTU]", "[FNU]", "[hnsf'U]"}
GAUSSIAN = {"Mx", "G", "Oe", "Gb"}


@dataclass(frozen=True)
class Essence:
    """UCUM's tables, and the size of any unit in its seven base units."""

    prefixes: dict[str, float]
    base: frozenset[str]
    plain: dict[str, tuple[float, str]]
    arbitrary: frozenset[str]
    special: frozenset[str]

    def size(self, term: str) -> float:
        total, sign = 1.0, 1
        for token in re.findall(r"[/.]|(?:\[[^\]]*\]|[^/.\[\]])+", term):
            if token in "/.":
                sign = -1 if token == "/" else 1
                continue
            total *= self._component(token) ** sign
            sign = 1
        return total

    def _component(self, token: str) -> float:
        if token.isdigit():
            return float(token)
        power = POWER.fullmatch(token)
        assert power is not None, token
        return self._unit(power[1] or power[3]) ** int(power[2] or power[4] or 1)

    def _unit(self, code: str) -> float:
        if code in self.base:
            return 1.0
        if code in self.plain:
            value, term = self.plain[code]
            return value * self.size(term)
        known = {*self.base, *self.plain}
        prefix = next(p for p in self.prefixes if code.startswith(p) and code[len(p) :] in known)
        return self.prefixes[prefix] * self._unit(code[len(prefix) :])


@pytest.fixture(scope="module")
def essence(shared_data: Path) -> Essence:
    root = ElementTree.parse(shared_data / "terminology_ucum" / "ucum-essence.xml").getroot()
    value = f"{NAMESPACE}value"
    units = {u.get("Code"): u for u in root.iter(f"{NAMESPACE}unit")}
    special = frozenset(c for c, u in units.items() if u.get("isSpecial"))
    arbitrary = frozenset(c for c, u in units.items() if u.get("isArbitrary"))
    return Essence(
        {p.get("Code"): float(p.find(value).get("value")) for p in root.iter(f"{NAMESPACE}prefix")},
        frozenset(b.get("Code") for b in root.iter(f"{NAMESPACE}base-unit")),
        {
            c: (float(u.find(value).get("value")), u.find(value).get("Unit"))
            for c, u in units.items()
            if c not in special | arbitrary
        },
        arbitrary,
        special,
    )


def test_a_unit_has_the_size_that_ucum_gives_it_or_is_refused(essence):
    refused, other_kind, ratios = set(), set(), {}
    for code, (value, term) in essence.plain.items():
        ours, defined = parse(code), parse(term)
        if ours is None:
            refused.add(code)
        elif defined is None or (line := affine(ours, defined)) is None or not same_dimension(ours, defined):
            other_kind.add(code)
        else:
            ratios[code] = line[0] / value
    assert refused == MISDEFINED_BY_THE_LIBRARY
    assert other_kind == KINDS_OF_THEIR_OWN | GAUSSIAN
    assert {code: r for code, r in ratios.items() if r != pytest.approx(1, rel=1e-4)} == {}
    assert len(ratios) + len(refused) + len(other_kind) == len(essence.plain) == 243


PAIRS = [
    ("mm[Hg]", "kPa"), ("cm[H2O]", "Pa"), ("[lb_av]", "kg"), ("[oz_av]", "g"), ("[in_i]", "cm"), ("[ft_i]", "m"),
    ("cal", "J"), ("[Cal]", "kJ"), ("U", "umol/s"), ("kat", "umol/min"), ("a", "d"), ("mo", "h"), ("wk", "min"),
    ("[foz_us]", "mL"), ("[cup_us]", "L"), ("bar", "mm[Hg]"), ("Bq", "/min"), ("Sv", "J/kg"), ("mg/dL", "g/L"),
    ("ug/mL", "ng/dL"), ("10*3/uL", "10*9/L"), ("fL", "mm3"), ("mL/min", "L/h"), ("kg/m2", "g/cm2"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_a_ratio_of_clinical_units_is_that_of_ucums_definitions(essence, left, right):
    one, other = parse(left), parse(right)
    assert one is not None and other is not None
    line = affine(one, other)
    assert line is not None
    assert line == (pytest.approx(essence.size(left) / essence.size(right), rel=1e-5), 0.0)


def test_an_arbitrary_unit_is_commensurable_with_no_number_and_no_other(essence):
    known = {code: one for code in sorted(essence.arbitrary) if (one := parse(code)) is not None}
    assert len(known) >= 25
    dimensions = {}
    for code, one in known.items():
        assert not same_dimension(one, quantity("dimensionless")), code
        dimensions.setdefault(str(one.dimensionality), []).append(code)
    assert [codes for codes in dimensions.values() if len(codes) > 1 and {*codes} != {"[IU]", "[iU]"}] == []
