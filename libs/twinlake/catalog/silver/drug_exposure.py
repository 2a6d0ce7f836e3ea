"""A row for each order, administration or dispensing of a drug, and each immunisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.declare.codes import through_codes, with_concepts
from twinlake.declare.expressions import surrogate_key, visit_key, with_hospital_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CODED = ("drug_code", "drug_vocabulary", "drug_source_value", "drug_name")
CONCEPTS = ("drug_concept_id", "drug_source_concept_id")
GIVEN = (
    "drug_exposure_start_datetime", "drug_exposure_end_datetime", "drug_type", "drug_status", "dose_source_value",
    "dose_unit_source_value", "route_source_value",
)  # fmt: skip


@table(
    grain="an order, administration or dispensing of one drug as one hospital recorded it",
    key=("drug_exposure_id",),
    required=("drug_exposure_start_datetime", "drug_type", "hospital", "system"),
    from_sources=(*CODED, *GIVEN, "visit_source_id", "part"),
    optional=("is_course_over", *CONCEPTS, "time_quality"),
    via={"concept": through_codes("drug_exposure", ("drug_vocabulary", "drug_code"))},
    references={"person_id": "person", "visit_occurrence_id": "visit_occurrence"},
    beside=("death",),
    columns=(
        "drug_exposure_id", "person_id", *CODED, *CONCEPTS, *GIVEN, "is_course_over", "visit_occurrence_id",
        "time_quality", "hospital", "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def drug_exposure(rows: DataFrame, hospitals: Mapping[str, Hospital], concept: DataFrame) -> DataFrame:
    """An exposure to a drug (OMOP CDM 5.4 DRUG_EXPOSURE); `drug_type` says how it is known.

    What it cannot tell: an order is not a swallowed pill.
    """
    return (
        with_concepts(with_hospital_codes(rows, hospitals, "drug"), concept, "drug")
        .withColumn("drug_exposure_id", surrogate_key("_fact_key", "part"))
        .withColumn("visit_occurrence_id", visit_key())
    )
