"""A row for each place of care of each hospital."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlake.declare.expressions import place_key, surrogate_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@table(
    grain="a place of care as one hospital knows it",
    key=("care_site_id",),
    unit="care_site_id",
    required=("hospital", "system"),
    from_sources=("care_site_source_id", "care_site_name", "city", "state", "postal_code_prefix"),
    columns=(
        "care_site_id", "care_site_source_id", "care_site_name", "city", "state", "postal_code_prefix", "location_id",
        "hospital", "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def care_site(rows: DataFrame) -> DataFrame:
    """A place of care (OMOP CDM 5.4 CARE_SITE). Two hospitals that name the same building are two care sites."""
    key = surrogate_key("hospital", "system", "care_site_source_id")
    return rows.withColumn("care_site_id", key).withColumn("location_id", place_key())
