"""How the grade of a lake is told."""

from __future__ import annotations

import json

import pytest

from jobs._score_synth import _print, score_synth
from twinlake.declare.errors import ConfigurationError
from twinlake.synthetic.grade import Figure

GIVEN = Figure("units", "given: value in silver right", 98, 100, goal=0.995)


def told(figures) -> list[str]:
    said: list[str] = []
    _print(figures, said.append)
    return said


def test_what_falls_short_is_named_with_what_was_asked(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert told([GIVEN, Figure("faults", "cut_line", 2, 2, goal=1.0)]) == [
        "Short of what is asked for: units, given: value in silver right."
    ]
    assert "98.00% (asked: 99.5%)" in capsys.readouterr().out


def test_nothing_to_grade_falls_short_of_nothing():
    assert told([Figure("units", "inferred: value right", 0, 0, goal=0.97)]) == [
        "Nothing is short of what is asked for."
    ]


def test_a_share_has_wilsons_interval_and_an_f1_has_none():
    # Wilson (1927) for 98 of 100: 0.9300 to 0.9945.
    row = json.loads(json.dumps(GIVEN.told()))
    assert (round(row["low"], 4), round(row["high"], 4)) == (0.93, 0.9945)
    assert Figure("linkage", "pairs: F1", 2, 3, is_share=False).told()["low"] is None


def test_an_unknown_format_is_refused():
    with pytest.raises(ConfigurationError, match="table or json"):
        score_synth(None, None, "xml", print)
