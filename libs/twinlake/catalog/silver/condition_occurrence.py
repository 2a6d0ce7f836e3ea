"""A row for each recording of a condition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.declare.codes import through_codes, through_lists, with_billability, with_concepts
from twinlake.declare.expressions import surrogate_key, visit_key, with_hospital_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CODED = ("condition_code", "condition_vocabulary", "condition_source_value", "condition_name")
CONCEPTS = ("condition_concept_id", "condition_source_concept_id")

# The condition types whose date is that of the service they were coded for.
OF_SERVICE = ("claim", "encounter")


@table(
    grain="a condition as one hospital recorded it once",
    key=("condition_occurrence_id",),
    required=("condition_source_value", "condition_start_date", "hospital", "system"),
    from_sources=(*CODED, "condition_start_date", "condition_end_date", "visit_source_id", "part"),
    optional=("condition_type", "is_condition_over", *CONCEPTS, "is_billable_at_service"),
    via={
        "concept": through_codes("condition_occurrence", ("condition_vocabulary", "condition_code")),
        "listed_code": through_lists("condition_occurrence", "condition", "condition_start_date"),
    },
    references={"person_id": "person", "visit_occurrence_id": "visit_occurrence"},
    beside=("death",),
    columns=(
        "condition_occurrence_id", "person_id", "condition_type", *CODED, *CONCEPTS, "is_billable_at_service",
        "condition_start_date", "condition_end_date", "is_condition_over", "visit_occurrence_id", "hospital", "system",
        "known_from", "_record_id",
    ),
)  # fmt: skip
def condition_occurrence(
    rows: DataFrame, hospitals: Mapping[str, Hospital], concept: DataFrame, listed_code: DataFrame
) -> DataFrame:
    """A recorded condition (OMOP CDM 5.4 CONDITION_OCCURRENCE).

    What it cannot tell: a billing diagnosis may be a suspicion; absence of a row is no proof of absence.
    """
    from pyspark.sql import functions as F

    coded = with_concepts(with_hospital_codes(rows, hospitals, "condition"), concept, "condition")
    day_of_service = F.when(F.col("condition_type").isin(*OF_SERVICE), F.col("condition_start_date"))
    return (
        with_billability(coded, listed_code, "condition", day_of_service)
        .withColumn("condition_occurrence_id", surrogate_key("_fact_key", "part"))
        .withColumn("visit_occurrence_id", visit_key())
    )
