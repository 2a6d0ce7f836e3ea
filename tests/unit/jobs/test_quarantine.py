"""Quarantine for people: counted, shown, written to a file and read back as it was."""

from __future__ import annotations

import json

import pytest

from jobs import _quarantine
from tests.support.landing_sample import toy_run
from twinlake.declare.errors import ConfigurationError
from twinlake.engine.quarantine import Quarantine

RAW = '{"id":"1","note":"a\u2028b\u0085c\x1cd","ü":"\\"}'


@pytest.fixture
def held(tmp_path, monkeypatch):
    run = toy_run(tmp_path)
    monkeypatch.setenv("TWINLAKE_HOME", str(run.home.path))
    rows = [
        {"rule": "not_json", "reason": "cut", "hospital": "h", "path": "h/a", "record_offset": 10, "raw_record": "{"},
        {"rule": "not_json,x", "reason": "cut", "hospital": "h", "path": "h/a", "record_offset": 2, "raw_record": RAW},
        {"rule": "damaged_gzip", "reason": "cut", "hospital": "h", "path": "h/b"},
    ]
    Quarantine(run.ops, "quarantine.toy_visit").replace_paths((["h/a", "h/b"], rows))
    twice = [{**rows[0], "rule": rule, "unit": 1} for rule in ("one", "two")]
    Quarantine(run.ops, "quarantine.measurement").replace_units(None, twice)
    return tmp_path


def said(call, *args):
    lines = []
    call(*args, lines.append)
    return lines


def test_the_list_counts_by_table_hospital_and_rule(held):
    (told,) = said(_quarantine.show_list, None)
    assert [line.split() for line in told.split("\n")] == [
        ["table", "hospital", "rule", "records"],
        ["measurement", "h", "one", "1"], ["measurement", "h", "two", "1"], ["toy_visit", "h", "damaged_gzip", "1"],
        ["toy_visit", "h", "not_json", "1"], ["toy_visit", "h", "not_json,x", "1"],
    ]  # fmt: skip


def test_a_rule_that_nothing_broke_is_refused_with_those_that_were(held):
    with pytest.raises(ConfigurationError, match="Nothing in quarantine.measurement broke three. .*: one, two"):
        said(_quarantine.export, None, "measurement", "three", held / "out")


def test_records_are_shown_in_the_order_of_their_places(held):
    shown = said(_quarantine.show, None, "toy_visit", None, 5)
    assert ["record 2 " in shown[0], "record 10 " in shown[1]] == [True, True]
    assert shown[2] == "damaged_gzip · h/b · cut\n  (the whole file)"
    assert len(said(_quarantine.show, None, "toy_visit", "x", 5)) == 1


def test_what_is_exported_is_read_back_as_it_was(held):
    out = held / "new" / "out"
    said(_quarantine.export, None, "quarantine.toy_visit", None, out)
    assert [(m.record_offset, m.raw_record) for m in _quarantine._mended(out)] == [(2, RAW), (10, "{")]


def test_a_record_that_broke_two_rules_is_exported_once(held):
    assert said(_quarantine.export, None, "measurement", None, held / "out")[0].startswith("1 records")
    assert len((held / "out").read_text().split("\n")) == 2


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "1", '{"path":"a"}', json.dumps({"path": "a", "record_offset": "x", "raw_record": ""}),
     '{"path":"a","record_offset":1,"raw_record":null}', '{"path":"a","record_offset":1,"raw_record":{}}'],
)  # fmt: skip
def test_a_file_that_was_not_exported_is_refused_with_its_line(tmp_path, line):
    (tmp_path / "out").write_text('\n{"path":"a","record_offset":1,"raw_record":"{}"}\n' + line + "\n")
    with pytest.raises(ConfigurationError, match="line 3 is not an exported record"):
        list(_quarantine._mended(tmp_path / "out"))


def test_a_table_without_quarantine_names_those_that_have_one(held):
    with pytest.raises(
        ConfigurationError, match="person has no quarantine. Tables that have one: measurement, toy_visit"
    ):
        said(_quarantine.show, None, "person", None, 1)
