"""A row for each visit of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlake.declare.expressions import care_site_key, visit_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@table(
    grain="an encounter of a person with one hospital",
    key=("visit_occurrence_id",),
    required=("visit_start_datetime", "hospital", "system"),
    from_sources=(
        "visit_source_id", "visit_code", "visit_source_value", "visit_start_datetime", "visit_end_datetime",
        "visit_reason_code", "visit_reason_vocabulary", "care_site_source_id",
    ),
    optional=("visit_concept_id", "visit_source_concept_id", "time_quality"),
    references={"person_id": "person", "care_site_id": "care_site"},
    beside=("concept", "death"),
    columns=(
        "visit_occurrence_id", "person_id", "visit_code", "visit_source_value", "visit_concept_id",
        "visit_source_concept_id", "visit_start_datetime", "visit_end_datetime", "visit_reason_code",
        "visit_reason_vocabulary", "care_site_id", "time_quality", "hospital", "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def visit_occurrence(rows: DataFrame) -> DataFrame:
    """An encounter (OMOP CDM 5.4 VISIT_OCCURRENCE). A null end may mean that the visit lasts or that nobody said."""
    return rows.withColumn("visit_occurrence_id", visit_key()).withColumn("care_site_id", care_site_key())
