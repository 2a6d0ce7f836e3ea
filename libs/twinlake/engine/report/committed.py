"""The rows of an ops table, oldest commit first, whatever order a query engine opens its files in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from twinlake.engine.ops import Ops


def committed(ops: Ops, name: str) -> list[dict[str, Any]]:
    """All rows of `ops.<name>` in the order they were committed; ops tables are only ever appended to."""
    from deltalake import DeltaTable

    if ops.version(f"ops.{name}") is None:
        return []
    folder = Path(ops.path(f"ops.{name}"))
    files = pa.table(DeltaTable(str(folder)).get_add_actions(flatten=True)).to_pylist()
    ordered = sorted(files, key=lambda file: (file["modification_time"], file["path"]))
    return [row for file in ordered for row in pq.ParquetFile(folder / file["path"]).read().to_pylist()]
