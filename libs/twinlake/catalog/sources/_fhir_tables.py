"""What FHIR R4 resources say of silver's tables, however they were sent (hl7.org/fhir/R4/resourcelist.html)."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources import _fhir_feeds as feeds
from twinlake.catalog.sources import _fhir_observed as observed
from twinlake.catalog.sources._claims import procedure_coding
from twinlake.catalog.sources._fhir import (
    IN_USE,
    VALUE,
    amount,
    answers_to,
    columns_of,
    first,
    target,
    unit,
    visit,
    with_code,
)
from twinlake.catalog.sources._fhir_allergies import allergy
from twinlake.catalog.sources._fhir_drugs import (
    drug_administration,
    drug_dispensing,
    drug_order,
    drug_statement,
    immunisation,
)
from twinlake.catalog.sources._notes import document_note, report_note
from twinlake.catalog.sources._rows import look_up_newest, shaped
from twinlake.declare.source import Via, implements
from twinlake.declare.standardise import (
    Instant,
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
from twinlake.vocabulary.fields.claims import SUSPECTED
from twinlake.vocabulary.fields.silver import VISITS

PROVIDER = Via("organization", fact=target("serviceProvider.reference", "Organization"), lookup=answers_to())
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"


def _identifier(kind: str) -> Column:
    """The identifier in use of an HL7 v2 table 0203 type (MR, SS, DL, PPN)."""
    return first("identifier", f"{IN_USE} and exists(x.type.coding, c -> c.code = '{kind}')")["value"]


def _us_core(kind: str) -> Column:
    """A US Core race or ethnicity: its text, else its category in words."""
    said = first("extension", f"x.url = '{US_CORE}{kind}'")["extension"]

    def part(name: str) -> Column:
        return F.get(F.filter(said, lambda x: x["url"] == name), F.lit(0))

    return F.coalesce(part("text")["valueString"], part("ombCategory")["valueCoding"]["display"])


@implements("source_person")
def source_person(patient: DataFrame) -> DataFrame:
    """Patient. The maiden name is the person's own (`use = maiden`), not the extension with the mother's."""
    said = patient.withColumns(
        {
            "_name": F.coalesce(
                first("name", "x.use = 'official'"), first("name", "ifnull(x.use, '') not in ('maiden', 'old')")
            ),
            "_home": F.coalesce(first("address", "ifnull(x.use, 'home') = 'home'"), first("address", IN_USE)),
        }
    )
    return shaped(
        said,
        given_name=name_part(F.get("_name.given", F.lit(0))),
        middle_name=name_part(F.get("_name.given", F.lit(1))),
        family_name=name_part(F.col("_name.family")),
        maiden_name=name_part(first("name", "x.use = 'maiden'")["family"]),
        birth_date=full_date(F.col("birthDate")),
        year_of_birth=year(F.col("birthDate")),
        sex=sex(F.col("gender")),
        race_source_value=_us_core("race"),
        ethnicity_source_value=_us_core("ethnicity"),
        marital_status=F.coalesce(F.get("maritalStatus.coding", F.lit(0))["code"], "maritalStatus.text"),
        death_date=day(F.col("deceasedDateTime")),
        address_line=line(F.array_join("_home.line", " ")),
        city=line(F.col("_home.city")),
        state=state(F.col("_home.state")),
        postal_code=postal(F.col("_home.postalCode")),
        phone=digits(first("telecom", f"x.system = 'phone' and {IN_USE}")["value"]),
        ssn=digits(_identifier("SS")),
        licence_number=identifier(_identifier("DL")),
        passport_number=identifier(_identifier("PPN")),
        mrn=F.coalesce(
            first("identifier", f"x.system = identifier_namespace and {IN_USE}")["value"], _identifier("MR")
        ),
    )


@implements("person_merge", when=f"exists(link, x -> {feeds.MERGES})")
def person_merge(patient: DataFrame) -> DataFrame:
    """Patient.link: a Patient that is `replaced-by` another is retired, one that `replaces` another survives it."""
    said = f"struct(x.type AS type, {feeds.OTHER} AS other)"
    merges = F.expr(f"array_distinct(transform(filter(link, x -> {feeds.MERGES}), x -> {said}))")
    told = patient.select("*", F.inline(merges).alias("_type", "_other"))
    own, is_retired = F.col("source_person_id"), F.col("_type") == "replaced-by"
    return shaped(
        told,
        retired_source_person_id=F.when(is_retired, own).otherwise(F.col("_other")),
        surviving_source_person_id=F.when(is_retired, F.col("_other")).otherwise(own),
        merged_at=instant(F.col("meta.lastUpdated")),
        is_in_force=F.lit(True),
    )


@implements("care_site")
def care_site(organization: DataFrame) -> DataFrame:
    """Organization."""
    place = organization.withColumn("_place", first("address", IN_USE))
    return shaped(
        place,
        care_site_source_id="id",
        care_site_name="name",
        city=line(F.col("_place.city")),
        state=state(F.col("_place.state")),
        postal_code_prefix=F.substring(postal(F.col("_place.postalCode")), 1, 3),
    )


@implements("visit_occurrence", when="ifnull(status, '') not in ('planned', 'cancelled')", via=(PROVIDER,))
def visit_occurrence(encounter: DataFrame, organization: DataFrame) -> DataFrame:
    """Encounter; its provider is resolved whether it is named by id or by identifier."""
    placed = look_up_newest(encounter, organization, PROVIDER, _site=F.col("id"))
    return shaped(
        with_code(placed, F.coalesce(first("reasonCode"), first("reason"))),
        visit_source_id="id",
        visit_code=F.when(F.col("class.code").isin(*VISITS), F.col("class.code")),
        visit_source_value="class.code",
        visit_start_datetime=instant(F.col("period.start")),
        visit_end_datetime=instant(F.col("period.end")),
        visit_reason_code="_code.code",
        visit_reason_vocabulary="_code.vocabulary",
        care_site_source_id="_site",
    )


@implements("condition_occurrence", when=f"not {feeds.REFUTED} and not {feeds.DIFFERENTIAL}")
def condition_occurrence(condition: DataFrame) -> DataFrame:
    """Condition. Where no onset is told, the day it was recorded (STU3: asserted) is its first.

    What is provisional or unconfirmed is only suspected. It may be over without a last day: by its clinicalStatus, or
    at an age, in a range or in words.
    """
    start = F.coalesce("onsetDateTime", "onsetPeriod.start", "recordedDate", "assertedDate")
    return shaped(
        with_code(condition, F.col("code")),
        **columns_of("condition"),
        condition_type=F.when(F.expr(feeds.SUSPECTED), F.lit(SUSPECTED)),
        condition_start_date=day(start),
        condition_end_date=last_day(F.coalesce("abatementDateTime", "abatementPeriod.end", "abatementPeriod.start")),
        is_condition_over=F.expr(feeds.OVER),
        visit_source_id=visit(),
        part=F.lit(""),
    )


def _answers(observation: DataFrame, condition: str) -> DataFrame:
    """A row for each value of an Observation that meets the condition: its own, and those of its components.

    `part` is a component's code; a code that comes twice is counted (`8480-6#2`).
    """
    values = ", ".join(f"'{name}', {{0}}{name}" for name in (*VALUE, "referenceRange"))
    own = f"named_struct('part', '', 'code', code, {values.format('')})"
    codes = "transform(component, c -> coalesce(get(c.code.coding, 0).code, c.code.text, 'component'))"
    nth = "size(filter(slice(_parts, 1, i + 1), p -> p = get(_parts, i)))"
    part = f"if(_is_repeated and {nth} > 1, concat(get(_parts, i), '#', {nth}), get(_parts, i))"
    panel = f"transform(component, (c, i) -> named_struct('part', {part}, 'code', c.code, {values.format('c.')}))"
    every = f"if(component is null, array({own}), concat(array({own}), {panel}))"
    named = observation.withColumn("_parts", F.expr(codes))
    counted = named.withColumn("_is_repeated", F.expr("size(_parts) > size(array_distinct(_parts))"))
    shown = counted.withColumn("_answer", F.expr(f"explode({every})")).drop(
        "code", "referenceRange", "_parts", "_is_repeated", *VALUE
    )
    answers = shown.select("*", "_answer.*").where(condition)
    return with_code(answers, F.col("code"))


def _observed_at() -> Instant:
    return instant(F.coalesce("effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "issued"))


@implements("measurement", when=f"{observed.OBSERVED} and {observed.SOME_QUANTITY}")
def measurement(observation: DataFrame) -> DataFrame:
    """Observation whose value is a Quantity, and each component that has one."""
    answers = _answers(observation, observed.HAS_QUANTITY)
    return shaped(
        answers.withColumn("_range", first("referenceRange", observed.IS_NORMAL_RANGE)),
        **columns_of("measurement"),
        measurement_datetime=_observed_at(),
        value_source_value=amount("valueQuantity"),
        unit_source_value=unit("valueQuantity"),
        range_low_source_value="_range.low.value",
        range_high_source_value="_range.high.value",
        visit_source_id=visit(),
        part="part",
    )


def _sides(sign: str, *sides: Column) -> Column:
    """Two texts with the sign between them, `?` for an unknown one (`? - 5` is no minus); null where both are."""
    known = (F.coalesce(side, F.lit("?")) for side in sides)
    return F.when(F.coalesce(*sides).isNotNull(), F.array_join(F.array(*known), sign))


def _quantities(sign: str, *paths: str) -> Column:
    """Two Quantities with the sign between them."""
    return _sides(sign, *(F.nullif(F.concat_ws(" ", amount(path), unit(path)), F.lit("")) for path in paths))


@implements("observation", when=f"{observed.OBSERVED} and {observed.SOME_OTHER}")
def observation_(observation: DataFrame) -> DataFrame:
    """Observation whose value is a code, text, number without unit, truth or time, and each such component.

    A ratio (`1:128`), a range and a period are told in words.
    """
    said = F.coalesce(
        "valueString", "valueBoolean", "valueInteger", "valueDateTime", "valueTime",
        _quantities(":", "valueRatio.numerator", "valueRatio.denominator"),
        _quantities(" - ", "valueRange.low", "valueRange.high"),
        _sides(" - ", F.col("valuePeriod.start"), F.col("valuePeriod.end")),
    )  # fmt: skip
    return shaped(
        with_code(_answers(observation, observed.HAS_OTHER), F.col("valueCodeableConcept"), "_value"),
        **columns_of("observation"),
        observation_datetime=_observed_at(),
        value_source_value=F.coalesce("_value.source_value", said),
        value_as_string=F.coalesce("_value.name", said),
        value_code="_value.code",
        value_vocabulary="_value.vocabulary",
        unit_source_value=None,
        visit_source_id=visit(),
        part="part",
    )


@implements("procedure_occurrence", when=feeds.DONE)
def procedure_occurrence(procedure: DataFrame) -> DataFrame:
    """Procedure."""
    return shaped(
        with_code(procedure, F.col("code")),
        **{**columns_of("procedure"), **procedure_coding(F.col("_code.code"), F.col("_code.vocabulary"))},
        procedure_datetime=instant(F.coalesce("performedDateTime", "performedPeriod.start")),
        procedure_end_datetime=end_of(F.col("performedPeriod.end")),
        visit_source_id=visit(),
        part=F.lit(""),
    )


IMPLEMENTATIONS = (
    source_person, person_merge, care_site, visit_occurrence, condition_occurrence, measurement, observation_, allergy,
    drug_order, drug_administration, drug_dispensing, drug_statement, immunisation, procedure_occurrence, document_note,
    report_note,
)  # fmt: skip
