"""Units inferred from where values lie: right nearly always when one is named, and silent on weak evidence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pytest

from twinlake.clinical.conversion import convert
from twinlake.clinical.unit_evidence import MINIMUM_COUNT, Summary, most_likely_unit
from twinlake.vocabulary.maps.mimic_labitems import ITEMID_TO_LOINC
from twinlake.vocabulary.measured.typical import TYPICAL
from twinlake.vocabulary.measurements import ITEM_CODES, ITEMS, MEASUREMENTS

GLUCOSE, TEMPERATURE, SODIUM, HAEMOGLOBIN = "2345-7", "8310-5", "2951-2", "718-7"
CODE = {name: min(ITEM_CODES[name]) for name in TYPICAL}


def inferred(code: str, values: Sequence[float]) -> str | None:
    evidence = most_likely_unit(code, Summary.of(values))
    return evidence.unit if evidence else None


def same_number(code: str, left: str, right: str) -> bool:
    """Two units in which a value reads the same but for 20 %: mmol/L and meq/L of sodium."""
    one, other = convert("LOINC", code, left, {}), convert("LOINC", code, right, {})
    assert one.factor is not None and other.factor is not None
    return one.offset == other.offset and abs(math.log(one.factor / other.factor)) < math.log(1.2)


def test_units_of_typical_values_convert_and_the_first_is_canonical():
    assert len(TYPICAL) >= 40
    for name, typical in TYPICAL.items():
        assert typical.units[0] == ITEMS[name].unit, name
        assert typical.low < typical.high, name
        assert typical.source, name
        assert all(convert("LOINC", CODE[name], unit, {}).factor for unit in typical.units), name


@pytest.mark.parametrize(
    ("code", "values", "unit"),
    [
        (GLUCOSE, [98, 110, 87, 143, 105, 92], "mg/dL"), (GLUCOSE, [5.4, 6.1, 4.8, 7.9, 5.8, 5.1], "mmol/L"),
        (GLUCOSE, [0.98, 1.1, 0.87, 1.43, 1.05, 0.92], "g/L"), ("2160-0", [80, 96, 71, 110, 130, 65], "umol/L"),
        (TEMPERATURE, [36.6, 37.1, 38.2, 36.9, 36.4], "Cel"), (TEMPERATURE, [98.2, 99.1, 100.4, 98.6, 97.9], "[degF]"),
        ("6690-2", [7200, 9100, 12400, 5600, 8800], "/uL"), ("4544-3", [0.41, 0.38, 0.35, 0.44, 0.39], "L/L"),
        ("8302-2", [64, 70, 67, 62, 72, 66], "[in_i]"), ("8480-6", [16.0, 17.3, 15.2, 18.1, 16.6], "kPa"),
        # meq/L and mmol/L of a monovalent ion are one unit.
        (SODIUM, [138, 141, 135, 140, 139, 137], "mmol/L"),
    ],
)  # fmt: skip
def test_values_say_what_unit_they_are_in(code, values, unit):
    assert inferred(code, values) == unit


@pytest.mark.parametrize(
    ("code", "values"),
    [
        (GLUCOSE, [98, 110, 87, 143]),  # too few
        (GLUCOSE, [98, 5.4, 110, 6.1, 87, 4.8, 143, 7.9]),  # two units in one group
        (GLUCOSE, [98, 110, 87, 143, 105, 92, 99, 5.4]),  # and one in eight of another
        (GLUCOSE, [14000, 15200, 13800, 16100, 14900]),  # no unit of glucose
        (HAEMOGLOBIN, [9.8, 10.4, 9.1, 11.0, 10.2, 9.5]),  # anaemia in g/dL, or health in mmol/L
        ("2345-7", [0, 0, -1, 0, 0, 0]), ("2345-7", []), ("9999-9", [1] * 9), ("6301-6", [1.1] * 9),
    ],
)  # fmt: skip
def test_weak_evidence_says_nothing(code, values):
    assert inferred(code, values) is None


def test_evidence_names_its_ratio_and_the_next_unit():
    evidence = most_likely_unit(GLUCOSE, Summary.of([98, 110, 87, 143, 105]))
    assert evidence is not None
    # By hand. Logarithms: healthy ln 70 to ln 99, mean 4.4218, deviation 0.08842; a hospital's mean of five values
    # deviates by sqrt((2 * 0.08842)^2 + (3 * 0.08842)^2 / 5) = 0.21288. The values' mean is 4.6735, distance 1.1824;
    # as g/L they would be ln 100 higher, 22.81, as mmol/L ln 18.0156 = 2.8912 higher, 14.764.
    assert evidence.other == "mmol/L"
    assert evidence.log10_ratio == pytest.approx((14.764**2 - 1.1824**2) / 2 / math.log(10), rel=1e-3)


def test_on_a_scale_with_an_offset_a_finer_unit_is_the_denser_one():
    evidence = most_likely_unit(TEMPERATURE, Summary.of([98.2, 99.1, 100.4, 98.6, 97.9]))
    assert evidence is not None
    # By hand. Healthy 35.7 to 37.3 Cel: mean 36.5, deviation 0.408163; of five values' mean 0.982987. The mean 98.84 is
    # 37.13333 Cel if degrees Fahrenheit, distance 0.6442945; if Celsius 63.418926. A density turns with its unit: 5/9.
    nearer = (63.418926**2 - 0.6442945**2) / 2
    assert evidence.log10_ratio == pytest.approx((nearer + math.log(5 / 9)) / math.log(10), rel=1e-6)


def simulated(count: int, repeats: int) -> Iterator[tuple[str, str, str | None]]:
    """(quantity, true unit, inferred) for made-up hospitals whose mean and patients deviate from the healthy."""
    rng = np.random.default_rng(20261121)
    for name, typical in sorted(TYPICAL.items()):
        offset_free = all(convert("LOINC", CODE[name], unit, {}).offset == 0 for unit in typical.units)
        low, high = np.log([typical.low, typical.high]) if offset_free else (typical.low, typical.high)
        deviation = (high - low) / 3.92
        for unit in typical.units:
            line = convert("LOINC", CODE[name], unit, {})
            centres = rng.normal((low + high) / 2, 2 * deviation, size=(repeats, 1))
            drawn = rng.normal(centres, 3 * deviation, size=(repeats, count))
            canonical = np.exp(drawn) if offset_free else drawn
            for row in (canonical - line.offset) / line.factor:
                yield name, unit, inferred(CODE[name], row.tolist())


@pytest.mark.parametrize(("count", "least_recall"), [(5, 0.65), (20, 0.7), (100, 0.7)])
def test_of_simulated_hospitals_97_units_in_100_that_are_named_are_right(count, least_recall):
    found = [(name, unit, said) for name, unit, said in simulated(count, repeats=40)]
    named = [(name, unit, said) for name, unit, said in found if said]
    right = sum(same_number(CODE[name], unit, said) for name, unit, said in named)
    print(f"{count} values: precision {right / len(named):.4f}, recall {right / len(found):.3f} of {len(found)}")
    assert right / len(named) >= 0.97
    assert right / len(found) >= least_recall


@pytest.fixture(scope="module")
def groups(shared_data: Path) -> list[tuple[str, str, list[float]]]:
    """(code, unit as written, values) of a real hospital, by code; values in the order of the file."""
    file = shared_data / "mimic4_demo" / "hosp" / "labevents.csv.gz"
    sql = """SELECT itemid, valueuom, list(valuenum::double) FROM read_csv(?, all_varchar = true)
             WHERE valuenum IS NOT NULL AND valueuom IS NOT NULL GROUP BY ALL ORDER BY ALL"""
    rows = duckdb.execute(sql, [str(file)]).fetchall()
    coded = [(ITEMID_TO_LOINC.get(int(item)), unit, values) for item, unit, values in rows]
    asked = [(code, unit, values) for code, unit, values in coded if code and MEASUREMENTS[code].name in TYPICAL]
    return [(code, unit, values) for code, unit, values in asked if convert("LOINC", code, unit, {}).factor]


def outcomes(groups: list[tuple[str, str, list[float]]]) -> Counter[str]:
    tally: Counter[str] = Counter()
    for code, unit, values in groups:
        said = inferred(code, values)
        tally["silent" if said is None else "right" if same_number(code, unit, said) else "wrong"] += 1
    return tally


def test_the_hidden_units_of_a_real_hospital_are_found_or_left_open(groups):
    tally = outcomes(groups)
    print(tally)
    assert tally["wrong"] == 0
    assert tally["right"] / tally.total() >= 0.7


@pytest.mark.parametrize("count", [MINIMUM_COUNT, 20])
def test_a_few_values_of_a_real_hospital_are_judged_as_well(groups, count):
    parts = [
        (code, unit, values[start:stop])
        for code, unit, values in groups
        for start, stop in pairwise(range(0, min(len(values), 40 * count) + 1, count))
    ]
    tally = outcomes(parts)
    print(count, tally)
    assert tally["right"] / (tally["right"] + tally["wrong"]) >= 0.97


def test_a_real_hospital_that_wrote_in_another_unit_is_found_out(groups):
    """The same patients with every code in each of its other units."""
    others = [
        (code, unit, [(x * said.factor + said.offset - line.offset) / line.factor for x in values])
        for code, written, values in groups
        if (said := convert("LOINC", code, written, {})).factor is not None
        for unit in TYPICAL[MEASUREMENTS[code].name].units
        if (line := convert("LOINC", code, unit, {})).factor and not same_number(code, unit, written)
    ]
    tally = outcomes(others)
    print(tally)
    assert tally["right"] / (tally["right"] + tally["wrong"]) >= 0.97
