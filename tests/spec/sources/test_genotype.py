"""VCF files and a laboratory's list of samples as they come, and the rows they become."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.support.text_table import expect
from twinlake.catalog.sources.genotype import IN_A_GENE, SYSTEM

CALLS = """##fileformat=VCFv4.2
##fileDate=20260102
##reference=GRCh38
#CHROM	POS	ID	REF	ALT	QUAL	FILTER	INFO	FORMAT	P1	P2
chr10	94761900	rs12248560	C	T	.	PASS	.	GT	0/1	0|0
10	94781859	rs4244285	G	A	.	q10	.	GT:FT	./.:.	1|1:PASS
chr10	94700000	.	A	<NON_REF>	.	.	END=94762000	GT	0/0	0/0
chr10	1000	.	A	G	.	.	.	GT	0/1	0/1
chr22	94761900	.	A	G	.	.	.	GT	0/1	0/1
"""


def test_calls_in_a_pharmacogene_are_rows_sample_by_sample(implement) -> None:
    expect(
        implement(SYSTEM, "variant_call", calls=CALLS),
        """
        source_person_id | chromosome | start_position | end_position | variant_source_value | reference_allele | alternate_alleles | called_alleles | is_phased | has_passed_filters
        P1               | chr10      | 94761900       | 94761900     | rs12248560           | C                | [T]               | [C, T]         | false     | true
        P2               | chr10      | 94761900       | 94761900     | rs12248560           | C                | [T]               | [C, C]         | true      | true
        P1               | chr10      | 94781859       | 94781859     | rs4244285            | G                | [A]               | [null, null]   | false     | false
        P2               | chr10      | 94781859       | 94781859     | rs4244285            | G                | [A]               | [A, A]         | true      | false
        P1               | chr10      | 94700000       | 94762000     |                      | A                | [<NON_REF>]       | [A, A]         | false     | true
        P2               | chr10      | 94700000       | 94762000     |                      | A                | [<NON_REF>]       | [A, A]         | false     | true
        """,
    )


def test_a_call_keeps_its_filters_its_build_and_the_day_of_its_file(implement) -> None:
    expect(
        implement(SYSTEM, "variant_call", calls=CALLS).where("start_position = 94781859"),
        """
        source_person_id | genome_build | filter_source_value | variant_file_date
        P1               | GRCh38       | q10                 | 2026-01-02
        P2               | GRCh38       | q10;PASS            | 2026-01-02
        """,
    )


def test_a_genotype_is_kept_as_it_came(implement) -> None:
    rows = implement(SYSTEM, "variant_call", calls=CALLS).where("start_position = 94781859")
    found = {row.source_person_id: row.genotype_source_value for row in rows.collect()}
    assert found == {"P1": "./.", "P2": "1|1"}


def test_every_record_is_taken_or_left_out_for_a_reason(spark) -> None:
    from tests.spec.sources.conftest import frame_of

    parsed = frame_of(spark, SYSTEM, SYSTEM.feed("calls"), CALLS.encode())
    (why,) = SYSTEM.feed("calls").unmapped.values()
    told = parsed.selectExpr("count(*)", f"count_if({IN_A_GENE})", f"count_if({why})").first()
    assert tuple(told) == (10, 6, 4)


def test_a_sample_is_a_person_by_the_list_of_the_laboratory(implement) -> None:
    samples = """
    sample,mrn,given_name,family_name,birth_date,sex
    P1,m-17,Zoë,Doe,1970-02-03,F
    P2,,,,1980,
    """
    expect(
        implement(SYSTEM, "source_person", samples=samples),
        """
        source_person_id | mrn | given_name | family_name | birth_date | year_of_birth | sex
        P1               | M17 | ZOE        | DOE         | 1970-02-03 | 1970          | female
        P2               |     |            |             |            | 1980          | unknown
        """,
    )


def test_which_files_are_read_and_which_are_known() -> None:
    read = ["a.vcf", "2026/cohort.g.vcf", "a.vcf.bgz", "run1/samples.csv"]
    assert [SYSTEM.feed_of(path).name for path in read] == ["calls", "calls", "calls", "samples"]
    assert all(SYSTEM.why_ignored(path) for path in ("a.vcf.gz.tbi", "a.vcf.bgz.csi", "a.bcf", "a.vcf.md5"))
    assert SYSTEM.feed_of("notes.txt") is None and SYSTEM.why_ignored("notes.txt") is None
