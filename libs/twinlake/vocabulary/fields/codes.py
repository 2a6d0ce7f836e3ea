"""Concepts and lists of codes as their publishers deliver them, and the local codes that nobody has mapped yet."""

from __future__ import annotations

from twinlake.vocabulary.field import Field

TABLES = (
    "condition_occurrence", "device_reading", "drug_exposure", "measurement", "observation", "procedure_occurrence",
)  # fmt: skip

PAGE = (
    Field("concept_id", "bigint", "A concept of the OHDSI vocabularies (OMOP CDM 5.4 CONCEPT), the same everywhere"),
    Field("concept_name", "string", "The publisher's words for the code"),
    Field("domain_id", "string", "What kind of thing the concept is: Condition, Drug, Measurement ..."),
    Field("vocabulary_id", "string", "Coding system of `concept_code`, by OMOP's name"),
    Field("concept_class_id", "string", "What kind of code it is within its coding system"),
    Field("standard_concept", "string", "S: a standard concept, C: one that only classifies; null: neither"),
    Field("concept_code", "string", "The code as its publisher writes it; ICD with its dot"),
    Field("valid_start_date", "date", "First day the publisher's code was valid"),
    Field("valid_end_date", "date", "Last day the publisher's code was valid; 2099-12-31 while it is"),
    Field("invalid_reason", "string", "D: deleted, U: replaced by another; null while it is valid"),
    Field("standard_concept_ids", "array<bigint>", "The standard concepts it is mapped to (`Maps to`), in order"),
    Field("is_preferred", "boolean", "Of all concepts with this vocabulary and code, the one a code resolves to"),
    Field("listed_code_id", "bigint", "One entry of a published list of codes"),
    Field("fiscal_year", "int", "Fiscal year of the United States, from 1 October of the year before", minimum=1979),
    Field("list_start_date", "date", "First day the list is in force: 1 October, or 1 April where it was amended"),
    Field("is_billable", "boolean", "Whether the list lets the code stand on a bill: it has no finer ones below it"),
    Field(
        "is_billable_at_service",
        "boolean",
        "Whether the newest list of the fiscal year, not after the hospital's day of service, has the code as billable "
        "(midnight UTC is a day without a time); null where no such list was given, and for a condition that is not "
        "known by a claim or an encounter: its date may be an onset years before it was coded",
    ),
    Field("unmapped_code_id", "bigint", "One local code of one hospital, system and table"),
    Field("silver_table", "string", "The table of silver whose rows bear the code", categories=TABLES),
    Field("source_code", "string", "The code as the hospital wrote it; null stands for all rows without one"),
    Field("source_code_description", "string", "The system's own words for the code, the most frequent ones"),
    Field("row_count", "bigint", "Rows that bear the code", minimum=1),
    Field("person_count", "bigint", "Persons who bear the code, or are measured so", minimum=0),
    Field("first_seen_date", "date", "First day of care with the code, UTC"),
    Field("last_seen_date", "date", "Last day of care with the code, UTC"),
)
