"""A run does what changed and nothing else, and its lake is the one that a rebuild from bronze gives."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from tests.support.tiny_feeds import (
    GLUCOSE,
    SYNTHEA_PERSONS,
    SYNTHEA_VALUES,
    WEIGHT,
    Feeds,
    encounter,
    medication,
    northgate,
    observation,
    order,
    organization,
    patient,
    synthea_value,
)
from tests.support.tiny_lake import TinyLake
from twinlake.engine import replace, run
from twinlake.engine.run import MOST_LITERALS

# Building a lake of all tables takes minutes, in whichever test comes first.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]

EARLY, LATE = {"lastUpdated": "2026-01-20T00:00:00Z"}, {"lastUpdated": "2026-01-20T00:00:00.5Z"}
HEAVIER = (*SYNTHEA_VALUES[:2], synthea_value("n-cleo", "v-2", WEIGHT, 56, "kg", "2026-03-02"))


def persons(lake: TinyLake) -> dict[str, int]:
    return {row["source_person_id"]: row["person_id"] for row in lake.rows("empi.person_link")}


def weights(lake: TinyLake) -> list[float]:
    return sorted(
        row["value_as_number"] for row in lake.rows("silver.measurement") if row["measurement_code"] == WEIGHT
    )


def test_nothing_new_starts_no_spark_and_publishes_nothing(lake: TinyLake) -> None:
    versions, published = lake.versions(), lake.ops.rows("publication")
    with patch("twinlake.engine.session.start_session", side_effect=AssertionError("Spark was started")):
        assert lake.run(as_of="2026-11-02") == []
    assert lake.versions() == versions
    assert lake.ops.rows("publication") == published


def test_one_value_changed_in_place_rebuilds_one_person(lake: TinyLake) -> None:
    versions = lake.versions()
    did = {
        row["table"]: row
        for row in lake.run(northgate(Feeds(), values=HEAVIER).only("northgate/synthea_csv/2026-10-01/obs"))
    }
    assert weights(lake) == [56, 60, 70, 71]
    changed = {name for name, row in did.items() if row["mode"] == "units"}
    assert changed == {
        "silver.measurement", "gold.blood_glucose_feature", "gold.diabetes_feature", "gold.person_day_vitals",
        "gold.person_summary", "gold.vital_day", "gold.imputed_vitals", "twins.patient_state",
        "twins.patient_state_history",
    }  # fmt: skip
    assert {did[name]["units_changed"] for name in changed} == {1}
    whole = {"gold.unit_evidence"}  # A distribution is made from everybody's values.
    assert {row["units"] for name, row in did.items() if name not in whole} <= {0, 1, 2}
    assert {row["mode"] for name, row in did.items() if name not in changed} == {"equal"}
    assert {name for name, version in lake.versions().items() if version != versions[name]} == changed
    assert len({row["sequence"] for row in lake.ops.rows("publication")}) == 2
    assert lake.run() == []
    assert lake.problems() == []


@pytest.mark.parametrize("literals", [MOST_LITERALS, 0])
def test_facts_before_their_patient_corrections_before_their_original_and_records_that_move(
    lake: TinyLake, monkeypatch, literals: int
) -> None:
    for module in (replace, run):
        monkeypatch.setattr(module, "MOST_LITERALS", literals)
    lake.run(
        Feeds()
        .fhir("Observation", observation("o-20", "dora", WEIGHT, 80, "kg", "2026-03-01"),
              observation("o-1", "ada", WEIGHT, 72, "kg", "2026-01-10", meta=LATE),
              observation("o-3", "ada", GLUCOSE, 95, "mg/dL", "2026-02-10", meta=EARLY),
              observation("o-2", "bea", WEIGHT, 60, "kg", "2026-02-10", status="entered-in-error"), day="2026-10-06")
        .fhir("MedicationRequest", order("r-9", "ada", "m-late", "2026-03-01"), day="2026-10-06")
        .fhir("Encounter", encounter("e-9", "ada", "2026-03-03", site="org-late"), day="2026-10-06")
    )  # fmt: skip
    assert weights(lake) == [55, 71, 72]
    assert [row["rule"] for row in lake.rows("quarantine.measurement")] == ["person_is_known"]
    glucose = [row["person_id"] for row in lake.rows("silver.measurement") if row["measurement_code"] == GLUCOSE]
    assert persons(lake)["bea"] not in glucose, "the record went to another person"
    lake.run(
        Feeds()
        .fhir("Patient", patient("dora", "Ada", "Lovejoy", "1960-05-04"), day="2026-10-07")
        .fhir("Medication", medication("m-late", "197361", "Amlodipine"), day="2026-10-07")
        .fhir("Organization", organization("org-late", "Late House", "Lynn"), day="2026-10-07")
        .fhir("Observation", observation("o-1", "ada", WEIGHT, 99, "kg", "2026-01-10", meta=EARLY), day="2026-10-08")
    )  # fmt: skip
    assert weights(lake) == [55, 71, 72, 80]
    assert lake.rows("quarantine.measurement") == [], "the patient came, under another person's id"
    assert {row["drug_name"] for row in lake.rows("silver.drug_exposure")} == {"Metformin", "Amlodipine"}
    assert lake.problems() == []


def test_a_person_whom_a_new_snapshot_leaves_out_is_gone_until_another_brings_them_back(lake: TinyLake) -> None:
    cleo = persons(lake)["n-cleo"]
    lake.run(northgate(Feeds(), day="2026-10-09", persons=SYNTHEA_PERSONS[:1]))
    assert cleo not in persons(lake).values()
    for name in ("silver.person", "silver.measurement", "gold.person_summary", "twins.patient_state"):
        assert cleo not in {row["person_id"] for row in lake.rows(name)}, name
    assert {row["city"] for row in lake.rows("silver.location")} == {"SALEM", "LYNN"}, "Nahant is nobody's place now"
    # A snapshot between the two comes late, a third one changes nothing more: the end of what was known may not move.
    lake.run(northgate(Feeds(), day="2026-10-04", persons=SYNTHEA_PERSONS[1:]))
    lake.run(northgate(Feeds(), day="2026-10-12", persons=SYNTHEA_PERSONS[:1]))
    lake.run(northgate(Feeds(), day="2026-10-14", values=HEAVIER))
    assert cleo in persons(lake).values()
    assert lake.problems() == []


def test_a_hospitals_settings_are_an_input_that_is_consumed_once(lake: TinyLake) -> None:
    toml = lake.home.feeds / "northgate" / "hospital.toml"
    toml.write_text(toml.read_text() + '[codes]\n"XYZ" = "LOINC:2345-7"\n')
    did = lake.run()
    assert {row["mode"] for row in did} == {"equal"}, "no table has such a code"
    assert lake.run() == []
