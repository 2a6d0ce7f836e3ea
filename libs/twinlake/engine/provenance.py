"""From a row of a table back to the records it was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twinlake.declare.table import Table
from twinlake.engine.ledger import read_ledger
from twinlake.engine.records import Records
from twinlake.engine.run import Run

# Of a place, what quarantine keeps of it and what ranks it among those of one record (`versions.RANK`).
PLACE = ("path", "record_offset", "raw_record", "delivered_at")
RANK = ("delivered_at", "path", "record_offset")
Places = Mapping[Any, list[dict[str, Any]]]


def places_in_bronze(run: Run, table: Table, rows: Sequence[Mapping[str, Any]]) -> Places:
    """Where rows of a table came from, by `_record_id`: every delivery of the record, the one to be named first.

    That is the last of those that count, else the last of all: a record that was delivered twice stands in two places.
    """
    from pyspark.sql import functions as F

    ids = sorted({row["_record_id"] for row in rows if row.get("_record_id") is not None})
    records = Records(run, read_ledger(run.ops))
    places: dict[Any, list[dict[str, Any]]] = {}
    implemented = table.versions_of or table.name
    for name in sorted({row["system"] for row in rows if row.get("system")}) if ids else []:
        for feed in sorted({i.feeds[0] for i in run.systems[name].implementing(implemented)}):
            bronze = records.bronze(name, feed)
            if bronze is None:
                continue
            found = bronze.where(F.col("_record_id").isin(ids)).select(
                "_record_id", *PLACE, F.col("_file_hash").alias("file_hash"), "ended_at"
            )
            for row in found.toArrow().to_pylist():
                places.setdefault(row.pop("_record_id"), []).append({"feed": feed, **row})
    return {record: sorted(found, key=_rank, reverse=True) for record, found in places.items()}


def _rank(place: Mapping[str, Any]) -> tuple[Any, ...]:
    return (place["ended_at"] is None, *(place[name] for name in RANK))


def place_known_from(places: Sequence[Mapping[str, Any]], known_from: Any) -> Mapping[str, Any] | None:
    """Of the places of a record the one by which it counted from a moment on: the highest that stood then."""
    begun = (place for place in places if place["delivered_at"] <= known_from)
    stood = [place for place in begun if place["ended_at"] is None or place["ended_at"] > known_from]
    return max(stood, key=lambda place: tuple(place[name] for name in RANK), default=None)
