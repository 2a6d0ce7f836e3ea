"""A row for each place of care of each hospital."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlake.declare.expressions import care_site_key, place_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@table(
    grain="a place of care as one hospital knows it",
    key=("care_site_id",),
    unit="care_site_id",
    required=("hospital", "system"),
    from_sources=("care_site_source_id", "care_site_name", "city", "state", "postal_code_prefix"),
    optional=("care_site_type_code", "bed_count"),
    columns=(
        "care_site_id", "care_site_source_id", "care_site_name", "care_site_type_code", "bed_count", "city", "state",
        "postal_code_prefix", "location_id", "hospital", "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def care_site(rows: DataFrame) -> DataFrame:
    """A place of care (OMOP CDM 5.4 CARE_SITE). Two hospitals that name the same building are two care sites."""
    return rows.withColumn("care_site_id", care_site_key()).withColumn("location_id", place_key())
