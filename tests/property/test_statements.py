"""Whatever is said of records, in whatever order it comes: the strongest stands, and nobody told apart is joined."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from twinlake.declare.statement import Persons, Statement, settle

RECORDS = "abcdefg"


@st.composite
def statements(draw, of: str = RECORDS) -> Statement:
    """Two to four records on two sides, said to be one person or two."""
    named = draw(st.lists(st.sampled_from(of), min_size=2, max_size=4, unique=True))
    cut = draw(st.integers(1, len(named) - 1))
    return Statement(frozenset(named[:cut]), frozenset(named[cut:]), draw(st.booleans()))


def reached(start: str, joins: list[Statement]) -> set[str]:
    """What a walk along these statements comes to."""
    found = {start}
    while more := {r for join in joins if found & join.records for r in join.records} - found:
        found |= more
    return found


def singly(said: list[Statement]) -> list[Statement]:
    """What tells many apart tells so of each two of them, whatever becomes of the others."""
    return [
        one
        for each in said
        for one in (
            [each]
            if each.is_same
            else [Statement(frozenset(a), frozenset(b), False) for a in each.one for b in each.other]
        )
    ]


def naively(said: list[Statement]) -> list[Statement]:
    """Each statement stands unless, with those that stand before it, two records that are told apart would meet."""
    standing: list[Statement] = []
    for each in singly(said):
        tried = [*standing, each]
        joins = [one for one in tried if one.is_same]
        apart = [one for one in tried if not one.is_same]
        if not any(reached(record, joins) & one.other for one in apart for record in one.one):
            standing = tried
    return standing


def persons_of(said: list[Statement]) -> dict[str, str]:
    persons = settle(said)
    return {record: persons.of(record) for record in RECORDS}


@settings(max_examples=300, deadline=None)
@given(st.lists(statements(), max_size=12))
def test_what_stands_is_what_a_walk_along_all_paths_finds_to_stand(said: list[Statement]) -> None:
    joins = [one for one in naively(said) if one.is_same]
    assert persons_of(said) == {record: min(reached(record, joins)) for record in RECORDS}


@settings(max_examples=200, deadline=None)
@given(st.lists(statements(), max_size=12), statements())
def test_the_first_statement_always_stands_and_saying_all_again_changes_nothing(
    said: list[Statement], first: Statement
) -> None:
    persons = persons_of([first, *said])
    if first.is_same:
        assert len({persons[record] for record in first.records}) == 1
    else:
        assert not {persons[record] for record in first.one} & {persons[record] for record in first.other}
    assert persons_of([first, *said, first, *said]) == persons


def test_each_path_between_two_who_are_told_apart_is_cut_at_its_least_sure_pair() -> None:
    """A chain a-b-c-d, surest first, with a side path a-e-d: by hand."""

    def pair(one: str, other: str) -> Statement:
        return Statement(frozenset(one), frozenset(other), is_same=True)

    apart = Statement(frozenset("a"), frozenset("d"), is_same=False)
    chain = [pair("c", "d"), pair("a", "b"), pair("a", "e"), pair("b", "c"), pair("e", "d")]
    assert persons_of([apart, *chain]) == {"a": "a", "b": "a", "e": "a", "c": "c", "d": "c", "f": "f", "g": "g"}
    assert {persons_of(chain)[record] for record in "abcde"} == {"a"}


def test_a_split_of_two_parts_leaves_no_path_between_them_whatever_joins_each_to_a_third() -> None:
    split = Statement(frozenset("ab"), frozenset("cd"), is_same=False)
    pairs = [Statement(frozenset(one), frozenset(other), is_same=True) for one, other in combinations("abcdeg", 2)]
    persons = persons_of([split, *pairs])
    assert not {persons["a"], persons["b"]} & {persons["c"], persons["d"]}
    assert persons["a"] == persons["b"] and persons["c"] == persons["d"]
    assert persons["e"] in {persons["a"], persons["c"]}


def test_a_later_accept_takes_out_of_a_split_the_two_it_names_and_no_more() -> None:
    """Two women of one name in four records, then one record of each found to be the same woman's: by hand."""
    accept = Statement(frozenset("a"), frozenset("c"), is_same=True)
    split = Statement(frozenset("ab"), frozenset("cd"), is_same=False)
    persons = Persons()
    assert persons.take(accept) == []
    assert persons.take(split) == [("a", "c")]
    assert persons.of("a") == persons.of("c")
    assert persons.are_apart("b", "d") and persons.are_apart("a", "d") and persons.are_apart("b", "c")
    assert persons.take(Statement(frozenset("b"), frozenset("d"), is_same=True)) == [("b", "d")]
    assert persons.of("b") != persons.of("d")
