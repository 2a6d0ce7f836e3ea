"""A run killed with -9 and started again gives the lake of a run that nobody disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.support.tiny_feeds import tiny_feeds
from tests.support.tiny_lake import TinyLake

# Where the process ends: a function of the engine and what its call must mention; each run gets one step further.
DEATHS = (
    ("twinlake.engine.ops.Ops.append", "landing_ledger"),
    ("twinlake.engine.replace._mark", "silver.care_site"),
    ("twinlake.engine.replace._quarantine", "silver.measurement"),
    ("twinlake.engine.steps._log", "gold.person_summary"),
    ("twinlake.engine.ops.Ops.append", "publication"),
)
PROGRAM = """
import os, signal, sys
from pathlib import Path
from unittest.mock import patch
from tests.support.tiny_lake import TinyLake

where, mention = sys.argv[2:]
owner, name = where.rsplit(".", 1)
from pkgutil import resolve_name
original = getattr(resolve_name(owner), name)

def die(*given, **named):
    if any(mention in (thing, getattr(thing, "full_name", "")) for thing in given if thing is not None):
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*given, **named)

with patch(where, die):
    TinyLake(Path(sys.argv[1])).run()
"""


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_killed_at_every_kind_of_commit_and_started_again(built: TinyLake, empty: Callable[[str], TinyLake]) -> None:
    lake = empty("killed")
    tiny_feeds().write(lake.home.feeds)
    for where, mention in DEATHS:
        assert run_until(lake.folder, where, mention) == -signal.SIGKILL, (where, mention)
    lake.run()
    assert lake.digests() == built.digests()
    assert lake.bronze() == built.bronze()
    assert lake.problems() == []


def run_until(folder: Path, where: str, mention: str) -> int:
    path = os.pathsep.join([str(REPOSITORY / "libs"), str(REPOSITORY)])
    command = [sys.executable, "-c", PROGRAM, str(folder), where, mention]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, cwd=folder, check=False).returncode
