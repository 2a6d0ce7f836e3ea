# ruff: noqa: E501 (drawn tables are wide)
"""Values without a unit at four hospitals, and what is inferred of them."""

from __future__ import annotations

import pytest

from tests.support.text_table import frame
from twinlake.catalog.gold.unit_evidence import unit_evidence
from twinlake.catalog.silver.measurement import measurement
from twinlake.catalog.silver.person import person

GROUPS = {
    # hospital, spelling: glucose in mg/dL, in mmol/L, of four persons only, two units mixed
    ("a", ""): (95, 101, 110, 88, 130, 99),
    ("b", "units"): (5.1, 5.6, 6.0, 4.9, 7.2, 5.5),
    ("c", ""): (5.1, 5.6, 6.0, 4.9),
    ("d", ""): (5.1, 5.6, 6.0, 95, 101, 110),
    # one person measured often, and children
    ("e", ""): (95, 101, 110, 88, 130, 99),
    ("f", ""): (95, 101, 110, 88, 130, 99),
}
WHO = {"e": lambda n: 1, "f": lambda n: 50 + n}
BORN = {**dict.fromkeys(range(10), 1950), **dict.fromkeys(range(50, 60), 2015)}
HEAD = "measurement_id | person_id | measurement_code | measurement_vocabulary | measurement_datetime | value_as_number | value_source_value | unit_source_value | unit_code | conversion_rule | hospital"


@pytest.fixture(scope="module")
def measured(spark):
    lines = [
        f"{100 * g + n} | {WHO.get(hospital, int)(n)} | 2345-7 | LOINC | 2020-01-01 0{n}:00 | | {value} | {unit} | | unit_{'unknown' if unit else 'missing'} | {hospital}"
        for g, ((hospital, unit), values) in enumerate(GROUPS.items())
        for n, value in enumerate(values)
    ]
    known = "900 | 9 | 2345-7 | LOINC | 2020-01-01 09:00 | 120 | 120 | mg/dL | mg/dL | identity | a"
    words = "901 | 9 | 2345-7 | LOINC | 2020-01-01 09:00 | | haemolysed | | | not_numeric | a"
    return frame(spark, "\n".join([HEAD, *lines, known, words]), measurement).localCheckpoint()


@pytest.fixture(scope="module")
def people(spark):
    drawn = "\n".join(f"{who} | {year}" for who, year in BORN.items())
    return frame(spark, f"person_id | year_of_birth\n{drawn}", person).localCheckpoint()


@pytest.fixture(scope="module")
def evidence(measured, people):
    return unit_evidence.build(measured, people).localCheckpoint()
