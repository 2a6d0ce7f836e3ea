"""Airflow with its UI and a real scheduler (LocalExecutor), on this machine only."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from twinlake.declare.errors import ConfigurationError, PlatformError
from twinlake.engine.airflow_settings import ADDRESS, prepare, private_file, settings
from twinlake.engine.home import Home

# `airflow standalone` would also start a log server on every network interface, and a triggerer for nobody.
COMPONENTS = (("scheduler", "--skip-serve-logs"), ("dag-processor",), ("api-server",))
# A component that ends is noticed at once; a busy machine took 160 s until all answered.
READY_WITHIN = 600.0
PATIENCE = 10.0


def serve(home: Home, feeds: Path, tell: Callable[[str], None] = print) -> None:
    """Run Airflow until it is interrupted; a fault of one component ends all."""
    home = replace(home, feeds=feeds.resolve())
    prepare(home)
    env = {**os.environ, **settings(home)}
    address, port = env["AIRFLOW__API__BASE_URL"], int(env["AIRFLOW__API__PORT"])
    password = _password(Path(env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]))
    _refuse_taken(port)
    tell(f"Airflow starts on {address} … (logs: {home.airflow / 'logs'})")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    running = [_start(command, home.airflow / "logs", env) for command in COMPONENTS]
    try:
        _wait_until_ready(port, running)
        tell(f"Airflow is at {address} · user admin, password in {password} · Ctrl-C stops it")
        _watch(running, home.airflow / "logs")
    except KeyboardInterrupt:
        tell("Airflow stops …")
    finally:
        _stop(running)


def _password(file: Path) -> Path:
    """The admin's password, written where only its owner reads it; Airflow would print one that it makes itself."""
    private_file(file, json.dumps({"admin": secrets.token_urlsafe(12)}))
    return file


def _refuse_taken(port: int) -> None:
    if _answers(port):
        raise ConfigurationError(
            f"Something already listens on {ADDRESS}:{port}. "
            "Stop it, or choose another port with TWINLAKE_AIRFLOW_PORT."
        )


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((ADDRESS, port)) == 0


def _start(command: tuple[str, ...], logs: Path, env: Mapping[str, str]) -> subprocess.Popen:
    logs.mkdir(parents=True, exist_ok=True)
    line = [sys.executable, "-m", "airflow", *command]
    with (logs / f"{command[0]}.log").open("ab") as log:
        return subprocess.Popen(line, stdout=log, stderr=log, env=dict(env), start_new_session=True)


def _wait_until_ready(port: int, running: list[subprocess.Popen]) -> None:
    until = time.monotonic() + READY_WITHIN
    while not _answers(port):
        if time.monotonic() > until or any(p.poll() is not None for p in running):
            raise PlatformError("Airflow did not start. See the logs named above.")
        time.sleep(0.5)


def _watch(running: list[subprocess.Popen], logs: Path) -> None:
    while all(p.poll() is None for p in running):
        time.sleep(1)
    ended = next(c[0] for c, p in zip(COMPONENTS, running, strict=True) if p.poll() is not None)
    raise PlatformError(f"Airflow's {ended} ended. See {logs / ended}.log, then start it again.")


def _stop(running: list[subprocess.Popen]) -> None:
    """Ends every component and all it started, tasks and their JVMs; a step cut off is taken again by the next run."""
    import psutil

    components = [psutil.Process(c.pid) for c in running if psutil.pid_exists(c.pid)]
    started = [*components, *(child for c in components for child in c.children(recursive=True))]
    for process in running:
        process.terminate()
    for process in psutil.wait_procs(started, timeout=PATIENCE)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    for process in running:
        process.wait()
