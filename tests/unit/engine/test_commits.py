"""Whoever else writes a table, what a writer has to say lands, once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest
from deltalake.exceptions import CommitFailedError

from tests.support.landing_sample import VISIT
from twinlake.engine import commits
from twinlake.engine.bronze import Part, Source, commit, write_part
from twinlake.engine.commits import TRIES, persistently
from twinlake.engine.ops import Ops
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.staging import stage

WRITERS, TIMES = 8, 5
AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr(commits.time, "sleep", seconds.append)
    return seconds


def failing(times: int, error: Exception):
    left = [times]

    def write() -> str:
        left[0] -= 1
        if left[0] >= 0:
            raise error
        return "landed"

    return write


@pytest.mark.parametrize(
    "error", [CommitFailedError("a concurrent transaction"), RuntimeError("[DELTA_CONCURRENT_APPEND] …")]
)
def test_who_was_overtaken_tries_again_and_waits_longer_each_time(error: Exception, waited: list[float]) -> None:
    assert persistently(failing(6, error)) == "landed"
    assert len(waited) == 6 and waited[5] > 4 * waited[0]


def test_in_the_end_the_conflict_is_told(waited: list[float]) -> None:
    with pytest.raises(CommitFailedError):
        persistently(failing(TRIES, CommitFailedError("a concurrent transaction")))
    assert len(waited) == TRIES - 1


@pytest.mark.parametrize("error", [ValueError("no"), CommitFailedError("No space left on device (os error 28)")])
def test_what_another_try_would_not_mend_is_told_at_once(error: Exception, waited: list[float]) -> None:
    with pytest.raises(type(error)):
        persistently(failing(1, error))
    assert waited == []


def test_eight_processes_that_write_five_times_each_lose_nothing(tmp_path: Path) -> None:
    """Of one feed's quarantine, its bronze and the ledger, as hospitals that land at once do."""
    with get_context("spawn").Pool(WRITERS) as pool:
        pool.starmap(write, [(tmp_path, f"h{n}") for n in range(WRITERS)], chunksize=1)
    ops = Ops(tmp_path)
    held = Quarantine(ops, "quarantine.toy_visit").rows()
    assert sorted((row["path"], row["record_offset"]) for row in held) == [(f"h{n}", TIMES - 1) for n in range(WRITERS)]
    each = {f"h{n}": TIMES for n in range(WRITERS)}
    assert Counter(row["hospital"] for row in ops.rows("landing_ledger")) == each
    landed = ops.ask("select hospital from toy_visit", {"bronze.toy_visit": None})
    assert Counter(row["hospital"] for row in landed) == each


def write(lake: Path, hospital: str) -> None:
    ops, bronze = Ops(lake), lake / "bronze" / "toy_visit"
    for n in range(TIMES):
        (lake / f"{hospital}.ndjson").write_text(f'{{"id":"{n}"}}\n')
        staged = lake / f"{hospital}-{n}.parquet"
        list(stage(lake / f"{hospital}.ndjson", VISIT, staged, hospital))
        part = Part("bronze.toy_visit", bronze, (Source(staged, hospital, "toy", hospital, str(n), AT),), "r", AT)
        commit(ops, "bronze.toy_visit", list(write_part(part)), "{}")
        held = {"rule": "not_json", "hospital": hospital, "path": hospital, "record_offset": n}
        Quarantine(ops, "quarantine.toy_visit").replace_paths(([hospital], [held]))
        ops.append("landing_ledger", [{"hospital": hospital, "sequence": n}])
