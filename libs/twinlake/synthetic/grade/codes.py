"""Codes: local ones through the hospital's map, those it does not explain, and those that are simply wrong."""

from __future__ import annotations

from collections.abc import Iterator

from twinlake.synthetic.grade.figure import Figure
from twinlake.synthetic.grade.opened import Opened

SOUND = "spoiled IS NULL AND measurement_id IS NOT NULL"
MAPPED = f"""
SELECT hospital, system, count(*) FILTER (measurement_vocabulary = 'LOINC' AND measurement_code = loinc), count(*)
FROM judged WHERE {SOUND} AND sent_code <> loinc AND fault NOT IN ('wrong_code', 'unmapped_code')
GROUP BY ALL ORDER BY ALL
"""
UNMAPPED = f"""
SELECT j.hospital, j.system, count(u.source_code), count(*)
FROM (SELECT DISTINCT hospital, system, sent_code FROM judged WHERE {SOUND} AND fault = 'unmapped_code') j
LEFT JOIN unmapped_code u ON (u.hospital, u.system, u.source_code) = (j.hospital, j.system, j.sent_code)
GROUP BY j.hospital, j.system ORDER BY ALL
"""
PLAIN = f"""
SELECT hospital, system, count(*) FILTER (measurement_vocabulary = 'LOINC' AND measurement_code = loinc), count(*)
FROM judged WHERE {SOUND} AND sent_code = loinc AND fault <> 'wrong_code' GROUP BY ALL ORDER BY ALL
"""
ASKED = {
    "sent in LOINC: code in silver right": PLAIN,
    "local, in the hospital's map: mapped right": MAPPED,
    "local, in no map: in the worklist": UNMAPPED,
}


def codes(opened: Opened) -> Iterator[Figure]:
    """Results under a code that silver has right; distinct codes that stand in the worklist."""
    for what, query in ASKED.items():
        places = opened.rows(query)
        yield Figure("codes", what, sum(row[2] for row in places), sum(row[3] for row in places), goal=1.0)
        for hospital, system, right, total in places:
            yield Figure("codes", what, right, total, hospital, system)
