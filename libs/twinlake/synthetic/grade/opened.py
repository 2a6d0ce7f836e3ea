"""The published tables, the ledgers, the quarantine and the truth as views of one DuckDB connection."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from twinlake.declare.errors import ConfigurationError
from twinlake.engine.ops import SCHEMAS, Ops
from twinlake.engine.publication import Publication
from twinlake.engine.quarantine import SCHEMA, Quarantine, quarantine_tables
from twinlake.synthetic.measured import FOLDER
from twinlake.synthetic.truth import files_of

if TYPE_CHECKING:
    import duckdb

# What is read of each published table; a table that is not published is empty.
READ = {
    "empi.person_link": "hospital string, system string, source_person_id string, person_id bigint",
    "silver.measurement": "measurement_id bigint, hospital string, system string, person_id bigint, "
    "measurement_datetime string, measurement_source_value string, measurement_code string, "
    "measurement_vocabulary string, value_source_value string, value_as_number double, unit_code string, "
    "unit_source_value string, conversion_rule string",
    "silver.variant_call": "hospital string, system string, variant_source_value string, has_passed_filters boolean",
    "gold.inferred_measurement": "measurement_id bigint, value_as_number double, unit_code string",
    "gold.unmapped_code": "hospital string, system string, source_code string",
}
LEDGERS = ("landing_ledger", "conform_ledger")
TRUTHS = ("persons", "misspellings", "faults")
# Times as text in UTC: DuckDB knows zones by an extension only.
CAST = {"string": "Utf8", "bigint": "Int64", "double": "Float64", "boolean": "Boolean"}
EMPTY = {"string": pa.string(), "bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_()}


class Opened:
    """Views: a published table under its own name without layer, `quarantined`, the ledgers, and `true_…`."""

    def __init__(self, ops: Ops, publication: Publication, truth: Path) -> None:
        import duckdb

        _refuse_absent(truth)
        self.sql: duckdb.DuckDBPyConnection = duckdb.connect()
        for table, columns in READ.items():
            self.sql.register(table.partition(".")[2], _published(ops, publication, table, columns))
        for name in LEDGERS:
            self.sql.register(name, pa.Table.from_pylist(ops.rows(name), schema=SCHEMAS[name]))
        self.sql.register("quarantined", _quarantined(ops))
        for name in TRUTHS:
            read = self.sql.read_csv(
                [str(path) for path in files_of(truth, name)], header=True, all_varchar=True, na_values="\x00"
            )
            read.create_view(f"true_{name}")
        self.sql.read_parquet(str(truth / FOLDER / "*.parquet")).create_view("true_measurements")

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The answer to a query."""
        return self.sql.execute(query, list(values)).fetchall()

    def table(self, name: str, columns: Sequence[tuple[str, pa.DataType]], rows: Sequence[Sequence[object]]) -> None:
        """A small table of the grader's own."""
        arrays = [pa.array([row[n] for row in rows], kind) for n, (_, kind) in enumerate(columns)]
        self.sql.register(name, pa.table(arrays, names=[column for column, _ in columns]))


def _refuse_absent(truth: Path) -> None:
    missing = [f"{name}.csv" for name in TRUTHS if not files_of(truth, name)]
    missing += [] if (truth / FOLDER).exists() else [FOLDER]
    if missing:
        raise ConfigurationError(
            f"{truth} has no {', '.join(missing)}: it is no truth of a network. Say where it is with --truth, or make "
            "the network anew with `twinlake synth`."
        )


def _published(ops: Ops, publication: Publication, table: str, columns: str) -> pa.Table:
    from deltalake import DeltaTable, QueryBuilder

    named = [column.split() for column in columns.split(", ")]
    version = publication.versions.get(table)
    if version is None or not DeltaTable.is_deltatable(ops.path(table)):
        return pa.schema([(name, EMPTY[kind]) for name, kind in named]).empty_table()
    opened = DeltaTable(ops.path(table), version=version)
    asked = ", ".join(f"arrow_cast({name}, '{CAST[kind]}') as {name}" for name, kind in named)
    return pa.table(QueryBuilder().register("t", opened).execute(f"select {asked} from t"))


def _quarantined(ops: Ops) -> pa.Table:
    """Every quarantine as it stands; `path` is below the hospital and never packed, as in the truth."""
    schema = pa.schema([("table", pa.string()), *SCHEMA])
    rows = [{"table": name.partition(".")[2], **row} for name in quarantine_tables(ops) for row in _rows(ops, name)]
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)


def _rows(ops: Ops, name: str) -> list[dict[str, Any]]:
    rows = Quarantine(ops, name).rows()
    return [{**row, "path": _below(row["hospital"], row["path"])} for row in rows]


def _below(hospital: str, path: str | None) -> str | None:
    return path and path.removeprefix(f"{hospital}/").removesuffix(".gz")
