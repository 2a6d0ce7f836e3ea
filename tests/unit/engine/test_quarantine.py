"""Quarantine holds what was found last of a path, whatever the path is called."""

from __future__ import annotations

import pytest

from twinlake.engine.ops import Ops
from twinlake.engine.quarantine import Quarantine, quarantine_tables

HOSTILE = ["h/toy/it's.csv", "h/toy/a%20b.csv", "h/toy/a b.csv", 'h/toy/"q".csv', "h/toy/new\nline.csv", "h/ü/🏥.csv",
           "h/toy/\\x00.csv", "h/toy/'; drop table t; --.csv", "h/toy/`t`.csv", "h/toy/$1{a}.csv"]  # fmt: skip


def row(path, offset=0, rule="not_json"):
    return {"rule": rule, "hospital": "h", "path": path, "record_offset": offset, "raw_record": "{"}


@pytest.fixture
def quarantine(tmp_path):
    return Quarantine(Ops(tmp_path), "quarantine.toy_visit")


def test_what_was_held_of_a_path_is_replaced(quarantine):
    quarantine.replace_paths((["a", "b"], [row("a"), row("a", 1), row("b")]))
    quarantine.replace_paths((["a"], [row("a", 7)]))
    assert sorted((r["path"], r["record_offset"]) for r in quarantine.rows()) == [("a", 7), ("b", 0)]
    quarantine.replace_paths((["a", "b", "c"], []))
    assert quarantine.rows() == []


def test_what_is_replaced_is_replaced_in_one_commit_so_that_a_kill_loses_nothing(quarantine):
    quarantine.replace_paths((["a", "b"], [row("a"), row("a", 1), row("b")]))
    for number, rows in enumerate(([row("a", 1)], [row("a", 1), row("a", 2)], []), 1):
        quarantine.replace_paths((["a"], rows))
        assert quarantine.ops.newest(quarantine.name) == number
        assert [r["record_offset"] for r in quarantine.rows("path = 'a'")] == [r["record_offset"] for r in rows]
    quarantine.replace_units(None, [{**row("c"), "unit": 1}])
    assert [r["path"] for r in quarantine.rows()] == ["c"] and quarantine.ops.newest(quarantine.name) == 4


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_paths_are_held_and_released_by_name(quarantine, path):
    quarantine.replace_paths((["other", path], [row("other"), row(path)]))
    assert {r["path"] for r in quarantine.rows()} == {"other", path}
    quarantine.replace_paths(([path], []))
    assert {r["path"] for r in quarantine.rows()} == {"other"}


def test_nothing_to_hold_makes_no_table(quarantine, tmp_path):
    quarantine.replace_paths((["a"], []))
    assert not quarantine.exists() and quarantine.rows() == [] and quarantine_tables(Ops(tmp_path)) == []


def test_units_are_replaced_by_number_and_none_means_all(quarantine):
    quarantine.replace_units(None, [{**row("a"), "unit": n} for n in (1, -2, 3)])
    quarantine.replace_units([-2, 9], [{**row("b"), "unit": 9}])
    assert sorted(r["unit"] for r in quarantine.rows()) == [1, 3, 9]
    quarantine.replace_units([], [])
    assert len(quarantine.rows()) == 3
    quarantine.replace_units(None, [])
    assert quarantine.rows() == []
