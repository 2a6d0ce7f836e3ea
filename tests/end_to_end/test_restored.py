"""A lake that was restored elsewhere goes on as the one that was backed up would have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.tiny_feeds import WEIGHT, Feeds, observation
from tests.support.tiny_lake import TinyLake
from twinlake.engine.backup import backup, restore
from twinlake.engine.publication import require_publication


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_a_restored_lake_has_nothing_to_do_and_then_takes_a_new_delivery(lake: TinyLake, tmp_path: Path) -> None:
    backup(lake.home, tmp_path / "copy")
    other = TinyLake(tmp_path / "other")
    shutil.copytree(lake.home.feeds, other.home.feeds)
    restore(tmp_path / "copy", other.home.path, other.home.feeds)
    before = other.versions()
    other.run()
    assert other.versions() == before
    assert require_publication(other.ops) == require_publication(lake.ops)
    news = Feeds().fhir("Observation", observation("o-9", "ada", WEIGHT, 69, "kg", "2026-10-02"), day="2026-10-03")
    for each in (lake, other):
        each.run(news.copy())
    assert other.digests() == lake.digests()
    assert require_publication(other.ops).publication_id == require_publication(lake.ops).publication_id
    assert require_publication(other.ops).sequence == 2
