"""Insurance and money: OMOP CDM 5.4 PAYER_PLAN_PERIOD and COST, and how a fact is known where a claim implies it."""

from __future__ import annotations

from twinlake.vocabulary.field import Field
from twinlake.vocabulary.fields.silver import VOCABULARIES

MONEY = "decimal(19,4)"
# OMOP's type concepts of the same words (32840 EHR problem list, 32827 EHR encounter record, 32817 EHR, 32810 Claim).
KNOWN_BY = ("problem_list", "encounter", "ehr", "claim")
# The hospital itself has not confirmed it (FHIR: provisional, unconfirmed).
SUSPECTED = "suspected"
DOMAINS = ("Visit", "Condition", "Procedure", "Drug", "Device", "Measurement", "Observation")


def _coded(stem: str, what: str) -> tuple[Field, ...]:
    return (
        Field(f"{stem}_code", "string", f"{what}, in `{stem}_vocabulary`; null where nothing maps the hospital's own"),
        Field(f"{stem}_vocabulary", "string", f"Coding system of `{stem}_code`", categories=VOCABULARIES),
        Field(f"{stem}_source_value", "string", f"{what}, the code as the hospital wrote it"),
        Field(f"{stem}_name", "string", f"{what}, in the hospital's words"),
    )


def _amount(name: str, meaning: str) -> Field:
    return Field(name, MONEY, f"{meaning}, in `currency_code`; null where nobody said")


PAGE = (
    Field(
        "condition_type",
        "string",
        "How the condition is known, or that it is only suspected; null where not told",
        categories=(*KNOWN_BY, SUSPECTED),
    ),
    Field("procedure_type", "string", "How the procedure is known; null where not told", categories=KNOWN_BY),
    Field("payer_plan_period_id", "bigint", "One coverage of a person, as one hospital recorded it"),
    Field("payer_plan_period_start_date", "date", "First day of the coverage; null where unknown"),
    Field("payer_plan_period_end_date", "date", "Last day of the coverage; null while it lasts or is unknown"),
    *_coded("payer", "Payer"),
    *_coded("plan", "Plan of the payer"),
    *_coded("sponsor", "Who finances the plan (an employer, a government, the person)"),
    *_coded("stop_reason", "Why the coverage ended"),
    Field("family_id", "bigint", "The policy: persons who are insured under one share it"),
    Field("policy_holder_source_value", "string", "Whose policy it is, seen from the person (self, spouse, guardian)"),
    Field("cost_id", "bigint", "One line of money of a claim: a charge, a payment, or both"),
    Field("cost_event_id", "bigint", "The row of the `cost_domain`'s table that was paid for; null where not told"),
    Field("cost_domain", "string", "Kind of event that was paid for, OMOP's domain", categories=DOMAINS),
    Field("cost_type", "string", "How the cost is known", categories=KNOWN_BY),
    Field("currency_code", "string", "Currency of the amounts, ISO 4217"),
    Field("incurred_date", "date", "Day of the service that the money is for"),
    Field("billed_date", "date", "Day the claim was received or last billed"),
    Field("paid_date", "date", "Day the claim was paid"),
    _amount("total_charge", "What the provider charged"),
    _amount("total_cost", "What it cost the provider"),
    _amount("total_paid", "What was paid by everybody together"),
    _amount("paid_by_payer", "What all payers paid"),
    _amount("paid_by_patient", "What the patient paid, copay, coinsurance and deductible included"),
    _amount("paid_patient_copay", "The patient's fixed share"),
    _amount("paid_patient_coinsurance", "The patient's share in percent"),
    _amount("paid_patient_deductible", "What the patient paid before the plan began to pay"),
    _amount("paid_by_primary", "What the first payer paid"),
    _amount("paid_ingredient_cost", "Of a drug, what its substance cost"),
    _amount("paid_dispensing_fee", "Of a drug, what dispensing it cost"),
    _amount("amount_allowed", "What the payer's contract allows for the service"),
    _amount("amount_disallowed", "What was taken off the charge: disallowed, discounted or written off"),
    Field("revenue_code_source_value", "string", "Revenue centre (NUBC) as it was billed"),
    Field("drg_source_value", "string", "Diagnosis related group as it was billed"),
    Field("denial_source_value", "string", "Why the payer refused to pay, or to pay all, as the payer wrote it"),
    Field("is_replaced", "boolean", "Whether a later claim replaced or voided this one: its money no longer counts"),
    Field("claim_id", "bigint", "One claim: its lines and payments share it"),
    Field("claim_line_source_value", "string", "Number of the line within its claim, as it came"),
)
