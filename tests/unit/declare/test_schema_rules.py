"""What a schema says becomes rules, so that nobody writes them."""

from __future__ import annotations

from twinlake.catalog.empi.source_person import source_person
from twinlake.catalog.silver.visit_occurrence import visit_occurrence
from twinlake.declare.rule import Rule
from twinlake.declare.schema_rules import schema_rules


def _rules(table) -> dict[str, Rule]:
    return {rule.name: rule for rule in schema_rules(table)}


def test_the_key_is_unique_and_fatal():
    one, several = _rules(visit_occurrence)["key_unique"], _rules(source_person)["key_unique"]
    assert (one.severity, one.expectation) == ("fatal", "expect_column_values_to_be_unique")
    assert several.columns == ("hospital", "system", "source_person_id")


def test_a_required_column_must_be_there_and_another_must_not_be_all_null():
    rules = _rules(visit_occurrence)
    assert rules["visit_start_datetime_present"].expression == "visit_start_datetime IS NOT NULL"
    assert "visit_end_datetime_present" not in rules
    assert rules["visit_end_datetime_not_all_null"].severity == "warn"


def test_a_column_that_few_sources_can_give_may_be_all_null():
    assert "visit_concept_id" in visit_occurrence.optional
    assert "visit_concept_id_not_all_null" not in _rules(visit_occurrence)


def test_bounds_are_inclusive():
    assert (
        _rules(source_person)["year_of_birth_in_bounds"].expression == "year_of_birth >= 1850 AND year_of_birth <= 2300"
    )


def test_an_unknown_code_is_flagged_and_an_unknown_category_of_ours_is_quarantined():
    assert _rules(visit_occurrence)["visit_code_in_categories"].severity == "warn"
    assert _rules(source_person)["sex_in_categories"].severity == "fatal"
    assert _rules(source_person)["sex_in_categories"].expression == "sex IN ('male', 'female', 'other', 'unknown')"
