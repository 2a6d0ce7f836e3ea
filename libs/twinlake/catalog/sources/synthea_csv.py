"""Synthea's own CSV tables (github.com/synthetichealth/synthea/wiki/CSV-File-Data-Dictionary)."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._rows import Said, shaped, vocabulary
from twinlake.catalog.sources._synthea import (
    PATIENTS,
    PAYER_TRANSITIONS,
    PAYERS,
    insurance,
    second_insurance,
    source_person,
    synthea_feed,
)
from twinlake.declare.expressions import one_of
from twinlake.declare.source import Layout, System, implements
from twinlake.declare.standardise import day, instant, line, postal, present, state

# Synthea writes the same classes to FHIR (EncounterType.java): a hospice visit is home health, a nursing home a stay.
CLASSES = {
    "ambulatory": "AMB", "wellness": "AMB", "outpatient": "AMB", "urgentcare": "AMB", "emergency": "EMER",
    "inpatient": "IMP", "snf": "IMP", "hospice": "HH", "home": "HH", "virtual": "VR",
}  # fmt: skip
# SNOMED CT findings: allergy or intolerance to a drug, a food, something of the environment; else to a substance.
ALLERGIES = {
    "allergy medication": "416098002", "allergy food": "414285001", "allergy environment": "426232007",
    "intolerance medication": "59037007", "intolerance food": "235719002", "intolerance environment": "782197009",
}  # fmt: skip
ALLERGY = "419199007"
OUTGROWN = "STOP IS NOT NULL"
BOOKKEEPING = "ifnull(CODE, '') in ('QALY', 'DALY', 'QOLS')"


FEEDS = (
    PATIENTS,
    PAYERS,
    PAYER_TRANSITIONS,
    synthea_feed("organizations", "Id,NAME,ADDRESS,CITY,STATE,ZIP,LAT,LON,PHONE,REVENUE,UTILIZATION", key=("Id",)),
    synthea_feed(
        "encounters",
        "Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,BASE_ENCOUNTER_COST,"
        "TOTAL_CLAIM_COST,PAYER_COVERAGE,REASONCODE,REASONDESCRIPTION",
        key=("Id",),
    ),
    synthea_feed(
        "conditions",
        "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION",
        Layout("START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION"),
    ),
    synthea_feed(
        "allergies",
        "START,STOP,PATIENT,ENCOUNTER,CODE,SYSTEM,DESCRIPTION,TYPE,CATEGORY,REACTION1,DESCRIPTION1,SEVERITY1,REACTION2,"
        "DESCRIPTION2,SEVERITY2",
        unmapped={"an allergy that is over": OUTGROWN},
    ),
    synthea_feed(
        "observations",
        "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE",
        unmapped={"QALY, DALY and QOLS are bookkeeping of the generator, nothing anybody measured": BOOKKEEPING},
    ),
    synthea_feed(
        "medications",
        "START,STOP,PATIENT,PAYER,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,PAYER_COVERAGE,DISPENSES,TOTALCOST,REASONCODE,"
        "REASONDESCRIPTION",
    ),
    synthea_feed("immunizations", "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST"),
    synthea_feed(
        "procedures",
        "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION",
        Layout("START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION"),
    ),
)
_NOT_READ = {
    "careplans": "care plans are not read until a table takes them",
    "devices": "devices are not read until device_exposure is",
    "supplies": "supplies are not read until device_exposure is",
    r"imaging_studies[\w.]*": "studies are read as DICOM, not from their summary",
    "claims": "claims are read by the system synthea_claims: lay them in its folder",
    "claims_transactions": "claims are read by the system synthea_claims: lay them in its folder",
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


def _allergen() -> Column:
    """Drugs are RxNorm and all else is SNOMED CT where SYSTEM is Unknown; a system we know is believed."""
    drug = F.when(F.col("CATEGORY") == "medication", "RxNorm").otherwise("SNOMED")
    return F.coalesce(vocabulary(F.col("SYSTEM_")), drug)


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
        condition_type=F.lit("ehr"),
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


@implements("observation", when=f"NOT {OUTGROWN}")
def allergy(allergies: DataFrame) -> DataFrame:
    """allergies.csv: what kind of allergy it is, and to what as the value; reactions and severity stay in bronze."""
    kind = present(F.concat_ws(" ", "TYPE", "CATEGORY"))
    return shaped(
        _told_apart(allergies),
        observation_code=F.coalesce(one_of(ALLERGIES, kind), F.lit(ALLERGY)),
        observation_vocabulary=F.lit("SNOMED"),
        observation_source_value=F.coalesce(kind, F.lit("allergy")),
        observation_name=kind,
        observation_datetime=instant(F.col("START")),
        value_source_value="CODE",
        value_as_string="DESCRIPTION",
        value_code="CODE",
        value_vocabulary=_allergen(),
        unit_source_value=None,
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


def _exposure(kind: str, start: str, end: str | None) -> dict[str, Said]:
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
        procedure_type=F.lit("ehr"),
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
        immunisation, procedure_occurrence, allergy, insurance, second_insurance,
    ),
)  # fmt: skip
