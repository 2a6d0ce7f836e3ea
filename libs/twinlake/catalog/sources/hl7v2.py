"""HL7 v2 messages, 2.1 to 2.9: ADT, ORU, ORM, OML, RDE, RDS, RAS, VXU, BAR, PPR …, whatever event sent them.

A patient is the identifier in PID-3 with its assigning authority (`123^^^GHH`): equal numbers of two authorities are
two persons. A visit is PV1-19, else the account in PID-18. What a message says replaces what was said before of the
same thing, by MSH-7 and then MSH-10; what it leaves out of a person, a visit, a diagnosis, a problem or a procedure
stays, and only `""` deletes it. A PID or PV1 that only says whom and where something concerns never replaces that of an
ADT message.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources import _hl7v2_feeds as feeds
from twinlake.catalog.sources._claims import procedure_coding, with_dot
from twinlake.catalog.sources._hl7v2 import (
    at,
    columns_of,
    iso,
    one_where,
    range_limits,
    said,
    with_code,
    with_times,
)
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.expressions import one_of
from twinlake.declare.source import System, Via, implements
from twinlake.declare.standardise import (
    Instant,
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

# HL7 table 0004, as far as HL7 maps it to v3 ActCode (v2-to-FHIR, ConceptMap PatientClass).
CLASSES = {"I": "IMP", "O": "AMB", "E": "EMER", "P": "PRENC", "V": "VR"}


def _words(*places: str) -> Column:
    return F.coalesce(*(F.when(F.trim(at(place)) != "", F.trim(at(place))) for place in places))


@implements("source_person", when="patient is not null")
def source_person(person: DataFrame) -> DataFrame:
    """PID. PID-6 is the mother's name and no maiden name; that is a PID-5 of type M."""
    told = with_times(person, _born=("PID-7",)).withColumns(
        {
            "_died": iso(F.expr(feeds.DIED)),
            "_name": one_where("PID-5", "x.c7 = 'L'", "ifnull(x.c7, '') not in ('M', 'A')", "true"),
            "_maiden": one_where("PID-5", "x.c7 = 'M'"),
            "_home": one_where("PID-11", "ifnull(x.c7, 'H') in ('H', 'P')", "true"),
            "_mrn": one_where(
                "PID-3", "identifier_namespace in (x.c4, x.c4s2)", "x.c5 in ('MR', 'MRN')", "x.c5 is null"
            ),
        }
    )
    local = F.concat_ws("", at("PID-13.6"), at("PID-13.7"))
    return shaped(
        told,
        given_name=name_part(F.col("_name.c2")),
        middle_name=name_part(F.col("_name.c3")),
        family_name=name_part(F.col("_name.c1")),
        maiden_name=name_part(F.col("_maiden.c1")),
        birth_date=full_date(F.col("_born")),
        year_of_birth=year(F.col("_born")),
        sex=sex(at("PID-8")),
        race_source_value=_words("PID-10.2", "PID-10.1"),
        ethnicity_source_value=_words("PID-22.2", "PID-22.1"),
        marital_status=at("PID-16"),
        death_date=day(F.col("_died")),
        address_line=line(F.concat_ws(" ", "_home.c1", "_home.c1s2", "_home.c2")),
        city=line(F.col("_home.c3")),
        state=state(F.col("_home.c4")),
        postal_code=postal(F.col("_home.c5")),
        phone=F.coalesce(digits(at("PID-13.1")), digits(at("PID-13.12")), digits(local)),
        ssn=digits(F.coalesce(at("PID-19"), one_where("PID-3", "x.c5 = 'SS'")["c1"])),
        licence_number=identifier(F.coalesce(at("PID-20"), one_where("PID-3", "x.c5 = 'DL'")["c1"])),
        passport_number=identifier(one_where("PID-3", "x.c5 = 'PPN'")["c1"]),
        mrn="_mrn.c1",
    )


@implements("person_merge", when=feeds.MERGED, via=(Via("person", fact="prior", lookup="patient"),))
def person_merge(merge: DataFrame, person: DataFrame) -> DataFrame:
    """MRG into PID. An ADT that later tells of the retired number as a patient's says that it is in use again."""
    whose = ["hospital", "source_person_id"]
    merged = merge.withColumn("_merged_at", _sent().utc)
    # The semi-join comes first: Spark then parses the messages of the retired alone.
    told = person.join(F.broadcast(merged.select(*whose)), whose, "left_semi").where(at("MSH-9.1") == "ADT")
    again = (
        told.withColumn("_told_at", _sent().utc)
        .join(F.broadcast(merged.select(*whose, "_merged_at")), whose)
        .where("_told_at > _merged_at")
        .select(*whose, F.lit(True).alias("_again"))
    )
    return shaped(
        merged.join(F.broadcast(again), whose, "left"),
        retired_source_person_id="prior",
        surviving_source_person_id="patient",
        merged_at=_sent(),
        is_in_force=F.col("_again").isNull(),
    )


def _sent() -> Instant:
    return instant(iso(at("MSH-7")))


@implements("care_site", when=f"{said('PV1-3.4')} is not null")
def care_site(visit: DataFrame) -> DataFrame:
    """The facilities of PV1-3, by name alone; each as the first visit told of it."""
    named = visit.withColumn("_site", at("PV1-3.4"))
    first = F.min(F.struct("known_from", "_record_id", "_fact_key", "known_until")).alias("_first")
    sites = named.groupBy("hospital", "system", "_site").agg(first).select("hospital", "system", "_site", "_first.*")
    return shaped(
        sites.withColumn("source_person_id", F.lit(None).cast("string")),
        care_site_source_id="_site",
        care_site_name="_site",
        city=None,
        state=None,
        postal_code_prefix=None,
    )


@implements("visit_occurrence", when=feeds.VISITED)
def visit_occurrence(visit: DataFrame) -> DataFrame:
    """PV1 and PV2; after a cancelled discharge (A13) the visit lasts, whatever PV1-45 says."""
    timed = visit.withColumns({"_began": iso(F.expr(feeds.STARTED)), "_left": iso(F.expr(feeds.ENDED))})
    return shaped(
        with_code(timed, F.expr("get(PV2.f3, 0)")),
        visit_source_id="visit",
        visit_code=one_of(CLASSES, F.trim(at("PV1-2"))),
        visit_source_value=at("PV1-2"),
        visit_start_datetime=instant(F.col("_began")),
        visit_end_datetime=instant(F.col("_left")),
        visit_reason_code="_code.code",
        visit_reason_vocabulary="_code.vocabulary",
        care_site_source_id=at("PV1-3.4"),
    )


@implements("condition_occurrence", when=f"coalesce({said('DG1-3.1')}, {said('DG1-3.2')}, {said('DG1-4')}) is not null")
def diagnosis(condition: DataFrame) -> DataFrame:
    """DG1, dated by the diagnosis, else by its attestation or the admission it belongs to."""
    timed = with_times(condition, _from=("DG1-5", "DG1-19", "PV1-44"))
    named = with_code(timed, F.expr("get(DG1.f3, 0)"))
    words = F.coalesce("_code.name", at("DG1-4"))
    return shaped(
        named,
        condition_code=with_dot(F.col("_code.code"), F.col("_code.vocabulary")),
        condition_vocabulary="_code.vocabulary",
        condition_source_value=F.coalesce("_code.source_value", at("DG1-4")),
        condition_name=words,
        condition_start_date=day(F.col("_from")),
        condition_end_date=None,
        visit_source_id="visit",
        part=F.lit(""),
    )


@implements("condition_occurrence")
def listed_problem(problem: DataFrame) -> DataFrame:
    """PRB of a problem list: from its onset, else from when it was established or put there."""
    timed = with_times(problem, _from=("PRB-16", "PRB-7", "PRB-2"), _until=("PRB-9",))
    named = with_code(timed, F.expr("get(PRB.f3, 0)"))
    return shaped(
        named,
        **{**columns_of("condition"), "condition_code": with_dot(F.col("_code.code"), F.col("_code.vocabulary"))},
        condition_start_date=day(F.col("_from")),
        condition_end_date=day(F.col("_until")),
        visit_source_id="visit",
        part=F.lit(""),
    )


@implements("procedure_occurrence", when=f"coalesce({said('PR1-3.1')}, {said('PR1-3.2')}, {said('PR1-4')}) is not null")
def procedure_occurrence(procedure: DataFrame) -> DataFrame:
    """PR1."""
    named = with_code(procedure.withColumn("_at", iso(F.expr(feeds.DONE))), F.expr("get(PR1.f3, 0)"))
    return shaped(
        named,
        **procedure_coding(F.col("_code.code"), F.col("_code.vocabulary")),
        procedure_source_value=F.coalesce("_code.source_value", at("PR1-4")),
        procedure_name=F.coalesce("_code.name", at("PR1-4")),
        procedure_datetime=instant(F.col("_at")),
        procedure_end_datetime=None,
        visit_source_id="visit",
        part=F.lit(""),
    )


def _answers(result: DataFrame) -> DataFrame:
    """A row for each repetition of OBX-5 that says something, in `_value`; the second has the part `2`."""
    each = result.selectExpr("*", "posexplode(OBX.f5) as (_place, _value)")
    told = each.where("coalesce(_value.c1, _value.c2, _value.c9) is not null")
    timed = with_times(told, _at=("OBX-14", "OBR-7", "OBR-22"))
    return timed.withColumn("_part", F.when(F.col("_place") == 0, "").otherwise((F.col("_place") + 1).cast("string")))


@implements("measurement", when=f"{feeds.TOLD} and {feeds.MEASURED}")
def measurement(result: DataFrame) -> DataFrame:
    """OBX that is a number (NM), a structured one (SN: `>^100`, `^1^:^128`), or a text that is a number with a unit."""
    low, high = range_limits("OBX-7")
    return shaped(
        with_code(_answers(result), F.expr("get(OBX.f3, 0)")),
        **columns_of("measurement"),
        measurement_datetime=instant(F.col("_at")),
        value_source_value=F.trim(F.concat_ws("", "_value.c1", "_value.c2", "_value.c3", "_value.c4")),
        unit_source_value=_words("OBX-6.1", "OBX-6.2"),
        range_low_source_value=low,
        range_high_source_value=high,
        visit_source_id="visit",
        part="_part",
    )


@implements("observation", when=f"{feeds.TOLD} and not {feeds.MEASURED}")
def observation(result: DataFrame) -> DataFrame:
    """OBX that is a code, a text or a time. A coded value is a code in its own system."""
    is_coded = F.coalesce(at("OBX-2"), F.lit("")).isin("CE", "CF", "CNE", "CWE")
    named = with_code(_answers(result), F.expr("get(OBX.f3, 0)"))
    answered = with_code(named, F.col("_value"), "_answer")
    return shaped(
        answered,
        **columns_of("observation"),
        observation_datetime=instant(F.col("_at")),
        value_source_value=F.when(is_coded, F.col("_answer.source_value")).otherwise(
            F.coalesce("_value.c1", "_value.c2")
        ),
        value_as_string=F.when(is_coded, F.coalesce("_answer.name", "_answer.code")).otherwise(
            F.coalesce("_value.c1", "_value.c2")
        ),
        value_code=F.when(is_coded, F.col("_answer.code")),
        value_vocabulary=F.when(is_coded, F.col("_answer.vocabulary")),
        unit_source_value=_words("OBX-6.1", "OBX-6.2"),
        visit_source_id="visit",
        part="_part",
    )


@implements("drug_exposure", when=feeds.TAKEN)
def drug_order(prescription: DataFrame) -> DataFrame:
    """RXE as the pharmacy encoded the order, else RXO as it was asked for; a discontinued or replaced one ends then."""
    element = F.expr("coalesce(get(RXE.f2, 0), get(RXO.f1, 0))")
    ordered = prescription.withColumns({name: F.col(f"drug.{name}") for name in ("RXE", "RXO", "RXR")})
    timed = ordered.withColumns({"_from": iso(F.expr(feeds.ORDERED)), "_until": iso(F.expr(feeds.STOPPED))})
    return shaped(
        with_code(timed, element),
        **columns_of("drug"),
        drug_exposure_start_datetime=instant(F.col("_from")),
        drug_exposure_end_datetime=instant(F.col("_until")),
        drug_type=F.lit("order"),
        drug_status=_words("ORC-5", "ORC-1"),
        is_course_over=F.expr(feeds.ORDER_OVER),
        dose_source_value=_words("RXE-3", "RXO-2"),
        dose_unit_source_value=_words("RXE-5.1", "RXE-5.2", "RXO-4.1", "RXO-4.2"),
        **_route(),
    )


@implements("drug_exposure")
def drug_dispensing(dispense: DataFrame) -> DataFrame:
    """RXD."""
    return shaped(
        with_code(with_times(dispense, _at=("RXD-3",)), F.expr("get(RXD.f2, 0)")),
        **columns_of("drug"),
        drug_exposure_start_datetime=instant(F.col("_at")),
        drug_exposure_end_datetime=None,
        drug_type=F.lit("dispensing"),
        drug_status=_words("ORC-5", "ORC-1"),
        is_course_over=F.expr(feeds.DISPENSING_OVER),
        dose_source_value=at("RXD-4"),
        dose_unit_source_value=_words("RXD-5.1", "RXD-5.2"),
        **_route(),
    )


@implements("drug_exposure", when=f"not {feeds.NOT_GIVEN}")
def drug_administration(administration: DataFrame) -> DataFrame:
    """RXA: an immunisation where the message is a vaccination record (VXU); an amount of 999 is an unknown one."""
    timed = with_times(administration, _from=("RXA-3",), _until=("RXA-4",))
    return shaped(
        with_code(timed, F.expr("get(RXA.f5, 0)")),
        **columns_of("drug"),
        drug_exposure_start_datetime=instant(F.col("_from")),
        drug_exposure_end_datetime=instant(F.col("_until")),
        drug_type=F.when(at("MSH-9.1") == "VXU", "immunisation").otherwise("administration"),
        drug_status=at("RXA-20"),
        dose_source_value=F.nullif(at("RXA-6"), F.lit("999")),
        dose_unit_source_value=_words("RXA-7.1", "RXA-7.2"),
        **_route(),
    )


def _route() -> dict[str, Column | str]:
    return {"route_source_value": _words("RXR-1.2", "RXR-1.1"), "visit_source_id": "visit", "part": F.lit("")}


SYSTEM = System(
    name="hl7v2",
    meaning="HL7 v2 messages, one or many a file, in batches or as MLLP dumps",
    feeds=feeds.FEEDS,
    implementations=(
        source_person, person_merge, care_site, visit_occurrence, diagnosis, listed_problem, procedure_occurrence,
        measurement, observation, drug_order, drug_dispensing, drug_administration,
    ),
)  # fmt: skip
