"""What the deliveries of a feed had before: of those that were taken up, and of no file that was held back."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from twinlake.engine.drift_history import BEFORE, schema_drift
from twinlake.engine.schema_drift import Drift, to_json


def file(day: int, *columns: tuple[str, str], policy: str = "") -> dict:
    shape = {"columns": columns, "extensions": [], "has_header": True}
    drift = (Drift("retyped", "glucose", "declared integer", policy),) if policy else ()
    return {
        "hospital": "h", "system": "toy", "feed": "lab", "path": f"h/toy/2026-01-0{day}/lab.csv",
        "delivery": f"2026-01-0{day}", "shape": json.dumps(shape), "drift": to_json(drift),
    }  # fmt: skip


PLAIN = (("id", "integer"), ("glucose", "integer"))
OTHER = (("id", "integer"), ("glucose", "text"), ("ward", "text"))


def told(*files: dict) -> list[tuple[str, str, str]]:
    rows = schema_drift(SimpleNamespace(rows=lambda name: [*files]))
    return [(row["first"], row["event"], row["column"]) for row in rows if row["expected"] == BEFORE]


@pytest.mark.parametrize("policy", ["quarantine", "stop"])
def test_a_shape_that_was_held_back_is_as_new_the_next_time(policy) -> None:
    found = told(file(1, *PLAIN), file(2, *OTHER, policy=policy), file(3, *OTHER, policy=policy))
    again = [(f"2026-01-0{day}", event, column) for day in (2, 3)
             for event, column in (("new", "ward"), ("retyped", "glucose"))]  # fmt: skip
    assert found == again


def test_what_comes_as_before_after_a_file_that_was_held_back_changed_nothing() -> None:
    assert told(file(1, *PLAIN), file(2, *OTHER, policy="quarantine"), file(3, *PLAIN)) == [
        ("2026-01-02", "new", "ward"), ("2026-01-02", "retyped", "glucose"),
    ]  # fmt: skip


def test_a_shape_that_was_taken_up_is_told_once() -> None:
    found = told(file(1, *PLAIN), file(2, *OTHER, policy="keep"), file(3, *OTHER))
    assert {day for day, *_ in found} == {"2026-01-02"}
