"""Links source persons with the declared, trained model: a run predicts, it never learns from the data before it."""

from __future__ import annotations

import logging
import uuid
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from twinlake.declare.errors import DeclarationError
from twinlake.declare.expressions import SEPARATOR, source_person_key
from twinlake.declare.identity import Identity
from twinlake.engine.linkage_sql import (
    TAKEN,
    arcs_sql,
    changed_sql,
    edges_sql,
    first_roots_sql,
    links_sql,
    next_roots_sql,
    prepare_sql,
    splink_settings,
)

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

DUCKDB_ROWS = 2_000_000
BACKENDS = ("auto", "duckdb", "spark")


class Backend(Protocol):
    """What linkage asks of an engine: keep the answer of a query under a name, and Splink's own door to it."""

    api: Any

    def keep(self, name: str, sql: str) -> str:
        """The name under which the rows of `sql` can be read from now on."""

    def any(self, sql: str) -> bool:
        """Whether `sql` gives a row."""


def link_persons(source_person: DataFrame, identity: Identity, backend: str = "auto") -> DataFrame:
    """`empi.person_link`: a row per source person. Where `linkable` is false, each is a cluster of one."""
    if backend not in BACKENDS:
        raise DeclarationError(f"Linkage backend {backend!r}. Expected one of {', '.join(BACKENDS)}.")
    linkable = source_person.where("linkable").select(*TAKEN)
    if backend == "auto":
        backend = "duckdb" if linkable.limit(DUCKDB_ROWS).count() < DUCKDB_ROWS else "spark"
    links = _on_duckdb(linkable, identity) if backend == "duckdb" else _on_spark(linkable, identity)
    return links.unionByName(_unlinked(source_person))


def _unlinked(source_person: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    return source_person.where("not coalesce(linkable, false)").select(
        "hospital",
        "system",
        "source_person_id",
        source_person_key().alias("person_id"),
        F.lit(None).cast("double").alias("match_weight"),
        F.lit("hospital is not linked").alias("reason"),
    )


def _on_duckdb(source_person: DataFrame, identity: Identity) -> DataFrame:
    links = link_table(source_person.toArrow(), identity)
    return _person_link(source_person.sparkSession.createDataFrame(links))


def _on_spark(source_person: DataFrame, identity: Identity) -> DataFrame:
    backend = SparkBackend(source_person.sparkSession)
    name = backend.view("source_person", source_person)
    return _person_link(backend.spark.table(link(backend, name, identity)))


def link_table(source_person: pa.Table, identity: Identity) -> pa.Table:
    """Links as `unique_id, root, match_weight, agreements`, sorted, in DuckDB alone."""
    import duckdb

    with duckdb.connect() as connection:
        connection.register("source_person", source_person)
        name = link(DuckdbBackend(connection), "source_person", identity)
        return connection.sql(f"SELECT * FROM {name} ORDER BY unique_id").to_arrow_table()


def _person_link(links: DataFrame) -> DataFrame:
    """The hash of the root is `surrogate_key` of its three parts, joined as it joins them."""
    from pyspark.sql import functions as F

    part = [F.split("unique_id", SEPARATOR)[place] for place in range(3)]
    linked = F.concat(
        F.lit("splink "), F.col("match_weight").cast("decimal(9,1)").cast("string"), F.lit(": "), F.col("agreements")
    )
    return links.select(
        part[0].alias("hospital"),
        part[1].alias("system"),
        part[2].alias("source_person_id"),
        F.xxhash64("root").alias("person_id"),
        F.col("match_weight").cast("double").alias("match_weight"),
        F.coalesce(linked, F.lit("no other record is sure to be this person")).alias("reason"),
    )


def link(backend: Backend, source_person: str, identity: Identity) -> str:
    """The name of the links: prepare, predict, keep the sure pairs, find what they connect, tell each its best pair."""
    if identity.weights is None:
        raise DeclarationError(f"Identity {identity.version} has no weights. Train them with `twinlake empi train`.")
    nodes = backend.keep("nodes", prepare_sql(identity, source_person))
    predicted = predict(backend, nodes, identity)
    edges = backend.keep("edges", edges_sql(identity, predicted))
    arcs = backend.keep("arcs", arcs_sql(edges))
    return backend.keep("links", links_sql(nodes, connect(backend, arcs), arcs))


def predict(backend: Backend, nodes: str, identity: Identity, threshold: float | None = None) -> str:
    """The name of the pairs that blocking brings together, with weight and gammas, from `threshold` bits on."""
    from splink import Linker

    quiet_splink()
    threshold = identity.automatic if threshold is None else threshold
    linker = Linker(backend.api.register(nodes), splink_settings(identity), log_level=None, validate_settings=False)
    for column, values in (identity.weights.frequencies if identity.weights else {}).items():
        _declare_frequencies(linker, backend, column, dict(values))
    pairs = linker.inference.predict(threshold_match_weight=threshold, warning_mode="never")
    return pairs.physical_name


def _declare_frequencies(linker: Any, backend: Backend, column: str, values: dict[str, float]) -> None:
    """Splink counts names in its input unless it is told; a value that is not listed keeps the weight of its level."""
    import pyarrow as pa

    if values:
        table = pa.table({column: sorted(values), f"tf_{column}": [values[v] for v in sorted(values)]})
        linker.table_management.register_term_frequency_lookup(backend.api.register(table), column)


def connect(backend: Backend, arcs: str) -> str:
    """`unique_id, root` of all that have an edge: each takes its neighbours' smallest root until nobody's changes.

    Splink's own clustering grows its Spark plan with every round; persons are few records, so few rounds are needed.
    """
    roots = backend.keep("roots_0", first_roots_sql(arcs))
    for turn in count(1):
        earlier, roots = roots, backend.keep(f"roots_{turn}", next_roots_sql(arcs, roots))
        if not backend.any(changed_sql(earlier, roots)):
            break
    return roots


def quiet_splink() -> None:
    """Splink tells its progress, and SQL with it, to the log: nothing of a patient may get there."""
    logging.getLogger("splink").setLevel(logging.ERROR)


class DuckdbBackend:
    """One connection, in this process's memory."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        from splink.backends.duckdb import DuckDBAPI

        self.connection = connection
        self.api = DuckDBAPI(connection)

    def keep(self, name: str, sql: str) -> str:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE linkage_{name} AS {sql}")
        return f"linkage_{name}"

    def any(self, sql: str) -> bool:
        return bool(self.connection.execute(f"{sql} LIMIT 1").fetchall())


class SparkBackend:
    """Views of one session; conditions need no function beyond Spark's own, so Splink's jar need not be there."""

    def __init__(self, spark: SparkSession) -> None:
        from splink.backends.spark import SparkAPI

        self.spark = spark
        self.api = SparkAPI(spark_session=spark, break_lineage_method="persist", register_udfs_automatically=False)
        self.prefix = f"linkage_{uuid.uuid4().hex[:8]}"

    def view(self, name: str, rows: DataFrame) -> str:
        rows.createOrReplaceTempView(f"{self.prefix}_{name}")
        return f"{self.prefix}_{name}"

    def keep(self, name: str, sql: str) -> str:
        return self.view(name, self.spark.sql(sql).localCheckpoint())

    def any(self, sql: str) -> bool:
        return not self.spark.sql(sql).isEmpty()
