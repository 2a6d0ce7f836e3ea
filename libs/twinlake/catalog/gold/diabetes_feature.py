"""A row for each year of each person still free of diabetes: what was known then, and whether diabetes followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from twinlake.catalog.cohorts.history import DIED, is_coded, is_female, is_latest_moment, last_known, moments
from twinlake.catalog.events import has_begun, is_found
from twinlake.clinical.age import age_years
from twinlake.declare.codes import local_day
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table
from twinlake.vocabulary.codes import DIABETES, TYPE_2_DIABETES

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, WindowSpec

LOOKBACK_DAYS = 730
HISTORY_DAYS = 365
FIRST_DAY_AT_RISK, LAST_DAY_AT_RISK = 1, 1826
LABEL = "has_diabetes_within_5_years"
MEASURED = {
    "body_weight_kg": "weight",
    "bmi_kg_per_m2": "bmi",
    "systolic_blood_pressure_mmhg": "systolic_blood_pressure",
    "diastolic_blood_pressure_mmhg": "diastolic_blood_pressure",
    "heart_rate_per_min": "heart_rate",
    "total_cholesterol_mg_per_dl": "total_cholesterol",
    "hdl_cholesterol_mg_per_dl": "hdl_cholesterol",
    "ldl_cholesterol_mg_per_dl": "ldl_cholesterol",
    "triglycerides_mg_per_dl": "triglycerides",
    "last_glucose_mg_per_dl": "glucose",
    "hba1c_percent": "hba1c",
}


@table(
    grain="a person and the first visit of a calendar year, or (is_current) the latest moment known of the person",
    key=("person_id", "index_datetime", "is_current"),
    columns=(
        "person_id", "index_datetime", "is_current", "observed_days", "age_at_index_years", "is_female", *MEASURED,
        "followed_days", LABEL, "exclusion_reason",
    ),
)  # fmt: skip
def diabetes_feature(
    person: DataFrame,
    death: DataFrame,
    visit_occurrence: DataFrame,
    condition_occurrence: DataFrame,
    measurement: DataFrame,
    hospitals: Mapping[str, Hospital],
) -> DataFrame:
    """Persons without any diabetes up to and including the index day, measured for a year or more before it.

    Of the current row all that is known counts, a diagnosis after the latest visit or value as well; a visit that was
    still to come when it was delivered is none yet.
    Days are those of the hospital's clock, as conditions and deaths are written: a visit at 09:00 in Sydney is of that
    day, though UTC is still in the day before.
    The index is the first such visit of a calendar year (yearly landmarks: van Houwelingen 2007,
    doi:10.1111/j.1467-9469.2006.00529.x). The label says whether the first type 2 diabetes starts 1 to 1826 days after
    the index day; it is null unless the person was followed for those 1826 days or died within them, whatever was found
    (Reps 2021, doi:10.1186/s12911-021-01408-x, table 1, choice 1: with choice 3, which keeps whoever has the outcome,
    every label of a record's last five years is true). A death within them and without diabetes is an answer, not a
    loss: the time from the last contact to it counts as followed. A later death says nothing of who was lost before.
    What it cannot tell: diabetes that nobody coded, as between last contact and death; when it began, for the coded day
    is the day of diagnosis; whether those who were lost fared as those who stayed: who is ill is seen for longer.
    """
    visits = visit_occurrence.where(has_begun("visit_start_datetime", hospitals))
    return (
        _known_at_each_moment(_visits(visits, hospitals), _measured(measurement, hospitals))
        .join(person.select("person_id", "birth_date", "year_of_birth", "sex"), "person_id")
        .join(_onsets(condition_occurrence), "person_id", "left")
        .join(death.select("person_id", "death_date"), "person_id", "left")
        .withColumn("age_at_index_years", age_years(F.col("index_day")))
        .withColumn("is_female", is_female())
        .withColumn(LABEL, F.when(~F.col("is_current"), _label()))
        .withColumn("exclusion_reason", _exclusion())
        .where("is_current or exclusion_reason is null")
        .withColumnRenamed("observed_at", "index_datetime")
    )


def _visits(visit_occurrence: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    moment = F.col("visit_start_datetime").alias("observed_at")
    day = F.max(local_day("visit_start_datetime", hospitals)).alias("index_day")
    return visit_occurrence.groupBy("person_id", moment).agg(day).withColumn("is_visit", F.lit(True))


def _measured(measurement: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    day = local_day("measurement_datetime", hospitals)
    return moments(measurement, MEASURED, day).withColumn("is_visit", F.lit(False))


def _known_at_each_moment(visits: DataFrame, measured: DataFrame) -> DataFrame:
    """First visits of a year, and the latest moment, each with the last values, the time before and the time after."""
    history = measured.unionByName(visits, allowMissingColumns=True).withColumn("is_measured", ~F.col("is_visit"))
    known = last_known(history, MEASURED, LOOKBACK_DAYS).withColumn("index_day", _day()).withColumns(_spans())
    first = Window.partitionBy("person_id", F.year("index_day")).orderBy("observed_at")
    visited = known.where(f"is_visit and observed_days >= {HISTORY_DAYS}").withColumn("n", F.row_number().over(first))
    past = visited.where("n = 1").withColumn("is_current", F.lit(False)).drop("n")
    # A visit and a measurement at the latest moment are one moment.
    current = known.where("is_latest").dropDuplicates(["person_id"]).withColumn("is_current", F.lit(True))
    return past.unionByName(current)


def _day() -> Column:
    """The later of the days that two hospitals write of one moment: what is known by then is more."""
    now = _in_order().rangeBetween(Window.currentRow, Window.currentRow)
    return F.max("index_day").over(now)


def _spans() -> dict[str, Column]:
    until_now = _in_order().rangeBetween(Window.unboundedPreceding, Window.currentRow)
    first_measured = F.min(F.when(F.col("is_measured"), F.col("index_day"))).over(until_now)
    last_seen = F.max("index_day").over(_in_order().rangeBetween(Window.currentRow, Window.unboundedFollowing))
    return {
        "observed_days": F.greatest(F.date_diff("index_day", first_measured), F.lit(0)),
        "followed_days": F.date_diff(last_seen, "index_day"),
        "is_latest": is_latest_moment(),
    }


def _in_order() -> WindowSpec:
    return Window.partitionBy("person_id").orderBy(F.unix_micros("observed_at"))


def _onsets(condition_occurrence: DataFrame) -> DataFrame:
    """First day of any diabetes, and of type 2 diabetes, a row a person."""
    coded = condition_occurrence.where(is_coded(DIABETES) & is_found())
    of_type_2 = F.when(is_coded(TYPE_2_DIABETES), F.col("condition_start_date"))
    return coded.groupBy("person_id").agg(
        F.min("condition_start_date").alias("diabetes_from"), F.min(of_type_2).alias("type_2_from")
    )


def _label() -> Column:
    onset, death = (F.date_diff(day, "index_day") for day in ("type_2_from", "death_date"))
    is_followed = (F.col("followed_days") >= LAST_DAY_AT_RISK) | (death <= LAST_DAY_AT_RISK)
    return F.when(is_followed, F.coalesce(onset.between(FIRST_DAY_AT_RISK, LAST_DAY_AT_RISK), F.lit(False)))


def _exclusion() -> Column:
    is_new = F.coalesce("observed_days", F.lit(0)) < HISTORY_DAYS
    return (
        F.when(_happened("death_date"), DIED)
        .when(_happened("diabetes_from"), "the person already has diabetes")
        .when(is_new, f"measured for less than {HISTORY_DAYS} days")
    )


def _happened(day: str) -> Column:
    """By the index day; of the current row, ever."""
    return F.col(day).isNotNull() & (F.col("is_current") | (F.col(day) <= F.col("index_day")))
