"""Forty kinds of seeded faults: each sends its file or row to quarantine or stops the run; clean batches do neither.

Files are read by the reader of their feed, rows judged as `split` judges them before they are stored, and tables as
`validate` judges them after.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from expectations import rules_for
from twinlake.catalog.empi.source_person import source_person
from twinlake.catalog.silver.condition_occurrence import condition_occurrence
from twinlake.catalog.silver.cost import cost
from twinlake.catalog.silver.measurement import measurement
from twinlake.catalog.silver.note import note
from twinlake.catalog.silver.person import person
from twinlake.catalog.silver.staff_shift import staff_shift
from twinlake.catalog.silver.visit_occurrence import visit_occurrence
from twinlake.declare.errors import DataError, DeclarationError
from twinlake.declare.hospital import Hospital
from twinlake.declare.rule import Rule, row
from twinlake.declare.source import Feed, csv_feed
from twinlake.engine.quality import BROKEN, split, validate
from twinlake.engine.wire import Fault, FileFault, reader
from twinlake.engine.wire.text import undamaged

NORTH = {"north": Hospital("north", "North", "UTC", "urn:north")}
AS_OF = datetime(2020, 3, 1, tzinfo=UTC)
DAY, LATER = datetime(2020, 1, 1, 8), datetime(2150, 1, 1)

# Files: (kind, wire, bytes)

CSV = csv_feed("persons", r"persons\.csv", "id,name,note", "snapshot", key=("id",), person="id")
JSON = Feed(
    name="visit", files=r"visit\.ndjson", wire="ndjson", schema="id string", delivery="increment", key=("id",),
    person="subject.reference", version="meta.lastUpdated",
)  # fmt: skip
FEEDS = {"csv": CSV, "ndjson": JSON}
HEAD, LINE = b"id,name,note\n", b"1,Ada,well\n"
FILES = {
    "half a gzip": ("csv", gzip.compress(HEAD + LINE * 4000)[:60]),
    "no byte at all": ("csv", b""),
    "columns swapped": ("csv", b"name,id,note\n" + LINE),
    "a column dropped": ("csv", b"id,name\n1,Ada\n"),
    "a column renamed": ("csv", b"id,name,remark\n" + LINE),
    "a new column": ("csv", b"id,name,note,extra\n1,Ada,well,x\n"),
    "another separator": ("csv", b"id;name;note\n1;Ada;well\n"),
    "UTF-16": ("csv", (HEAD + LINE).decode().encode("utf-16")),
    "Latin-1 for UTF-8": ("csv", HEAD + "1,Renée,well\n".encode("latin-1")),
    "a short row": ("csv", HEAD + b"1,Ada\n"),
    "a long row": ("csv", HEAD + b"1,Ada,well,more\n"),
    "a quote left open": ("csv", HEAD + b'1,"Ada,well\n2,Bo,ill\n'),
    "a name twice in JSON": ("ndjson", b'{"id": "1", "id": "2"}\n'),
    "half a line of JSON": ("ndjson", b'{"id": "1", "subj\n'),
    "no JSON": ("ndjson", b"<html>502</html>\n"),
}

# Rows: a table, a good row, kind → what is wrong with it

PERSON = {
    "source_person_key": 1, "system": "s", "source_person_id": "p", "sex": "female", "year_of_birth": 1980,
    "is_linkable": True, "delivered_at": datetime(2020, 2, 1), "hospital": "north",
}  # fmt: skip
SENT = {"person_id": 7, "hospital": "north", "system": "s", "known_from": datetime(2020, 2, 1), "_record_id": 9}
MEASURED = {
    **SENT, "measurement_vocabulary": "LOINC", "measurement_source_value": "x", "conversion_rule": "as_reported",
    "measurement_datetime": DAY, "measurement_code": "29463-7", "unit_code": "kg", "value_as_number": 70.0,
}  # fmt: skip
VISIT = {**SENT, "visit_start_datetime": DAY, "visit_code": "AMB"}
CONDITION = {
    **SENT,
    "condition_source_value": "x",
    "condition_start_date": DAY.date(),
    "condition_vocabulary": "SNOMED",
}
COST = {
    **SENT, "cost_type": "claim", "cost_domain": "Visit", "currency_code": "USD", "incurred_date": DAY.date(),
    "total_charge": Decimal(5),
}  # fmt: skip
SHIFT = {
    **SENT, "care_site_id": 3, "shift_status": "worked", "shift_start_datetime": DAY,
    "shift_end_datetime": datetime(2020, 1, 1, 16),
}  # fmt: skip
ROWS: tuple[tuple[Any, dict[str, Any], dict[str, dict[str, Any]]], ...] = (
    (source_person, PERSON, {
        "no year of birth": {"year_of_birth": None},
        "born in 1700": {"year_of_birth": 1700},
        "born tomorrow": {"year_of_birth": 2021},
        "a sex code of another system": {"sex": "F"},
        "death before birth": {"death_date": date(1970, 1, 1)},
        "death in the future": {"death_date": date(2021, 1, 1)},
    }),
    (measurement, MEASURED, {
        "nobody's value": {"person_id": None},
        "a value without a time": {"measurement_datetime": None},
        "g for kg": {"value_as_number": 70_000.0},
        "°F for °C": {"measurement_code": "8310-5", "unit_code": "Cel", "value_as_number": 98.6},
        "g/L for g/dL": {"measurement_code": "718-7", "unit_code": "g/dL", "value_as_number": 140.0},
        "a negative pulse": {"measurement_code": "8867-4", "unit_code": "/min", "value_as_number": -80.0},
        "no number": {"value_as_number": float("nan")},
        "a number without end": {"value_as_number": float("inf"), "measurement_code": "other"},
        "measured in the future": {"measurement_datetime": LATER},
        "a coding system mistyped": {"measurement_vocabulary": "LOINK"},
        "an operator nobody knows": {"operator": "~"},
    }),
    (visit_occurrence, VISIT, {
        "a visit that ends before it starts": {"visit_end_datetime": datetime(2019, 1, 1)},
        "a visit without a start": {"visit_start_datetime": None},
        "a row of no hospital": {"hospital": None},
    }),
    (condition_occurrence, CONDITION, {"a diagnosis of the future": {"condition_start_date": LATER.date()}}),
    (note, {**SENT, "note_text": "Well.", "note_datetime": DAY}, {"a blank note": {"note_text": " "}}),
    (cost, COST, {"a bill without any amount": {"total_charge": None}}),
    (staff_shift, SHIFT, {"a shift that ends before it starts": {"shift_end_datetime": datetime(2019, 1, 1)}}),
)  # fmt: skip
BATCHES = 20


def frame(spark: Any, table: Any, rows: list[dict[str, Any]]) -> Any:
    data = [tuple({table.key[0]: n, **r}.get(c) for c in table.columns) for n, r in enumerate(rows)]
    return spark.createDataFrame(data, table.ddl)


@pytest.fixture(scope="module")
def judged(spark) -> dict[str, list[str]]:
    """Kind of fault, or clean batch → the fatal rules that its row breaks; one query a table."""
    found: dict[str, list[str]] = {}
    for table, good, faults in ROWS:
        names = [*faults, *(f"{table.name} {n}" for n in range(BATCHES))]
        rows = [*({**good, **wrong} for wrong in faults.values()), *(_clean(good, n) for n in range(BATCHES))]
        told = split(frame(spark, table, rows), rules_for(table), NORTH).select(BROKEN).collect()
        found |= {name: row[BROKEN] for name, row in zip(names, told, strict=True)}
    return found


def _clean(good: dict[str, Any], number: int) -> dict[str, Any]:
    """A good row of another day and person."""
    return {
        name: value - timedelta(days=number * 37) if isinstance(value, date) and name != "known_from" else value
        for name, value in {**good, "person_id": number}.items()
        if name != "person_id" or "person_id" in good
    }


@pytest.mark.parametrize("kind", FILES)
def test_a_faulty_file_or_record_goes_to_quarantine(kind: str):
    wire, data = FILES[kind]
    try:
        with undamaged():
            stream = gzip.GzipFile(fileobj=BytesIO(data)) if data[:2] == b"\x1f\x8b" else BytesIO(data)
            assert [item for item in reader(wire)(stream, FEEDS[wire]) if isinstance(item, Fault)]  # type: ignore[arg-type]
    except FileFault as fault:
        assert fault.rule and fault.reason


@pytest.mark.parametrize("kind", [kind for _, _, faults in ROWS for kind in faults])
def test_a_faulty_row_goes_to_quarantine(judged, kind: str):
    assert judged[kind]


# Tables


def _judge(spark: Any, home: Path, table: Any, rows: Any, *names: str) -> None:
    rules = [rule for rule in rules_for(table) if rule.name.partition(".")[2] in names]
    assert len(rules) == len(names)
    validate(table, rules, rows, home, as_of=AS_OF, hospitals=NORTH).stop_if_fatal()


def _own(spark: Any, home: Path, rule: Rule) -> None:
    rows = frame(spark, visit_occurrence, [{**VISIT, "visit_source_value": "x"}])
    validate(visit_occurrence, [rule], rows, home, as_of=AS_OF, hospitals=NORTH).stop_if_fatal()


VISITS = [VISIT, VISIT]
TABLES: dict[str, tuple[type[Exception], Callable[[Any, Path], None]]] = {
    "a key twice": (DataError, lambda spark, home: _judge(
        spark, home, visit_occurrence, frame(spark, visit_occurrence, [{**VISIT, "visit_occurrence_id": 5}] * 2),
        "key_unique")),
    "an empty batch": (DataError, lambda spark, home: _judge(
        spark, home, person, frame(spark, person, []), "not_empty")),
    "an all-null column": (DataError, lambda spark, home: _judge(
        spark, home, person, frame(spark, person, [{"sex": "female"}]), "year_of_birth_present")),
    "a column of another type": (DataError, lambda spark, home: _judge(
        spark, home, visit_occurrence,
        frame(spark, visit_occurrence, VISITS).withColumn("visit_code", F.lit(1)), "schema_as_declared")),
    "a column nobody declared": (DataError, lambda spark, home: _judge(
        spark, home, visit_occurrence,
        frame(spark, visit_occurrence, VISITS).withColumn("stray", F.lit(1)), "schema_as_declared")),
    "a rule of a missing column": (DeclarationError, lambda spark, home: _own(
        spark, home, row("visit_occurrence.x", "weight > 1", "heavy"))),
    "Great Expectations raises": (DataError, lambda spark, home: _own(
        spark, home, row("visit_occurrence.x", "CAST(visit_source_value AS INT) > 1", "a number", severity="warn"))),
}  # fmt: skip


@pytest.mark.parametrize("kind", TABLES)
def test_a_faulty_table_or_rule_stops(spark, tmp_path: Path, kind: str):
    error, cause = TABLES[kind]
    with pytest.raises(error):
        cause(spark, tmp_path)


@pytest.mark.parametrize("number", range(BATCHES))
def test_a_clean_batch_is_neither_stopped_nor_held(judged, number: int):
    assert {name: broken for name, broken in judged.items() if name.endswith(f" {number}") and broken} == {}
    lines = b"".join(b"%d,Ada %d,well\n" % (n, n) for n in range(number + 1))
    assert not [item for item in reader("csv")(BytesIO(HEAD + lines), CSV) if isinstance(item, Fault)]


def test_there_are_forty_kinds():
    assert len(FILES) + sum(len(faults) for _, _, faults in ROWS) + len(TABLES) >= 40
