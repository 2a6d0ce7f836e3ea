"""A row for each group of values without a unit: what unit they are in, if their distribution tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlake.catalog.unit_inference import of_adults
from twinlake.clinical.units import number_of
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

GROUP = ("hospital", "measurement_code", "unit_source_value")
# Exact, so that no order of the values moves a sum.
EXACT, EXACT_SUM = "decimal(28,10)", "decimal(38,10)"


@table(
    grain="what one hospital sent for one code under one spelling that is no unit",
    key=("unit_evidence_key",),
    unit="unit_evidence_key",
    whole=True,
    required=("hospital", "measurement_code", "evidence_count"),
    columns=(
        "unit_evidence_key", *GROUP, "evidence_count", "inferred_unit_code", "other_unit_code",
        "log10_likelihood_ratio",
    ),
)  # fmt: skip
def unit_evidence(measurement: DataFrame, person: DataFrame) -> DataFrame:
    """Where a hospital's values of a code lie, held against where hospitals' values lie under each unit it may be in.

    Method and its limits: clinical/unit_evidence.py; intervals and their sources: vocabulary/measured/typical.py. No
    unit is named on weak evidence: few adults, a mixture, a place that no unit explains, or two that explain it alike.
    What it cannot tell: a single slip, and a hospital whose patients are unlike any other's.
    """
    from pyspark.sql import functions as F

    values = of_adults(measurement, person).withColumns({
        "_each": number_of(F.col("value_source_value")).try_cast(EXACT),
        "unit_source_value": F.nullif("unit_source_value", F.lit("")),
    })  # fmt: skip
    # One number a person, or the one who is measured hourly would speak for all.
    persons = values.groupBy("unit_evidence_key", *GROUP, "person_id").agg(
        F.avg("_each").cast("double").alias("_number")
    )
    sums = (
        persons.where("_number IS NOT NULL")
        .groupBy("unit_evidence_key", *GROUP)
        .agg(
            F.count("_number").alias("evidence_count"),
            *_sums("", F.col("_number")),
            *_sums("log_", F.when(F.col("_number") > 0, F.ln("_number"))),
        )
    )
    return sums.withColumn("_found", _most_likely()).select("*", "_found.*")


def _sums(prefix: str, number: Column) -> list[Column]:
    """Count, sum and sum of squares; a number too long for DECIMAL counts for nothing."""
    from pyspark.sql import functions as F

    exact, squared = number.try_cast(EXACT), (number * number).try_cast(EXACT)
    whole = F.when(exact.isNotNull() & squared.isNotNull(), exact)
    return [
        F.count(whole).alias(f"_{prefix}count"),
        F.sum(whole).try_cast(EXACT_SUM).cast("double").alias(f"_{prefix}total"),
        F.sum(F.when(whole.isNotNull(), squared)).try_cast(EXACT_SUM).cast("double").alias(f"_{prefix}squares"),
    ]


def _most_likely() -> Column:
    """Struct of the unit, the next likely one and the ratio; a group is judged once, so the batches are few."""
    from pyspark.sql import functions as F

    from twinlake.clinical.unit_batches import batch_judge

    schema = "inferred_unit_code string, other_unit_code string, log10_likelihood_ratio double"
    judge = F.pandas_udf(batch_judge, schema)  # type: ignore[call-overload]  # stubs lack this form
    return judge("measurement_code", "_count", "_total", "_squares", "_log_count", "_log_total", "_log_squares")
