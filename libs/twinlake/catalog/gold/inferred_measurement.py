"""A row for each measured value whose unit was inferred, and not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlake.catalog.unit_inference import UNIT_EVIDENCE_KEY, of_adults
from twinlake.clinical.units import convert_measurements
from twinlake.declare.table import Through, table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

AS_SENT = (
    "measurement_id", "person_id", "measurement_code", "measurement_vocabulary", "measurement_name",
    "measurement_datetime", "value_source_value", "unit_source_value", "visit_occurrence_id", "hospital", "system",
    "known_from",
)  # fmt: skip


@table(
    grain="a measured value that came without a unit, in the unit that its hospital's values tell",
    key=("measurement_id",),
    required=("measurement_code", "measurement_datetime", "value_as_number", "conversion_rule", "hospital"),
    via={"unit_evidence": Through("measurement", on=UNIT_EVIDENCE_KEY, of="unit_evidence_key")},
    references={"person_id": "person"},
    columns=(
        *AS_SENT, "operator", "value_as_number", "unit_code", "conversion_rule", "inferred_unit_code",
        "log10_likelihood_ratio", "unit_evidence_key",
    ),
)  # fmt: skip
def inferred_measurement(measurement: DataFrame, unit_evidence: DataFrame, person: DataFrame) -> DataFrame:
    """Silver never fills in a unit; this does, marked `unit_inferred`, with how much likelier it is than the next.

    What it cannot tell: whether this one value is the exception at a hospital whose other values are in that unit.
    """
    from pyspark.sql import functions as F

    told = unit_evidence.where("inferred_unit_code IS NOT NULL").select(
        "unit_evidence_key", "inferred_unit_code", "log10_likelihood_ratio"
    )
    found = (
        of_adults(measurement, person)
        .join(F.broadcast(told), "unit_evidence_key")
        .withColumnRenamed("unit_source_value", "_sent")
    )
    converted = convert_measurements(found.withColumn("unit_source_value", F.col("inferred_unit_code")), {})
    return (
        converted.withColumn("unit_source_value", F.col("_sent"))
        .where("value_as_number IS NOT NULL")
        .withColumn("conversion_rule", F.lit("unit_inferred"))
    )
