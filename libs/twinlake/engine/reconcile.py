"""Proves that every landed record was mapped, quarantined, superseded, withdrawn, or left out for a stated reason."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from twinlake.declare.errors import DataError
from twinlake.declare.source import Feed, System
from twinlake.engine.counting import counting_now
from twinlake.engine.environment import load_environment
from twinlake.engine.ledger import Ledger, read_ledger
from twinlake.engine.ops import WHOLE
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.records import Records, parse
from twinlake.engine.run import Run, local_rows, no_rows

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

LOST = "lost"
ALWAYS = "true"
# More ids than this are read by Spark; a scan of a small table costs more than its rows.
MOST_LOCAL = 10_000
SAID = ("hospital", "system", "feed", "outcome", "reason")
# A system and one of its feeds that has files of its own.
LandedFeed = tuple[str, str]


def reconcile(run: Run) -> list[dict[str, Any]]:
    """Account for the records of every feed that changed since it was last accounted for; lost ones stop the run."""
    ledger = read_ledger(run.ops)
    known = {(r["system"], r["feed"]): r["state"] for r in run.ops.rows("conform_ledger")}
    states = {key: _state(run, ledger, *key) for key in _landed_feeds(run, ledger)}
    due = [key for key, state in sorted(states.items()) if known.get(key) != state]
    if not due:
        return []
    # Planning takes longer than counting, and one thread plans one query.
    at_once = min(len(due), load_environment().steps_at_once)
    with ThreadPoolExecutor(at_once) as pool:
        shares = _shares(due, _landed_records(ledger), at_once)
        rows = [row for found in pool.map(partial(_counted, run, ledger), shares) for row in found]
    # A feed that lost a record is not done with, whatever became of its others.
    lost = {(row["system"], row["feed"]) for row in rows if row["outcome"] == LOST}
    said = [_said(run, row, {key: state for key, state in states.items() if key not in lost}) for row in rows]
    run.ops.append("conform_ledger", said)
    _refuse_lost(said)
    return said


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


def _said(run: Run, row: dict[str, Any], states: Mapping[LandedFeed, str]) -> dict[str, Any]:
    state = states.get((row["system"], row["feed"]), "")
    return {**row, "state": state, "run_id": run.run_id}


def _refuse_lost(rows: list[dict[str, Any]]) -> None:
    lost = [f"{r['hospital']} {r['system']}.{r['feed']}: {r['records']}" for r in rows if r["outcome"] == LOST]
    if lost:
        raise DataError(
            f"Records landed but reached no table, no quarantine and no stated reason: {'; '.join(sorted(lost))}. "
            "Map them in the system's file in catalog/sources, or declare them unmapped there with the reason."
        )


def _landed_feeds(run: Run, ledger: Ledger) -> set[LandedFeed]:
    return {(s, f) for (_, s, f), files in counting_now(ledger, run.systems).items() if files}


def _state(run: Run, ledger: Ledger, system: str, feed: str) -> str:
    active = [files for key, files in counting_now(ledger, run.systems).items() if key[1:] == (system, feed)]
    files = sorted((f.path, f.sha256, f.mended) for of_hospital in active for f in of_hospital)
    tables = [(name, *_told(run, name)) for name in _tables_of(run, system, feed)]
    declared = run.systems[system]
    reasons = [_reasons(declared, part) for part in (declared.feed(feed), *declared.parts(feed))]
    return hashlib.sha256(repr((files, tables, reasons)).encode()).hexdigest()[:16]


def _told(run: Run, table: str) -> tuple[Any, ...]:
    """What decides which records a table and its quarantine hold."""
    short = table.rpartition(".")[2]
    return run.fingerprints.get(table), run.ops.version(table), run.ops.version(f"quarantine.{short}")


def _tables_of(run: Run, system: str, feed: str) -> list[str]:
    declared = run.systems[system]
    implemented = {i.table for i in declared.implementations if declared.landed_in(i.feeds[0]) == feed}
    return sorted(run.table(name).full_name for name in implemented)


def _judged(run: Run, ledger: Ledger, due: list[LandedFeed]) -> DataFrame:
    """hospital, system, feed, part, _record_id and outcome of each landed record that is no repetition.

    The outcome is null where no table holds a record that counts.
    """
    from pyspark.sql import functions as F

    landed = reduce(lambda a, b: a.union(b), [_landed(run, ledger, *key) for key in due])
    placed = landed.join(_placed(run, due), "_record_id", "left")
    said = F.when(~F.col("is_current"), F.lit("superseded")).otherwise(F.col("_place"))
    return placed.select("hospital", "system", "feed", "part", "_record_id", said.alias("outcome"))


def _landed(run: Run, ledger: Ledger, system: str, feed: str) -> DataFrame:
    from pyspark.sql import functions as F

    landed, part = Records(run, ledger).accounted(system, feed), F.lit(feed)
    assert landed is not None
    for each in reversed(run.systems[system].parts(feed)):
        part = F.when(F.expr(str(each.only)), F.lit(each.name)).otherwise(part)
    place = (F.lit(system).alias("system"), F.lit(feed).alias("feed"), part.alias("part"))
    return landed.select("hospital", *place, "_record_id", "is_current")


def _counted(run: Run, ledger: Ledger, due: list[LandedFeed]) -> list[dict[str, Any]]:
    """How many records of each hospital and feed came to which outcome, and why."""
    judged = _judged(run, ledger, due).persist()
    try:
        known = judged.groupBy("hospital", "system", "feed", "part", "outcome").count().toArrow().to_pylist()
        left = sorted({(r["system"], r["feed"], r["part"]) for r in known if r["outcome"] is None})
        asked = [_explained(run, ledger, judged, *part) for part in left]
        why = reduce(lambda a, b: a.union(b), asked).groupBy(*SAID).count().toArrow().to_pylist() if asked else []
    finally:
        judged.unpersist()
    sums: Counter[tuple[str, ...]] = Counter()
    for row in known:
        sums[tuple({**row, "outcome": row["outcome"] or LOST, "reason": ""}[name] for name in SAID)] += row["count"]
    for row in why:
        # What nothing explains stays lost, also where the parsing itself loses it.
        sums[(row["hospital"], row["system"], row["feed"], LOST, "")] -= row["count"]
        sums[tuple(row[name] for name in SAID)] += row["count"]
    return [{**dict(zip(SAID, key, strict=True)), "records": n} for key, n in sorted(sums.items()) if n]


def _explained(run: Run, ledger: Ledger, judged: DataFrame, system: str, feed: str, part: str) -> DataFrame:
    """The records of a part of a feed (or of all of it) that no table holds, with why."""
    from pyspark.sql import functions as F

    declared, place = run.systems[system], F.struct("system", "feed", "part")
    left = judged.where((place == F.struct(*map(F.lit, (system, feed, part)))) & F.col("outcome").isNull())
    reasons = _reasons(declared, declared.feed(part))
    if all(sql == ALWAYS for _, sql, _ in reasons):
        told = left.select(F.col("hospital").alias("_hospital"), _why(reasons).alias("_why"))
    else:
        bronze = Records(run, ledger).bronze(system, feed)
        assert bronze is not None
        once = bronze.join(left.select("_record_id"), "_record_id", "left_semi").dropDuplicates(["_record_id"])
        # A system may have a column of its own that is called like one of ours.
        named = once.withColumnRenamed("hospital", "_hospital")
        parsed = parse(named, run.feed(system, part), ("_hospital", "raw_record", "record_kind"))
        told = parsed.select("_hospital", _why(reasons).alias("_why"))
    where = (F.lit(system).alias("system"), F.lit(feed).alias("feed"))
    return told.select(F.col("_hospital").alias("hospital"), *where, "_why.*")


def _reasons(system: System, feed: Feed) -> list[tuple[str, str, str]]:
    """Why a record may be in no table: outcome, SQL over the parsed record, reason in words."""
    withdrawn = [("withdrawn", feed.withdrawn, "")] if feed.withdrawn else []
    unmapped = [("unmapped", sql, why) for why, sql in feed.unmapped.items()]
    looked_up = sorted({i.table for i in system.implementations if feed.name in i.feeds[1:]})
    if looked_up and feed.name not in {i.feeds[0] for i in system.implementations}:
        unmapped.append(("unmapped", ALWAYS, f"looked up by {', '.join(looked_up)}"))
    return withdrawn + unmapped


def _why(reasons: list[tuple[str, str, str]]) -> Column:
    """The first reason that holds; `lost` if none does."""
    from pyspark.sql import functions as F

    last = F.struct(F.lit(LOST).alias("outcome"), F.lit("").alias("reason"))
    cases = [(F.expr(sql), F.struct(F.lit(o).alias("outcome"), F.lit(why).alias("reason"))) for o, sql, why in reasons]
    return reduce(lambda rest, case: F.when(case[0], case[1]).otherwise(rest), reversed(cases), last)


def _placed(run: Run, due: list[LandedFeed]) -> DataFrame:
    """Record ids that a table or its quarantine holds, with which of both."""
    from pyspark.sql import functions as F

    systems: dict[str, set[str]] = {}
    for system, feed in due:
        for name in _tables_of(run, system, feed):
            systems.setdefault(name, set()).add(system)
    nothing = no_rows(run.spark, "_record_id bigint, _place string")
    held = [_ids(run, name, sorted(found)) for name, found in sorted(systems.items())]
    placed = reduce(lambda a, b: a.union(b), held, nothing)
    return placed.groupBy("_record_id").agg(F.min("_place").alias("_place"))


def _ids(run: Run, name: str, systems: list[str]) -> DataFrame:
    from pyspark.sql import functions as F

    stored = run.stored(name).where(F.col("system").isin(systems))
    kept = stored.selectExpr("_record_id", "'mapped' as _place")
    quarantine = Quarantine(run.ops, f"quarantine.{name.split('.')[1]}")
    if quarantine.count() > MOST_LOCAL:
        held = run.spark.read.format("delta").load(quarantine.path).select("record_id")
    else:
        held = local_rows(run.spark, quarantine.ids(), pa.schema([("record_id", WHOLE)]))
    return kept.union(held.where("record_id is not null").selectExpr("record_id", "'quarantined'"))
