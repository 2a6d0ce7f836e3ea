"""Which units changed: from the deliveries that came or went, and from the change feeds of tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING

from twinlake.declare.source import Implementation
from twinlake.declare.table import Table, Through
from twinlake.engine.ledger import LandedFile, Ledger
from twinlake.engine.records import parse
from twinlake.engine.run import Run

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Above this many units a rebuild of the whole table is cheaper than one unit by unit.
MOST_UNITS = 2000


def files_that_changed(
    run: Run, before: Ledger, now: Ledger, system: str, feeds: Iterable[str]
) -> dict[str, tuple[set[LandedFile], set[LandedFile]]]:
    """By feed, the files that count now and did not, and those that did and no longer do."""
    was, is_now = before.active(run.systems), now.active(run.systems)
    changed = {}
    for feed in feeds:
        keys = [k for k in {*was, *is_now} if k[1:] == (system, feed)]
        came = {f for k in keys for f in is_now.get(k, frozenset()) - was.get(k, frozenset())}
        went = {f for k in keys for f in was.get(k, frozenset()) - is_now.get(k, frozenset())}
        if came or went:
            changed[feed] = (came, went)
    return changed


def changed_source_persons(run: Run, system: str, feed: str, came: set[LandedFile], went: set[LandedFile]) -> DataFrame:
    """source_person_key of those whose records in the files that came are not those in the files that went."""
    from pyspark.sql import functions as F

    rows = _rows_of(run, system, feed, came, went).select("source_person_key", "record_hash", "_sign")
    net = rows.groupBy("source_person_key", "record_hash").agg(F.sum("_sign").alias("net"))
    return net.where("net <> 0").select("source_person_key").distinct()


def persons_reached_by_lookup(
    run: Run, system: str, implementation: Implementation, feed: str, came: set[LandedFile], went: set[LandedFile]
) -> DataFrame | None:
    """source_person_key of the facts that a changed lookup record is looked up by; None if no `via` says."""
    via = next((v for v in implementation.via if v.feed == feed), None)
    if via is None:
        return None
    declared = run.systems[system]
    changed = _parsed(_rows_of(run, system, feed, came, went), declared.feed(feed))
    fact_feed = implementation.feeds[0]
    stored = run.spark.read.format("delta").load(run.ops.path(f"bronze.{system}_{fact_feed}"))
    facts = _parsed(stored, declared.feed(fact_feed)).selectExpr(
        "hospital", "source_person_key", f"{via.fact} as _value"
    )
    looked = changed.selectExpr("hospital", f"{via.lookup} as _value").distinct()
    return facts.join(looked, ["hospital", "_value"], "left_semi").select("source_person_key").distinct()


def _parsed(rows: DataFrame, feed) -> DataFrame:
    from pyspark.sql import functions as F

    blank = {c: F.lit(None) for c in ("_record_id", "_fact_key", "known_from", "known_until")}
    return parse(rows.withColumns(blank), feed)


def _rows_of(run: Run, system: str, feed: str, came: set[LandedFile], went: set[LandedFile]) -> DataFrame:
    from pyspark.sql import functions as F

    # A file with mended records is the same file before and after: all of it counts as come.
    still = {(f.path, f.sha256) for f in came}
    signs = [(*file, 1) for file in still] + [
        (f.path, f.sha256, -1) for f in went if (f.path, f.sha256) not in still
    ]
    files = run.spark.createDataFrame(sorted(signs), "path string, _file_hash string, _sign int")
    stored = run.spark.read.format("delta").load(run.ops.path(f"bronze.{system}_{feed}"))
    return stored.where(F.col("path").isin([path for path, *_ in signs])).join(
        F.broadcast(files), ["path", "_file_hash"]
    )


def changed_rows(run: Run, table: str, since: int, now: int) -> DataFrame:
    """Rows of a table before and after each change between two versions."""
    reader = run.spark.read.format("delta").option("readChangeFeed", "true")
    return reader.option("startingVersion", since + 1).option("endingVersion", now).load(run.ops.path(table))


def was_rewritten(run: Run, table: str, since: int) -> bool:
    """Whether a commit after `since` replaced the table as a whole."""
    commits = run.ops.commits_since(table, since)
    return any('"mode": "full"' in (c.get("userMetadata") or "") for c in commits)


def units_from_table(run: Run, table: Table, name: str, since: int, now: int) -> DataFrame:
    """The units of `table` that the changes of one of its inputs reach."""
    from pyspark.sql import functions as F

    changed = changed_rows(run, run.table(name).full_name, since, now)
    via = table.via.get(name)
    if isinstance(via, Through):
        bridge = run.spark.read.format("delta").load(run.ops.path(run.table(via.table).full_name))
        reached = bridge.join(changed.select(via.on).distinct(), via.on, "left_semi")
        return reached.select(F.col(table.unit).alias("unit")).distinct()
    if via is not None:
        return changed.select(F.expr(via).alias("unit")).distinct()
    if table.unit in changed.columns:
        return changed.select(F.col(table.unit).alias("unit")).distinct()
    return persons_of(run, changed.select("source_person_key").distinct())


def persons_of(run: Run, keys: DataFrame) -> DataFrame:
    """person_id of source persons, and the one each would have alone, under which its orphans are quarantined."""
    link = run.spark.read.format("delta").load(run.ops.path("empi.person_link"))
    linked = link.join(keys, "source_person_key", "left_semi").selectExpr("person_id as unit")
    return linked.union(keys.selectExpr("source_person_key as unit")).distinct()


def collect_units(found: list[DataFrame], most: int = MOST_UNITS) -> list[int] | None:
    """The units as literals, None if there are more than `most` (then the whole table is rebuilt)."""
    if not found:
        return []
    units = reduce(lambda a, b: a.union(b), found).distinct().where("unit is not null").limit(most + 1)
    values = units.toArrow()["unit"].to_pylist()
    return None if len(values) > most else sorted(values)
