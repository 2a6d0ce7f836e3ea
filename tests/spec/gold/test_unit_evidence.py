# ruff: noqa: E501 (drawn tables are wide)
"""A unit that did not come is inferred from where a hospital's values lie, and never on weak evidence."""

from __future__ import annotations

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.gold.unit_evidence import unit_evidence


def test_a_unit_is_named_where_the_values_tell_it_and_nowhere_else(evidence) -> None:
    expect(evidence, """
        hospital | measurement_code | unit_source_value | evidence_count | inferred_unit_code | other_unit_code
        a        | 2345-7           |                   | 6           | mg/dL              | mmol/L
        b        | 2345-7           | units             | 6           | mmol/L             | g/L
        c        | 2345-7           |                   | 4           |                    |
        d        | 2345-7           |                   | 6           |                    |
        e        | 2345-7           |                   | 1           |                    |
    """)  # fmt: skip
    expect_shape(evidence, unit_evidence)
    assert all(row.log10_likelihood_ratio >= 2 for row in evidence.where("inferred_unit_code is not null").collect())


def test_the_order_and_partitions_of_the_values_change_nothing(measured, people, evidence) -> None:
    again = unit_evidence.build(measured.orderBy("value_source_value").repartition(5), people)
    assert sorted(map(str, again.select(*evidence.columns).collect())) == sorted(map(str, evidence.collect()))
