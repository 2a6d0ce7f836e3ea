"""A row for each person and model, with a prediction or the reason for having none."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tests.support.text_table import expect
from twinlake.catalog.gold.blood_glucose_feature import blood_glucose_feature
from twinlake.catalog.gold.diabetes_feature import diabetes_feature
from twinlake.catalog.gold.risk_score import risk_score


@dataclass(frozen=True)
class Oracle:
    """A champion that says the same of everyone."""

    model_name: str
    risk_name: str
    version: str | None = "v1"
    reason: str | None = None

    def score(self, features: DataFrame) -> DataFrame:
        nothing = F.lit(None)
        return features.where("is_current").select(
            "person_id", F.lit(self.version).alias("model_version"), F.lit(0.25).alias("risk_prob"),
            nothing.cast("double").alias("risk_value"), nothing.cast("string").alias("risk_unit"),
            F.lit(self.reason).cast("string").alias("risk_reason"), F.col("index_datetime").alias("observed_at"),
        )  # fmt: skip


def test_every_person_has_a_row_for_every_model(given):
    current = "person_id | is_current | index_datetime\n 1 | true | 2020-01-01\n 1 | false | 2019-01-01"
    champions = {
        "blood_glucose": Oracle("blood_glucose", "glucose"),
        "diabetes_probability": Oracle("diabetes_probability", "diabetes", None, "too few events"),
    }
    rows = risk_score.build(
        given("person_id\n 1\n 2"),
        {
            "blood_glucose": given(current, blood_glucose_feature),
            "diabetes_probability": given("person_id", diabetes_feature),
        },
        champions,
    )
    expect(
        rows.select(*risk_score.columns),
        """
        person_id | risk_name | model_version | risk_prob | risk_reason                               | observed_at
        1         | glucose   | v1            | 0.25      |                                           | 2020-01-01
        2         | glucose   |               |           | nothing the model needs was ever measured |
        1         | diabetes  |               |           | too few events                            |
        2         | diabetes  |               |           | too few events                            |
        """,
    )
