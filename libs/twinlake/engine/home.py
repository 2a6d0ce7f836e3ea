"""Where everything a run makes lives, and the lock that lets one run at a time touch it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twinlake.declare.errors import ConfigurationError, LockedError, NotPublished

LAKE_FORMAT = 1


@dataclass(frozen=True)
class Home:
    """One lake, belonging to one feeds root."""

    path: Path
    feeds: Path

    @property
    def lake(self) -> Path:
        return self.path / "lake"

    @property
    def landing(self) -> Path:
        return self.path / "landing"

    @property
    def gx(self) -> Path:
        return self.path / "gx"

    @property
    def mlflow(self) -> Path:
        return self.path / "mlflow"

    @property
    def airflow(self) -> Path:
        return self.path / "airflow"

    @property
    def reports(self) -> Path:
        return self.path / "reports"

    @property
    def tracking_uri(self) -> str:
        self.mlflow.mkdir(parents=True, exist_ok=True)
        return os.environ.get("TWINLAKE_MLFLOW_URI", f"sqlite:///{self.mlflow / 'mlflow.db'}")

    @property
    def mended(self) -> Path:
        return self.path / "mended"


def home_of(feeds: Path | None) -> Home:
    """The home that belongs to `feeds`; without feeds, the one TWINLAKE_HOME names or the only one there is."""
    given = os.environ.get("TWINLAKE_HOME")
    if feeds is not None:
        path = Path(given) if given else Path(".twinlake") / _name_of(feeds.resolve())
        return Home(path.resolve(), feeds.resolve())
    path = Path(given) if given else _only_home()
    return Home(path.resolve(), Path(_settings(path)["feeds"]))


def _name_of(feeds: Path) -> str:
    """The folder's name, or its parent's where it is just called feeds."""
    return feeds.parent.name if feeds.name == "feeds" else feeds.name


def _only_home() -> Path:
    homes = sorted(p.parent for p in Path(".twinlake").glob("*/home.json"))
    if len(homes) == 1:
        return homes[0]
    if not homes:
        raise NotPublished("No lake here yet. Run `twinlake run --feeds DIR` (or `make demo`) first.")
    names = ", ".join(str(h) for h in homes)
    raise ConfigurationError(f"Several lakes here: {names}. Say which: --feeds DIR, or TWINLAKE_HOME=<one of them>.")


def _settings(path: Path) -> dict:
    file = path / "home.json"
    if not file.is_file():
        raise NotPublished(f"{path} holds no lake. Run `twinlake run --feeds DIR` (or `make demo`) first.")
    return json.loads(file.read_text())


def check_home(home: Home) -> None:
    """Refuse a lake of another format; a lake belongs to one feeds root."""
    settings = _settings(home.path)
    if settings["format"] != LAKE_FORMAT:
        raise ConfigurationError(
            f"{home.path} was written in lake format {settings['format']}; this version reads {LAKE_FORMAT}. "
            "Move it away and run again: the lake is rebuilt from the feeds."
        )
    if Path(settings["feeds"]) != home.feeds:
        raise ConfigurationError(
            f"{home.path} belongs to the feeds in {settings['feeds']}, not {home.feeds}. "
            "Use those feeds, or another TWINLAKE_HOME."
        )


def open_home(home: Home) -> None:
    """Make the home, or check that the one that is there is ours and readable."""
    home.path.mkdir(parents=True, exist_ok=True)
    file = home.path / "home.json"
    if not file.exists():
        part = file.with_suffix(".part")
        part.write_text(json.dumps({"format": LAKE_FORMAT, "feeds": str(home.feeds)}))
        part.replace(file)
    check_home(home)


@contextmanager
def run_lock(home: Home, run_id: str) -> Iterator[None]:
    """Own the lake for one run; a lock whose owner is dead is taken over, a nested run of the same process joins."""
    file = home.path / "run.lock"
    mine = {"host": socket.gethostname(), "pid": os.getpid(), "run_id": run_id}
    owner = _owner(file)
    if owner and (owner["host"], owner["pid"]) == (mine["host"], mine["pid"]):
        yield
        return
    if owner and _is_alive(owner):
        raise LockedError(
            f"{home.path} is in use by run {owner['run_id']} (process {owner['pid']} on {owner['host']}). "
            f"Wait for it, or if it is gone remove {file}."
        )
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY), "w") as out:
        json.dump(mine, out)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _owner(file: Path) -> dict | None:
    try:
        return json.loads(file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _is_alive(owner: dict) -> bool:
    if owner["host"] != socket.gethostname():
        return True
    try:
        os.kill(owner["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
