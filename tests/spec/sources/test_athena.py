"""A download from Athena as it comes, and the concepts it becomes."""

# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

from tests.support.athena_sample import concept_csv, relationship_csv
from tests.support.text_table import expect
from twinlake.catalog.sources.athena import SYSTEM


def test_a_concept_has_the_standard_concepts_it_is_mapped_to(implement) -> None:
    expect(
        implement(
            SYSTEM,
            "concept",
            concept=concept_csv().encode(),
            concept_relationship=relationship_csv().encode(),
        ).where("concept_id IN (201826, 35206882, 45576876, 44836914, 45000002)"),
        """
        concept_id | concept_name                             | domain_id | vocabulary_id | standard_concept | concept_code | valid_start_date | valid_end_date | invalid_reason | standard_concept_ids
        201826     | Type 2 diabetes                          | Condition | SNOMED        | S                | 44054006     | 1970-01-01       | 2099-12-31     |                | [201826]
        35206882   | Type 2 diabetes without complications    | Condition | ICD10CM       |                  | E11.9        | 1970-01-01       | 2099-12-31     |                | [201826]
        45576876   | Diabetes with kidney disease             | Condition | ICD10CM       |                  | E11.22       | 1970-01-01       | 2099-12-31     |                | [201826, 443729]
        44836914   | Diabetes, no mention of "complication"   | Condition | ICD9CM        |                  | 250.00       | 1970-01-01       | 2099-12-31     |                | [201826]
        45000002   | Nothing is known of it                   | Condition | ICD10CM       |                  | Z99.9        | 1970-01-01       | 2099-12-31     |                |
        """,
    )


def test_without_valid_relations_only_a_standard_concept_is_mapped_to_itself(implement) -> None:
    ended = relationship_csv(invalid_reason="D").encode()
    expect(
        implement(SYSTEM, "concept", concept=concept_csv(201826, 35206882).encode(), concept_relationship=ended),
        """
        concept_id | standard_concept_ids
        201826     | [201826]
        35206882   |
        """,
    )


def test_every_file_of_a_download_is_read_or_left_out_for_a_reason() -> None:
    read = [name for name in ("CONCEPT.csv", "CONCEPT_RELATIONSHIP.csv") if SYSTEM.feed_of(name)]
    assert read == ["CONCEPT.csv", "CONCEPT_RELATIONSHIP.csv"]
    # athena.ohdsi.org, the files of a bundle.
    others = ("CONCEPT_ANCESTOR", "CONCEPT_CLASS", "CONCEPT_CPT4", "CONCEPT_SYNONYM", "DOMAIN", "DRUG_STRENGTH",
              "RELATIONSHIP", "VOCABULARY")  # fmt: skip
    for name in (*(f"{other}.csv" for other in others), "readme.txt", "cpt.sh", "cpt.bat", "cpt4.jar"):
        assert SYSTEM.feed_of(name) is None and SYSTEM.why_ignored(name), name
