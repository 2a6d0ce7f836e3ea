"""A row for each concept of the OHDSI vocabularies that somebody delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TOLD = (
    "concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_class_id", "standard_concept", "concept_code",
    "valid_start_date", "valid_end_date", "invalid_reason", "standard_concept_ids",
)  # fmt: skip


@table(
    grain="a concept as one delivery of the vocabularies tells it",
    key=("concept_id", "hospital", "system"),
    unit="concept_id",
    required=("vocabulary_id", "concept_code"),
    from_sources=TOLD,
    columns=(*TOLD, "is_preferred", "hospital", "system", "known_from", "_record_id"),
)
def concept(rows: DataFrame) -> DataFrame:
    """A concept (OMOP CDM 5.4 CONCEPT) with what it is mapped to; silver's facts take their concept ids from here.

    Where several bear one code of one vocabulary, the valid one is preferred, then one that tells its mapping (a site's
    CONCEPT alone does not), then the one valid longest, begun last.
    What it cannot tell: whether a mapping fits the patient; the licence of a vocabulary binds whoever delivers it.
    """
    order = Window.partitionBy("vocabulary_id", "concept_code").orderBy(
        F.col("invalid_reason").isNotNull(), F.col("standard_concept_ids").isNull(), F.desc("valid_end_date"),
        F.desc("valid_start_date"), F.desc("known_from"), "concept_id", "hospital", "system",
    )  # fmt: skip
    return rows.withColumn("is_preferred", F.row_number().over(order) == 1)
