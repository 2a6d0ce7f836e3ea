"""An answer that is cut says so, and a pipe gets all of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from jobs import _ask


@pytest.fixture
def ask(spark, monkeypatch):
    monkeypatch.setattr(_ask, "open_published", lambda *_: (spark, datetime(2026, 11, 1, tzinfo=UTC)))
    return lambda form, limit=None: _ask.ask("select id from range(101) order by id", None, form, limit)


def test_a_pipe_gets_every_row(ask, capsys):
    ask("csv")
    out, told = capsys.readouterr()
    assert out.splitlines() == ["id", *map(str, range(101))] and "there are more" not in told


def test_a_table_that_is_cut_says_so(ask, capsys):
    ask("table")
    out, told = capsys.readouterr()
    assert "99" in out and "100" not in out.split()
    assert told.strip() == "The first 100 rows; there are more (--limit 0 for all)."


def test_a_limit_that_cuts_nothing_is_silent(ask, capsys):
    ask("json", 101)
    out, told = capsys.readouterr()
    assert len(out.splitlines()) == 101 and "there are more" not in told


def test_a_twin_is_a_page_without_what_is_not_known():
    found = _ask._upright(pa.table({"person_id": [7], "weight": pa.array([None], pa.float64()), "sex": ["female"]}))
    assert found.to_pylist() == [{"": "person_id", "state": "7"}, {"": "sex", "state": "female"}]


@pytest.mark.parametrize("form, shown", [("csv", '"{""at"": ""2026-11-01""}"'), ("table", '{"at": "2026-11-01"}')])
def test_a_value_with_parts_is_json_and_brackets_are_no_markup(capsys, form, shown):
    _ask.print_answer(pa.table({"glucose [mg/dL]": [{"at": "2026-11-01"}]}), form)
    out = capsys.readouterr().out
    assert "glucose [mg/dL]" in out and shown in out


def test_whoever_asks_for_so_many_rows_is_not_told_of_more(ask, capsys):
    ask("csv", 5)
    assert capsys.readouterr().err == ""
