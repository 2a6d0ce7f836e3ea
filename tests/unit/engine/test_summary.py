"""The end of a run in a few lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.support.published_lake import QUESTIONS, SECRET, published_lake
from twinlake.declare.errors import NotPublished
from twinlake.engine.champions import ANOTHER_QUESTION
from twinlake.engine.home import Home, open_home
from twinlake.engine.ops import Ops
from twinlake.engine.report import write_report
from twinlake.engine.summary import Summary, print_summary, summarise


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return published_lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="module")
def summary(home: Home) -> Summary:
    return summarise(home, QUESTIONS)


def test_before_any_publication_it_says_what_to_run(tmp_path: Path) -> None:
    empty = Home(tmp_path / "home", tmp_path / "feeds")
    open_home(empty)
    with pytest.raises(NotPublished, match="make demo"):
        summarise(empty, QUESTIONS)


def test_it_tells_persons_rows_and_seconds(summary: Summary) -> None:
    assert (summary.publication_id, summary.persons) == ("0123456789abcdef", 240)
    assert summary.rows["silver.measurement"] == 1200
    assert summary.seconds == {"ingest": 12.5, "link": 30.0, "conform": 61.0, "publish": 0.4}


def test_it_tells_what_is_in_quarantine_by_rule(summary: Summary) -> None:
    assert {(held.rule, held.rows) for held in summary.quarantined} == {
        ("row_width", 2), ("duplicate_json_key", 1), ("utf8", 1),
    }  # fmt: skip


def test_it_tells_the_registered_learner_beside_the_baseline(summary: Summary) -> None:
    glucose, diabetes = summary.scores
    assert (glucose.metric, glucose.value, glucose.baseline, glucose.is_champion) == ("mse", 380, 430, True)
    assert (diabetes.metric, diabetes.value, diabetes.is_champion) == ("brier", 0.061, False)
    assert "20 needed" in diabetes.reason


def test_the_report_is_named_once_it_is_written(tmp_path: Path) -> None:
    home = published_lake(tmp_path)
    assert summarise(home, QUESTIONS).report is None
    path = write_report(home, {}, QUESTIONS, "<svg></svg>")
    assert summarise(home, QUESTIONS).report == path


def test_it_is_frozen(summary: Summary) -> None:
    with pytest.raises(FrozenInstanceError):
        summary.persons = 0  # type: ignore[misc]


def test_a_refused_challenger_leaves_the_champions_own_figure(tmp_path: Path) -> None:
    home = published_lake(tmp_path)
    worse = [{"learner": each, "part": "heldout", "name": "mse", "value": value, "low": None, "high": None}
             for each, value in (("multiple", 900), ("baseline", 800))]  # fmt: skip
    refused = {"model_name": "blood_glucose", "metrics": json.dumps(worse), "is_champion": False, "reason": "worse"}
    Ops(home.lake).append("model_run", [refused])
    glucose = summarise(home, QUESTIONS).scores[0]
    assert (glucose.value, glucose.baseline, glucose.verdict, glucose.reason) == (380, 430, "champion stands", "worse")
    Ops(home.lake).append("model_run", [{**refused, "question_digest": "of another outcome"}])
    glucose = summarise(home, {"blood_glucose": "of another outcome"}).scores[0]
    assert (glucose.value, glucose.baseline, glucose.verdict) == (900, 800, "no champion")


def test_what_is_told_of_a_champion_is_of_the_one_that_scores(tmp_path: Path) -> None:
    """The declaration goes to another question and back; whoever holds the registry's alias scores, if it is asked."""
    home = published_lake(tmp_path)
    other = {"blood_glucose": "of another outcome"}
    said = [{"learner": each, "part": "heldout", "name": "mse", "value": value, "low": None, "high": None}
            for each, value in (("multiple", 900), ("baseline", 950))]  # fmt: skip
    run = {"model_name": "blood_glucose", "metrics": json.dumps(said), "question_digest": "of another outcome"}

    def told(questions: Mapping[str, str]) -> tuple[object, ...]:
        glucose = summarise(home, questions).scores[0]
        return glucose.value, glucose.verdict, glucose.reason

    assert told(other) == (380, "no champion", ANOTHER_QUESTION), "declared, and not trained yet"
    Ops(home.lake).append("model_run", [{**run, "is_champion": False, "reason": "worse"}])
    assert told(other) == (900, "no champion", "worse")
    assert told(QUESTIONS) == (380, "champion stands", "worse"), "back again"
    Ops(home.lake).append("model_run", [{**run, "is_champion": True, "reason": "better"}])
    assert told(other) == (900, "champion", "better")
    assert told(QUESTIONS) == (900, "no champion", ANOTHER_QUESTION), "the alias has gone to the other question"
    assert told({}) == (900, "no champion", ANOTHER_QUESTION), "declared no more"


@pytest.mark.parametrize("width", [80, 100, 160])
def test_it_prints_everything_at_any_usual_width(summary: Summary, width: int) -> None:
    out = StringIO()
    print_summary(summary, Console(file=out, width=width))
    printed = out.getvalue()
    for said in ("0123456789abcdef", "240 persons", "1,200", "row_width", "blood_glucose", "no champion", "61.0 s"):
        assert said in printed
    assert SECRET not in printed
    assert max(map(len, printed.splitlines())) <= width


def test_it_tells_what_counts_for_nobodys_as_it_was_told_last(tmp_path: Path) -> None:
    home = published_lake(tmp_path)
    told = (("r1", "SSN", 1, 25), ("r1", "phone", 2, 120), ("r2", "phone", 0, 0), ("r3", "SSN", 1, 26))
    for run_id, rule, values, bearers in told:
        Ops(home.lake).append("shared_value", [{"run_id": run_id, "rule": rule, "values": values, "bearers": bearers}])
    found = summarise(home, QUESTIONS)
    assert [(row["rule"], row["values"], row["bearers"]) for row in found.shared] == [("SSN", 1, 26)]
    out = StringIO()
    print_summary(found, Console(file=out, width=100))
    assert "Nobody's, for too many share it" in out.getvalue() and "phone" not in out.getvalue()
