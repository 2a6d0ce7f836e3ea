"""A home copied whole into another folder, and made a home again from it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from twinlake.declare.errors import ConfigurationError, DataError, PlatformError
from twinlake.engine.airflow_turn import hold
from twinlake.engine.champions import SQLITE, champion_versions
from twinlake.engine.damage import damage
from twinlake.engine.delta_log import LOG
from twinlake.engine.discover import sha256_of
from twinlake.engine.environment import load_environment
from twinlake.engine.home import LAKE_FORMAT, Home, check_home, open_home
from twinlake.engine.integrity import unbalanced_files
from twinlake.engine.making import made_whole
from twinlake.engine.manifest import COPY, NAME, Manifest, read_manifest, refuse_altered
from twinlake.engine.model_places import settle
from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication, last_publication, require_publication

# What a run makes anew, or what belongs to one machine: a restored home has its own.
LEFT_OUT = ("airflow", "landing", "errors", "home.json", "run.lock", "locks")
SCRATCH = ".scratch"


def backup(home: Home, target: Path) -> Manifest:
    """Copy a home that no run is working on to a new folder; a damaged lake is refused."""
    target = target.resolve()
    check_home(home)
    _refuse_occupied(target)
    if target.is_relative_to(home.path):
        raise ConfigurationError(f"{target} lies in the home it is to be a copy of. Give a folder outside {home.path}.")
    with hold(home, "backup"):
        published = require_publication(Ops(home.lake))
        _refuse_damaged(home, published)
        database = _database(home)
        _refuse_if_too_large(home, target)
        with made_whole(target) as making:
            _copy(home, database, making / COPY)
            manifest = _manifest(home, published, making / COPY)
            manifest.write(making)
            # The name must not reach the disk before what it names.
            os.sync()
    return manifest


def restore(source: Path, into: Path, feeds: Path | None) -> tuple[Home, Manifest]:
    """Make a new home of a backup, for the feeds it had or those that are given."""
    manifest = read_manifest(source)
    if manifest.lake_format != LAKE_FORMAT:
        raise ConfigurationError(
            f"{source} is a lake of format {manifest.lake_format}; this version reads {LAKE_FORMAT}. "
            "Restore it with the version that made it."
        )
    into = into.resolve()
    _refuse_occupied(into)
    refuse_altered(source, manifest)
    home = Home(into, feeds.resolve() if feeds else Path(manifest.feeds))
    with made_whole(into) as making:
        begun = Home(making, home.feeds)
        open_home(begun)
        shutil.copytree(source / COPY, making, dirs_exist_ok=True)
        _refuse_out_of_step(source, begun, manifest)
        os.sync()
    settle(home.tracking_uri, home.model_artifacts)
    return home, manifest


def _refuse_occupied(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is there already. Name a folder that is new or empty.")


def _refuse_damaged(home: Home, published: Publication) -> None:
    ops = Ops(home.lake)
    problems = [*unbalanced_files(ops), *damage(ops, published)]
    if problems:
        raise DataError(
            f"{home.path} is damaged ({len(problems)} problems, the first: {problems[0]}); nothing was copied. "
            "`twinlake verify` lists all and says what to do."
        )


def _refuse_if_too_large(home: Home, target: Path) -> None:
    needed = sum(file.stat().st_size for file in _files(home))
    near = next(folder for folder in target.parents if folder.exists())
    free = shutil.disk_usage(near).free
    if needed > free:
        raise PlatformError(f"{near} has {free >> 20} MiB free, the backup needs {needed >> 20}. Make room.")


def _refuse_out_of_step(source: Path, home: Home, manifest: Manifest) -> None:
    """The publication and the champions that the manifest names are those that stand in the copy."""
    published = last_publication(Ops(home.lake))
    told = (published.publication_id, published.sequence) if published else ("none", 0)
    champions = champion_versions(home.tracking_uri)
    if told != (manifest.publication_id, manifest.sequence) or champions != dict(manifest.champions):
        raise DataError(f"{source}: publication or champions are not those its {NAME} names. Take another copy.")


def _files(home: Home) -> list[Path]:
    """Logs before the data they name: a steward's decision that comes meanwhile is in the copy whole, or not at all."""
    kept = [
        p
        for p in sorted(home.path.iterdir())
        if p.name not in LEFT_OUT and not p.name.startswith(("rebuild-", "erasing."))
    ]
    logs = [log for place in kept for log in place.rglob(LOG)]
    every = dict.fromkeys(file for place in (*logs, *kept) for file in (place, *place.rglob("*")) if file.is_file())
    return [file for file in every if SCRATCH not in file.relative_to(home.path).parts]


def _database(home: Home) -> Path | None:
    """MLflow's SQLite file, None where no model was ever trained; another store is another's to copy."""
    uri = load_environment().mlflow_tracking_for(str(home.path))
    file = Path(uri.removeprefix(SQLITE))
    if not uri.startswith(SQLITE) or not file.is_relative_to(home.path):
        raise ConfigurationError(
            "MLflow's store of this environment does not stand in the home. Copy it by its own means (pg_dump) while "
            "no run is on, and the home's folder with it; `twinlake backup` would hold half of both."
        )
    return file if file.is_file() else None


def _copy(home: Home, database: Path | None, target: Path) -> None:
    for file in _files(home):
        if database is None or not file.name.startswith(database.name):
            placed = target / file.relative_to(home.path)
            placed.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, placed)
    if database is not None:
        placed = target / database.relative_to(home.path)
        placed.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(database)) as store, closing(sqlite3.connect(placed)) as copied:
            store.backup(copied)


def _manifest(home: Home, published: Publication, copied: Path) -> Manifest:
    files = sorted(file for file in copied.rglob("*") if file.is_file())
    return Manifest(
        LAKE_FORMAT, str(home.feeds), published.publication_id, published.sequence,
        champion_versions(home.tracking_uri),
        {file.relative_to(copied).as_posix(): (file.stat().st_size, sha256_of(file)) for file in files},
    )  # fmt: skip
