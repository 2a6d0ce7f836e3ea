"""Who is who: the links of the EMPI against the persons of the truth, pair by pair and cluster by cluster.

Source persons whom the EMPI does not know (without a year of birth) are no part of it. A pair counts under every slip
of either registration, so causes overlap; pairs without any slip are told by their systems, where one was missed.
"""

from __future__ import annotations

from collections.abc import Iterator

from twinlake.synthetic.grade.figure import Figure
from twinlake.synthetic.grade.opened import Opened

KNOWN = """
CREATE OR REPLACE TABLE known AS
SELECT t.person, l.person_id, hospital, system, source_person_id
FROM true_persons t JOIN person_link l USING (hospital, system, source_person_id)
"""
PAIRS = "SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*) AS n FROM known GROUP BY {})"
MEMBERS = (
    "SELECT list_sort(list(hospital || ' ' || system || ' ' || source_person_id)) AS members FROM known GROUP BY {}"
)
# Their exports hold no name, address or number of anybody: what they know can be linked by nobody.
NAMELESS = ("omop_cdm", "cgm")
NAMED = f"""
SELECT count(*) FILTER (a.person_id = b.person_id), count(*) FROM known a JOIN known b
  ON a.person = b.person
  AND (a.hospital, a.system, a.source_person_id) < (b.hospital, b.system, b.source_person_id)
WHERE a.system NOT IN {NAMELESS} AND b.system NOT IN {NAMELESS}
"""  # noqa: S608 - of names that stand above
CAUSES = """
WITH slips AS (
  SELECT hospital, system, source_person_id, list(change) AS changes FROM true_misspellings GROUP BY ALL
), pairs AS (
  SELECT a.person = b.person AS is_true, a.person_id = b.person_id AS is_linked,
         list_distinct(coalesce(x.changes, []) || coalesce(y.changes, [])) AS changes,
         least(a.system, b.system) || ', ' || greatest(a.system, b.system) AS systems
  FROM known a JOIN known b
    ON (a.person = b.person OR a.person_id = b.person_id)
    AND (a.hospital, a.system, a.source_person_id) < (b.hospital, b.system, b.source_person_id)
  LEFT JOIN slips x
    ON (x.hospital, x.system, x.source_person_id) = (a.hospital, a.system, a.source_person_id)
  LEFT JOIN slips y
    ON (y.hospital, y.system, y.source_person_id) = (b.hospital, b.system, b.source_person_id)
), caused AS (
  SELECT is_true, is_linked, unnest(CASE WHEN len(changes) = 0 THEN ['none, ' || systems] ELSE changes END) AS cause
  FROM pairs
)
SELECT cause, count(*) FILTER (is_true AND is_linked), count(*) FILTER (is_true), count(*) FILTER (NOT is_true)
FROM caused GROUP BY cause
HAVING NOT starts_with(cause, 'none, ') OR count(*) FILTER (is_true <> is_linked) > 0
ORDER BY starts_with(cause, 'none, '), cause
"""


def linkage(opened: Opened) -> Iterator[Figure]:
    """Precision, recall and F1, then the missed and the false links by what was misspelled."""
    opened.sql.execute(KNOWN)
    yield from _prf("pairs", *(_pairs(opened, by) for by in ("person, person_id", "person_id", "person")))
    yield Figure("linkage", "pairs: recall where both systems name their patients", *opened.rows(NAMED)[0])
    yield from _prf("clusters", *_clusters(opened))
    for cause, found, true, false in opened.rows(CAUSES):
        yield Figure("linkage", f"links found where differing: {cause}", found, true)
        if false:
            yield Figure("linkage", f"links that are false where differing: {cause}", false, false + found)


def _prf(kind: str, right: int, made: int, true: int) -> Iterator[Figure]:
    yield Figure("linkage", f"{kind}: precision", right, made)
    yield Figure("linkage", f"{kind}: recall", right, true)
    yield Figure(
        "linkage", f"{kind}: F1", 2 * right, made + true, goal=0.98 if kind == "pairs" else None, is_share=False
    )


def _pairs(opened: Opened, by: str) -> int:
    return int(opened.rows(PAIRS.format(by))[0][0])


def _clusters(opened: Opened) -> tuple[int, int, int]:
    """How many clusters are exactly a person's, are made, and are true."""
    made, true = (MEMBERS.format(by) for by in ("person_id", "person"))
    asked = (f"({made}) JOIN ({true}) USING (members)", f"({made})", f"({true})")
    right, all_made, all_true = (int(opened.rows(f"SELECT count(*) FROM {query}")[0][0]) for query in asked)
    return right, all_made, all_true
