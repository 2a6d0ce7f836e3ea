"""Measured values in one unit a code: the raw text parsed by expressions, the unit pairs looked up once a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.clinical.conversion import RULES, Conversion, convert
from twinlake.declare.expressions import one_of

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

__all__ = ["RULES", "Conversion", "conversion_column", "convert", "convert_measurements", "number_of"]

_COMPARATOR = r"^\s*(<=|>=|=<|=>|<|>|≤|≥|=)?\s*"
_NUMBER = r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*$"
_SPELLINGS = {"≤": "<=", "=<": "<=", "≥": ">=", "=>": ">=", "=": ""}
_LARGEST = 1e300
"""A number beyond it is a fault of the text (`1e999`), and would be infinite in a double."""


def convert_measurements(df: DataFrame, local_units: Mapping[str, Mapping[str, str]]) -> DataFrame:
    """Adds operator, value_as_number, value_as_string, unit_code, unit_source_code, conversion_rule to raw values.

    Reads measurement_vocabulary, measurement_code, value_source_value, unit_source_value, hospital; `local_units` is
    hospital → raw spelling → UCUM. Every row has a rule; a row without a number has no unit and no operator.
    """
    from pyspark.sql import functions as F

    text = F.col("value_source_value")
    found = F.col("_conversion")
    is_number, has_factor = F.col("_number").isNotNull(), found["factor"].isNotNull()
    blank = F.trim(F.coalesce(text, F.lit(""))) == ""
    rule = F.when(is_number, found["rule"]).when(blank, "no_value").otherwise("not_numeric")
    return (
        df.withColumn("_number", number_of(text))
        .withColumn("_conversion", conversion_column(local_units))
        .withColumn("operator", F.when(is_number & has_factor, _operator(text)))
        .withColumn("value_as_number", F.col("_number") * found["factor"] + found["offset"])
        .withColumn("value_as_string", F.when(~is_number & ~blank, text))
        .withColumn("unit_code", F.when(is_number, found["unit_code"]))
        .withColumn("unit_source_code", found["unit_source_code"])
        .withColumn("conversion_rule", rule)
        .drop("_number", "_conversion")
    )


def conversion_column(local_units: Mapping[str, Mapping[str, str]]) -> Column:
    """The `Conversion` of a row's code and raw unit as a struct; each pair is looked up once a batch."""
    from pyspark.sql import functions as F

    from twinlake.clinical.unit_batches import batch_converter

    schema = "unit_code string, factor double, offset double, rule string, unit_source_code string"
    pairs = F.arrow_udf(batch_converter(local_units), schema)  # type: ignore[call-overload]  # stubs lack this form
    return pairs("hospital", "measurement_vocabulary", "measurement_code", "unit_source_value")


def number_of(text: Column) -> Column:
    """The number after the comparator, if any; null where the text is not one number and nothing else."""
    from pyspark.sql import functions as F

    number = F.regexp_extract(text, _COMPARATOR + _NUMBER, 2).try_cast("double")
    return F.when(number.between(-_LARGEST, _LARGEST), number)


def _operator(text: Column) -> Column:
    from pyspark.sql import functions as F

    sign = F.regexp_extract(text, _COMPARATOR + _NUMBER, 1)
    return F.nullif(F.coalesce(one_of(_SPELLINGS, sign), sign), F.lit(""))
