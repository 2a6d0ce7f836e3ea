"""Which coding system was in force on a day: 45 CFR 162.1002, compliance date 2015-10-01."""

from __future__ import annotations

from dataclasses import replace

from expectations import rules_for
from tests.support.text_table import frame
from twinlake.catalog.silver.condition_occurrence import condition_occurrence
from twinlake.catalog.silver.procedure_occurrence import procedure_occurrence
from twinlake.declare.hospital import Hospital
from twinlake.engine.quality import split

DRAWN = """
    condition_vocabulary | condition_start_date | condition_end_date | hospital
    ICD9CM               | 2015-09-30           |                    | true_days
    ICD9CM               | 2015-10-01           |                    | true_days
    ICD10CM              | 2015-09-30           |                    | true_days
    ICD10CM              | 2015-09-30           | 2015-10-02         | true_days
    ICD10CM              | 2015-10-01           |                    | true_days
    ICD10                | 2010-01-01           |                    | true_days
    SNOMED               | 2010-01-01           |                    | true_days
    ICD9CM               | 2130-01-01           |                    | shifted_days
"""


def hospital(name: str, calendar: str) -> Hospital:
    return Hospital(name, name, "America/New_York", f"urn:{name}", calendar=calendar)


HOSPITALS = {name: hospital(name, name.removesuffix("_days")) for name in ("true_days", "shifted_days")}


def test_a_code_of_a_system_that_was_not_in_force_is_marked_where_the_calendar_is_true(spark) -> None:
    rule = next(r for r in rules_for(condition_occurrence) if r.name.endswith("vocabulary_in_force"))
    assert rule.severity == "warn"
    # Only a fatal rule names the rows it is broken by.
    judged = split(frame(spark, DRAWN, condition_occurrence), [replace(rule, severity="fatal")], HOSPITALS)
    found = judged.where("size(_broken) > 0").select("condition_vocabulary", "condition_start_date").toArrow()
    assert sorted((r["condition_vocabulary"], str(r["condition_start_date"])) for r in found.to_pylist()) == [
        ("ICD10CM", "2015-09-30"), ("ICD9CM", "2015-10-01"),
    ]  # fmt: skip


MOMENTS = """
    procedure_vocabulary | procedure_datetime  | hospital
    ICD9CM               | 2015-10-01 00:30:00 | true_days
    ICD10CM              | 2015-09-30 10:00:00 | true_days
    ICD9CM               | 2015-10-01 00:00:00 | true_days
    ICD9CM               | 2015-10-01 12:30:00 | true_days
    ICD10CM              | 2015-09-30 09:30:00 | true_days
    ICD10CM              | 2015-10-01 12:30:00 | true_days
"""


def test_a_moment_that_the_hospital_may_have_dated_otherwise_is_not_marked(spark) -> None:
    """Half past midnight UTC was the evening of 30 September in New York, where ICD-9-CM was right."""
    rule = next(r for r in rules_for(procedure_occurrence) if r.name.endswith("vocabulary_in_force"))
    judged = split(frame(spark, MOMENTS, procedure_occurrence), [replace(rule, severity="fatal")], HOSPITALS)
    found = judged.where("size(_broken) > 0").selectExpr("CAST(procedure_datetime AS STRING) AS at").collect()
    assert sorted(row["at"] for row in found) == [
        "2015-09-30 09:30:00", "2015-10-01 00:00:00", "2015-10-01 12:30:00",
    ]  # fmt: skip


def test_the_rule_stands_over_procedures_too() -> None:
    rule = next(r for r in rules_for(procedure_occurrence) if r.name.endswith("vocabulary_in_force"))
    assert rule.calendar == "true" and {"procedure_vocabulary", "procedure_datetime"} <= {*rule.columns}
