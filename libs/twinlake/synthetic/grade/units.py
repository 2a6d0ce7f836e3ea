"""Values whose unit was sent, in whatever spelling; and values whose unit was missing or none."""

from __future__ import annotations

from collections.abc import Iterator

from twinlake.synthetic.grade.figure import Figure
from twinlake.synthetic.grade.opened import Opened

# Their values or codes are not what was measured, so that no unit could make them right; faults.py grades them.
OTHERWISE_WRONG = "('impossible_value', 'implausible_value', 'wrong_code')"
GIVEN = f"spoiled IS NULL AND sent_unit <> '' AND fault NOT IN ('unknown_unit', {OTHERWISE_WRONG[1:]}"
# A number that has no unit (pH, a score) lacks none.
WITHOUT = (
    "spoiled IS NULL AND fault IN ('missing_unit', 'unknown_unit') AND conversion_rule IS DISTINCT FROM 'unitless'"
)
RIGHT = f"""
SELECT hospital, system, count(*) FILTER (is_right), count(*) FROM judged WHERE {GIVEN} GROUP BY ALL ORDER BY ALL
"""
NOT_RIGHT = f"""
SELECT sent_unit, coalesce(nullif(rule, ''), conversion_rule, 'not found') AS why, coalesce(unit_code, 'no unit'),
       count(*)
FROM judged WHERE {GIVEN} AND NOT is_right GROUP BY ALL ORDER BY count(*) DESC, sent_unit, why
"""
INFERRED = f"""
SELECT j.hospital, j.system, count(*), count(i.measurement_id),
       count(*) FILTER (i.unit_code = j.unit AND i.value_as_number = j.value
         OR abs(i.value_as_number - (j.value * c.factor + c.shift)) <= 1e-6 * abs(j.value * c.factor + c.shift))
FROM judged j
LEFT JOIN inferred_measurement i USING (measurement_id)
LEFT JOIN conversions c ON c.unit = j.unit AND c.stored = i.unit_code AND c.loinc IN ('', j.loinc)
WHERE {WITHOUT} OR i.measurement_id IS NOT NULL GROUP BY ALL ORDER BY ALL
"""


def units(opened: Opened) -> Iterator[Figure]:
    """The share of given units recovered, with what the others were; of those without, how many were inferred."""
    places = opened.rows(RIGHT)
    right, total = (sum(row[n] for row in places) for n in (2, 3))
    yield Figure("units", "given: value in silver right", right, total, goal=0.995)
    for hospital, system, some, of in places:
        yield Figure("units", "given: value in silver right", some, of, hospital, system)
    for unit, why, stored, count in opened.rows(NOT_RIGHT):
        yield Figure("units", f"given, not right: {unit!r} ({why}, {stored})", count, total)
    yield from _inferred(opened.rows(INFERRED))


def _inferred(places: list[tuple[str, str, int, int, int]]) -> Iterator[Figure]:
    without, inferred, right = (sum(row[n] for row in places) for n in (2, 3, 4))
    yield Figure("units", "missing or none: inferred", inferred, without)
    yield Figure("units", "inferred: value right", right, inferred, goal=0.97)
    yield Figure("units", "missing or none: left open", without - inferred, without)
    for hospital, system, of, some, good in places:
        yield Figure("units", "missing or none: inferred", some, of, hospital, system)
        yield Figure("units", "inferred: value right", good, some, hospital, system)
