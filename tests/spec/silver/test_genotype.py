"""From the calls of a sample to the genes they tell."""

# Tables are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.silver.genotype import genotype
from twinlake.catalog.silver.variant_call import variant_call

# rs776746 tells CYP3A5*3, rs10264272 *6, rs9923231 VKORC1 -1639G>A (CPIC).
HEAD = "person_id | genomic_sample_id | hospital | system | genome_build | chromosome | start_position | end_position | reference_allele | alternate_alleles | called_alleles | is_phased | has_passed_filters | variant_file_date | known_from"


def calls(*lines: str) -> str:
    return "\n".join([HEAD, *lines])


def call(place: str, called: str, sample: str = "1 | 10", passed: str = "true", day: str = "2026-01-02") -> str:
    chromosome, position, reference, other = place.split()
    return (
        f"{sample} | st_a | genotype | GRCh38 | {chromosome} | {position} | {position} | {reference} | [{other}] "
        f"| {called} | false | {passed} | {day} | 2026-02-01"
    )


CYP3A5_3, CYP3A5_6, VKORC1 = "chr7 99672916 T C", "chr7 99665212 C T", "chr16 31096368 C T"


def test_a_gene_of_a_sample_has_its_diplotype_phenotype_and_what_was_not_called(given) -> None:
    actual = genotype.build(given(calls(call(CYP3A5_3, "[C, C]"), call(VKORC1, "[C, T]")), variant_call))
    expect(
        actual,
        """
        person_id | gene_symbol | genotype_status | diplotype                                         | gene_phenotype   | called_position_count | missing_positions
        1         | CYP3A5      | called          | *3/*3                                             | Poor Metabolizer | 1                     | [99652770, 99660516, 99665212, 99676198]
        1         | VKORC1      | called          | rs9923231 reference (C)/rs9923231 variant (T)     | -1639 AG         | 1                     | []
        """,
    )
    expect_shape(actual, genotype)


def test_samples_are_told_apart_though_they_are_of_one_person(given) -> None:
    rows = calls(call(CYP3A5_3, "[C, C]"), call(CYP3A5_3, "[T, T]", sample="1 | 20"))
    expect(
        genotype.build(given(rows, variant_call)),
        """
        person_id | genomic_sample_id | diplotype
        1         | 10                | *3/*3
        1         | 20                | *1/*1
        """,
    )


def test_a_call_that_failed_a_filter_is_no_call(given) -> None:
    rows = calls(
        call(CYP3A5_3, "[C, C]"), call(CYP3A5_6, "[T, T]", passed="false"), call(VKORC1, "[C, T]", passed="false")
    )
    expect(
        genotype.build(given(rows, variant_call)),
        """
        gene_symbol | diplotype | missing_positions
        CYP3A5      | *3/*3     | [99652770, 99660516, 99665212, 99676198]
        """,
    )


def test_a_newer_file_is_believed(given) -> None:
    rows = calls(call(CYP3A5_3, "[T, C]", day="2026-01-02"), call(CYP3A5_3, "[C, C]", day="2026-01-03"))
    expect(
        genotype.build(given(rows, variant_call)),
        """
        diplotype | contradicted_positions
        *3/*3     | []
        """,
    )


def test_two_calls_of_one_day_that_differ_are_not_believed(given) -> None:
    rows = calls(call(CYP3A5_3, "[T, C]"), call(CYP3A5_3, "[C, C]"), call(CYP3A5_6, "[C, C]"))
    expect(
        genotype.build(given(rows, variant_call)),
        """
        diplotype | contradicted_positions | missing_positions
        *1/*1     | [99672916]             | [99652770, 99660516, 99676198]
        """,
    )


def test_what_no_pair_explains_and_what_several_explain_has_no_diplotype(given) -> None:
    """CYP3A5 *3 and *6 on both strands is no pair of named alleles; UGT1A1 without rs887829 may be *28 or *80+*28."""
    ugt1a1 = "chr2 233760233 CAT CATAT"
    rows = calls(call(CYP3A5_3, "[C, C]"), call(CYP3A5_6, "[T, T]"), call(ugt1a1, "[CATAT, CATAT]"))
    expect(
        genotype.build(given(rows, variant_call)),
        """
        gene_symbol | genotype_status | diplotype | possible_diplotypes                             | gene_phenotype
        CYP3A5      | not_explained   |           | []                                              |
        UGT1A1      | ambiguous       |           | [*28/*28, *28/*80+*28, *80+*28/*80+*28]         | Poor Metabolizer
        """,
    )
