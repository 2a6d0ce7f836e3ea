"""The grade of a tiny lake whose mistakes are put in by hand."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from twinlake.declare.errors import ConfigurationError, DataError
from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication
from twinlake.engine.quarantine import SCHEMA
from twinlake.synthetic.grade import grade
from twinlake.synthetic.grade.opened import EMPTY, READ
from twinlake.synthetic.measured import Measured, MeasuredTruth

WHEN = "2026-01-02T09:00:00Z"
PATH = "csv/observations.csv"
PERSONS = [("p1", "a", "csv", "s1"), ("p1", "b", "csv", "s2"), ("p2", "a", "csv", "s3"), ("p3", "b", "csv", "s4")]
# The second pair is of two persons.
LINKS = [("a", "csv", "s1", 10), ("b", "csv", "s2", 10), ("a", "csv", "s3", 20), ("b", "csv", "s4", 20)]
FAULTS = ("hospital", "system", "path", "record_offset", "record_id", "kind", "what", "original_offset")
# What was measured of s1, and what is in silver of it: number, unit, rule.
MEASURED = {
    # 5 mmol/L × 180.156 g/mol / 10 = 90.078 mg/dL
    ("2345-7", 5.0, "mmol/L", "5.0", "mmol/L", ""): (90.078, "mg/dL", "molar"),
    # 154.3 lb × 0.45359237 = 69.9893 kg
    ("29463-7", 154.3, "[lb_av]", "154.3", "lb", "unit_variant"): (69.9893027, "kg", "ucum"),
    ("2160-0", 1.1, "mg/dL", "1.1", "mg/dL", ""): (11.0, "mg/dL", "identity"),
    ("2951-2", 140.0, "mmol/L", "140", "", "missing_unit"): (None, None, "unit_missing"),
    ("2823-3", 4.0, "mmol/L", "4.0", "RLU", "unknown_unit"): (None, None, "unit_unknown"),
    ("8302-2", 170.0, "cm", "1700", "cm", "impossible_value"): None,
    ("2093-3", 200.0, "mg/dL", "200", "mg/dL", ""): None,
}


def table(ops, name, columns, rows):
    schema = pa.schema([(c.split()[0], EMPTY[c.split()[1]]) for c in columns.split(", ")])
    write_deltalake(
        ops.path(name), pa.Table.from_pylist([dict(zip(schema.names, r, strict=True)) for r in rows], schema=schema)
    )


def silver_row(number, key, told):
    loinc, _, _, sent, sent_unit, _ = key
    value, unit, rule = told
    return (number, "a", "csv", 10, WHEN, loinc, loinc, "LOINC", sent, value, unit, sent_unit, rule)


def quarantined(ops, name, **row):
    row = {**dict.fromkeys(SCHEMA.names), "hospital": "a", "system": "csv", **row}
    write_deltalake(ops.path(f"quarantine.{name}"), pa.Table.from_pylist([row], schema=SCHEMA), mode="append")


def write_csv(path, header, rows):
    with path.open("w", newline="") as text:
        csv.writer(text).writerows([header, *rows])


@pytest.fixture
def truth(tmp_path):
    folder = tmp_path / "truth"
    with MeasuredTruth(folder) as measured:
        for place, (loinc, value, unit, sent, sent_unit, fault) in enumerate(MEASURED):
            told = Measured(PATH, place, WHEN, loinc, value, unit, loinc, sent, sent_unit, fault)
            measured.add("a", "csv", "s1", [told])
    write_csv(folder / "persons.csv", ("person", "hospital", "system", "source_person_id"), PERSONS)
    slips = [("a", "csv", "s3", "typo: deletion")]
    write_csv(folder / "misspellings.csv", ("hospital", "system", "source_person_id", "change"), slips)
    write_csv(folder / "faults.csv", FAULTS, [("a", "csv", PATH, "6", "", "short_row", "", "")])
    return folder


@pytest.fixture
def lake(tmp_path):
    ops = Ops(tmp_path / "lake")
    rows = {
        "empi.person_link": LINKS,
        "silver.measurement": [silver_row(n, k, told) for n, (k, told) in enumerate(MEASURED.items()) if told],
        "silver.variant_call": [],
        # The sodium (number 3) is inferred right, the potassium (4) wrong.
        "gold.inferred_measurement": [(3, 140.0, "mmol/L"), (4, 40.0, "mmol/L")],
        "gold.unmapped_code": [],
    }
    for name, columns in READ.items():
        table(ops, name, columns, rows[name])
    said = {"measurement_id": 5, "person_id": 10, "measurement_datetime": WHEN, "measurement_source_value": "8302-2",
            "value_source_value": "1700", "value_as_number": 1700.0, "unit_code": "cm"}  # fmt: skip
    place = {"path": f"a/{PATH}", "record_offset": 5}
    quarantined(ops, "measurement", rule="measurement.value_in_range", row=json.dumps(said), **place)
    quarantined(ops, "csv_observations", rule="field_count", path=f"a/{PATH}", record_offset=6)
    quarantined(ops, "note", rule="note.note_text_present", path="a/csv/notes.csv", record_offset=0)
    return ops


def graded(ops, truth):
    publication = Publication("p", datetime(2026, 1, 1, tzinfo=UTC), 1, dict.fromkeys(READ, 0), {}, {})
    return grade(ops, publication, truth)


def counts(ops, truth, part):
    """Good and total by figure; of figures by place and as a whole, the whole."""
    found = [figure for figure in graded(ops, truth) if figure.part == part]
    return {
        figure.what: (figure.good, figure.total) for figure in sorted(found, key=lambda f: f.hospital, reverse=True)
    }


def test_a_false_link_costs_precision_and_no_recall(lake, truth):
    found = counts(lake, truth, "linkage")
    assert found["pairs: precision"] == (1, 2) and found["pairs: recall"] == (1, 1)
    assert found["pairs: F1"] == (2, 3)
    assert found["pairs: recall where both systems name their patients"] == (1, 1)
    assert found["clusters: precision"] == (1, 2) and found["clusters: recall"] == (1, 3)


def test_a_false_link_is_counted_under_what_was_misspelled(lake, truth):
    assert counts(lake, truth, "linkage")["links that are false where differing: typo: deletion"] == (1, 1)


def test_given_units_are_right_where_the_number_is_what_was_measured(lake, truth):
    # Glucose and weight are right, creatinine is ten times too high; the cholesterol's row was cut.
    found = counts(lake, truth, "units")
    assert found["given: value in silver right"] == (2, 3)
    assert found["given, not right: 'mg/dL' (identity, mg/dL)"] == (1, 3)


def test_of_two_values_without_unit_one_is_inferred_right(lake, truth):
    found = counts(lake, truth, "units")
    assert found["missing or none: inferred"] == (2, 2) and found["inferred: value right"] == (1, 2)


def test_each_fault_is_found_where_it_should_be(lake, truth):
    found = counts(lake, truth, "faults")
    assert found == {
        "impossible_value": (1, 1), "missing_unit": (1, 1), "short_row": (1, 1), "unit_variant": (1, 1),
        "unknown_unit": (1, 1),
    }  # fmt: skip


def test_a_row_in_quarantine_that_no_fault_explains_is_listed_by_its_rule(lake, truth):
    found = counts(lake, truth, "quarantine")
    assert found == {
        "rows that a fault explains": (2, 3), "not explained: note, note.note_text_present": (1, 3),
    }  # fmt: skip


def test_a_fault_that_is_in_no_quarantine_is_missed(lake, truth):
    rows = [("a", "csv", PATH, "6", "", "short_row", "", ""), ("a", "csv", PATH, "7", "", "bad_utf8", "", "")]
    write_csv(truth / "faults.csv", FAULTS, rows)
    assert counts(lake, truth, "faults")["bad_utf8"] == (0, 1)


def test_a_kind_of_fault_that_nobody_can_grade_is_refused(lake, truth):
    write_csv(truth / "faults.csv", FAULTS, [("a", "csv", PATH, "6", "", "gremlins", "", "")])
    with pytest.raises(DataError, match="gremlins"):
        graded(lake, truth)


def test_a_truth_that_is_not_there_is_named(lake, tmp_path):
    with pytest.raises(ConfigurationError, match=r"persons.csv, misspellings.csv, faults.csv, measurements"):
        graded(lake, tmp_path / "elsewhere")


def test_no_value_of_a_patient_is_told(lake, truth):
    told = json.dumps([figure.told() for figure in graded(lake, truth)])
    assert not any(value in told for value in ("154.3", "69.98", "90.078", "s1", "p1"))
