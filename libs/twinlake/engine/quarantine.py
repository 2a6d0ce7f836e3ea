"""Quarantine: what could not be used, with its raw record, its place and the rule it broke."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from twinlake.engine.commits import KEEP_LOG, persistently
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
        """In one commit: who is killed has let go of nothing. Hospitals that land at once write one table."""
        if self.exists() and self.rows(predicate):
            persistently(lambda: self._overwrite(predicate, rows))
        else:
            append_rows(self.path, _batch(rows), {"delta.dataSkippingStatsColumns": "unit"})

    def _overwrite(self, predicate: str | None, rows: list[dict[str, Any]]) -> None:
        from deltalake import DeltaTable, PostCommitHookProperties, write_deltalake

        opened = DeltaTable(self.path)
        if rows:
            write_deltalake(
                opened, _batch(rows), mode="overwrite", predicate=predicate,
                post_commithook_properties=PostCommitHookProperties(**KEEP_LOG),
            )  # fmt: skip
        else:
            opened.delete(predicate)

    def count(self, version: int | None = None) -> int:
        """How many rows are held, now or at a version, by the table's own files."""
        from deltalake import DeltaTable

        return DeltaTable(self.path, version).count() if self.exists() else 0

    def ids(self, version: int | None = None) -> list[tuple[int | None, str]]:
        """Of what record and system each row is, now or at a version, without the records."""
        return [(row["record_id"], row["system"]) for row in self._asked("select record_id, system from t", version)]

    def rows(self, predicate: str | None = None) -> list[dict[str, Any]]:
        return self._asked("select * from t" + (f" where {predicate}" if predicate else ""))

    def _asked(self, sql: str, version: int | None = None) -> list[dict[str, Any]]:
        from deltalake import DeltaTable, QueryBuilder

        if not self.exists():
            return []
        return pa.table(QueryBuilder().register("t", DeltaTable(self.path, version)).execute(sql)).to_pylist()


def _batch(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in SCHEMA.names} for row in rows], schema=SCHEMA)


def quarantine_tables(ops: Ops) -> list[str]:
    """The quarantine tables of a lake."""
    folder = ops.lake / "quarantine"
    return sorted(f"quarantine.{p.name}" for p in folder.iterdir()) if folder.is_dir() else []
