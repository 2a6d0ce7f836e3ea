"""A row for each vital sign of a person on a day, taken or not: a panel without holes, every filled one marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.declare.imputation import Imputer
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@table(
    grain="a vital sign of a person on a day (UTC) on which any was taken",
    key=("person_id", "measurement_date", "vital_name"),
    required=("unit_code", "is_missing"),
    scored=("imputation",),
    columns=(
        "person_id", "measurement_date", "vital_name", "unit_code", "vital_value", "is_missing", "imputation_method",
        "value_age_days", "model_version",
    ),
)  # fmt: skip
def imputed_vitals(features: Mapping[str, DataFrame], champions: Mapping[str, Imputer]) -> DataFrame:
    """Measured values as they are, and in the gaps what catalog/models/missing_vitals.py declares.

    `is_missing` is the missingness indicator; `value_age_days` the age of a value, also of one too old to stand. How
    far the filled values lie from hidden ones is in the report, beside filling in the mean. Silver and the other gold
    tables never read this one. What it cannot tell: how sure a single filled value is.
    """
    (name,) = features
    return champions[name].score(features[name])
