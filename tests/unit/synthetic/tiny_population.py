"""A hand-made population in Synthea's shape: two dozen persons, enough facts for every fault, no Java."""

from __future__ import annotations

import base64
import json
import uuid
from pathlib import Path
from typing import Any

from twinlake.synthetic.synthea import RESOURCES, Population

ORGANIZATION = str(uuid.UUID(int=0xA, version=4))
LOCATION = str(uuid.UUID(int=0xB, version=4))
PAYER = str(uuid.UUID(int=0xC, version=4))
SYNTHEA = "https://github.com/synthetichealth/synthea"
MR_TYPES = {"MR": "http://hospital.smarthealthit.org", "SS": "us-ssn", "DL": "licence", "PPN": "passport"}
LABS = (("2339-0", "Glucose", 90.08), ("2093-3", "Cholesterol", 193.33), ("2571-8", "Triglycerides", 88.54))
HEADERS = {
    "patients": "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,MIDDLE,LAST,SUFFIX,MAIDEN,MARITAL,RACE,"
    "ETHNICITY,GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,FIPS,ZIP,LAT,LON,HEALTHCARE_EXPENSES,"
    "HEALTHCARE_COVERAGE,INCOME",
    "encounters": "Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,"
    "BASE_ENCOUNTER_COST,TOTAL_CLAIM_COST,PAYER_COVERAGE,REASONCODE,REASONDESCRIPTION",
    "conditions": "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION",
    "observations": "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE",
    "medications": "START,STOP,PATIENT,PAYER,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,PAYER_COVERAGE,DISPENSES,TOTALCOST,"
    "REASONCODE,REASONDESCRIPTION",
    "procedures": "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION",
    "immunizations": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST",
    "organizations": "Id,NAME,ADDRESS,CITY,STATE,ZIP,LAT,LON,PHONE,REVENUE,UTILIZATION",
    "claims": "Id,PATIENTID,PROVIDERID,PRIMARYPATIENTINSURANCEID,SECONDARYPATIENTINSURANCEID,DEPARTMENTID,"
    "PATIENTDEPARTMENTID,DIAGNOSIS1,DIAGNOSIS2,DIAGNOSIS3,DIAGNOSIS4,DIAGNOSIS5,DIAGNOSIS6,DIAGNOSIS7,DIAGNOSIS8,"
    "REFERRINGPROVIDERID,APPOINTMENTID,CURRENTILLNESSDATE,SERVICEDATE,SUPERVISINGPROVIDERID,STATUS1,STATUS2,STATUSP,"
    "OUTSTANDING1,OUTSTANDING2,OUTSTANDINGP,LASTBILLEDDATE1,LASTBILLEDDATE2,LASTBILLEDDATEP,HEALTHCARECLAIMTYPEID1,"
    "HEALTHCARECLAIMTYPEID2",
    "claims_transactions": "ID,CLAIMID,CHARGEID,PATIENTID,TYPE,AMOUNT,METHOD,FROMDATE,TODATE,PLACEOFSERVICE,"
    "PROCEDURECODE,MODIFIER1,MODIFIER2,DIAGNOSISREF1,DIAGNOSISREF2,DIAGNOSISREF3,DIAGNOSISREF4,UNITS,DEPARTMENTID,"
    "NOTES,UNITAMOUNT,TRANSFEROUTID,TRANSFERTYPE,PAYMENTS,ADJUSTMENTS,TRANSFERS,OUTSTANDING,APPOINTMENTID,LINENOTE,"
    "PATIENTINSURANCEID,FEESCHEDULEID,PROVIDERID,SUPERVISINGPROVIDERID",
    "payers": "Id,NAME,OWNERSHIP,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE,AMOUNT_COVERED,AMOUNT_UNCOVERED,REVENUE,"
    "COVERED_ENCOUNTERS,UNCOVERED_ENCOUNTERS,COVERED_MEDICATIONS,UNCOVERED_MEDICATIONS,COVERED_PROCEDURES,"
    "UNCOVERED_PROCEDURES,COVERED_IMMUNIZATIONS,UNCOVERED_IMMUNIZATIONS,UNIQUE_CUSTOMERS,QOLS_AVG,MEMBER_MONTHS",
    "payer_transitions": "PATIENT,MEMBERID,START_DATE,END_DATE,PAYER,SECONDARY_PAYER,PLAN_OWNERSHIP,OWNER_NAME",
}


def write_population(folder: Path, persons: int = 24, visits: int = 6) -> Population:
    """Each person has `visits` encounters, each with a fact of every kind."""
    tables: dict[str, list[str]] = {name: [header] for name, header in HEADERS.items()}
    resources: dict[str, list[dict[str, Any]]] = {name: [] for name in RESOURCES}
    _row(tables, "organizations", Id=ORGANIZATION, NAME="General", CITY="Boston", STATE="MA", ZIP="02118")
    _row(tables, "payers", Id=PAYER, NAME="Mutual", OWNERSHIP="PRIVATE")
    resources["Organization"].append(_place("Organization", ORGANIZATION, {}))
    managed = {"managingOrganization": {"identifier": {"system": SYNTHEA, "value": ORGANIZATION}}}
    resources["Location"].append(_place("Location", LOCATION, managed))
    for number in range(persons):
        _person(number, tables, resources)
        for visit in range(visits):
            _visit(number, visit, tables, resources)
    return _written(folder, tables, resources)


def _row(tables: dict[str, list[str]], table: str, **told: object) -> None:
    """A row of a table; what is not told is empty."""
    columns = HEADERS[table].split(",")
    assert told.keys() <= {*columns}
    tables[table].append(",".join(str(told.get(column, "")) for column in columns))


def identifier(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, parts))))


def _place(kind: str, value: str, rest: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": kind, "id": value, "identifier": [{"system": SYNTHEA, "value": value}], **rest}


def _person(number: int, tables: dict[str, list[str]], resources: dict[str, list[dict[str, Any]]]) -> None:
    me = identifier("person", number)
    first, last, maiden = f"Christopher{number}", f"Robertson{number}", f"Born{number}"
    tables["patients"].append(
        f"{me},1980-01-{number + 1:02d},,999-10-{number:04d},S{number},X{number},Mr.,{first},Ann{number},{last},,"
        f"{maiden},M,white,nonhispanic,F,Boston,1 Main St,Boston,Massachusetts,Suffolk County,25025,02118,42.1,-71.1,"
        "1.0,2.0,3"
    )
    numbers = [
        {"type": {"coding": [{"code": kind}]}, "system": system, "value": f"{kind}{number}"}
        for kind, system in MR_TYPES.items()
    ]
    resources["Patient"].append(
        {
            "resourceType": "Patient",
            "id": me,
            "text": {"div": "Person seed: 1"},
            "extension": [{"url": "x/patient-mothersMaidenName", "valueString": "Eve1 Old2"}],
            "identifier": [{"system": SYNTHEA, "value": me}, *numbers],
            "name": [
                {"use": "official", "family": last, "given": [first, f"Ann{number}"]},
                {"use": "maiden", "family": maiden, "given": [first]},
            ],
            "birthDate": f"1980-01-{number + 1:02d}",
            "address": [{"line": ["1 Main St"], "city": "Boston", "state": "MA", "postalCode": "02118"}],
        }
    )


def _visit(number: int, visit: int, tables: dict[str, list[str]], resources: dict[str, list[dict[str, Any]]]) -> None:
    me, here, day = identifier("person", number), identifier("visit", number, visit), f"2026-01-{visit + 1:02d}"
    begins, ends = f"{day}T09:00:00Z", f"{day}T09:30:00Z"
    here_now = {"PATIENT": me, "ENCOUNTER": here}
    diabetes = {"CODE": "44054006", "DESCRIPTION": "Diabetes mellitus type 2 & more"}
    _row(
        tables, "encounters", Id=here, START=begins, STOP=ends, PATIENT=me, ORGANIZATION=ORGANIZATION, PAYER=PAYER,
        PROVIDER=LOCATION, ENCOUNTERCLASS="inpatient" if visit == 0 else "ambulatory", CODE=1, DESCRIPTION="Visit",
    )  # fmt: skip
    _row(tables, "conditions", START=day, SYSTEM="SNOMED-CT", **here_now, **diabetes)
    _row(tables, "procedures", START=begins, STOP=ends, SYSTEM="SNOMED-CT", **here_now, **diabetes)
    _row(tables, "medications", START=begins, PAYER=PAYER, CODE="860975", DESCRIPTION="Metformin", **here_now)
    _row(tables, "immunizations", DATE=begins, CODE="140", DESCRIPTION="Influenza", **here_now)
    _claim(number, visit, begins, tables)
    about = {"subject": {"reference": f"Patient/{me}"}, "encounter": {"reference": f"Encounter/{here}"}}
    _resources(number, visit, about, resources)
    for code, name, value, unit, category in _measured(visit):
        told = {"DATE": begins, "CATEGORY": category, "CODE": code, "DESCRIPTION": name, "VALUE": value, "UNITS": unit}
        _row(tables, "observations", TYPE="numeric", **here_now, **told)
        resources["Observation"].append(_observation(number, visit, code, name, value, unit, category, about))
    _row(tables, "observations", DATE=begins, PATIENT=me, CODE="QALY", VALUE=1.0, UNITS="a", TYPE="numeric")


def _claim(number: int, visit: int, day: str, tables: dict[str, list[str]]) -> None:
    """A visit's claim, what it charges and what was paid; each year has its insurance."""
    me, here, claim = (
        identifier("person", number),
        identifier("visit", number, visit),
        identifier("claim", number, visit),
    )
    _row(
        tables, "claims", Id=claim, PATIENTID=me, APPOINTMENTID=here, DIAGNOSIS1="44054006", SERVICEDATE=day,
        LASTBILLEDDATE1=day,
    )  # fmt: skip
    for kind in ("CHARGE", "PAYMENT"):
        _row(
            tables, "claims_transactions", ID=identifier(kind, number, visit), CLAIMID=claim, PATIENTID=me, TYPE=kind,
            AMOUNT="100.00" if kind == "CHARGE" else "", PAYMENTS="" if kind == "CHARGE" else "80.00", FROMDATE=day,
            METHOD="" if kind == "CHARGE" else "ECHECK", PROCEDURECODE="185347001", APPOINTMENTID=here,
        )  # fmt: skip
    if visit == 0:
        _row(
            tables, "payer_transitions", PATIENT=me, MEMBERID=identifier("member", number), START_DATE=day,
            END_DATE="2027-01-01T00:00:00Z", PAYER=PAYER, PLAN_OWNERSHIP="Self", OWNER_NAME=f"Christopher{number}",
        )  # fmt: skip


def _measured(visit: int) -> list[tuple[str, str, float, str, str]]:
    labs = [(code, name, value + visit, "mg/dL", "laboratory") for code, name, value in LABS]
    vital = "vital-signs"
    return [*labs, ("29463-7", "Weight", 70 + visit, "kg", vital), ("8867-4", "Heart rate", 70 + visit, "/min", vital)]


def _observation(
    number: int, visit: int, code: str, name: str, value: float, unit: str, category: str, about: dict[str, Any]
) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": identifier("observation", number, visit, code),
        "status": "final",
        "category": [{"coding": [{"system": "c", "code": category, "display": category}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": name}]},
        **about,
        "effectiveDateTime": f"2026-01-{visit + 1:02d}T09:00:00+00:00",
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
    }


def _resources(number: int, visit: int, about: dict[str, Any], resources: dict[str, list[dict[str, Any]]]) -> None:
    """One of each kind; a procedure's reason is a condition of the person's first visit, wherever that was."""
    here, drug = identifier("visit", number, visit), identifier("drug", number, visit)
    at, until = (f"2026-01-{visit + 1:02d}T09:{minute}:00+00:00" for minute in ("00", "30"))
    subject = {"subject": {**about["subject"], "display": f"Christopher{number} Robertson{number}"}}
    place = {"reference": f"Organization?identifier={SYNTHEA}|{ORGANIZATION}"}
    where = {"location": [{"location": {"reference": f"Location?identifier={SYNTHEA}|{LOCATION}"}}]}
    resources["Encounter"].append(
        _fact("Encounter", here, **subject, **where, serviceProvider=place, period={"start": at, "end": until})
    )
    code = {"code": {"coding": [{"code": "44054006", "display": "Diabetes"}]}}
    resources["Condition"].append(
        _fact("Condition", identifier("condition", number, visit), **code, **about, onsetDateTime=at)
    )
    reason = {"reasonReference": [{"reference": f"Condition/{identifier('condition', number, 0)}"}]}
    resources["Procedure"].append(
        _fact("Procedure", identifier("p", number, visit), **code, **about, **reason, performedDateTime=at)
    )
    resources["Medication"].append(_fact("Medication", drug))
    given = {"medicationReference": {"reference": f"Medication/{drug}"}}
    resources["MedicationRequest"].append(
        _fact("MedicationRequest", identifier("r", number, visit), **about, **given, authoredOn=at)
    )
    taken = {"subject": about["subject"], "context": about["encounter"]}
    resources["MedicationAdministration"].append(
        _fact("MedicationAdministration", identifier("a", number, visit), **taken, effectiveDateTime=at)
    )
    resources["DocumentReference"].append(_document(number, visit, about))
    shot = {"patient": about["subject"], "encounter": about["encounter"]}
    resources["Immunization"].append(
        _fact("Immunization", identifier("i", number, visit), **shot, occurrenceDateTime=at)
    )


def _document(number: int, visit: int, about: dict[str, Any]) -> dict[str, Any]:
    """A note that names the person as they are spelled at home, and one thing that they have not."""
    text = f"# History\nChristopher{number}\n is 46 years old. No Known Allergies.\n"
    attachment = {"contentType": "text/plain; charset=utf-8", "data": base64.b64encode(text.encode()).decode()}
    return _fact(
        "DocumentReference", identifier("note", number, visit), date=f"2026-01-{visit + 1:02d}T09:30:00.000+00:00",
        subject=about["subject"], content=[{"attachment": attachment}], context={"encounter": [about["encounter"]]},
    )  # fmt: skip


def _fact(kind: str, value: str, **rest: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": value, "status": "finished", **rest}


def _written(folder: Path, tables: dict[str, list[str]], resources: dict[str, list[dict[str, Any]]]) -> Population:
    people = Population(folder)
    for name, lines in tables.items():
        people.table(name).parent.mkdir(parents=True, exist_ok=True)
        people.table(name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, made in resources.items():
        people.resource(name).parent.mkdir(parents=True, exist_ok=True)
        compact = (json.dumps(one, separators=(",", ":")) + "\n" for one in made)
        people.resource(name).write_text("".join(compact), encoding="utf-8")
    return people
