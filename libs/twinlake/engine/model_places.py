"""Where MLflow's SQLite store says that its files lie: it keeps full paths, so that a home that moved must be told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from twinlake.engine.champions import SQLITE

# Column by table; a registered model names its run, and no path.
PLACES = {"experiments": "artifact_location", "runs": "artifact_uri"}


def place_of(artifacts: str) -> str:
    """The URI of the folder of artifacts; one that is a URI already stays."""
    return artifacts if "://" in artifacts else Path(artifacts).resolve().as_uri()


def settle(tracking_uri: str, artifacts: str) -> None:
    """Have a store whose home was moved, copied or restored name the artifacts beside it, not those it came from."""
    database = Path(tracking_uri.removeprefix(SQLITE))
    if not tracking_uri.startswith(SQLITE) or not database.is_file():
        return
    with closing(sqlite3.connect(database)) as store, store:
        for old in _former(store, place_of(artifacts)):
            for table, column in PLACES.items():
                store.execute(
                    f"update {table} set {column} = ? || substr({column}, ?) where substr({column}, 1, ?) = ?",
                    (place_of(artifacts), len(old) + 1, len(old) + 1, f"{old}/"),
                )


def _former(store: sqlite3.Connection, now: str) -> set[str]:
    """Where the models' experiments lie elsewhere. MLflow's own, `Default`, has nothing in it."""
    made = store.execute("select 1 from sqlite_master where name = 'experiments'").fetchone()
    rows = store.execute("select name, artifact_location from experiments").fetchall() if made else []
    found = {place.removesuffix(f"/{name}") for name, place in rows if place and place.endswith(f"/{name}")}
    return found - {now}
