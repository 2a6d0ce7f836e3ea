"""Synthea's own CSV tables (github.com/synthetichealth/synthea/wiki/CSV-File-Data-Dictionary)."""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._rows import one_of, shaped, vocabulary
from twinlake.declare.source import Feed, System, csv_feed, implements
from twinlake.declare.standardise import (
    day,
    digits,
    full_date,
    identifier,
    instant,
    line,
    name_part,
    postal,
    sex,
    state,
    year,
)

# Synthea writes the same classes to FHIR (EncounterType.java): a hospice visit is home health, a nursing home a stay.
CLASSES = {
    "ambulatory": "AMB", "wellness": "AMB", "outpatient": "AMB", "urgentcare": "AMB", "emergency": "EMER",
    "inpatient": "IMP", "snf": "IMP", "hospice": "HH", "home": "HH", "virtual": "VR",
}  # fmt: skip
BOOKKEEPING = "ifnull(CODE, '') in ('QALY', 'DALY', 'QOLS')"


def _feed(name: str, header: str, **rest: Any) -> Feed:
    """Rows without an Id have no identity beyond what they say, so their key is their hash."""
    person = {"person": "PATIENT"} if "PATIENT" in header.split(",") else {}
    return csv_feed(name, rf"(?:csv/)?{name}\.csv", header, "snapshot", **{**person, **rest})


FEEDS = (
    _feed(
        "patients",
        "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,MIDDLE,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,"
        "BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,FIPS,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE,INCOME",
        key=("Id",),
        person="Id",
    ),
    _feed("organizations", "Id,NAME,ADDRESS,CITY,STATE,ZIP,LAT,LON,PHONE,REVENUE,UTILIZATION", key=("Id",)),
    _feed(
        "encounters",
        "Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,BASE_ENCOUNTER_COST,"
        "TOTAL_CLAIM_COST,PAYER_COVERAGE,REASONCODE,REASONDESCRIPTION",
        key=("Id",),
    ),
    _feed("conditions", "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION"),
    _feed(
        "observations",
        "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE",
        unmapped={"QALY, DALY and QOLS are bookkeeping of the generator, nothing anybody measured": BOOKKEEPING},
    ),
    _feed(
        "medications",
        "START,STOP,PATIENT,PAYER,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,PAYER_COVERAGE,DISPENSES,TOTALCOST,REASONCODE,"
        "REASONDESCRIPTION",
    ),
    _feed("immunizations", "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST"),
    _feed("procedures", "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION"),
)
_NOT_READ = {
    "allergies": "allergies are not read until a table takes them",
    "careplans": "care plans are not read until a table takes them",
    "devices": "devices are not read until device_exposure is",
    "supplies": "supplies are not read until device_exposure is",
    r"imaging_studies[\w.]*": "images are not read until imaging_study is",
    "payers": "payers are not read until payer_plan_period is",
    "payer_transitions": "insurance is not read until payer_plan_period is",
    "claims": "money is not read until claims are",
    "claims_transactions": "money is not read until claims are",
    "providers": "staff are not read until provider is",
}


def _coded(stem: str, system: Column) -> dict[str, Column | str]:
    return {
        f"{stem}_code": "CODE",
        f"{stem}_vocabulary": system,
        f"{stem}_source_value": "CODE",
        f"{stem}_name": "DESCRIPTION",
    }


def _told_apart(records: DataFrame) -> DataFrame:
    """The record's SYSTEM as SYSTEM_: to Spark, whose names know no case, it would be the engine's `system`."""
    return records.toDF(*("SYSTEM_" if name == "SYSTEM" else name for name in records.columns))


def _snomed() -> Column:
    """Conditions and procedures are SNOMED CT, however SYSTEM spells it; a system we know otherwise is believed."""
    return F.coalesce(vocabulary(F.col("SYSTEM_")), F.lit("SNOMED"))


def _loinc() -> Column:
    return F.when(F.col("CODE").rlike("^[0-9]+-[0-9]$"), "LOINC").otherwise("local")


@implements("source_person")
def source_person(patients: DataFrame) -> DataFrame:
    """patients.csv; Synthea's medical record number is the id itself."""
    return shaped(
        patients,
        given_name=name_part(F.col("FIRST")),
        middle_name=name_part(F.col("MIDDLE")),
        family_name=name_part(F.col("LAST")),
        maiden_name=name_part(F.col("MAIDEN")),
        birth_date=full_date(F.col("BIRTHDATE")),
        year_of_birth=year(F.col("BIRTHDATE")),
        sex=sex(F.col("GENDER")),
        race_source_value="RACE",
        ethnicity_source_value="ETHNICITY",
        marital_status="MARITAL",
        death_date=day(F.col("DEATHDATE")),
        address_line=line(F.col("ADDRESS")),
        city=line(F.col("CITY")),
        state=state(F.col("STATE")),
        postal_code=postal(F.col("ZIP")),
        phone=None,
        ssn=digits(F.col("SSN")),
        licence_number=identifier(F.col("DRIVERS")),
        passport_number=identifier(F.col("PASSPORT")),
        mrn="Id",
    )


@implements("care_site")
def care_site(organizations: DataFrame) -> DataFrame:
    """organizations.csv."""
    return shaped(
        organizations,
        care_site_source_id="Id",
        care_site_name="NAME",
        city=line(F.col("CITY")),
        state=state(F.col("STATE")),
        postal_code_prefix=F.substring(postal(F.col("ZIP")), 1, 3),
    )


@implements("visit_occurrence")
def visit_occurrence(encounters: DataFrame) -> DataFrame:
    """encounters.csv."""
    return shaped(
        encounters,
        visit_source_id="Id",
        visit_code=one_of(CLASSES, F.col("ENCOUNTERCLASS")),
        visit_source_value="ENCOUNTERCLASS",
        visit_start_datetime=instant(F.col("START")),
        visit_end_datetime=instant(F.col("STOP")),
        visit_reason_code="REASONCODE",
        visit_reason_vocabulary=F.when(F.col("REASONCODE").isNotNull(), "SNOMED"),
        care_site_source_id="ORGANIZATION",
    )


@implements("condition_occurrence")
def condition_occurrence(conditions: DataFrame) -> DataFrame:
    """conditions.csv, days only."""
    return shaped(
        _told_apart(conditions),
        **_coded("condition", _snomed()),
        condition_start_date=day(F.col("START")),
        condition_end_date=day(F.col("STOP")),
        visit_source_id="ENCOUNTER",
        part=F.lit(""),
    )


@implements("measurement", when=f"TYPE = 'numeric' and not {BOOKKEEPING}")
def measurement(observations: DataFrame) -> DataFrame:
    """observations.csv whose TYPE is numeric; a panel is already a row for each part."""
    return shaped(
        observations,
        **_coded("measurement", _loinc()),
        measurement_datetime=instant(F.col("DATE")),
        value_source_value="VALUE",
        unit_source_value="UNITS",
        range_low_source_value=None,
        range_high_source_value=None,
        visit_source_id="ENCOUNTER",
        part=F.lit(""),
    )


@implements("observation", when=f"ifnull(TYPE, '') <> 'numeric' and not {BOOKKEEPING}")
def observation(observations: DataFrame) -> DataFrame:
    """observations.csv of any other TYPE."""
    return shaped(
        observations,
        **_coded("observation", _loinc()),
        observation_datetime=instant(F.col("DATE")),
        value_source_value="VALUE",
        value_as_string="VALUE",
        value_code=None,
        value_vocabulary=None,
        unit_source_value="UNITS",
        visit_source_id="ENCOUNTER",
        part=F.lit(""),
    )


@implements("drug_exposure")
def drug_order(medications: DataFrame) -> DataFrame:
    """medications.csv: what was prescribed, from START to STOP; it tells no dose, route or status."""
    return shaped(medications, **_coded("drug", F.lit("RxNorm")), **_exposure("order", "START", "STOP"))


@implements("drug_exposure")
def immunisation(immunizations: DataFrame) -> DataFrame:
    """immunizations.csv."""
    return shaped(immunizations, **_coded("drug", F.lit("CVX")), **_exposure("immunisation", "DATE", None))


def _exposure(kind: str, start: str, end: str | None) -> dict[str, Column | str | None]:
    return {
        "drug_exposure_start_datetime": instant(F.col(start)),
        "drug_exposure_end_datetime": instant(F.col(end)) if end else None,
        "drug_type": F.lit(kind),
        "drug_status": None,
        "dose_source_value": None,
        "dose_unit_source_value": None,
        "route_source_value": None,
        "visit_source_id": "ENCOUNTER",
        "part": F.lit(""),
    }


@implements("procedure_occurrence")
def procedure_occurrence(procedures: DataFrame) -> DataFrame:
    """procedures.csv."""
    return shaped(
        _told_apart(procedures),
        **_coded("procedure", _snomed()),
        procedure_datetime=instant(F.col("START")),
        procedure_end_datetime=instant(F.col("STOP")),
        visit_source_id="ENCOUNTER",
        part=F.lit(""),
    )


SYSTEM = System(
    name="synthea_csv",
    meaning="Synthea's CSV tables: the whole state of a hospital at each delivery",
    feeds=FEEDS,
    ignored={rf"(?:csv/)?{name}\.csv": why for name, why in _NOT_READ.items()},
    implementations=(
        source_person, care_site, visit_occurrence, condition_occurrence, measurement, observation, drug_order,
        immunisation, procedure_occurrence,
    ),
)  # fmt: skip
