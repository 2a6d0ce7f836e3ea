"""A row for each recording of a condition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.declare.expressions import surrogate_key, visit_key, with_hospital_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CODED = ("condition_code", "condition_vocabulary", "condition_source_value", "condition_name")
CONCEPTS = ("condition_concept_id", "condition_source_concept_id")


@table(
    grain="a condition as one hospital recorded it once",
    key=("condition_occurrence_id",),
    required=("condition_source_value", "condition_start_date", "hospital", "system"),
    from_sources=(*CODED, "condition_start_date", "condition_end_date", "visit_source_id", "part"),
    optional=("condition_type", *CONCEPTS),
    references={"person_id": "person", "visit_occurrence_id": "visit_occurrence"},
    columns=(
        "condition_occurrence_id", "person_id", "condition_type", *CODED, *CONCEPTS, "condition_start_date",
        "condition_end_date", "visit_occurrence_id", "hospital", "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def condition_occurrence(rows: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    """A recorded condition (OMOP CDM 5.4 CONDITION_OCCURRENCE).

    What it cannot tell: a billing diagnosis may be a suspicion; absence of a row is no proof of absence.
    """
    return (
        with_hospital_codes(rows, hospitals, "condition")
        .withColumn("condition_occurrence_id", surrogate_key("_fact_key", "part"))
        .withColumn("visit_occurrence_id", visit_key())
    )
