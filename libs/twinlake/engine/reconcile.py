"""Proves that every landed record was mapped, quarantined, superseded, withdrawn, or left out for a stated reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import accumulate
from typing import Any

from twinlake.declare.errors import DataError
from twinlake.engine.accounts import LOST, SAID, Said, counted, moved, said_of
from twinlake.engine.counting import counting_now
from twinlake.engine.environment import load_environment
from twinlake.engine.ledger import Ledger, read_ledger
from twinlake.engine.position import LEDGER, LandedFeed, Position, last_said, position
from twinlake.engine.run import Run

Totals = Counter[Said]


def reconcile(run: Run, *, anew: bool = False) -> list[dict[str, Any]]:
    """Account for the records of every feed that changed since it was last accounted for; lost ones stop the run.

    Where only some persons' records may have come to something else, theirs alone are counted, as they were and as
    they are; `anew` counts all of every feed.
    """
    ledger = read_ledger(run.ops)
    before = last_said(run.ops)
    known = {feed: Position.read(rows[0]["state"]) for feed, rows in before.items()}
    now = {feed: position(run, ledger, *feed) for feed in sorted(_landed_feeds(run, ledger))}
    due = [feed for feed, at in now.items() if anew or not at.is_as(known.get(feed))]
    if not due:
        return []
    changes = moved(run, ledger, {feed: (at, now[feed]) for feed in due if not anew and (at := known.get(feed))})
    added = {feed: _added(before[feed], change) for feed, change in changes.items()}
    # Fewer than none: the ledger or the lake is not what it was when this was last counted.
    totals = {feed: found for feed, found in added.items() if min(found.values(), default=0) >= 0}
    totals |= _whole(run, ledger, [feed for feed in due if feed not in totals])
    # Of a feed of which nothing is left, that is said as well.
    none = {feed: dict.fromkeys(map(said_of, before.get(feed, ())), 0) for feed in due if not totals[feed]}
    said = [row for feed in due for row in _rows(run, none.get(feed) or totals[feed], now[feed])]
    run.ops.append(LEDGER, said)
    _refuse_lost(said)
    return said


def misaccounted(run: Run) -> list[str]:
    """Where counting all records again comes to something else than what was last said of them, in words.

    A feed that has moved since is not compared: the next run accounts for it.
    """
    ledger = read_ledger(run.ops)
    before = {
        feed: _added(rows, {})
        for feed, rows in last_said(run.ops).items()
        if position(run, ledger, *feed).is_as(Position.read(rows[0]["state"]))
    }
    now = _whole(run, ledger, sorted(before))
    differ = [(key, totals[key], said[key]) for feed, said in before.items() if (totals := now[feed]) != said
              for key in sorted({*totals, *said}) if totals[key] != said[key]]  # fmt: skip
    return [
        f"{hospital} {system}.{feed}: {count:,} records {outcome} ({reason or 'no reason'}), {said:,} were said"
        for (hospital, system, feed, outcome, reason), count, said in differ
    ]


def _added(said: Iterable[Mapping[str, Any]], change: Mapping[Said, int]) -> Totals:
    totals: Totals = Counter({said_of(row): row["records"] for row in said})
    totals.update(change)
    return Counter({key: n for key, n in totals.items() if n})


def _whole(run: Run, ledger: Ledger, due: list[LandedFeed]) -> dict[LandedFeed, Totals]:
    if not due:
        return {}
    # Planning takes longer than counting, and one thread plans one query.
    at_once = min(len(due), load_environment().steps_at_once)
    totals: dict[LandedFeed, Totals] = {feed: Counter() for feed in due}
    with ThreadPoolExecutor(at_once) as pool:
        shares = _shares(due, _landed_records(ledger), at_once)
        for found in pool.map(partial(counted, run, ledger), shares):
            for key, records in found.items():
                totals[key[1], key[2]][key] += records
    return totals


def _shares(due: list[LandedFeed], records: Mapping[LandedFeed, int], number: int) -> list[list[LandedFeed]]:
    """The feeds in shares of about as many records, in order: those of a system, which share tables, together."""
    shares: list[list[LandedFeed]] = [[] for _ in range(number)]
    weights = [records.get(feed, 0) + 1 for feed in due]
    for feed, weight, so_far in zip(due, weights, accumulate(weights), strict=True):
        shares[int(number * (so_far - weight / 2) / sum(weights))].append(feed)
    return [share for share in shares if share]


def _landed_records(ledger: Ledger) -> Counter[LandedFeed]:
    found: Counter[LandedFeed] = Counter()
    for row in ledger.current.values():
        found[str(row["system"]), str(row["feed"])] += int(str(row["landed"] or 0))
    return found


def _rows(run: Run, totals: Mapping[Said, int], at: Position) -> list[dict[str, Any]]:
    # A feed that lost a record is not done with, whatever became of its others.
    has_lost = any(outcome == LOST and n for (*_, outcome, _), n in totals.items())
    state = "" if has_lost else at.write()
    said = [(dict(zip(SAID, key, strict=True)), n) for key, n in sorted(totals.items())]
    return [{**row, "records": n, "state": state, "run_id": run.run_id} for row, n in said]


def _refuse_lost(rows: list[dict[str, Any]]) -> None:
    lost = [
        f"{r['hospital']} {r['system']}.{r['feed']}: {r['records']}"
        for r in rows
        if r["outcome"] == LOST and r["records"]
    ]
    if lost:
        raise DataError(
            f"Records landed but reached no table, no quarantine and no stated reason: {'; '.join(sorted(lost))}. "
            "Map them in the system's file in catalog/sources, or declare them unmapped there with the reason."
        )


def _landed_feeds(run: Run, ledger: Ledger) -> set[LandedFeed]:
    return {(s, f) for (_, s, f), files in counting_now(ledger, run.systems).items() if files}
