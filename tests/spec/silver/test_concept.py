"""Concepts, which of them a code resolves to, and the ids that facts take from them."""

# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

from datetime import date

from pyspark.sql import functions as F

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.silver.concept import concept
from twinlake.catalog.silver.listed_code import listed_code
from twinlake.declare.codes import through_codes, with_billability, with_concepts, with_unit_concept, with_value_concept
from twinlake.engine.run import no_rows

KNOWN = """
    concept_id | vocabulary_id | concept_code | standard_concept_ids | is_preferred
    201826     | SNOMED        | 44054006     | [201826]             | true
    35206882   | ICD10CM       | E11.9        | [201826]             | true
    45576876   | ICD10CM       | E11.22       | [201826, 443729]     | true
    45000002   | ICD10CM       | Z99.9        |                      | true
    45000001   | NDC           | 00002821501  | [40164929]           | true
    45000009   | NDC           | 00002821501  | [1]                  | false
    40213227   | CVX           | 08           | [40213227]           | true
    9529       | UCUM          | kg           | [9529]               | true
"""


def test_of_several_concepts_with_one_code_the_valid_one_is_preferred(given) -> None:
    actual = concept.build(given("""
        concept_id | vocabulary_id | concept_code | valid_start_date | valid_end_date | invalid_reason | hospital | system
        1          | NDC           | 00002821501  | 1990-01-01       | 2010-12-31     | D              | v        | athena
        2          | NDC           | 00002821501  | 2011-01-01       | 2099-12-31     |                | v        | athena
        3          | HCPCS         | G0463        | 1990-01-01       | 2010-12-31     | D              | v        | athena
        2          | NDC           | 00002821501  | 2011-01-01       | 2099-12-31     |                | a        | omop_cdm
    """, concept))  # fmt: skip
    expect(actual, """
        concept_id | hospital | is_preferred
        1          | v        | false
        2          | v        | false
        3          | v        | true
        2          | a        | true
    """)  # fmt: skip
    expect_shape(actual, concept)


def test_a_row_that_tells_no_mapping_does_not_switch_off_one_that_does(given) -> None:
    actual = concept.build(given("""
        concept_id | vocabulary_id | concept_code | valid_start_date | valid_end_date | invalid_reason | standard_concept_ids | known_from          | hospital | system
        35206882   | ICD10CM       | E11.9        | 1970-01-01       | 2099-12-31     |                | [201826]             | 2024-01-01 00:00:00 | v        | athena
        35206882   | ICD10CM       | E11.9        | 1970-01-01       | 2099-12-31     |                |                      | 2024-06-01 00:00:00 | a        | omop_cdm
    """, concept))  # fmt: skip
    expect(actual, """
        hospital | is_preferred
        v        | true
        a        | false
    """)  # fmt: skip


def test_a_fact_takes_the_concept_of_its_code_and_the_one_standard_concept_it_is_mapped_to(given) -> None:
    rows = given("""
        person_id | drug_vocabulary | drug_code   | drug_concept_id:bigint | drug_source_concept_id:bigint
        1         | ICD10CM         | E11.9       |                        |
        2         | ICD10CM         | E11.22      |                        |
        3         | ICD10CM         | Z99.9       |                        |
        4         | SNOMED          | E11.9       |                        |
        5         | local           | E11.9       | 7                      | 8
        6         | ICD10CM         | E11.9       | 7                      | 0
        7         | ICD10CM         | unknown     | 0                      | 0
        8         | NDC             | 0002-8215-01 |                       |
        9         | CVX             | 8           |                        |
        10        | ICD10CM         |             |                        |
    """)  # fmt: skip
    expect(with_concepts(rows, given(KNOWN, concept), "drug"), """
        person_id | drug_concept_id | drug_source_concept_id
        1         | 201826          | 35206882
        2         | 0               | 45576876
        3         | 0               | 45000002
        4         |                 |
        5         | 7               | 8
        6         | 7               | 35206882
        7         | 0               | 0
        8         | 40164929        | 45000001
        9         | 40213227        | 40213227
        10        |                 |
    """)  # fmt: skip


def test_a_value_and_a_unit_have_their_concepts_too(given) -> None:
    rows = given("""
        person_id | value_vocabulary | value_code | unit_code
        1         | SNOMED           | 44054006   | kg
        2         |                  |            | mg
    """)  # fmt: skip
    known = given(KNOWN, concept)
    expect(with_unit_concept(with_value_concept(rows, known), known), """
        person_id | value_as_concept_id | unit_concept_id
        1         | 201826              | 9529
        2         |                     |
    """)  # fmt: skip


def test_without_vocabularies_there_is_no_join_to_pay_for(spark, given, capsys) -> None:
    rows = given("person_id | drug_vocabulary | drug_code\n1 | NDC | 00002821501")
    without = with_concepts(rows, no_rows(spark, concept.ddl), "drug")
    without = with_billability(without, no_rows(spark, listed_code.ddl), "drug", F.lit(date(2024, 1, 1)))
    without.explain()
    assert "Join" not in capsys.readouterr().out
    with_concepts(rows, given(KNOWN, concept), "drug").explain()
    assert "Join" in capsys.readouterr().out
    expect(without, """
        person_id | drug_concept_id | drug_source_concept_id | is_billable_at_service
        1         |                 |                        |
    """)  # fmt: skip


def test_a_concept_reaches_the_persons_with_its_code_and_no_others(given) -> None:
    through = through_codes("drug_exposure", ("drug_vocabulary", "drug_code"), ("'UCUM'", "unit_code"))
    rows = given("""
        person_id | drug_vocabulary | drug_code    | unit_code
        1         | NDC             | 0002-8215-01 | mg
        2         | RxNorm          | 00002821501  | kg
        3         | RxNorm          | 861007       | mg
    """)  # fmt: skip
    units = rows.selectExpr("person_id", f"{through.on} AS _at")
    changed = given(KNOWN, concept).where("vocabulary_id IN ('NDC', 'UCUM')").selectExpr(f"{through.of} AS _at")
    reached = units.join(changed, "_at", "left_semi").select("person_id").distinct()
    assert sorted(row.person_id for row in reached.collect()) == [1, 2]
