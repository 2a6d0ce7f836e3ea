"""What became of beds: who lay in them, and which of it cannot be."""

# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

import pytest

from tests.support.broken_rules import broken_rules
from tests.support.text_table import expect, expect_shape, frame
from twinlake.catalog.silver.bed_event import bed_event
from twinlake.declare.hospital import Hospital

OWN_WORDS = {"a": Hospital("a", "A", "Europe/Dublin", "urn:a", codes={"DEEP CLEAN": "0116:H"})}
SOURCE = (
    "hospital", "system", "source_person_id", "known_from", "_record_id", "time_quality",
    *(c for c in bed_event.from_sources if c != "visit_source_id"),
)  # fmt: skip


@pytest.fixture(scope="module")
def beds(spark):
    """Two persons of the hospital's system p1 and p2, one that nobody knows, and beds without anybody."""
    rows = frame(spark, """
        _fact_key:bigint | hospital | system | source_person_id | visit_source_id:string | care_site_source_id | bed_source_value | bed_status_code | bed_status_source_value | bed_event_start_datetime | bed_event_end_datetime | known_from
        1                | a        | s      | p1               | v1                     | W1                  | 01               | O               | occupied                | 2026-03-01 08:00         | 2026-03-03 10:00       | 2026-03-10
        2                | a        | s      | p2               | v2                     | W1                  | 01               | O               | occupied                | 2026-03-03 09:00         |                        | 2026-03-10
        3                | a        | s      | nobody knows     | v3                     | W1                  | 02               | O               | occupied                | 2026-03-01 08:00         | 2026-03-01 09:00       | 2026-03-10
        4                | a        | s      |                  |                        | W1                  | 02               | DEEP CLEAN      | DEEP CLEAN              | 2026-03-01 09:00         | 2026-03-01 10:00       | 2026-03-10
        5                | a        | s      | p1               | v1                     | W2                  |                  | O               | occupied                | 2026-03-03 10:00         | 2026-03-03 12:00       | 2026-03-10
        6                | a        | s      | p1               | v1                     | W2                  |                  | O               | occupied                | 2026-03-03 11:00         | 2026-03-03 10:30       | 2026-03-10
        7                | a        | s      |                  |                        |                     | 03               | MOVED           | moved                   | 2026-03-20 11:00         |                        | 2026-03-10
        8                | a        | s      |                  |                        | W1                  | 02               |                 |                         |                          |                        | 2026-03-10
    """, SOURCE)  # fmt: skip
    from twinlake.declare.expressions import source_person_key

    link = frame(spark, """
        hospital | system | source_person_id | person_id
        a        | s      | p1               | 101
        a        | s      | p2               | 102
    """)  # fmt: skip
    link = link.withColumn("source_person_key", source_person_key())
    return bed_event.build(rows, person_link=link, hospitals=OWN_WORDS).persist()


def test_an_occupied_bed_has_a_person_where_they_are_known_and_any_other_has_nobody(beds) -> None:
    expect(beds, """
        _fact_key | person_id | bed_source_value | bed_status_code | bed_status_source_value
        1         | 101       | 01               | O               | occupied
        2         | 102       | 01               | O               | occupied
        3         |           | 02               | O               | occupied
        4         |           | 02               | H               | DEEP CLEAN
        5         | 101       |                  | O               | occupied
        6         | 101       |                  | O               | occupied
        7         |           | 03               | MOVED           | moved
        8         |           | 02               |                 |
    """)  # fmt: skip
    expect_shape(beds, bed_event)


def test_a_bed_is_known_by_its_ward_and_a_visit_holds_the_stays_together(beds) -> None:
    rows = {row["_fact_key"]: row for row in beds.collect()}
    assert rows[1].bed_id == rows[2].bed_id != rows[3].bed_id == rows[4].bed_id
    assert rows[5].bed_id is None and rows[7].care_site_id is None
    assert rows[1].visit_occurrence_id == rows[5].visit_occurrence_id != rows[2].visit_occurrence_id
    assert rows[4].visit_occurrence_id is None
    assert rows[1].source_person_key == rows[5].source_person_key
    assert rows[4].source_person_key == rows[7].source_person_key, "nobody is one unit of a system"


def test_what_cannot_be_is_told_row_by_row(beds) -> None:
    """2 came before 1 had left, 6 left before it came and while 5 lay elsewhere, 7 is told before it happened."""
    rules = [
        ("bed_event_end_datetime_after_start", 6), ("bed_event_start_datetime_not_in_future", 7),
        ("care_site_told", 7), ("status_told", 8), ("occupant_is_known", 3), ("one_person_a_bed", 2),
        ("one_bed_a_person", 6), ("bed_status_code_in_categories", 7), ("bed_event_start_datetime_present", 8),
    ]  # fmt: skip
    found = broken_rules(beds, bed_event, "_fact_key")
    assert sorted((rule, row) for row, broken in found.items() for rule in broken) == sorted(rules)
