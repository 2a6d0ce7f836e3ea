"""No feature sees past its index time: whatever happens later, what was known then stays what it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from inspect import signature

from hypothesis import Phase, settings
from hypothesis import given as drawn_from
from hypothesis import strategies as st
from pyspark.sql import functions as F

from tests.support.calendars import HOSPITALS
from twinlake.catalog.gold.blood_glucose_feature import blood_glucose_feature
from twinlake.catalog.gold.diabetes_feature import diabetes_feature
from twinlake.declare.table import Table

# No shrinking: each of its hundreds of attempts would be a Spark job.
PHASES = (Phase.explicit, Phase.generate)
START = dt.datetime(2010, 1, 1)
NOW = 2000
ITEMS = {"29463-7": "kg", "8867-4": "/min", "2345-7": "mg/dL", "4548-4": "%", "2093-3": "mg/dL"}
PERSONS = 4
MEASUREMENT = (
    "person_id bigint, measurement_code string, measurement_vocabulary string, measurement_datetime timestamp, "
    "value_as_number double, unit_code string, operator string, hospital string, value_source_value string"
)
CONDITION = (
    "person_id bigint, condition_code string, condition_vocabulary string, condition_start_date date, "
    "condition_type string"
)
VISIT = "person_id bigint, visit_start_datetime timestamp, known_from timestamp, hospital string"
PERSON = "person_id bigint, birth_date date, year_of_birth int, sex string"
# What is known only later belongs to the label.
OF_THE_LABEL = {"blood_glucose_mg_per_dl", "has_diabetes_within_5_years", "followed_days"}

past, future = st.integers(0, NOW), st.integers(NOW + 1, NOW + 3000)


def events(days: st.SearchStrategy[int], at_least: int) -> st.SearchStrategy[list[tuple]]:
    """(person, day, kind, value): a measurement, a visit or a diagnosis of diabetes."""
    kind = st.sampled_from([*ITEMS, *ITEMS, "visit", "visit", "visit", "diabetes"])
    one = st.tuples(st.integers(1, PERSONS), days, kind, st.integers(1, 300))
    return st.lists(one, min_size=at_least, max_size=40)


@settings(max_examples=5, phases=PHASES)
@drawn_from(history=events(past, 20), later=events(future, 10))
def test_events_after_now_change_no_feature_of_an_index_before_now(spark, history, later):
    for table in (blood_glucose_feature, diabetes_feature):
        # Two worlds side by side in one build: the same persons, and beside them their doubles with a future.
        doubled = [(PERSONS + person, *rest) for person, *rest in [*history, *later]]
        rows = _built(spark, table, [*history, *doubled])
        without = {key: row for key, row in rows.items() if key[0] <= PERSONS}
        with_later = {(key[0] - PERSONS, key[1]): row for key, row in rows.items() if key[0] > PERSONS}
        assert {key: row for key, row in with_later.items() if key[1] <= _at(NOW)} == without


@settings(max_examples=2, phases=PHASES)
@drawn_from(history=events(past, 20))
def test_a_row_is_what_it_would_be_had_the_world_ended_at_its_index(spark, history):
    """Each index's row, built from all that happened, against the current row built from what had happened by then."""
    for table in (blood_glucose_feature, diabetes_feature):
        rows = _built(spark, table, history)
        last = max((key for key in rows if key[0] == 1), default=None)
        if last is not None:
            until = [event for event in history if _at(event[1]) <= last[1]]
            current = _built(spark, table, until, is_current=True)
            assert _of_features(current[last]) == _of_features(rows[last])


def _built(spark, table: Table, happened: Iterable[tuple], is_current: bool = False) -> dict[tuple, dict]:
    """(person_id, index_datetime) → row without what belongs to the label."""
    happened = list(happened)
    frames = {
        "person": spark.createDataFrame([(n, None, 1970, "female") for n in range(1, 2 * PERSONS + 1)], PERSON),
        "death": spark.createDataFrame([], "person_id bigint, death_date date"),
        "measurement": spark.createDataFrame([_measured(*e) for e in happened if e[2] in ITEMS], MEASUREMENT),
        "visit_occurrence": spark.createDataFrame(
            [(e[0], _at(e[1]), _at(e[1]), "a") for e in happened if e[2] == "visit"], VISIT
        ),
        "condition_occurrence": spark.createDataFrame(
            [(e[0], "44054006", "SNOMED", _at(e[1]).date(), None) for e in happened if e[2] == "diabetes"], CONDITION
        ),
    }
    given = {"hospitals": HOSPITALS} if "hospitals" in signature(table.build).parameters else {}
    built = table.build(**{name: frames[name] for name in table.inputs}, **given)
    wanted = [column for column in table.columns if column not in {*OF_THE_LABEL, "person_id"}]
    rows = built.where(f"is_current = {is_current}").select("person_id", F.struct(*wanted).alias("row")).collect()
    return {(row["person_id"], row["row"]["index_datetime"]): row["row"].asDict() for row in rows}


def _measured(person: int, day: int, code: str, value: int) -> tuple:
    return person, code, "LOINC", _at(day), float(value), ITEMS[code], None, "a", str(value)


def _of_features(row: dict) -> dict:
    return {name: value for name, value in row.items() if name not in ("is_current", "exclusion_reason")}


def _at(day: int) -> dt.datetime:
    return START + dt.timedelta(days=day)
