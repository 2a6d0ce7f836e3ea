"""Values that came without a unit, or with one that is none: which they are, and the groups they are judged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

WITHOUT_UNIT = (
    "(measurement_vocabulary = 'LOINC' AND value_as_number IS NULL AND conversion_rule IN "
    "('unit_missing', 'unit_unknown'))"
)
"""SQL over a measurement: a number whose unit nobody knows."""

UNIT_EVIDENCE_KEY = (
    f"CASE WHEN {WITHOUT_UNIT} THEN xxhash64(hospital, measurement_code, ifnull(unit_source_value, '')) END"
)
"""SQL over a measurement: the group whose values tell together what unit they are in; null where the unit is known."""


def of_adults(measurement: DataFrame, person: DataFrame) -> DataFrame:
    """The values without a unit of persons who were grown up: what is typical is known of adults only."""
    from pyspark.sql import functions as F

    without = measurement.where(WITHOUT_UNIT).withColumn("unit_evidence_key", F.expr(UNIT_EVIDENCE_KEY))
    born = without.join(person.select("person_id", "year_of_birth"), "person_id")
    return born.where(F.year("measurement_datetime") - F.col("year_of_birth") > 18).drop("year_of_birth")
