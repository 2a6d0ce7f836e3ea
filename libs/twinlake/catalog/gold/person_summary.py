"""A row for each person, with their conditions and the latest value of every item."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.catalog.events import distinct_visits, is_found, is_past_sql, item_of
from twinlake.clinical.age import age_years_sql
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import Through, table
from twinlake.vocabulary.codes import CODELISTS
from twinlake.vocabulary.fields.gold import FLAGS, ITEMS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def age_at_publication_sql(observed: str) -> str:
    """Age at death, or at the publication unless the person was `observed` after it."""
    return age_years_sql(f"coalesce(death_date, CASE WHEN {is_past_sql(observed)} THEN cast(as_of AS date) END)")


@table(
    grain="a person of the network",
    key=("person_id",),
    required=("sex", "year_of_birth", "visit_count", "active_conditions", *FLAGS),
    via={"location": Through("person", on="location_id")},
    beside=("drug_exposure", "procedure_occurrence", "observation", "note", "payer_plan_period"),
    view={"age_years": age_at_publication_sql("observed_at")},
    columns=(
        "person_id", "sex", "year_of_birth", "birth_date", "death_date", "city", "state", "postal_code_prefix",
        "visit_count", "first_visit_datetime", "last_visit_datetime", *FLAGS, "active_conditions", *ITEMS,
        "observed_at",
    ),
)  # fmt: skip
def person_summary(
    person: DataFrame,
    death: DataFrame,
    location: DataFrame,
    visit_occurrence: DataFrame,
    condition_occurrence: DataFrame,
    measurement: DataFrame,
    hospitals: Mapping[str, Hospital],
) -> DataFrame:
    """A person at a glance: `SELECT person_id, weight.value, weight.observed_at FROM gold.person_summary`.

    The latest value of an item is the one observed last; of several at one time the largest, then the last hospital
    by name. `observed_at` is the latest visit, condition or measurement; a visit that was still to come when it was
    delivered is none yet. What it cannot tell: a flag is true when a code was ever recorded, be it a suspicion or on a
    bill, and false proves nothing; an active condition may have been forgotten in a problem list (many systems, MIMIC
    among them, never end a diagnosis), and one that only claims tell of is active for ever.
    """
    visits = distinct_visits(visit_occurrence, hospitals)
    parts = (_visits(visits), _conditions(condition_occurrence), _latest_values(measurement))
    people = person.select("person_id", "sex", "year_of_birth", "birth_date", "location_id")
    people = people.join(death.select("person_id", "death_date"), "person_id", "left")
    people = people.join(location, "location_id", "left")
    whole = reduce(lambda left, part: left.join(part, "person_id", "left"), parts, people)
    return (
        whole.fillna(0, ["visit_count"])
        .fillna(False, list(FLAGS))
        .withColumn("active_conditions", F.coalesce("active_conditions", F.array()))
        .withColumn("observed_at", F.greatest("last_visit_datetime", "condition_at", "measured_at"))
    )


def _visits(visits: DataFrame) -> DataFrame:
    start = F.col("visit_start_datetime")
    counts = (F.count("*").alias("visit_count"), F.min(start).alias("first_visit_datetime"))
    return visits.groupBy("person_id").agg(*counts, F.max(start).alias("last_visit_datetime"))


def _conditions(condition_occurrence: DataFrame) -> DataFrame:
    """Flags of what was ever recorded, and what is active: the last recording of a code has no end and is not over.

    Of two recordings that start on one day (an event that two hospitals sent) the one that knows an end is believed. A
    claim is a reason to pay and no clinician's finding: it speaks only of a code that no other recording tells of. What
    is only suspected counts for nothing.
    """
    code = F.coalesce("condition_code", "condition_source_value").alias("code")
    is_over = F.col("condition_end_date").isNotNull() | F.coalesce("is_condition_over", F.lit(False))
    names = ("condition_code", "condition_vocabulary", "condition_name", "hospital")
    is_clinical = ~F.col("condition_type").eqNullSafe(F.lit("claim"))
    rank = (is_clinical.alias("is_clinical"), "condition_start_date", is_over.alias("is_over"))
    spoken = (F.max(F.struct(*rank, *names)).alias("last"), F.max("condition_start_date").alias("at"))
    each = condition_occurrence.where(is_found()).groupBy("person_id", "condition_vocabulary", code).agg(*spoken)
    open_ones = F.when(~F.col("last.is_over"), F.col("last").dropFields("is_clinical", "is_over"))
    flags = [F.max(_is_any_of(CODELISTS[flag])).alias(flag) for flag in FLAGS]
    at = F.max("at").cast("timestamp").alias("condition_at")
    active = F.array_sort(F.collect_list(open_ones)).alias("active_conditions")
    return each.groupBy("person_id").agg(*flags, at, active)


def _latest_values(measurement: DataFrame) -> DataFrame:
    """Every item's latest value in one pass over the measurements."""
    value = F.struct(
        F.col("measurement_datetime").alias("observed_at"), F.col("value_as_number").alias("value"),
        "unit_code", "operator", "hospital",
    )  # fmt: skip
    is_of = {item: (F.col("item") == item) & F.col("value_as_number").isNotNull() for item in ITEMS}
    latest = [F.max(F.when(condition, value)).alias(item) for item, condition in is_of.items()]
    at = F.max("measurement_datetime").alias("measured_at")
    return measurement.withColumn("item", item_of(ITEMS)).groupBy("person_id").agg(*latest, at)


def _is_any_of(codelist: Mapping[str, frozenset[str]]) -> Column:
    """Whether the last recording's code stands in a list of codes by vocabulary."""
    code, vocabulary = F.col("last.condition_code"), F.col("last.condition_vocabulary")
    found = [(vocabulary == name) & code.isin(*sorted(codes)) for name, codes in sorted(codelist.items())]
    return reduce(lambda left, right: left | right, found)
