"""What becomes of registrations that lie: each has a stated outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.unit.engine.test_linkage import ANN, MOVED, NO_IDENTIFIER, STRANGER, TWIN, other, table
from twinlake.catalog.identity import identity
from twinlake.declare.decision import Decision, standing
from twinlake.declare.statement import Statement
from twinlake.engine.linkage import link_table, merge_of

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SAME = other(NO_IDENTIFIER)
BOB = other(STRANGER, source_person_id="3", hospital="a")


def decision(kind: str, one: str, others: str, hours: int = 0, **more: Any) -> Decision:
    """Source persons are named by hospital and id: `a1 b2`."""
    named = [tuple(f"{name[0]}/s/{name[1:]}" for name in side.split()) for side in (one, others)]
    return Decision(kind, *named, "a steward", "because", NOON + timedelta(hours=hours), **more)


def said(*decisions: Decision) -> list[Statement]:
    return [one.statement for one in standing(decisions)]


def persons(people: list[dict[str, Any]], *statements: Statement) -> set[frozenset[str]]:
    """Who is one person: `a1`, hospital and id."""
    found: dict[str, set[str]] = {}
    for row in link_table(table(*people), identity(), statements).to_pylist():
        hospital, _, ident = row["unique_id"].split("\x1f")
        found.setdefault(row["root"], set()).add(hospital + ident)
    return {frozenset(members) for members in found.values()}


def groups(*names: str) -> set[frozenset[str]]:
    return {frozenset(name.split()) for name in names}


def test_a_merge_links_two_numbers_of_a_hospital_whatever_the_model_says() -> None:
    assert persons([ANN, SAME, BOB]) == groups("a1 b2", "a3")
    assert persons([ANN, SAME, BOB], merge_of("a", "s", "3", "1")) == groups("a1 b2 a3")


def test_a_merge_of_a_patient_who_is_not_known_waits_for_them_and_makes_nobody() -> None:
    merge = merge_of("a", "s", "3", "1")
    assert persons([ANN, SAME], merge) == groups("a1 b2")
    assert persons([SAME], merge, merge_of("b", "s", "1", "2")) == groups("b2")
    assert persons([ANN, SAME, BOB], merge) == groups("a1 b2 a3")


def test_merges_by_way_of_a_number_that_is_not_known_hold() -> None:
    chain = (merge_of("a", "s", "1", "0"), merge_of("a", "s", "0", "3"))
    assert persons([ANN, BOB], *chain) == groups("a1 a3")
    root = link_table(table(ANN, BOB), identity(), chain)["root"].to_pylist()
    assert root == ["a\x1fs\x1f1"] * 2, "a person bears the name of somebody who is known"


def test_a_circle_of_merges_is_one_person() -> None:
    circle = [merge_of("a", "s", *pair) for pair in (("1", "3"), ("3", "1"), ("3", "5"), ("5", "1"))]
    assert persons([ANN, BOB], *circle) == groups("a1 a3")


def test_a_merge_of_one_hospital_says_nothing_of_the_numbers_of_another() -> None:
    assert persons([ANN, BOB], merge_of("b", "s", "3", "1")) == groups("a1", "a3")


def test_a_number_that_changed_is_the_same_person_with_or_without_a_word_of_the_hospital() -> None:
    """With a message (A47) it is told; without one the model links a whole registration, but not a bare one."""
    again = other({}, hospital="a", source_person_id="9")
    bare = other({**NO_IDENTIFIER, **MOVED, "middle_name": None, "mrn": None}, hospital="a", source_person_id="9")
    assert persons([ANN, again]) == groups("a1 a9")
    assert persons([ANN, bare]) == groups("a1", "a9")
    assert persons([ANN, bare], merge_of("a", "s", "1", "9")) == groups("a1 a9")


def test_twins_stay_two_even_where_each_is_at_two_hospitals() -> None:
    twin = other(TWIN, hospital="a", source_person_id="4")
    assert persons([ANN, SAME, twin, other(TWIN, source_person_id="5")]) == groups("a1 b2", "a4 b5")


def test_a_record_with_only_a_sex_is_linked_by_nobody_but_a_steward_or_its_hospital() -> None:
    bare = {**dict.fromkeys(ANN), "hospital": "a", "system": "s", "source_person_id": "6", "sex": "female"}
    assert persons([ANN, SAME, bare]) == groups("a1 b2", "a6")
    assert persons([ANN, SAME, bare], *said(decision("accept", "a6", "b2"))) == groups("a1 b2 a6")


def test_two_persons_under_one_number_are_taken_out_by_a_steward_and_the_next_run_leaves_them_out() -> None:
    """An overlay: c7 bears Ann's data and Bob's. Its facts cannot be told apart, so nobody else gets them."""
    mixed = other({}, hospital="c", source_person_id="7")
    people = [ANN, SAME, mixed, BOB]
    assert persons(people) == groups("a1 b2 c7", "a3")
    split = said(decision("split", "c7", "a1 b2"))
    assert persons(people, *split) == groups("a1 b2", "c7", "a3")
    newcomer = other({}, hospital="d", source_person_id="8")
    joined = persons([*people, newcomer], *split)
    assert joined in (groups("a1 b2 d8", "c7", "a3"), groups("a1 b2", "c7 d8", "a3")), "no path by way of a newcomer"
    assert joined == persons([newcomer, *reversed(people)], *split)


def test_a_steward_counts_more_than_a_hospital_and_a_hospital_more_than_the_model() -> None:
    merge, people = merge_of("a", "s", "3", "1"), [ANN, SAME, BOB]
    assert persons(people, *said(decision("reject", "a1", "a3")), merge) == groups("a1 b2", "a3")
    assert persons(people, *said(decision("reject", "a1", "b2")), merge) == groups("a1 a3", "b2")


def test_the_latest_decision_counts_most_in_whatever_order_they_are_told() -> None:
    accept, reject = decision("accept", "a1", "a3"), decision("reject", "a3", "a1", hours=1)
    again = decision("accept", "a1", "a3", hours=2)
    for told, outcome in (((accept, reject), ("a1 b2", "a3")), ((accept, reject, again), ("a1 b2 a3",))):
        assert persons([ANN, SAME, BOB], *said(*told)) == groups(*outcome)
        assert said(*told) == said(*reversed(told)) == said(*told, *told)


def test_a_later_accept_across_a_split_takes_back_what_it_says_of_the_two_and_an_earlier_one_does_not() -> None:
    """That C4 is not B2 was not taken back, and holds against the model, which takes A1 and B2 for one."""
    people = [ANN, SAME, other(NO_IDENTIFIER, hospital="c", source_person_id="4")]
    split = decision("split", "c4", "a1 b2", hours=1)
    assert persons(people, *said(split, decision("accept", "a1", "c4", hours=2))) == groups("a1 c4", "b2")
    assert persons(people, *said(split, decision("accept", "a1", "c4"))) == groups("a1 b2", "c4")


def test_what_is_undone_counts_no_more() -> None:
    split = decision("split", "b2", "a1")
    undo = Decision("undo", (), (), "a steward", "it was right", NOON, undone=split.decision_id)
    assert said(split) and not said(split, undo) and not said(undo, split)
