"""Money has an amount, a person, and parts that are not above the whole."""

from __future__ import annotations

from expectations.references import person_exists
from expectations.times import not_before_birth, not_in_future
from twinlake.declare.rule import referring, row

CENT = "0.01"

RULES = (
    row(
        "some_amount",
        "COALESCE(total_charge, total_cost, total_paid, amount_allowed, amount_disallowed) IS NOT NULL",
        "at least one amount could be read",
        kahn="completeness",
    ),
    row(
        "paid_not_above_charge",
        f"total_charge < 0 OR total_paid <= total_charge + {CENT}",
        "no more was paid than was charged",
        severity="warn",
    ),
    row(
        "shares_not_above_paid",
        f"total_paid < 0 OR COALESCE(paid_by_payer, 0) + COALESCE(paid_by_patient, 0) <= total_paid + {CENT}",
        "the payers' and the patient's share are not above what was paid",
        severity="warn",
    ),
    row(
        "copay_not_above_patients_share",
        f"paid_by_patient < 0 OR paid_patient_copay <= paid_by_patient + {CENT}",
        "the copay is not above what the patient paid",
        severity="warn",
    ),
    not_in_future("incurred_date", severity="warn"),
    not_before_birth("incurred_date"),
    person_exists(),
    referring(
        "payer_plan_period_exists",
        "CASE WHEN payer_plan_period_id IS NOT NULL THEN payer_plan_period.payer_plan_period_id IS NOT NULL END",
        "the coverage that a row names is in payer_plan_period",
        to="payer_plan_period",
        on="payer_plan_period_id",
        kahn="conformance",
    ),
)
