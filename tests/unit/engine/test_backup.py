"""A home is copied whole and made again elsewhere; what is half done or altered is refused by name."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.published_lake import published_lake
from twinlake.declare.decision import Decision
from twinlake.declare.errors import ConfigurationError, DataError, LockedError
from twinlake.engine.backup import backup, restore
from twinlake.engine.champions import CHAMPION, VERSION, champion_state
from twinlake.engine.decisions import decisions_of, record_decision
from twinlake.engine.home import _OWNED, Home, run_lock
from twinlake.engine.ops import Ops
from twinlake.engine.publication import require_publication
from twinlake.engine.tracking import ModelStore, connected

DECISION = Decision("accept", ("a/b/1",), ("a/b/2",), "Ada", "one passport", datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A published lake with a decision, a Data Docs page and an Airflow of this machine."""
    made = published_lake(tmp_path / "old", persons=12)
    record_decision(Ops(made.lake), DECISION)
    for name in ("gx/data_docs/index.html", "airflow/password.json", "landing/half.parquet", "mended/st_a.ndjson"):
        (made.path / name).parent.mkdir(parents=True, exist_ok=True)
        (made.path / name).write_text(name)
    return made


def contents(home: Home) -> dict[str, bytes]:
    files = (p for p in home.path.rglob("*") if p.is_file())
    return {p.relative_to(home.path).as_posix(): p.read_bytes() for p in files}


def test_a_home_comes_back_file_by_file(home: Home, tmp_path: Path):
    backup(home, tmp_path / "copy")
    before = contents(home)
    shutil.rmtree(home.path)
    again, _ = restore(tmp_path / "copy", tmp_path / "new", None)
    kept = {path: data for path, data in before.items() if path.split("/")[0] not in ("airflow", "landing", "run.lock")}
    assert contents(again) == kept
    assert again.feeds == home.feeds
    assert require_publication(Ops(again.lake)).publication_id == "0123456789abcdef"
    assert decisions_of(Ops(again.lake)) == [DECISION]


def test_models_are_read_beside_the_lake_they_came_back_with(home: Home, tmp_path: Path):
    with connected(ModelStore(home.tracking_uri, home.model_artifacts)) as client:
        artifacts = Path(home.model_artifacts).resolve().as_uri()
        run = client.create_run(client.create_experiment("glucose", f"{artifacts}/glucose")).info
        client.log_text(run.run_id, "a model", "model.txt")
        client.create_registered_model("glucose")
        client.create_model_version("glucose", f"runs:/{run.run_id}/model", run.run_id, tags={VERSION: "v-1"})
        client.set_registered_model_alias("glucose", CHAMPION, "1")
    made = backup(home, tmp_path / "copy")
    assert made.champions == {"glucose": "v-1"}
    shutil.rmtree(home.path)
    again, _ = restore(tmp_path / "copy", tmp_path / "new", None)
    assert champion_state("glucose", again.tracking_uri).version == "v-1"
    shutil.move(again.path, tmp_path / "moved")
    moved = Home(tmp_path / "moved", home.feeds)
    with connected(ModelStore(moved.tracking_uri, moved.model_artifacts)) as client:
        assert Path(client.download_artifacts(run.run_id, "model.txt")).read_text() == "a model"
        assert client.get_run(run.run_id).info.artifact_uri.startswith(moved.path.as_uri())


def test_feeds_that_stand_elsewhere_now_are_told_to_the_new_home(home: Home, tmp_path: Path):
    backup(home, tmp_path / "copy")
    again, _ = restore(tmp_path / "copy", tmp_path / "new", tmp_path / "other")
    assert json.loads((again.path / "home.json").read_text())["feeds"] == str(tmp_path / "other")


FILE = "lake/silver/person/_delta_log/00000000000000000000.json"
ALTERATIONS = {
    "unfinished": (lambda copy: (copy / "manifest.json").unlink(), "was not finished"),
    "a file gone": (lambda copy: (copy / "home" / FILE).unlink(), f"{FILE} is missing"),
    "a file cut": (lambda copy: (copy / "home" / FILE).write_bytes(b"{}"), f"{FILE} has 2 bytes"),
    "a byte flipped": (lambda copy: flip(copy / "home" / FILE), f"{FILE} was altered"),
    "a file added": (lambda copy: (copy / "home" / "lake" / "x").write_text("x"), "lake/x was added"),
    "the manifest": (lambda copy: flip(copy / "manifest.json"), "manifest.json was altered"),
}


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("what", ALTERATIONS)
def test_a_backup_that_is_not_what_was_made_is_refused(home: Home, tmp_path: Path, what: str):
    backup(home, tmp_path / "copy")
    alter, said = ALTERATIONS[what]
    alter(tmp_path / "copy")
    with pytest.raises(DataError, match=said.replace(".", r"\.")):
        restore(tmp_path / "copy", tmp_path / "new", None)
    assert not [p for p in tmp_path.iterdir() if p.name.startswith("new")]


def test_a_run_that_is_on_is_waited_for(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with run_lock(home, "daily"):
        # As another process sees it.
        monkeypatch.setitem(_OWNED, home.path / "run.lock", 0)
        with pytest.raises(LockedError, match="run daily"):
            backup(home, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_damaged_lake_is_not_backed_up(home: Home, tmp_path: Path):
    next((home.lake / "silver" / "measurement").glob("*.parquet")).unlink()
    with pytest.raises(DataError, match=r"silver\.measurement: .* is missing.*verify"):
        backup(home, tmp_path / "copy")


def test_nothing_is_overwritten_and_no_copy_holds_itself(home: Home, tmp_path: Path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "x").touch()
    with pytest.raises(ConfigurationError, match="is there already"):
        backup(home, tmp_path / "there")
    with pytest.raises(ConfigurationError, match="lies in the home"):
        backup(home, home.path / "copy")
    backup(home, tmp_path / "copy")
    with pytest.raises(ConfigurationError, match="is there already"):
        restore(tmp_path / "copy", home.path, None)


def test_what_a_killed_backup_left_is_no_backup_and_in_nobodys_way(home: Home, tmp_path: Path):
    (tmp_path / "copy.making" / "home").mkdir(parents=True)
    with pytest.raises(DataError, match="was not finished"):
        restore(tmp_path / "copy.making", tmp_path / "new", None)
    backup(home, tmp_path / "copy")
    assert not (tmp_path / "copy.making").exists()
