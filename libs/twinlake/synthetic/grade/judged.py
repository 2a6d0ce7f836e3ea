"""Each measured value of the truth beside what the lake made of it: the table `judged`.

A value is found by what was sent of it (whose, on which day, under which code, in which digits, best in its unit), in
silver or in quarantine. `spoiled` names the fault of its record, which the value has no part in: such values are graded
by that fault alone. `is_right` says that silver's number in silver's unit is what was measured, to one in a million.
"""

from __future__ import annotations

import pyarrow as pa

from twinlake.synthetic.grade.conversions import CONVERSIONS
from twinlake.synthetic.grade.opened import Opened
from twinlake.synthetic.grade.registry import WHOLE_FILE

PRECISION = 1e-6
STORED = """
CREATE TABLE stored AS
SELECT hospital, system, person_id, left(measurement_datetime, 10) AS day, measurement_source_value AS sent_code,
       value_source_value AS sent_value, measurement_id, measurement_code, measurement_vocabulary, value_as_number,
       unit_code, unit_source_value, conversion_rule, '' AS rule
FROM measurement
UNION ALL
SELECT hospital, system, CAST(said ->> 'person_id' AS BIGINT), left(said ->> 'measurement_datetime', 10),
       said ->> 'measurement_source_value', said ->> 'value_source_value', CAST(said ->> 'measurement_id' AS BIGINT),
       said ->> 'measurement_code', said ->> 'measurement_vocabulary', CAST(said ->> 'value_as_number' AS DOUBLE),
       said ->> 'unit_code', said ->> 'unit_source_value', said ->> 'conversion_rule', rule
FROM (SELECT *, CAST("row" AS JSON) AS said FROM quarantined WHERE "table" = 'measurement')
"""
SPOILED = """
CREATE TABLE spoiled AS
SELECT hospital, rtrim_gz(path) AS path, CAST(record_offset AS BIGINT) AS record_offset, kind
FROM true_faults WHERE record_offset <> '' AND original_offset = '' AND kind NOT IN (SELECT kind FROM whole_file)
UNION ALL
SELECT hospital, rtrim_gz(path), CAST(original_offset AS BIGINT), kind FROM true_faults WHERE kind = 'corrected_result'
UNION ALL
SELECT hospital, rtrim_gz(path), NULL, kind FROM true_faults WHERE kind IN (SELECT kind FROM whole_file)
"""
JUDGED = f"""
CREATE TABLE judged AS
WITH told AS (
  SELECT t.*, left(t.measured_at, 10) AS day, p.person_id, row_number() OVER () AS n,
         coalesce(s.kind, b.kind) AS spoiled
  FROM true_measurements t
  LEFT JOIN person_link p USING (hospital, system, source_person_id)
  LEFT JOIN (SELECT hospital, path, record_offset, min(kind) AS kind FROM spoiled GROUP BY ALL) s
    ON s.hospital = t.hospital AND s.path = t.path AND coalesce(s.record_offset, t.record_offset) = t.record_offset
  LEFT JOIN (SELECT hospital, system, record_id, kind FROM true_faults WHERE kind = 'no_year_of_birth') b
    ON b.hospital = t.hospital AND b.system = t.system AND b.record_id = t.source_person_id
), beside AS (
  SELECT told.*, stored.* EXCLUDE (hospital, system, person_id, day, sent_code, sent_value),
         CASE WHEN told.unit = stored.unit_code THEN told.value ELSE told.value * c.factor + c.shift END AS expected
  FROM told
  LEFT JOIN stored USING (hospital, system, person_id, day, sent_code, sent_value)
  LEFT JOIN conversions c ON c.unit = told.unit AND c.stored = stored.unit_code AND c.loinc IN ('', told.loinc)
)
SELECT *, rule = '' AND coalesce(abs(value_as_number - expected) <= {PRECISION} * abs(expected), false) AS is_right
FROM beside
QUALIFY row_number() OVER (
  PARTITION BY n ORDER BY coalesce(unit_source_value, '') = sent_unit DESC, is_right DESC, rule, measurement_id) = 1
"""


def judge(opened: Opened) -> None:
    """Make `judged`, and `spoiled`: the records of the truth that a fault befell."""
    text, real = pa.string(), pa.float64()
    named = [("loinc", text), ("unit", text), ("stored", text), ("factor", real), ("shift", real)]
    opened.table("conversions", named, CONVERSIONS)
    opened.table("whole_file", [("kind", text)], [(kind,) for kind in WHOLE_FILE])
    opened.sql.execute(r"CREATE MACRO rtrim_gz(path) AS regexp_replace(path, '\.gz$', '')")
    for statement in (STORED, SPOILED, JUDGED):
        opened.sql.execute(statement)
