"""A row for each coverage of a person by a payer's plan."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.expressions import payer_plan_key, surrogate_key, with_hospital_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STEMS = ("payer", "plan", "sponsor", "stop_reason")
CODED = tuple(f"{stem}_{kind}" for stem in STEMS for kind in ("code", "vocabulary", "source_value", "name"))
PERIOD = ("payer_plan_period_start_date", "payer_plan_period_end_date")
TOLD = ("payer_source_value",)


@table(
    grain="a coverage of a person by a plan, as one hospital recorded it once",
    key=("payer_plan_period_id",),
    required=("payer_source_value", "hospital", "system"),
    from_sources=("payer_plan_source_id", *PERIOD, *TOLD, "family_source_id", "part"),
    optional=(*(c for c in CODED if c not in TOLD), "policy_holder_source_value"),
    references={"person_id": "person"},
    columns=(
        "payer_plan_period_id", "person_id", *PERIOD, *CODED, "family_id", "policy_holder_source_value", "hospital",
        "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def payer_plan_period(rows: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    """A time of insurance (OMOP CDM 5.4 PAYER_PLAN_PERIOD); a member's number is an identifier and stays in bronze.

    What it cannot tell: whether two rows are one coverage that a system wrote twice (Synthea writes one for each
    claim), or two that overlap. OMOP wants both dates; here an unknown one is null.
    """
    family = surrogate_key("hospital", "system", F.lit("family"), "family_source_id")
    return (
        reduce(lambda coded, stem: with_hospital_codes(coded, hospitals, stem), STEMS, rows)
        .withColumn("payer_plan_period_id", F.coalesce(payer_plan_key(), surrogate_key("_fact_key", "part")))
        .withColumn("family_id", F.when(F.col("family_source_id").isNotNull(), family))
    )
