"""A row for each measured value, converted to one unit a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.clinical.units import convert_measurements
from twinlake.declare.codes import through_codes, with_concepts, with_unit_concept
from twinlake.declare.expressions import surrogate_key, visit_key, with_hospital_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CODED = ("measurement_code", "measurement_vocabulary", "measurement_source_value", "measurement_name")
CONCEPTS = ("measurement_concept_id", "measurement_source_concept_id", "value_as_concept_id", "unit_concept_id")
CODES = (("measurement_vocabulary", "measurement_code"), ("'UCUM'", "unit_code"))
OPTIONAL = (*CONCEPTS, "time_quality")
AS_IT_CAME = ("value_source_value", "unit_source_value", "range_low_source_value", "range_high_source_value")
FROM_SOURCES = (*CODED, "measurement_datetime", *AS_IT_CAME, "visit_source_id", "part")
COLUMNS = (
    "measurement_id", "person_id", *CODED, *CONCEPTS, "measurement_datetime", "operator", "value_as_number",
    "value_as_string", "unit_code", *AS_IT_CAME, "unit_source_code", "conversion_rule", "visit_occurrence_id",
    "time_quality", "hospital", "system", "known_from", "_record_id",
)  # fmt: skip


@table(
    grain="a measured value as one hospital recorded it once",
    key=("measurement_id",),
    required=("measurement_source_value", "measurement_datetime", "conversion_rule", "hospital", "system"),
    from_sources=FROM_SOURCES,
    optional=OPTIONAL,
    via={"concept": through_codes("measurement", *CODES)},
    references={"person_id": "person", "visit_occurrence_id": "visit_occurrence"},
    beside=("death",),
    columns=COLUMNS,
)
def measurement(rows: DataFrame, hospitals: Mapping[str, Hospital], concept: DataFrame) -> DataFrame:
    """A measured value (OMOP CDM 5.4 MEASUREMENT), raw beside converted.

    What it cannot tell: a value whose unit is missing or unknown has no number; `conversion_rule` says so.
    """
    coded = with_concepts(with_hospital_codes(rows, hospitals, "measurement"), concept, "measurement")
    local_units = {name: hospital.units for name, hospital in hospitals.items()}
    return (
        with_unit_concept(convert_measurements(coded, local_units), concept)
        .withColumn("measurement_id", surrogate_key("_fact_key", "part"))
        .withColumn("visit_occurrence_id", visit_key())
    )
