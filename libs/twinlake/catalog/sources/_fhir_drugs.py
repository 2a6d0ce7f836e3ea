"""FHIR R4 drugs: ordered, given, handed out, said to be taken, immunised (hl7.org/fhir/R4/medications-module.html)."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources import _fhir_feeds as feeds
from twinlake.catalog.sources._fhir import (
    amount,
    answers_to,
    columns_of,
    first,
    target,
    unit,
    visit,
    with_code,
    words,
)
from twinlake.catalog.sources._rows import look_up_newest, shaped
from twinlake.declare.expressions import one_of
from twinlake.declare.source import Via, implements
from twinlake.declare.standardise import Instant, end_of, instant
from twinlake.vocabulary.units import SECONDS

DRUG = Via("medication", fact=target("medicationReference.reference", "Medication"), lookup=answers_to())


def _drugs(facts: DataFrame, medication: DataFrame) -> DataFrame:
    """`_code` from the record itself, a Medication inside it, or the Medication it refers to, then `drug_*` columns."""
    inside = first("contained", "concat('#', x.id) = medicationReference.reference")["code"]
    known = look_up_newest(facts, medication, DRUG, _concept=F.col("code"))
    concept = F.coalesce("medicationCodeableConcept", inside, "_concept")
    return with_code(known, concept)


@implements("drug_exposure", when=feeds.ORDERED, via=(DRUG,))
def drug_order(medication_request: DataFrame, medication: DataFrame) -> DataFrame:
    """MedicationRequest, until its only Dosage or all that it lets supply ends.

    Until when it may be filled (`validityPeriod`) is no end; `expectedSupplyDuration` is that of one of its fills.
    """
    start = instant(F.coalesce("authoredOn", "dispenseRequest.validityPeriod.start"))
    bounds = F.when(F.size("dosageInstruction") == 1, first("dosageInstruction")["timing"]["repeat"])
    fills = F.coalesce("dispenseRequest.numberOfRepeatsAllowed", F.lit(0)) + 1
    lasting = F.coalesce(
        _seconds(bounds["boundsDuration"]), _seconds(F.col("dispenseRequest.expectedSupplyDuration")) * fills
    )
    return shaped(
        _drugs(medication_request, medication),
        **_named_drug(),
        **_dosed("dosageInstruction"),
        drug_exposure_start_datetime=start,
        drug_exposure_end_datetime=F.coalesce(end_of(bounds["boundsPeriod"]["end"]).utc, _after(start, lasting)),
        drug_type=F.lit("order"),
        **_status(*feeds.ORDER_OVER),
        visit_source_id=visit(),
        part=F.lit(""),
    )


@implements("drug_exposure", when=feeds.GIVEN, via=(DRUG,))
def drug_administration(medication_administration: DataFrame, medication: DataFrame) -> DataFrame:
    """MedicationAdministration."""
    return shaped(
        _drugs(medication_administration, medication),
        **_named_drug(),
        drug_exposure_start_datetime=instant(F.coalesce("effectiveDateTime", "effectivePeriod.start")),
        drug_exposure_end_datetime=end_of(F.col("effectivePeriod.end")),
        drug_type=F.lit("administration"),
        drug_status="status",
        dose_source_value=F.coalesce(amount("dosage.dose"), "dosage.text"),
        dose_unit_source_value=unit("dosage.dose"),
        route_source_value=words("dosage.route"),
        visit_source_id=visit("context.reference"),
        part=F.lit(""),
    )


@implements("drug_exposure", when=feeds.HANDED_OUT, via=(DRUG,))
def drug_dispensing(medication_dispense: DataFrame, medication: DataFrame) -> DataFrame:
    """MedicationDispense, from when it was handed over until its supply ends (`daysSupply`)."""
    start = instant(F.coalesce("whenHandedOver", "whenPrepared"))
    return shaped(
        _drugs(medication_dispense, medication),
        **_named_drug(),
        **_dosed("dosageInstruction"),
        drug_exposure_start_datetime=start,
        drug_exposure_end_datetime=_after(start, _seconds(F.col("daysSupply"))),
        drug_type=F.lit("dispensing"),
        **_status(*feeds.DISPENSING_OVER),
        visit_source_id=visit("context.reference"),
        part=F.lit(""),
    )


@implements("drug_exposure", when=feeds.TAKEN, via=(DRUG,))
def drug_statement(medication_statement: DataFrame, medication: DataFrame) -> DataFrame:
    """MedicationStatement: what somebody says the person takes or took."""
    return shaped(
        _drugs(medication_statement, medication),
        **_named_drug(),
        **_dosed("dosage"),
        drug_exposure_start_datetime=instant(F.coalesce("effectiveDateTime", "effectivePeriod.start", "dateAsserted")),
        drug_exposure_end_datetime=end_of(F.col("effectivePeriod.end")),
        drug_type=F.lit("statement"),
        **_status(*feeds.STATEMENT_OVER),
        visit_source_id=visit("context.reference"),
        part=F.lit(""),
    )


def _dosed(dosages: str) -> dict[str, Column]:
    """Dose (STU3: without doseAndRate around it), its unit and the route of the first Dosage."""
    dosage = first(dosages)
    dose = F.coalesce(F.get(dosage["doseAndRate"], F.lit(0))["doseQuantity"], dosage["doseQuantity"])
    return {
        "dose_source_value": F.coalesce(amount(dose), dosage["text"]),
        "dose_unit_source_value": unit(dose),
        "route_source_value": words(dosage["route"]),
    }


def _after(start: Instant, seconds: Column) -> Column:
    return F.timestamp_seconds(F.unix_timestamp(start.utc) + seconds)


def _seconds(duration: Column) -> Column:
    """A Duration in seconds, months and years as UCUM has them; null in another unit."""
    return duration["value"].try_cast("double") * one_of(SECONDS, unit(duration))


def _status(*over: str) -> dict[str, Column]:
    """The status, and whether it is one of those that say the course is over."""
    return {"drug_status": F.col("status"), "is_course_over": F.col("status").isin(*over)}


def _named_drug() -> dict[str, Column]:
    """The drug's code and name; where a reference leads nowhere, the words that stand beside it."""
    return {**columns_of("drug"), "drug_name": F.coalesce("_code.name", "medicationReference.display")}


@implements("drug_exposure", when=f"{feeds.GIVEN} and not {feeds.SUBPOTENT}")
def immunisation(immunization: DataFrame) -> DataFrame:
    """Immunization."""
    return shaped(
        with_code(immunization, F.col("vaccineCode")),
        **columns_of("drug"),
        drug_exposure_start_datetime=instant(F.coalesce("occurrenceDateTime", "date")),
        drug_exposure_end_datetime=None,
        drug_type=F.lit("immunisation"),
        drug_status="status",
        dose_source_value=amount("doseQuantity"),
        dose_unit_source_value=unit("doseQuantity"),
        route_source_value=words("route"),
        visit_source_id=visit(),
        part=F.lit(""),
    )
