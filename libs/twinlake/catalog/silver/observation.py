"""A row for each observed fact that is not measured in a unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.declare.codes import through_codes, with_concepts, with_value_concept
from twinlake.declare.expressions import surrogate_key, visit_key, with_hospital_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CODED = ("observation_code", "observation_vocabulary", "observation_source_value", "observation_name")
CONCEPTS = ("observation_concept_id", "observation_source_concept_id", "value_as_concept_id", "unit_concept_id")
CODES = (("observation_vocabulary", "observation_code"), ("value_vocabulary", "value_code"))
VALUE = ("value_source_value", "value_as_string", "value_code", "value_vocabulary", "unit_source_value")


@table(
    grain="a fact (survey answer, social history) as one hospital recorded it once",
    key=("observation_id",),
    required=("observation_source_value", "observation_datetime", "hospital", "system"),
    from_sources=(*CODED, "observation_datetime", *VALUE, "visit_source_id", "part"),
    optional=(*CONCEPTS, "time_quality"),
    via={"concept": through_codes("observation", *CODES)},
    references={"person_id": "person", "visit_occurrence_id": "visit_occurrence"},
    beside=("death",),
    columns=(
        "observation_id", "person_id", *CODED, *CONCEPTS, "observation_datetime", *VALUE, "visit_occurrence_id",
        "time_quality", "hospital", "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def observation(rows: DataFrame, hospitals: Mapping[str, Hospital], concept: DataFrame) -> DataFrame:
    """A fact that is not measured in a unit (OMOP CDM 5.4 OBSERVATION)."""
    return (
        with_value_concept(
            with_concepts(with_hospital_codes(rows, hospitals, "observation"), concept, "observation"), concept
        )
        .withColumn("observation_id", surrogate_key("_fact_key", "part"))
        .withColumn("visit_occurrence_id", visit_key())
    )
