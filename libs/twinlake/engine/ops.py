"""The engine's own tables (`ops.*`), written without Spark, and the state that each table's commits carry."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from twinlake.engine.commits import KEEP_LOG, persistently
from twinlake.engine.delta_log import DeltaLog, rows_of

# What ops.run says of a run that has not taken a step yet, and of one that published: (stage, state).
BEGUN, PUBLISHED = ("run", "begun"), ("publish", "done")
TEXT, WHOLE, REAL, TIME = pa.string(), pa.int64(), pa.float64(), pa.timestamp("us", tz="UTC")

SCHEMAS: dict[str, pa.Schema] = {
    "landing_ledger": pa.schema(
        [("hospital", TEXT), ("system", TEXT), ("feed", TEXT), ("path", TEXT), ("delivery", TEXT),
         ("delivered_at", TIME), ("sha256", TEXT), ("bytes", WHOLE), ("records_in", WHOLE), ("landed", WHOLE),
         ("quarantined", WHOLE), ("duplicates", WHOLE), ("rekeyed", WHOLE), ("mended", WHOLE), ("erased", WHOLE),
         ("persons_left", TEXT), ("status", TEXT), ("reason", TEXT),
         ("sequence", WHOLE), ("run_id", TEXT)]
    ),
    "file_schema": pa.schema(
        [("hospital", TEXT), ("system", TEXT), ("feed", TEXT), ("path", TEXT), ("delivery", TEXT), ("sha256", TEXT),
         ("declared", TEXT), ("layout", TEXT), ("shape", TEXT), ("drift", TEXT), ("run_id", TEXT)]
    ),
    "conform_ledger": pa.schema(
        [("hospital", TEXT), ("system", TEXT), ("feed", TEXT), ("outcome", TEXT), ("reason", TEXT),
         ("records", WHOLE), ("state", TEXT), ("run_id", TEXT)]
    ),
    "table_run": pa.schema(
        [("run_id", TEXT), ("table", TEXT), ("verb", TEXT), ("mode", TEXT), ("units", WHOLE), ("rows_built", WHOLE),
         ("kept", WHOLE), ("quarantined", WHOLE), ("units_changed", WHOLE), ("rows_deleted", WHOLE),
         ("rows_written", WHOLE), ("files_added", WHOLE), ("files_removed", WHOLE), ("version", WHOLE),
         ("seconds", REAL), ("state", TEXT)]
    ),
    "validation": pa.schema(
        [("run_id", TEXT), ("table", TEXT), ("version", WHOLE), ("referred", TEXT), ("success", pa.bool_()),
         ("result", TEXT), ("seconds", REAL)]
    ),
    "broken_rule": pa.schema(
        [("run_id", TEXT), ("table", TEXT), ("version", WHOLE), ("rule", TEXT), ("severity", TEXT), ("kahn", TEXT),
         ("hospital", TEXT), ("code", TEXT), ("rows", WHOLE), ("keys", TEXT)]
    ),
    "publication": pa.schema(
        [("sequence", WHOLE), ("publication_id", TEXT), ("table", TEXT), ("version", WHOLE), ("rows", WHOLE),
         ("digest", TEXT), ("as_of", TIME), ("run_id", TEXT)]
    ),
    "model_run": pa.schema(
        [("run_id", TEXT), ("model_name", TEXT), ("model_version", TEXT), ("publication_id", TEXT),
         ("data_digest", TEXT), ("declaration_digest", TEXT), ("question_digest", TEXT), ("trained_persons", WHOLE),
         ("trained_rows", WHOLE), ("heldout_persons", WHOLE),
         ("heldout_rows", WHOLE), ("heldout_events", WHOLE), ("metrics", TEXT), ("is_champion", pa.bool_()),
         ("reason", TEXT), ("mlflow_run_id", TEXT), ("plots", TEXT), ("seconds", REAL)]
    ),
    "stored_file": pa.schema(
        [("sequence", WHOLE), ("table", TEXT), ("path", TEXT), ("bytes", WHOLE), ("sha256", TEXT)]
    ),
    "erased": pa.schema([("erasure_id", TEXT), ("kind", TEXT), ("hash", TEXT)]),
    "erasure": pa.schema(
        [("erasure_id", TEXT), ("state", TEXT), ("erased_by", TEXT), ("why", TEXT), ("erased_at", TIME),
         ("source_persons", WHOLE), ("records", WHOLE), ("files_searched", WHOLE), ("files_found", WHOLE),
         ("publication_id", TEXT), ("run_id", TEXT)]
    ),
    "shared_value": pa.schema([("run_id", TEXT), ("rule", TEXT), ("values", WHOLE), ("bearers", WHOLE)]),
    "run": pa.schema(
        [("run_id", TEXT), ("as_of", TIME), ("stage", TEXT), ("state", TEXT), ("started_at", TIME), ("seconds", REAL),
         ("detail", TEXT)]
    ),
}  # fmt: skip


def sql_text(value: str) -> str:
    """A text as SQL writes it, where a query takes no parameters."""
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True)
class State:
    """What a table's last commit says of itself: inputs consumed, fingerprint, digest."""

    inputs: Mapping[str, int] = field(default_factory=dict)
    fingerprint: str = ""
    rows: int = 0
    hash_sum: int = 0
    mode: str = "full"

    @property
    def digest(self) -> str:
        return f"{self.rows}:{self.hash_sum}"

    def to_json(self) -> str:
        return json.dumps(
            {"inputs": dict(self.inputs), "fingerprint": self.fingerprint, "rows": self.rows,
             "hash_sum": str(self.hash_sum), "mode": self.mode},
            sort_keys=True,
        )  # fmt: skip

    @staticmethod
    def from_json(text: str) -> State:
        said = json.loads(text)
        return State(said["inputs"], said["fingerprint"], said["rows"], int(said["hash_sum"]), said["mode"])


def append_rows(path: str, batch: pa.Table, configuration: Mapping[str, str | None] | None = None) -> None:
    """Add rows to a Delta table in one commit; nothing to add makes no commit. What has a new column gets it."""
    from deltalake import PostCommitHookProperties, write_deltalake

    if batch.num_rows:
        hooks = PostCommitHookProperties(**KEEP_LOG)
        said: dict[str, Any] = {"configuration": configuration, "post_commithook_properties": hooks}
        # Two first writers make the table at once; the one that lost finds it there.
        persistently(lambda: write_deltalake(path, batch, mode="append", schema_mode="merge", **said))


def as_batch(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as `ops.<name>` holds them."""
    schema = SCHEMAS[name]
    return pa.Table.from_pylist([{k: row.get(k) for k in schema.names} for row in rows], schema=schema)


class Ops:
    """The `ops` tables and the commit metadata of a lake, read and written without a Spark session."""

    def __init__(self, lake: Path) -> None:
        self.lake = lake
        # What a version of a table says never changes: it is read once.
        self._rows_of = lru_cache(maxsize=32)(self._read)
        self._state_of = lru_cache(maxsize=256)(self._said)

    def path(self, name: str) -> str:
        return str(self.lake / name.replace(".", "/"))

    def append(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows to `ops.<name>` in one commit; nothing to add makes no commit."""
        append_rows(self.path(f"ops.{name}"), as_batch(name, rows))

    def rows(self, name: str, version: int | None = None) -> list[dict[str, Any]]:
        """All rows of `ops.<name>`, oldest commit first; none if the table does not exist.

        Ops tables are appended to, a file a commit, and their upkeep keeps the order; a query engine would open the
        files in any.
        """
        newest = self.newest(f"ops.{name}")
        if newest is None:
            return []
        is_now = version is None or version == rows_of(self.log(f"ops.{name}").said(newest))
        return list(self._rows_of(name, newest if is_now else version))

    def _read(self, name: str, version: int) -> list[dict[str, Any]]:
        from deltalake import DeltaTable

        folder = Path(self.path(f"ops.{name}"))
        files = pa.table(DeltaTable(str(folder), version=version).get_add_actions(flatten=True)).to_pylist()
        ordered = sorted(files, key=lambda file: (file["modification_time"], file["path"]))
        rows = (row for file in ordered for row in pq.ParquetFile(folder / file["path"]).read().to_pylist())
        # A file that is older than a column has none of it.
        return [{**dict.fromkeys(SCHEMAS[name].names), **row} for row in rows]

    def ask(self, sql: str, versions: Mapping[str, int | None]) -> list[dict[str, Any]]:
        """The few rows of `sql` over tables at these versions (None: the newest), each called by its short name."""
        from deltalake import DeltaTable, QueryBuilder

        builder = QueryBuilder()
        for name, version in versions.items():
            builder = builder.register(name.split(".")[-1], DeltaTable(self.path(name), version=version))
        return pa.table(builder.execute(sql)).to_pylist()

    def log(self, name: str) -> DeltaLog:
        return DeltaLog(Path(self.path(name)))

    def newest(self, name: str) -> int | None:
        """The newest version of a table, None if there is none."""
        from deltalake import DeltaTable

        if not DeltaTable.is_deltatable(self.path(name)):
            return None
        return DeltaTable(self.path(name), without_files=True).version()

    def version(self, name: str) -> int | None:
        """The version in which a table's rows last changed: upkeep makes newer ones that hold the same."""
        newest = self.newest(name)
        return None if newest is None else rows_of(self.log(name).said(newest))

    def state(self, name: str) -> State | None:
        """What the newest commit that carries a state says; None for a table that was never built."""
        newest = self.newest(name)
        return None if newest is None else self._state_of(name, newest)

    def _said(self, name: str, version: int) -> State | None:
        for commit in self.log(name).history(version):
            if "fingerprint" in (commit.get("userMetadata") or ""):
                return State.from_json(commit["userMetadata"])
            if commit.get("operation") == "WRITE" and "Overwrite" in str(commit.get("operationParameters")):
                return None  # a first build that never got to its mark
        return None

    def landings(self, name: str, hospital: str) -> Counter[str]:
        """The runs that appended this hospital's records to a bronze table, and how often each did."""
        marks = [json.loads(c["userMetadata"]) for c in self._commits(name) if c.get("userMetadata")]
        return Counter(mark["landing"][1] for mark in marks if mark.get("landing", [None])[0] == hospital)

    def commits_since(self, name: str, version: int) -> list[Mapping[str, Any]]:
        """The commits of a table after `version`, newest first."""
        return list(takewhile(lambda commit: commit["version"] > version, self._commits(name)))

    def _commits(self, name: str) -> Iterator[Mapping[str, Any]]:
        newest = self.newest(name)
        return iter(()) if newest is None else self.log(name).history(newest)
