"""Which rows of silver say what a twin holds, and by which delivery of a record they counted."""

from __future__ import annotations

import datetime as dt

import pytest

from jobs._trace import _learnt, _of_row, _values, saying, told
from tests.support.landing_sample import toy_run
from twinlake.engine.provenance import place_known_from

AT = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
DAY = dt.date(2026, 1, 5)
BASE = "person_id bigint, hospital string, system string, _record_id bigint"
MEASUREMENT = (
    f"{BASE}, measurement_vocabulary string, measurement_code string, measurement_datetime timestamp, "
    "value_as_number double, unit_code string, operator string"
)
CONDITION = (
    f"{BASE}, condition_type string, condition_vocabulary string, condition_code string, condition_name string, "
    "condition_start_date date, condition_end_date date, is_condition_over boolean"
)
DRUG = (
    f"{BASE}, drug_type string, drug_vocabulary string, drug_code string, drug_name string, dose_source_value string, "
    "dose_unit_source_value string, drug_status string, drug_exposure_start_datetime timestamp, "
    "drug_exposure_end_datetime timestamp"
)


def said_by(spark, schema, rows, item, value):
    """Ids of the records of person 1 that say a value; a row's record is numbered by its place among `rows`."""
    framed = [(1, "h", "s", n, *row) for n, row in enumerate(rows)] + [(2, "h", "s", 99, *rows[0])]
    return [row["_record_id"] for row in saying(lambda _: spark.createDataFrame(framed, schema), 1, item, value)[1]]


def test_a_value_is_said_by_rows_of_its_comparator_and_unit_too(spark):
    def row(value, unit="mg/dL", operator=None, code="2339-0", at=AT):
        return ("LOINC", code, at, value, unit, operator)

    rows = [row(5.0), row(5.0, operator="<"), row(5.0, unit="mmol/L"), row(6.0), row(5.0, code="29463-7"),
            row(5.0, at=AT + dt.timedelta(days=1)), row(5.0)]  # fmt: skip
    value = {"observed_at": AT, "value": 5.0, "unit_code": "mg/dL", "operator": None, "hospital": "h"}
    assert said_by(spark, MEASUREMENT, rows, "glucose", value) == [0, 6]
    assert said_by(spark, MEASUREMENT, rows, "glucose", {**value, "operator": "<"}) == [1]


def test_a_condition_is_said_by_recordings_that_are_not_over_and_by_claims_where_there_is_no_other(spark):
    def row(kind, end=None, is_over=None, name="T2DM"):
        return (kind, "SNOMED", "44054006", name, DAY, end, is_over)

    value = {"condition_start_date": DAY, "condition_code": "44054006", "condition_vocabulary": "SNOMED",
             "condition_name": "T2DM", "hospital": "h"}  # fmt: skip
    rows = [row("problem"), row("claim"), row("problem", end=DAY), row(None, is_over=True), row("problem", name=None)]
    assert said_by(spark, CONDITION, rows, "active_conditions", value) == [0]
    assert said_by(spark, CONDITION, rows[1:], "active_conditions", value) == [0]


def test_a_drug_is_said_by_its_course_not_by_what_was_cancelled_or_given_once(spark):
    later, before = AT + dt.timedelta(days=30), AT - dt.timedelta(days=9)

    def row(kind, end=None, dose="500"):
        return (kind, "RXNORM", "860975", "Metformin", dose, "mg", "active", AT, end)

    value = {"drug_exposure_start_datetime": AT, "drug_code": "860975", "drug_vocabulary": "RXNORM",
             "drug_name": "Metformin", "dose_source_value": "500", "dose_unit_source_value": "mg",
             "drug_status": "active", "drug_exposure_end_datetime": later, "hospital": "h"}  # fmt: skip
    rows = [row("order", later), row("order"), row("order", before), row("administration", later),
            row("order", later, dose="850")]  # fmt: skip
    assert said_by(spark, DRUG, rows, "active_drugs", value) == [0]
    handed = [row("dispensing", AT + dt.timedelta(days=5))]
    assert said_by(spark, DRUG, handed, "active_drugs", value) == [0], "its end is that of the order it was given on"


def place(path, delivered, ended=None, offset=0, raw="{}"):
    at = [day and dt.datetime(2026, 1, day, tzinfo=dt.UTC) for day in (delivered, ended)]
    return {"feed": "f", "path": path, "record_offset": offset, "raw_record": raw, "delivered_at": at[0],
            "ended_at": at[1]}  # fmt: skip


def known(day):
    return dt.datetime(2026, 1, day, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("places", "day", "expected"),
    [
        ([place("a", 1), place("b", 3)], 1, "a"),
        ([place("b", 3), place("a", 1)], 1, "a"),
        ([place("a", 1, ended=2), place("b", 3)], 3, "b"),
        ([place("a", 1), place("b", 1)], 1, "b"),
        ([place("a", 1), place("b", 2)], 5, "b"),
        ([place("b", 3)], 1, None),
    ],
)
def test_a_record_delivered_twice_counted_by_the_delivery_that_was_the_last_then(places, day, expected):
    """The second of two increments says nothing new; what a snapshot left out and told again is known by the later."""
    found = place_known_from(places, known(day))
    assert (found and found["path"]) == expected


def test_a_death_is_of_the_record_as_it_counts_and_lines_of_a_message_stay_lines():
    row = {"death_date": DAY, "hospital": "h", "system": "s", "_record_id": 1}
    assert list(_of_row("death", row, [place("h/s/b.hl7", 2, offset=4, raw="PID|1\rPV1|1"), place("a", 1)])) == [
        "silver.death of the person: 2026-01-05",
        "  record: h/s/b.hl7, number 4, of s.f at h, delivered 2026-01-02",
        "  as it came: PID|1\n  PV1|1",
    ]
    assert "no longer in bronze" in list(_of_row("death", row, []))[-1]


RISK = {"risk_name": "diabetes", "model_name": "m", "model_version": "v1", "risk_prob": 0.25, "risk_value": None,
        "risk_unit": None, "risk_reason": None, "observed_at": AT}  # fmt: skip


def test_a_risk_is_traced_to_the_version_of_its_model_and_what_that_was_trained_on(tmp_path):
    ops = toy_run(tmp_path).ops
    ops.append(
        "model_run", [{"model_name": "m", "model_version": "v1", "publication_id": "p1", "trained_persons": 1200}]
    )
    assert told("risks", RISK) == "diabetes: 0.25"
    assert list(_learnt(ops, RISK)) == [
        "  by m, version v1", "  from what was known at 2026-01-05 09:00:00 UTC",
        "  trained on 1,200 persons of the publication p1",
    ]  # fmt: skip
    silent = {**RISK, "model_version": None, "risk_prob": None, "risk_reason": "no champion", "observed_at": None}
    assert (told("risks", silent), list(_learnt(ops, silent))) == (
        "diabetes: no champion", ["  by m, version none"],
    )  # fmt: skip


def test_an_empty_column_of_a_twin_holds_nothing():
    assert [_values(value) for value in (None, {"value": None}, [])] == [[], [], []]
    assert [_values(value) for value in (DAY, {"value": 0.0}, [1, 2])] == [[DAY], [{"value": 0.0}], [1, 2]]
