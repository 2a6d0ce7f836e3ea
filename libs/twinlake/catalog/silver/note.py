"""A row for each note. Restricted: the text may name the patient, and anybody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.declare.expressions import surrogate_key, visit_key, with_hospital_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CODED = ("note_code", "note_vocabulary", "note_source_value", "note_name")
WRITTEN = ("note_title", "note_text", "note_language", "note_status")


@table(
    grain="a text as one hospital sent it once",
    key=("note_id",),
    required=("note_text", "hospital", "system"),
    from_sources=(*CODED, "note_datetime", *WRITTEN, "visit_source_id", "part"),
    optional=("time_quality",),
    references={"person_id": "person", "visit_occurrence_id": "visit_occurrence"},
    beside=("death",),
    columns=(
        "note_id", "person_id", *CODED, "note_datetime", *WRITTEN, "visit_occurrence_id", "time_quality", "hospital",
        "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def note(rows: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    """A note (OMOP CDM 5.4 NOTE): RESTRICTED, since the text and the title may hold names, addresses and numbers.

    Both are left out of file statistics, and no table made from this one has them. What it cannot tell: one text may
    be two rows, where a hospital sends it as a document and as a report; what was meant but not written.
    """
    return (
        with_hospital_codes(rows, hospitals, "note")
        .withColumn("note_id", surrogate_key("_fact_key", "part"))
        .withColumn("visit_occurrence_id", visit_key())
    )
