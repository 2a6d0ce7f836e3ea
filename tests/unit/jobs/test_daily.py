"""Steps are taken side by side, each after those it waits for; a fault stops what has not begun."""

from __future__ import annotations

from argparse import Namespace
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Barrier, Event
from types import SimpleNamespace

import pytest

from jobs import _daily, _verify, pin
from jobs._run import Opened
from tests.support.landing_sample import toy_run
from twinlake.declare.decision import Decision
from twinlake.declare.errors import DataError
from twinlake.engine.decisions import fingerprint, record_decision, statements_of
from twinlake.engine.ops import State
from twinlake.plan import Node, Plan

PATIENCE = 20


@pytest.fixture
def take_all(monkeypatch):
    """Takes nodes written `name: waits for`, each by calling `step` with its name; returns the names as they ended."""

    def taken(step, *told: str, **given):
        ended: list[str] = []

        def take(opened, node, *, train_always):
            step(node.name)
            ended.append(node.name)

        monkeypatch.setattr(_daily, "take", take)
        pairs = [line.partition(": ") for line in told]
        nodes = [Node(name, "curate", name, tuple(after.split())) for name, _, after in pairs]
        try:
            _daily.take_all(SimpleNamespace(run=SimpleNamespace(interrupt=lambda: ended.append("!"))), nodes, **given)
        except DataError as fault:
            ended.append(str(fault))
        return ended

    return taken


def test_a_step_waits_for_those_before_it(take_all):
    ended = take_all(lambda name: None, "c: b a elsewhere", "b: a", "a: ", "d: c")
    assert ended == ["a", "b", "c", "d"]


def test_two_steps_that_wait_for_nothing_meet(take_all):
    meeting = Barrier(2, timeout=PATIENCE)
    assert sorted(take_all(lambda name: meeting.wait(), "a: ", "b: ")) == ["a", "b"]


def test_a_fault_stops_what_has_not_begun_and_what_is_under_way_ends(take_all):
    begun, failed = Event(), Event()

    def step(name):
        if name == "bad":
            assert begun.wait(PATIENCE)
            failed.set()
            raise DataError("bad: 3 rows without a key")
        begun.set()
        assert failed.wait(PATIENCE)

    assert take_all(step, "bad: ", "long: ", "after: bad", "next: long") == ["long", "bad: 3 rows without a key"]


def test_each_step_is_taken_inside_what_is_around_its_name(take_all):
    inside: list[str] = []

    @contextmanager
    def around(name):
        inside.append(name)
        yield
        inside.remove(name)

    ended = take_all(lambda name: inside.index(name), "a: ", "b: a", around=around)
    assert (ended, inside) == (["a", "b"], [])


def test_an_interrupt_stops_spark(monkeypatch):
    def take(opened, node, *, train_always):
        raise KeyboardInterrupt

    stopped: list[str] = []
    monkeypatch.setattr(_daily, "take", take)
    opened = SimpleNamespace(run=SimpleNamespace(interrupt=lambda: stopped.append("spark")))
    with pytest.raises(KeyboardInterrupt):
        _daily.take_all(opened, [Node("a", "curate", "a", ())])
    assert stopped == ["spark"]


def test_what_a_run_would_do_tells_of_a_run_that_did_not_get_to_its_end(tmp_path):
    opened = SimpleNamespace(run=toy_run(tmp_path), readable=(), refused={})
    row = {"run_id": "r1", "stage": "pin", "state": "done"}
    assert list(_daily.foresee(opened)) == []
    opened.run.ops.append("run", [row])
    assert list(_daily.foresee(opened)) == [
        "The last run, r1, did not reach its publication: a run goes on where it was."
    ]
    opened.run.ops.append("run", [{**row, "stage": "publish"}])
    assert list(_daily.foresee(opened)) == []


def test_a_run_begins_once_however_often_its_first_task_is_tried(tmp_path):
    first, second = toy_run(tmp_path, "r1"), toy_run(tmp_path, "r2")
    for run in (first, first, toy_run(tmp_path, "r1"), second):
        _daily.begin(run)
    assert [(row["run_id"], row["stage"], row["state"]) for row in first.ops.rows("run")] == [
        ("r1", "run", "begun"), ("r2", "run", "begun"),
    ]  # fmt: skip


def link_by(run, stewards: str) -> None:
    """A person_link as a run makes it that was declared so, and knew these decisions."""
    import pyarrow as pa
    from deltalake import CommitProperties, write_deltalake

    said = CommitProperties(custom_metadata={"userMetadata": State({}, "as declared" + stewards).to_json()})
    links = pa.table({"person_id": [1]})
    write_deltalake(run.ops.path("empi.person_link"), links, mode="append", commit_properties=said)


def test_what_stewards_decided_after_the_last_run_is_foreseen_and_nothing_is_proved_by_it(tmp_path):
    run = toy_run(tmp_path)
    run.fingerprints = {"empi.person_link": "as declared"}
    opened = SimpleNamespace(run=run, readable=(), refused={})
    foreseen = ["Stewards have decided since: who is who is made again."]
    link_by(run, "")
    assert list(_daily.foresee(opened)) == []
    decision = Decision("accept", ("h/toy/1",), ("h/toy/2",), "me", "a test", datetime(2026, 11, 1, tzinfo=UTC))
    record_decision(run.ops, decision)
    assert list(_daily.foresee(opened)) == foreseen
    assert ["stewards have decided since" in problem for problem in _verify._rebuild(opened, {}, print)] == [True]
    link_by(run, fingerprint(statements_of(run.ops)))
    assert list(_daily.foresee(opened)) == []
    record_decision(run.ops, Decision("undo", (), (), "me", "a test", decision.decided_at, decision.decision_id))
    assert list(_daily.foresee(opened)) == foreseen
    run.fingerprints = {"empi.person_link": "declared otherwise"}
    assert list(_daily.foresee(opened)) == [], "everything is made again, whatever was decided"


def test_while_a_person_is_erased_nothing_lands_and_no_drift_stops_it(tmp_path, monkeypatch):
    taken, asked = [], []
    monkeypatch.setattr(_daily, "take", lambda opened, node, **given: taken.append(node.name))
    monkeypatch.setattr(pin, "reconcile", lambda run: None)
    monkeypatch.setattr(pin, "pin", lambda run: "p")
    monkeypatch.setattr(pin, "refuse_drifted", lambda run: asked.append(run))
    nodes = (Node("ingest", "ingest", "bronze", ()), Node("pin", "pin", "", ("ingest",)))
    for erasing in (True, False):
        opened = Opened(toy_run(tmp_path), Plan({}, {}, {}, nodes), (), {}, erasing=erasing)
        _daily.walk(opened)
        pin.step(opened, Namespace())
    assert (taken, len(asked)) == (["pin", "ingest", "pin"], 1)
