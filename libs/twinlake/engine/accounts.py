"""Counts what became of landed records: of all records of feeds, or what changed of those of some persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING

import pyarrow as pa

from twinlake.engine.changes import changed_rows, changed_source_persons, most_units, steps_of, was_rewritten
from twinlake.engine.counting import Content, contents
from twinlake.engine.ledger import Ledger, read_ledger
from twinlake.engine.ops import TEXT, WHOLE
from twinlake.engine.position import ALWAYS, LandedFeed, Position, Reason, Stand, quarantine_of, reasons, tables_of
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.records import Records, parse
from twinlake.engine.run import Run, local_rows, no_rows

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

LOST = "lost"
# More ids than this are read by Spark; a scan of a small table costs more than its rows.
MOST_LOCAL = 10_000
SAID = ("hospital", "system", "feed", "outcome", "reason")
PART = ("hospital", "system", "feed", "part")
# The values of SAID.
Said = tuple[str, str, str, str, str]
# Since when a feed's records are counted, and until when.
Span = tuple[Position, Position]
PLACES = pa.schema([("_record_id", WHOLE), ("system", TEXT), ("mapped", WHOLE), ("held", WHOLE)])
LANDED = "hospital string, system string, feed string, part string, _record_id bigint, is_current boolean, records int"


def counted(run: Run, ledger: Ledger, due: list[LandedFeed]) -> Counter[Said]:
    """How many records of each hospital and feed came to which outcome, and why."""
    from pyspark.sql import functions as F

    placed = _by_record(reduce(_union, [_held(run, name, of) for name, of in _tables(run, due).items()], _nowhere(run)))
    landed = _landed(run, ledger, due).join(placed, "_record_id", "left")
    outcome = _outcome(F.col("mapped"), F.col("held"))
    return _summed(run, ledger, landed.select(*PART, "_record_id", outcome, "records"))[0]


def moved(run: Run, ledger: Ledger, due: Mapping[LandedFeed, Span]) -> dict[LandedFeed, Counter[Said]]:
    """By how much these counts differ from those of before, of the feeds where few persons' records can differ."""
    told = {feed: span for feed, span in due.items() if _is_told(run, ledger, feed, span)}
    if not told:
        return {}
    # Whatever was not accounted for anew when something was last stood then as it had before.
    past = read_ledger(run.ops, max(was.ledger for was, _ in told.values()))
    keys = _moved_persons(run, past, ledger, list(told))
    few = {feed: span for feed, span in told.items() if feed[0] in keys}
    return _moved(run, past, ledger, few, keys) if few else {}


def _is_told(run: Run, ledger: Ledger, feed: LandedFeed, span: Span) -> bool:
    """Whether ledger and change feeds say what may have become of the feed's records since."""
    was, now = span
    past = read_ledger(run.ops, was.ledger)
    stayed = (was.reasons, was.erased, was.tables.keys()) == (now.reasons, now.erased, now.tables.keys())
    return (
        stayed
        and all(_stand_is_told(run, name, was.tables[name], stand) for name, stand in now.tables.items())
        and all(_came_plainly(content, known) for content, known in _paired(run, past, ledger, feed))
    )


def _stand_is_told(run: Run, name: str, was: Stand, now: Stand) -> bool:
    if was.declared != now.declared:
        return False
    if (
        was.quarantine != now.quarantine
        and max(_quarantined(run, name, was), _quarantined(run, name, now)) > MOST_LOCAL
    ):
        return False
    return was.version == now.version or not (was.version is None or was_rewritten(run, name, was.version))


def _quarantined(run: Run, name: str, at: Stand) -> int:
    return 0 if at.quarantine is None else Quarantine(run.ops, quarantine_of(name)).count(at.quarantine)


def _paired(run: Run, past: Ledger, ledger: Ledger, feed: LandedFeed) -> Iterator[tuple[Content, Content | None]]:
    """Each content of a feed, with what it was before."""
    was, now = (
        {content.file: content for of_hospital in contents(at, run.systems, *feed).values() for content in of_hospital}
        for at in (past, ledger)
    )
    return ((content, was.get(file)) for file, content in now.items())


def _came_plainly(content: Content, known: Content | None) -> bool:
    """Whether the steps tell all that a content brought: not what was mended in it, nor that it never counted."""
    if known is not None:
        return known.mended == content.mended
    return content.ended_at is None or content.ended_at > content.delivered_at


def _moved_persons(run: Run, past: Ledger, ledger: Ledger, due: list[LandedFeed]) -> dict[str, list[int]]:
    """The source persons of each system of whom some record counts otherwise; without the systems of too many."""
    from pyspark.sql import functions as F

    keys: dict[str, set[int]] = {system: set() for system, _ in due}
    stepped = {feed: steps_of(run, past, ledger, *feed) for feed in due}
    found = [
        changed_source_persons(run, ledger, *feed, steps).select(F.lit(feed[0]).alias("system"), "source_person_key")
        for feed, steps in stepped.items()
        if steps
    ]
    if found:
        most = most_units(run) * len(keys) + 1
        rows = reduce(_union, found).distinct().limit(most).toArrow()
        if len(rows) == most:
            return {}
        for system, key in zip(rows["system"].to_pylist(), rows["source_person_key"].to_pylist(), strict=True):
            keys[system].add(key)
    return {system: sorted(theirs) for system, theirs in keys.items() if len(theirs) <= most_units(run)}


def _moved(
    run: Run, past: Ledger, ledger: Ledger, due: Mapping[LandedFeed, Span], keys: Mapping[str, list[int]]
) -> dict[LandedFeed, Counter[Said]]:
    from pyspark.sql import functions as F

    theirs = [feed for feed in due if keys[feed[0]]]
    sides = [(ledger, 1), (past, -1)]
    landed = reduce(_union, [_landed(run, at, theirs, keys, sign) for at, sign in sides]).persist()
    changes = _changed_places(run, due).persist()
    try:
        ids = landed.select("_record_id").distinct()
        # What moved and is of nobody that is counted here, as what a lookup moves, has its system counted as a whole.
        elsewhere = changes.join(ids, "_record_id", "left_anti").select("system").distinct()
        unsure = set(elsewhere.toArrow()["system"].to_pylist())
        tables = _tables(run, theirs)
        now = _by_record(reduce(_union, [_held(run, name, of, ids) for name, of in tables.items()], _nowhere(run)))
        since = _by_record(changes).withColumnsRenamed({"mapped": "mapped_since", "held": "held_since"})
        placed = landed.join(now, "_record_id", "left").join(since, "_record_id", "left")
        both = placed.select(*PART, "_record_id", _outcome(_then("mapped"), _then("held")), "records")
        # Most came to what they had come to.
        by = both.groupBy(*PART, "_record_id", "outcome").agg(F.sum("records").alias("records"))
        more, fewer = _summed(run, ledger, by.where("records <> 0"))
    finally:
        landed.unpersist()
        changes.unpersist()
    # A record that was lost before, and nobody said so, would outweigh one that is lost now.
    misjudged = {said[1:3] for said in fewer if said[3] == LOST}
    sure = [feed for feed in due if feed[0] not in unsure and feed not in misjudged]
    counts: dict[LandedFeed, Counter[Said]] = {feed: Counter() for feed in sure}
    for change in (more, fewer):
        for said, records in change.items():
            if said[1:3] in counts:
                counts[said[1:3]][said] += records
    return counts


def _then(place: str) -> Column:
    """Rows of a record in a place: as they are, or on the side of before as they were."""
    from pyspark.sql import functions as F

    now, since = (F.coalesce(name, F.lit(0)) for name in (place, f"{place}_since"))
    return F.when(F.col("records") > 0, now).otherwise(now - since)


def _changed_places(run: Run, due: Mapping[LandedFeed, Span]) -> DataFrame:
    """By how many rows of a record tables and their quarantines changed, where they did (PLACES)."""
    from pyspark.sql import functions as F

    spans = {name: (was.tables[name], now.tables[name]) for was, now in due.values() for name in now.tables}
    systems = sorted({system for system, _ in due})
    found = []
    for name, (was, now) in sorted(spans.items()):
        if was.version != now.version:
            assert was.version is not None and now.version is not None
            sign = F.when(F.col("_change_type").isin("insert", "update_postimage"), 1).otherwise(-1)
            rows = changed_rows(run, name, was.version, now.version).where("_record_id is not null")
            found.append(rows.select("_record_id", "system", sign.alias("mapped"), F.lit(0).alias("held")))
        if was.quarantine != now.quarantine:
            found.append(_changed_quarantine(run, quarantine_of(name), was.quarantine, now.quarantine))
    every = reduce(_union, found, _nowhere(run)).where(F.col("system").isin(systems))
    sums = every.groupBy("_record_id", "system").agg(*(F.sum(c).alias(c) for c in ("mapped", "held")))
    return sums.where("mapped <> 0 or held <> 0")


def _changed_quarantine(run: Run, name: str, was: int | None, now: int | None) -> DataFrame:
    held = Quarantine(run.ops, name)
    changed = Counter(held.ids(now))
    changed.subtract(held.ids(was) if was is not None else ())
    rows = [(*place, 0, n) for place, n in sorted(changed.items(), key=repr) if n and place[0] is not None]
    return local_rows(run.spark, rows, PLACES)


def _landed(
    run: Run, ledger: Ledger, due: list[LandedFeed], keys: Mapping[str, list[int]] | None = None, sign: int = 1
) -> DataFrame:
    """A row for each record that ever landed (of these source persons), `records` being the sign (LANDED)."""
    from pyspark.sql import functions as F

    found = []
    for system, feed in due:
        landed, part = Records(run, ledger).accounted(system, feed, keys[system] if keys else None), F.lit(feed)
        if landed is None:
            continue
        for each in reversed(run.systems[system].parts(feed)):
            part = F.when(F.expr(str(each.only)), F.lit(each.name)).otherwise(part)
        place = (F.lit(system).alias("system"), F.lit(feed).alias("feed"), part.alias("part"))
        found.append(landed.select("hospital", *place, "_record_id", "is_current", F.lit(sign).alias("records")))
    return reduce(_union, found, no_rows(run.spark, LANDED))


def _tables(run: Run, due: list[LandedFeed]) -> dict[str, list[str]]:
    """The tables that are made of these feeds, and of which systems' records."""
    systems: dict[str, set[str]] = {}
    for system, feed in due:
        for name in tables_of(run, system, feed):
            systems.setdefault(name, set()).add(system)
    return {name: sorted(of) for name, of in sorted(systems.items())}


def _held(run: Run, name: str, systems: list[str], ids: DataFrame | None = None) -> DataFrame:
    """A row for each row that a table or its quarantine holds of a record (of these) (PLACES)."""
    from pyspark.sql import functions as F

    quarantine = Quarantine(run.ops, quarantine_of(name))
    if quarantine.count() > MOST_LOCAL:
        held = run.spark.read.format("delta").load(quarantine.path)
        inside = held.selectExpr("record_id as _record_id", "system", "0L as mapped", "1L as held")
    else:
        inside = local_rows(run.spark, [(*place, 0, 1) for place in quarantine.ids()], PLACES)
    stored = run.stored(name, ("_record_id", "system")).where(F.col("system").isin(systems))
    rows = stored.selectExpr("_record_id", "system", "1L as mapped", "0L as held").union(inside)
    return rows.where("_record_id is not null") if ids is None else rows.join(ids, "_record_id", "left_semi")


def _by_record(places: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    return places.groupBy("_record_id").agg(F.sum("mapped").alias("mapped"), F.sum("held").alias("held"))


def _outcome(mapped: Column, held: Column) -> Column:
    """What became of a record; null where no table holds one that counts."""
    from pyspark.sql import functions as F

    superseded = F.when(~F.col("is_current"), "superseded")
    return superseded.when(mapped > 0, "mapped").when(held > 0, "quarantined").alias("outcome")


def _summed(run: Run, ledger: Ledger, judged: DataFrame) -> tuple[Counter[Said], Counter[Said]]:
    """The records by what became of them, with why where no table holds them: those that count, those taken off."""
    from pyspark.sql import functions as F

    judged = judged.persist()
    number, sign = F.sum("records").alias("records"), F.signum("records").alias("sign")
    try:
        known = judged.groupBy(*PART, "outcome", sign).agg(number).toArrow().to_pylist()
        left = sorted({tuple(r[name] for name in PART[1:]) for r in known if r["outcome"] is None})
        asked = [_explained(run, ledger, judged, *part) for part in left]
        why = reduce(_union, asked).groupBy(*SAID, sign).agg(number).toArrow().to_pylist() if asked else []
    finally:
        judged.unpersist()
    sums: dict[int, Counter[Said]] = {1: Counter(), -1: Counter()}
    for row in known:
        sums[row["sign"]][said_of({**row, "outcome": row["outcome"] or LOST, "reason": ""})] += row["records"]
    for row in why:
        # What nothing explains stays lost, also where the parsing itself loses it.
        sums[row["sign"]][said_of({**row, "outcome": LOST, "reason": ""})] -= row["records"]
        sums[row["sign"]][said_of(row)] += row["records"]
    more, fewer = (Counter({said: n for said, n in sums[sign].items() if n}) for sign in (1, -1))
    return more, fewer


def said_of(row: Mapping[str, str]) -> Said:
    """What a row of counts says, but for the number."""
    return row["hospital"], row["system"], row["feed"], row["outcome"], row["reason"]


def _explained(run: Run, ledger: Ledger, judged: DataFrame, system: str, feed: str, part: str) -> DataFrame:
    """The records of a part of a feed (or of all of it) that no table holds, with why."""
    from pyspark.sql import functions as F

    declared, place = run.systems[system], F.struct("system", "feed", "part")
    left = judged.where((place == F.struct(*map(F.lit, (system, feed, part)))) & F.col("outcome").isNull())
    why = reasons(declared, declared.feed(part))
    if all(sql == ALWAYS for _, sql, _ in why):
        told = left.select(F.col("hospital").alias("_hospital"), "records", _why(why).alias("_why"))
    else:
        bronze = Records(run, ledger).bronze(system, feed)
        assert bronze is not None
        once = bronze.join(left.select("_record_id", "records"), "_record_id").dropDuplicates(["_record_id"])
        # A system may have columns of its own that are called like ours.
        named = once.withColumnsRenamed({"hospital": "_hospital", "records": "_records"})
        parsed = parse(named, run.feed(system, part), ("_hospital", "_records", "raw_record", "record_kind"))
        told = parsed.select("_hospital", F.col("_records").alias("records"), _why(why).alias("_why"))
    where = (F.lit(system).alias("system"), F.lit(feed).alias("feed"))
    return told.select(F.col("_hospital").alias("hospital"), *where, "_why.*", "records")


def _why(why: list[Reason]) -> Column:
    """The first reason that holds; `lost` if none does."""
    from pyspark.sql import functions as F

    last = F.struct(F.lit(LOST).alias("outcome"), F.lit("").alias("reason"))
    cases = [(F.expr(sql), F.struct(F.lit(o).alias("outcome"), F.lit(said).alias("reason"))) for o, sql, said in why]
    return reduce(lambda rest, case: F.when(case[0], case[1]).otherwise(rest), reversed(cases), last)


def _nowhere(run: Run) -> DataFrame:
    return no_rows(run.spark, "_record_id bigint, system string, mapped bigint, held bigint")


def _union(one: DataFrame, other: DataFrame) -> DataFrame:
    return one.union(other)
