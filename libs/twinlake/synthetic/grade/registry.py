"""What should become of each kind of fault; a kind that is not here cannot be graded, and a test says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Faults for which none of a file's records can be trusted.
WHOLE_FILE = ("cut_file", "empty_file", "broken_document")


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The record stands in quarantine under one of these rules."""

    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """How many are found is what a query says: hospital, system, found, expected."""

    sql: str


@dataclass(frozen=True, slots=True)
class OfValues:
    """Of the values so befallen: found where this holds of the row of `judged`.

    `goal` is the share that is asked for; what no single record can show has none, and is only counted.
    """

    holds: str
    goal: float | None = 1.0


Outcome = Quarantined | Asked | OfValues

REPEATED = """
SELECT f.hospital, f.system, least(sum(l.duplicates), sum(f.n)), sum(f.n) FROM
  (SELECT hospital, system, rtrim_gz(path) AS path, count(*) AS n FROM true_faults
   WHERE kind = 'duplicate_record' GROUP BY ALL) f
LEFT JOIN (SELECT hospital, rtrim_gz(path) AS path, max(duplicates) AS duplicates FROM landing_ledger GROUP BY ALL) l
  ON l.hospital = f.hospital AND l.path = f.hospital || '/' || f.path
GROUP BY f.hospital, f.system
"""
WITHDRAWN = """
SELECT f.hospital, f.system, least(coalesce(w.n, 0), f.n), f.n FROM
  (SELECT hospital, system, count(*) AS n FROM true_faults WHERE kind = 'entered_in_error' GROUP BY ALL) f
LEFT JOIN (SELECT hospital, system, sum(records) AS n FROM conform_ledger WHERE outcome = 'withdrawn' GROUP BY ALL) w
  USING (hospital, system)
"""
REPORTED = """
SELECT f.hospital, f.system, count(l.path), count(*) FROM true_faults f
LEFT JOIN (SELECT DISTINCT path FROM landing_ledger WHERE status = 'unknown') l ON l.path = f.hospital || '/' || f.path
WHERE f.kind = 'unknown_system' GROUP BY ALL
"""
# Its first result with a unit now has twice the value, which silver shows on the same day under the same code.
CORRECTED = """
SELECT j.hospital, j.system, count(*) FILTER (j.is_corrected), count(*) FROM (
  SELECT hospital, system, path, record_offset, bool_or(measurement_id IS NULL AND EXISTS (
    SELECT 1 FROM stored s
    WHERE (s.hospital, s.system, s.person_id, s.day, s.sent_code)
        = (judged.hospital, judged.system, judged.person_id, judged.day, judged.sent_code)
      AND CAST(s.sent_value AS DOUBLE) = CAST(printf('%g', 2 * CAST(judged.sent_value AS DOUBLE)) AS DOUBLE)
  )) AS is_corrected
  FROM judged WHERE spoiled = 'corrected_result' GROUP BY ALL) j
GROUP BY ALL
"""
DISTRUSTED = """
SELECT f.hospital, f.system, count(v.variant_source_value), count(*) FROM true_faults f
LEFT JOIN (SELECT DISTINCT hospital, variant_source_value FROM variant_call WHERE NOT has_passed_filters) v
  ON v.hospital = f.hospital AND v.variant_source_value = f.record_id
WHERE f.kind = 'failed_filter' GROUP BY ALL
"""

OUTCOMES: Mapping[str, Outcome] = {
    "cut_line": Quarantined(("not_json",)),
    "duplicate_key": Quarantined(("duplicate_key",)),
    "bad_utf8": Quarantined(("not_utf8",)),
    "short_row": Quarantined(("field_count",)),
    "short_line": Quarantined(("field_count",)),
    "cut_message": Quarantined(("cut_message",)),
    "no_message_type": Quarantined(("no_message_type",)),
    "empty_entry": Quarantined(("no_resource",)),
    "absent_allele": Quarantined(("bad_genotype",)),
    "cut_file": Quarantined(("damaged_gzip",)),
    "empty_file": Quarantined(("empty_file",)),
    "broken_document": Quarantined(("not_xml",)),
    "orphan": Quarantined(("person_is_known",)),
    "no_year_of_birth": Quarantined(("source_person.no_year_of_birth",)),
    "unreadable_text": Quarantined(("note.note_text_present",)),
    "future_value": Quarantined(("device_reading.device_reading_datetime_not_in_future",)),
    "ends_before_start": Quarantined(("device_reading.device_reading_end_datetime_after_start",)),
    "left_before_arrival": Quarantined(("bed_event.bed_event_end_datetime_after_start",)),
    "no_amount": Quarantined(("cost.some_amount",)),
    "wrong_date": Quarantined(("measurement.measurement_datetime_present",)),
    "duplicate_record": Asked(REPEATED),
    "entered_in_error": Asked(WITHDRAWN),
    "unknown_system": Asked(REPORTED),
    "corrected_result": Asked(CORRECTED),
    "failed_filter": Asked(DISTRUSTED),
    "unit_variant": OfValues("is_right", goal=0.995),
    "missing_element": OfValues("is_right"),
    "unmapped_code": OfValues("is_right AND measurement_vocabulary <> 'LOINC'"),
    # Beside a number that has no unit (a score), one that nobody knows is impossible.
    "unknown_unit": OfValues(
        "rule = '' AND unit_code IS NULL AND conversion_rule IN ('unit_unknown', 'unit_impossible')"
    ),
    # A number that has no unit (pH, a score) lacks none.
    "missing_unit": OfValues(
        "rule = '' AND (unit_code IS NULL AND conversion_rule = 'unit_missing'"
        " OR conversion_rule = 'unitless' AND is_right)"
    ),
    "impossible_value": OfValues("rule = 'measurement.value_in_range'"),
    "implausible_value": OfValues("rule = 'measurement.value_in_range'", goal=None),
    "wrong_code": OfValues("rule <> '' OR conversion_rule = 'unit_impossible'", goal=None),
}
# Slips at the desk are graded by the links they break (linkage.py).
BY_LINKAGE = ("nickname", "typo", "moved", "maiden_name", "middle_name", "ssn")
