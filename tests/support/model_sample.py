"""Feature rows of invented persons, drawn from a seed and a formula that a test can compute by hand."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from pyspark.sql import DataFrame, SparkSession

START = dt.datetime(2020, 1, 1)
GLUCOSE_COLUMNS = (
    "body_weight_kg", "total_cholesterol_mg_per_dl", "hdl_cholesterol_mg_per_dl", "ldl_cholesterol_mg_per_dl",
    "triglycerides_mg_per_dl", "heart_rate_per_min",
)  # fmt: skip
DIABETES_COLUMNS = (
    "body_weight_kg", "bmi_kg_per_m2", "systolic_blood_pressure_mmhg", "diastolic_blood_pressure_mmhg",
    "heart_rate_per_min", "total_cholesterol_mg_per_dl", "hdl_cholesterol_mg_per_dl", "ldl_cholesterol_mg_per_dl",
    "triglycerides_mg_per_dl", "last_glucose_mg_per_dl", "hba1c_percent",
)  # fmt: skip
ROW = "person_id bigint, index_datetime timestamp, is_current boolean, age_at_index_years int"


def glucose_rows(spark: SparkSession, persons: int = 120, seed: int = 1) -> DataFrame:
    """Three glucoses and a current row a person: 60 + 0.4 weight + 0.2 age, noise of 5; a tenth of weights missing."""
    import numpy as np

    draw, rows = np.random.default_rng(seed), []
    for person in range(persons):
        age, weight = int(draw.integers(20, 80)), draw.normal(80, 15)
        for visit in range(4):
            values = [weight + draw.normal(), *draw.normal(100, 10, 5)]
            glucose = 60 + 0.4 * values[0] + 0.2 * age + draw.normal(0, 5)
            values[0] = None if draw.random() < 0.1 else values[0]
            rows.append((*_key(person, visit), age, *_plain(values), glucose if visit < 3 else None, None))
    columns = ", ".join(f"{column} double" for column in GLUCOSE_COLUMNS)
    return spark.createDataFrame(rows, f"{ROW}, {columns}, blood_glucose_mg_per_dl double, exclusion_reason string")


def diabetes_rows(spark: SparkSession, persons: int = 500, seed: int = 2, intercept: float = -1.5) -> DataFrame:
    """A labelled row and, 2700 days later, a current one a person.

    The log-odds are `intercept` + 1.5 standard scores of HbA1c + 1 of weight.
    """
    import numpy as np

    draw, rows = np.random.default_rng(seed), []
    for person in range(persons):
        scores = draw.normal(0, 1, len(DIABETES_COLUMNS))
        odds = intercept + scores[0] + 1.5 * scores[-1]
        label = bool(draw.random() < 1 / (1 + np.exp(-odds)))
        for visit in (0, 3):
            truth = label if visit == 0 else None
            rows.append((*_key(person, visit, days=900), 50, person % 2 == 0, *_plain(100 + 10 * scores), truth, None))
    columns = ", ".join(f"{column} double" for column in DIABETES_COLUMNS)
    return spark.createDataFrame(
        rows, f"{ROW}, is_female boolean, {columns}, has_diabetes_within_5_years boolean, exclusion_reason string"
    )


def shuffled(features: DataFrame, label: str, seed: int = 3) -> DataFrame:
    """The rows with their labels dealt anew; what the label knew of the features is gone."""
    import numpy as np

    rows = [row.asDict() for row in features.where(f"{label} is not null").orderBy("person_id").collect()]
    dealt = np.random.default_rng(seed).permutation(len(rows))
    labels = [rows[place][label] for place in dealt]
    mixed = [{**row, label: value} for row, value in zip(rows, labels, strict=True)]
    dealt_anew = features.sparkSession.createDataFrame(
        [tuple(row[name] for name in features.columns) for row in mixed], features.schema
    )
    return dealt_anew.unionByName(features.where(f"{label} is null"))


def _key(person: int, visit: int, days: int = 100) -> tuple[int, dt.datetime, bool]:
    return person, START + dt.timedelta(days=days * visit + person), visit == 3


def _plain(values: list[float | None] | np.ndarray) -> list[float | None]:
    return [None if value is None else float(value) for value in values]
