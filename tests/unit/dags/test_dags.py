"""The DAGs follow the plan, and nothing else."""

from __future__ import annotations

import fcntl
import logging
import subprocess
import sys
import traceback
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from jobs._run import Opened
from tests.support.landing_sample import toy_run
from tests.support.published_lake import RUN, published_lake
from twinlake.engine.home import Home, open_home
from twinlake.plan import read_plan

DAGS = Path(__file__).resolve().parents[3] / "dags"
UNPLANNED = {"turn", "hospitals"}


@pytest.fixture(scope="module")
def bag() -> dict:
    from airflow.dag_processing.dagbag import DagBag

    found = DagBag(str(DAGS))
    assert not found.import_errors
    return found.dags


def ancestors(dag, name: str) -> set[str]:
    return {t.task_id for t in dag.get_task(name).get_flat_relatives(upstream=True)}


def test_there_are_four_dags(bag):
    assert sorted(bag) == ["backfill", "lakehouse_daily", "maintenance", "models_weekly"]


def test_upkeep_is_a_weekly_task_that_waits_for_its_turn(bag):
    dag = bag["maintenance"]
    assert dag.schedule == "@weekly"
    assert dag.get_task("maintain").upstream_task_ids == {"turn"}


@pytest.mark.parametrize("name", ["lakehouse_daily", "backfill"])
def test_each_node_of_the_plan_is_a_task(bag, name):
    assert set(bag[name].task_ids) - UNPLANNED == {n.name for n in read_plan().nodes}


def test_a_task_comes_after_all_that_its_node_waits_for(bag):
    dag = bag["lakehouse_daily"]
    for node in read_plan().nodes:
        assert set(node.after) <= ancestors(dag, node.name), node.name


def test_the_log_of_a_task_is_not_filled_by_others(lake, caplog):
    caplog.set_level("INFO")
    for name in ("great_expectations._docs_decorators", "py4j.clientserver"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO), name
    assert lake.LOG.isEnabledFor(logging.INFO)


def test_nothing_begins_before_the_run_has_its_turn(bag):
    for dag in bag.values():
        assert [t.task_id for t in dag.roots] == ["turn"]


@pytest.mark.parametrize("others, locked, begins", [(0, False, True), (0, True, False), (1, False, False)])
def test_a_run_waits_for_another_run_and_for_whoever_holds_the_lake(
    lake: ModuleType, tmp_path: Path, monkeypatch, others: int, locked: bool, begins: bool
):
    monkeypatch.setenv("TWINLAKE_HOME", str(tmp_path))
    open_home(Home(tmp_path, tmp_path / "feeds"))
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "turn").write_text("models_weekly scheduled")
    context = {
        "params": {"feeds": str(tmp_path / "feeds")}, "run_id": "scheduled",
        "dag_run": SimpleNamespace(dag_id="lakehouse_daily"),
        "ti": SimpleNamespace(get_dr_count=lambda **asked: others),
    }  # fmt: skip
    monkeypatch.setattr(lake, "get_current_context", lambda: context)
    with (tmp_path / "run.lock").open("w") as held:
        if locked:
            fcntl.flock(held, fcntl.LOCK_EX)
        assert lake.wait_for_turn.function() is begins
    assert lake.wait_for_turn.function() is (others == 0), "and goes on once it is let go"


def test_no_edge_says_what_others_say_already(bag):
    dag = bag["lakehouse_daily"]
    for task in dag.tasks:
        distant = set().union(*(ancestors(dag, name) for name in task.upstream_task_ids))
        assert not distant & task.upstream_task_ids, task.task_id


def test_ingest_is_mapped_by_hospital(bag):
    assert bag["lakehouse_daily"].get_task("ingest").is_mapped


def test_the_weekly_dag_takes_up_all_that_landed_and_lands_nothing(bag):
    """Without link, conform and curate it would train on, and publish, what a broken-off run left half made."""
    wanted = {n.name for n in read_plan().nodes if n.verb != "ingest"}
    assert set(bag["models_weekly"].task_ids) - UNPLANNED == wanted


def test_only_the_weekly_dag_trains_where_there_is_a_champion(bag):
    def retrains(dag) -> set[bool]:
        return {t.op_kwargs["retrain"] for t in dag.tasks if t.task_id.startswith("train.")}

    assert retrains(bag["models_weekly"]) == {True}
    assert retrains(bag["lakehouse_daily"]) == retrains(bag["backfill"]) == {False}


@pytest.mark.parametrize("first", ["hospitals", "pin"])
def test_the_first_task_says_that_the_run_has_begun(lake: ModuleType, tmp_path: Path, monkeypatch, first):
    opened = Opened(toy_run(tmp_path, "scheduled"), read_plan(), (), {})
    monkeypatch.setattr(lake, "opened_lake", lambda what: nullcontext(opened))
    if first == "pin":
        lake.do.function(["pin"], retrain=False, begins=True)
    else:
        with pytest.raises(Exception, match="No hospital can be read"):
            lake.hospitals.function()
    rows = [(row["run_id"], row["stage"], row["state"]) for row in opened.run.ops.rows("run")]
    assert rows[0] == ("scheduled", "run", "begun")


def test_the_tasks_that_come_first_are_told_so(bag):
    def told(dag) -> set[str]:
        return {t.task_id for t in dag.tasks if getattr(t, "op_kwargs", {}).get("begins")}

    first = {"empi.person_merge", "empi.source_person", "silver.care_site", "silver.concept", "silver.listed_code"}
    assert told(bag["models_weekly"]) == first
    assert told(bag["lakehouse_daily"]) == told(bag["backfill"]) == set(), "hospitals comes first, and begins"


@pytest.mark.parametrize("name, pages", [("publish", ["0123456789abcdef.html", "latest.html"]), ("pin", [])])
def test_what_publishes_makes_the_page_of_it(lake: ModuleType, tmp_path: Path, monkeypatch, name, pages):
    from jobs import _daily

    home = published_lake(tmp_path)
    opened = Opened(replace(toy_run(tmp_path), home=home), read_plan(), (), {})
    monkeypatch.setattr(lake, "opened_lake", lambda what: nullcontext(opened))
    monkeypatch.setattr(_daily, "take", lambda opened, node, **given: None)
    lake.do.function([name], retrain=False, begins=False)
    assert sorted(page.name for page in home.reports.glob("*.html")) == pages


def test_who_follows_publications_hears_nothing_of_a_run_that_made_none(lake: ModuleType, tmp_path: Path, monkeypatch):
    from airflow.sdk.exceptions import AirflowSkipException

    from jobs import _daily

    home = published_lake(tmp_path)
    monkeypatch.setattr(_daily, "take", lambda opened, node, **given: None)
    told = {}
    for run_id in (RUN, "the day after"):
        opened = Opened(replace(toy_run(tmp_path, run_id), home=home), read_plan(), (), {})
        monkeypatch.setattr(lake, "opened_lake", lambda what, opened=opened: nullcontext(opened))
        try:
            told[run_id] = lake.do.function(["publish"], retrain=False, begins=False)
        except AirflowSkipException as skipped:
            told[run_id] = str(skipped)
    assert told == {RUN: None, "the day after": "Nothing new was published."}


def test_what_is_published_is_an_asset(bag):
    for dag in (dag for name, dag in bag.items() if name != "maintenance"):
        assert [a.uri for a in dag.get_task("publish").outlets] == ["twinlake://publication/"]


def test_tasks_that_touch_the_lake_wait_in_a_pool_of_one(bag):
    for dag in bag.values():
        assert {t.pool for t in dag.tasks if t.task_id != "turn"} == {"twinlake"}


def test_a_layer_each_joins_the_nodes_of_a_verb(lake: ModuleType):
    made = list(lake.steps(read_plan().nodes, size="layer"))
    assert [s.name for s in made] == [
        "ingest",
        "link",
        "conform",
        "curate",
        "pin",
        "train",
        "score",
        "materialise",
        "publish",
    ]
    done: set[str] = set()
    for step in made:
        for node in step.nodes:
            assert set(read_plan().node(node).after) <= done
            done.add(node)


def test_a_window_includes_its_last_day(lake: ModuleType):
    first, end = lake.window({"from_date": "2026-02-27", "to_date": "2026-02-28"})
    assert (str(first), str(end)) == ("2026-02-27", "2026-03-01")


def test_a_window_that_ends_before_it_begins_is_refused(lake: ModuleType):
    from twinlake.declare.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="Swap from_date and to_date"):
        lake.window({"from_date": "2026-03-01", "to_date": "2026-02-28"})


@pytest.mark.parametrize("name, value", [("as_of", "yesterday"), ("as_of", "2026-13-01"), ("feeds", ""), ("feeds", 3)])
def test_wrong_parameters_are_refused(bag, name, value):
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        bag["lakehouse_daily"].params.get_param(name).resolve(value)


@pytest.mark.parametrize("kind, retried", [("PlatformError", True), ("LockedError", True), ("DataError", False)])
def test_only_faults_of_the_platform_are_retried(lake: ModuleType, kind, retried):
    from airflow.sdk.exceptions import AirflowFailException

    from twinlake.declare import errors

    raised = getattr(errors, kind)
    with pytest.raises(raised if retried else AirflowFailException, match="the disk"), lake.final_faults("silver.note"):
        raise raised("the disk")


def test_a_mistake_in_the_program_is_not_retried_and_quotes_nothing(lake: ModuleType, caplog):
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException) as told, lake.final_faults("silver.note"):
        raise ValueError("secret")
    assert "secret" not in str(told.value)
    assert "silver.note: ValueError" in str(told.value)


SECRET = "could not convert string to float: 'Jane Doe, 12 Elm St'"


def chained() -> None:
    """An error of ours that came of one which quotes a value."""
    from twinlake.declare.errors import PlatformError

    try:
        raise ValueError(SECRET)
    except ValueError as error:
        raise PlatformError("the disk") from error


def raised(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    "fault, kind, retried",
    [
        pytest.param(lambda: raised(ValueError(SECRET)), "ValueError", False, id="a mistake"),
        pytest.param(lambda: raised(RuntimeError(SECRET)), "RuntimeError", True, id="what may pass"),
        pytest.param(chained, "the disk", True, id="the cause of an error of ours"),
    ],
)
def test_no_value_gets_into_the_log_of_a_task(lake: ModuleType, tmp_path: Path, caplog, fault, kind, retried):
    from airflow.sdk.exceptions import AirflowFailException

    from twinlake.declare.errors import PlatformError
    from twinlake.engine.home import Home

    home = Home(tmp_path, tmp_path)
    of = PlatformError if retried else AirflowFailException
    with pytest.raises(of) as told, lake.final_faults("silver.note", home):
        fault()
    # As Airflow prints it, with all it came of.
    printed = "".join(traceback.format_exception(told.value))
    assert f"silver.note: {kind}" in printed
    assert f"silver.note: {kind}" in caplog.text
    assert "Jane" not in printed + caplog.text
    if fault is not chained:
        kept = tmp_path / "errors" / "silver.note.txt"
        assert (SECRET in kept.read_text(), kept.stat().st_mode & 0o777) == (True, 0o600)


def test_reading_the_dags_imports_no_job():
    told = "import sys, dags.lakehouse_daily; print([m for m in sys.modules if m in ('jobs', 'mlflow')])"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=DAGS.parent)
    assert found.stdout.strip().splitlines()[-1] == "[]"
