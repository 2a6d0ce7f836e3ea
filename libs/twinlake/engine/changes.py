"""Which units changed: from the deliveries that came or went, and from the change feeds of tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

import pyarrow as pa

from twinlake.declare.source import Feed, Implementation
from twinlake.declare.table import Table, Through
from twinlake.engine.counting import Step, contents, steps
from twinlake.engine.ledger import Ledger
from twinlake.engine.ops import WHOLE
from twinlake.engine.records import CARRIED, CONTENT, Records, landed_in_bronze, parse
from twinlake.engine.run import Run, local_rows
from twinlake.engine.stored import read_changes

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Of more units than these, and than a tenth of all, a rebuild of the whole table is cheaper than one unit by unit.
MOST_UNITS = 2_000
# More are never named: a commit says which units it replaces.
MOST_NAMED = 50_000
RECORD = ("hospital", "system", "source_person_id", "source_person_key", "raw_record", "record_kind")
LINK = "empi.person_link"
SOURCE_PERSON = "empi.source_person"


def steps_of(run: Run, before: Ledger, now: Ledger, system: str, feed: str) -> set[Step]:
    """How what counts of a feed, and when, differs between two states of the ledger."""
    was, is_now = (contents(ledger, run.systems, system, feed) for ledger in (before, now))
    return {step for key in {*was, *is_now} for step in steps(was.get(key, ()), is_now.get(key, ()))}


def changed_source_persons(run: Run, now: Ledger, system: str, feed: str, found: set[Step]) -> DataFrame:
    """source_person_key of those some of whose records count, or counted, otherwise than before."""
    changed = _net(run, system, feed, found, "source_person_key", "hospital", "record_key")
    persons = changed.select("source_person_key")
    if Records(run, now).moves(system, feed):
        # The version that a record had under another person is not in the files that changed.
        named = changed.select("hospital", "record_key").distinct()
        persons = persons.union(
            landed_in_bronze(run, system, feed)
            .join(named, ["hospital", "record_key"], "left_semi")
            .select("source_person_key")
        )
    again = [content.file for step in found if step.went for content in step.came]
    if again and run.feed(system, feed).delivery == "increment":
        persons = persons.union(_told_again(run, system, feed, again))
    return persons.distinct()


def _told_again(run: Run, system: str, feed: str, files: list[tuple]) -> DataFrame:
    """source_person_key of the records of these files that other files tell otherwise.

    A path that says the same as before says it later: of versions that stand side by side another one may count.
    """
    from pyspark.sql import functions as F

    stored = landed_in_bronze(run, system, feed)
    told = local_rows(run.spark, sorted(files), pa.schema([*CONTENT]))
    named = stored.join(F.broadcast(told), ["path", "_file_hash", "delivered_at"]).select("hospital", "record_key")
    by_record = stored.join(named.distinct(), ["hospital", "record_key"], "left_semi").groupBy("hospital", "record_key")
    sides = by_record.agg(
        F.count_distinct("record_hash").alias("_told"), F.collect_set("source_person_key").alias("_of")
    )
    return sides.where("_told > 1").select(F.explode("_of").alias("source_person_key"))


def persons_left(run: Run, before: Ledger, now: Ledger, system: str, feed: str) -> DataFrame:
    """source_person_key of those of whom records told until these were mended into another's."""
    known = {_word(row) for row in before.rows}
    told = now.told(system, run.systems[system].landed_in(feed))
    left = [str(row["persons_left"]) for row in told if row.get("persons_left") and _word(row) not in known]
    keys = sorted({int(key) for of_file in left for key in of_file.split(",")})
    return local_rows(run.spark, [(key,) for key in keys], pa.schema([("source_person_key", WHOLE)]))


def _word(row: Mapping[str, object]) -> tuple[object, ...]:
    return row["path"], row["sequence"], row["mended"]


def persons_reached_by_lookup(
    run: Run, system: str, implementation: Implementation, feed: str, found: set[Step]
) -> DataFrame:
    """source_person_key of the facts that a changed lookup record is looked up by; of all facts if no `via` says."""
    fact_feed = implementation.feeds[0]
    stored = landed_in_bronze(run, system, fact_feed)
    via = next((v for v in implementation.via if v.feed == feed), None)
    if via is None:
        return stored.select("source_person_key").distinct()
    changed = _parsed(_net(run, system, feed, found, *RECORD), run.feed(system, feed))
    facts = _parsed(stored, run.feed(system, fact_feed)).selectExpr(
        "hospital", "source_person_key", f"{via.fact} as _value"
    )
    looked = changed.selectExpr("hospital", f"{via.lookup} as _value").distinct()
    return facts.join(looked, ["hospital", "_value"], "left_semi").select("source_person_key").distinct()


def _parsed(rows: DataFrame, feed: Feed) -> DataFrame:
    from pyspark.sql import functions as F

    blank = {c: F.lit(None) for c in CARRIED if c not in rows.columns}
    return parse(rows.withColumns(blank), feed)


def _net(run: Run, system: str, feed: str, found: set[Step], *columns: str) -> DataFrame:
    """The records of the contents that came or went, but for those that others of the same step hold as well."""
    from pyspark.sql import functions as F

    ordered = sorted(found, key=repr)
    signs = [(*c.file, n, sign) for n, step in enumerate(ordered)
             for sign, of in ((1, step.came), (-1, step.went)) for c in of]  # fmt: skip
    files = local_rows(run.spark, sorted(signs), pa.schema([*CONTENT, ("_step", WHOLE), ("_sign", WHOLE)]))
    stored = landed_in_bronze(run, system, feed).where(F.col("path").isin(sorted({path for path, *_ in signs})))
    rows = stored.join(F.broadcast(files), ["path", "_file_hash", "delivered_at"])
    by = dict.fromkeys((*columns, "source_person_key", "record_hash", "_step"))
    return rows.groupBy(*by).agg(F.sum("_sign").alias("_net")).where("_net <> 0").select(*columns)


def changed_rows(run: Run, table: str, since: int, now: int) -> DataFrame:
    """Rows of a table before and after each change between two versions."""
    return read_changes(run.spark, run.ops.path(table), since, now)


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
        bridge = run.read(via.table).selectExpr(f"{table.unit} AS unit", f"{via.on} AS _at")
        return (
            bridge.join(changed.selectExpr(f"{via.of or via.on} AS _at"), "_at", "left_semi").select("unit").distinct()
        )
    if via is not None:
        return changed.select(F.expr(via).alias("unit")).distinct()
    if run.table(name).full_name == LINK and table.unit == "person_id":
        # Old and new person, and the one they would be alone: under that id their orphans are quarantined.
        return changed.selectExpr("explode(array(person_id, source_person_key)) as unit").distinct()
    if table.unit in changed.columns:
        return changed.select(F.col(table.unit).alias("unit")).distinct()
    return persons_of(run, changed.select("source_person_key").distinct())


def persons_of(run: Run, keys: DataFrame) -> DataFrame:
    """person_id of source persons, and the one each would have alone, under which its orphans are quarantined."""
    link = run.stored(LINK)
    linked = link.join(keys, "source_person_key", "left_semi").selectExpr("person_id as unit")
    return linked.union(keys.selectExpr("source_person_key as unit")).distinct()


def most_units(run: Run) -> int:
    """How many units of a table at most are rebuilt each, by how many source persons there are."""
    known = run.ops.state(SOURCE_PERSON)
    return max(MOST_UNITS, min(known.rows // 10, MOST_NAMED)) if known else MOST_UNITS


def collect_units(run: Run, found: list[DataFrame]) -> list[int] | None:
    """The units, None if there are so many that the whole table is rebuilt."""
    if not found:
        return []
    most = most_units(run)
    units = reduce(lambda a, b: a.union(b), found).distinct().where("unit is not null").limit(most + 1)
    values = units.toArrow()["unit"].to_pylist()
    return None if len(values) > most else sorted(values)
