"""Airflow's own folder `<home>/airflow`: settings, a migrated database, the pool; no phone calls, loopback only."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from twinlake.declare.errors import PlatformError
from twinlake.engine.environment import REPOSITORY, cache_dir, load_environment
from twinlake.engine.home import Home, open_home

DAGS = REPOSITORY / "dags"
ADDRESS = "127.0.0.1"
POOL = "twinlake"
# Run once: Airflow's tables, and the pool of one in which tasks that may start a JVM wait for each other.
MAKE_DATABASE = f"""
from airflow.models.pool import Pool
from airflow.utils.db import initdb
initdb()
Pool.create_or_update_pool("{POOL}", slots=1, description="A JVM at a time", include_deferred=False)
"""


def settings(home: Home) -> dict[str, str]:
    """The environment variables that make a process use this home's Airflow."""
    folder = home.airflow
    port = os.environ.get("TWINLAKE_AIRFLOW_PORT", "8080")
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "password.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": load_environment().airflow_database_for(str(home.path)),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        "AIRFLOW__API__HOST": ADDRESS,
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": f"http://{ADDRESS}:{port}",
        # The plan changes when somebody edits it, not every half minute.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
        "SCARF_ANALYTICS": "false",
        "TWINLAKE_HOME": str(home.path),
        "TWINLAKE_FEEDS": str(home.feeds),
        # On one machine tasks run one after another, the steps of a layer side by side.
        "TWINLAKE_TASKS": os.environ.get("TWINLAKE_TASKS", "layer"),
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "libs"), str(REPOSITORY), *_already()]),
        **_keys(folder),
    }


def _keys(folder: Path) -> dict[str, str]:
    """Keys that all processes of this Airflow share; each would else invent its own when they first start together."""
    names = ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY")
    made = {name: secrets.token_hex(64) for name in names}
    made["AIRFLOW__CORE__FERNET_KEY"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return json.loads(private_file(folder / "keys.json", json.dumps(made)))


def private_file(file: Path, text: str) -> str:
    """What stands in a file that only its owner reads; `text` if it was not there yet."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.is_file():
        part = file.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as out:
            out.write(text)
        part.replace(file)
    return file.read_text()


def _already() -> list[str]:
    ours = {str(REPOSITORY / "libs"), str(REPOSITORY), ""}
    return [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p not in ours]


def prepare(home: Home) -> None:
    """The folder and the database, made once a home; a half-made one is made anew."""
    open_home(home)
    home.airflow.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = settings(home)["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    made = home.airflow / "database"
    wanted = f"{version('apache-airflow')} {database.rpartition('@')[2]}"
    if made.is_file() and made.read_text() == wanted and (not _file(database) or Path(_file(database)).is_file()):
        return
    if _file(database) and not Path(_file(database)).exists():
        _place(_template(), Path(_file(database)))
    else:
        _make_database(settings(home))
    made.write_text(wanted)


def _file(database: str) -> str:
    return database.removeprefix("sqlite:///") if database.startswith("sqlite:///") else ""


def _template() -> Path:
    """Airflow's empty database, made once a machine and copied into each home: migrating costs many seconds."""
    key = hashlib.sha256((version("apache-airflow") + MAKE_DATABASE).encode()).hexdigest()[:16]
    file = cache_dir() / "airflow" / f"{key}.db"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            fresh = Path(folder) / "airflow.db"
            _make_database({"AIRFLOW_HOME": folder, "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{fresh}"})  # fmt: skip
            fresh.replace(file)
    return file


def _place(template: Path, file: Path) -> None:
    part = file.with_suffix(".part")
    shutil.copyfile(template, part)
    part.replace(file)


def _make_database(env: dict[str, str]) -> None:
    made = subprocess.run(
        [sys.executable, "-c", MAKE_DATABASE], env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    if made.returncode:
        why = (made.stderr.strip() or made.stdout.strip()).splitlines()[-1:]
        raise PlatformError(f"Airflow's database could not be made in {env['AIRFLOW_HOME']}: {' '.join(why)}")
