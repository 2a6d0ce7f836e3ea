"""Concepts and lists of codes as their publishers deliver them, and the local codes that nobody has mapped yet."""

from __future__ import annotations

from twinlake.vocabulary.field import Field

TABLES = (
    "condition_occurrence", "device_reading", "drug_exposure", "measurement", "observation", "procedure_occurrence",
)  # fmt: skip

PAGE = (
    Field("unmapped_code_id", "bigint", "One local code of one hospital, system and table"),
    Field("silver_table", "string", "The table of silver whose rows bear the code", categories=TABLES),
    Field("source_code", "string", "The code as the hospital wrote it; null stands for all rows without one"),
    Field("source_code_description", "string", "The system's own words for the code, the most frequent ones"),
    Field("row_count", "bigint", "Rows that bear the code", minimum=1),
    Field("person_count", "bigint", "Persons who bear the code", minimum=1),
    Field("first_seen_date", "date", "First day of care with the code, UTC"),
    Field("last_seen_date", "date", "Last day of care with the code, UTC"),
)
