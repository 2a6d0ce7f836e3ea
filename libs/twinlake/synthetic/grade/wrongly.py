"""Rows in quarantine that no fault of the truth explains: good rows wrongly refused.

A fault explains the row at its own place, whatever the rule (in HL7 v2, C-CDA and VCF, whose records are parts of
a message or a line, under its own rule in its file); a person without a year of birth all rows of theirs; and a wrong
value the row of that value.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from twinlake.synthetic.grade.figure import Figure
from twinlake.synthetic.grade.opened import Opened
from twinlake.synthetic.grade.registry import OUTCOMES, Quarantined

# Their records are not lines.
IN_PARTS = "('hl7v2', 'ccda', 'genotype')"
UNEXPLAINED = f"""
SELECT q."table", q.rule, q.hospital, q.system, count(*)
FROM quarantined q
WHERE NOT EXISTS (
    SELECT 1 FROM true_faults f
    WHERE f.hospital = q.hospital AND rtrim_gz(f.path) = q.path AND f.system NOT IN {IN_PARTS}
      AND f.record_offset IN ('', coalesce(CAST(q.record_offset AS VARCHAR), '')))
  AND NOT EXISTS (
    SELECT 1 FROM true_faults f JOIN rules r USING (kind)
    WHERE f.hospital = q.hospital AND rtrim_gz(f.path) = q.path AND f.system IN {IN_PARTS} AND r.rule = q.rule)
  AND NOT EXISTS (
    SELECT 1 FROM quarantined b WHERE b.rule = 'source_person.no_year_of_birth' AND b.unit = q.unit)
  AND NOT (q."table" = 'measurement' AND CAST(CAST(q."row" AS JSON) ->> 'measurement_id' AS BIGINT) IN (
    SELECT measurement_id FROM judged WHERE fault IN ('impossible_value', 'implausible_value', 'wrong_code')))
GROUP BY ALL ORDER BY ALL
"""


def wrongly_quarantined(opened: Opened) -> Iterator[Figure]:
    """How many in all, and by table, rule and place."""
    rules = [
        (kind, rule) for kind, outcome in OUTCOMES.items() if isinstance(outcome, Quarantined) for rule in outcome.rules
    ]
    opened.table("rules", [("kind", pa.string()), ("rule", pa.string())], rules)
    found = opened.rows(UNEXPLAINED)
    held = int(opened.rows("SELECT count(*) FROM quarantined")[0][0])
    yield Figure("quarantine", "rows that a fault explains", held - sum(row[4] for row in found), held, goal=1.0)
    for table, rule, hospital, system, count in found:
        yield Figure("quarantine", f"not explained: {table}, {rule}", count, held, hospital, system)
