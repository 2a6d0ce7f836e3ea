"""Links source persons with the declared, trained model: a run predicts, it never learns from the data before it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from twinlake.declare.comparable import TAKEN, UNIQUE_ID, hash_columns, prepare_sql
from twinlake.declare.errors import DeclarationError
from twinlake.declare.expressions import SEPARATOR
from twinlake.declare.identity import Identity
from twinlake.declare.statement import Statement
from twinlake.engine.clusters import link, link_moved
from twinlake.engine.linkage_backend import Backend, DuckdbBackend, backend_for, connected
from twinlake.engine.linkage_sql import (
    grown_sql,
    known_roots_sql,
    near_sql,
    pairs_sql,
    splink_settings,
    stored_pairs_sql,
    touching_sql,
    unique_ids_sql,
)
from twinlake.engine.shared_values import Told, clear_shared, involved, silent

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

PERSON = ("hospital", "system", "source_person_id")
MERGED = "its hospital merged them"


@dataclass(frozen=True)
class Known:
    """The pairs that were compared before, and the rows of source persons (`PERSON`, linkage_keys, is_linkable, is_now)
    that came (`is_now`) or went since.
    """

    pairs: DataFrame
    moved: DataFrame


@dataclass(frozen=True)
class KnownLinks:
    """The links as they were, and the source persons (`PERSON`) that came, went or changed, or of whose pairs one did.

    What is said of them is what was said before.
    """

    links: DataFrame
    moved: DataFrame


def compare_persons(
    source_person: DataFrame,
    identity: Identity,
    backend: str = "auto",
    known: Known | None = None,
    tell: Callable[[Sequence[Told]], None] = silent,
) -> DataFrame:
    """`empi.person_pair`: the pairs of linkable source persons that weigh `review` or more.

    Where pairs are `known`, only those of a touched person are compared; the answer is the same. `tell` hears what
    too many share.
    """
    linkable = source_person.where("is_linkable")
    with backend_for(linkable, backend) as engine:
        persons = engine.take("source_person", linkable.select(*TAKEN))
        if known is None:
            nodes, told = clear_shared(engine, engine.keep("nodes", prepare_sql(identity, persons)), identity)
            tell(told)
            return _person_pair(engine.give(compare(engine, nodes, identity)), identity)
        stored = engine.keep("stored", f"SELECT * FROM {engine.take('stored', _keyed(linkable, identity))}")
        went_or_came = _keyed(known.moved.where("is_linkable"), identity, "is_now")
        moved = engine.keep("moved", f"SELECT * FROM {engine.take('moved', went_or_came)}")
        found, touched, told = compare_moved(engine, persons, stored, moved, identity)
        tell(told)
        pairs = _person_pair(engine.give(found), identity)
        return _untouched(known.pairs, engine.give(touched)).select(*pairs.columns).unionByName(pairs)


def _keyed(rows: DataFrame, identity: Identity, *more: str) -> DataFrame:
    """`unique_id` and its hashes, a column each."""
    from pyspark.sql import functions as F

    hashes = (F.col("linkage_keys")[n].alias(name) for n, name in enumerate(hash_columns(identity)))
    return rows.select(F.concat_ws(SEPARATOR, *PERSON).alias("unique_id"), *hashes, *more)


def _untouched(pairs: DataFrame, touched: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    for side in ("left", "right"):
        gone = touched.select(F.xxhash64("unique_id").alias(f"{side}_source_person_key"))
        pairs = pairs.join(gone, f"{side}_source_person_key", "left_anti")
    return pairs


def link_persons(
    source_person: DataFrame,
    person_pair: DataFrame,
    person_merge: DataFrame,
    decided: Sequence[Statement] = (),
    backend: str = "auto",
    known: KnownLinks | None = None,
) -> DataFrame:
    """`empi.person_link`: a row per source person. Steward over hospital over model; of each the latest counts most.

    Where links are `known`, only whom a moved pair reaches is linked anew; the answer is the same.
    """
    persons = source_person.select(*PERSON, "is_linkable")
    with backend_for(persons, backend) as engine:
        nodes = engine.keep("nodes", unique_ids_sql(engine.take("source_person", persons)))
        sure = person_pair.where("is_sure").select(
            *(f"{side}_{name}" for side in ("left", "right") for name in PERSON), "match_weight", "agreements"
        )
        edges = engine.keep("edges", stored_pairs_sql(engine.take("person_pair", sure)))
        statements = (*decided, *merges_of(person_merge))
        if known is None:
            return _person_link(engine.give(link(engine, nodes, edges, statements)))
        before = engine.keep("before", known_roots_sql(engine.take("before", known.links.select(*PERSON, "person_id"))))
        moved = engine.keep("moved", f"SELECT {UNIQUE_ID} AS unique_id FROM {engine.take('moved', known.moved)}")
        if not all(said.is_same for said in statements):
            moved = connected_to(engine, moved, edges, statements)
        links, reached = link_moved(engine, nodes, before, edges, moved, statements)
        return _unreached(known.links, engine.give(reached)).unionByName(_person_link(engine.give(links)))


def connected_to(engine: Backend, moved: str, edges: str, statements: Sequence[Statement]) -> str:
    """Everybody who is connected to who moved, by sure pairs and by what is said to be one person.

    Where some are told apart, what a cut comes to depends on all of these. A group of whom nobody moved, and of whose
    pairs none did, is connected as before and cut as before, for what tells two groups apart cuts neither.
    """
    import pyarrow as pa

    same = sorted({pair for said in statements if said.is_same for pair in said.pairs})
    sides = [pa.array([pair[side] for pair in same], pa.string()) for side in (0, 1)]
    arcs = engine.keep("near", near_sql(edges, engine.take("same", pa.table(sides, ["unique_id_l", "unique_id_r"]))))
    for turn in count():
        earlier, moved = moved, engine.keep(f"grown_{turn}", grown_sql(arcs, moved))
        if not engine.any(f"SELECT unique_id FROM {moved} EXCEPT SELECT unique_id FROM {earlier}"):
            break
    return moved


def _unreached(links: DataFrame, reached: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    gone = reached.select(F.xxhash64("unique_id").alias("source_person_key"))
    return links.join(gone, "source_person_key", "left_anti").drop("source_person_key")


def merges_of(person_merge: DataFrame) -> list[Statement]:
    """What hospitals say of their own source persons, the latest first."""
    ids = ("hospital", "system", "retired_source_person_id", "surviving_source_person_id")
    rows = person_merge.where("is_in_force").select("merged_at", *ids).distinct().toArrow().to_pylist()
    latest = sorted(rows, key=lambda row: (-row["merged_at"].timestamp(), *(row[name] for name in ids)))
    return [merge_of(*(row[name] for name in ids)) for row in latest]


def merge_of(hospital: str, system: str, retired: str, surviving: str) -> Statement:
    """Two source persons of a hospital, which says that they are one."""
    one, other = (SEPARATOR.join((hospital, system, name)) for name in (retired, surviving))
    return Statement(frozenset([one]), frozenset([other]), is_same=True, reason=MERGED)


def link_table(source_person: pa.Table, identity: Identity, statements: Sequence[Statement] = ()) -> pa.Table:
    """Links as `unique_id, is_linkable, root, match_weight, agreements`, sorted, in DuckDB alone."""
    with connected() as connection:
        engine = DuckdbBackend(connection)
        name = compare_and_link(engine, engine.take("source_person", source_person), identity, statements)
        return connection.sql(f"SELECT * FROM {name} ORDER BY unique_id").to_arrow_table()


def compare_and_link(
    engine: Backend, source_person: str, identity: Identity, statements: Sequence[Statement] = ()
) -> str:
    """The name of the links of all that stand in a table in the shape of `empi.source_person`."""
    nodes, _ = clear_shared(engine, engine.keep("nodes", prepare_sql(identity, source_person)), identity)
    edges = engine.keep("edges", f"SELECT * FROM {compare(engine, nodes, identity)} WHERE is_sure")
    return link(engine, nodes, edges, statements)


def _parts(unique_id: str) -> list[Column]:
    from pyspark.sql import functions as F

    return [F.split(unique_id, SEPARATOR)[place] for place in range(3)]


def _person_pair(pairs: DataFrame, identity: Identity) -> DataFrame:
    """The hash of a unique_id is `surrogate_key` of its three parts, joined as it joins them."""
    from pyspark.sql import functions as F

    sides = [
        column
        for side, unique_id in (("left", "unique_id_l"), ("right", "unique_id_r"))
        for column in (
            F.xxhash64(unique_id).alias(f"{side}_source_person_key"),
            *(part.alias(f"{side}_{name}") for name, part in zip(PERSON, _parts(unique_id), strict=True)),
        )
    ]
    levels = [f"{c.name}_level" for c in identity.comparisons]
    return pairs.select(*sides, F.col("match_weight").cast("double"), "is_sure", "agreements", *levels)


def _person_link(links: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    linked = F.concat(
        F.lit("splink "), F.col("match_weight").cast("decimal(9,1)").cast("string"), F.lit(": "), F.col("agreements")
    )
    alone = F.when(F.col("is_linkable"), F.lit("no other record is sure to be this person")).otherwise(
        F.lit("hospital is not linked")
    )
    return links.select(
        *(part.alias(name) for name, part in zip(PERSON, _parts("unique_id"), strict=True)),
        F.xxhash64("root").alias("person_id"),
        F.col("match_weight").cast("double").alias("match_weight"),
        F.coalesce(linked, F.col("agreements"), alone).alias("reason"),
    )


def compare(engine: Backend, nodes: str, identity: Identity, blocked: str | None = None) -> str:
    """The name of the pairs that blocking brings together (or those given) and that weigh `review` or more."""
    from splink import Linker

    if identity.weights is None:
        raise DeclarationError(f"Identity {identity.version} has no weights. Train them with `twinlake empi train`.")
    quiet_splink()
    linker = Linker(engine.api.register(nodes), splink_settings(identity), log_level=None, validate_settings=False)
    for column, values in identity.weights.frequencies.items():
        _declare_frequencies(linker, engine, column, dict(values))
    if blocked is not None:
        linker.table_management.register_blocked_pairs_for_predict(engine.api.register(blocked))
    predicted = linker.inference.predict(threshold_match_weight=identity.review, warning_mode="never")
    return engine.keep("pairs", pairs_sql(identity, predicted.physical_name))


def compare_moved(
    engine: Backend, source_person: str, stored: str, moved: str, identity: Identity
) -> tuple[str, str, list[Told]]:
    """As compare, but only pairs with a touched record; the names of the pairs and of the touched, what many share.

    `stored` has the hashes of all records, `moved` those of the touched, as they are (`is_now`) and were. Blocking and
    levels look at two records alone, and at what too many share: so no other pair can come out differently.
    """
    met = involved(engine, stored, moved, identity)
    rows = f"(SELECT * FROM {source_person} WHERE {UNIQUE_ID} IN (SELECT unique_id FROM {met.records})) AS involved"
    nodes, told = met.clear(engine, engine.keep("nodes", prepare_sql(identity, rows)))
    touched = f"(SELECT * FROM {nodes} WHERE unique_id IN (SELECT unique_id FROM {met.touched}))"
    blocked = engine.keep("blocked", touching_sql(identity, nodes, touched))
    return compare(engine, nodes, identity, blocked), met.touched, told


def _declare_frequencies(linker: Any, engine: Backend, column: str, values: dict[str, float]) -> None:
    """Splink counts names in its input unless it is told; a value that is not listed keeps the weight of its level."""
    import pyarrow as pa

    if values:
        table = pa.table({column: sorted(values), f"tf_{column}": [values[v] for v in sorted(values)]})
        linker.table_management.register_term_frequency_lookup(engine.api.register(table), column)


def quiet_splink() -> None:
    """Splink tells its progress, and SQL with it, to the log: nothing of a patient may get there."""
    logging.getLogger("splink").setLevel(logging.ERROR)
