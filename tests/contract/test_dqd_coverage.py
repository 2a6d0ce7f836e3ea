"""Every check of OHDSI's Data Quality Dashboard has a rule of ours or a reason; the committed page says so."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from expectations import rules_for
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


# It asks what the hospital's unit is, of which the dashboard lets all be missing.
STRICTER = "measurement.unit_known"


@needs_data
def test_a_rule_that_does_not_stop_lets_as_many_rows_pass_as_the_dashboard(checks):
    """The smallest percent of the checks that a rule of rows stands for; of none that a whole column is judged by."""
    percents = _percents()
    rules = {rule.name: rule for table in read_plan().tables.values() for rule in rules_for(table)}
    allowed: dict[str, list[float]] = {}
    for check in checks:
        for name in check.rules:
            allowed.setdefault(name, []).append(percents[check.type, check.table, check.field, check.concept])
    judged = {n: min(p) for n, p in allowed.items() if rules[n].expression and n != STRICTER}
    for name, percent in judged.items():
        good = 1.0 if rules[name].severity == "fatal" else max((100 - percent) / 100, 1e-9)
        assert rules[name].mostly == pytest.approx(good, abs=1e-12), (name, percent)
    assert {0.99, 0.98, 0.95, 0.9, 0.05} <= {rules[name].mostly for name in judged}


def _percents():
    found = {}
    for level in LEVELS:
        with gzip.open(DATA / f"OMOP_CDMv5.4_{level}_Level.csv.gz", "rt") as file:
            for r in csv.DictReader(file):
                at = (r["cdmTableName"].lower(), r.get("cdmFieldName", "").lower(), r.get("conceptId", ""))
                for column in (c for c in r if c.endswith("Threshold") and r[c] not in ("", "NA")):
                    found[(column.removesuffix("Threshold"), *at)] = float(r[column])
                found["cdmTable", at[0], "", ""] = found["cdmField", *at] = 0.0
    return found


def test_a_threshold_s_unit_is_one_that_this_lake_reads():
    wrong = {(code, unit) for code, units in UNITS_BY_LOINC.items() for unit in units if ucum_spelling(unit) != unit}
    assert not wrong


def test_every_rule_that_the_page_names_exists():
    names = {rule.name for table in read_plan().tables.values() for rule in rules_for(table)}
    told = {word for word in PAGE.read_text(encoding="utf-8").split("`") if "." in word and " " not in word}
    assert told and not told - names
