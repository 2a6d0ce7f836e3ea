"""The page is of the last publication, whoever published it, and is made once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from jobs import _report
from tests.support.published_lake import published_lake
from twinlake.engine.home import Home
from twinlake.engine.ops import Ops
from twinlake.plan import read_plan


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return published_lake(tmp_path)


@pytest.fixture
def made(monkeypatch) -> list[Path]:
    """The pages that were made."""
    pages: list[Path] = []
    write = _report.write_report
    monkeypatch.setattr(_report, "write_report", lambda *given: pages.append(write(*given)) or pages[-1])
    return pages


def publish_again(home: Home) -> None:
    """The next sequence, of the id that there was."""
    ops = Ops(home.lake)
    last = max(ops.rows("publication"), key=lambda row: row["sequence"])
    rows = [row for row in ops.rows("publication") if row["sequence"] == last["sequence"]]
    ops.append("publication", [{**row, "sequence": last["sequence"] + 1} for row in rows])


def test_the_page_is_made_once_for_a_publication(home: Home, made: list[Path]):
    _report.catch_up(home)
    _report.catch_up(home)
    _report.finish(SimpleNamespace(run=SimpleNamespace(home=home), plan=read_plan()))
    assert [page.name for page in made] == ["0123456789abcdef.html"]


def test_it_is_made_anew_for_a_publication_that_has_the_id_of_an_earlier_one(home: Home, made: list[Path]):
    _report.catch_up(home)
    publish_again(home)
    _report.finish(SimpleNamespace(run=SimpleNamespace(home=home), plan=read_plan()))
    assert len(made) == 2


@pytest.mark.parametrize("missing", ["latest.html", "latest.sequence"])
def test_it_is_made_anew_where_it_is_gone_or_was_never_said_to_be_whole(home: Home, made: list[Path], missing: str):
    _report.catch_up(home)
    (home.reports / missing).unlink()
    _report.catch_up(home)
    assert len(made) == 2


def test_of_a_lake_without_a_publication_there_is_none(tmp_path: Path, made: list[Path]):
    _report.catch_up(Home(tmp_path / "home", tmp_path / "feeds"))
    assert made == []
