"""The header of OMOP's CONCEPT table, which Athena and every CDM share, and how its records become concepts."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._rows import shaped

HEADER = (
    "concept_id,concept_name,domain_id,vocabulary_id,concept_class_id,standard_concept,concept_code,valid_start_date,"
    "valid_end_date,invalid_reason"
)


def concepts(rows: DataFrame, mapped_to: Column | None = None) -> DataFrame:
    """Concepts with what they are `mapped_to`; where that is null a standard concept is its own."""
    itself = F.when(F.col("standard_concept") == "S", F.array(F.col("concept_id").try_cast("bigint")))
    told = {name: name for name in HEADER.split(",")}
    days = {name: _day(name) for name in ("valid_start_date", "valid_end_date")}
    targets = itself if mapped_to is None else F.coalesce(mapped_to, itself)
    return shaped(rows, **{**told, **days}, standard_concept_ids=targets)


def _day(column: str) -> Column:
    """Athena writes 19700101, other exports 1970-01-01."""
    return F.regexp_replace(column, "^([0-9]{4})-?([0-9]{2})-?([0-9]{2})$", "$1-$2-$3")
