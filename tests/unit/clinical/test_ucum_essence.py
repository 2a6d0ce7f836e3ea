"""UCUM's own table, worked out here by plain recursion, against what this lake computes: every symbol, every prefix."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree

import pytest

from twinlake.clinical.ucum import Unit, affine, converted, parse, same_dimension

# Plain numbers to UCUM, kinds of thing to medicine and here.
KINDS_OF_THEIR_OWN = frozenset({"mol", "eq", "osm", "[HPF]", "[LPF]", "[NTU]", "[FNU]", "[hnsf'U]"})
Size = tuple[float, Counter[str]]


@dataclass(frozen=True)
class Essence:
    """Sizes in base units by the table's definitions, read from left to right; brackets do not occur in them."""

    root: ElementTree.Element

    @cached_property
    def prefixes(self) -> dict[str, float]:
        return {p.get("Code"): float(p.find("{*}value").get("value")) for p in self.root.iterfind("{*}prefix")}

    @cached_property
    def base(self) -> frozenset[str]:
        return frozenset(b.get("Code") for b in self.root.iterfind("{*}base-unit"))

    @cached_property
    def units(self) -> dict[str, ElementTree.Element]:
        return {u.get("Code"): u for u in self.root.iterfind("{*}unit")}

    def codes(self, flag: str) -> frozenset[str]:
        return frozenset(code for code, unit in self.units.items() if unit.get(flag) == "yes")

    @cached_property
    def ratio(self) -> dict[str, Size]:
        """Every ratio unit, and every metric one with every prefix."""
        plain = {*self.base, *self.units} - self.codes("isSpecial")
        metric = plain & (self.base | self.codes("isMetric"))
        return {code: self.size(code) for code in plain} | {
            prefix + code: (factor * self.size(code)[0], self.size(code)[1])
            for code in metric
            for prefix, factor in self.prefixes.items()
        }

    def size(self, term: str) -> Size:
        if term in self.base or term in KINDS_OF_THEIR_OWN or self._is_own(term):
            return 1.0, Counter({term: 1})
        if term in self.units:
            value = self.units[term].find("{*}value")
            number, dimension = self.size(value.get("Unit"))
            return float(value.get("value")) * number, dimension
        total, dimensions, sign = 1.0, Counter(), 1
        for token in re.findall(r"[/.]|(?:\[[^\]]*\]|[^/.\[\]])+", term):
            if token in "/.":
                sign = -1 if token == "/" else 1
                continue
            number, dimension = self._component(token)
            total *= number**sign
            dimensions.update({kind: sign * power for kind, power in dimension.items()})
            sign = 1
        return total, Counter({kind: power for kind, power in dimensions.items() if power})

    def _is_own(self, code: str) -> bool:
        return code in self.codes("isArbitrary") and self.units[code].find("{*}value").get("Unit") == "1"

    def _component(self, token: str) -> Size:
        if token.isdigit():
            return float(token), Counter()
        power = re.fullmatch(r"(10[*^])([+-]?\d+)?|(.*?[^\d+-])([+-]?\d+)?", token)
        symbol, exponent = power[1] or power[3], int(power[2] or power[4] or 1)
        if symbol == "10*" or symbol == "10^":
            return 10.0**exponent, Counter()
        if symbol not in self.units and symbol not in self.base:
            prefix = next(p for p in self.prefixes if symbol.startswith(p) and self._is_metric(symbol[len(p) :]))
            number, dimension = self.size(symbol[len(prefix) :])
            number *= self.prefixes[prefix]
        else:
            number, dimension = self.size(symbol)
        return number**exponent, Counter({kind: exponent * p for kind, p in dimension.items()})

    def _is_metric(self, code: str) -> bool:
        return code in self.base or (code in self.units and self.units[code].get("isMetric") == "yes")


@pytest.fixture(scope="module")
def essence(shared_data: Path) -> Essence:
    return Essence(ElementTree.parse(shared_data / "terminology_ucum" / "ucum-essence.xml").getroot())


def unit(text: str) -> Unit:
    one = parse(text)
    assert one is not None, text
    return one


def test_every_symbol_and_every_prefixed_one_has_the_size_that_ucum_gives_it(essence):
    base = {kind: unit(kind) for _, dimension in essence.ratio.values() for kind in dimension}
    wrong = {}
    for code, (size, dimension) in essence.ratio.items():
        reference = unit("1")
        for kind, power in dimension.items():
            reference = reference * base[kind] ** power
        line = affine(unit(code), reference)
        if line is None or line != (pytest.approx(size, rel=1e-9, abs=0), 0.0):
            wrong[code] = (line, size)
    assert wrong == {}
    assert len(essence.units) == 305
    assert len(essence.ratio) == 291 + 86 * 24  # those that are not special, and the metric among them by prefix


def test_units_convert_where_their_dimensions_are_those_of_ucum_and_nowhere_else(essence):
    """One unit of each dimension against every other unit."""
    by_dimension: dict[frozenset[tuple[str, int]], list[str]] = {}
    for code, (_, dimension) in essence.ratio.items():
        by_dimension.setdefault(frozenset(dimension.items()), []).append(code)
    first = {dimension: unit(codes[0]) for dimension, codes in by_dimension.items()}
    for dimension, codes in by_dimension.items():
        for code in codes:
            assert [d for d, one in first.items() if same_dimension(one, unit(code))] == [dimension], code


def test_an_arbitrary_unit_converts_to_no_number_and_to_no_other_arbitrary_unit(essence):
    arbitrary = essence.codes("isArbitrary")
    assert len(arbitrary) == 41
    for code in arbitrary:
        assert not same_dimension(unit(code), unit("1")), code
        same = {other for other in arbitrary if same_dimension(unit(code), unit(other))}
        assert same == ({"[IU]", "[iU]"} if code in {"[IU]", "[iU]"} else {code})


# A number of the special unit and the same amount in a proper one, by the function that UCUM's table names.
SPECIAL = [
    ("Cel", 37, "K", 310.15), ("[degF]", 98.6, "K", 310.15), ("[degRe]", 80, "K", 373.15), ("[degF]", -40, "Cel", -40),
    ("[p'diop]", 100, "deg", 45), ("%[slope]", 100, "deg", 45), ("[hp'_X]", 6, "1", 1e-6), ("[hp'_C]", 3, "1", 1e-6),
    ("[hp'_M]", 2, "1", 1e-6), ("[hp'_Q]", 1, "1", 2e-5), ("[pH]", 7, "mol/L", 1e-7), ("Np", 1, "1", 2.718281828459045),
    ("B", 2, "1", 100), ("B[SPL]", 2, "uPa", 200), ("B[V]", 2, "V", 10), ("B[mV]", 2, "mV", 10),
    ("B[uV]", 2, "uV", 10), ("B[10.nV]", 2, "nV", 100), ("B[W]", 2, "W", 100), ("B[kW]", 2, "kW", 100),
    ("bit_s", 8, "1", 256), ("[m/s2/Hz^(1/2)]", 3, "m2/s4/Hz", 9), ("dB[W]", 20, "W", 100), ("mCel", 37000, "Cel", 37),
    ("kCel", 1, "Cel", 1000),
]  # fmt: skip


def test_every_special_unit_is_among_the_known_answers(essence):
    assert essence.codes("isSpecial") <= {code for code, *_ in SPECIAL}


@pytest.mark.parametrize(("code", "number", "proper", "amount"), SPECIAL)
def test_a_special_units_number_converts_there_and_back(code, number, proper, amount):
    assert converted(number, unit(code), unit(proper)) == pytest.approx(amount, rel=1e-9)
    assert converted(amount, unit(proper), unit(code)) == pytest.approx(number, rel=1e-9)


def test_every_metric_special_unit_takes_every_prefix(essence):
    for code in essence.codes("isSpecial") & essence.codes("isMetric"):
        for prefix, factor in essence.prefixes.items():
            assert converted(0.01 / factor, unit(prefix + code), unit(code)) == pytest.approx(0.01, rel=1e-9)


def test_a_curved_scale_is_no_straight_line_and_has_no_number_for_nothing():
    assert affine(unit("[pH]"), unit("mol/L")) is None
    assert converted(0.0, unit("mol/L"), unit("[pH]")) is None
    assert converted(1.0, unit("Cel"), unit("m")) is None
