"""A row for each person: the twin's state, the latest that is known of everything it holds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.catalog.events import has_begun, is_past_sql
from twinlake.catalog.gold.person_summary import age_at_publication_sql
from twinlake.clinical.age import age_years
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table
from twinlake.vocabulary.fields.gold import ITEMS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

RECORDED = ("person_id", "sex", "year_of_birth", "birth_date", "death_date", *ITEMS, "active_conditions")
COURSES = ("order", "infusion", "statement")
START, END = "drug_exposure_start_datetime", "drug_exposure_end_datetime"
# Ended before it began: on an earlier day, where the end is a day without a time.
IS_CANCELLED = f"drug_type IN {COURSES} AND {END} < IF({END} = CAST({END} AS DATE), CAST({START} AS DATE), {START})"

DAYS = "greatest(datediff(cast(as_of AS date), cast(state_at AS date)), 0)"
VIEW = {
    "age_years": age_at_publication_sql("state_at"),
    "staleness_days": f"CASE WHEN {is_past_sql('state_at')} AND state_at IS NOT NULL THEN {DAYS} END",
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
    state if its last course (order, dispensing, infusion, or what a person says they take) that began by `state_at` has
    not ended: no status that says so, and no end before `state_at`; what was handed out ends with the order that was in
    force. Where none runs, one that is still to begin is told. What ended before it began was cancelled and is none.
    A risk is the model's, at the model's version.
    Publication-time columns of the view: `age_years`, `staleness_days`, `publication_id`.

    Assumptions. A value holds until the next one is observed (no drift, no decay: weigh it by its `observed_at`); what
    nobody ended goes on; what nobody observed is null and not normal. The order of a drug is taken for its use.
    Null probability: the risk's `risk_reason` says why. Source: the silver tables, by the rules of gold.person_summary.
    """
    drugs = drug_exposure.where(f"NOT coalesce({IS_CANCELLED}, false)")
    seen = {
        START: drugs.where(has_begun(START, hospitals)),
        "observation_datetime": observation,
        "procedure_datetime": procedure_occurrence.where(has_begun("procedure_datetime", hospitals)),
    }
    observed = person_summary.select("person_id", "observed_at")
    times = _joined(observed, *(_last(events, time) for time, events in seen.items()))
    times = times.select("person_id", F.greatest("observed_at", *seen).alias("state_at"))
    return (
        _joined(
            person_summary.select(*RECORDED), times, _active_drugs(drugs.join(times, "person_id")), _risks(risk_score)
        )
        .withColumn("age_at_state_years", F.when(F.col("state_at").isNotNull(), age_years(_last_day_alive())))
        .withColumn("active_drugs", F.coalesce("active_drugs", F.array()))
        .withColumn("risks", F.coalesce("risks", F.array()))
    )


def _joined(people: DataFrame, *parts: DataFrame) -> DataFrame:
    return reduce(lambda left, part: left.join(part, "person_id", "left"), parts, people)


def _active_drugs(exposures: DataFrame) -> DataFrame:
    """The course of each drug that runs at `state_at`, else one that is to begin, oldest first.

    Of two courses that start at one time (an event that two hospitals sent) the one that knows an end is believed.
    """
    is_ended = F.coalesce("is_course_over", F.lit(False)).alias("is_ended")
    names = (
        START, is_ended, END, "drug_code", "drug_vocabulary", "drug_name", "dose_source_value",
        "dose_unit_source_value", "drug_status", "hospital",
    )  # fmt: skip

    def last_of(*kinds: str) -> Column:
        return F.max(F.when(F.col("drug_type").isin(*kinds), F.struct(*names)))

    drug = F.coalesce("drug_code", "drug_source_value", "drug_name").alias("drug")
    is_to_come = F.coalesce(F.col(START) > F.col("state_at"), F.lit(True)).alias("is_to_come")
    of_drug = ("person_id", "state_at", "drug_vocabulary", "drug")
    of_hospital = exposures.groupBy("person_id", "state_at", "drug_vocabulary", drug, is_to_come, "hospital").agg(
        last_of(*COURSES).alias("taken"), last_of("order").alias("order"), last_of("dispensing").alias("handed")
    )
    last = F.max(F.greatest("taken", _within_order(F.col("handed"), F.col("order")))).alias("last")
    running = of_hospital.groupBy(*of_drug, "is_to_come").agg(last).where(~F.col("last.is_ended") & _lasts())
    each = running.groupBy(*of_drug).agg(F.min_by("last", "is_to_come").alias("course"))
    courses = F.array_sort(F.collect_list(_course(F.col("course"))))
    return each.groupBy("person_id").agg(courses.alias("active_drugs"))


def _within_order(handed: Column, order: Column) -> Column:
    """A dispensing ends with the order of its hospital that was in force; without one with its supply."""
    begins, end = handed[START], order[END]
    is_dispensed_after = order[START] <= begins
    in_force = F.coalesce(is_dispensed_after & (end.isNull() | (end >= begins)), F.lit(False))
    is_ended = handed["is_ended"] | (in_force & F.coalesce(order["is_ended"], F.lit(False)))
    until = F.when(in_force, end).otherwise(handed[END])
    return handed.withField("is_ended", is_ended).withField(END, until)


def _course(last: Column) -> Column:
    """The fields of `active_drugs`, in its order."""
    order = (
        START, "drug_code", "drug_vocabulary", "drug_name", "dose_source_value",
        "dose_unit_source_value", "drug_status", END, "hospital",
    )  # fmt: skip
    return F.struct(*(last[name].alias(name) for name in order))


def _lasts() -> Column:
    """The last course has no end before `state_at`; of whom nothing was observed yet it lasts."""
    return F.coalesce(F.col(f"last.{END}") >= F.col("state_at"), F.lit(True))


def _last_day_alive() -> Column:
    """The day of the state, or of a death before it: bills come later."""
    return F.least(F.to_date("state_at"), "death_date")


def _last(events: DataFrame, time: str) -> DataFrame:
    return events.groupBy("person_id").agg(F.max(time).alias(time))


def _risks(risk_score: DataFrame) -> DataFrame:
    names = (
        "risk_name", "model_name", "model_version", "risk_prob", "risk_value", "risk_unit", "risk_reason",
        "observed_at",
    )  # fmt: skip
    return risk_score.groupBy("person_id").agg(F.array_sort(F.collect_list(F.struct(*names))).alias("risks"))
