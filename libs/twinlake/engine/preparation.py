"""From feature rows to what MLlib fits: the split, missing values, and one vector."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from twinlake.declare.expressions import SLACK_DAYS

if TYPE_CHECKING:
    from pyspark.ml import Estimator, Pipeline
    from pyspark.sql import Column, DataFrame

    from twinlake.declare.model import Learner, Model, Split

TRAIN, HELDOUT, UNUSED = "train", "heldout", "unused"
BUCKETS = 10_000
# A fit over one partition adds up in one order, so it gives the same bits every time.
ROWS_PER_PARTITION = 2_000_000
ORDER = ("person_id", "index_datetime")


@dataclass(frozen=True)
class Parts:
    """Training and held-out rows, cached until `release`; `is_later` marks the later rows of the held-out."""

    train: DataFrame
    heldout: DataFrame

    def release(self) -> None:
        self.train.unpersist()
        self.heldout.unpersist()


def labelled_rows(model: Model, features: DataFrame) -> DataFrame:
    """The rows of the target whose label is known: person, index, features and label as numbers.

    Of a time at risk that reaches past the newest moment of all only what ended it early can be known, a death or the
    outcome: such rows are left out whatever came of them. Where a hospital shifts its dates, the newest moment is later
    than it was, and the deaths of the last years stay in.
    """
    rows = features.where(F.col(model.label).isNotNull() & ~F.col("is_current") & F.col("exclusion_reason").isNull())
    if model.time_at_risk:
        newest = features.agg(F.max(F.to_date("index_datetime"))).collect()[0][0]
        rows = rows.where(F.date_add(F.to_date("index_datetime"), model.time_at_risk.last_day) <= F.lit(newest))
    numbers = [F.col(column).cast("double").alias(column) for column in model.columns]
    return rows.select(*ORDER, *numbers, F.col(model.label).cast("double").alias("label"))


def split_rows(split: Split, rows: DataFrame, as_of: datetime | None = None) -> Parts:
    """Labelled rows dealt by person and time, each part in one order and as few partitions as can be.

    Rows after `as_of` are of shifted calendars and of no time that compares with the others': none is a later row.
    Dates that were shifted into the past are taken as they stand.
    """
    dealt = _deal(rows, split, as_of)
    return Parts(*(_settled(dealt.where(F.col("part") == part)) for part in (TRAIN, HELDOUT)))


def heldout_bucket(split: Split) -> Column:
    """True for a held-out person: by the hash of seed and person_id alone, so the same every year under one id.

    Whom linkage merges or splits has another id and is dealt anew: a champion may be measured on a few persons whom it
    was trained on under the id of before.
    """
    return in_share(split.heldout_share, F.lit(split.seed), F.col("person_id"))


def in_share(share: float, *of: Column) -> Column:
    """True for this share of rows, by the hash of these columns alone."""
    return F.pmod(F.xxhash64(*of), F.lit(BUCKETS)) < round(share * BUCKETS)


def seen_columns(model: Model, train: DataFrame) -> frozenset[str]:
    """The features that training saw at least once; an imputer has nothing to say about the others."""
    counts = train.agg(*(F.count(column).alias(column) for column in model.columns)).collect()[0]
    return frozenset(column for column in model.columns if counts[column])


def pipeline(learner: Learner, columns: tuple[str, ...]) -> Pipeline:
    """Missing indicators, medians of the training rows, one vector, and the learner: fitted as one, saved as one."""
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import Imputer, SQLTransformer, VectorAssembler

    indicators = indicator_columns(learner, columns)
    shown = "".join(f", cast({column} is null as double) as {name}" for name, column in indicators.items())
    filled = [f"{column}_filled" for column in columns]
    stages: list[Any] = [
        SQLTransformer(statement=f"select *{shown} from __THIS__"),
        Imputer(strategy="median", relativeError=0.0, inputCols=list(columns), outputCols=filled),
        VectorAssembler(inputCols=[*filled, *indicators], outputCol="features"),
        _stage(learner),
    ]
    return Pipeline(stages=stages)


def indicator_columns(learner: Learner, columns: tuple[str, ...]) -> dict[str, str]:
    """Indicator → the first usable feature of its panel."""
    panels: dict[str, str] = {}
    for feature in learner.features:
        if feature.panel and feature.column in columns:
            panels.setdefault(f"{feature.panel}_is_missing", feature.column)
    return panels


def _stage(learner: Learner) -> Estimator[Any]:
    from pyspark.ml import classification, regression

    stage = getattr(regression, learner.stage, None) or getattr(classification, learner.stage)
    return stage(featuresCol="features", labelCol="label", **learner.parameters)


def _deal(rows: DataFrame, split: Split, as_of: datetime | None) -> DataFrame:
    day = F.unix_date(F.to_date("index_datetime"))
    is_true = F.col("index_datetime") < F.lit(as_of + timedelta(days=SLACK_DAYS)) if as_of else F.lit(True)
    cut = rows.where(is_true).agg(F.percentile(day, 1.0 - split.later_share).alias("cut")).collect()[0]["cut"]
    is_later = is_true & (day > F.lit(cut if cut is not None else 0.0))
    part = F.when(heldout_bucket(split), HELDOUT).when(is_later, UNUSED).otherwise(TRAIN)
    return rows.withColumn("is_later", is_later).withColumn("part", part)


def _settled(rows: DataFrame) -> DataFrame:
    """Fixed partitions, sorted by key: sums of doubles come out the same whatever the lake's files look like."""
    partitions = 1 + rows.count() // ROWS_PER_PARTITION
    return rows.repartition(partitions, "person_id").sortWithinPartitions(*ORDER).persist()
