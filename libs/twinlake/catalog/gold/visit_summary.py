"""A row for each visit, with what happened in it and around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from twinlake.catalog.events import SENDER, distinct_visits
from twinlake.clinical.age import age_years
from twinlake.declare.codes import local_day
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import Through, table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

INPATIENT = ("IMP", "ACUTE", "NONAC")
DAY_SECONDS = 24 * 60 * 60
EVENTS = {
    "condition_count": ("condition_code", "condition_source_value", "condition_start_date"),
    "procedure_count": ("procedure_code", "procedure_source_value", "procedure_datetime"),
    "drug_count": ("drug_code", "drug_source_value", "drug_exposure_start_datetime", "drug_type"),
    "measurement_count": ("measurement_code", "measurement_source_value", "measurement_datetime"),
}


@table(
    grain="a visit, however many hospitals and systems sent it",
    key=("visit_occurrence_id",),
    required=("visit_start_datetime", *EVENTS, "prior_visit_count", "hospital", "hospitals"),
    via={"care_site": Through("visit_occurrence", on="care_site_id")},
    columns=(
        "visit_occurrence_id", "person_id", "visit_code", "visit_start_datetime", "visit_end_datetime",
        "length_of_stay_hours", "age_at_visit_years", *EVENTS, "prior_visit_count", "is_readmitted_30_days",
        "care_site_id", "care_site_name", "hospital", "hospitals",
    ),
)  # fmt: skip
def visit_summary(
    visit_occurrence: DataFrame,
    person: DataFrame,
    condition_occurrence: DataFrame,
    procedure_occurrence: DataFrame,
    drug_exposure: DataFrame,
    measurement: DataFrame,
    care_site: DataFrame,
    death: DataFrame,
    hospitals: Mapping[str, Hospital],
) -> DataFrame:
    """A visit: its length, what was recorded in it, and the visits before and after.

    Two systems that send the same visit (same person, start and end) make one row; `visit_occurrence_id`, place and
    hospital are those of the first by name. Counts are of what names the visit: a fact without a visit is in
    none. What it cannot tell: whether a stay was planned; a readmission elsewhere that no feed reports; a readmission
    that is still to come (a recent stay is `false` until it happens, and then its row changes); whether who died on the
    day a stay ended died in it, which is taken for granted: such a stay is neither readmitted nor not, as CMS asks of
    those who were discharged alive. A visit that was still to come when it was delivered has no row until it is told
    otherwise.
    """
    facts = (condition_occurrence, procedure_occurrence, drug_exposure, measurement)
    visits = distinct_visits(visit_occurrence, hospitals)
    return (
        visits.join(_counts(visits, facts), "visit_occurrence_id", "left")
        .fillna(0, list(EVENTS))
        .join(person.select("person_id", "birth_date", "year_of_birth"), "person_id", "left")
        .join(care_site.select("care_site_id", "care_site_name"), "care_site_id", "left")
        .join(death.select("person_id", "death_date"), "person_id", "left")
        .withColumn("age_at_visit_years", age_years(F.to_date("visit_start_datetime")))
        .withColumn("length_of_stay_hours", _length_of_stay_hours())
        .withColumn("prior_visit_count", _prior_visits())
        .withColumn("is_readmitted_30_days", F.when(~_ended_in_death(hospitals), _is_readmitted()))
    )


def _counts(visits: DataFrame, facts: tuple[DataFrame, ...]) -> DataFrame:
    """Events of each kind in each visit, one that two systems sent counted once."""
    named = zip(EVENTS.items(), facts, strict=True)
    events = _union([_events(fact, kind, columns) for (kind, columns), fact in named])
    member = visits.select("visit_occurrence_id", F.explode("members").alias("member"))
    sent = events.join(member, "member").groupBy("visit_occurrence_id", "kind", "event", *SENDER).count()
    once = sent.groupBy("visit_occurrence_id", "kind", "event").agg(F.max("count").alias("events"))
    sums = [F.sum(F.when(F.col("kind") == kind, F.col("events"))).alias(kind) for kind in EVENTS]
    return once.groupBy("visit_occurrence_id").agg(*sums)


def _events(fact: DataFrame, kind: str, columns: tuple[str, ...]) -> DataFrame:
    code, source_value, *when = columns
    event = F.xxhash64(F.coalesce(code, source_value), *when)
    return fact.where("visit_occurrence_id is not null").select(
        F.col("visit_occurrence_id").alias("member"), F.lit(kind).alias("kind"), event.alias("event"), *SENDER
    )


def _union(frames: list[DataFrame]) -> DataFrame:
    first, *rest = frames
    for frame in rest:
        first = first.union(frame)
    return first


def _length_of_stay_hours() -> Column:
    """Hours from start to end; null where a day stands beside a moment, and where the end comes first."""
    start, end = "visit_start_datetime", "visit_end_datetime"
    hours = (_seconds(end) - _seconds(start)) / 3600
    return F.when((_is_day(start) == _is_day(end)) & (hours >= 0), hours)


def _is_day(moment: str) -> Column:
    """Whether only the day is known, which stands as its midnight."""
    return F.col(moment) == F.to_date(moment)


def _prior_visits() -> Column:
    """Visits that began in [start - 365 days, start)."""
    before = Window.partitionBy("person_id").orderBy(_seconds("visit_start_datetime"))
    return F.count("*").over(before.rangeBetween(-365 * DAY_SECONDS, -1))


def _is_readmitted() -> Column:
    """Whether another inpatient stay of the person began in (end, end + 30 days]; null if this is no ended stay."""
    is_stay = F.col("visit_code").isin(*INPATIENT)
    end = _seconds("visit_end_datetime")
    # A day is its midnight, before which no stay of that day began: it is not its own readmission.
    over = F.greatest(end, _seconds("visit_start_datetime"))
    starts = F.collect_list(F.when(is_stay, _seconds("visit_start_datetime"))).over(Window.partitionBy("person_id"))
    again = F.exists(starts, lambda start: (start > over) & (start <= end + 30 * DAY_SECONDS))
    return F.when(is_stay & end.isNotNull(), again)


def _ended_in_death(hospitals: Mapping[str, Hospital]) -> Column:
    return F.coalesce(F.col("death_date") <= local_day("visit_end_datetime", hospitals), F.lit(False))


def _seconds(time: str) -> Column:
    return F.unix_seconds(time)
