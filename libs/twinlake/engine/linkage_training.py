"""Learns how often each level of likeness is seen in one person's records and in strangers', on a sample, in DuckDB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinlake.declare.comparable import prepare_sql
from twinlake.declare.errors import DataError
from twinlake.declare.identity import Comparison, Identity
from twinlake.engine.linkage import quiet_splink
from twinlake.engine.linkage_backend import connected, speak_spark
from twinlake.engine.linkage_sql import splink_settings

if TYPE_CHECKING:
    import duckdb

SEED = 20261121
STRANGER_PAIRS = 2_000_000
LEAST_SHARE = 1e-4
LEAST_RECORDS = 100
COMMON_VALUES = 200
EM_PASSES = ("l.birth_date = r.birth_date", "l.given_root = r.given_root AND l.family_name = r.family_name")


def train(source_person: Any, identity: Identity, truth: Any | None = None, source: str = "") -> dict[str, object]:
    """The weights document of `identity`. `source_person` is a pandas, Arrow or DuckDB relation in the shape of
    that table; `truth`, if there is one, has `hospital, system, source_person_id, entity`. `source` says in words
    what was learned from.

    With truth, m comes from the labelled pairs and u from one record per entity; without, m by expectation
    maximisation over two blockings and u from random pairs, which is fair only if few of those are one person: give
    a large sample.
    """
    with connected() as connection:
        speak_spark(connection).execute("SET threads = 1")  # a seeded sample repeats only on one thread
        records = _register(connection, source_person, identity, truth)
        chances = _learn_chances(connection, identity, truth is not None)
        likenesses = _learn_likenesses(connection, identity, truth is not None)
        pairs = _stranger_pairs(connection)
        levels = {c.name: _levels(c, likenesses[c.name], chances[c.name], pairs) for c in identity.comparisons}
        frequencies = {column: _frequencies(connection, identity, column) for column in identity.frequency_columns}
        provenance = _provenance(connection, truth is not None, source, records)
    return {"version": identity.version, "provenance": provenance, "levels": levels, "frequencies": frequencies}


def write_weights(weights: dict[str, object], path: Path) -> None:
    """The weights as a file that reads well in a diff."""
    path.write_text(json.dumps(weights, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _register(connection: duckdb.DuckDBPyConnection, source_person: Any, identity: Identity, truth: Any | None) -> int:
    connection.register("source_person", _arrow(source_person))
    connection.execute(f"CREATE TEMP TABLE plain AS {prepare_sql(identity, 'source_person')}")
    if truth is None:
        connection.execute("CREATE TEMP TABLE records AS SELECT * FROM plain ORDER BY unique_id")
    else:
        connection.register("truth", _arrow(truth))
        connection.execute(
            """CREATE TEMP TABLE records AS
            SELECT plain.*, labelled.entity FROM plain JOIN (
                SELECT concat(hospital, chr(31), system, chr(31), source_person_id) AS unique_id,
                    CAST(entity AS STRING) AS entity FROM truth
            ) AS labelled USING (unique_id) ORDER BY unique_id"""
        )
    records = _count(connection, "SELECT count(*) FROM records")
    if records < LEAST_RECORDS:
        raise DataError(
            f"{records} records to train identity on; expected {LEAST_RECORDS} or more. Give a larger sample."
        )
    strangers = "QUALIFY row_number() OVER (PARTITION BY entity ORDER BY unique_id) = 1" if truth is not None else ""
    connection.execute(f"CREATE TEMP TABLE strangers AS SELECT * FROM records {strangers} ORDER BY unique_id")
    return records


def _arrow(rows: Any) -> Any:
    """DuckDB 2 refuses a pandas frame that is a reversed view; Arrow copies it straight."""
    import pyarrow as pa

    return pa.Table.from_pandas(rows, preserve_index=False) if hasattr(rows, "iloc") else rows


def _linker(connection: duckdb.DuckDBPyConnection, identity: Identity, table: str) -> Any:
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    quiet_splink()
    return Linker(DuckDBAPI(connection).register(table), splink_settings(identity), log_level=None)


def _learn_chances(connection: duckdb.DuckDBPyConnection, identity: Identity, labelled: bool) -> dict[str, list[Any]]:
    linker = _linker(connection, identity, "strangers")
    linker.training.estimate_u_using_random_sampling(STRANGER_PAIRS, seed=SEED, min_count_per_level=None)
    return _learned(linker, "u_probability")


def _learn_likenesses(
    connection: duckdb.DuckDBPyConnection, identity: Identity, labelled: bool
) -> dict[str, list[Any]]:
    linker = _linker(connection, identity, "records")
    if labelled:
        linker.training.estimate_m_from_label_column("entity")
        return _learned(linker, "m_probability")
    linker.training.estimate_u_using_random_sampling(STRANGER_PAIRS, seed=SEED, min_count_per_level=None)
    for blocking in EM_PASSES:
        linker.training.estimate_parameters_using_expectation_maximisation(blocking, record_sample_proportion=1.0)
    return _learned(linker, "m_probability")


def _learned(linker: Any, probability: str) -> dict[str, list[Any]]:
    """Levels in the declared order, null level left out; what was never seen is None."""
    settings = linker.misc.save_model_to_json()
    return {
        comparison["output_column_name"]: [
            level.get(probability) for level in comparison["comparison_levels"] if not level.get("is_null_level")
        ]
        for comparison in settings["comparisons"]
    }


def _stranger_pairs(connection: duckdb.DuckDBPyConnection) -> int:
    """How many pairs of strangers were looked at: what none of them shows may still be seen in one of as many."""
    strangers = _count(connection, "SELECT count(*) FROM strangers")
    return min(STRANGER_PAIRS, strangers * (strangers - 1) // 2)


def _levels(comparison: Comparison, m: list[Any], u: list[Any], pairs: int) -> dict[str, dict[str, float]]:
    """Shares kept off 0 and 1, so that nothing unseen is impossible; the first u no rarer than declared."""
    likely, chance = _shares(m, LEAST_SHARE), _shares(u, 1 / pairs)
    chance[0] = max(float(u[0] or 0), comparison.chance_at_least)
    names = comparison.level_names
    return {name: {"m": round(likely[i], 9), "u": round(chance[i], 9)} for i, name in enumerate(names)}


def _shares(found: list[Any], least: float) -> list[float]:
    raised = [max(float(share or 0), least) for share in found]
    return [min(share / sum(raised), 1 - least) for share in raised]


def _frequencies(connection: duckdb.DuckDBPyConnection, identity: Identity, column: str) -> dict[str, float]:
    """Shares of values commoner than the declared chance: they weigh less, and no rare name is written down."""
    least = next(c.chance_at_least for c in identity.comparisons if c.frequency == column)
    rows = connection.execute(
        f"""SELECT {column}, count(*) / (SELECT count({column}) FROM strangers) AS share FROM strangers
        WHERE {column} IS NOT NULL GROUP BY 1 HAVING share > {least} AND count(*) >= 5
        ORDER BY share DESC, 1 LIMIT {COMMON_VALUES}"""
    ).fetchall()
    return {value: round(share, 6) for value, share in rows}


def _provenance(connection: duckdb.DuckDBPyConnection, labelled: bool, source: str, records: int) -> dict[str, object]:
    from importlib.metadata import version

    strangers = _count(connection, "SELECT count(*) FROM strangers")
    pairs = "SELECT count(*) FROM records a JOIN records b ON a.entity = b.entity AND a.unique_id < b.unique_id"
    return {
        "source": source,
        "records": records,
        "same_person_pairs": _count(connection, pairs) if labelled else None,
        "m": "from labelled pairs" if labelled else "by expectation maximisation",
        "u": f"from up to {STRANGER_PAIRS} random pairs of {strangers} records, seed {SEED}",
        "splink": version("splink"),
    }


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
