"""What a hospital measures is held against its year before: a changed unit, an unknown code, a lab gone silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pytest

from tests.support.text_table import expect_shape
from twinlake.catalog.gold.measurement_drift import HOSPITAL_KEY, measurement_drift
from twinlake.declare.hospital import Hospital

HOSPITALS = {
    name: Hospital(name, name, "UTC", f"urn:{name}", calendar="shifted" if name == "shifted" else "true")
    for name in ("steady", "molar", "typo", "silent", "hourly", "shifted", "few")
}
SCHEMA = (
    "hospital string, person_id bigint, measurement_code string, measurement_vocabulary string, unit_code string, "
    "measurement_datetime timestamp, value_as_number double"
)
GLUCOSE, WEIGHT = "2345-7", "29463-7"
QUARTERS = [(2024, 2), (2024, 5), (2024, 8), (2024, 11), (2025, 2), (2025, 5), (2025, 8)]
PERSONS = 150


@dataclass
class Lab:
    """Values of one hospital: 150 persons a quarter, of one distribution, unless it is told otherwise."""

    hospital: str
    rows: list[tuple]

    def quarter(self, year, month, code=GLUCOSE, persons=PERSONS, factor=1.0, vocabulary="LOINC", repeat=1):
        seed = [year, month, sorted(HOSPITALS).index(self.hospital), len(code)]
        values = np.random.default_rng(seed).lognormal(np.log(100), 0.2, persons) * factor
        for who, value in enumerate(values.tolist()):
            for hour in range(repeat if who == 0 else 1):
                at = datetime(year, month, 1 + hour // 24, hour % 24)
                self.rows.append((self.hospital, who, code, vocabulary, "mg/dL", at, value))


@pytest.fixture(scope="module")
def measured():
    rows: list[tuple] = []
    labs = {name: Lab(name, rows) for name in HOSPITALS}
    for n, (year, month) in enumerate(QUARTERS):
        labs["steady"].quarter(year, month)
        labs["molar"].quarter(year, month, factor=1 / 18 if n == 5 else 1)
        labs["shifted"].quarter(year, month, factor=1 / 18 if n == 5 else 1)
        labs["few"].quarter(year, month, persons=99, factor=1 / 18 if n == 5 else 1)
        labs["typo"].quarter(year, month, **({"code": "2345-8", "vocabulary": "local"} if n == 5 else {}))
        labs["silent"].quarter(year, month, code=WEIGHT)
        if n < 5:
            labs["silent"].quarter(year, month)
        labs["hourly"].quarter(year, month, repeat=600 if n == 5 else 1)
    labs["typo"].quarter(2025, 5, code=WEIGHT)
    for n in range(600):  # one patient, 600 low values in one quarter
        rows.append(("hourly", 0, GLUCOSE, "LOINC", "mg/dL", datetime(2025, 5, 2, n % 24, n // 24), 1.0))
    return rows


@pytest.fixture(scope="module")
def drift(spark, measured):
    return measurement_drift.build(spark.createDataFrame(measured, SCHEMA), HOSPITALS).localCheckpoint()


def alarms(drift, hospital):
    rows = drift.where(f"hospital = '{hospital}' AND drift_alarm IS NOT NULL").orderBy(
        "quarter_start_date", "drift_alarm"
    )
    return [
        (row.quarter_start_date.isoformat(), row.measurement_code, row.unit_code, row.drift_alarm)
        for row in rows.toLocalIterator()
    ]


def test_a_lab_that_goes_on_as_it_was_is_judged_and_raises_no_alarm(drift):
    rows = (
        drift.where("hospital = 'steady' AND measurement_code IS NOT NULL")
        .orderBy("quarter_start_date")
        .toArrow()
        .to_pylist()
    )
    assert [r["quarter_start_date"].isoformat() for r in rows] == ["2025-01-01", "2025-04-01", "2025-07-01"]
    assert all((r["reference_person_count"], r["person_count"]) == (PERSONS, PERSONS) for r in rows)
    assert all(0 < r["population_stability_index"] < 0.25 < r["stability_bound"] for r in rows)
    assert [r["is_recent"] for r in rows] == [False, True, True]
    assert alarms(drift, "steady") == []
    expect_shape(drift, measurement_drift)


def test_mmol_per_l_under_the_name_of_mg_per_dl_is_caught_in_its_quarter_and_only_there(drift):
    assert alarms(drift, "molar") == [("2025-04-01", GLUCOSE, "mg/dL", "values")]


def test_a_code_that_no_vocabulary_knows_is_caught_and_the_one_it_stood_for_is_missed(drift):
    assert alarms(drift, "typo") == [
        ("2025-04-01", None, None, "codes"),
        ("2025-04-01", GLUCOSE, "mg/dL", "silent"),
    ]


def test_a_lab_that_goes_silent_is_missed_once_the_hospital_has_gone_on_to_another_quarter(drift):
    assert alarms(drift, "silent") == [("2025-04-01", GLUCOSE, "mg/dL", "silent")]


def test_one_patient_measured_six_hundred_times_raises_no_alarm(drift):
    assert alarms(drift, "hourly") == []


def test_shifted_dates_and_few_persons_are_not_judged(drift):
    assert drift.where("hospital = 'shifted'").isEmpty()
    assert drift.where("hospital = 'few' AND population_stability_index IS NOT NULL").isEmpty()


def test_the_order_and_partitions_of_the_values_change_nothing(spark, measured, drift):
    again = measurement_drift.build(spark.createDataFrame(measured[::-1], SCHEMA).repartition(5), HOSPITALS)
    assert sorted(map(str, again.toArrow().to_pylist())) == sorted(map(str, drift.toArrow().to_pylist()))


def test_one_hospital_by_itself_is_as_it_is_among_others(spark, measured, drift):
    rows = spark.createDataFrame(measured, SCHEMA)
    key = rows.where("hospital = 'molar'").selectExpr(HOSPITAL_KEY).first()[0]
    alone = measurement_drift.build(rows.where(f"{measurement_drift.via['measurement']} = {key}"), HOSPITALS)
    among = drift.where(f"hospital_key = {key}")
    assert sorted(map(str, alone.toArrow().to_pylist())) == sorted(map(str, among.toArrow().to_pylist()))


def test_deciles_of_the_year_before_by_hand(spark):
    """200 persons with 1 … 200 in one quarter of a year; then 200 with 1 … 20 ten times over: all in the first decile.

    PSI = (0.1 - 1) ln 0.1 + 9 (0.1 - 0.0025) ln (0.1 / 0.0025).
    """
    rows = [
        ("steady", n, GLUCOSE, "LOINC", "mg/dL", datetime(year, 1, 1), float(n if year == 2024 else 1 + n % 20))
        for year in (2024, 2025) for n in range(1, 201)
    ]  # fmt: skip
    (index,) = (
        row.population_stability_index
        for row in measurement_drift.build(spark.createDataFrame(rows, SCHEMA), HOSPITALS).toLocalIterator()
        if row.measurement_code
    )
    assert index == pytest.approx(0.9 * np.log(10) + 9 * (0.1 - 0.0025) * np.log(40), abs=1e-6)
