"""Learns to fill gaps in vital signs, is measured on values that are hidden from it, and fills them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from twinlake.engine.evaluation import BASELINE, HELDOUT, Metric
from twinlake.engine.preparation import in_share
from twinlake.vocabulary.measurements import ITEMS

if TYPE_CHECKING:
    from pyspark.ml import PipelineModel
    from pyspark.sql import Column, DataFrame

    from twinlake.declare.imputation import Carried, Imputation
    from twinlake.engine.conditional_mean import ConditionalMean

LAST_VALUE, MULTIVARIATE, DECLARED = "last_value", "multivariate", "as_declared"
LEARNERS = (BASELINE, LAST_VALUE, MULTIVARIATE, DECLARED)
HIDDEN_SHARE = 0.2
DECIMALS = 6
TOLD, FILLED = "_told", "_imputed"


@dataclass(frozen=True)
class Learner:
    """One way to fill a gap; the last of `LEARNERS` is the one that is promoted."""

    name: str


@dataclass(frozen=True)
class Fit:
    """A fitted way to fill gaps."""

    learner: Learner
    fitted: PipelineModel

    @property
    def numbers(self) -> tuple[float, ...]:
        """Everything that makes what it fills in what it is."""
        stage: Any = self.fitted.stages[0]
        return stage.numbers

    def as_json(self) -> dict[str, Any]:
        """What a person without Spark needs to fill a gap by hand."""
        stage: Any = self.fitted.stages[0]
        return stage.as_json()


@dataclass(frozen=True)
class FittedImputation:
    """The champion of `model`, ready to fill; without a pipeline only the last values stand."""

    model: Imputation
    version: str | None
    reason: str | None
    pipeline: PipelineModel | None

    def score(self, features: DataFrame) -> DataFrame:
        """A row a person, day and vital sign: the columns of gold.imputed_vitals."""
        days = rows(self.model, features)
        untold = {f"{vital}{TOLD}": F.lit(None).cast("double") for vital in self.model.vitals}
        filled = self.pipeline.transform(days) if self.pipeline else days.withColumns(untold)
        signs = F.array(*(_sign(each, self.version) for each in self.model.carried))
        return filled.select("person_id", F.to_date("index_datetime").alias("measurement_date"), F.inline(signs))


def rows(model: Imputation, features: DataFrame) -> DataFrame:
    """A row a person and day: each sign as taken that day, its last value before and that one's age; covariates.

    `label` is how many signs were taken.
    """
    day, known = F.col("measurement_date"), F.col("known_vitals")
    before = F.lag("known_vitals").over(Window.partitionBy("person_id").orderBy("measurement_date"))
    columns: list[Column] = []
    for vital in model.vitals:
        now, last = _of(known, vital), _of(F.col("_before"), vital)
        age = F.date_diff(day, last["observed_on"]).alias(f"{vital}_age_days")
        taken = F.when(now["observed_on"] == day, now["value"]).alias(vital)
        columns += [taken, last["value"].alias(f"{vital}_last"), age]
    label = F.size(F.filter(known, lambda each: each["observed_on"] == day)).cast("double").alias("label")
    told = [F.col(name).cast("double") for name in model.covariates]
    return features.withColumn("_before", before).select(
        "person_id", day.cast("timestamp").alias("index_datetime"), label, *columns, *told
    )


def fit_all(model: Imputation, train: DataFrame) -> tuple[Fit, ...]:
    """Each way to fill a gap, the baseline among them."""
    from pyspark.ml import PipelineModel
    from pyspark.ml.feature import SQLTransformer

    mean, multivariate = (_fill(model, is_independent=each).fit(train) for each in (True, False))
    fills = dict(zip(LEARNERS, (mean, mean, multivariate, multivariate), strict=True))
    chosen = {name: ", ".join(_chosen(each, name) for each in model.carried) for name in LEARNERS}
    return tuple(
        Fit(Learner(name), PipelineModel([fills[name], SQLTransformer(statement=f"select *, {sql} from __THIS__")]))
        for name, sql in chosen.items()
    )


def predict(model: Imputation, fitted: dict[str, PipelineModel], constant: float, rows: DataFrame) -> DataFrame:
    """A row for each sign that was taken and is hidden: `label`, and what each way says, in standard deviations.

    A fifth of all signs taken is hidden, by the hash of person, day and panel: the signs of one panel are missing
    together in hospitals, and so they are here. A way that says nothing of a sign is measured as if it said the mean of
    the hidden values: what is hidden is the same for every way, and for the champion beside its challenger.
    """
    taken = rows.withColumns({f"{c.vital}_hidden": F.when(_is_hidden(model, c), F.col(c.vital)) for c in model.carried})
    hidden = taken.withColumns({c.vital: F.when(~_is_hidden(model, c), F.col(c.vital)) for c in model.carried})
    for name, pipeline in fitted.items():
        said = F.struct(*(F.col(f"{vital}{FILLED}").alias(vital) for vital in model.vitals))
        hidden = pipeline.transform(hidden).withColumn(name, said).select(*hidden.columns, name)
    each = (
        F.struct(
            F.lit(vital).alias("vital_name"),
            F.col(f"{vital}_hidden").alias("label"),
            *(F.col(name)[vital].alias(name) for name in fitted),
        )
        for vital in model.vitals
    )
    long = hidden.select("person_id", "index_datetime", "is_later", F.inline(F.array(*each)))
    return _standardised(long.where("label is not null"), ("label", *fitted))


def metrics_of_vitals(predicted: DataFrame, learners: tuple[str, ...]) -> tuple[Metric, ...]:
    """Root mean squared errors of each sign in its own unit, and how many values were hidden; the part is the sign."""
    squares = [F.avg(F.pow(F.col("label") - F.col(name), 2)).alias(name) for name in learners]
    found = predicted.groupBy("vital_name", "deviation").agg(F.count("label").alias("hidden"), *squares).collect()
    return tuple(_of_vital(sorted(found), learners))


def _of_vital(found: list[Any], learners: tuple[str, ...]) -> Iterator[Metric]:
    for row in found:
        yield Metric(HELDOUT, row["vital_name"], "hidden", row["hidden"])
        for name in learners:
            yield Metric(name, row["vital_name"], "rmse", row[name] ** 0.5 * row["deviation"])


def _fill(model: Imputation, *, is_independent: bool) -> ConditionalMean:
    """Each sign from the day's signs, the last value of each before, and the covariates; or its mean."""
    from twinlake.engine.conditional_mean import ConditionalMean

    told = [] if is_independent else [*(f"{vital}_last" for vital in model.vitals), *model.covariates]
    return ConditionalMean(
        inputCols=[*model.vitals, *told],
        outputCols=[f"{vital}{TOLD}" for vital in model.vitals],
        isIndependent=is_independent,
    )


def _chosen(each: Carried, name: str) -> str:
    """What stands for a sign, as SQL: the day's value; its last one, of any age or while it is young; what is told."""
    v = each.vital
    young = {LAST_VALUE: f"{v}_last", DECLARED: f"if({v}_age_days <= {each.days}, {v}_last, null)"}.get(name)
    known = ", ".join(filter(None, (v, young, f"{v}{TOLD}")))
    return f"coalesce({known}) as {v}{FILLED}"


def _sign(each: Carried, version: str | None) -> Column:
    """One element of the long table."""
    taken, last, told = F.col(each.vital), F.col(f"{each.vital}_last"), F.col(f"{each.vital}{TOLD}")
    age = F.col(f"{each.vital}_age_days")
    is_told = taken.isNull() & ~F.coalesce(age <= each.days, F.lit(False)) & told.isNotNull()
    method = F.when(taken.isNotNull(), "measured").when(age <= each.days, LAST_VALUE).when(is_told, MULTIVARIATE)
    value = F.coalesce(taken, F.when(age <= each.days, last), F.round(told, DECIMALS))
    return F.struct(
        F.lit(each.vital).alias("vital_name"),
        F.lit(ITEMS[each.vital].unit).alias("unit_code"),
        value.alias("vital_value"),
        taken.isNull().alias("is_missing"),
        method.alias("imputation_method"),
        F.when(taken.isNotNull(), 0).otherwise(age).alias("value_age_days"),
        F.when(is_told, F.lit(version).cast("string")).alias("model_version"),
    )


def _of(known: Column, vital: str) -> Column:
    return F.get(F.filter(known, lambda each: each["vital_name"] == vital), F.lit(0))


def _is_hidden(model: Imputation, each: Carried) -> Column:
    place = (F.col("person_id"), F.col("index_datetime"), F.lit(each.panel))
    return in_share(HIDDEN_SHARE, F.lit(model.split.seed), *place)


def _standardised(long: DataFrame, names: tuple[str, ...]) -> DataFrame:
    """Minus the mean, over the deviation of the hidden values, so that every sign weighs alike; null is 0."""
    of = long.groupBy("vital_name").agg(F.avg("label").alias("_mean"), F.stddev_pop("label").alias("deviation"))
    told = long.join(F.broadcast(of.where("deviation > 0")), "vital_name")
    scores = {name: (F.col(name) - F.col("_mean")) / F.col("deviation") for name in names}
    return told.withColumns({name: F.coalesce(score, F.lit(0.0)) for name, score in scores.items()}).drop("_mean")
