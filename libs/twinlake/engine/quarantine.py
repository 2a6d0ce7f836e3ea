"""Quarantine: what could not be used, with its raw record, its place and the rule it broke."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from twinlake.engine.commits import persistently
from twinlake.engine.ops import TEXT, TIME, WHOLE, Ops, append_rows, sql_text

SCHEMA = pa.schema(
    [("rule", TEXT), ("reason", TEXT), ("hospital", TEXT), ("system", TEXT), ("feed", TEXT), ("path", TEXT),
     ("record_offset", WHOLE), ("record_id", WHOLE), ("raw_record", TEXT), ("row", TEXT), ("unit", WHOLE),
     ("file_hash", TEXT),
     ("delivered_at", TIME), ("run_id", TEXT)]
)  # fmt: skip


class Quarantine:
    """One `quarantine.<table>`, written without Spark."""

    def __init__(self, ops: Ops, name: str) -> None:
        self.ops, self.name, self.path = ops, name, ops.path(name)

    def exists(self) -> bool:
        return self.ops.version(self.name) is not None

    def replace_paths(self, found: tuple[list[str], list[dict[str, Any]]]) -> None:
        """Replace what is held of these paths by these rows."""
        paths, rows = found
        held = ", ".join(map(sql_text, paths))
        self._replace(f"path in ({held})", rows)

    def replace_units(self, units: list[int] | None, rows: list[dict[str, Any]]) -> None:
        """Replace what is held of these units (of all, if None) by these rows."""
        self._replace(None if units is None else f"unit in ({', '.join(map(str, units)) or 'null'})", rows)

    def _replace(self, predicate: str | None, rows: list[dict[str, Any]]) -> None:
        """Hospitals that land at once write one table."""
        if self.exists():
            persistently(lambda: self._delete(predicate))
        if rows:
            batch = pa.Table.from_pylist([{n: r.get(n) for n in SCHEMA.names} for r in rows], schema=SCHEMA)
            append_rows(self.path, batch, {"delta.dataSkippingStatsColumns": "unit"})

    def _delete(self, predicate: str | None) -> None:
        from deltalake import DeltaTable

        held = self.rows(predicate)
        if held:
            DeltaTable(self.path).delete(predicate)

    def count(self) -> int:
        """How many rows are held, by the table's own files."""
        from deltalake import DeltaTable

        return DeltaTable(self.path).count() if self.exists() else 0

    def ids(self) -> list[tuple[int | None]]:
        """The record ids of all rows, without the records."""
        return [(row["record_id"],) for row in self._asked("select record_id from t")]

    def rows(self, predicate: str | None = None) -> list[dict[str, Any]]:
        return self._asked("select * from t" + (f" where {predicate}" if predicate else ""))

    def _asked(self, sql: str) -> list[dict[str, Any]]:
        from deltalake import DeltaTable, QueryBuilder

        if not self.exists():
            return []
        return pa.table(QueryBuilder().register("t", DeltaTable(self.path)).execute(sql)).to_pylist()


def quarantine_tables(ops: Ops) -> list[str]:
    """The quarantine tables of a lake."""
    folder = ops.lake / "quarantine"
    return sorted(f"quarantine.{p.name}" for p in folder.iterdir()) if folder.is_dir() else []
