"""From the lines of a VCF to the genotype at a position: one variant is written in many ways."""

from __future__ import annotations

import pytest

from twinlake.clinical.pharmacogene_batches import found_in
from twinlake.clinical.pharmacogene_calls import VariantCall, genotypes_of
from twinlake.clinical.pharmacogenes import Genotype
from twinlake.vocabulary.pharmacogenes import read_gene

GENE = read_gene("""
EXAMPLE chr1 2025-01-01
100 rs1 G A
200 rs2 T TA
300 rs3 CAT C,CATAT
400 rs4 TG T

*1 | normal | reference
*2 | no | 100 A
*3 | no | 200 TA
*4 | no | 300 CATAT
*5 | no | 400 T
""")


def line(position: int, reference: str, alternates: str, genotype: str, end: int | None = None, **more) -> VariantCall:
    """A line of a VCF: `A,<*>` and `0|1`."""
    others = () if alternates == "." else tuple(alternates.split(","))
    alleles = (reference, *others)
    numbers = genotype.replace("|", "/").split("/")
    called = tuple(None if n == "." else alleles[int(n)] for n in numbers)
    block = "" if "|" in genotype else None
    return VariantCall(position, end or position + len(reference) - 1, reference, others, called, block, **more)


def at(position: int, *calls: VariantCall) -> Genotype | str | None:
    found, contradicted = genotypes_of(GENE, calls)
    return "contradicted" if position in contradicted else found.get(position)


@pytest.mark.parametrize(
    ("position", "call", "expected"),
    [
        (100, line(100, "G", "A", "0/1"), Genotype("G", "A")),
        (100, line(100, "G", "A", "1|0"), Genotype("A", "G", "")),
        (100, line(100, "G", "C,A", "2/2"), Genotype("A", "A")),
        (100, line(100, "G", ".", "0/0"), Genotype("G", "G")),
        (100, line(100, "G", "A,<*>", "0/2"), Genotype("G", "<*>")),
        (200, line(200, "T", "TA", "0/1"), Genotype("T", "TA")),
        (300, line(300, "CAT", "CATAT,C", "1/2"), Genotype("CATAT", "C")),
        (400, line(400, "TG", "T", "1/1"), Genotype("T", "T")),
    ],
)
def test_a_call_at_its_position_is_told_as_it_is(position, call, expected):
    assert at(position, call) == expected


def test_a_neighbouring_base_written_with_it_is_cut_off():
    assert at(100, line(99, "CG", "CA", "0/1")) == Genotype("G", "A")
    assert at(100, line(100, "GTT", "ATT", "1/1")) == Genotype("A", "A")


def test_an_insertion_or_a_deletion_may_be_written_shorter_or_longer():
    assert at(300, line(300, "C", "CAT", "0/1")) == Genotype("CAT", "CATAT")
    assert at(300, line(300, "CATAT", "CAT,CATATAT", "1/2")) == Genotype("C", "CATAT")
    assert at(400, line(400, "TGAAA", "TAAA", "0/1")) == Genotype("TG", "T")
    assert at(400, line(400, "TGAAA", "TGAA", "0/1")) is None


def test_a_place_nobody_called_is_not_the_reference():
    assert at(100) is None
    assert at(100, line(100, "G", "A", "./.")) is None
    assert at(100, line(100, "G", "A", "0/.")) is None


def test_half_a_call_of_a_variant_is_kept_so_that_nothing_is_guessed():
    assert at(100, line(100, "G", "A", "./1")) == Genotype(".", "A")
    assert at(100, line(100, "G", "A", "1")) == Genotype("A", ".")


def test_more_than_two_alleles_are_no_person():
    assert at(100, line(100, "G", "A", "0/0/1")) == "contradicted"


def test_a_block_tells_a_base_but_not_that_nothing_was_inserted_or_deleted():
    block = line(50, "A", "<NON_REF>", "0/0", end=500)
    assert at(100, block) == Genotype("G", "G")
    assert at(200, block) is None and at(300, block) is None
    assert at(400, line(400, "TG", "<*>", "0/0")) is None
    assert at(300, line(300, "C", ".", "0/0")) is None


def test_a_variant_is_believed_above_the_block_around_it():
    assert at(100, line(50, "A", "<NON_REF>", "0/0", end=500), line(100, "G", "A", "0/1")) == Genotype("G", "A")


@pytest.mark.parametrize("symbol", ["<DEL>", "<DUP>", "<INS:ME:ALU>", "<DEL>,<NON_REF>", "N[chr2:17[", "*,<CNV>"])
def test_that_a_structural_variant_is_absent_tells_no_base(symbol):
    absent = line(50, "N", symbol, "0/0", end=500)
    assert at(100, absent) is None
    assert at(100, line(100, "N", symbol, "0/0", end=500)) is None
    assert at(100, absent, line(100, "G", "A", "0/1")) == Genotype("G", "A")


def test_a_deletion_that_was_called_leaves_nobody_the_reference():
    called = at(100, line(50, "N", "<DEL>", "0/1", end=500))
    assert isinstance(called, Genotype) and called.first != "G" and called.second != "G"


def test_a_variant_that_failed_its_filter_leaves_its_place_open_whatever_other_lines_say():
    failed = line(100, "G", "A", "1/1", has_passed=False)
    assert at(100, failed, line(100, "G", "C", "0/0")) is None
    assert at(100, failed, line(50, "A", "<NON_REF>", "0/0", end=500)) is None
    assert at(100, line(99, "CG", "CA", "1/1", has_passed=False), line(100, "G", "A", "0/1")) == Genotype("G", "A")


def test_a_variant_that_was_seen_stands_beside_another_one_that_failed():
    failed = line(100, "G", "GTT", "0/1", has_passed=False)
    assert at(100, failed, line(100, "G", "A", "1/1")) == Genotype("A", "A")
    assert at(100, line(100, "G", "C", "0/1", has_passed=False), line(100, "G", "A", "1/1")) == Genotype("A", "A")


def test_a_variant_that_failed_in_a_later_file_leaves_an_earlier_variant_and_no_earlier_reference():
    failed = line(100, "G", "A", "1/1", has_passed=False, recorded="2026-01-01")
    assert at(100, failed, line(100, "G", "A", "0/1", recorded="2025-01-01")) == Genotype("G", "A")
    assert at(100, failed, line(100, "G", "A", "0/0", recorded="2025-01-01")) is None
    assert at(100, line(100, "G", "A", "0/0", recorded="2026-02-01"), failed) == Genotype("G", "G")


def test_a_reference_call_that_failed_its_filter_says_nothing():
    failed = line(100, "G", "A", "0/0", has_passed=False)
    assert at(100, failed) is None
    assert at(100, failed, line(100, "G", "C", "0/1")) == Genotype("G", "C")


def test_a_base_of_another_reference_genome_is_contradicted():
    assert at(100, line(100, "T", "A", "0/1")) == "contradicted"
    assert at(300, line(300, "CGT", "C", "0/1")) == "contradicted"


def test_lines_that_one_variant_was_cut_into_are_put_together():
    assert at(300, line(300, "CAT", "C", "0/1"), line(300, "CAT", "CATAT", "0/1")) == Genotype("C", "CATAT")
    assert at(300, line(300, "CAT", "C", "0|1"), line(300, "CAT", "CATAT", "1|0")) == Genotype("CATAT", "C", "")
    assert at(300, line(300, "CAT", "C", "./1"), line(300, "CAT", "CATAT", "1/.")) == Genotype("C", "CATAT")
    assert at(300, line(300, "CAT", "C", "0/0"), line(300, "CAT", "CATAT", "0/0")) == Genotype("CAT", "CAT")


@pytest.mark.parametrize("second", [line(100, "G", "A", "1/1"), line(100, "G", "A", "0/0")])
def test_two_lines_that_contradict_each_other_tell_nothing(second):
    assert at(100, line(100, "G", "A", "0/1"), second) == "contradicted"


def test_more_variants_than_strands_are_contradicted():
    assert at(300, line(300, "CAT", "C", "1/1"), line(300, "CAT", "CATAT", "0/1")) == "contradicted"
    assert at(300, line(300, "CAT", "C", "0|1"), line(300, "CAT", "CATAT", "0|1")) == "contradicted"


def test_of_two_files_the_newer_counts_whatever_their_order():
    older, newer = line(100, "G", "A", "0/1", recorded="2025-01-01"), line(100, "G", "A", "1/1", recorded="2026-01-01")
    assert at(100, older, newer) == at(100, newer, older) == Genotype("A", "A")


def test_a_sample_says_of_each_gene_it_speaks_of_what_was_found():
    """CYP3A5: rs776746 C/C and nothing else called is *3/*3, a poor metaboliser (CPIC), of one position."""
    call = {
        "chromosome": "chr7", "start_position": 99672916, "end_position": 99672916, "reference_allele": "T",
        "alternate_alleles": ["C"], "called_alleles": ["C", "C"], "is_phased": False, "recorded": "2026-01-01",
        "has_passed_filters": True,
    }  # fmt: skip
    (found,) = found_in([call])
    told = (found["gene_symbol"], found["diplotype"], found["gene_phenotype"])
    assert told == ("CYP3A5", "*3/*3", "Poor Metabolizer")
    assert (found["called_position_count"], len(found["missing_positions"])) == (1, 4)
    assert found["definition_version"] == "CPIC 2025-11-05, CYP3A5 of 2022-02-18"
