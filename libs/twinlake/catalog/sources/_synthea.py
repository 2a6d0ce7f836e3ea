"""What Synthea's clinical and claims tables have in common: persons, payers and who insured whom when."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._rows import look_up, shaped
from twinlake.declare.source import PART, Feed, Layout, Via, csv_feed, implements
from twinlake.declare.standardise import (
    day,
    digits,
    full_date,
    identifier,
    last_day,
    line,
    name_part,
    postal,
    sex,
    state,
    year,
)

TYPES = {
    **dict.fromkeys(("START", "STOP", "DATE", "BIRTHDATE", "DEATHDATE"), "datetime"),
    **dict.fromkeys(("LAT", "LON", "BASE_COST", "BASE_ENCOUNTER_COST", "TOTAL_CLAIM_COST", "PAYER_COVERAGE"), "number"),
}  # fmt: skip


def synthea_feed(name: str, header: str, *layouts: Layout, **rest: Any) -> Feed:
    """A table of Synthea; rows without an Id have no identity beyond what they say, so their key is their hash."""
    columns = header.split(",")
    person = {"person": "PATIENT"} if "PATIENT" in columns else {}
    typed = {column: kind for column, kind in TYPES.items() if column in columns}
    facts = {"required": tuple(column for column in ("START", "DATE", "CODE", "VALUE") if column in columns)}
    return csv_feed(
        name,
        rf"(?:csv/)?{name}{PART}\.csv",
        header,
        "snapshot",
        layouts=layouts,
        typed=typed,
        **{**person, **facts, **rest},
    )


PATIENTS = synthea_feed(
    "patients",
    "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,MIDDLE,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,"
    "BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,FIPS,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE,INCOME",
    Layout(
        "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,"
        "BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE"
    ),
    key=("Id",),
    person="Id",
)
_COUNTS = (
    "ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE,AMOUNT_COVERED,AMOUNT_UNCOVERED,REVENUE,COVERED_ENCOUNTERS,"
    "UNCOVERED_ENCOUNTERS,COVERED_MEDICATIONS,UNCOVERED_MEDICATIONS,COVERED_PROCEDURES,UNCOVERED_PROCEDURES,"
    "COVERED_IMMUNIZATIONS,UNCOVERED_IMMUNIZATIONS,UNIQUE_CUSTOMERS,QOLS_AVG,MEMBER_MONTHS"
)
PAYERS = synthea_feed(
    "payers",
    f"Id,NAME,OWNERSHIP,{_COUNTS}",
    Layout(f"Id,NAME,{_COUNTS}"),
    key=("Id",),
    unmapped={"a payer is looked up by insurance": "true"},
)
PAYER_TRANSITIONS = synthea_feed(
    "payer_transitions",
    "PATIENT,MEMBERID,START_DATE,END_DATE,PAYER,SECONDARY_PAYER,PLAN_OWNERSHIP,OWNER_NAME",
    Layout(
        "PATIENT,MEMBERID,START_YEAR,END_YEAR,PAYER,SECONDARY_PAYER,OWNERSHIP,OWNERNAME",
        {
            "START_YEAR": "START_DATE", "END_YEAR": "END_DATE", "OWNERSHIP": "PLAN_OWNERSHIP",
            "OWNERNAME": "OWNER_NAME",
        },
    ),
    unmapped={"a time without a member's number is one without insurance": "MEMBERID is null"},
)  # fmt: skip
FIRST_PAYER = Via("payers", fact="PAYER", lookup="Id")
SECOND_PAYER = Via("payers", fact="SECONDARY_PAYER", lookup="Id")


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


@implements("payer_plan_period", when="MEMBERID is not null", via=(FIRST_PAYER,))
def insurance(payer_transitions: DataFrame, payers: DataFrame) -> DataFrame:
    """payer_transitions.csv; a member's number and the owner's name are identifiers and stay in bronze."""
    return _coverage(payer_transitions, payers, FIRST_PAYER)


@implements(
    "payer_plan_period", when="MEMBERID is not null and SECONDARY_PAYER is not null", via=(SECOND_PAYER,)
)  # fmt: skip
def second_insurance(payer_transitions: DataFrame, payers: DataFrame) -> DataFrame:
    """payer_transitions.csv where a second payer covers what the first leaves."""
    return _coverage(payer_transitions, payers, SECOND_PAYER)


def _coverage(payer_transitions: DataFrame, payers: DataFrame, payer: Via) -> DataFrame:
    return shaped(
        look_up(payer_transitions, payers, payer, payer_name=F.col("NAME")),
        payer_plan_source_id=None,
        payer_plan_period_start_date=day(F.col("START_DATE")),
        payer_plan_period_end_date=last_day(F.col("END_DATE")),
        payer_code=payer.fact,
        payer_vocabulary=F.lit("local"),
        payer_source_value=payer.fact,
        payer_name="payer_name",
        policy_holder_source_value="PLAN_OWNERSHIP",
        family_source_id=None,
        part=F.lit(payer.fact),
    )
