"""The unit that a hospital wrote is held to the dashboard's units, and not the one that values are kept in."""

from __future__ import annotations

import pytest

from expectations import rules_for
from expectations.units import unit_plausible
from twinlake.catalog.silver.measurement import measurement
from twinlake.clinical.conversion import convert
from twinlake.vocabulary.measurements import MEASUREMENTS
from twinlake.vocabulary.thresholds.omop_dqd import SAME_UNIT, UNITS_BY_LOINC
from twinlake.vocabulary.units import ucum_spelling

# Code, unit as it came → verdict: creatinine, sodium, thyrotropin, leukocytes, weight, haemoglobin.
JUDGED = [
    ("2160-0", "mg/dL", True), ("2160-0", "umol/L", True), ("2160-0", "g/dL", False), ("2160-0", "mg/mL", False),
    ("2951-2", "mEq/L", True), ("2951-2", "mmol/l", True), ("2951-2", "umol/L", False),
    ("3016-3", "uIU/mL", True), ("3016-3", "mIU/L", True), ("3016-3", "IU/L", False),
    ("6690-2", "K/uL", True), ("6690-2", "x10^9/L", True), ("29463-7", "lbs", True), ("718-7", "mmol/L", True),
    ("718-7", "ug/dL", False), ("2160-0", "mL/min", False), ("2160-0", None, True), ("2160-0", "furlong", None),
    ("2160-0", "", True),
]  # fmt: skip


def test_a_unit_that_no_laboratory_writes_is_flagged_though_the_value_is_converted(spark) -> None:
    rows = [
        (n, "LOINC", code, found.unit_source_code, found.rule)
        for n, (code, raw, _) in enumerate(JUDGED)
        if (found := convert("LOINC", code, raw, {}))
    ]
    names = "n int, measurement_vocabulary string, measurement_code string, unit_source_code string, "
    frame = spark.createDataFrame(rows, names + "conversion_rule string")
    found = frame.selectExpr("n", f"{unit_plausible().expression} AS ok").orderBy("n").collect()
    assert [row["ok"] for row in found] == [verdict for *_, verdict in JUDGED]


def test_the_rule_warns() -> None:
    assert next(r for r in rules_for(measurement) if r.name == "measurement.unit_plausible").severity == "warn"


@pytest.mark.parametrize("group", SAME_UNIT, ids=lambda group: group[0])
def test_units_that_are_told_to_be_one_convert_alike(group) -> None:
    for code in UNITS_BY_LOINC:
        if code in MEASUREMENTS:
            found = {(c.factor, c.offset) for unit in group if (c := convert("LOINC", code, unit, {})).factor}
            assert len({round(factor / max(f for f, _ in found), 9) for factor, _ in found}) <= 1, (code, found)


def test_another_writing_of_a_listed_unit_is_no_other_unit() -> None:
    """Whatever converts by the same line as a listed unit of volume or mass is listed too."""
    sql = unit_plausible().expression
    writings = (
        "mEq/L mmol/L IU/L U/L uIU/mL mIU/L mU/L /uL /mm3 K/uL x10E3/uL 10^9/L M/uL 10^12/L ug/L ng/mL ng/L pg/mL"
    )
    for code in UNITS_BY_LOINC.keys() & MEASUREMENTS.keys():
        lines = {convert("LOINC", code, unit, {}).factor for unit in (MEASUREMENTS[code].unit, *UNITS_BY_LOINC[code])}
        for unit in map(ucum_spelling, writings.split()):
            if (factor := convert("LOINC", code, unit, {}).factor) and any(
                line and abs(line / factor - 1) < 1e-9 for line in lines
            ):
                assert f"'{code} {unit}'" in sql, (code, unit)
