"""OMOP concept ids beside the codes: as another site gave them, else by the vocabularies that were delivered."""

from __future__ import annotations

from twinlake.vocabulary.field import Field


def _concepts(stem: str, what: str) -> tuple[Field, ...]:
    return (
        Field(
            f"{stem}_concept_id", "bigint",
            f"{what}, the standard concept it is mapped to; 0: to none or to several; null where none is told",
        ),
        Field(
            f"{stem}_source_concept_id", "bigint",
            f"{what}, the concept of the code itself; 0 is unmapped, null where none is told",
        ),
    )  # fmt: skip


PAGE = (
    *_concepts("visit", "Kind of visit"),
    *_concepts("condition", "Condition"),
    *_concepts("drug", "Drug"),
    *_concepts("procedure", "Procedure"),
    *_concepts("measurement", "What was measured"),
    *_concepts("observation", "What was observed"),
    Field("value_as_concept_id", "bigint", "The value as a concept; 0 is unmapped, null where none is told"),
    Field("unit_concept_id", "bigint", "The unit as a concept; 0 is unmapped, null where none is told"),
)
