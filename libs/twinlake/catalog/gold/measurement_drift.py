"""A row for each code, unit and quarter of a hospital: whether its values, or how many there are, have moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.clinical.population_stability import BINS, alarm_bound, stability_index
from twinlake.declare.expressions import surrogate_key
from twinlake.declare.hospital import Hospital, of_true_calendar
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

    persons = _persons(measurement.where(F.col("hospital").isin(of_true_calendar(hospitals))))
    judged = (
        _quarters(_years(persons))
        .withColumn("_bins", _bins())
        .withColumn("stability_bound", _bound())
        .withColumn("population_stability_index", _index())
        .withColumn("_is_silent", _is_silent())
        .where("stability_bound IS NOT NULL OR _is_silent IS NOT NULL")
    )
    return judged.select(
        surrogate_key(*GROUP, "_quarter").alias("measurement_drift_id"), F.expr(HOSPITAL_KEY).alias("hospital_key"),
        "hospital", *(F.nullif(F.col(c), F.lit("")).alias(c) for c in GROUP[1:]),
        F.make_date("_year", F.col("_n") * 3 + 1, F.lit(1)).alias("quarter_start_date"),
        "reference_person_count", "person_count",
        "population_stability_index", "stability_bound", _alarm().alias("drift_alarm"),
        (F.col("_quarter") >= F.col("_last") - 1).alias("is_recent"),
    )  # fmt: skip


def _persons(measurement: DataFrame) -> DataFrame:
    """A row for each person, code, unit and year with a number a quarter; without a code, whether any is unmapped.

    Every measurement is told twice, by its code and without, so that the table is read and shuffled once.
    """
    from pyspark.sql import functions as F

    at, is_mapped = F.col("measurement_datetime"), F.expr(IS_MAPPED)
    by_code = (F.col("measurement_code"), F.coalesce("unit_code", F.lit("")), F.col("value_as_number").try_cast(EXACT))
    nameless = (F.lit(""), F.lit(""), F.when(is_mapped, 0).otherwise(1).cast(EXACT))
    as_told = [
        F.struct(*(each.alias(name) for each, name in zip(said, (*GROUP[1:], "_value"), strict=True)))
        for said in (by_code, nameless)
    ]
    told = measurement.select(
        "hospital", "person_id", F.year(at).alias("_year"), (F.quarter(at) - 1).alias("_n"),
        F.explode(F.when(is_mapped, F.array(*as_told)).otherwise(F.array(as_told[1]))).alias("_told"),
    ).select("hospital", "_told.*", "person_id", "_year", "_n").where("_value IS NOT NULL")  # fmt: skip

    def number(quarter: int) -> Column:
        values = F.when(F.col("_n") == quarter, F.col("_value"))
        return F.when(F.col("measurement_code") == "", F.max(values)).otherwise(F.avg(values)).cast("double")

    numbers = [number(quarter).alias(f"_number_{quarter}") for quarter in range(QUARTERS)]
    return told.groupBy(*GROUP, "_year", "person_id").agg(*numbers)


def _years(persons: DataFrame) -> DataFrame:
    """A row for each code, unit and year: its numbers by quarter, its persons, and the hospital's last quarter."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    numbers = [F.collect_list(f"_number_{quarter}") for quarter in range(QUARTERS)]
    years = persons.groupBy(*GROUP, "_year").agg(F.array(*numbers).alias("_now"), F.count("*").alias("_persons"))
    last_of_year = F.array_max(
        F.transform("_now", lambda found, n: F.when(F.size(found) > 0, F.col("_year") * QUARTERS + n))
    )
    return years.withColumn("_last", F.max(last_of_year).over(Window.partitionBy("hospital")))


def _quarters(years: DataFrame) -> DataFrame:
    """Each quarter beside the year before it; also those with nobody, up to the hospital's last."""
    from pyspark.sql import functions as F

    side = "struct<_year: int, _now: array<array<double>>, _before: array<double>, reference_person_count: bigint>"
    itself = F.struct(F.col("_year"), F.col("_now"), F.lit(None), F.lit(None)).cast(side)
    before = F.struct(F.col("_year") + 1, F.lit(None), F.sort_array(F.flatten("_now")), F.col("_persons")).cast(side)
    both = years.select(*GROUP, "_last", F.explode(F.array(itself, before)).alias("_side")).select(
        *GROUP, "_last", "_side.*"
    )
    beside = both.groupBy(*GROUP, "_last", "_year").agg(
        *(F.max(side).alias(side) for side in ("_now", "_before", "reference_person_count"))
    )
    nobody = F.array_repeat(F.array().cast("array<double>"), QUARTERS)
    quarters = beside.where("reference_person_count IS NOT NULL").select(
        *GROUP, "_last", "_year", "_before", "reference_person_count",
        F.posexplode(F.coalesce("_now", nobody)).alias("_n", "_current"),
    )  # fmt: skip
    return (
        quarters.withColumn("_quarter", F.col("_year") * QUARTERS + F.col("_n"))
        .where("_quarter <= _last")
        .withColumn("person_count", F.size("_current").cast("bigint"))
        .withColumn("_expected", F.size("_before") / QUARTERS)
    )


def _bins() -> Column:
    """Numbers of the year before and of the quarter between that year's deciles; bins that either has any in."""
    from pyspark.sql import functions as F

    is_named = F.col("measurement_code") != ""
    edges = F.when(is_named, F.array_distinct(_deciles(F.col("_before")))).otherwise(F.array(F.lit(0.0)))

    def counted(numbers: Column) -> Column:
        above = F.transform(edges, lambda edge: F.size(F.filter(numbers, lambda number: number > edge)))
        over, under = F.concat(F.array(F.size(numbers)), above), F.concat(above, F.array(F.lit(0)))
        return F.zip_with(over, under, lambda more, fewer: (more - fewer).cast("bigint"))

    both = F.zip_with(
        counted(F.col("_before")), counted(F.col("_current")),
        lambda before, now: F.struct(before.alias("_reference"), now.alias("_current")),
    )  # fmt: skip
    return F.filter(both, lambda bin_: bin_["_reference"] + bin_["_current"] > 0)


def _deciles(numbers: Column) -> Column:
    """What tenths of sorted numbers are below, between two of them by how near it is to each."""
    from pyspark.sql import functions as F

    def decile(tenths: Column) -> Column:
        place = (F.size(numbers) - 1) * tenths
        low = F.element_at(numbers, F.floor(place / BINS).cast("int") + 1)
        high = F.try_element_at(numbers, F.floor(place / BINS).cast("int") + 2)
        return low + F.coalesce(high - low, F.lit(0.0)) * (place % BINS) / BINS

    return F.transform(F.sequence(F.lit(1), F.lit(BINS - 1)), decile)


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
