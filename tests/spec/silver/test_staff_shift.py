"""Shifts as planned and as worked, and what nobody can have worked."""

# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

import pytest

from tests.support.broken_rules import broken_rules
from tests.support.text_table import expect, expect_shape, frame
from twinlake.catalog.silver.staff_shift import staff_shift
from twinlake.declare.hospital import Hospital

OWN_WORDS = {"a": Hospital("a", "A", "Europe/Dublin", "urn:a", codes={"CNM2": "local:registered_nurse"})}
SOURCE = (
    "hospital", "system", "known_from", "_record_id", "time_quality",
    *(c for c in staff_shift.from_sources if c != "staff_source_id"),
)  # fmt: skip


@pytest.fixture(scope="module")
def shifts(spark):
    rows = frame(spark, """
        _fact_key:bigint | staff_source_id:string | hospital | system | care_site_source_id | staff_role_code  | staff_role_vocabulary | staff_role_source_value | shift_status | shift_start_datetime | shift_end_datetime | worked_start_datetime | worked_end_datetime | break_minutes | known_from
        1                | n1                     | a        | s      | W1                  | registered_nurse | local                 | Registered nurse        | worked       | 2026-03-01 07:30     | 2026-03-01 20:00   | 2026-03-01 07:25      | 2026-03-01 20:10    | 60            | 2026-03-10
        2                | n1                     | a        | s      | W2                  | registered_nurse | local                 | Registered nurse        | planned      | 2026-03-01 19:30     | 2026-03-02 08:00   |                       |                     |               | 2026-03-10
        3                | n1                     | a        | s      | W2                  | cnm              | local                 | CNM2                    | absent       | 2026-03-01 12:00     | 2026-03-01 13:00   |                       |                     |               | 2026-03-10
        4                |                        | a        | s      | W1                  | registered_nurse | local                 | Registered nurse        | planned      | 2026-03-01 07:30     | 2026-03-01 20:00   |                       |                     |               | 2026-03-10
        5                |                        | a        | s      | W1                  | registered_nurse | local                 | Registered nurse        | planned      | 2026-03-01 07:30     | 2026-03-01 20:00   |                       |                     |               | 2026-03-10
        6                | n2                     | a        | s      |                     | bed_manager      | local                 | Bed manager             | on leave     | 2026-03-01 20:00     | 2026-03-01 07:30   |                       |                     |               | 2026-03-10
        7                | n3                     | a        | s      | W1                  | registered_nurse | local                 | Registered nurse        | worked       | 2026-03-01 07:30     | 2026-03-02 09:00   | 2026-03-20 07:30      | 2026-03-20 07:00    | 1531          | 2026-03-10
    """, SOURCE)  # fmt: skip
    return staff_shift.build(rows, hospitals=OWN_WORDS).persist()


def test_a_shift_keeps_plan_and_work_apart_and_may_have_nobody(shifts) -> None:
    expect(shifts.selectExpr("*", "provider_id IS NOT NULL AS is_filled"), """
        _fact_key | is_filled | staff_role_code  | staff_role_source_value | shift_status | break_minutes
        1         | true      | registered_nurse | Registered nurse        | worked       | 60
        2         | true      | registered_nurse | Registered nurse        | planned      |
        3         | true      | registered_nurse | CNM2                    | absent       |
        4         | false     | registered_nurse | Registered nurse        | planned      |
        5         | false     | registered_nurse | Registered nurse        | planned      |
        6         | true      | bed_manager      | Bed manager             | on leave     |
        7         | true      | registered_nurse | Registered nurse        | worked       | 1531
    """)  # fmt: skip
    expect_shape(shifts, staff_shift)


def test_what_nobody_can_have_worked_is_told_row_by_row(shifts) -> None:
    """2 begins while 1 lasts; 3 was missed, so nobody was in two places; 4 and 5 are nobody's."""
    assert broken_rules(shifts, staff_shift, "_fact_key") == {
        2: ["one_shift_at_a_time"],
        6: ["care_site_id_present", "shift_status_in_categories", "shift_end_datetime_after_start", "role_is_known"],
        7: [
            "worked_end_datetime_after_start", "worked_start_datetime_not_in_future", "lasts_a_day_at_most",
            "break_within_shift",
        ],
    }  # fmt: skip
