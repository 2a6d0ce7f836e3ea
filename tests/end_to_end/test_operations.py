"""A bed belongs to nobody, yet whoever lies in it is found by the unit-wise rebuild, however late they are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.tiny_feeds import Feeds
from tests.support.tiny_lake import TinyLake

# Building a lake of all tables takes minutes.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

FIRST, SECOND = "lakeside/operations/2026-10-01", "lakeside/operations/2026-10-02"
STAY = "stay_id,patient_id,visit_id,ward,bed,arrived_at,left_at,updated_at\n"
STATUS = "event_id,ward,bed,status,began_at,ended_at,updated_at\nb1,W,1,Cleaning,2026-09-03 10:00:00,,\n"
PERSON = "patient_id,mrn,given_name,family_name,birth_date,sex\n"
EARLY = {
    f"{FIRST}/bed_stays.csv": f"{STAY}s1,p1,v1,W,1,2026-09-01 10:00:00,,\ns2,p2,v2,W,2,2026-09-01 10:00:00,,\n",
    f"{FIRST}/bed_status.csv": STATUS,
    f"{FIRST}/patients.csv": f"{PERSON}p2,M2,Bea,Byrne,1961-01-01,F\n",
}
LATE = {
    f"{SECOND}/bed_stays.csv": f"{STAY}s1,p1,v1,W,1,2026-09-01 10:00:00,2026-09-03 10:00:00,2026-09-03 10:00:00\n",
    f"{SECOND}/patients.csv": f"{PERSON}p1,M1,Ada,Ahern,1950-01-01,F\n",
}


def test_an_occupant_who_is_known_later_and_leaves_later_changes_their_rows_alone(
    empty: Callable[[str], TinyLake],
) -> None:
    lake, at_once = empty("step_by_step"), empty("at_once")
    lake.run(Feeds(dict(EARLY)))
    beds = {row["bed_source_value"]: row for row in lake.rows("silver.bed_event") if row["bed_status_code"] == "O"}
    assert beds["1"]["person_id"] is None and beds["2"]["person_id"] is not None, "p1 is not known yet, and counts"
    did = {row["table"]: row for row in lake.run(Feeds(dict(LATE)))}
    assert (did["silver.bed_event"]["mode"], did["silver.bed_event"]["units_changed"]) == ("units", 1)
    found = {(row["bed_source_value"], row["bed_status_code"]): row for row in lake.rows("silver.bed_event")}
    person = {row["source_person_id"]: row["person_id"] for row in lake.rows("empi.person_link")}
    assert {key: row["person_id"] for key, row in found.items()} == {
        ("1", "O"): person["p1"], ("2", "O"): person["p2"], ("1", "H"): None,
    }  # fmt: skip
    assert found["1", "O"]["bed_event_end_datetime"] is not None
    assert lake.problems() == []
    at_once.run(Feeds({**EARLY, **LATE}))
    assert at_once.digests()["silver.bed_event"] == lake.digests()["silver.bed_event"]
