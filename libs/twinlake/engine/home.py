"""Where everything a run makes lives, and the lock that lets one run at a time touch it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from twinlake.declare.errors import ConfigurationError, LockedError, NotPublished
from twinlake.engine.environment import load_environment

LAKE_FORMAT = 6
# Whom an erasure that was begun is about: until it is done they stand in some tables and not in others.
ERASING = "erasing.json"
# What nobody can make again of the feeds, which may still hold them.
KEEP_ERASED = (
    "Where persons were erased, copy lake/ops/erased of the old home into the new one before that run: without it they "
    "land again."
)


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
    def hospitals(self) -> Path:
        return self.path / "hospitals"

    @property
    def reports(self) -> Path:
        return self.path / "reports"

    @property
    def tracking_uri(self) -> str:
        self.mlflow.mkdir(parents=True, exist_ok=True)
        return load_environment().mlflow_tracking_for(str(self.path))

    @property
    def model_artifacts(self) -> str:
        return load_environment().mlflow_artifacts_for(str(self.path))

    @property
    def mended(self) -> Path:
        return self.path / "mended"


def home_of(feeds: Path | None) -> Home:
    """The home that belongs to `feeds`; without feeds, the one TWINLAKE_HOME names or the only one there is."""
    if feeds is not None:
        path = Path(load_environment().home_for(_name_of(feeds.resolve())))
        return Home(path.resolve(), feeds.resolve())
    given = os.environ.get("TWINLAKE_HOME")
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
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
        return {"format": settings["format"], "feeds": settings["feeds"]}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{file} cannot be read: expected format and feeds. Move {path} away and run again: the lake is rebuilt. "
            f"{KEEP_ERASED}"
        ) from error


def check_hospital(home: Home, hospital: str | None) -> None:
    """Refuse a name that is no hospital's; none said, all are meant."""
    if hospital and not (home.feeds / hospital).is_dir():
        raise ConfigurationError(f"{home.feeds} has no hospital {hospital!r}. Name one of its folders.")


def check_home(home: Home) -> None:
    """Refuse a lake of another format; a lake belongs to one feeds root."""
    settings = _settings(home.path)
    if settings["format"] != LAKE_FORMAT:
        raise ConfigurationError(
            f"{home.path} was written in lake format {settings['format']}; this version reads {LAKE_FORMAT}. "
            f"Move it away and run again: the lake is rebuilt from the feeds. {KEEP_ERASED}"
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
        if home.lake.exists() and [*home.lake.glob("*/*")] != [home.lake / "ops" / "erased"]:
            raise ConfigurationError(
                f"{home.path} holds a lake that does not say its format. Move it away and run again: "
                f"the lake is rebuilt from the feeds. {KEEP_ERASED}"
            )
        part = file.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps({"format": LAKE_FORMAT, "feeds": str(home.feeds)}))
        part.replace(file)
    check_home(home)


@contextmanager
def run_lock(home: Home, run_id: str, *, erasing: bool = False) -> Iterator[None]:
    """Own the lake for one run; a nested run of the same process joins. While a person is half erased, only `erasing`.

    The kernel holds the lock and drops it with its owner, however that ended: no lock is ever stale, and a process
    that got the number of a dead one owns nothing. What the file says is only for people.
    """
    file = home.path / "run.lock"
    if _OWNED.get(file) == os.getpid():
        yield
        return
    with os.fdopen(os.open(file, os.O_CREAT | os.O_RDWR), "r+") as held:
        _acquire(held, home)
        if not erasing:
            _refuse_half_erased(home)
        json.dump({"host": socket.gethostname(), "pid": os.getpid(), "run_id": run_id}, held)
        held.flush()
        _OWNED[file] = os.getpid()
        try:
            yield
        finally:
            del _OWNED[file]
            held.truncate(0)


# The locks of this process; a forked child inherits the entry but not the process number.
_OWNED: dict[Path, int] = {}


def _acquire(held: TextIO, home: Home) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LockedError(f"{home.path} is in use by {_owner(held.read())}. Wait for it.") from error
    except OSError as error:
        raise ConfigurationError(f"{home.path}: its file system has no locks; use another TWINLAKE_HOME.") from error
    held.truncate(0)


def _refuse_half_erased(home: Home) -> None:
    """What another run took from half of the tables would stay in the other half."""
    if (home.path / ERASING).exists():
        raise ConfigurationError(
            f"A person is half erased from {home.path}, and nothing else may work on it. Give the command of the "
            "erasure again, `twinlake erase …` (ops.erasure says who asked for it, when and why)."
        )


def _owner(text: str) -> str:
    try:
        said = json.loads(text)
        return f"run {said['run_id']} (process {said['pid']} on {said['host']})"
    except (json.JSONDecodeError, KeyError, TypeError):
        return "another run"
