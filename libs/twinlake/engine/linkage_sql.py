"""The linkage in SQL that DuckDB and Spark read alike: inputs made comparable, links chosen, their reasons told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twinlake.declare.comparable import UNIQUE_ID, joined_sql
from twinlake.declare.identity import DIFFERS, MISSING, Comparison, Evidence, Identity

SCALE = 1_000_000


def unique_ids_sql(source_person: str) -> str:
    """The name of each record alone, and whether its hospital gives anything to link on."""
    return f"SELECT {UNIQUE_ID} AS unique_id, coalesce(is_linkable, FALSE) AS is_linkable FROM {source_person}"


def known_roots_sql(person_link: str) -> str:
    """Who was one person with whom: `unique_id, root`, a person_id being as good a root as its smallest record."""
    return f"SELECT {UNIQUE_ID} AS unique_id, person_id AS root FROM {person_link}"


def stored_pairs_sql(person_pair: str) -> str:
    """Pairs of the stored table as `unique_id_l, unique_id_r, match_weight, agreements`."""
    sides = [
        f"{joined_sql(f'{side}_hospital', f'{side}_system', f'{side}_source_person_id')} AS unique_id_{side[0]}"
        for side in ("left", "right")
    ]
    return f"SELECT {', '.join(sides)}, match_weight, agreements FROM {person_pair}"


def splink_settings(identity: Identity) -> dict[str, Any]:
    """Splink's settings; without trained weights the levels stand bare, for training."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": 1 / identity.one_in,
        "blocking_rules_to_generate_predictions": [condition for _, condition in identity.blocks],
        "comparisons": [_splink_comparison(identity, c) for c in identity.comparisons],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
        "additional_columns_to_retain": ["source", "hospital"],
    }


def _splink_comparison(identity: Identity, comparison: Comparison) -> dict[str, Any]:
    conditions = [(level.name, level.words, level.condition) for level in comparison.levels]
    levels: list[dict[str, Any]] = [
        {"sql_condition": comparison.missing, "label_for_charts": MISSING, "is_null_level": True}
    ]
    for name, words, condition in (*conditions, (DIFFERS, DIFFERS, "ELSE")):
        levels.append({"sql_condition": condition, "label_for_charts": words, **_trained(identity, comparison, name)})
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _trained(identity: Identity, comparison: Comparison, level: str) -> dict[str, Any]:
    if identity.weights is None:
        return {}
    likelihood = identity.weights.levels[comparison.name][level]
    trained: dict[str, Any] = {"m_probability": likelihood.m, "u_probability": likelihood.u}
    is_first = level == comparison.level_names[0]
    if is_first and comparison.frequency and identity.weights.frequencies.get(comparison.frequency):
        trained |= {"tf_adjustment_column": comparison.frequency, "tf_adjustment_weight": 1.0}
    return trained


def touching_sql(identity: Identity, keys: str, touched: str) -> str:
    """The pairs that blocking brings together of which one record at least is touched, as Splink would name them."""
    joins = [
        f"""SELECT CASE WHEN l.unique_id < r.unique_id THEN {number} ELSE {mirrored} END AS rule,
        least(l.unique_id, r.unique_id) AS join_key_l, greatest(l.unique_id, r.unique_id) AS join_key_r
    FROM {touched} AS l JOIN {keys} AS r ON {condition} AND l.unique_id <> r.unique_id"""
        for number, mirrored, condition in _both_ways(identity)
    ]
    return f"""
SELECT CAST(min(rule) AS STRING) AS match_key, join_key_l, join_key_r FROM ({" UNION ALL ".join(joins)}) AS found
GROUP BY join_key_l, join_key_r"""


def _both_ways(identity: Identity) -> Iterator[tuple[int, int, str]]:
    """The place of each join condition, that of the same one with left and right exchanged, and the condition."""
    conditions = [condition for _, condition in identity.blocks]
    for place, condition in enumerate(conditions):
        left, right = (side[2:] for side in condition.split(" = "))
        yield place, conditions.index(f"l.{right} = r.{left}"), condition


def kept_sql(pairs: str, touched: str) -> str:
    """The pairs of records that nothing touched."""
    ids = f"SELECT unique_id FROM {touched}"
    return f"SELECT * FROM {pairs} WHERE unique_id_l NOT IN ({ids}) AND unique_id_r NOT IN ({ids})"


def pairs_sql(identity: Identity, predicted: str) -> str:
    """Predicted pairs in words: what agrees, the level of each comparison, and whether they are sure to be one."""
    return f"""
SELECT unique_id_l, unique_id_r, CAST(round(match_weight * {SCALE}) AS BIGINT) / {SCALE} AS match_weight,
    {_sure_sql(identity)} AS is_sure, {_reason_sql(identity)} AS agreements,
    {", ".join(_level_sql(c) for c in identity.comparisons)}
FROM {predicted}"""


def _sure_sql(identity: Identity) -> str:
    """Over the threshold, and with one declared set of evidence: linked without a person's eye."""
    evidence = "\n    OR ".join(f"({_evidence_sql(identity, e)})" for e in identity.evidence)
    return f"""match_weight >= CASE WHEN source_l = source_r THEN {identity.automatic_within_source}
    ELSE {identity.automatic} END AND ({evidence})"""


def _level_sql(comparison: Comparison) -> str:
    names = " ".join(f"WHEN {comparison.rank(n)} THEN '{n}'" for n in (*comparison.level_names, MISSING))
    return f"CASE gamma_{comparison.name} {names} END AS {comparison.name}_level"


def _evidence_sql(identity: Identity, evidence: Evidence) -> str:
    agree = [_stands_at(identity.comparison(name), levels) for name, levels in evidence.agreements.items()]
    return " AND ".join([*agree, *(["hospital_l <> hospital_r"] if evidence.across_hospitals else [])])


def _stands_at(comparison: Comparison, levels: tuple[str, ...]) -> str:
    ranks = ", ".join(str(comparison.rank(level)) for level in levels)
    return f"gamma_{comparison.name} IN ({ranks})"


def _reason_sql(identity: Identity) -> str:
    agreeing = [f"CASE WHEN {_stands_at(c, c.agreeing)} THEN '{c.words}' END" for c in identity.comparisons]
    rules = " ".join(f"WHEN '{number}' THEN '{words}'" for number, (words, _) in enumerate(identity.blocks))
    return f"concat(concat_ws(', ', {', '.join(agreeing)}), '; blocked on ', CASE match_key {rules} END)"


def arcs_sql(edges: str) -> str:
    """Each edge from both its ends."""
    return f"""
SELECT unique_id_l AS unique_id, unique_id_r AS other, match_weight, agreements FROM {edges}
UNION ALL
SELECT unique_id_r AS unique_id, unique_id_l AS other, match_weight, agreements FROM {edges}"""


def first_roots_sql(arcs: str) -> str:
    """The smallest of a record and its neighbours."""
    return f"SELECT unique_id, least(unique_id, min(other)) AS root FROM {arcs} GROUP BY unique_id"


def next_roots_sql(arcs: str, roots: str) -> str:
    """The smallest root of a record and its neighbours."""
    return f"""
SELECT own.unique_id, least(min(own.root), min(near.root)) AS root
FROM {roots} AS own JOIN {arcs} AS arcs ON arcs.unique_id = own.unique_id JOIN {roots} AS near ON near.unique_id =
arcs.other
GROUP BY own.unique_id"""


def changed_sql(earlier: str, later: str) -> str:
    """Records whose root is no longer what it was."""
    return f"""
SELECT later.unique_id FROM {later} AS later JOIN {earlier} AS earlier ON earlier.unique_id = later.unique_id
WHERE later.root <> earlier.root"""


def near_sql(edges: str, same: str) -> str:
    """`unique_id, other`: whom sure pairs, or what is said, make one person, from both ends."""
    return f"""
WITH sides AS (SELECT unique_id_l, unique_id_r FROM {edges} UNION ALL SELECT unique_id_l, unique_id_r FROM {same})
SELECT unique_id_l AS unique_id, unique_id_r AS other FROM sides
UNION ALL SELECT unique_id_r, unique_id_l FROM sides"""


def grown_sql(arcs: str, reached: str) -> str:
    """These records and their neighbours."""
    return f"""
SELECT unique_id FROM {reached}
UNION SELECT other FROM {arcs} WHERE unique_id IN (SELECT unique_id FROM {reached})"""


def links_sql(nodes: str, roots: str, arcs: str) -> str:
    """A row per source person: the smallest of its cluster, and its best pair (ties: the smallest other record)."""
    return f"""
SELECT nodes.unique_id, nodes.is_linkable, coalesce(roots.root, nodes.unique_id) AS root, best.match_weight,
    best.agreements
FROM {nodes} AS nodes
LEFT JOIN {roots} AS roots ON roots.unique_id = nodes.unique_id
LEFT JOIN (
    SELECT unique_id, match_weight, agreements,
        row_number() OVER (PARTITION BY unique_id ORDER BY match_weight DESC, other) AS place
    FROM {arcs}
) AS best ON best.unique_id = nodes.unique_id AND best.place = 1"""
