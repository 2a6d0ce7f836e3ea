"""An erasure goes on where it was, and nothing else works on the lake until it is done."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from jobs import _erase, _report
from jobs._run import Opened
from tests.support.erasure_sample import NOW, place, subject
from tests.support.landing_sample import AS_OF, landed_row, toy_run
from tests.support.published_lake import published_lake
from twinlake.declare.errors import ConfigurationError, DataError, NotPublished
from twinlake.engine.backup import _files, backup
from twinlake.engine.erased import hash_of, register
from twinlake.engine.home import run_lock
from twinlake.engine.publication import Publication
from twinlake.engine.subject import Held, begin, begun, end, leave_open
from twinlake.engine.whereabouts import Sought, search
from twinlake.plan import Plan


def test_an_erasure_that_was_begun_is_kept_for_its_owner_alone_and_then_not_at_all(tmp_path: Path) -> None:
    home = toy_run(tmp_path).home
    theirs = subject(place(3), held=(Held("quarantine.x", None, None, 4, ""),))
    begin(home, theirs)
    assert begun(home) == theirs
    assert (home.path / "erasing.json").stat().st_mode & 0o077 == 0
    end(home)
    assert begun(home) is None


def test_a_ledger_is_corrected_once_though_its_log_was_purged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, done = toy_run(tmp_path), []
    run.ops.append("landing_ledger", [landed_row("a", 1)])
    monkeypatch.setattr(_erase, "require_publication", lambda ops: Publication("p", AS_OF, 1, {}, {}, {}))
    monkeypatch.setattr(_erase.purge, "write_out_deleted", lambda run: [])
    monkeypatch.setattr(_erase.withdrawal, "from_ledger", lambda ops, found, mark: done.append(mark))
    for _ in range(2):
        _erase._withdraw(run, subject(place(0)), print)
    assert len(done) == 1
    assert [r["state"] for r in run.ops.rows("erasure")] == ["begun", "withdrawn"]


def test_while_a_person_is_half_erased_nothing_else_works_on_the_lake(tmp_path: Path) -> None:
    home = toy_run(tmp_path).home
    begin(home, subject())
    with pytest.raises(ConfigurationError, match="half erased"), run_lock(home, "run"):
        pass
    with pytest.raises(ConfigurationError, match="half erased"):
        backup(home, tmp_path / "copy")
    with run_lock(home, "erase", erasing=True), run_lock(home, "run of the erasure"):
        pass
    leave_open(home)
    assert begun(home) == subject()
    with run_lock(home, "run"):
        pass
    begin(home, subject())
    assert [file.name for file in home.path.glob("erasing*")] == ["erasing.json"]


def test_no_backup_holds_whom_an_erasure_is_about(tmp_path: Path) -> None:
    home = toy_run(tmp_path).home
    for name in ("erasing.part", "erasing.json", "erasing.found.json", "kept.json"):
        (home.path / name).write_text("{}")
    assert {file.name for file in _files(home)} == {"kept.json"}


def test_an_erasure_that_took_nothing_yet_stands_in_no_way(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    begin(run.home, subject())
    with pytest.raises(NotPublished):
        _erase._subject(run, _erase.Asked("2", "dpo", "asked", NOW), dry=False)
    assert begun(run.home) is None
    begin(run.home, subject())
    register(run.ops, "e1", [hash_of("h", "toy", "1")], [])
    with pytest.raises(ConfigurationError, match="Another erasure"):
        _erase._subject(run, _erase.Asked("2", "dpo", "asked", NOW), dry=False)


def test_who_is_still_found_can_be_looked_for_again_until_somebody_closes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, states = toy_run(tmp_path), []
    monkeypatch.setattr(_erase, "_record", lambda run, found, state, *figures: states.append((state, *figures[1:])))
    hers = subject(persons=(("h", "toy", "p-ann"),))
    (run.home.path / "left.txt").write_text("p-ann")

    def prove(*, close: bool = False) -> bool:
        begin(run.home, hers)
        return _erase._prove(run, hers, print, close=close)

    assert not prove()
    assert begun(run.home) == hers
    assert not prove(close=True)
    assert begun(run.home) is None
    (run.home.path / "left.txt").unlink()
    assert prove()
    assert begun(run.home) is None
    assert states == [("found", 1), ("found", 1), ("done", 0)]


def test_what_was_begun_is_not_refused_when_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, done = toy_run(tmp_path), []
    refused = Mock(side_effect=DataError("refused"))
    monkeypatch.setattr(_erase, "_foreseen", lambda run, found: [])
    monkeypatch.setattr(_erase, "_refuse", refused)
    for step in ("_withdraw", "_carry_on"):
        monkeypatch.setattr(_erase, step, lambda *given, step=step: done.append(step))
    monkeypatch.setattr(_erase, "_prove", lambda *given, close: True)
    opened = Opened(run, Plan({}, {}, {}, ()), (), {})
    asked = _erase.Asked("1", "dpo", "asked", NOW)
    monkeypatch.setattr(_erase, "_subject", lambda run, asked, dry: subject())
    with pytest.raises(DataError):
        _erase.erase(opened, asked, print, keep_shared=False, dry=False)
    register(run.ops, "e1", [hash_of("h", "toy", "1")], [])
    assert _erase.erase(opened, asked, print, keep_shared=False, dry=False)
    assert done == ["_withdraw", "_carry_on"]


def test_pages_of_before_are_removed_and_the_last_one_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page shows keys of some rows that broke a rule, and the key of a person is their number."""
    home, key = published_lake(tmp_path), 7700000000000000077
    run = toy_run(tmp_path, spark=Mock())
    broken = run.ops.rows("broken_rule")[0]
    before = {**broken, "version": 9, "keys": f'[{{"person_id": {key}}}]'}
    run.ops.append("broken_rule", [before])
    _report.make(home)
    (home.reports / "of-before.html").write_text(f"person_id {key}")
    monkeypatch.setattr(_erase, "walk", lambda opened: None)
    _erase._carry_on(Opened(run, Plan({}, {}, {}, ()), (), {}), print)
    assert sorted(page.name for page in home.reports.iterdir()) == [
        "0123456789abcdef.html", "latest.html", "latest.sequence",
    ]  # fmt: skip
    assert search(home.path, [Sought((str(key),), (key,))]).found == ((),)
