# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

from types import SimpleNamespace

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.silver.payer_plan_period import payer_plan_period

TOLD = (
    *payer_plan_period.columns,
    "payer_plan_source_id:string",
    "family_source_id:string",
    "_fact_key:bigint",
    "part:string",
)
ROWS = """
    person_id | hospital | system | payer_plan_source_id:string | family_source_id:string | _fact_key:bigint | part:string | payer_source_value | payer_code | payer_vocabulary | payer_plan_period_start_date | payer_plan_period_end_date
    1         | a        | s      | c1                          | f1                      | 10               |             | GOV1               | GOV1       | local            | 2020-01-01                   | 2020-12-31
    2         | a        | s      | c2                          | f1                      | 11               |             | GOV1               | GOV1       | local            |                              |
    3         | b        | s      |                             |                         | 12               | first       | X                  | X          | local            | 2020-01-01                   |
    3         | b        | s      |                             |                         | 12               | second      | Y                  | Y          | local            | 2020-01-01                   |
"""


def test_a_coverage_is_one_row_and_keeps_what_is_unknown_unknown(given) -> None:
    actual = payer_plan_period.build(given(ROWS, TOLD), {})
    expect(actual, """
        person_id | hospital | payer_code | payer_source_value | payer_plan_period_start_date | payer_plan_period_end_date | plan_code
        1         | a        | GOV1       | GOV1               | 2020-01-01                   | 2020-12-31                 |
        2         | a        | GOV1       | GOV1               |                              |                            |
        3         | b        | X          | X                  | 2020-01-01                   |                            |
        3         | b        | Y          | Y                  | 2020-01-01                   |                            |
    """)  # fmt: skip
    assert actual.select("payer_plan_period_id").distinct().count() == 4
    expect_shape(actual, payer_plan_period)


def test_persons_under_one_policy_share_a_family_and_its_number_is_not_shown(given) -> None:
    rows = payer_plan_period.build(given(ROWS, TOLD), {}).select("person_id", "family_id").distinct().collect()
    family = {row.person_id: row.family_id for row in rows}
    assert family[1] == family[2] is not None and family[3] is None
    assert "family_source_id" not in payer_plan_period.columns


def test_a_hospitals_own_code_of_a_payer_is_mapped_by_its_hospital_toml(given) -> None:
    hospital = SimpleNamespace(code_pairs={"GOV1": ("HCPCS", "G0000")})
    expect(payer_plan_period.build(given(ROWS, TOLD), {"a": hospital}), """
        hospital | payer_source_value | payer_vocabulary | payer_code
        a        | GOV1               | HCPCS            | G0000
        a        | GOV1               | HCPCS            | G0000
        b        | X                  | local            | X
        b        | Y                  | local            | Y
    """)  # fmt: skip
