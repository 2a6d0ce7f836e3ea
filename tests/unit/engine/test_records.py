"""Versions of a record: which one counts, and since when."""

from __future__ import annotations

import datetime as dt

import pytest

from twinlake.engine.versions import spans
from twinlake.engine.wire import ON_DELIVERY

SCHEMA = (
    "_fact_key bigint, record_version string, delivered_at timestamp, ended_at timestamp, record_hash string, "
    "path string, record_offset bigint, raw_record string"
)


def day(number: int | None) -> dt.datetime | None:
    return number and dt.datetime(2026, 1, number, tzinfo=dt.UTC)


@pytest.fixture
def told(spark):
    """`told((says, version, delivered, ended), ...)`: (says, known from, known until) of one record, in order."""

    def build(*said: tuple[str, str | None, int, int | None]) -> list[tuple]:
        rows = [(1, v, day(d), day(e), s, f"{d}", n, s) for n, (s, v, d, e) in enumerate(said)]
        found = spans(spark.createDataFrame(rows, SCHEMA)).orderBy("known_from").toArrow().to_pylist()
        return [(r["raw_record"], r["known_from"].day, r["known_until"] and r["known_until"].day) for r in found]

    return build


def test_what_comes_back_is_known_anew(told) -> None:
    assert told(("A", None, 1, 2), ("B", None, 2, 3), ("A", None, 3, None)) == [
        ("A", 1, 2),
        ("B", 2, 3),
        ("A", 3, None),
    ]


def test_a_record_that_a_snapshot_left_out_was_not_known_in_between(told) -> None:
    assert told(("A", None, 1, 2), ("A", None, 3, None)) == [("A", 1, 2), ("A", 3, None)]


def test_what_is_said_again_is_known_since_it_was_first_said(told) -> None:
    assert told(("A", None, 1, 2), ("A", None, 2, None)) == [("A", 1, None)]


def test_a_correction_that_came_before_the_original_stands(told) -> None:
    assert told(("new", "2026-02-02", 1, None), ("old", "2026-02-01", 2, None)) == [("new", 1, None)]


def test_a_version_ends_with_the_first_higher_one_that_came_not_with_the_next_by_rank(told) -> None:
    said = (("1", "2026-01-01", 1, None), ("2", "2026-01-02", 3, None), ("3", "2026-01-03", 2, None))
    assert told(*said) == [("1", 1, 2), ("3", 2, None)]


def test_versions_are_moments_and_not_text(told) -> None:
    """As text, half a second past midnight is before midnight, and another zone's hour counts for its digits."""
    assert told(("late", "2026-01-01T00:00:00.5Z", 1, None), ("early", "2026-01-01T00:00:00Z", 2, None)) == [
        ("late", 1, None)
    ]
    assert told(("late", "2026-01-01T01:00:00Z", 1, None), ("early", "2026-01-01T02:00:00+05:00", 2, None)) == [
        ("late", 1, None)
    ]


def test_of_two_versions_in_one_delivery_the_lower_was_never_known(told) -> None:
    assert told(("A", None, 1, None), ("B", None, 1, None)) == [("B", 1, None)]


def test_what_has_no_version_takes_back_what_was_delivered_before(told) -> None:
    """A transaction's deletion has no lastModified (hl7.org/fhir/R4/http.html#transaction)."""
    assert told(("value", "2026-01-01T15:00:00Z", 1, None), ("deleted", None, 2, None)) == [
        ("value", 1, 2), ("deleted", 2, None)
    ]  # fmt: skip


def test_what_has_no_version_is_after_a_version_from_a_clock_ahead_of_its_delivery(told) -> None:
    """The evening of the first in Denver is the second in Greenwich."""
    assert told(("value", "2026-01-02T03:00:00Z", 1, None), ("deleted", None, 2, None))[-1] == ("deleted", 2, None)
    assert told(("value", "2026-01-01T08:00:00Z", 1, None), ("deleted", None, 1, None)) == [("deleted", 1, None)]


def test_what_has_no_version_is_replaced_by_a_newer_version_and_not_by_an_older_one_that_came_late(told) -> None:
    first, deleted = ("first", "2026-01-01T00:00:00Z", 1, None), ("deleted", None, 3, None)
    assert told(first, deleted, ("made anew", "2026-01-04T00:00:00Z", 5, None))[-1] == ("made anew", 5, None)
    assert told(first, deleted, ("stale", "2026-01-02T00:00:00Z", 5, None))[-1] == ("deleted", 3, None)


def test_what_has_no_version_yet_gives_way_to_its_first_update(told) -> None:
    """`updated_at` of a bed board is empty until somebody changes the row."""
    assert told(("in bed", None, 3, None), ("left", "2026-01-02T00:00:00Z", 4, None)) == [
        ("in bed", 3, 4), ("left", 4, None)
    ]  # fmt: skip


def test_a_deletion_without_a_version_that_comes_before_what_it_deletes_stands(told) -> None:
    assert told(("deleted", ON_DELIVERY, 3, None), ("value", "2026-01-02T00:00:00Z", 5, None)) == [("deleted", 3, None)]
    made_anew = ("made anew", "2026-01-04T00:00:00Z", 5, None)
    assert told(("deleted", ON_DELIVERY, 3, None), made_anew)[-1] == ("made anew", 5, None)
    assert told(("deleted", ON_DELIVERY, 3, None), ("told again", None, 5, None))[-1] == ("told again", 5, None)


def test_versions_that_are_no_moments_compare_as_texts_whenever_they_came(told) -> None:
    assert told(("new", "1 20260102", 1, None), ("old", "1 20260101", 2, None)) == [("new", 1, None)]
