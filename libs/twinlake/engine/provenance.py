"""From a row of a table back to the record it was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twinlake.declare.table import Table
from twinlake.engine.ledger import read_ledger
from twinlake.engine.records import Records
from twinlake.engine.run import Run


def places_in_bronze(run: Run, table: Table, rows: Sequence[Mapping[str, Any]]) -> Mapping[Any, dict[str, Any]]:
    """Where rows of a table came from, by `_record_id`: feed, path, record_offset, raw_record, delivered_at."""
    from pyspark.sql import functions as F

    ids = sorted({row["_record_id"] for row in rows if row.get("_record_id") is not None})
    records = Records(run, read_ledger(run.ops))
    places: dict[Any, dict[str, Any]] = {}
    implemented = table.versions_of or table.name
    for name in sorted({row["system"] for row in rows if row.get("system")}) if ids else []:
        for feed in sorted({i.feeds[0] for i in run.systems[name].implementing(implemented)}):
            bronze = records.bronze(name, feed)
            if bronze is None:
                continue
            kept = bronze.where("is_active").where(F.col("_record_id").isin(ids))
            wanted = ("path", "record_offset", "raw_record", "delivered_at")
            for row in kept.select("_record_id", *wanted).toArrow().to_pylist():
                places[row.pop("_record_id")] = {"feed": feed, **row}
    return places
