"""A row for each source person whom their hospital merged into another of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.expressions import source_person_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PERSON = ("hospital", "system", "source_person_id")
SAID = ("retired_source_person_id", "surviving_source_person_id", "merged_at", "is_in_force")


@table(
    grain="a merge of two source persons, as one record of their hospital tells it",
    key=(*PERSON, "retired_source_person_id", "surviving_source_person_id"),
    unit="source_person_key",
    required=("merged_at", "is_in_force"),
    from_sources=SAID,
    optional=("time_quality",),
    columns=("source_person_key", *PERSON, *SAID, "time_quality", "delivered_at", "_record_id"),
)  # fmt: skip
def person_merge(rows: DataFrame) -> DataFrame:
    """Two source persons whom their hospital knows to be one (HL7 v2 A40 and its kin, FHIR Patient.link).

    Neither need be known: a merge waits for them. It goes when its record is corrected, replaced or withdrawn. What it
    cannot tell: whether the hospital merged the right ones, and whose the facts were that the retired number gathered
    before it was given to somebody else.
    """
    told_at = F.coalesce("merged_at", "known_from")
    return rows.withColumn("source_person_key", source_person_key()).withColumns(
        {"merged_at": told_at, "delivered_at": rows.known_from}
    )
