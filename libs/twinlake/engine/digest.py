"""The lake digest: count and sum of row hashes of every table, independent of order, partitions and runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from twinlake.engine.bronze import BRONZE
from twinlake.engine.publication import Publication
from twinlake.engine.replace import hash_sum
from twinlake.engine.run import Run

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# What names a run and not the data.
BOOKKEEPING = ("_file_hash", "_run_id", "_ingested_at")


def stored_digests(run: Run, published: Publication) -> dict[str, str]:
    """The digest of every published table, from its rows as they are stored."""
    digests = {}
    for name, version in sorted(published.versions.items()):
        rows = run.spark.read.format("delta").option("versionAsOf", version).load(run.ops.path(name))
        table = run.table(name.split(".")[1])
        digests[name] = _digest(rows, table.columns, table.nested)
    return digests


def bronze_digests(run: Run) -> dict[str, str]:
    """The digest of every bronze table, without what names the run."""
    columns = tuple(c for c in BRONZE.names if c not in BOOKKEEPING)
    folder = run.ops.lake / "bronze"
    names = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    return {
        f"bronze.{name}": _digest(run.spark.read.format("delta").load(run.ops.path(f"bronze.{name}")), columns)
        for name in names
    }


def lake_digest(digests: Mapping[str, str]) -> str:
    """One text for all."""
    return hashlib.sha256(repr(sorted(digests.items())).encode()).hexdigest()[:32]


def _digest(rows: DataFrame, columns: Sequence[str], nested: Sequence[str] = ()) -> str:
    from pyspark.sql import functions as F

    count, total = rows.agg(F.count(F.lit(1)), hash_sum(columns, nested)).first()  # type: ignore[misc]
    return f"{count}:{int(total)}"
