"""A rule says what it means, or says what is wrong with it."""

from __future__ import annotations

import pytest

from twinlake.declare.errors import DeclarationError
from twinlake.declare.rule import Rule, referring, row, whole


def test_a_rule_knows_the_columns_it_reads():
    rule = row("in_order", "coalesce(ended, begun) >= begun AND state <> 'gone away'", "it ends after it begins")
    assert rule.columns == ("ended", "begun", "state")


def test_words_in_capitals_texts_and_numbers_are_no_columns():
    rule = row("r", "CAST(a AS DOUBLE) < 1.5e308 AND b = 'c.d and e' AND year(f) > 1", "words")
    assert rule.columns == ("a", "b", "f")


def test_a_reference_keeps_own_and_other_columns_apart():
    rule = referring("r", "seen >= person.birth_date", "seen alive", to="person", on="person_id", kahn="plausibility")
    assert (rule.columns, rule.referred_columns) == (("seen",), ("birth_date",))


def test_an_expectation_names_its_columns():
    rule = whole("key", "expect_compound_columns_to_be_unique", "one each", kahn="conformance", column_list=["a", "b"])
    assert rule.columns == ("a", "b")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "Has Spaces"}, "small letters"),
        ({"meaning": " "}, "no meaning"),
        ({"kahn": "beauty"}, "kahn is 'beauty'"),
        ({"severity": "deadly"}, "severity is 'deadly'"),
        ({"kind": "cell"}, "kind is 'cell'"),
        ({"calendar": "lunar"}, "calendar is 'lunar'"),
        ({"expression": ""}, "needs an expression"),
        ({"expression": "1 = 1"}, "cannot fail"),
        ({"expression": "(a > 1"}, "balanced"),
        ({"expression": "a IN (SELECT b FROM c)"}, "no query"),
        ({"expression": "a = person.b"}, "looks into person"),
        ({"expression": "a > max(a) over (order by b)"}, "say it with `among`"),
        ({"mostly": 0.9}, "mostly must be 1"),
        ({"mostly": 1.5}, "mostly is 1.5"),
        ({"expectation": "be_good"}, "no type of Great Expectations"),
    ],
)
def test_a_wrong_rule_is_refused(changes: dict, says: str):
    good = {"name": "r", "meaning": "a is 1", "kind": "row", "kahn": "conformance", "severity": "fatal"}
    with pytest.raises(DeclarationError, match=says):
        Rule(**{**good, "expression": "a = 1", **changes})


def test_every_fault_is_listed_at_once():
    with pytest.raises(DeclarationError, match="no meaning.*severity.*needs an expression"):
        Rule("r", "", "row", "conformance", "deadly")


def test_a_table_rule_says_one_thing():
    with pytest.raises(DeclarationError, match="one of them"):
        Rule("r", "m", "table", "conformance", "warn")
