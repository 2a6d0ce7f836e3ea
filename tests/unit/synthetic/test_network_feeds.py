"""What the hospitals of a made network send."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict

import pytest

from twinlake.declare.hospital import read_hospital

FHIR, CSV = ("st_brigid", "northgate"), ("lakeside", "harbor_view")
REFERENCE = re.compile(r'"reference":"(\w+)/([0-9a-f-]{36})"')


def digest(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(made, hospital, table):
    header, *lines = [line.decode("utf-8", "replace").split(",") for line in made.lines(hospital, table)]
    return [dict(zip(header, line, strict=False)) for line in lines]


def test_the_same_seed_gives_the_same_bytes(make, tmp_path):
    first, second = make(tmp_path / "a"), make(tmp_path / "b")
    assert digest(first.network.feeds.parent) == digest(second.network.feeds.parent)


@pytest.mark.parametrize("hospitals", [1, 2, 3, 9, 25])
def test_any_number_of_hospitals_can_be_made(make, tmp_path, hospitals):
    made = make(tmp_path, hospitals)
    folders = sorted(made.network.feeds.iterdir())
    assert len(folders) == hospitals == len({read_hospital(folder).identifier_namespace for folder in folders})


@pytest.mark.parametrize("hospital", FHIR)
def test_every_reference_of_a_fhir_hospital_resolves_but_for_the_orphans(made, hospital):
    ids = defaultdict(set)
    files = [path.name.split(".")[0] for path in made.network.feeds.joinpath(hospital).rglob("*.ndjson*")]
    for file in (file for file in files if file != "Immunization"):
        ids[file] = {resource["id"] for resource in made.resources(hospital, file)}
    orphans = {f["record_id"] for f in made.truth("faults") if f["kind"] == "orphan" and f["hospital"] == hospital}
    broken = {(f["path"].split("/")[-1].split(".")[0], f["record_id"]) for f in made.truth("faults")}
    for file in ids:
        for line in made.lines(hospital, file):
            if not any(orphan.encode() in line for orphan in orphans):
                for kind, target in REFERENCE.findall(line.decode("utf-8", "replace")):
                    assert target in ids[kind] or (kind, target) in broken, (file, kind)


@pytest.mark.parametrize("hospital", CSV)
def test_every_row_of_a_csv_hospital_names_its_patients_and_encounters(made, hospital):
    patients = {row["Id"] for row in rows(made, hospital, "patients")}
    encounters = {row["Id"] for row in rows(made, hospital, "encounters")}
    for table in ("conditions", "observations", "procedures", "medications"):
        unknown = [row for row in rows(made, hospital, table) if row["PATIENT"] not in patients]
        assert len(unknown) == (2 if table == "observations" else 0)
        assert all(row["ENCOUNTER"] in encounters for row in rows(made, hospital, table) if row["ENCOUNTER"])


def test_no_id_is_known_to_two_hospitals_and_none_is_the_generators(made, person_id):
    persons = made.truth("persons")
    own = [row["source_person_id"] for row in persons]
    assert len(set(own)) == len(own)
    assert not set(own) & {row["person"] for row in persons}
    everything = b"".join(b"".join(made.lines(h, "Observation")) for h in FHIR)
    assert person_id(0).encode() not in everything


def test_each_encounter_happens_in_one_hospital(made):
    from_fhir = sum(len(made.resources(hospital, "Encounter")) for hospital in FHIR)
    from_csv = sum(len(rows(made, hospital, "encounters")) for hospital in CSV)
    assert from_fhir + from_csv == 12 * 6


def test_the_truth_says_who_is_known_where(made):
    known = {(row["hospital"], row["source_person_id"]) for row in made.truth("persons")}
    sent = {(hospital, row["Id"]) for hospital in CSV for row in rows(made, hospital, "patients")}
    sent |= {(hospital, patient["id"]) for hospital in FHIR for patient in made.resources(hospital, "Patient")}
    assert known == sent


def test_names_have_no_digits_and_some_hospitals_withhold_numbers(made):
    patients = made.resources("northgate", "Patient")
    assert not any(re.search(r"\d", str(patient["name"])) for patient in patients)
    kinds = {number["type"]["coding"][0]["code"] for patient in patients for number in patient["identifier"]}
    assert kinds == {"MR"}
    assert all("text" not in patient for patient in patients)
    assert {row["SSN"] for row in rows(made, "lakeside", "patients")} == {""}
    assert all(row["SSN"] for row in rows(made, "harbor_view", "patients"))


def test_each_hospital_has_its_own_mrn_under_its_own_namespace(made):
    for hospital in FHIR:
        namespace = read_hospital(made.network.feeds / hospital).identifier_namespace
        numbers = [
            number["value"]
            for patient in made.resources(hospital, "Patient")
            for number in patient["identifier"]
            if number["system"] == namespace
        ]
        assert len(numbers) == len(set(numbers)) == len(made.resources(hospital, "Patient"))


def test_the_molar_hospital_sends_mmol_per_l_and_its_own_spellings(made):
    # 90.08 mg/dL of glucose is 5.00 mmol/L, 193.33 of cholesterol 5.00, 88.54 of triglycerides 1.00.
    expected = {"2339-0": 5.00, "2093-3": 5.00, "2571-8": 1.00}
    lowest = {}
    for observation in made.resources("northgate", "Observation"):
        code, quantity = observation["code"]["coding"][0]["code"], observation["valueQuantity"]
        if quantity.get("code") == "mmol/L":
            lowest[code] = min(quantity["value"], lowest.get(code, 99))
        assert quantity.get("unit") not in ("mg/dL", "/min")
    assert all(expected[code] <= value < expected[code] + 0.4 for code, value in lowest.items())
    assert lowest.keys() == expected.keys()


def test_local_codes_and_units_are_explained_in_hospital_toml(made):
    hospital = read_hospital(made.network.feeds / "harbor_view")
    sent = rows(made, "harbor_view", "observations")
    codes = {row["CODE"] for row in sent}
    assert {"GLUB", "CHOL", "TRIG"} <= codes and "2339-0" not in codes
    assert hospital.codes["GLUB"] == "LOINC:2339-0"
    assert hospital.units["mg%"] == "mg/dL" and "mg/dL" not in {row["UNITS"] for row in sent}


def test_a_reason_that_another_hospital_diagnosed_is_not_pointed_at(made):
    with_reason = [p for hospital in FHIR for p in made.resources(hospital, "Procedure") if "reasonReference" in p]
    every = [p for hospital in FHIR for p in made.resources(hospital, "Procedure")]
    assert 0 < len(with_reason) < len(every)
