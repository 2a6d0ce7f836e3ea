"""A row for each code, unit and quarter of a hospital: whether its values, or how many there are, have moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.clinical.population_stability import BINS, alarm_bound, stability_index
from twinlake.declare.expressions import surrogate_key
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table
from twinlake.vocabulary.coding_systems import Vocabulary

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

HOSPITAL_KEY = "xxhash64(hospital)"
LOCAL = Vocabulary.LOCAL
IS_MAPPED = f"measurement_code IS NOT NULL AND ifnull(measurement_vocabulary, '{LOCAL}') <> '{LOCAL}'"
GROUP = ["hospital", "measurement_code", "unit_code"]
# Exact, so that no order of the values moves a mean.
EXACT = "decimal(28,10)"
# Of so many persons a quarter as there were the year before, a tenth is silence: by chance (Poisson) once in 10⁷.
FEWEST_EXPECTED, SILENCE = 20, 0.1
QUARTERS = 4
VALUES, CODES, SILENT = "values", "codes", "silent"


@table(
    grain="what one hospital measured by one code and unit in one quarter of a year, held against the year before",
    key=("measurement_drift_id",),
    unit="hospital_key",
    required=("hospital_key", "hospital", "quarter_start_date", "reference_person_count", "person_count", "is_recent"),
    columns=(
        "measurement_drift_id", "hospital_key", *GROUP, "quarter_start_date", "reference_person_count", "person_count",
        "population_stability_index", "stability_bound", "drift_alarm", "is_recent",
    ),
    via={"measurement": HOSPITAL_KEY},
)  # fmt: skip
def measurement_drift(measurement: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    """Each quarter's distribution against the calendar year before, whose deciles are the bins; all in silver's unit.

    A person counts once a quarter, by the mean of what was measured: who is measured hourly does not speak for all.
    Quarters are those in which it was measured, not in which it was delivered, so that no split or order of deliveries
    moves a row; a whole year stands behind, so that a season is no drift. A row without a code holds the share of
    persons with a code that no vocabulary knows. Alarms: `values` (the index exceeds its bound), `codes` (the same of
    a row without a code), `silent` (hardly anybody, though the hospital's records go on to a later quarter).
    A row is there where one of them can be judged. Formula and citations: clinical/population_stability.py.
    What it cannot tell: why. A new analyser, a new ward and a wrong unit look alike; so does a hospital whose feed
    has stopped altogether, of which the ledger tells. Where dates are shifted person by person nothing is judged.
    """
    from pyspark.sql import functions as F

    true_calendar = [name for name, hospital in hospitals.items() if hospital.calendar == "true"]
    persons = _persons(measurement.where(F.col("hospital").isin(true_calendar)))
    judged = (
        _sizes(persons)
        .join(_bins(persons), [*GROUP, "_quarter"], "left")
        .withColumn("stability_bound", _bound())
        .withColumn("population_stability_index", _index())
        .withColumn("_is_silent", _is_silent())
        .where("stability_bound IS NOT NULL OR _is_silent IS NOT NULL")
    )
    year, month = (F.col("_quarter") / QUARTERS).cast("int"), F.col("_quarter") % QUARTERS * 3 + 1
    return judged.select(
        surrogate_key(*GROUP, "_quarter").alias("measurement_drift_id"), F.expr(HOSPITAL_KEY).alias("hospital_key"),
        "hospital", *(F.nullif(F.col(c), F.lit("")).alias(c) for c in GROUP[1:]),
        F.make_date(year, month, F.lit(1)).alias("quarter_start_date"), "reference_person_count", "person_count",
        "population_stability_index", "stability_bound", _alarm().alias("drift_alarm"),
        (F.col("_quarter") >= F.col("_last") - 1).alias("is_recent"),
    )  # fmt: skip


def _persons(measurement: DataFrame) -> DataFrame:
    """A number for each person, code, unit and quarter; without a code, whether any code of theirs is unmapped."""
    from pyspark.sql import functions as F

    at = F.col("measurement_datetime")
    said = measurement.select(
        "hospital", F.expr(f"CASE WHEN {IS_MAPPED} THEN measurement_code ELSE '' END").alias("measurement_code"),
        F.coalesce("unit_code", F.lit("")).alias("unit_code"), "person_id",
        (F.year(at) * QUARTERS + F.quarter(at) - 1).alias("_quarter"),
        F.col("value_as_number").try_cast(EXACT).alias("_value"),
    )  # fmt: skip
    means = said.groupBy(*GROUP, "_quarter", "person_id").agg(F.avg("_value").cast("double").alias("_number"))
    unmapped = F.max((F.col("measurement_code") == "").cast("int")).cast("double").alias("_number")
    shares = means.groupBy("hospital", "_quarter", "person_id").agg(unmapped)
    nameless = shares.withColumns({"measurement_code": F.lit(""), "unit_code": F.lit("")})
    return means.where("measurement_code <> '' AND _number IS NOT NULL").unionByName(nameless).withColumn(
        "_year", (F.col("_quarter") / QUARTERS).cast("int")
    )  # fmt: skip


def _sizes(persons: DataFrame) -> DataFrame:
    """How many persons each quarter has, and the year before it; also those with nobody, up to the hospital's last."""
    from pyspark.sql import functions as F

    last = persons.groupBy("hospital").agg(F.max("_quarter").alias("_last"))
    now = persons.groupBy(*GROUP, "_quarter").agg(F.count("*").alias("_now"))
    before = persons.groupBy(*GROUP, "_year").agg(
        F.countDistinct("person_id").alias("reference_person_count"), (F.count("*") / QUARTERS).alias("_expected")
    )
    next_year = (F.col("_year") + 1) * QUARTERS
    quarters = before.withColumn("_quarter", F.explode(F.sequence(next_year, next_year + QUARTERS - 1)))
    known = quarters.join(last, "hospital").where("_quarter <= _last").join(now, [*GROUP, "_quarter"], "left")
    return known.withColumn("person_count", F.coalesce("_now", F.lit(0))).drop("_year", "_now")


def _bins(persons: DataFrame) -> DataFrame:
    """Numbers of a quarter and of the year before, counted between that year's deciles; bins that either has any in."""
    from pyspark.sql import functions as F

    deciles = F.percentile("_number", F.array(*(F.lit(n / BINS) for n in range(1, BINS))))
    is_named = F.col("measurement_code") != ""
    edges = persons.groupBy(*GROUP, "_year").agg(F.array_distinct(deciles).alias("_deciles"))
    edges = edges.withColumn("_edges", F.when(is_named, F.col("_deciles")).otherwise(F.array(F.lit(0.0))))
    bin_ = F.size(F.filter("_edges", lambda edge: F.col("_number") > edge)).alias("_bin")

    def counted(of_year: Column, *by: str) -> DataFrame:
        lines = persons.join(edges.select(*GROUP, of_year.alias("_year"), "_edges"), [*GROUP, "_year"])
        return lines.groupBy(*GROUP, *by, bin_).agg(F.count("*").alias("_count"))

    now = counted(F.col("_year") + 1, "_year", "_quarter").withColumnRenamed("_count", "_current")
    before = (
        counted(F.col("_year"), "_year")
        .withColumn("_year", F.col("_year") + 1)
        .withColumnRenamed("_count", "_reference")
    )
    quarters = now.select(*GROUP, "_year", "_quarter").distinct()
    both = quarters.join(before, [*GROUP, "_year"]).unionByName(now, allowMissingColumns=True)
    of_bin = both.groupBy(*GROUP, "_quarter", "_bin").agg(
        *(F.coalesce(F.sum(side), F.lit(0)).alias(side) for side in ("_reference", "_current"))
    )
    in_order = F.sort_array(F.collect_list(F.struct("_bin", "_reference", "_current")))
    return of_bin.groupBy(*GROUP, "_quarter").agg(in_order.alias("_bins"))


def _bound() -> Column:
    from pyspark.sql import functions as F

    return alarm_bound(F.size("_bins"), F.col("reference_person_count"), F.col("person_count"))


def _index() -> Column:
    from pyspark.sql import functions as F

    index = stability_index(F.col("_bins._reference"), F.col("_bins._current"))
    return F.when(F.col("stability_bound").isNotNull(), F.round(index, 6))


def _is_silent() -> Column:
    """Null where too few are expected to tell, or the quarter may still be going on."""
    from pyspark.sql import functions as F

    can_be_told = (F.col("_expected") >= FEWEST_EXPECTED) & (F.col("_quarter") < F.col("_last"))
    return F.when(can_be_told, F.col("person_count") < SILENCE * F.col("_expected"))


def _alarm() -> Column:
    from pyspark.sql import functions as F

    has_moved = F.col("population_stability_index") > F.col("stability_bound")
    return (
        F.when(has_moved & (F.col("measurement_code") == ""), CODES).when(has_moved, VALUES)
        .when(F.col("_is_silent"), SILENT)
    )  # fmt: skip
