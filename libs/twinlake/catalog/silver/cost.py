"""A row for each line of money: what was charged for an event, what was paid, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.expressions import payer_plan_key, surrogate_key, visit_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

GIVEN = ("cost_domain", "cost_type", "currency_code", "incurred_date")
AMOUNTS = (
    "total_charge", "total_cost", "total_paid", "paid_by_payer", "paid_by_patient", "paid_patient_copay",
    "paid_patient_coinsurance", "paid_patient_deductible", "paid_by_primary", "paid_ingredient_cost",
    "paid_dispensing_fee", "amount_allowed", "amount_disallowed",
)  # fmt: skip
SAID = (
    "billed_date", "paid_date", "revenue_code_source_value", "drg_source_value", "denial_source_value", "is_replaced",
    "claim_line_source_value",
)  # fmt: skip


@table(
    grain="a charge, a payment or both, of one line of a claim as one hospital recorded it once",
    key=("cost_id",),
    required=("cost_type", "currency_code", "incurred_date", "hospital", "system"),
    from_sources=(*GIVEN, "event_part", "visit_source_id", "claim_source_id", "payer_plan_source_id", "part"),
    optional=(*AMOUNTS, *SAID),
    references={"person_id": "person", "payer_plan_period_id": "payer_plan_period"},
    columns=(
        "cost_id", "person_id", "cost_event_id", *GIVEN, *AMOUNTS, *SAID, "claim_id", "payer_plan_period_id",
        "hospital", "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def cost(rows: DataFrame) -> DataFrame:
    """Money (OMOP CDM 5.4 COST, with the days of 6.0 and the person, so that it can be rebuilt by person).

    `cost_event_id` is the visit, or the row that the same record gave the table of `cost_domain`. Amounts of one claim
    add up over its rows where `is_replaced` is not true. What it cannot tell: a charge is not a price and a price not
    an expense; a denied line keeps its charge; what was never billed is missing.
    """
    claim = surrogate_key("hospital", "system", F.lit("claim"), "claim_source_id")
    return (
        rows.withColumn("cost_id", surrogate_key("_fact_key", "part"))
        .withColumn("cost_event_id", F.when(F.col("cost_domain") == "Visit", visit_key()).otherwise(_event()))
        .withColumn("claim_id", F.when(F.col("claim_source_id").isNotNull(), claim))
        .withColumn("payer_plan_period_id", payer_plan_key())
    )


def _event() -> Column:
    """The row that the same record became in the table of its domain, where it became one."""
    return F.when(F.col("event_part").isNotNull(), surrogate_key("_fact_key", "event_part"))
