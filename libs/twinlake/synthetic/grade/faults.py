"""Faults: each found where it should be, by kind."""

from __future__ import annotations

from collections.abc import Iterator

from twinlake.declare.errors import DataError
from twinlake.synthetic.grade.figure import Figure
from twinlake.synthetic.grade.opened import Opened
from twinlake.synthetic.grade.registry import OUTCOMES, Asked, OfValues, Outcome, Quarantined

KINDS = """
SELECT kind FROM true_faults UNION SELECT fault FROM true_measurements WHERE fault <> '' ORDER BY 1
"""
# By file and rule: of HL7 v2 and C-CDA a place of the truth is a message or line, of the lake a thing within it.
IN_QUARANTINE = """
SELECT f.hospital, f.system, sum(least(coalesce(q.n, 0), f.n)), sum(f.n) FROM
  (SELECT hospital, system, rtrim_gz(path) AS path, count(*) AS n FROM true_faults WHERE kind = ? GROUP BY ALL) f
LEFT JOIN (SELECT hospital, path, count(*) AS n FROM quarantined WHERE list_contains(?, rule) GROUP BY ALL) q
  USING (hospital, path)
GROUP BY f.hospital, f.system
"""
OF_VALUES = """
SELECT hospital, system, count(*) FILTER ({holds}), count(*)
FROM judged WHERE spoiled IS NULL AND fault = ? GROUP BY hospital, system
"""


def faults(opened: Opened) -> Iterator[Figure]:
    """A figure a kind, and one for each place where not all were found."""
    kinds = [row[0] for row in opened.rows(KINDS)]
    _refuse_ungraded(kinds)
    for kind in kinds:
        outcome = OUTCOMES[kind]
        places = sorted(_places(opened, kind, outcome))
        goal = outcome.goal if isinstance(outcome, OfValues) else 1.0
        found, expected = (sum(int(row[n] or 0) for row in places) for n in (2, 3))
        name = f"{kind} (no record can show it)" if goal is None else kind
        yield Figure("faults", name, found, expected, goal=goal)
        for hospital, system, some, of in places:
            if goal is not None and (some or 0) < of:
                yield Figure("faults", kind, int(some or 0), int(of), hospital, system)


def _places(opened: Opened, kind: str, outcome: Outcome) -> list[tuple[str, str, int, int]]:
    if isinstance(outcome, Quarantined):
        return opened.rows(IN_QUARANTINE, kind, list(outcome.rules))
    if isinstance(outcome, Asked):
        return opened.rows(outcome.sql)
    return opened.rows(OF_VALUES.format(holds=outcome.holds), kind)


def _refuse_ungraded(kinds: list[str]) -> None:
    unknown = [kind for kind in kinds if kind not in OUTCOMES]
    if unknown:
        raise DataError(
            f"The truth has faults of which nobody says what should become of them: {', '.join(unknown)}. "
            "Name them in twinlake/synthetic/grade/registry.py."
        )
