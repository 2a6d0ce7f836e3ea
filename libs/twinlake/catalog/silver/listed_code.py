"""A row for each entry of the lists of codes that are published for a year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlake.declare.expressions import surrogate_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TOLD = ("vocabulary_id", "concept_code", "concept_name", "fiscal_year", "list_start_date", "is_billable")


@table(
    grain="a code in one published list",
    key=("listed_code_id",),
    unit="listed_code_id",
    required=("vocabulary_id", "concept_code", "fiscal_year", "list_start_date", "is_billable"),
    from_sources=TOLD,
    columns=("listed_code_id", *TOLD, "hospital", "system", "known_from", "_record_id"),
)
def listed_code(rows: DataFrame) -> DataFrame:
    """Codes as CMS publishes them for bills of a fiscal year of the United States; two lists may hold one code.

    What it cannot tell: codes of years whose list nobody delivered.
    """
    return rows.withColumn("listed_code_id", surrogate_key("_fact_key"))
