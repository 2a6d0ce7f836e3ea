"""What every step of one run shares: the home, the declarations, the moment, and one Spark session when needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from twinlake.declare.hospital import Hospital
from twinlake.declare.source import Feed, System
from twinlake.declare.table import Table
from twinlake.engine.file_schemas import layouts_of
from twinlake.engine.home import Home
from twinlake.engine.ops import WHOLE, Ops
from twinlake.engine.stored import read_stored

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from twinlake.declare.rule import Rule

# So many values of a filter cost a plan next to nothing; each more costs it anew at every step of it.
MOST_LITERALS = 1_000


def silent(message: str) -> None:
    """A progress that says nothing."""


def no_rows(spark: SparkSession, schema: str) -> DataFrame:
    """None at all, and so plainly that the optimizer drops what is done to them and joined with them."""
    return spark.createDataFrame([], schema).limit(0)


def local_rows(spark: SparkSession, rows: Iterable[tuple[Any, ...]], schema: pa.Schema) -> DataFrame:
    """A few rows as Arrow, so that Spark plans a local relation and no RDD with its tasks."""
    return spark.createDataFrame(pa.Table.from_pylist([dict(zip(schema.names, r, strict=True)) for r in rows], schema))


def among(rows: DataFrame, column: str, values: Sequence[int]) -> DataFrame:
    """The rows whose `column` (an expression) is one of the values: few as literals, which skip files, many joined."""
    from pyspark.sql import functions as F

    if len(values) <= MOST_LITERALS:
        return rows.where(F.expr(column).isin(values))  # type: ignore[arg-type]
    wanted = local_rows(rows.sparkSession, ((value,) for value in values), pa.schema([("_among", WHOLE)]))
    return rows.join(F.broadcast(wanted), F.expr(column) == F.col("_among"), "left_semi")


@dataclass
class Run:
    """One run over one lake; `as_of` is the only moment it knows."""

    home: Home
    run_id: str
    as_of: datetime
    hospitals: Mapping[str, Hospital]
    systems: Mapping[str, System]
    tables: Mapping[str, Table]
    fingerprints: Mapping[str, str]
    rules: Callable[[Table], Sequence[Rule]]
    progress: Callable[[str], None] = silent
    session: Callable[[], SparkSession] | None = field(default=None, repr=False)
    anew: frozenset[str] = frozenset()  # tables to be built as if they had never been, whatever is stored

    @cached_property
    def ops(self) -> Ops:
        return Ops(self.home.lake)

    @cached_property
    def frames(self) -> dict[tuple[int, str, str], DataFrame | None]:
        """What feeds hold, by version of the ledger, system and feed; of this run alone, not of a copy of it."""
        return {}

    @cached_property
    def repeated(self) -> dict[tuple[int, str, str], pa.Table]:
        """Which records of feeds were told more than once, by version of the ledger, system and feed."""
        return {}

    @cached_property
    def spark(self) -> SparkSession:
        """The session; a step that finds nothing to do never asks for it."""
        if self.session is not None:
            return self.session()
        from twinlake.engine.pending import suited_session

        # A run that starts Spark will validate: what that needs is imported while the JVM comes up.
        Thread(target=import_module, args=("great_expectations",), daemon=True).start()
        return suited_session(self)

    @cached_property
    def compiled(self) -> Run:
        """This run with compiled queries, for those that say much of each of many rows."""
        from twinlake.engine.pending import compiled_session

        session = compiled_session(self)
        return replace(self, session=lambda: session)

    def interrupt(self) -> None:
        """Stop what Spark is doing, if it was ever started."""
        if "spark" in vars(self):
            self.spark.interruptAll()

    def landing_mark(self, hospital: str) -> str:
        """What a bronze commit says of itself, so that an unfinished landing is recognised."""
        return json.dumps({"landing": [hospital, self.run_id]})

    def feed(self, system: str, name: str) -> Feed:
        """A feed as it came: as it is declared, with the headers of files that were let pass as layouts of it."""
        declared = self.systems[system].feed(name)
        return layouts_of(self.ops, system, declared) if declared.wire == "csv" else declared

    def table(self, name: str) -> Table:
        return self.tables[name]

    def read(self, name: str, columns: Sequence[str] = ()) -> DataFrame:
        """A table as it stands. One that is known to be empty is no scan: what is joined to it costs nothing."""
        table = self.table(name)
        state = self.ops.state(table.full_name)
        if state is not None and state.rows == 0:
            return no_rows(self.spark, table.ddl)
        return self.stored(table.full_name, columns)

    def stored(self, name: str, columns: Sequence[str] = ()) -> DataFrame:
        """A table as it stands, by its full name, whatever its state says."""
        return read_stored(self.spark, self.ops.path(name), columns)

    def log(self, name: str, verb: str, **said: Any) -> dict[str, Any]:
        """Record in ops.table_run what a step did to a table."""
        row = {"run_id": self.run_id, "table": name, "verb": verb, **said}
        self.ops.append("table_run", [row])
        return row
