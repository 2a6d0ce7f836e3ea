"""Which of our rules does what each check of OHDSI's Data Quality Dashboard does, and why some have none.

A check is a row of the dashboard's own files (`OMOP_CDMv5.4_*.csv`), which are read where the reader keeps them.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from expectations import rules_for
from expectations.omop import EARLIEST
from twinlake.declare.errors import ConfigurationError
from twinlake.declare.table import Table
from twinlake.vocabulary.maps.omop_fields import ABSENT, ABSENT_TABLES, FIELDS, WHY_NONE
from twinlake.vocabulary.thresholds.omop_dqd import (
    LIMITS_BY_CONCEPT,
    LOINC_OF_CONCEPT,
    SEX_BY_CONCEPT,
    UNITS_BY_CONCEPT,
)

LEVELS = ("Table", "Field", "Concept")
NOTHING = ("", "NA", "No")
# Types that are asked for by `Yes` in the column of their name.
ON_TABLES = ("measurePersonCompleteness", "measureConditionEraCompleteness", "measureObservationPeriodOverlap")
ON_FIELDS = (
    "isRequired", "isPrimaryKey", "isForeignKey", "isStandardValidConcept", "measureValueCompleteness",
    "standardConceptRecordCompleteness", "sourceConceptRecordCompleteness", "sourceValueCompleteness",
    "plausibleValueLow", "plausibleValueHigh", "plausibleTemporalAfter", "plausibleDuringLife", "withinVisitDates",
    "plausibleAfterBirth", "plausibleBeforeDeath", "plausibleStartBeforeEnd",
)  # fmt: skip
ON_CONCEPTS = (
    "plausibleValueLow", "plausibleValueHigh", "plausibleGender", "plausibleGenderUseDescendants",
    "plausibleUnitConceptIds",
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One check: its type, CDM table and field, concept where it is of one; then our rules, or the reason for none."""

    type: str
    table: str
    field: str = ""
    concept: str = ""
    rules: tuple[str, ...] = ()
    reason: str = ""

    @property
    def applies(self) -> bool:
        return bool(self.rules)


def read_checks(folder: Path, tables: Mapping[str, Table]) -> tuple[Check, ...]:
    """Every check of the dashboard's files in a folder, in their order."""
    by_level = {level: _rows(folder, level) for level in LEVELS}
    asked = [*_of_tables(by_level["Table"]), *_of_fields(by_level["Field"]), *_of_concepts(by_level["Concept"])]
    silver = {t.name: t for t in tables.values() if t.layer == "silver"}
    names = frozenset(rule.name for table in tables.values() for rule in rules_for(table))
    return tuple(_answered(check, silver, names) for check in asked)


def _rows(folder: Path, level: str) -> list[dict[str, str]]:
    for name, opener in ((f"OMOP_CDMv5.4_{level}_Level.csv", open), (f"OMOP_CDMv5.4_{level}_Level.csv.gz", gzip.open)):
        if (folder / name).is_file():
            with opener(folder / name, "rt", encoding="utf-8") as file:  # type: ignore[operator]
                return list(csv.DictReader(file))
    raise ConfigurationError(
        f"{folder} has no OMOP_CDMv5.4_{level}_Level.csv[.gz]. Give inst/csv of OHDSI's DataQualityDashboard."
    )


def _of_tables(rows: list[dict[str, str]]) -> Iterator[Check]:
    for row in rows:
        table = row["cdmTableName"].lower()
        yield Check("cdmTable", table)
        yield from (Check(kind, table) for kind in ON_TABLES if row[kind] == "Yes")


def _of_fields(rows: list[dict[str, str]]) -> Iterator[Check]:
    for row in rows:
        at = (row["cdmTableName"].lower(), row["cdmFieldName"].lower())
        yield Check("cdmField", *at)
        if row["cdmDatatype"] == "integer":
            yield Check("cdmDatatype", *at)
        if row["isForeignKey"] == "Yes":
            yield from (Check(kind, *at) for kind in ("fkDomain", "fkClass") if row[kind] not in NOTHING)
        yield from (Check(kind, *at) for kind in ON_FIELDS if row[kind] not in NOTHING)


def _of_concepts(rows: list[dict[str, str]]) -> Iterator[Check]:
    for row in rows:
        at = (row["cdmTableName"].lower(), row["cdmFieldName"].lower(), row["conceptId"])
        yield from (Check(kind, *at) for kind in ON_CONCEPTS if row[_threshold(kind)] not in NOTHING)


def _threshold(kind: str) -> str:
    return f"{kind}Threshold" if kind == "plausibleUnitConceptIds" else kind


def _answered(check: Check, tables: Mapping[str, Table], names: frozenset[str]) -> Check:
    """The check with the rules that stand for it, or with why there are none."""
    if check.table not in FIELDS:
        return replace(check, reason=ABSENT_TABLES.get(check.table, ""))
    column = FIELDS[check.table].get(check.field, check.field)
    if check.field and column not in tables[check.table].columns:
        return replace(check, reason=_why_absent(check))
    found = tuple(name for name in _names(check, column) if name in names)
    return replace(check, rules=found, reason="" if found else _why_none(check))


def _why_absent(check: Check) -> str:
    """The reason of the longest key that the field has."""
    for key in sorted(ABSENT, key=len, reverse=True):
        if f"{check.table}.{check.field}" == key or check.field.startswith(key) or check.field.endswith(key):
            return ABSENT[key]
    return ""


def _why_none(check: Check) -> str:
    asked = f"{check.type} {check.table}.{check.field}"
    return next((reason for start, reason in WHY_NONE.items() if asked.startswith(start)), "")


def _names(check: Check, column: str) -> tuple[str, ...]:
    """What rules of ours for this check may be called."""
    if check.concept:
        return _of_concept(check)
    if check.type == "measurePersonCompleteness":
        return (f"person_summary.has_{check.table}",)
    start, *end = EARLIEST.get(check.table, (column,))
    said = {"c": column, "stem": _stem(column), "end": end[0] if end and column == start else column}
    named = (name.format(**said) for name in RULES_FOR.get(check.type, ()))
    elsewhere = ELSEWHERE.get((check.type, column), ())
    return tuple(dict.fromkeys((*(f"{check.table}.{name}" for name in named), *elsewhere)))


def _of_concept(check: Check) -> tuple[str, ...]:
    """The rule that holds this very concept; none for one that our table of thresholds does not have."""
    ids = frozenset(map(int, check.concept.split(",")))
    held = HELD_CONCEPTS.get(check.type, frozenset())
    stem = check.table.partition("_")[0]
    if check.type == "plausibleUnitConceptIds" and ids <= held:
        return ("measurement.unit_plausible" if ids <= set(LOINC_OF_CONCEPT) else "measurement.unit_concept_plausible",)
    if check.type == "plausibleGenderUseDescendants":
        return (f"{check.table}.{stem}_agrees_with_sex",)
    return tuple(name.format(table=check.table, stem=stem) for name in OF_CONCEPTS[check.type]) if ids <= held else ()


def _stem(column: str) -> str:
    for end in ("_source_concept_id", "_concept_id", "_source_value", "_occurrence_id", "_id", "_code"):
        if column.endswith(end):
            return column.removesuffix(end)
    return column


RULES_FOR: Mapping[str, tuple[str, ...]] = {
    "cdmTable": ("schema_as_declared",),
    "cdmField": ("schema_as_declared",),
    "cdmDatatype": ("schema_as_declared",),
    "isRequired": ("{c}_present", "{c}_not_all_null", "{c}_filled", "{stem}_is_dated", "start_known"),
    "isPrimaryKey": ("key_unique",),
    "isForeignKey": ("{stem}_exists", "{stem}_concept_exists", "{c}_exists", "{c}_in_categories",
                     "{stem}_vocabulary_in_categories", "{stem}_source_concept_exists"),
    "isStandardValidConcept": ("{stem}_concept_standard", "{c}_in_categories", "{stem}_vocabulary_in_categories"),
    "fkDomain": ("{stem}_concept_domain", "{c}_in_categories"),
    "fkClass": (),
    "measureValueCompleteness": ("{c}_present", "{c}_not_all_null", "{c}_filled"),
    "standardConceptRecordCompleteness": ("{stem}_concept_mapped", "{stem}_code_mapped", "{c}_present",
                                          "{c}_not_all_null", "{c}_filled"),
    "sourceConceptRecordCompleteness": ("{stem}_source_concept_mapped",),
    "sourceValueCompleteness": ("{stem}_code_mapped", "{stem}_in_categories", "unit_known"),
    "plausibleValueLow": ("{c}_since_1950", "{c}_in_bounds", "birth_date_in_year_of_birth"),
    "plausibleValueHigh": ("{c}_not_in_future", "{c}_in_bounds", "birth_date_in_year_of_birth"),
    "plausibleTemporalAfter": ("{c}_after_start", "{c}_not_before_birth"),
    "plausibleAfterBirth": ("{c}_not_before_birth",),
    "plausibleBeforeDeath": ("{c}_not_after_death",),
    "plausibleDuringLife": ("{c}_not_after_death",),
    "plausibleStartBeforeEnd": ("{end}_after_start",),
    "withinVisitDates": ("{c}_within_visit",),
}  # fmt: skip
"""Type of check → what a rule that does it may be called; `c` is the column, `stem` what it is about."""

# A rule of another table says it, for the column is made from that one, or is told there.
ELSEWHERE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("plausibleValueHigh", "death_date"): ("source_person.death_not_in_future",),
    ("plausibleValueHigh", "note_datetime"): ("note.note_datetime_not_in_future",),
    ("plausibleStartBeforeEnd", "valid_start_date"): ("concept.valid_end_date_after_start",),
}
# A number with a unit is a measurement here, whatever table the dashboard looks for it in.
OF_CONCEPTS: Mapping[str, tuple[str, ...]] = {
    "plausibleGender": ("{table}.{stem}_agrees_with_sex",),
    "plausibleValueLow": ("measurement.value_concept_in_limits",),
    "plausibleValueHigh": ("measurement.value_concept_in_limits",),
}
HELD_CONCEPTS: Mapping[str, frozenset[int]] = {
    "plausibleGender": frozenset(concept for of_sex in SEX_BY_CONCEPT.values() for concept in of_sex),
    "plausibleUnitConceptIds": frozenset({*UNITS_BY_CONCEPT, *LOINC_OF_CONCEPT}),
    "plausibleValueLow": frozenset(limit[0] for limit in LIMITS_BY_CONCEPT),
    "plausibleValueHigh": frozenset(limit[0] for limit in LIMITS_BY_CONCEPT),
}
