"""A lake that was restored elsewhere, or mended in its place, goes on as one that nothing happened to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.tiny_feeds import WEIGHT, Feeds, observation
from tests.support.tiny_lake import TinyLake
from twinlake.engine.backup import backup, restore
from twinlake.engine.damage import damage
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


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_a_table_whose_file_is_gone_is_made_anew(lake: TinyLake, built: TinyLake) -> None:
    gone = next(Path(lake.ops.path("silver.measurement")).glob("*.parquet"))
    gone.unlink()
    assert lake.mend() == [f"WRONG silver.measurement: {gone.name} is missing"]
    published = require_publication(lake.ops)
    assert list(damage(lake.ops, published)) == []
    assert published.publication_id == require_publication(built.ops).publication_id
    assert published.sequence == 2
    assert lake.digests() == built.digests()
    assert sorted(map(repr, lake.rows("silver.measurement"))) == sorted(map(repr, built.rows("silver.measurement")))
