"""Steps of two runs of Airflow never mix."""

from __future__ import annotations

from pathlib import Path

from twinlake.engine.airflow_turn import take_turn


def test_a_run_takes_a_free_lake_and_keeps_it(tmp_path: Path):
    assert take_turn(tmp_path / "airflow", "daily 1", lambda run: True)
    assert take_turn(tmp_path / "airflow", "daily 1", lambda run: True)


def test_a_run_waits_while_another_is_under_way(tmp_path: Path):
    assert take_turn(tmp_path, "daily 1", lambda run: True)
    assert not take_turn(tmp_path, "weekly 1", lambda run: run == "daily 1")


def test_a_run_takes_over_from_one_that_ended(tmp_path: Path):
    assert take_turn(tmp_path, "daily 1", lambda run: True)
    assert take_turn(tmp_path, "weekly 1", lambda run: run != "daily 1")
    assert not take_turn(tmp_path, "daily 1", lambda run: run == "weekly 1")
