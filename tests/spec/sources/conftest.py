"""`implement(system, table, feed=text, ...)`: what a system makes of a table out of records written as they come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial, reduce
from io import BytesIO
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from twinlake.declare.expressions import surrogate_key
from twinlake.declare.source import Feed, System
from twinlake.engine.discover import inside
from twinlake.engine.records import CARRIED_TYPES, parse
from twinlake.engine.staging import Naming, digest_of
from twinlake.engine.wire import Record, reader, records_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ZONE = "America/New_York"
Raw = str | bytes | Sequence[dict] | Mapping[str, str | bytes]
Implement = Callable[..., "DataFrame"]


def frame_of(spark: SparkSession, system: System, feed: Feed, raw: Raw) -> DataFrame:
    """Records as the engine hands them over: read by its reader, parsed by its parser, withdrawn ones left out."""
    from pyspark.sql import functions as F

    rows = [("st_a", system.name, person, key, r.raw, r.kind) for r, key, person in _records(system, feed, raw)]
    schema = (
        "hospital string, system string, source_person_id string, key string, raw_record string, record_kind string"
    )
    bronze = spark.createDataFrame(rows, schema)
    carried = (
        bronze.withColumn("_fact_key", surrogate_key("hospital", "system", F.lit(feed.within or feed.name), "key"))
        .withColumn("_record_id", surrogate_key("_fact_key", "raw_record"))
        .withColumn("source_person_key", surrogate_key("hospital", "system", "source_person_id"))
        .withColumn("known_from", F.lit("2026-11-01").cast("timestamp"))
        .withColumn("known_until", F.lit(None).cast("timestamp"))
        .withColumns({"time_zone": F.lit(ZONE), "identifier_namespace": F.lit("urn:st-a:mrn")})
        .select(*(part.split()[0] for part in CARRIED_TYPES.split(", ")))
    )
    parsed = parse(carried, feed)
    return parsed.where(f"not coalesce({feed.withdrawn}, false)") if feed.withdrawn else parsed


def _records(system: System, feed: Feed, raw: Raw) -> Iterator[tuple[Record, str, str | None]]:
    """Records with key and person; of a mapping each entry is a file, by its path inside the system's folder."""
    if isinstance(raw, Mapping):
        landed = system.feed(system.landed_in(feed.name))
        files = [(f"st_a/{system.name}/{path}", _bytes(content)) for path, content in raw.items()]
        for path, data in files:
            naming, found = Naming(landed, inside(path)), records_of(BytesIO(data), landed, path)
            yield from ((r, *naming(r, digest_of(r.raw))) for r in found if isinstance(r, Record))
        return
    data = _bytes(raw)
    for r in reader(feed.wire)(BytesIO(data), feed) if data else ():
        if isinstance(r, Record):
            yield r, r.identity or r.raw, r.person


def _bytes(raw: Raw) -> bytes:
    if isinstance(raw, bytes):
        return raw
    text = dedent(raw).strip() if isinstance(raw, str) else "\n".join(json.dumps(record) for record in raw)
    return text.encode()


def implemented(spark: SparkSession, system: System, table: str, **feeds: Raw) -> DataFrame:
    """The union of the system's implementations of a table whose facts are given; lookups not given are empty.

    Records of a part are given as those of the feed they land in. Which version of a key counts is not told here.
    """

    def given(name: str) -> Raw | None:
        return feeds.get(name, feeds.get(system.landed_in(name)))

    def frame(name: str) -> DataFrame:
        feed, raw = system.feed(name), given(name)
        return frame_of(spark, system, feed, header(feed) if raw is None else raw)

    def mapped(i):
        facts, *lookups = (frame(name) for name in i.feeds)
        return i.map(facts.where(i.when) if i.when else facts, *lookups)

    made = [mapped(i) for i in system.implementing(table) if given(i.feeds[0]) is not None]
    return reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), made)


def header(feed: Feed) -> str:
    """An empty file of the feed."""
    return ",".join(feed.columns) if feed.wire == "csv" else ""


@pytest.fixture
def implement(spark: SparkSession) -> Implement:
    return partial(implemented, spark)
