"""doctor says what a hospital would bring that is unknown, from its feeds alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs._doctor import examine_feeds
from tests.support.tiny_feeds import GLUCOSE, Feeds, lakeside, observation

# It builds the tables as far as measurements, conditions and drugs, which takes minutes.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]


def test_files_nobody_reads_units_and_codes_are_told(spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINLAKE_HOME", str(tmp_path / "not_this_one"))
    feeds = lakeside(Feeds()).fhir(
        "Observation", observation("o-9", "bea", GLUCOSE, 5, "gizmo", "2026-02-11"), day="2026-10-02"
    ).write(tmp_path / "feeds")  # fmt: skip
    (feeds / "lakeside" / "epic").mkdir()
    (feeds / "lakeside" / "epic" / "patients.csv").write_text("id\n1\n")
    said: list[str] = []
    examine_feeds(feeds, said.append)
    told = "\n".join(said)
    assert "lakeside/epic/patients.csv: no system is called 'epic'" in told
    assert [line.split() for line in told.splitlines() if "gizmo" in line] == [
        ["lakeside", GLUCOSE, GLUCOSE, "gizmo", "unit_unknown", "1"]
    ]
    assert not (tmp_path / "not_this_one").exists()


def test_where_no_record_can_be_read_nothing_else_is_looked_at(spark, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TWINLAKE_HOME", str(tmp_path / "not_this_one"))
    feeds = lakeside(Feeds()).write(tmp_path / "feeds")
    for system in (feeds / "lakeside").iterdir():
        if system.is_dir():
            system.rename(feeds / "lakeside" / f"{system.name}_of_a_vendor")
    said: list[str] = []
    examine_feeds(feeds, said.append)
    told = "\n".join(said)
    assert "no system is called" in told and "No record could be read" in told and "by frequency" not in told
