"""A row for each person: the twin's state, the latest that is known of everything it holds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.catalog.events import has_begun
from twinlake.clinical.age import age_years, age_years_sql
from twinlake.declare.expressions import SLACK
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table
from twinlake.vocabulary.fields.gold import ITEMS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

RECORDED = ("person_id", "sex", "year_of_birth", "birth_date", "death_date", *ITEMS, "active_conditions")
COURSES = ("order", "infusion", "statement")

# A state later than the publication is of shifted dates, and has neither age today nor staleness.
IS_PAST = f"(state_at IS NULL OR state_at < as_of + {SLACK})"
DAYS = "greatest(datediff(cast(as_of AS date), cast(state_at AS date)), 0)"
VIEW = {
    "age_years": f"CASE WHEN {IS_PAST} THEN {age_years_sql('coalesce(death_date, cast(as_of AS date))')} END",
    "staleness_days": f"CASE WHEN {IS_PAST} AND state_at IS NOT NULL THEN {DAYS} END",
}


@table(
    grain="a person of the network: their twin",
    key=("person_id",),
    required=("sex", "year_of_birth", "active_conditions", "active_drugs", "risks"),
    view=VIEW,
    columns=(*RECORDED, "age_at_state_years", "active_drugs", "risks", "state_at"),
)
def patient_state(
    person_summary: DataFrame,
    drug_exposure: DataFrame,
    procedure_occurrence: DataFrame,
    observation: DataFrame,
    risk_score: DataFrame,
    hospitals: Mapping[str, Hospital],
) -> DataFrame:
    """The state x of a person's twin, without a name: what was observed last, each part with its time and hospital.

    Equations. For an item i (weight, glucose ...): x_i = y_i(max t), the last observation carried forward, where y_i
    are the values known in the lake; `state_at` = max t over everything observed (visits, conditions, measurements,
    observations, procedures, starts of drugs, but for what was still to come when it was delivered). A drug is in the
    state if its last course (order, dispensing, infusion, or what a person says they take) has not ended: no status
    that says so, and no end before `state_at`; what was handed out ends with the order that was in force. A risk is the
    model's, at the model's version.
    Publication-time columns of the view: `age_years`, `staleness_days`, `publication_id`.

    Assumptions. A value holds until the next one is observed (no drift, no decay: weigh it by its `observed_at`); what
    nobody ended goes on; what nobody observed is null and not normal. The order of a drug is taken for its use.
    Null probability: the risk's `risk_reason` says why. Source: the silver tables, by the rules of gold.person_summary.
    """
    parts = (
        _drugs(drug_exposure, hospitals),
        _last(observation, "observation_datetime"),
        _last(procedure_occurrence.where(has_begun("procedure_datetime", hospitals)), "procedure_datetime"),
        _risks(risk_score),
    )
    people = person_summary.select(*RECORDED, "observed_at")
    whole = reduce(lambda left, part: left.join(part, "person_id", "left"), parts, people)
    seen = ("observed_at", "drug_exposure_start_datetime", "observation_datetime", "procedure_datetime")
    return (
        whole.withColumn("state_at", F.greatest(*seen))
        .withColumn("age_at_state_years", age_years(F.to_date("state_at")))
        .withColumn("active_drugs", F.coalesce(F.filter("courses", _lasts), F.array()))
        .withColumn("risks", F.coalesce("risks", F.array()))
    )


def _drugs(drug_exposure: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    """When the last exposure began, and the last course of each drug, oldest first; ended ones are out.

    Of two courses that start at one time (an event that two hospitals sent) the one that knows an end is believed.
    """
    is_ended = F.coalesce("is_course_over", F.lit(False)).alias("is_ended")
    names = (
        "drug_exposure_start_datetime", is_ended, "drug_exposure_end_datetime", "drug_code", "drug_vocabulary",
        "drug_name", "dose_source_value", "dose_unit_source_value", "drug_status", "hospital",
    )  # fmt: skip

    def last_of(*kinds: str) -> Column:
        return F.max(F.when(F.col("drug_type").isin(*kinds), F.struct(*names)))

    start = "drug_exposure_start_datetime"
    began = F.max(F.when(has_begun(start, hospitals), F.col(start))).alias("began")
    drug = F.coalesce("drug_code", "drug_source_value", "drug_name").alias("drug")
    of_hospital = drug_exposure.groupBy("person_id", "drug_vocabulary", drug, "hospital").agg(
        began, last_of(*COURSES).alias("taken"), last_of("order").alias("order"), last_of("dispensing").alias("handed")
    )
    last = F.max(F.greatest("taken", _within_order(F.col("handed"), F.col("order")))).alias("last")
    each = of_hospital.groupBy("person_id", "drug_vocabulary", "drug").agg(F.max("began").alias("began"), last)
    course = F.when(~F.col("last.is_ended"), _course(F.col("last")))
    return each.groupBy("person_id").agg(
        F.max("began").alias("drug_exposure_start_datetime"),
        F.array_sort(F.collect_list(course)).alias("courses"),
    )


def _within_order(handed: Column, order: Column) -> Column:
    """A dispensing ends with the order of its hospital that was in force; without one with its supply."""
    begins, end = handed["drug_exposure_start_datetime"], order["drug_exposure_end_datetime"]
    is_dispensed_after = order["drug_exposure_start_datetime"] <= begins
    in_force = F.coalesce(is_dispensed_after & (end.isNull() | (end >= begins)), F.lit(False))
    is_ended = handed["is_ended"] | (in_force & F.coalesce(order["is_ended"], F.lit(False)))
    until = F.when(in_force, end).otherwise(handed["drug_exposure_end_datetime"])
    return handed.withField("is_ended", is_ended).withField("drug_exposure_end_datetime", until)


def _course(last: Column) -> Column:
    """The fields of `active_drugs`, in its order."""
    order = (
        "drug_exposure_start_datetime", "drug_code", "drug_vocabulary", "drug_name", "dose_source_value",
        "dose_unit_source_value", "drug_status", "drug_exposure_end_datetime", "hospital",
    )  # fmt: skip
    return F.struct(*(last[name].alias(name) for name in order))


def _lasts(course: Column) -> Column:
    end = course["drug_exposure_end_datetime"]
    return end.isNull() | (end >= F.col("state_at"))


def _last(events: DataFrame, time: str) -> DataFrame:
    return events.groupBy("person_id").agg(F.max(time).alias(time))


def _risks(risk_score: DataFrame) -> DataFrame:
    names = (
        "risk_name", "model_name", "model_version", "risk_prob", "risk_value", "risk_unit", "risk_reason",
        "observed_at",
    )  # fmt: skip
    return risk_score.groupBy("person_id").agg(F.array_sort(F.collect_list(F.struct(*names))).alias("risks"))
