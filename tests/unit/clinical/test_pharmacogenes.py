"""Diplotypes beside the printed examples of the Named Allele Matcher, CPIC's rules, and an oracle that tries all."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlake.clinical.pharmacogenes import Genotype, best_pairs, call_gene, is_phased, named, natural
from twinlake.vocabulary.pharmacogenes import PHARMACOGENES, Gene, read_gene

# The table and the samples of "Named Allele Matcher 101" (pharmcat.clinpgx.org/methods/NamedAlleleMatcher-101).
PRINTED = read_gene("""
EXAMPLE chr1 2025-01-01
1 rs1 C T
2 rs2 C T
3 rs3 T C
4 rs4 G A
5 rs5 A G

*1 | normal | reference
*2 | no | 1 T, 4 A
*3 | no | 4 A
*4 | no | 2 T
*5 | no | 1 T
""")
SAMPLE = {1: "C/T", 2: "C/C", 3: "T/T", 4: "A/G", 5: "A/A"}


def genotypes(said: dict[int, str]) -> dict[int, Genotype]:
    """`A/G`, `A|G`, or `A|G:set`."""
    found = {}
    for position, text in said.items():
        bases, _, block = text.partition(":")
        split = bases.split("|" if "|" in bases else "/")
        found[position] = Genotype(*split, block if "|" in bases else None)
    return found


def sample(gene: str, **differs: str) -> dict[int, Genotype]:
    """A person who is as the reference everywhere but at the rs numbers named; `None` was not called."""
    known = {p.variant_id: p for p in PHARMACOGENES[gene].positions}
    as_reference = {p.position: f"{p.reference}/{p.reference}" for p in known.values()}
    return genotypes(as_reference | {known[name].position: said for name, said in differs.items()})


@pytest.mark.parametrize(
    ("missing", "possible"),
    [(None, ("*1/*2",)), (5, ("*1/*2",)), (1, ("*1/*2", "*1/*3"))],
    ids=["everything called", "rs5 missing", "rs1 missing"],
)
def test_the_printed_examples_come_out_as_printed(missing, possible):
    found = call_gene(PRINTED, genotypes({n: said for n, said in SAMPLE.items() if n != missing}))
    assert found.possible == possible
    assert found.missing == ((missing,) if missing else ())


def test_phase_decides_between_diplotypes():
    in_trans = genotypes(SAMPLE | {1: "T|C", 4: "G|A"})
    in_cis = genotypes(SAMPLE | {1: "T|C", 4: "A|G"})
    assert call_gene(PRINTED, in_trans).possible == ("*3/*5",)
    assert call_gene(PRINTED, in_cis).possible == ("*1/*2",)


def test_two_phase_sets_do_not_know_of_each_other():
    assert call_gene(PRINTED, genotypes(SAMPLE | {1: "T|C:1", 4: "G|A:4"})).possible == ("*1/*2",)
    assert not is_phased(genotypes({1: "T|C:1", 4: "G|A:4"}))
    assert is_phased(genotypes({1: "T|C:1", 4: "G|A:1", 2: "C/C"}))
    assert is_phased(genotypes({1: "T/C", 4: "G/G"}))


def test_what_no_pair_explains_is_not_called():
    found = call_gene(PRINTED, genotypes(SAMPLE | {1: "T/T", 2: "T/T"}))
    assert (found.status, found.possible, found.phenotype) == ("not_explained", (), None)


def test_an_allele_the_definition_does_not_have_is_named_and_not_called():
    found = call_gene(PRINTED, genotypes(SAMPLE | {3: "T/G"}))
    assert (found.status, found.undocumented) == ("undocumented_variant", (3,))


def test_half_a_call_of_a_variant_forbids_a_guess():
    assert call_gene(PRINTED, genotypes(SAMPLE | {1: "T/."})).status == "incomplete_call"


def test_a_gene_of_which_nothing_was_called_says_nothing():
    assert call_gene(PRINTED, {}) is None


# Positions and expected calls: the definitions as printed by CPIC for each allele, one or two variants at a time.
@pytest.mark.parametrize(
    ("gene", "differs", "diplotype", "phenotype"),
    [
        ("CYP2C19", {"rs3758581": "G/G"}, "*1/*1", "Normal Metabolizer"),
        ("CYP2C19", {}, "*38/*38", "Normal Metabolizer"),
        ("CYP2C19", {"rs3758581": "G/G", "rs12769205": "A/G", "rs4244285": "G/A"}, "*1/*2", "Intermediate Metabolizer"),
        ("CYP2C19", {"rs3758581": "G/G", "rs12248560": "T/T"}, "*17/*17", "Ultrarapid Metabolizer"),
        (
            "CYP2C19",
            {"rs3758581": "G/G", "rs12248560": "C/T", "rs28399504": "A/G"},
            "*1/*4",
            "Intermediate Metabolizer",
        ),
        ("CYP3A5", {"rs776746": "C/C"}, "*3/*3", "Poor Metabolizer"),
        ("CYP3A5", {"rs41303343": "T/TA"}, "*1/*7", "Intermediate Metabolizer"),
        ("TPMT", {"rs1800460": "C/T", "rs1142345": "T/C"}, "*1/*3A", "Intermediate Metabolizer"),
        ("UGT1A1", {"rs3064744": "CAT/CATAT", "rs887829": "C/T"}, "*1/*80+*28", "Intermediate Metabolizer"),
        ("VKORC1", {"rs9923231": "C/T"}, "rs9923231 reference (C)/rs9923231 variant (T)", "-1639 AG"),
        ("SLCO1B1", {"rs4149056": "C/C"}, "*5/*5", "Poor Function"),
        ("NUDT15", {"rs116855232": "C/T"}, "*1/*3", "Intermediate Metabolizer"),
        ("CYP4F2", {"rs2108622": "C/T"}, "*1/*3", None),
        ("IFNL3", {"rs12979860": "C/T"}, "rs12979860 reference (C)/rs12979860 variant (T)", None),
    ],
)
def test_a_printed_allele_gives_its_diplotype_and_phenotype(gene, differs, diplotype, phenotype):
    found = call_gene(PHARMACOGENES[gene], sample(gene, **differs))
    assert (found.possible, found.status, found.phenotype) == ((diplotype,), "called", phenotype)


@pytest.mark.parametrize(
    ("differs", "score", "phenotype"),
    [
        ({}, 2.0, "Normal Metabolizer"),
        ({"rs1799853": "C/T"}, 1.5, "Intermediate Metabolizer"),
        ({"rs1799853": "C/T", "rs1057910": "A/C"}, 0.5, "Poor Metabolizer"),
        ({"rs1057910": "C/C"}, 0.0, "Poor Metabolizer"),
    ],
)
def test_activity_scores_are_sums_of_the_two_activity_values(differs, score, phenotype):
    found = call_gene(PHARMACOGENES["CYP2C9"], sample("CYP2C9", **differs))
    assert (found.activity_score, found.phenotype) == (score, phenotype)


def test_a_base_that_may_be_either_counts_only_where_it_differs_from_the_reference():
    """CYP2B6 *6/*18 is as good as *9/*18 (PharmCAT, testWobbleScoringWithMultipleSequenceMatches)."""
    found = call_gene(PHARMACOGENES["CYP2B6"], sample("CYP2B6", rs3745274="G/T", rs2279343="A/G", rs28399499="T/C"))
    assert (found.possible, found.status) == (("*6/*18", "*9/*18"), "ambiguous")


def test_a_phenotype_is_told_of_ambiguous_diplotypes_that_agree():
    """*28/*37 and the pairs with *80 are all of decreased function."""
    known = sample("UGT1A1", rs3064744="CATAT/CATATAT")
    found = call_gene(PHARMACOGENES["UGT1A1"], {n: g for n, g in known.items() if n != 233759924})
    assert found.possible == ("*28/*37", "*28/*80+*37", "*37/*80+*28", "*80+*28/*80+*37")
    assert found.phenotype == "Poor Metabolizer"


# CPIC on DPYD (PMID 29152729): the two lowest functions count, one of each strand where strands are known.
@pytest.mark.parametrize(
    ("differs", "status", "told", "score"),
    [
        ({"rs3918290": "C/T"}, "called", ("Reference/c.1905+1G>A (*2A)",), 1.0),
        ({"rs3918290": "C/T", "rs67376798": "T/A"}, "called", ("c.1905+1G>A (*2A)/c.2846A>T",), 0.5),
        ({"rs3918290": "C|T", "rs67376798": "T|A"}, "called", ("Reference/[c.1905+1G>A (*2A) + c.2846A>T]",), 1.0),
        (
            {"rs3918290": "C/T", "rs67376798": "T/A", "rs1801265": "A/G"},
            "variants_only", ("c.85T>C (*9A)", "c.1905+1G>A (*2A)", "c.2846A>T"), 0.5,
        ),
        (
            {"rs3918290": "T/T", "rs1801265": "A/G"},
            "called", ("[c.85T>C (*9A) + c.1905+1G>A (*2A)]/c.1905+1G>A (*2A)",), 0.0,
        ),
        ({"rs75017182": "G/C", "rs56038477": "C/T"}, "called", ("Reference/c.1129-5923C>G, c.1236G>A (HapB3)",), 1.5),
        ({"rs56038477": "C/T"}, "called", ("Reference/Reference",), 2.0),
    ],
)  # fmt: skip
def test_dpyd_is_told_by_variant(differs, status, told, score):
    found = call_gene(PHARMACOGENES["DPYD"], sample("DPYD", **differs))
    assert found.status == status
    assert (found.possible or found.variants, found.activity_score) == (told, score)


def test_in_genes_of_toxicity_what_else_is_found_is_still_told():
    """An undocumented base is taken for the reference there (PharmCAT, Undocumented Variations), and is named."""
    found = call_gene(PHARMACOGENES["TPMT"], sample("TPMT", rs1142345="T/C", rs1800462="C/T"))
    assert found.possible == ("*1/*3C",) and found.undocumented == (18143724,)
    assert call_gene(PHARMACOGENES["CYP3A5"], sample("CYP3A5", rs776746="C/A")).status == "undocumented_variant"


def test_numbers_in_names_are_sorted_as_numbers():
    assert sorted(["*10", "*2", "*1", "Reference", "*3A"], key=natural) == ["*1", "*2", "*3A", "*10", "Reference"]
    assert named("*17", "*4") == "*4/*17"


SMALL = read_gene("""
SMALL chr1 2025-01-01
1 . A G
2 . C T
3 . G A,T
4 . T C

*1 | normal | reference
*2 | no | 1 G
*3 | no | 1 G, 2 T
*4 | no | 2 Y, 3 A
*5 | no | 3 T
*6 | no | all, 4 C
*7 | no | 2 T, 4 Y
""")


def tried(gene: Gene, seen: dict[int, Genotype]) -> set[str]:
    """The oracle: every pair of strands that gives the genotypes, and every pair of alleles that reads so."""
    scores: dict[str, int] = {}
    for turns in product((False, True), repeat=len(seen)):
        first, second = {}, {}
        blocks: dict[str, set[bool]] = {}
        for (position, g), turned in zip(seen.items(), turns, strict=True):
            first[position], second[position] = (g.second, g.first) if turned else (g.first, g.second)
            if g.block is not None:
                blocks.setdefault(g.block, set()).add(turned)
        if any(len(said) > 1 for said in blocks.values()):
            continue
        for one, other in combinations_with_replacement(gene.alleles, 2):
            for strands in ((first, second), (second, first)):
                points = [reads(gene, a, strand) for a, strand in zip((one, other), strands, strict=True)]
                if None not in points:
                    name = named(one.name, other.name)
                    scores[name] = max(scores.get(name, 0), sum(points))
    return {name for name, score in scores.items() if score == max(scores.values())}


def reads(gene: Gene, allele, strand: dict[int, str]) -> int | None:
    told = {n: bases for n, bases in allele.told.items() if n in strand}
    if any(strand[n] not in told.get(n, gene.reference.told[n]) for n in strand):
        return None
    return sum(len(bases) == 1 or strand[n] not in gene.reference.told[n] for n, bases in told.items())


@given(
    st.dictionaries(
        st.sampled_from([1, 2, 3, 4]),
        st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from([None, None, "", "a"])),
        min_size=1,
    )
)
def test_the_best_pairs_are_those_of_an_oracle_that_tries_everything(drawn):
    bases = {p.position: (p.reference, *p.others) for p in SMALL.positions}
    seen = {n: Genotype(bases[n][i % len(bases[n])], bases[n][j % len(bases[n])], b) for n, (i, j, b) in drawn.items()}
    assert {named(a.name, b.name) for a, b in best_pairs(SMALL, seen)} == tried(SMALL, seen)
