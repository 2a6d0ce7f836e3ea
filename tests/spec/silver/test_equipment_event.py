"""What happened to equipment, and which entries of its log contradict each other."""

# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

import pytest

from tests.support.broken_rules import broken_rules
from tests.support.text_table import expect, expect_shape, frame
from twinlake.catalog.silver.equipment_event import equipment_event
from twinlake.declare.hospital import Hospital

OWN_WORDS = {"a": Hospital("a", "A", "Europe/Dublin", "urn:a", codes={"WIP": "local:in_repair"})}
SOURCE = ("hospital", "system", "known_from", "_record_id", "time_quality", *equipment_event.from_sources)


@pytest.fixture(scope="module")
def events(spark):
    rows = frame(spark, """
        _fact_key:bigint | hospital | system | care_site_source_id | equipment_source_value | equipment_status_code | equipment_status_source_value | equipment_event_datetime | equipment_log_number | known_from
        1                | a        | s      | W1                  | V-1                    | in_service            | In service                    | 2026-03-01 08:00         | 1                    | 2026-03-10
        2                | a        | s      |                     | V-1                    | wip                   | WIP                           | 2026-03-02 08:00         | 2                    | 2026-03-10
        3                | a        | s      | W1                  | V-1                    | retired               | Retired                       | 2026-03-04 08:00         | 3                    | 2026-03-10
        4                | a        | s      | W1                  | V-1                    | in_service            | In service                    | 2026-03-03 08:00         | 4                    | 2026-03-10
        5                | a        | s      | W1                  | V-1                    | standby               | Standby                       | 2026-03-05 08:00         | 5                    | 2026-03-10
        6                | a        | s      | W1                  |                        | lost                  | Lost                          | 2026-03-02 08:00         | 6                    | 2026-03-10
        7                | a        | s      | W1                  | V-2                    | in_service            | In service                    | 2026-03-01 08:00         |                      | 2026-03-10
        8                | a        | s      | W1                  | V-1                    | retired               | Retired                       | 2026-03-06 08:00         | 8                    | 2026-03-10
    """, SOURCE)  # fmt: skip
    return equipment_event.build(rows, hospitals=OWN_WORDS).persist()


def test_an_event_says_what_its_equipment_became(events) -> None:
    expect(events.selectExpr("*", "care_site_id IS NOT NULL AS is_placed"), """
        _fact_key | is_placed | equipment_source_value | equipment_status_code | equipment_status_source_value
        1         | true      | V-1                    | in_service            | In service
        2         | false     | V-1                    | in_repair             | WIP
        3         | true      | V-1                    | retired               | Retired
        4         | true      | V-1                    | in_service            | In service
        5         | true      | V-1                    | standby               | Standby
        6         | true      |                        | lost                  | Lost
        7         | true      | V-2                    | in_service            | In service
        8         | true      | V-1                    | retired               | Retired
    """)  # fmt: skip
    expect_shape(events, equipment_event)


def test_entries_that_contradict_others_are_told_row_by_row(events) -> None:
    """4 was written after 3 and happened before it; 5 happened after the end, which 8 tells a second time."""
    assert broken_rules(events, equipment_event, "_fact_key") == {
        4: ["logged_in_order"],
        5: ["nothing_after_retirement"],
        6: ["equipment_id_present", "equipment_status_code_in_categories"],
    }
