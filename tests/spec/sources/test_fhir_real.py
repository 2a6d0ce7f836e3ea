"""Three FHIR exports of other generators: each resource counted against a plain reader, none lost or unexplained."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from twinlake.catalog.sources import fhir_bundle, fhir_r4_bulk
from twinlake.catalog.sources._fhir_feeds import KINDS, UNMAPPED
from twinlake.catalog.sources.fhir_bundle import BUNDLE
from twinlake.engine.wire import Record
from twinlake.engine.wire.fhir_bundle import read

# Slow: whole exports are read and mapped.
pytestmark = [pytest.mark.shared_data, pytest.mark.nightly, pytest.mark.timeout(1800)]

# README of fhir_r4_bundles_smart, "Rows and columns"; the bundles of hospitals and practitioners come on top.
PRINTED = {
    "Observation": 14278, "Encounter": 2691, "Claim": 3366, "ExplanationOfBenefit": 2691, "Procedure": 2116,
    "Immunization": 1195, "DiagnosticReport": 1025, "Condition": 789, "MedicationRequest": 675,
}  # fmt: skip


def bundles(data: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(data / "fhir_r4_bundles_smart/bundles_r4_100.zip") as archive:
        for name in sorted(archive.namelist()):
            yield archive.read(name)


def plainly(data: bytes) -> list[dict[str, Any]]:
    """The entries as Python's own parser has them, numbers as written."""
    return json.loads(data, parse_float=str, parse_int=str)["entry"]


def parsed(record: Record) -> dict[str, Any]:
    return json.loads(record.raw, parse_float=str, parse_int=str)


def test_every_resource_of_the_bundles_is_a_record_as_it_was_written(shared_data) -> None:
    kinds: Counter[str | None] = Counter()
    for data in bundles(shared_data):
        found = list(read(BytesIO(data), BUNDLE))
        assert [parsed(item) for item in found] == [entry["resource"] for entry in plainly(data)]
        kinds.update(item.kind for item in found)
    assert {kind: kinds[kind] for kind in PRINTED} == PRINTED
    assert (kinds["Patient"], kinds.total()) == (100, 30067)


def test_every_fact_of_the_bundles_is_of_the_patient_its_reference_leads_to(shared_data) -> None:
    facts = 0
    for data in bundles(shared_data):
        entries = plainly(data)
        ids = {entry["fullUrl"]: entry["resource"]["id"] for entry in entries}
        for item, entry in zip(read(BytesIO(data), BUNDLE), entries, strict=True):
            said = entry["resource"].get("subject") or entry["resource"].get("patient")
            facts += said is not None
            assert not said or (isinstance(item, Record) and item.person == ids[said["reference"]])
    assert facts == 29417


def test_every_type_of_the_bundles_has_a_feed_or_a_reason(shared_data) -> None:
    *named, other = UNMAPPED.values()
    explained = {kind for sql in named for kind in re.findall("'(.*?)'", sql)}
    kinds = {entry["resource"]["resourceType"] for data in bundles(shared_data) for entry in plainly(data)}
    assert kinds <= {*KINDS.values(), *explained} and not explained & {*KINDS.values()}


@pytest.mark.parametrize("export", ["fhir_bulk_smart10", "synthea/fhir"])
def test_every_file_of_an_export_is_read_or_ignored_with_a_reason(shared_data, export) -> None:
    names = sorted(path.name.removesuffix(".gz") for path in (shared_data / export).glob("*.gz"))
    assert len(names) >= 14
    for name in names:
        feed, why = fhir_r4_bulk.SYSTEM.feed_of(name), fhir_r4_bulk.SYSTEM.why_ignored(name)
        assert (feed is None) == (why is not None), name
        assert feed is None or KINDS[feed.name] == name.split(".")[0]


@cache
def resources(data: Path, kind: str) -> tuple[dict[str, Any], ...]:
    with gzip.open(data / f"fhir_bulk_smart10/{kind}.000.ndjson.gz", "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


def test_every_visit_of_a_bulk_export_finds_its_care_site_by_a_conditional_reference(implement, shared_data) -> None:
    visits, places = resources(shared_data, "Encounter"), resources(shared_data, "Organization")
    rows = implement(fhir_r4_bulk.SYSTEM, "visit_occurrence", encounter=visits, organization=places).collect()
    ids = {identifier["value"]: place["id"] for place in places for identifier in place["identifier"]}
    wanted = {visit["id"]: ids[visit["serviceProvider"]["reference"].split("|")[1]] for visit in visits}
    assert len(rows) == 1215
    assert {row.visit_source_id: row.care_site_source_id for row in rows} == wanted


def test_every_allergy_is_an_observation_of_its_kind_and_substance(implement, shared_data) -> None:
    allergies = resources(shared_data, "AllergyIntolerance")
    rows = implement(fhir_r4_bulk.SYSTEM, "observation", allergy_intolerance=allergies).collect()
    said = Counter((a["type"], a["category"][0], a["code"]["coding"][0]["code"]) for a in allergies)
    kinds = {
        "416098002": ("allergy", "medication"),
        "414285001": ("allergy", "food"),
        "426232007": ("allergy", "environment"),
    }
    assert Counter((*kinds[row.observation_code], row.value_code) for row in rows) == said
    assert len(rows) == 11 and all(row.observation_datetime for row in rows)


def test_the_bundles_reach_silver_as_a_plain_reader_counts_them(implement, shared_data) -> None:
    chosen = [data for data in bundles(shared_data) if len(data) < 450_000]
    entries = [entry for data in chosen for entry in plainly(data)]
    text = json.dumps({"resourceType": "Bundle", "entry": [{"resource": e["resource"]} for e in entries]}).encode()
    kinds = Counter(entry["resource"]["resourceType"] for entry in entries)
    answers = Counter(
        name for e in entries if e["resource"]["resourceType"] == "Observation"
        for said in (e["resource"], *e["resource"].get("component", [])) for name in said if name.startswith("value")
    )  # fmt: skip
    counts = {
        table: implement(fhir_bundle.SYSTEM, table, bundle=text).count()
        for table in ("source_person", "care_site", "visit_occurrence", "condition_occurrence", "procedure_occurrence",
                      "drug_exposure", "measurement", "observation")
    }  # fmt: skip
    assert counts == {
        "source_person": kinds["Patient"], "care_site": kinds["Organization"], "visit_occurrence": kinds["Encounter"],
        "condition_occurrence": kinds["Condition"], "procedure_occurrence": kinds["Procedure"],
        "drug_exposure": kinds["MedicationRequest"] + kinds["Immunization"],
        "measurement": answers.pop("valueQuantity"),
        "observation": answers.total() + kinds["AllergyIntolerance"],
    }  # fmt: skip
