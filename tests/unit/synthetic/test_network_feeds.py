"""What the hospitals of a made network send."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from twinlake.declare.hospital import read_hospital
from twinlake.engine.wire import Record
from twinlake.synthetic.plan import charts
from twinlake.synthetic.silo import PROFILES

FHIR, CSV, MESSAGES, OMOP, DOCUMENTS = ("st_brigid", "northgate"), "lakeside", "harbor_view", "elmwood", "riverbend"
SIDE_SYSTEMS = ("clinical_notes", "synthea_claims", "wearable", "cgm", "genotype", "operations")
TYPES = (
    *("Patient", "Encounter", "Condition", "Observation", "MedicationRequest", "MedicationAdministration"),
    *("Procedure", "Immunization", "Medication", "Organization"),
)
REFERENCE = re.compile(r'"reference": "(\w+)/([0-9a-f-]{36})"')


BY_CHANCE = ("fhir_r4_bulk", "fhir_bundle", "synthea_csv")
CUT = ("care_site", "vxu")


def field(message, segment, number):
    """A field of the first segment of that name."""
    found = next(fields for fields in message if fields[0] == segment)
    return found[number] if number < len(found) else ""


def visit_of(message):
    return field(message, "PV1", 19)


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
    faults = [fault for fault in made.truth("faults") if fault["hospital"] == hospital]
    orphans = {fault["record_id"] for fault in faults if fault["kind"] == "orphan"}
    broken = {fault["record_id"] for fault in faults}
    told = {kind: made.resources(hospital, kind) for kind in TYPES}
    ids = {kind: {resource["id"] for resource in resources} for kind, resources in told.items()}
    for kind in TYPES:
        for resource in (resource for resource in told[kind] if resource["id"] not in orphans):
            for target_kind, target in REFERENCE.findall(json.dumps(resource)):
                assert target in ids[target_kind] or target in broken, (kind, target_kind)


def test_every_row_of_a_csv_hospital_names_its_patients_and_encounters(made):
    patients = {row["Id"] for row in rows(made, CSV, "patients")}
    encounters = {row["Id"] for row in rows(made, CSV, "encounters")}
    for table in ("conditions", "observations", "procedures", "medications"):
        unknown = [row for row in rows(made, CSV, table) if row["PATIENT"] not in patients]
        assert len(unknown) == (2 if table == "observations" else 0)
        assert all(row["ENCOUNTER"] in encounters for row in rows(made, CSV, table) if row["ENCOUNTER"])


def test_no_id_is_known_to_two_hospitals_and_none_is_the_generators(made, person_id):
    persons = made.truth("persons")
    hospitals = {(row["hospital"], row["source_person_id"]) for row in persons}
    assert len({known for _, known in hospitals}) == len(hospitals)
    assert not {row["source_person_id"] for row in persons} & {row["person"] for row in persons}
    everything = b"".join(
        b"".join(made.lines_at(path))
        for path in made.network.feeds.rglob("*")
        if path.is_file() and not path.name.startswith(CUT)
    )
    assert not any(person_id(number).encode() in everything for number in range(24))


def test_each_encounter_happens_in_one_hospital(made, plan):
    from_fhir = sum(len(made.resources(hospital, "Encounter")) for hospital in FHIR)
    from_csv = len(rows(made, CSV, "encounters"))
    from_messages = len({visit_of(message) for message in made.messages(MESSAGES, "adt")})
    from_omop = len(rows(made, OMOP, "visit_occurrence"))
    from_documents = sum(
        path.read_text().count("<encounter ") for path in made.network.feeds.joinpath(DOCUMENTS).rglob("*.xml")
    )
    told = (from_fhir, from_csv, from_messages, from_omop, from_documents)
    assert sum(told) == sum(len(chart.desk.visits) for chart in charts(plan, 0)) and min(told) > 0


def test_the_truth_says_who_is_known_where_by_what_the_wires_read(made):
    sent = {
        (hospital, system, record.person)
        for hospital, profile in zip(made.network.hospitals, PROFILES, strict=True)
        for system in profile.systems
        for _, record in made.records(hospital, system)
        if isinstance(record, Record) and record.person
    }
    told = {(hospital, system, who.removesuffix(".csv")) for hospital, system, who in sent}
    known = {(row["hospital"], row["system"], row["source_person_id"]) for row in made.truth("persons")}
    orphans = [(fault["system"], fault["hospital"]) for fault in made.truth("faults") if fault["kind"] == "orphan"]
    # Every orphan's id is drawn, but for the systems where all name the same stranger.
    strangers = sum(system in BY_CHANCE for system, _ in orphans) + len({o for o in orphans if o[0] not in BY_CHANCE})
    unreadable = sum(fault["kind"] == "broken_document" for fault in made.truth("faults"))
    assert len(known - told) == unreadable == 1
    assert len(told - known) == strangers > 0


@pytest.mark.parametrize("system", SIDE_SYSTEMS)
def test_a_side_system_knows_some_of_the_hospitals_persons_and_nobody_else(made, system):
    persons = made.truth("persons")
    main = {profile.systems[0] for profile in PROFILES}
    at_hospital = {(row["person"], row["hospital"]) for row in persons if row["system"] in main}
    here = {(row["person"], row["hospital"]) for row in persons if row["system"] == system}
    assert here and here <= at_hospital


def test_names_have_no_digits_and_some_hospitals_withhold_numbers(made):
    patients = made.resources("northgate", "Patient")
    assert not any(re.search(r"\d", str(patient["name"])) for patient in patients)
    kinds = {number["type"]["coding"][0]["code"] for patient in patients for number in patient["identifier"]}
    assert kinds == {"MR"}
    assert all("text" not in patient for patient in patients)
    assert {row["SSN"] for row in rows(made, CSV, "patients")} == {""}
    assert all(field(message, "PID", 19).startswith("9") for message in made.messages(MESSAGES, "adt"))
    assert not any(re.search(r"\d", field(message, "PID", 5)) for message in made.messages(MESSAGES, "adt"))


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
    # By lot northgate has a code of its own for cholesterol, which its hospital.toml does not explain.
    expected = {"2339-0": 5.00, "N3167": 5.00, "2571-8": 1.00}
    lowest = {}
    for observation in made.resources("northgate", "Observation"):
        code, quantity = observation["code"]["coding"][0]["code"], observation["valueQuantity"]
        if quantity.get("code") == "mmol/L":
            lowest[code] = min(quantity["value"], lowest.get(code, 99))
        assert quantity.get("unit") not in ("mg/dL", "/min")
    assert all(0.98 * expected[code] - 0.005 <= value < 1.02 * expected[code] + 0.4 for code, value in lowest.items())
    assert lowest.keys() == expected.keys()


def test_local_codes_and_units_are_explained_in_hospital_toml(made):
    hospital = read_hospital(made.network.feeds / MESSAGES)
    results = [segment for message in made.messages(MESSAGES, "oru") for segment in message if segment[0] == "OBX"]
    codes = {segment[3].split("^")[0] for segment in results}
    assert {"GLUB", "CHOL", "TRIG"} <= codes and "2339-0" not in codes
    assert hospital.codes["GLUB"] == "LOINC:2339-0"
    assert hospital.units["mg%"] == "mg/dL" and "mg/dL" not in {segment[6] for segment in results}


def test_a_reason_that_another_hospital_diagnosed_is_not_pointed_at(made):
    with_reason = [p for hospital in FHIR for p in made.resources(hospital, "Procedure") if "reasonReference" in p]
    every = [p for hospital in FHIR for p in made.resources(hospital, "Procedure")]
    assert 0 < len(with_reason) < len(every)
