"""What a twin holds leads back to the records as they were delivered."""

from __future__ import annotations

import pytest

from jobs._trace import trace
from tests.support.tiny_feeds import FIRST, tiny_feeds
from tests.support.tiny_lake import TinyLake
from twinlake.declare.errors import ConfigurationError

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]
# By person and what is asked: the file (as delivered first), and the number of the record in it.
RECORDS = {
    ("bea", "glucose"): ("lakeside/fhir_r4_bulk", "Observation.ndjson", 2),
    ("ada", "weight"): ("northgate/synthea_csv", "observations.csv", 0),
    ("bea", "active_conditions"): ("lakeside/fhir_r4_bulk", "Condition.ndjson", 0),
    ("bea", "active_drugs"): ("lakeside/fhir_r4_bulk", "MedicationRequest.ndjson", 0),
}


@pytest.mark.parametrize(("person", "item"), RECORDS)
def test_a_value_of_a_twin_leads_to_its_record(built: TinyLake, monkeypatch, person: str, item: str) -> None:
    monkeypatch.setenv("TWINLAKE_HOME", str(built.home.path))
    said: list[str] = []
    trace(built.open("trace"), person_of(built, person), item, said.append)
    folder, file, number = RECORDS[person, item]
    path = f"{folder}/{FIRST}/{file}"
    lines = "\n".join(said).splitlines()
    assert [line for line in lines if line.startswith("  record: ")] == [
        next(line for line in lines if f"record: {path}, number {number}, of " in line)
    ]
    header = file.endswith(".csv")
    assert f"  as it came: {tiny_feeds().files[path].splitlines()[number + header]}" in lines


def person_of(lake: TinyLake, source_person: str) -> int:
    return next(row["person_id"] for row in lake.rows("empi.person_link") if row["source_person_id"] == source_person)


def test_what_a_twin_does_not_hold_is_refused(built: TinyLake, monkeypatch) -> None:
    monkeypatch.setenv("TWINLAKE_HOME", str(built.home.path))
    for item, message in (("death_date", "has no death_date"), ("glucoze", "is called 'glucoze': weight, ")):
        with pytest.raises(ConfigurationError, match=message):
            trace(built.open("trace"), person_of(built, "bea"), item, print)
