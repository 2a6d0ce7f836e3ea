"""Runs that are killed, starved of disk or fed late, twice and damaged, and begun again, give the undisturbed lake."""

from __future__ import annotations

from pathlib import Path

import pytest

from twinlake.faults.harness import run_plan
from twinlake.faults.plan import read_plan
from twinlake.faults.table import as_text, came


@pytest.mark.nightly
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("plan", ["tiny", "kills", "disk", "deliveries"])
def test_whatever_befalls_a_run_the_same_command_again_gives_the_undisturbed_lake(tmp_path: Path, plan: str) -> None:
    told, planned = run_plan(read_plan(plan), 1, tmp_path, print), read_plan(plan).rounds
    assert {name for name, wrong in told.wrong.items() if wrong} == set(), as_text(told)
    assert [line for line in told.lines if not came(line)] == []
    assert sum(line.fault.startswith("kill -9") for line in told.lines) == sum(len(each.kills) for each in planned)
