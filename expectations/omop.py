"""What OHDSI's Data Quality Dashboard asks of every table of its kind, made from the columns the table declares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from expectations.references import row_exists
from expectations.sexes import sex_agrees
from expectations.shares import good_share
from expectations.times import not_after_death, not_before, not_before_birth, not_in_future, within_visit
from expectations.units import unit_concept_plausible, unit_plausible, value_concept_in_limits
from twinlake.declare.rule import Rule, referring, row
from twinlake.declare.table import Table

EARLIEST = {
    "visit_occurrence": ("visit_start_datetime", "visit_end_datetime"),
    "condition_occurrence": ("condition_start_date", "condition_end_date"),
    "drug_exposure": ("drug_exposure_start_datetime", "drug_exposure_end_datetime"),
    "procedure_occurrence": ("procedure_datetime", "procedure_end_datetime"),
    "measurement": ("measurement_datetime",),
    "observation": ("observation_datetime",),
    "note": ("note_datetime",),
    "note_nlp": ("note_datetime",),
    "death": ("death_date",),
    "payer_plan_period": ("payer_plan_period_start_date", "payer_plan_period_end_date"),
}
"""The times of the tables that have their like in OMOP CDM 5.4, the start first."""

DOMAINS = {
    "visit_concept_id": "Visit",
    "condition_concept_id": "Condition",
    "drug_concept_id": "Drug",
    "procedure_concept_id": "Procedure",
    "measurement_concept_id": "Measurement",
    "unit_concept_id": "Unit",
}
"""The domain that a standard concept of the column has, where the CDM fixes one."""

SOURCE_CONCEPTS = "_source_concept_id"
# The end of a coverage may lie ahead of a life's end and of today; a death is no event after itself.
NOT_OF_A_LIFE = ("payer_plan_period", "death", "note_nlp")


def omop_rules(table: Table) -> tuple[Rule, ...]:
    """None for a table that is not one of silver's."""
    if table.layer != "silver" or table.versions_of:
        return ()
    return (*_of_times(table), *_of_concepts(table), *_of_codes(table), *_of_references(table))


def _of_times(table: Table) -> Iterator[Rule]:
    times = EARLIEST.get(table.name, ())
    for column in times:
        yield not_before(column)
        yield not_before_birth(column)
        if table.name not in NOT_OF_A_LIFE:
            yield not_after_death(column)
    if len(times) > 1 and table.name not in NOT_OF_A_LIFE:
        yield not_in_future(times[1], severity="characterise")
    if times and "visit_occurrence_id" in table.columns and table.name != "visit_occurrence":
        yield within_visit(times[0])


def _of_concepts(table: Table) -> Iterator[Rule]:
    """A concept is one of the delivered vocabularies, standard, valid and of its domain; 0 stands for none."""
    for column in (c for c in table.columns if c.endswith("_concept_id")):
        stem = column.removesuffix("_id")
        told = f"CASE WHEN {column} <> 0 THEN"
        yield _of_concept(
            column, f"{stem}_exists", f"{told} {stem}.concept_id IS NOT NULL END", "is one that was delivered"
        )
        yield _mapped(table, column, stem)
        if column.endswith(SOURCE_CONCEPTS):
            continue
        standard = f"{stem}.standard_concept <=> 'S' AND {stem}.invalid_reason IS NULL"
        known = f"CASE WHEN {column} <> 0 AND {stem}.concept_id IS NOT NULL THEN"
        yield _of_concept(column, f"{stem}_standard", f"{known} {standard} END", "is standard and valid")
        if column in DOMAINS:
            expression = f"{known} {stem}.domain_id = '{DOMAINS[column]}' END"
            yield _of_concept(column, f"{stem}_domain", expression, f"is of the domain {DOMAINS[column]}")


def _of_concept(column: str, name: str, expression: str, words: str) -> Rule:
    return referring(
        name, expression, f"the concept of {column} {words}", to="concept", on=column, key="concept_id",
        alias=column.removesuffix("_id"), kahn="conformance", severity="characterise",
    )  # fmt: skip


def _mapped(table: Table, column: str, stem: str) -> Rule:
    """A concept is told and not 0; a null is none as well where the vocabulary of its code was delivered.

    Units are all UCUM's: that one is taken to be delivered if the row's own code has a concept.
    """
    kind = ("source" if column.endswith(SOURCE_CONCEPTS) else "standard") + "ConceptRecordCompleteness"
    name, meaning = f"{stem}_mapped", f"{column} is a concept: not 0, nor null where one could be told"
    said = {"kahn": "completeness", "severity": "characterise", "mostly": good_share(kind, table.name)}
    of = re.sub("(_as|_source)?_concept_id", "_vocabulary", column)
    if of in table.columns:
        null = f"CASE WHEN {of}.vocabulary_id IS NOT NULL THEN 0 END"
        expression = f"COALESCE({column}, {null}) <> 0"
        return referring(name, expression, meaning, to="concept", on=of, key="vocabulary_id", alias=of, **said)
    if column == "unit_concept_id":
        could_be_told = f"unit_source_value IS NOT NULL AND {table.name}_concept_id IS NOT NULL"
        return row(name, f"COALESCE({column}, CASE WHEN {could_be_told} THEN 0 END) <> 0", meaning, **said)
    return row(name, f"{column} <> 0", meaning, **said)


def _of_codes(table: Table) -> Iterator[Rule]:
    """A code is one of a vocabulary; what it says of sex and unit agrees with the rest of the row."""
    for stem in ("condition", "drug", "procedure", "measurement", "observation"):
        if f"{stem}_vocabulary" in table.columns and table.name in EARLIEST:
            yield row(
                f"{stem}_code_mapped",
                f"COALESCE({stem}_vocabulary, 'local') <> 'local' AND {stem}_code IS NOT NULL",
                f"{stem}_source_value has a code of a vocabulary; gold.unmapped_code lists each that has none",
                kahn="completeness",
                severity="characterise",
                mostly=good_share("standardConceptRecordCompleteness"),
            )
    if table.name in ("condition_occurrence", "procedure_occurrence"):
        yield sex_agrees(table.name.partition("_")[0])
    if table.name == "measurement":
        yield from (unit_plausible(), unit_concept_plausible(), value_concept_in_limits())


def _of_references(table: Table) -> Iterator[Rule]:
    if table.name in EARLIEST and "person_id" in table.columns:
        yield row_exists("person", "person_id", "person_exists")
    for column in ("location_id", "care_site_id"):
        if column in table.references:
            name = table.references[column]
            yield row_exists(name, column, f"{name}_exists")
