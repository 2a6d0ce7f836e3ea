"""Proves that every landed record was mapped, quarantined, superseded, withdrawn, or left out for a stated reason."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

from twinlake.declare.errors import DataError
from twinlake.declare.source import Feed, System
from twinlake.engine.ledger import Ledger, read_ledger
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.records import Records, of_kind, parse
from twinlake.engine.run import Run, no_rows

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

LOST = "lost"
ALWAYS = "true"


def reconcile(run: Run) -> list[dict[str, Any]]:
    """Account for the records of every feed that changed since it was last accounted for; lost ones stop the run."""
    ledger = read_ledger(run.ops)
    known = {(r["system"], r["feed"]): r["state"] for r in run.ops.rows("conform_ledger")}
    states = {key: _state(run, ledger, *key) for key in _landed_feeds(run, ledger)}
    due = [key for key, state in sorted(states.items()) if known.get(key) != state]
    if not due:
        return []
    counted = reduce(lambda a, b: a.union(b), [_outcomes(run, ledger, *key) for key in due])
    rows = counted.groupBy("hospital", "system", "feed", "outcome", "reason").count().toArrow().to_pylist()
    # A feed that lost a record is not done with, whatever became of its others.
    lost = {(row["system"], row["feed"]) for row in rows if row["outcome"] == LOST}
    said = [_said(run, row, {key: state for key, state in states.items() if key not in lost}) for row in rows]
    run.ops.append("conform_ledger", said)
    _refuse_lost(said)
    return said


def _said(run: Run, row: dict[str, Any], states: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    state = states.get((row["system"], row["feed"]), "")
    return {**row, "records": row["count"], "state": state, "run_id": run.run_id}


def _refuse_lost(rows: list[dict[str, Any]]) -> None:
    lost = [f"{r['hospital']} {r['system']}.{r['feed']}: {r['records']}" for r in rows if r["outcome"] == LOST]
    if lost:
        raise DataError(
            f"Records landed but reached no table, no quarantine and no stated reason: {'; '.join(sorted(lost))}. "
            "Map them in the system's file in catalog/sources, or declare them unmapped there with the reason."
        )


def _landed_feeds(run: Run, ledger: Ledger) -> set[tuple[str, str]]:
    return {(s, f) for (_, s, f), files in ledger.active(run.systems).items() if files}


def _state(run: Run, ledger: Ledger, system: str, feed: str) -> str:
    active = [files for key, files in ledger.active(run.systems).items() if key[1:] == (system, feed)]
    files = sorted((f.path, f.sha256, f.mended) for of_hospital in active for f in of_hospital)
    tables = [(name, run.ops.version(name)) for name in _tables_of(run, system, feed)]
    return hashlib.sha256(repr((files, tables)).encode()).hexdigest()[:16]


def _tables_of(run: Run, system: str, feed: str) -> list[str]:
    declared = run.systems[system]
    implemented = {i.table for i in declared.implementations if declared.landed_in(i.feeds[0]) == feed}
    return sorted(run.table(name).full_name for name in implemented)


def _outcomes(run: Run, ledger: Ledger, system: str, feed: str) -> DataFrame:
    """hospital, system, feed, outcome, reason of each landed record that is not a repetition."""
    from pyspark.sql import functions as F

    declared = run.systems[system]
    landed = Records(run, ledger).accounted(system, feed)
    assert landed is not None
    placed = landed.join(_placed(run, system, feed), "_record_id", "left")
    said = F.when(~F.col("is_current"), F.lit("superseded")).otherwise(F.col("_place"))
    known = placed.withColumn("_outcome", F.struct(said.alias("outcome"), F.lit("").alias("reason")))
    # A system may have a column SYSTEM of its own: what is counted goes under names no feed has.
    named = known.withColumnsRenamed({"hospital": "_hospital", "system": "_system"})
    done, left = named.where("_outcome.outcome is not null"), named.where("_outcome.outcome is null")
    counted, parts = _counted(done, feed), declared.parts(feed)
    # Each part asks again what no table holds; that is found once.
    left = left.localCheckpoint() if parts else left
    for part in parts:
        counted = counted.union(_counted(_explained(declared, part, left), feed))
        left = left.where(f"not coalesce({part.only}, false)")
    return counted.union(_counted(_explained(declared, declared.feed(feed), left), feed))


def _explained(system: System, feed: Feed, left: DataFrame) -> DataFrame:
    """The records of a feed that no table holds, with why."""
    reasons = _reasons(system, feed)
    left = of_kind(left, feed)
    if any(sql != ALWAYS for _, sql, _ in reasons):
        left = parse(left, feed, ("_hospital", "_system", "raw_record", "record_kind"))
    return left.withColumn("_outcome", _why(reasons))


def _counted(rows: DataFrame, feed: str) -> DataFrame:
    from pyspark.sql import functions as F

    return rows.select(
        F.col("_hospital").alias("hospital"), F.col("_system").alias("system"), F.lit(feed).alias("feed"),
        F.col("_outcome.outcome").alias("outcome"), F.col("_outcome.reason").alias("reason"),
    )  # fmt: skip


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


def _placed(run: Run, system: str, feed: str) -> DataFrame:
    """Record ids that a table or its quarantine holds, with which of both."""
    from pyspark.sql import functions as F

    frames: Iterable[DataFrame] = [_ids(run, name, system) for name in _tables_of(run, system, feed)]
    nothing = no_rows(run.spark, "_record_id bigint, _place string")
    placed = reduce(lambda a, b: a.union(b), frames, nothing)
    return placed.groupBy("_record_id").agg(F.min("_place").alias("_place"))


def _ids(run: Run, name: str, system: str) -> DataFrame:
    from pyspark.sql import functions as F

    layer_free = name.split(".")[1]
    stored = run.spark.read.format("delta").load(run.ops.path(name)).where(F.col("system") == system)
    kept = stored.selectExpr("_record_id", "'mapped' as _place")
    held = [
        (r["record_id"], "quarantined")
        for r in Quarantine(run.ops, f"quarantine.{layer_free}").rows()
        if r["record_id"]
    ]
    return kept.union(run.spark.createDataFrame(held, "_record_id bigint, _place string")) if held else kept
