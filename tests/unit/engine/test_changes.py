"""When contents counted, and how two states of the ledger differ."""

from __future__ import annotations

import datetime as dt
from typing import Any

from twinlake.engine.counting import contents, steps
from twinlake.engine.ledger import Ledger
from twinlake.plan import read_plan

SNAPSHOT, INCREMENT = ("synthea_csv", "observations"), ("fhir_r4_bulk", "observation")


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 1, number, tzinfo=dt.UTC)


def landed(number: int, sha: str, path: str = "", *, feed: tuple[str, str] = SNAPSHOT, **rest: Any) -> dict[str, Any]:
    """A ledger row of the delivery of a day; `path` is by default the day's own."""
    return {"hospital": "h", "system": feed[0], "feed": feed[1], "path": path or f"{number:02}/x", "sha256": sha,
            "delivery": f"2026-01-{number:02}", "delivered_at": day(number), "rekeyed": 0, "mended": 0,
            "status": "landed", **rest}  # fmt: skip


def ledger(*rows: dict[str, Any]) -> Ledger:
    return Ledger(1, tuple({"sequence": n, **row} for n, row in enumerate(rows)))


def counted(*rows: dict[str, Any], feed: tuple[str, str] = SNAPSHOT) -> dict[str, tuple[int, int | None]]:
    """From which to which day each content counted."""
    found = contents(ledger(*rows), read_plan().systems, *feed)
    return {c.sha256: (c.delivered_at.day, c.ended_at and c.ended_at.day) for of in found.values() for c in of}


def difference(before: list[dict[str, Any]], now: list[dict[str, Any]], feed=SNAPSHOT) -> set[tuple[str, str]]:
    """(came, went) of each step, contents by their letter."""
    systems = read_plan().systems
    was, is_now = ([c for of in contents(ledger(*rows), systems, *feed).values() for c in of] for rows in (before, now))
    return {("".join(sorted(c.sha256 for c in s.came)), "".join(sorted(c.sha256 for c in s.went)))
            for s in steps(was, is_now)}  # fmt: skip


def test_a_snapshot_counts_until_the_next_one_whenever_that_arrived() -> None:
    expected = {"a": (1, 3), "b": (3, 5), "c": (5, None)}
    assert counted(landed(1, "a"), landed(3, "b"), landed(5, "c")) == expected
    assert counted(landed(5, "c"), landed(1, "a"), landed(3, "b")) == expected


def test_an_increment_counts_until_its_own_path_says_something_else() -> None:
    one, two = landed(1, "a", feed=INCREMENT), landed(2, "b", feed=INCREMENT)
    again = landed(1, "c", feed=INCREMENT, delivered_at=day(4))
    assert counted(one, two, again, feed=INCREMENT) == {"a": (1, 4), "b": (2, None), "c": (4, None)}


def test_the_next_snapshot_changes_what_differs_between_the_two() -> None:
    assert difference([landed(1, "a")], [landed(1, "a"), landed(2, "b")]) == {("b", "a")}


def test_a_snapshot_that_comes_late_changes_what_was_known_on_its_days() -> None:
    before = [landed(1, "a"), landed(5, "c")]
    assert difference(before, [*before, landed(3, "b")]) == {("b", "a")}


def test_the_second_file_of_a_delivery_only_adds() -> None:
    before = [landed(1, "a"), landed(2, "b", "02/x")]
    assert difference(before, [*before, landed(2, "c", "02/y")]) == {("c", "")}


def test_a_mended_content_counts_as_come() -> None:
    assert difference([landed(1, "a")], [landed(1, "a"), landed(1, "a", mended=1)]) == {("a", "")}


def test_nothing_new_is_no_step() -> None:
    rows = [landed(1, "a"), landed(2, "b")]
    assert difference(rows, list(reversed(rows))) == set()
