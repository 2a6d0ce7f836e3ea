"""The class-data archive: what a cache that several checkouts share keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from twinlake.engine import cds


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cds, "cache_dir", lambda: tmp_path)
    monkeypatch.setattr(cds, "_record", lambda scratch: (scratch / "classes.jsa").touch())
    return tmp_path / "cds"


def test_an_older_archive_goes_and_that_of_another_checkout_stays(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for spark, jars in (("one", "old"), ("other", "old"), ("one", "new")):
        monkeypatch.setattr(cds, "spark_home", lambda spark=spark: Path(spark))
        monkeypatch.setattr(cds, "_fingerprint", lambda jars=jars: jars)
        made.append(cds.make_archive())
    assert sorted(recorded.iterdir()) == sorted(made[1:])
