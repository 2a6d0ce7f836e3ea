"""A row for each procedure done to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.declare.codes import local_day, through_codes, through_lists, with_billability, with_concepts
from twinlake.declare.expressions import surrogate_key, visit_key, with_hospital_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CODED = ("procedure_code", "procedure_vocabulary", "procedure_source_value", "procedure_name")
CONCEPTS = ("procedure_concept_id", "procedure_source_concept_id")


@table(
    grain="a procedure as one hospital recorded it once",
    key=("procedure_occurrence_id",),
    required=("procedure_source_value", "procedure_datetime", "hospital", "system"),
    from_sources=(*CODED, "procedure_datetime", "procedure_end_datetime", "visit_source_id", "part"),
    optional=("procedure_type", *CONCEPTS, "is_billable_at_service", "time_quality"),
    via={
        "concept": through_codes("procedure_occurrence", ("procedure_vocabulary", "procedure_code")),
        "listed_code": through_lists("procedure_occurrence", "procedure", "procedure_datetime"),
    },
    references={"person_id": "person", "visit_occurrence_id": "visit_occurrence"},
    beside=("death",),
    columns=(
        "procedure_occurrence_id", "person_id", "procedure_type", *CODED, *CONCEPTS, "is_billable_at_service",
        "procedure_datetime", "procedure_end_datetime", "visit_occurrence_id", "time_quality", "hospital",
        "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def procedure_occurrence(
    rows: DataFrame, hospitals: Mapping[str, Hospital], concept: DataFrame, listed_code: DataFrame
) -> DataFrame:
    """A procedure (OMOP CDM 5.4 PROCEDURE_OCCURRENCE); where only a day is known the time is midnight UTC."""
    coded = with_concepts(with_hospital_codes(rows, hospitals, "procedure"), concept, "procedure")
    return (
        with_billability(coded, listed_code, "procedure", local_day("procedure_datetime", hospitals))
        .withColumn("procedure_occurrence_id", surrogate_key("_fact_key", "part"))
        .withColumn("visit_occurrence_id", visit_key())
    )
