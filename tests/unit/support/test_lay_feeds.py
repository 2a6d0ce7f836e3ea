"""Laying out the shared data: nobody keeps an id, everybody keeps their facts."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support.lay_feeds import lay
from twinlake.declare.hospital import read_hospital

SHARED = Path(os.environ.get("TWINLAKE_SHARED_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
A, B = "aaaaaaaa-0000-0000-0000-000000000001", "bbbbbbbb-0000-0000-0000-000000000002"
VISIT_A, VISIT_B = "eeeeeeee-0000-0000-0000-000000000001", "eeeeeeee-0000-0000-0000-000000000002"
DRUG = "dddddddd-0000-0000-0000-000000000001"


def pack(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))


def unpacked(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def patient(identifier: str) -> str:
    numbers = [
        {"type": {"coding": [{"code": kind}]}, "system": "s", "value": "9"} for kind in ("MR", "SS", "DL", "PPN")
    ]
    return json.dumps(
        {
            "resourceType": "Patient",
            "id": identifier,
            "text": {"div": "Person seed: 5"},
            "extension": [{"url": "x/patient-mothersMaidenName", "valueString": "Eve1"}],
            "identifier": numbers,
            "name": [{"family": "Hand679", "given": ["Susie661"]}],
        },
        separators=(",", ":"),
    )


def encounter(identifier: str, person: str) -> str:
    return (
        f'{{"resourceType":"Encounter","id":"{identifier}",'
        f'"subject":{{"reference":"Patient/{person}","display":"Susie661 Hand679"}}}}'
    )


@pytest.fixture
def data(tmp_path):
    """Two persons, a visit each; both in FHIR and CSV, and two strangers in MIMIC."""
    root = tmp_path / "data"
    fhir, table, hosp = root / "synthea/fhir", root / "synthea/csv", root / "mimic4_demo/hosp"
    request = (
        f'{{"resourceType":"MedicationRequest","id":"r","subject":{{"reference":"Patient/{A}"}},'
        f'"medicationReference":{{"reference":"Medication/{DRUG}"}},"encounter":{{"reference":"Encounter/{VISIT_A}"}}}}'
    )
    pack(fhir / "Patient.ndjson.gz", [patient(A), patient(B)])
    pack(fhir / "Encounter.ndjson.gz", [encounter(VISIT_A, A), encounter(VISIT_B, B)])
    pack(fhir / "MedicationRequest.ndjson.gz", [request])
    pack(fhir / "MedicationAdministration.ndjson.gz", [request.replace(A, B).replace(VISIT_A, VISIT_B)])
    pack(fhir / "Medication.ndjson.gz", [f'{{"resourceType":"Medication","id":"{DRUG}"}}'])
    pack(fhir / "Claim.ndjson.gz", ["{}"])
    pack(
        table / "patients.csv.gz", ["Id,FIRST,MIDDLE,LAST,MAIDEN,SSN", f"{A},Susie661,,Hand679,,1", f"{B},Bo2,,Ray3,,2"]
    )
    pack(table / "encounters.csv.gz", ["Id,PATIENT", f"{VISIT_A},{A}", f"{VISIT_B},{B}"])
    pack(table / "supplies.csv.gz", ["DATE,PATIENT"])
    pack(hosp / "patients.csv.gz", ["subject_id,gender", "10,F", "20,M"])
    pack(hosp / "labevents.csv.gz", ["labevent_id,subject_id,comments", '1,10,"a, b"', "2,20,"])
    pack(hosp / "d_labitems.csv.gz", ["itemid,label", "1,Glucose"])
    return root


def test_nobody_keeps_an_id_and_references_still_agree(data, tmp_path):
    lay(data, tmp_path)
    feeds = tmp_path / "feeds"
    text = "".join("".join(unpacked(path)) for path in feeds.rglob("lakeside/**/*.gz"))
    text += "".join("".join(unpacked(path)) for path in feeds.rglob("northgate/**/*.gz"))
    assert not any(old in text for old in (A, B, VISIT_A, VISIT_B))
    bulk = feeds / "lakeside/fhir_r4_bulk/2026-11-01"
    persons = [json.loads(line)["id"] for line in unpacked(bulk / "Patient.ndjson.gz")]
    visits = [json.loads(line) for line in unpacked(bulk / "Encounter.ndjson.gz")]
    assert [visit["subject"]["reference"] for visit in visits] == [f"Patient/{person}" for person in persons]
    request = json.loads(unpacked(bulk / "MedicationRequest.ndjson.gz")[0])
    assert request["encounter"]["reference"] == f"Encounter/{visits[0]['id']}"


def test_the_fhir_silo_keeps_an_mrn_of_its_own_alone_and_no_digits_in_names(data, tmp_path):
    lay(data, tmp_path)
    line = unpacked(tmp_path / "feeds/lakeside/fhir_r4_bulk/2026-11-01/Patient.ndjson.gz")[0]
    found = json.loads(line)
    assert [number["system"] for number in found["identifier"]] == ["urn:lakeside:mrn"]
    assert found["name"] == [{"family": "Hand", "given": ["Susie"]}] and "text" not in found
    visit = unpacked(tmp_path / "feeds/lakeside/fhir_r4_bulk/2026-11-01/Encounter.ndjson.gz")[0]
    assert '"display":"Susie Hand"' in visit
    assert unpacked(tmp_path / "feeds/northgate/synthea_csv/patients.csv.gz")[1].split(",")[1:] == [
        *("Susie", "", "Hand", "", "1")
    ]


def test_the_truth_joins_the_silos(data, tmp_path):
    lay(data, tmp_path)
    with (tmp_path / "truth/persons.csv").open(encoding="utf-8") as text:
        truth = list(csv.DictReader(text))
    assert Counter(row["truth_person"] for row in truth) == {A: 2, B: 2, "10": 1, "20": 1}
    sent = unpacked(tmp_path / "feeds/northgate/synthea_csv/patients.csv.gz")[1].split(",")[0]
    known = {(row["hospital"], row["truth_person"]): row["source_person_id"] for row in truth}
    assert known["northgate", A] == sent and known["lakeside", A] != sent
    assert known["harbor_icu", "10"] == "10"


def test_few_persons_leave_no_trace_of_the_others(data, tmp_path):
    lay(data, tmp_path, persons=1)
    feeds = tmp_path / "feeds"
    bulk = feeds / "lakeside/fhir_r4_bulk/2026-11-01"
    assert len(unpacked(bulk / "Patient.ndjson.gz")) == len(unpacked(bulk / "Encounter.ndjson.gz")) == 1
    assert unpacked(bulk / "MedicationAdministration.ndjson.gz") == []
    assert len(unpacked(bulk / "Medication.ndjson.gz")) == 1
    assert len(unpacked(feeds / "northgate/synthea_csv/encounters.csv.gz")) == 2
    labs = unpacked(feeds / "harbor_icu/mimic_iv/hosp/labevents.csv.gz")
    assert labs == ["labevent_id,subject_id,comments", '1,10,"a, b"']
    assert len(unpacked(feeds / "harbor_icu/mimic_iv/hosp/d_labitems.csv.gz")) == 2


def test_unread_files_are_laid_out_on_request_only(data, tmp_path):
    lay(data, tmp_path / "some")
    lay(data, tmp_path / "all", everything=True)
    some, every = ({path.name for path in (tmp_path / out).rglob("*.gz")} for out in ("some", "all"))
    assert every - some == {"Claim.ndjson.gz", "supplies.csv.gz"}


def test_the_same_data_gives_the_same_bytes_and_hospitals_can_be_read(data, tmp_path):
    digests = []
    for turn in ("a", "b"):
        lay(data, tmp_path / turn)
        files = sorted(path for path in (tmp_path / turn).rglob("*") if path.is_file())
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])
    assert digests[0] == digests[1]
    hospital = read_hospital(tmp_path / "a/feeds/harbor_icu")
    assert (hospital.calendar, hospital.link) == ("shifted", False)


@pytest.mark.shared_data
@pytest.mark.skipif(not (SHARED / "synthea").is_dir(), reason=f"no shared data at {SHARED} (set TWINLAKE_SHARED_DATA)")
def test_three_real_persons_are_whole_in_both_silos(tmp_path):
    lay(SHARED, tmp_path, persons=3)
    bulk = tmp_path / "feeds/lakeside/fhir_r4_bulk/2026-11-01"
    persons = {json.loads(line)["id"] for line in unpacked(bulk / "Patient.ndjson.gz")}
    assert len(persons) == 3
    for name in ("Encounter", "Condition", "Observation", "Procedure"):
        lines = unpacked(bulk / f"{name}.ndjson.gz")
        assert {re.search(r'"Patient/([^"]*)"', line)[1] for line in lines} <= persons
        if name != "Observation":
            table = unpacked(tmp_path / f"feeds/northgate/synthea_csv/{name.lower()}s.csv.gz")
            assert len(table) - 1 == len(lines) > 0
