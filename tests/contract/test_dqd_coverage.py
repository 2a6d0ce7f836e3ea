"""Every check of OHDSI's Data Quality Dashboard has a rule of ours or a reason; the committed page says so."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from expectations.dqd import LEVELS, read_checks
from expectations.dqd_page import MARK, PAGE, page
from twinlake.plan import read_plan
from twinlake.vocabulary.thresholds.omop_dqd import SEX_BY_CONCEPT, UNITS_BY_LOINC
from twinlake.vocabulary.units import ucum_spelling

DATA = Path(__file__).parents[3] / "shared" / "data" / "omop_dqd_thresholds"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="OHDSI's threshold files are not on this machine; they are not part of the project"
)


@pytest.fixture(scope="module")
def checks():
    return read_checks(DATA, read_plan().tables)


@needs_data
def test_every_check_has_rules_or_a_reason(checks):
    assert len({check.type for check in checks}) == 27
    assert not [c for c in checks if not c.rules and not c.reason]
    assert not [c for c in checks if c.rules and c.reason]
    # 2,535 by the filters of the dashboard's own list, and nine limits, low and high, of concepts.
    assert len(checks) == 2553 and sum(check.applies for check in checks) == 1262


@needs_data
def test_the_page_is_current(checks):
    made = page(checks)
    assert PAGE.read_text(encoding="utf-8") == made, f"Run `{MARK}` and commit what it writes."


@needs_data
def test_what_only_one_sex_has_is_what_the_dashboard_says():
    name = DATA / f"OMOP_CDMv5.4_{LEVELS[2]}_Level.csv.gz"
    with gzip.open(name, "rt") as file:
        said = {r["conceptId"]: r["plausibleGender"] for r in csv.DictReader(file)}
    ours = {str(concept): sex.title() for sex, concepts in SEX_BY_CONCEPT.items() for concept in concepts}
    assert ours == {concept: sex for concept, sex in said.items() if sex in ("Female", "Male")}


def test_a_threshold_s_unit_is_one_that_this_lake_reads():
    wrong = {(code, unit) for code, units in UNITS_BY_LOINC.items() for unit in units if ucum_spelling(unit) != unit}
    assert not wrong


def test_every_rule_that_the_page_names_exists():
    from expectations import rules_for

    names = {rule.name for table in read_plan().tables.values() for rule in rules_for(table)}
    told = {word for word in PAGE.read_text(encoding="utf-8").split("`") if "." in word and " " not in word}
    assert told and not told - names
