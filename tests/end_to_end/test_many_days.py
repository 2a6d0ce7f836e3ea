"""Day after day, with upkeep between: files stay few, and the lake is the one that nobody kept up."""

from __future__ import annotations

import dataclasses
from unittest.mock import patch

import pytest

from jobs._maintain import maintain
from tests.support.tiny_feeds import WEIGHT, Feeds, observation
from tests.support.tiny_lake import TinyLake
from twinlake.engine.environment import load_environment

# Building a lake of all tables takes minutes, in whichever test comes first.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]
DAYS, EVERY = 12, 3
FEW_ARE_KEPT = dataclasses.replace(load_environment("ci"), keep_publications=2, keep_days=1, keep_runs=2)


def weighed(lake: TinyLake, day: int) -> list[dict]:
    seen = observation(f"day-{day}", "ada", WEIGHT, 70 + day, "kg", f"2026-10-{day:02}")
    return lake.run(Feeds().fhir("Observation", seen, day=f"2026-11-{day:02}"), as_of=f"2026-11-{day:02}")


def tended(lake: TinyLake, day: int) -> None:
    with patch("jobs._maintain.load_environment", lambda: FEW_ARE_KEPT):
        maintain(lake.open(f"maintain-{day}"), lambda _: None)


def files(lake: TinyLake) -> int:
    return sum(1 for file in lake.home.lake.rglob("*") if file.is_file())


def test_days_with_upkeep_are_days_without_but_for_the_files(lake: TinyLake, built: TinyLake, tmp_path) -> None:
    other, counted = built.copy(tmp_path / "other"), []
    for day in range(2, 2 + DAYS):
        did = weighed(lake, day)
        assert {row["mode"] for row in did if row["table"] == "silver.measurement"} == {"units"}
        if day % EVERY == 0:
            published, versions = lake.ops.rows("publication")[-1], lake.versions()
            tended(lake, day)
            assert lake.ops.rows("publication")[-1] == published
            assert lake.versions() == versions
            assert lake.run(as_of=f"2026-11-{day:02}") == [], "upkeep is no news"
            counted.append(files(lake))
    for day in range(2, 2 + DAYS):
        weighed(other, day)
    assert lake.digests() == other.digests()
    assert lake.bronze() == other.bronze()
    assert lake.problems() == []
    without = (files(other) - files(built)) / DAYS * EVERY
    assert counted[-1] - counted[-2] < without / 10, counted
    # What the one lets go of the next removes.
    for upkeep in (DAYS + 3, DAYS + 4):
        tended(lake, upkeep)
    assert files(lake) < files(other) / 3
    assert lake.problems() == []
