"""Sentences about other tables that several tables share."""

from __future__ import annotations

from twinlake.declare.rule import Rule, referring


def row_exists(table: str, column: str, name: str) -> Rule:
    """The row of `table` that a row names by `column`; its record may come in a later delivery, so this only warns."""
    return referring(
        name,
        f"CASE WHEN {column} IS NOT NULL THEN {table}.{column} IS NOT NULL END",
        f"the {table} that a row names is in {table}",
        to=table,
        on=column,
        kahn="conformance",
    )


def visit_exists() -> Rule:
    """The visit a fact names is there; its record may come in a later delivery, so this only warns."""
    return referring(
        "visit_exists",
        "CASE WHEN visit_occurrence_id IS NOT NULL THEN visit_occurrence.visit_occurrence_id IS NOT NULL END",
        "the visit that a row names is in visit_occurrence",
        to="visit_occurrence",
        on="visit_occurrence_id",
        kahn="conformance",
    )


def visit_is_theirs() -> Rule:
    """The visit a fact names is the same person's. A hospital that moved it may not have moved what came of it."""
    return referring(
        "visit_is_theirs",
        "CASE WHEN visit_occurrence.person_id IS NOT NULL THEN visit_occurrence.person_id = person_id END",
        "the visit that a row names is of the person whom the row is about",
        to="visit_occurrence",
        on="visit_occurrence_id",
        kahn="plausibility",
    )


def care_site_exists() -> Rule:
    """The place of care that a row names is there; its record may come in a later delivery, so this only warns."""
    return referring(
        "care_site_exists",
        "CASE WHEN care_site_id IS NOT NULL THEN care_site.care_site_id IS NOT NULL END",
        "the place of care that a row names is in care_site",
        to="care_site",
        on="care_site_id",
        kahn="conformance",
    )


def person_exists() -> Rule:
    """The person of a row is there; a person in quarantine leaves facts behind, so this only warns."""
    return referring(
        "person_exists",
        "CASE WHEN person_id IS NOT NULL THEN person.person_id IS NOT NULL END",
        "the person that a row is about is in person",
        to="person",
        on="person_id",
        kahn="conformance",
    )
