"""Bronze as records: parsed by the feed's schema, one version a key, each with the span in which it was known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from twinlake.declare.expressions import one_of, surrogate_key
from twinlake.declare.hospital import Hospital
from twinlake.declare.source import Feed
from twinlake.declare.standardise import with_exact_numbers
from twinlake.engine.bronze import BRONZE
from twinlake.engine.counting import Content, contents, partial_deliveries
from twinlake.engine.ledger import Ledger
from twinlake.engine.ops import TEXT, TIME
from twinlake.engine.run import Run, among, local_rows
from twinlake.engine.versions import GIVEN_UP, STORED_RANK, WITHDRAWN, spans, spans_by_repetition
from twinlake.engine.wire import translator

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Bytes of files whose records are compared, all of them, sooner than it is known which were told more than once.
COMPARED_BYTES = 16 << 20
MOST_REPEATED = 100_000
SETTINGS = ("time_zone", "identifier_namespace")
CARRIED = (
    "hospital", "system", "source_person_id", "source_person_key", "_record_id", "_fact_key", "known_from",
    "known_until", "raw_record", "record_kind", *SETTINGS,
)  # fmt: skip
# What a bronze row says of the content it came in (`Content.file`).
CONTENT = (("path", TEXT), ("_file_hash", TEXT), ("delivered_at", TIME))
CSV_OPTIONS = {"quote": '"', "escape": '"', "mode": "PERMISSIVE", "nullValue": "", "emptyValue": ""}
SEPARATED = {"csv": CSV_OPTIONS, "tsv": {**CSV_OPTIONS, "sep": "\t", "quote": "", "escape": ""}}


@dataclass(frozen=True)
class Records:
    """Reads the records of feeds as the ledger stands."""

    run: Run
    ledger: Ledger

    def current(self, system: str, feed: str, keys: list[int] | None = None) -> DataFrame | None:
        """The records that count now (of these source persons), parsed; None if none ever landed."""
        if keys is not None:
            return self._current(system, feed, keys)
        # Several tables are made from one feed, and a look-up serves several implementations.
        known = self.run.frames
        place = (self.ledger.version, system, feed)
        if place not in known:
            known[place] = self._current(system, feed, None)
        return known[place]

    def _current(self, system: str, feed: str, keys: list[int] | None) -> DataFrame | None:
        rows = self._versions(system, feed, keys)
        return None if rows is None else self._parsed(rows.where("is_current"), system, feed)

    def superseded(self, system: str, feed: str, keys: list[int] | None = None) -> DataFrame | None:
        """The versions that counted for a while and were corrected, replaced or withdrawn, parsed."""
        if not self._has_history(system, feed):
            return None
        rows = self._versions(system, feed, keys)
        return None if rows is None else self._parsed(rows.where("not is_current"), system, feed)

    def accounted(self, system: str, feed: str, keys: list[int] | None = None) -> DataFrame | None:
        """Each record that ever landed (of these source persons), once; `is_current`: whether it counts now."""
        from pyspark.sql import functions as F

        known = ("hospital", "record_kind", "_record_id")
        has_history = self._has_history(system, feed)
        moves = bool(keys) and has_history and self.moves(system, feed)
        rows = self.bronze(system, feed, self._with_former(system, feed, keys) if moves else keys)  # type: ignore[arg-type]
        if rows is None or not has_history:
            return None if rows is None else rows.select(*known, F.col("is_active").alias("is_current"))
        # Without the records themselves: what is collected for each key stays small.
        slim = rows.select("_fact_key", "_record_id", "ended_at", *STORED_RANK)
        counts = (spans(slim) if keys is not None else self._spans(slim, system, feed)).where("is_current")
        theirs = rows if keys is None else among(rows, "source_person_key", keys)
        every = theirs.select(*known).dropDuplicates(["_record_id"])
        told = every.join(counts.select("_record_id", F.lit(True).alias("_counts")), "_record_id", "left")
        return told.select(*known, F.coalesce("_counts", F.lit(False)).alias("is_current"))

    def bronze(self, system: str, feed: str, keys: list[int] | None = None) -> DataFrame | None:
        """Every bronze row of a feed whose landing is finished, with its ids and until when its file counted."""
        from pyspark.sql import functions as F

        files = [(*c.file, c.ended_at) for c in self._contents(system, feed)]
        if not files:
            return None
        stored = landed_in_bronze(self.run, system, feed)
        rows = stored if keys is None else among(stored, "source_person_key", keys)
        counted = local_rows(self.run.spark, sorted(files, key=repr), pa.schema([*CONTENT, ("ended_at", TIME)]))
        landed_in = self.run.systems[system].landed_in(feed)
        identity = [F.col(c) for c in ("hospital", "system")] + [F.lit(landed_in), F.col("record_key")]
        return (
            rows.join(F.broadcast(counted), ["path", "_file_hash", "delivered_at"])
            .withColumn("is_active", F.col("ended_at").isNull())
            .withColumn("_fact_key", surrogate_key(*identity))
            .withColumn("_record_id", surrogate_key(*identity, "record_hash"))
        )

    def moves(self, system: str, feed: str) -> bool:
        """Whether a record may have changed its person from one version to the next.

        A snapshot that landed whole shows both in the files that came and went; else only the new one is seen.
        """
        declared = self._feed(system, feed)
        named_apart = bool(declared.key) and declared.person is not None and declared.person not in declared.key
        if not (named_apart and self._has_history(system, feed)):
            return False
        rekeyed = any(row["rekeyed"] for row in self._landed(system, feed))
        partial = partial_deliveries(self.ledger, self.run.systems, system, feed)
        return declared.delivery == "increment" or rekeyed or bool(partial)

    def _contents(self, system: str, feed: str) -> list[Content]:
        found = contents(self.ledger, self.run.systems, system, feed)
        return [content for of_hospital in found.values() for content in of_hospital]

    def _feed(self, system: str, feed: str) -> Feed:
        return self.run.feed(system, feed)

    def _landed(self, system: str, feed: str) -> list[Mapping[str, object]]:
        return self.ledger.landed(system, self.run.systems[system].landed_in(feed))

    def _has_history(self, system: str, feed: str) -> bool:
        """Whether any key of the feed can have two versions: two landings, or a key twice in one file."""
        landed = self._landed(system, feed)
        hospitals = [row["hospital"] for row in landed]
        return len(set(hospitals)) < len(hospitals) or any(row["rekeyed"] for row in landed)

    def _versions(self, system: str, feed: str, keys: list[int] | None) -> DataFrame | None:
        from pyspark.sql import functions as F

        if not self._has_history(system, feed):
            rows = self._compared(system, feed, keys)
            if rows is None:
                return None
            once = rows.withColumn("known_from", F.col("delivered_at")).withColumn("is_current", F.col("is_active"))
            return once.withColumn("known_until", F.lit(None).cast("timestamp"))
        kept = self._feed(system, feed).kept
        if keys is None:
            return self._spans(self._compared(system, feed), system, feed, kept)  # type: ignore[arg-type]
        # A version of one person may end where another person's begins: both are needed to know.
        needed = self._with_former(system, feed, keys) if self.moves(system, feed) else keys
        told = spans(self._compared(system, feed, needed), kept, self._ends(system, feed, needed))  # type: ignore[arg-type]
        return told if needed is keys else among(told, "source_person_key", keys)

    def _compared(self, system: str, feed: str, keys: list[int] | None = None) -> DataFrame | None:
        """Bronze, parsed where a version may leave out what another one said."""
        rows, declared = self.bronze(system, feed, keys), self._feed(system, feed)
        if rows is None or not declared.kept:
            return rows
        return self._judged(rows, declared)

    def _ends(self, system: str, feed: str, keys: list[int] | None = None) -> DataFrame | None:
        """The records of another part that may give up keys of this one, under these; None where none can."""
        from pyspark.sql import functions as F

        declared = self._feed(system, feed)
        rows = self.bronze(system, declared.given_up.by, keys) if declared.given_up else None
        if rows is None:
            return None
        bare = F.regexp_replace("record_key", r"^[^|]*", feed)
        named = rows.withColumn("_fact_key", surrogate_key("hospital", "system", F.lit(declared.within), bare))
        return self._judged(named, replace(declared, only="true"))

    def _judged(self, rows: DataFrame, declared: Feed) -> DataFrame:
        from pyspark.sql import functions as F

        parsed = parse(with_settings(rows, self.run.hospitals), declared, (*rows.columns, *SETTINGS))
        withdrawn = F.expr(f"coalesce({declared.withdrawn or False}, false)")
        given_up = F.expr(declared.given_up.when) if declared.given_up else None
        marked = parsed.withColumn(WITHDRAWN, withdrawn)
        return marked if given_up is None else marked.withColumn(GIVEN_UP, given_up)

    def _spans(self, rows: DataFrame, system: str, feed: str, kept: tuple[str, ...] = ()) -> DataFrame:
        """The spans of a whole feed. Most of its records were told once, and comparing means moving them all."""
        ends = self._ends(system, feed) if kept else None
        if sum(int(str(row["bytes"])) for row in self._landed(system, feed)) < COMPARED_BYTES:
            return spans(rows, kept, ends)
        place = (self.ledger.version, system, feed)
        if place not in self.run.repeated:
            # Not of `rows`, which may be parsed.
            keys = self.bronze(system, feed).groupBy("_fact_key").count().where("count > 1").select("_fact_key")
            self.run.repeated[place] = keys.limit(MOST_REPEATED + 1).toArrow()
        repeated = self.run.repeated[place]
        if len(repeated) > MOST_REPEATED:
            return spans(rows, kept, ends)
        few = self.run.spark.createDataFrame(repeated) if len(repeated) else None
        return spans_by_repetition(rows, few, kept, ends)

    def _with_former(self, system: str, feed: str, keys: list[int]) -> list[int]:
        """These source persons and all others whose records bear the same keys."""

        stored = landed_in_bronze(self.run, system, feed).select("hospital", "record_key", "source_person_key")
        theirs = among(stored, "source_person_key", keys).select("hospital", "record_key").distinct()
        all_of_them = stored.join(theirs, ["hospital", "record_key"], "left_semi").select("source_person_key")
        return sorted({*keys, *all_of_them.distinct().toArrow()["source_person_key"].to_pylist()})

    def _parsed(self, rows: DataFrame, system: str, feed: str) -> DataFrame:
        declared = self._feed(system, feed)
        if declared.kept:
            parsed = rows.select(*CARRIED, *declared.columns, *declared.derived)
        else:
            parsed = parse(with_settings(rows, self.run.hospitals), declared)
        return parsed.where(f"not coalesce({declared.withdrawn}, false)") if declared.withdrawn else parsed


def bronze_of(run: Run, system: str, feed: str) -> str:
    """The table in which a feed's records land."""
    return f"bronze.{system}_{run.systems[system].landed_in(feed)}"


def landed_in_bronze(run: Run, system: str, feed: str) -> DataFrame:
    """Every stored row of a feed, finished landing or not; none where all that ever came was of erased persons."""
    if not has_landed(run, system, feed):
        return of_kind(local_rows(run.spark, [], BRONZE), run.systems[system].feed(feed))
    rows = run.spark.read.format("delta").load(run.ops.path(bronze_of(run, system, feed)))
    return of_kind(rows, run.systems[system].feed(feed))


def has_landed(run: Run, system: str, feed: str) -> bool:
    """Whether anything of a feed ever landed."""
    return run.ops.version(bronze_of(run, system, feed)) is not None


def with_settings(rows: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    """The records with what their hospital.toml says of how to read them; null for a hospital that is gone."""
    from pyspark.sql import functions as F

    def of_each(setting: str) -> Column:
        return one_of({name: getattr(h, setting) for name, h in hospitals.items()}, F.col("hospital"))

    return rows.withColumns({setting: of_each(setting) for setting in SETTINGS})


def of_kind(rows: DataFrame, feed: Feed) -> DataFrame:
    """Of a part of a mixed feed, its kind of records only; a key never changes its kind."""
    return rows.where(feed.only) if feed.only else rows


def parse(rows: DataFrame, feed: Feed, carried: tuple[str, ...] = CARRIED) -> DataFrame:
    """The record's own columns beside the ones the engine carries; of a part, its kind of records only."""
    from pyspark.sql import functions as F

    # inline, not `record.*`: Spark would push a filter on a parsed column below and parse once for each mention.
    record = _arranged(feed) if feed.layouts else F.array(_record(feed))
    read = of_kind(rows, feed).select(*carried, F.inline(record))
    return read.withColumns({name: F.expr(sql) for name, sql in feed.derived.items()}) if feed.derived else read


def _arranged(feed: Feed) -> Column:
    """The one record of a CSV feed of several layouts: its header stands in front where it is not the feed's own."""
    from pyspark.sql import functions as F

    raw, found = F.col("raw_record"), F.array(_record(feed))
    for layout in feed.layouts:
        own = F.substr(raw, F.lit(len(layout.head) + 1))
        schema = ", ".join(f"`{column}` string" for column in layout.columns)
        named = partial(_renamed, dict(zip(layout.named(feed.columns), layout.columns, strict=True)), feed.columns)
        read = F.transform(F.array(F.from_csv(own, schema, CSV_OPTIONS)), named)
        found = F.when(F.startswith(raw, F.lit(layout.head)), read).otherwise(found)
    return found


def _renamed(names: Mapping[str | None, str], columns: tuple[str, ...], record: Column) -> Column:
    """A record of another layout with the feed's columns; null where it has none."""
    from pyspark.sql import functions as F

    none = F.lit(None).cast("string")
    return F.struct(*((record[names[c]] if c in names else none).alias(c) for c in columns))


def _record(feed: Feed) -> Column:
    from pyspark.sql import functions as F

    raw = F.col("raw_record")
    if feed.wire in SEPARATED:
        return F.from_csv(raw, feed.schema, SEPARATED[feed.wire])
    if translator(feed.wire):
        raw = _as_json(feed.wire)(raw)
    return F.from_json(with_exact_numbers(raw, *feed.exact_numbers) if feed.exact_numbers else raw, feed.schema)


def _as_json(wire: str) -> Callable[[Column], Column]:
    """Raw records as JSON, in Arrow batches on the executors."""
    from pyspark.sql.functions import arrow_udf

    def translate(raw: pa.Array) -> pa.Array:
        each = translator(wire)
        assert each is not None
        return pa.array([None if text is None else each(text) for text in raw.to_pylist()], pa.string())

    return arrow_udf(translate, "string")  # type: ignore[return-value]


CARRIED_TYPES = (
    "hospital string, system string, source_person_id string, source_person_key bigint, _record_id bigint, "
    "_fact_key bigint, known_from timestamp, known_until timestamp, raw_record string, record_kind string, "
    "time_zone string, identifier_namespace string"
)
