# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

from decimal import Decimal

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.silver.concept import concept
from twinlake.catalog.silver.cost import cost
from twinlake.catalog.silver.drug_exposure import drug_exposure
from twinlake.catalog.silver.payer_plan_period import payer_plan_period
from twinlake.catalog.silver.visit_occurrence import visit_occurrence

SOURCE = (
    "event_part:string", "visit_source_id", "claim_source_id:string", "payer_plan_source_id:string",
    "_fact_key:bigint", "part:string",
)  # fmt: skip
ROWS = """
    person_id | hospital | system | _fact_key:bigint | part:string | cost_domain | event_part:string | visit_source_id | claim_source_id:string | payer_plan_source_id:string | total_charge | total_paid | is_replaced | currency_code | incurred_date
    1         | a        | s      | 10               | ''          | Drug        | ''                |                 | k1                     | c1                          | 10.10        | 8.05       | false       | USD           | 2020-01-01
    1         | a        | s      | 11               | ''          | Visit       |                   | v1              | k1                     |                             | 0.20         |            | false       | USD           | 2020-01-01
    1         | a        | s      | 12               | ''          |             |                   | v1              | k2                     |                             |              | 0.0001     |             | USD           | 2020-01-02
"""


def test_money_is_exact_and_names_its_claim(given) -> None:
    actual = cost.build(given(ROWS, (*cost.columns, *SOURCE)))
    expect(actual, """
        person_id | cost_domain | total_charge | total_paid | currency_code | incurred_date
        1         | Drug        | 10.10        | 8.05       | USD           | 2020-01-01
        1         | Visit       | 0.20         |            | USD           | 2020-01-01
        1         |             |              | 0.0001     | USD           | 2020-01-02
    """)  # fmt: skip
    expect_shape(actual, cost)
    rows = actual.collect()
    assert sum(row.total_charge or 0 for row in rows) == Decimal("10.30")
    assert len({row.claim_id for row in rows}) == 2


def test_a_cost_points_to_the_event_of_its_own_record_and_to_its_visit_and_coverage(given) -> None:
    rows = given(ROWS, (*cost.columns, *SOURCE))
    actual = {row.cost_domain: row for row in cost.build(rows).collect()}
    drug = drug_exposure.build(given("""
        hospital | system | _fact_key:bigint | part:string
        a        | s      | 10               | ''
    """, (*drug_exposure.columns, "visit_source_id")), {}, given("concept_id", concept)).first()  # fmt: skip
    visit = visit_occurrence.build(given("""
        hospital | system | visit_source_id
        a        | s      | v1
    """, (*visit_occurrence.columns, "care_site_source_id"))).first()  # fmt: skip
    coverage = payer_plan_period.build(given("""
        hospital | system | payer_plan_source_id:string | _fact_key:bigint | part:string
        a        | s      | c1                          | 99               | ''
    """, (*payer_plan_period.columns, "family_source_id:string")), {}).first()  # fmt: skip
    assert actual["Drug"].cost_event_id == drug.drug_exposure_id
    assert actual["Drug"].payer_plan_period_id == coverage.payer_plan_period_id
    assert actual["Visit"].cost_event_id == visit.visit_occurrence_id
    assert actual[None].cost_event_id is None and actual[None].payer_plan_period_id is None
