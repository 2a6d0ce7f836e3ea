"""A code that the delivered vocabulary does not hold has no concept, and that is told as an unmapped one is."""

from __future__ import annotations

from typing import Any

import pytest

from expectations import rules_for
from tests.support.text_table import frame
from twinlake.catalog.silver.concept import concept
from twinlake.catalog.silver.measurement import measurement
from twinlake.engine.checks import checks_for
from twinlake.engine.quality import marked

ROWS = """
    measurement_id | measurement_vocabulary | measurement_concept_id | unit_source_value | unit_concept_id
    1              | LOINC                  | 3004501                | mg/dL             | 8840
    2              | LOINC                  | 0                      | mg/dL             | 8840
    3              | LOINC                  |                        | mg/dL             |
    4              | SNOMED                 |                        |                   |
    5              | LOINC                  | 3004501                | furlong           |
    6              | LOINC                  | 3004501                |                   |
"""
DELIVERED = "concept_id | vocabulary_id | concept_code\n3004501 | LOINC | 2345-7\n3004502 | LOINC | 2339-0"


@pytest.fixture
def verdicts(spark):
    def judge(rule: str, concepts: str) -> list[bool | None]:
        checks = checks_for([r for r in rules_for(measurement) if r.name == rule], {}, measurement.columns)
        [check] = checks
        rows = marked(frame(spark, ROWS, measurement), [*checks], {"concept": frame(spark, concepts, concept)})
        return [row[check.id] for row in rows.collect()]

    return judge


def _counted(found: list[Any]) -> dict[Any, int]:
    return {verdict: found.count(verdict) for verdict in (True, False, None)}


def test_a_code_that_the_delivered_vocabulary_does_not_hold_is_unmapped(verdicts) -> None:
    """Row 3; of SNOMED (row 4) nothing was delivered, so nothing is asked."""
    assert _counted(verdicts("measurement.measurement_concept_mapped", DELIVERED)) == {True: 3, False: 2, None: 1}


def test_without_a_delivery_of_vocabularies_only_what_a_source_calls_unmapped_is_told(verdicts) -> None:
    assert _counted(verdicts("measurement.measurement_concept_mapped", "concept_id")) == {True: 3, False: 1, None: 2}


def test_a_unit_that_was_written_and_has_no_concept_is_unmapped_where_the_code_has_one(verdicts) -> None:
    assert _counted(verdicts("measurement.unit_concept_mapped", DELIVERED)) == {True: 2, False: 1, None: 3}
