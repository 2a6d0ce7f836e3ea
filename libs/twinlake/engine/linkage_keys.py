"""The keys by which records meet, in SQL that DuckDB and Spark read alike: who meets whom, and what too many share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from twinlake.declare.identity import Identity, Key


def all_crowded_sql(identity: Identity, nodes: str) -> str:
    """`key_name, key_value, bearers` of what more records share than may."""
    return " UNION ALL ".join(
        f"SELECT '{key.name}' AS key_name, key_value, count(*) AS bearers FROM ({_borne(key, nodes)}) AS borne "
        f"GROUP BY key_value HAVING count(*) > {key.most}"
        for key in identity.keys
    )


def _borne(key: Key, table: str, extra: str = "") -> str:
    """What each record bears of a key; of a crossed one, both its sides."""
    return " UNION ALL ".join(
        f"SELECT {extra}{column} AS key_value FROM {table} WHERE {column} IS NOT NULL" for column in key.columns
    )


def told_sql(crowded: str) -> str:
    """How many values of a key too many share, and how often they are borne."""
    return (
        f"SELECT key_name, CAST(count(*) AS BIGINT), CAST(sum(bearers) AS BIGINT) FROM {crowded} GROUP BY 1 ORDER BY 1"
    )


def void_sql(keys: Iterable[Key], records: str, crowded: str) -> str:
    """`unique_id, column_name`: the hashes that count for nothing, of keys that are crowded."""
    return " UNION ALL ".join(
        f"SELECT unique_id, '{column}' AS column_name FROM {records} WHERE {column} IN "
        f"(SELECT key_value FROM {crowded} WHERE key_name = '{key.name}')"
        for key in keys
        for column in key.columns
    )


def cleared_sql(identity: Identity, nodes: str, columns: Sequence[str], void: str, names: Iterable[str]) -> str:
    """The nodes, what is void being missing; `names` are the columns of hashes that are void somewhere."""
    causes = {column: sorted(found) for column in columns if (found := _causes(identity, column) & {*names})}
    return f"SELECT {', '.join(_cleared(column, causes.get(column, []), void) for column in columns)} FROM {nodes}"


def _causes(identity: Identity, column: str) -> set[str]:
    """The hashes that clear a column of a node: of a value its own, of a block its own and those of its values."""
    found = {f"value_{shared.column}" for shared in identity.shared if column in shared.clears}
    for key in identity.keys[len(identity.shared) :]:
        for side, own in zip(key.sides, key.columns, strict=True):
            if own == column:
                found |= {own, *(f"value_{s.column}" for s in identity.shared if {*side} & {*s.clears})}
    return found


def _cleared(column: str, causes: list[str], void: str) -> str:
    if not causes:
        return column
    named = ", ".join(f"'{name}'" for name in causes)
    of = f"SELECT unique_id FROM {void} WHERE column_name IN ({named})"
    return f"CASE WHEN unique_id NOT IN ({of}) THEN {column} END AS {column}"


def moved_sql(identity: Identity, moved: str) -> str:
    """`key_name, key_value, came, went`: how often what the touched records bear is borne now, and was before."""
    borne = " UNION ALL ".join(
        f"SELECT '{key.name}' AS key_name, key_value, is_now FROM ({_borne(key, moved, 'is_now, ')}) AS borne"
        for key in identity.keys
    )
    return f"""
SELECT key_name, key_value, sum(CASE WHEN is_now THEN 1 ELSE 0 END) AS came,
    sum(CASE WHEN is_now THEN 0 ELSE 1 END) AS went
FROM ({borne}) AS borne GROUP BY key_name, key_value"""


def hits_sql(keys: Iterable[Key], stored: str, values: str) -> str:
    """`key_name, key_value, unique_id` of all records that bear one of the `values` (key_name, key_value)."""
    return " UNION ALL ".join(
        f"SELECT '{key.name}' AS key_name, {column} AS key_value, unique_id FROM {stored} WHERE {column} IN "
        f"(SELECT key_value FROM {values} WHERE key_name = '{key.name}')"
        for key in keys
        for column in key.columns
    )


def bearers_sql(identity: Identity, values: str, hits: str) -> str:
    """`key_name, key_value, bearers, before, most`: how many bear what moved, now and before."""
    most = " ".join(f"WHEN '{key.name}' THEN {key.most}" for key in identity.keys)
    return f"""
SELECT moved.key_name, moved.key_value, coalesce(met.bearers, 0) AS bearers,
    coalesce(met.bearers, 0) - moved.came + moved.went AS before, CASE moved.key_name {most} END AS most
FROM {values} AS moved LEFT JOIN (
    SELECT key_name, key_value, count(*) AS bearers FROM {hits} GROUP BY key_name, key_value
) AS met ON met.key_name = moved.key_name AND met.key_value = moved.key_value"""


def crossing_sql(hits: str, bearers: str) -> str:
    """The records that bear what too many share now and did not before, or the other way round."""
    return f"""
SELECT DISTINCT hits.unique_id FROM {hits} AS hits JOIN {bearers} AS b
ON b.key_name = hits.key_name AND b.key_value = hits.key_value
WHERE (b.bearers > b.most) <> (b.before > b.most)"""


def involved_sql(hits: str, bearers: str, touched: str) -> str:
    """The records that blocking may bring together with a touched one, and the touched themselves."""
    return f"""
SELECT hits.unique_id FROM {hits} AS hits JOIN {bearers} AS b
ON b.key_name = hits.key_name AND b.key_value = hits.key_value AND b.bearers <= b.most
WHERE hits.key_name LIKE 'block%'
UNION SELECT unique_id FROM {touched}"""


def values_of_sql(keys: Iterable[Key], records: str) -> str:
    """`key_name, key_value`: what these records bear of some keys."""
    return " UNION ".join(
        f"SELECT '{key.name}' AS key_name, key_value FROM ({_borne(key, records)}) AS b" for key in keys
    )


def crowded_sql(identity: Identity, hits: str, bearers: str) -> str:
    """What more share than may: of the values that were hit, and of the blocks that moved."""
    most = " ".join(f"WHEN '{key.name}' THEN {key.most}" for key in identity.keys)
    return f"""
SELECT key_name, key_value, count(*) AS bearers FROM {hits}
GROUP BY key_name, key_value HAVING count(*) > CASE key_name {most} END
UNION ALL
SELECT key_name, key_value, bearers FROM {bearers} WHERE key_name LIKE 'block%' AND bearers > most"""
