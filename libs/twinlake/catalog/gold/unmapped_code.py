"""A row for each local code that no vocabulary is known for: the worklist of who maps codes."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.table import table
from twinlake.vocabulary.coding_systems import Vocabulary

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Table → what its code is called, and its day of care.
CODED = {
    "condition_occurrence": ("condition", "condition_start_date"),
    "device_reading": ("measurement", "device_reading_datetime"),
    "drug_exposure": ("drug", "drug_exposure_start_datetime"),
    "measurement": ("measurement", "measurement_datetime"),
    "observation": ("observation", "observation_datetime"),
    "procedure_occurrence": ("procedure", "procedure_datetime"),
}
# A code has no blanks; what has is somebody's words, and they may name a person.
IS_A_CODE = r"^\S{1,50}$"
NAMED = ("unmapped_code_id", "hospital", "system", "silver_table", "source_code")


def _key(name: str) -> str:
    """SQL over a row: its place in the worklist, NULL where its code is one of a vocabulary."""
    stem, _ = CODED[name]
    is_mapped = f"{stem}_code IS NOT NULL AND coalesce({stem}_vocabulary, '{Vocabulary.LOCAL}') <> '{Vocabulary.LOCAL}'"
    return f"CASE WHEN NOT ({is_mapped}) THEN xxhash64(hospital, system, '{name}', {_code(stem)}) END"


def _code(stem: str) -> str:
    return f"CASE WHEN {stem}_source_value RLIKE r'{IS_A_CODE}' THEN {stem}_source_value END"


@table(
    grain="a code of its own that a hospital writes into one table by one system",
    key=("unmapped_code_id",),
    unit="unmapped_code_id",
    required=("hospital", "system", "silver_table", "row_count", "person_count", "first_seen_date", "last_seen_date"),
    columns=(
        *NAMED, "source_code_description", "row_count", "person_count", "first_seen_date", "last_seen_date",
    ),
    via={name: _key(name) for name in CODED},
)  # fmt: skip
def unmapped_code(
    condition_occurrence: DataFrame,
    device_reading: DataFrame,
    drug_exposure: DataFrame,
    measurement: DataFrame,
    observation: DataFrame,
    procedure_occurrence: DataFrame,
) -> DataFrame:
    """How often, by how many persons and when each unmapped code was used; [codes] of hospital.toml takes it off.

    What it cannot tell: whether a code that is mapped is mapped well. Words without a code are counted, not shown: they
    may be free text.
    """
    given = (condition_occurrence, device_reading, drug_exposure, measurement, observation, procedure_occurrence)
    rows = reduce(lambda a, b: a.union(b), map(_unmapped, CODED, given))
    return rows.groupBy(*NAMED).agg(
        F.mode("words", True).alias("source_code_description"), F.count("*").alias("row_count"),
        F.countDistinct("person_id").alias("person_count"), F.min("day").alias("first_seen_date"),
        F.max("day").alias("last_seen_date"),
    )  # fmt: skip


def _unmapped(name: str, rows: DataFrame) -> DataFrame:
    stem, moment = CODED[name]
    code = F.expr(_code(stem))
    return (
        rows.withColumn("unmapped_code_id", F.expr(_key(name)))
        .where("unmapped_code_id IS NOT NULL")
        .select(
            "unmapped_code_id", "hospital", "system", F.lit(name).alias("silver_table"), code.alias("source_code"),
            F.when(code.isNotNull(), F.col(f"{stem}_name")).alias("words"), F.to_date(moment).alias("day"), "person_id",
        )
    )  # fmt: skip
