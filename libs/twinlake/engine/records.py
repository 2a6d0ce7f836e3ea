"""Bronze as records: parsed by the feed's schema, one version a key, each with the span in which it was known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlake.declare.expressions import surrogate_key
from twinlake.declare.source import Feed
from twinlake.declare.standardise import with_exact_numbers
from twinlake.engine.ledger import LandedFile, Ledger
from twinlake.engine.run import Run

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

CARRIED = (
    "hospital", "system", "source_person_id", "source_person_key", "_record_id", "_fact_key", "known_from",
    "known_until", "raw_record",
)  # fmt: skip
CSV_OPTIONS = {"quote": '"', "escape": '"', "mode": "PERMISSIVE", "nullValue": "", "emptyValue": ""}


@dataclass(frozen=True)
class Records:
    """Reads the records of feeds as the ledger stands."""

    run: Run
    ledger: Ledger

    def current(self, system: str, feed: str, keys: list[int] | None = None) -> DataFrame | None:
        """The records that count now (of these source persons), parsed; None if none ever landed."""
        rows = self._versions(system, feed, keys)
        return None if rows is None else self._parsed(rows.where("is_current"), system, feed, withdrawn=False)

    def superseded(self, system: str, feed: str, keys: list[int] | None = None) -> DataFrame | None:
        """The versions that counted for a while and were corrected, replaced or withdrawn, parsed."""
        if not self._has_history(system, feed):
            return None
        rows = self._versions(system, feed, keys)
        if rows is None:
            return None
        past = rows.where("not is_current and known_from < known_until")
        return self._parsed(past, system, feed, withdrawn=False)

    def bronze(self, system: str, feed: str, keys: list[int] | None = None) -> DataFrame | None:
        """Every bronze row of a feed whose landing is finished, with its ids and whether its file counts now."""
        from pyspark.sql import functions as F

        files = self._files(system, feed)
        path = self.run.ops.path(f"bronze.{system}_{feed}")
        if not files:
            return None
        stored = self.run.spark.read.format("delta").load(path)
        rows = stored if keys is None else stored.where(F.col("source_person_key").isin(keys))
        schema = "path string, _file_hash string, is_active boolean, withdrawn_at timestamp"
        counted = self.run.spark.createDataFrame(files, schema)
        identity = [F.col(c) for c in ("hospital", "system")] + [F.lit(feed), F.col("record_key")]
        return (
            rows.join(F.broadcast(counted), ["path", "_file_hash"])
            .withColumn("_fact_key", surrogate_key(*identity))
            .withColumn("_record_id", surrogate_key(*identity, "record_hash"))
        )

    def _files(self, system: str, feed: str) -> list[tuple]:
        active = {f for key, files in self._active().items() if key[1:] == (system, feed) for f in files}
        contents = {(f.path, f.sha256) for f in active}
        landed = self.ledger.landed(system, feed)
        last = {
            h: max(r["delivered_at"] for r in landed if r["hospital"] == h) for h in {r["hospital"] for r in landed}
        }  # type: ignore[type-var]
        rows = {(r["path"], r["sha256"]): last[r["hospital"]] for r in landed}
        return [(path, sha, (path, sha) in contents, at) for (path, sha), at in sorted(rows.items())]

    def _active(self) -> Mapping[tuple[str, str, str], frozenset[LandedFile]]:
        return self.ledger.active(self.run.systems)

    def _has_history(self, system: str, feed: str) -> bool:
        """Whether any key of the feed can have two versions: two landings, or a key twice in one file."""
        landed = self.ledger.landed(system, feed)
        hospitals = [row["hospital"] for row in landed]
        return len(set(hospitals)) < len(hospitals) or any(row["rekeyed"] for row in landed)

    def _versions(self, system: str, feed: str, keys: list[int] | None) -> DataFrame | None:
        from pyspark.sql import functions as F

        rows = self.bronze(system, feed, keys)
        if rows is None:
            return None
        if self._has_history(system, feed):
            return _with_history(rows)
        once = rows.withColumn("known_from", F.col("delivered_at")).withColumn("is_current", F.col("is_active"))
        return once.withColumn("known_until", F.lit(None).cast("timestamp"))

    def _parsed(self, rows: DataFrame, system: str, feed: str, *, withdrawn: bool) -> DataFrame:
        declared = self.run.systems[system].feed(feed)
        parsed = parse(rows, declared)
        return parsed.where(f"not coalesce({declared.withdrawn}, false)") if declared.withdrawn else parsed


def parse(rows: DataFrame, feed: Feed, carried: tuple[str, ...] = CARRIED) -> DataFrame:
    """The record's own columns beside the ones the engine carries."""
    from pyspark.sql import functions as F

    # inline, not `record.*`: Spark would push a filter on a parsed column below and parse once for each mention.
    return rows.select(*carried, F.inline(F.array(_record(feed))))


def _record(feed: Feed) -> Column:
    from pyspark.sql import functions as F

    raw = F.col("raw_record")
    if feed.wire == "csv":
        return F.from_csv(raw, feed.schema, CSV_OPTIONS)
    return F.from_json(with_exact_numbers(raw, *feed.exact_numbers) if feed.exact_numbers else raw, feed.schema)


def _with_history(rows: DataFrame) -> DataFrame:
    """One row for each span in which a key said the same, by record version, delivery and hash; never by arrival."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    order = ("record_version", "delivered_at", "record_hash", "path", "record_offset")
    history = Window.partitionBy("_fact_key").orderBy(*(F.col(c).asc_nulls_first() for c in order))
    # A span ends where the next delivery of the key says something else; its last row says whether it still counts.
    spans = rows.withColumn(
        "_starts", F.lag("record_hash").over(history).eqNullSafe(F.col("record_hash")) == F.lit(False)
    )
    numbered = spans.withColumn("_span", F.sum(F.col("_starts").cast("int")).over(history))
    span = Window.partitionBy("_fact_key", "_span")
    firsts = (
        numbered.withColumn("_active", F.max("is_active").over(span))
        .withColumn("known_from", F.min("delivered_at").over(span))
        .where("_starts")
    )
    ordered = Window.partitionBy("_fact_key").orderBy("_span")
    whole = Window.partitionBy("_fact_key")
    return (
        firsts.withColumn("_last", F.max(F.when(F.col("_active"), F.col("_span"))).over(whole))
        .withColumn("is_current", F.coalesce(F.col("_span") == F.col("_last"), F.lit(False)))
        .withColumn("_next", F.lead("known_from").over(ordered))
        .withColumn("known_until", F.when(~F.col("is_current"), F.coalesce("_next", "withdrawn_at")))
        .drop("_starts", "_span", "_active", "_last", "_next")
    )


CARRIED_TYPES = (
    "hospital string, system string, source_person_id string, source_person_key bigint, _record_id bigint, "
    "_fact_key bigint, known_from timestamp, known_until timestamp, raw_record string"
)
