"""Whether a stated probability is the share that comes true: bins, expected calibration error, slope and intercept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from twinlake.engine.evaluation import HELDOUT, Metric
from twinlake.engine.intervals import Interval, wilson

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

BINS = 10
EPSILON = 1e-6


@dataclass(frozen=True)
class Bin:
    """Held-out rows of similar probability: how many, the mean stated, and the share that came true.

    `persons` is how many persons with one row each would tell as much, if a person's rows all say the same (the
    squared sum of their rows over the sum of squares).
    """

    rows: int
    events: int
    stated: float
    persons: float

    @property
    def observed(self) -> float:
        return self.events / self.rows

    @property
    def interval(self) -> Interval:
        """Wilson's interval of the observed share among persons: yearly rows of one person are no new witnesses.

        Drawing persons anew, as for the other metrics, would give a bin without an event an interval of no width.
        """
        return wilson(self.observed * self.persons, self.persons)


def calibration_bins(predicted: DataFrame, learner: str) -> tuple[Bin, ...]:
    """Ten bins of as many rows each, from the lowest probability up."""
    order = Window.orderBy(learner, "person_id", "index_datetime")
    rows = predicted.withColumn("bin", F.ntile(BINS).over(order))
    of_persons = rows.groupBy("bin", "person_id").agg(
        F.count("label").alias("rows"), F.sum("label").alias("events"), F.sum(learner).alias("stated")
    )
    bins = of_persons.groupBy("bin").agg(
        F.sum("rows").alias("rows"), F.sum("events").alias("events"), F.sum("stated").alias("stated"),
        F.sum(F.col("rows") * F.col("rows")).alias("squares"),
    )  # fmt: skip
    return tuple(
        Bin(row["rows"], int(row["events"]), row["stated"] / row["rows"], row["rows"] ** 2 / row["squares"])
        for row in bins.orderBy("bin").collect()
    )


def calibration_metrics(
    predicted: DataFrame, learner: str, bins: tuple[Bin, ...], minimum_events: int
) -> Iterator[Metric]:
    """Expected calibration error; with enough persons with the outcome also slope and intercept (1 and 0 are perfect).

    Slope and intercept are those of the outcome's log-odds on the stated log-odds (Cox 1958,
    doi:10.1093/biomet/45.3-4.562).
    """
    total = sum(each.rows for each in bins)
    if total:
        error = sum(each.rows * abs(each.observed - each.stated) for each in bins) / total
        yield Metric(learner, HELDOUT, "ece", error)
    happened = predicted.where("label > 0").select("person_id").distinct().count()
    if minimum_events <= happened and sum(each.events for each in bins) < total:
        slope, intercept = _slope(predicted, learner)
        yield Metric(learner, HELDOUT, "calibration_slope", slope)
        yield Metric(learner, HELDOUT, "calibration_intercept", intercept)


def _slope(predicted: DataFrame, learner: str) -> tuple[float, float]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import VectorAssembler

    stated = F.least(F.greatest(F.col(learner), F.lit(EPSILON)), F.lit(1 - EPSILON))
    rows = predicted.select("label", F.log(stated / (1 - stated)).alias("log_odds"))
    vectors = VectorAssembler(inputCols=["log_odds"], outputCol="features").transform(rows)
    fitted = LogisticRegression(maxIter=50).fit(vectors)
    return float(fitted.coefficients[0]), float(fitted.intercept)
