"""The three systems on real data: rows counted against another reader (DuckDB, orjson), and every record explained."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from twinlake.catalog.sources import fhir_r4_bulk, mimic_iv, synthea_csv
from twinlake.declare.source import System

PERSONS = 6


def unzipped(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        return lines.read().splitlines()


@cache
def synthea_persons(data: Path) -> frozenset[str]:
    return frozenset(json.loads(line)["id"] for line in unzipped(data / "synthea/fhir/Patient.ndjson.gz")[:PERSONS])


@cache
def fhir(data: Path, resource: str) -> tuple[str, ...]:
    """The lines of a resource type that belong to the chosen persons."""
    chosen = synthea_persons(data)
    lines = unzipped(data / f"synthea/fhir/{resource}.ndjson.gz")
    return tuple(line for line in lines if any(f"Patient/{person}" in line for person in chosen))


def csv(path: Path, chosen: frozenset[str]) -> str:
    header, *lines = unzipped(path)
    return "\n".join([header, *(line for line in lines if chosen & set(line.split(",")))])


@pytest.mark.shared_data
def test_fhir_measurements_are_the_quantities_and_observations_the_other_values(implement, shared_data) -> None:
    observations = [json.loads(line) for line in fhir(shared_data, "Observation")]
    values = Counter(
        kind
        for found in observations
        for said in (found, *found.get("component", []))
        for kind in said
        if kind.startswith("value")
    )
    raw = "\n".join(fhir(shared_data, "Observation"))
    measured = implement(fhir_r4_bulk.SYSTEM, "measurement", observation=raw)
    observed = implement(fhir_r4_bulk.SYSTEM, "observation", observation=raw)
    assert values["valueQuantity"] > 0
    assert measured.count() == values.pop("valueQuantity") == measured.dropDuplicates(["_fact_key", "part"]).count()
    assert observed.count() == sum(values.values()) == observed.dropDuplicates(["_fact_key", "part"]).count()


@pytest.mark.shared_data
def test_every_drug_reference_resolves_in_real_orders(implement, shared_data) -> None:
    orders = fhir(shared_data, "MedicationRequest")
    medications = "\n".join(unzipped(shared_data / "synthea/fhir/Medication.ndjson.gz"))
    rows = implement(fhir_r4_bulk.SYSTEM, "drug_exposure", medication_request="\n".join(orders), medication=medications)
    found = Counter(row.drug_vocabulary for row in rows.select("drug_vocabulary").collect())
    assert any("medicationReference" in order for order in orders)
    assert found == {"RxNorm": len(orders)}


@pytest.mark.shared_data
def test_every_conditional_reference_finds_its_care_site(implement, shared_data) -> None:
    encounters = fhir(shared_data, "Encounter")
    organizations = "\n".join(unzipped(shared_data / "synthea/fhir/Organization.ndjson.gz"))
    rows = implement(
        fhir_r4_bulk.SYSTEM, "visit_occurrence", encounter="\n".join(encounters), organization=organizations
    )
    wanted = {
        (found["id"], found["serviceProvider"]["reference"].rpartition("|")[2]) for found in map(json.loads, encounters)
    }
    assert {(r.visit_source_id, r.care_site_source_id) for r in rows.collect()} == wanted


@pytest.mark.shared_data
def test_csv_and_fhir_tell_the_same_of_the_same_persons(implement, shared_data) -> None:
    chosen = synthea_persons(shared_data)
    conditions = csv(shared_data / "synthea/csv/conditions.csv.gz", chosen)
    raw = "\n".join(fhir(shared_data, "Condition"))
    columns = ("source_person_id", "condition_code", "condition_start_date", "condition_end_date", "visit_source_id")
    by_csv = implement(synthea_csv.SYSTEM, "condition_occurrence", conditions=conditions).select(*columns)
    by_fhir = implement(fhir_r4_bulk.SYSTEM, "condition_occurrence", condition=raw).select(*columns)
    assert by_csv.count() > 0
    assert by_csv.exceptAll(by_fhir).count() == by_fhir.exceptAll(by_csv).count() == 0


@pytest.mark.shared_data
def test_csv_and_fhir_standardise_the_same_persons_alike(implement, shared_data) -> None:
    chosen = synthea_persons(shared_data)
    patients = csv(shared_data / "synthea/csv/patients.csv.gz", chosen)
    raw = "\n".join(unzipped(shared_data / "synthea/fhir/Patient.ndjson.gz")[:PERSONS])
    columns = (
        "source_person_id", "given_name", "middle_name", "family_name", "maiden_name", "birth_date", "year_of_birth",
        "sex", "death_date", "address_line", "city", "state", "postal_code", "ssn", "licence_number", "passport_number",
        "mrn",
    )  # fmt: skip
    by_csv = implement(synthea_csv.SYSTEM, "source_person", patients=patients).select(*columns)
    by_fhir = implement(fhir_r4_bulk.SYSTEM, "source_person", patient=raw).select(*columns)
    assert by_csv.count() == PERSONS
    assert by_csv.exceptAll(by_fhir).count() == by_fhir.exceptAll(by_csv).count() == 0


@pytest.mark.shared_data
def test_csv_numbers_are_measurements_without_bookkeeping(implement, shared_data) -> None:
    import duckdb

    raw = csv(shared_data / "synthea/csv/observations.csv.gz", synthea_persons(shared_data))
    path = str(shared_data / "synthea/csv/observations.csv.gz")
    persons = ", ".join(f"'{person}'" for person in sorted(synthea_persons(shared_data)))
    (numeric, other) = duckdb.sql(
        f"select count(*) filter (TYPE = 'numeric' and CODE not in ('QALY', 'DALY', 'QOLS')), "
        f"count(*) filter (TYPE <> 'numeric') from read_csv('{path}', all_varchar = true) where PATIENT in ({persons})"
    ).fetchall()[0]
    assert implement(synthea_csv.SYSTEM, "measurement", observations=raw).count() == numeric
    assert implement(synthea_csv.SYSTEM, "observation", observations=raw).count() == other


@pytest.mark.shared_data
def test_mimic_results_are_counted_by_another_reader(implement, shared_data) -> None:
    import duckdb

    demo = shared_data / "mimic4_demo/hosp"
    chosen = frozenset(line.split(",")[0] for line in unzipped(demo / "patients.csv.gz")[1 : PERSONS + 1])
    persons = ", ".join(f"'{person}'" for person in sorted(chosen))

    def counted(table: str, what: str) -> int:
        source = f"read_csv('{demo / table}.csv.gz', all_varchar = true)"
        return duckdb.sql(f"select {what} from {source} where subject_id in ({persons})").fetchall()[0][0]

    def rows(table: str, feed: str) -> int:
        return implement(mimic_iv.SYSTEM, table, **{feed: csv(demo / f"{feed}.csv.gz", chosen)}).count()

    result = "coalesce(nullif(value, '___'), valuenum, nullif(comments, '___'))"
    assert rows("measurement", "labevents") == counted("labevents", f"count({result})")
    pressures = "count(*) + count(*) filter (regexp_full_match(result_value, '[0-9]+/[0-9]+'))"
    assert rows("measurement", "omr") == counted("omr", pressures)
    assert rows("condition_occurrence", "diagnoses_icd") == counted("diagnoses_icd", "count(*)")
    held = "('Bag', 'Soln', 'Soln.', 'Vial', 'Syringe', 'Yellow CADD Cassette', 'Blue CADD Cassette')"
    drugs = f"count(*) filter (drug_type <> 'BASE' or drug not in {held})"
    assert rows("drug_exposure", "prescriptions") == counted("prescriptions", drugs)
    assert rows("visit_occurrence", "admissions") == counted("admissions", "count(*)")


def explained(parsed, system: System, feed: str) -> Counter:
    """How many records are (taken by a table, unmapped with a reason)."""
    declared = system.feed(feed)
    taken = [f"coalesce({i.when or 'true'}, false)" for i in system.implementations if i.feeds[0] == feed]
    unmapped = [f"coalesce({sql}, false)" for sql in declared.unmapped.values()]
    shown = parsed.selectExpr(f"{' or '.join(taken) or 'false'} as taken", f"{' or '.join(unmapped) or 'false'} as why")
    return Counter({(r.taken, r.why): r["count"] for r in shown.groupBy("taken", "why").count().collect()})


@pytest.mark.shared_data
def test_every_record_is_taken_by_a_table_or_unmapped_by_declaration_but_never_both(records, shared_data) -> None:
    chosen = synthea_persons(shared_data)
    demo = shared_data / "mimic4_demo/hosp"
    persons = frozenset(line.split(",")[0] for line in unzipped(demo / "patients.csv.gz")[1 : PERSONS + 1])
    given = [
        (fhir_r4_bulk.SYSTEM, "observation", "\n".join(fhir(shared_data, "Observation"))),
        (synthea_csv.SYSTEM, "observations", csv(shared_data / "synthea/csv/observations.csv.gz", chosen)),
        (mimic_iv.SYSTEM, "labevents", csv(demo / "labevents.csv.gz", persons)),
        (mimic_iv.SYSTEM, "emar", csv(demo / "emar.csv.gz", persons)),
        (mimic_iv.SYSTEM, "prescriptions", csv(demo / "prescriptions.csv.gz", persons)),
    ]
    for system, feed, raw in given:
        found = explained(records(system, system.feed(feed), raw), system, feed)
        assert set(found) <= {(True, False), (False, True)}, (system.name, feed, found)
