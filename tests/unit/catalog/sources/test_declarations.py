"""What the three systems declare: their files, their tables' columns, and that every record is taken or explained."""

from __future__ import annotations

import pytest

from twinlake.catalog.sources import fhir_r4_bulk, mimic_iv, synthea_csv

SYSTEMS = {module.SYSTEM.name: module.SYSTEM for module in (fhir_r4_bulk, mimic_iv, synthea_csv)}


@pytest.mark.parametrize(
    ("system", "path", "feed"),
    [
        ("fhir_r4_bulk", "Observation.ndjson", "observation"),
        ("fhir_r4_bulk", "Observation.000.ndjson", "observation"),
        ("fhir_r4_bulk", "1.MedicationRequest.ndjson", "medication_request"),
        ("fhir_r4_bulk", "Medication.ndjson", "medication"),
        ("fhir_r4_bulk", "output/Patient-part-2.ndjson", "patient"),
        ("fhir_r4_bulk", "Observations.ndjson", None),
        ("synthea_csv", "observations.csv", "observations"),
        ("synthea_csv", "csv/patients.csv", "patients"),
        ("mimic_iv", "hosp/labevents.csv", "labevents"),
        ("mimic_iv", "icu/inputevents.csv", "inputevents"),
        ("mimic_iv", "labevents.csv", None),
    ],
)
def test_a_file_is_known_by_its_name(system: str, path: str, feed: str | None) -> None:
    found = SYSTEMS[system].feed_of(path)
    assert (found.name if found else None) == feed


@pytest.mark.parametrize(
    ("system", "path"),
    [
        ("fhir_r4_bulk", "Claim.ndjson"),
        ("fhir_r4_bulk", "log.ndjson"),
        ("synthea_csv", "imaging_studies.first100.csv"),
        ("synthea_csv", "claims_transactions.csv"),
        ("mimic_iv", "hosp/poe_detail.csv"),
        ("mimic_iv", "demo_subject_id.csv"),
    ],
)
def test_a_file_that_is_not_read_says_why(system: str, path: str) -> None:
    assert SYSTEMS[system].feed_of(path) is None
    assert SYSTEMS[system].why_ignored(path)


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_every_feed_is_taken_by_a_table_or_says_why_not(system) -> None:
    taken = {i.feeds[0] for i in system.implementations}
    assert [feed.name for feed in system.feeds if feed.name not in taken and not feed.unmapped] == []


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_every_lookup_says_how_it_reaches_its_facts(system) -> None:
    assert [
        (i.table, feed)
        for i in system.implementations
        for feed in i.feeds[1:]
        if feed not in {via.feed for via in i.via}
    ] == []


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_keys_persons_and_versions_are_in_the_schema(system) -> None:
    for feed in system.feeds:
        named = (*feed.key, *filter(None, (feed.person, feed.version)))
        assert [n for n in named if n.split(".")[0] not in feed.columns] == [], feed.name
