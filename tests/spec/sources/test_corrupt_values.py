"""Values and dates that no table may guess at: the text stays as it came, and the number or the time is null."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import pytest

from twinlake.catalog.sources.synthea_csv import SYSTEM
from twinlake.clinical.units import convert_measurements

# VALUE as sent → the number it is. A comma may be a decimal point or group thousands: nobody can tell, so neither.
VALUES = {
    "5.4": 5.4, "-5.4e1": -54.0, "5,4": None, "1,234": None, "1 234": None, "NaN": None, "Infinity": None,
    "-inf": None, "1e999": None, "0x10": None, "1d": None, "1f": None, "": None, "n/a": None, "5.4.1": None, "٣": None,
}  # fmt: skip
# DATE as sent → the moment it is. Which of two numbers is the month nobody can tell either.
DATES = {
    "2026-01-02T03:04:05Z": datetime(2026, 1, 2, 3, 4, 5), "03/04/2026": None, "3.4.2026": None, "04-03-26": None,
    "2026-02-30T00:00:00Z": None, "2026-13-01T00:00:00Z": None, "0000-00-00": None, "20260102": None,
    "1767322800": None, "yesterday": None, "": None, "99999-01-01T00:00:00Z": None,
    "99999-01-01T00:00:00": None, "0000-01-01": None, "0000": None, "9999-12-31": datetime(9999, 12, 31),
    " 2026-01-02": None, "2026": datetime(2026, 1, 1),
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(spark):
    """Value or date as sent → the row of silver.measurement."""
    from tests.spec.sources.conftest import implemented

    head = SYSTEM.feed("observations").columns
    blank = {"DATE": "2026-01-02T03:04:05Z", "PATIENT": "p", "CODE": "29463-7", "VALUE": "1", "UNITS": "kg",
             "TYPE": "numeric"}  # fmt: skip
    told = io.StringIO()
    out = csv.DictWriter(told, head, restval="", lineterminator="\n")
    out.writeheader()
    out.writerows({**blank, "VALUE": value, "ENCOUNTER": f"value {n}"} for n, value in enumerate(VALUES))
    out.writerows({**blank, "DATE": day, "ENCOUNTER": f"date {n}"} for n, day in enumerate(DATES))
    made = implemented(spark, SYSTEM, "measurement", observations=told.getvalue().encode())
    return {row["visit_source_id"]: row for row in convert_measurements(made, {}).collect()}


def test_a_value_is_the_number_it_says_or_none(rows):
    found = {value: rows[f"value {n}"] for n, value in enumerate(VALUES)}
    assert {value: row["value_source_value"] or "" for value, row in found.items()} == {v: v for v in VALUES}
    assert {value: row["value_as_number"] for value, row in found.items()} == VALUES


def test_a_date_is_the_moment_it_says_or_none(rows):
    assert {day: rows[f"date {n}"]["measurement_datetime"] for n, day in enumerate(DATES)} == DATES
