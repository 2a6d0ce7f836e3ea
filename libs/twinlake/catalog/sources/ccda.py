"""C-CDA documents (HL7 CDA R2, Consolidated CDA R1.1 and R2.1): one XML file, one document about one patient."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._ccda_feeds import FEEDS, HAS_NAME, HAS_NUMBER, HAS_OTHER, IS_DRUG, TOOK_PLACE, WAS_DONE
from twinlake.catalog.sources._fhir import columns_of, first, with_code
from twinlake.catalog.sources._no_allergies import none_known
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.source import System, implements
from twinlake.declare.standardise import (
    day,
    digits,
    end_of,
    full_date,
    identifier,
    instant,
    last_day,
    line,
    name_part,
    postal,
    sex,
    state,
    year,
)
from twinlake.vocabulary.fields.silver import VISITS

SSN, LICENCES, PASSPORTS = "2.16.840.1.113883.4.1", "2.16.840.1.113883.4.3.", "2.16.840.1.113883.4.330."
SMOKING_STATUS = "2.16.840.1.113883.10.20.22.4.78"
# Medications administered, anaesthesia.
GIVEN_HERE = ("29549-3", "59774-0")


def _id(root: str) -> Column:
    return first("ids", f"x.root {root}")["extension"]


_IS_LOCAL = (
    f"x.extension not like '%@%' and x.root <> '{SSN}' and not startswith(x.root, '{LICENCES}') "
    f"and not startswith(x.root, '{PASSPORTS}')"
)


def _of_birth(family: str) -> str:
    return f"exists({family}, f -> f.qualifier = 'BR')"


@implements("source_person")
def source_person(person: DataFrame) -> DataFrame:
    """The recordTarget. The legal name counts; a family name of birth (BR) is the maiden name; a call name is none.

    The MRN is the id of the hospital's namespace, else the first that is no mailbox and of no authority of the state.
    """
    said = person.withColumns(
        {
            "_name": F.coalesce(first("names", "x.use = 'L'"), first("names", f"not {_of_birth('x.family')}")),
            "_home": F.coalesce(first("addresses", "ifnull(x.use, 'HP') in ('H', 'HP')"), first("addresses")),
            "_born": first("flatten(names.family)", "x.qualifier = 'BR'")["text"],
        }
    ).withColumn("_given", F.expr("filter(_name.given, x -> ifnull(x.qualifier, '') <> 'CL')"))
    first_given = F.coalesce(F.get("_given", F.lit(0))["text"], F.get("_name.given", F.lit(0))["text"])
    return shaped(
        said,
        given_name=name_part(first_given),
        middle_name=name_part(F.get("_given", F.lit(1))["text"]),
        family_name=name_part(F.array_join("_name.family.text", " ")),
        maiden_name=name_part(F.col("_born")),
        birth_date=full_date(F.col("birth")),
        year_of_birth=year(F.col("birth")),
        sex=sex(F.col("gender")),
        race_source_value="race",
        ethnicity_source_value="ethnicity",
        marital_status="marital_status",
        death_date=day(F.col("death")),
        address_line=line(F.col("_home.line")),
        city=line(F.col("_home.city")),
        state=state(F.col("_home.state")),
        postal_code=postal(F.col("_home.postal_code")),
        phone=digits(first("telecoms", "x.value like 'tel:%'")["value"]),
        ssn=digits(_id(f"= '{SSN}'")),
        licence_number=identifier(_id(f"like '{LICENCES}%'")),
        passport_number=identifier(_id(f"like '{PASSPORTS}%'")),
        mrn=F.coalesce(
            first("ids", "x.root = regexp_replace(identifier_namespace, '^urn:oid:', '')"), first("ids", _IS_LOCAL)
        )["extension"],
    )


@implements("care_site")
def care_site(care_site: DataFrame) -> DataFrame:
    """The healthCareFacility of the document's encounter, or another encounter's place of service, if it has an id."""
    return shaped(
        care_site,
        care_site_source_id="id",
        care_site_name="name",
        city=line(F.col("address.city")),
        state=state(F.col("address.state")),
        postal_code_prefix=F.substring(postal(F.col("address.postal_code")), 1, 3),
    )


@implements("visit_occurrence", when=TOOK_PLACE)
def visit_occurrence(visit: DataFrame) -> DataFrame:
    """encompassingEncounter, and encounters of the section Encounters; a CPT code alone does not tell the class."""
    return shaped(
        with_code(visit, F.col("reason")),
        visit_source_id="visit",
        visit_code=F.when(F.col("class").isin(*VISITS), F.col("class")),
        visit_source_value=F.coalesce("class", first("code.coding")["code"], "code.text"),
        visit_start_datetime=instant(F.col("start")),
        visit_end_datetime=instant(F.col("end")),
        visit_reason_code="_code.code",
        visit_reason_vocabulary="_code.vocabulary",
        care_site_source_id="site",
    )


@implements("condition_occurrence", when=f"{TOOK_PLACE} and {HAS_NAME}")
def condition_occurrence(problem: DataFrame) -> DataFrame:
    """Problem observations. Where no onset is told, the first day is when it was written down (author, document)."""
    return shaped(
        with_code(problem, F.col("code")),
        **columns_of("condition"),
        condition_start_date=day(F.col("since")),
        condition_end_date=last_day(F.col("end")),
        is_condition_over="is_over",
        visit_source_id="visit",
        part=F.lit(""),
    )


def _measured(observed: DataFrame) -> DataFrame:
    return shaped(
        with_code(observed, F.col("code")),
        **columns_of("measurement"),
        measurement_datetime=instant(F.col("start")),
        value_source_value="value.number",
        unit_source_value="value.unit",
        range_low_source_value="range_low",
        range_high_source_value="range_high",
        visit_source_id="visit",
        part=F.lit(""),
    )


MEASURED = f"{WAS_DONE} and {HAS_NAME} and {HAS_NUMBER}"
OBSERVED = f"{WAS_DONE} and {HAS_NAME} and {HAS_OTHER}"


@implements("measurement", when=MEASURED)
def laboratory(result: DataFrame) -> DataFrame:
    """Result observations whose value is a number (PQ, REAL, INT, one bound of an IVL_PQ)."""
    return _measured(result)


@implements("measurement", when=MEASURED)
def vital_sign(vital: DataFrame) -> DataFrame:
    """Vital sign observations whose value is a number."""
    return _measured(vital)


@implements("measurement", when=MEASURED)
def counted_habit(social: DataFrame) -> DataFrame:
    """Social history in numbers, at the time it was true or written down."""
    return _measured(social.withColumn("start", F.col("since")))


def _observed(rows: DataFrame, when: str, value: str | None = None, **more: Column) -> DataFrame:
    """The value as a concept where there is one, else as words."""
    concept = F.col(value or "value.concept")
    said = F.lit(None).cast("string") if value else F.col("value.words")
    return shaped(
        with_code(with_code(rows, F.col("code")), concept, "_value"),
        **{**columns_of("observation"), **more},
        observation_datetime=instant(F.col(when)),
        value_source_value=F.coalesce("_value.source_value", said),
        value_as_string=F.coalesce("_value.name", said),
        value_code="_value.code",
        value_vocabulary="_value.vocabulary",
        unit_source_value=None,
        visit_source_id="visit",
        part=F.lit(""),
    )


@implements("observation", when=OBSERVED)
def finding(result: DataFrame) -> DataFrame:
    """Result observations whose value is a code, words, a truth, a time, a ratio or a range."""
    return _observed(result, "start")


@implements("observation", when=OBSERVED)
def vital_finding(vital: DataFrame) -> DataFrame:
    """Vital sign observations whose value is no number."""
    return _observed(vital, "start")


@implements("observation", when=OBSERVED)
def habit(social: DataFrame) -> DataFrame:
    """Social history. R1.1 codes the smoking status as an ASSERTION; its template says it is R2.1's 72166-2."""
    is_smoking = F.array_contains("templates", SMOKING_STATUS) & (first("code.coding")["code"] == "ASSERTION")
    coding = F.struct(
        F.lit("http://loinc.org").alias("system"), F.lit("72166-2").alias("code"),
        F.lit("Tobacco smoking status").alias("display"),
    )  # fmt: skip
    smoking = F.struct(F.array(coding).alias("coding"), F.col("code.text").alias("text"))
    return _observed(social.withColumn("code", F.when(is_smoking, smoking).otherwise(F.col("code"))), "since")


@implements("observation", when=f"{TOOK_PLACE} and {HAS_NAME} and not is_over")
def allergy_(allergy: DataFrame) -> DataFrame:
    """Allergies and intolerances: the kind of allergy, its value the substance (null if unknown); or no known one."""
    told = with_code(with_code(allergy, F.col("code"), "_kind"), F.col("substance"), "_against")
    is_alone = F.col("_against.source_value").isNull()
    none = F.coalesce(none_known(F.col("_against")), F.when(is_alone, none_known(F.col("_kind"))))
    said = F.when(none.isNotNull() & ~is_alone, F.col("_against")).otherwise(F.col("_kind"))
    told = told.withColumns({"_none": none, "_said": said})
    return _observed(
        told.withColumn("substance", F.when(F.col("_none").isNull(), F.col("substance"))), "since", "substance",
        observation_code=F.coalesce("_none", "_said.code"), observation_name=F.col("_said.name"),
        observation_vocabulary=F.when(F.col("_none").isNotNull(), "SNOMED").otherwise(F.col("_said.vocabulary")),
        observation_source_value=F.col("_said.source_value"),
    )  # fmt: skip


def _exposure(rows: DataFrame, kind: Column, start: str) -> DataFrame:
    return shaped(
        with_code(rows, F.col("code")),
        **columns_of("drug"),
        drug_exposure_start_datetime=instant(F.col(start)),
        drug_exposure_end_datetime=end_of(F.col("end")),
        drug_type=kind,
        drug_status="status",
        is_course_over=F.col("status").isin("completed", "aborted"),
        dose_source_value="dose",
        dose_unit_source_value="dose_unit",
        route_source_value="route",
        visit_source_id="visit",
        part=F.lit(""),
    )


@implements("drug_exposure", when=f"{IS_DRUG} and {HAS_NAME}")
def drug(medication: DataFrame) -> DataFrame:
    """Medication activities: INT is ordered, EVN was given where the section is of drugs given, else it is stated."""
    given = F.when(F.col("section").isin(*GIVEN_HERE), "administration").otherwise("statement")
    return _exposure(medication, F.when(F.col("mood") == "INT", "order").otherwise(given), "since")


@implements("drug_exposure", when=f"{WAS_DONE} and {HAS_NAME}")
def immunisation(immunization: DataFrame) -> DataFrame:
    """Immunization activities that took place."""
    return _exposure(immunization, F.lit("immunisation"), "start")


@implements("procedure_occurrence", when=f"{WAS_DONE} and {HAS_NAME}")
def procedure_occurrence(procedure: DataFrame) -> DataFrame:
    """Procedure activities (procedure, observation, act) that took place; an aborted one counts as not done."""
    return shaped(
        with_code(procedure, F.col("code")),
        **columns_of("procedure"),
        procedure_datetime=instant(F.col("start")),
        procedure_end_datetime=end_of(F.col("end")),
        visit_source_id="visit",
        part=F.lit(""),
    )


SYSTEM = System(
    name="ccda",
    meaning="C-CDA documents, one XML file each: summaries, notes and discharge letters with coded entries",
    feeds=FEEDS,
    implementations=(
        source_person, care_site, visit_occurrence, condition_occurrence, laboratory, vital_sign, counted_habit,
        finding, vital_finding, habit, allergy_, drug, immunisation, procedure_occurrence,
    ),
)  # fmt: skip
