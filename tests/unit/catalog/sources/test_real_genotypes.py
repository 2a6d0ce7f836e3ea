"""Diplotypes of PharmCAT's own test files and reports, and our definitions and phenotypes beside all of CPIC's.

The files are named by the alleles they were made with, some of them years ago: where today's definitions read them
otherwise, the line below says how and why. Expected values are the names, PharmCAT's unit tests of today, and the
reports that come with its examples.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest
import vcfpy

from twinlake.catalog.sources.genotype import SYSTEM
from twinlake.clinical.pharmacogene_batches import found_in
from twinlake.engine.wire import FileFault, Record
from twinlake.engine.wire.vcf import as_json, read
from twinlake.vocabulary.pharmacogenes import EITHER, PHARMACOGENES
from twinlake.vocabulary.pharmacogenes.phenotype import activity_of, phenotype_of

pytestmark = pytest.mark.shared_data
TESTS = "haplotype_tests"

# Named by two alleles, of which the file tells enough. `A B`: one diplotype, of these alleles.
NAMED = {
    "CYP2B6/s1s1": "*1 *1",
    "CYP2B6/s1s34": "*1 *34",
    "DPYD/c1129-5923c2846": "c.1129-5923C>G c.2846A>T",
    "DPYD/c1156het": "Reference c.1156G>T (*12)",
    "DPYD/c1679c1156": "c.1156G>T (*12) c.1679T>G (*13)",
    "DPYD/c2846het": "Reference c.2846A>T",
    "DPYD/c557c703": "c.557A>G c.703C>T (*8)",
    "DPYD/novariant": "Reference Reference",
    "IFNL3/rs12979860CC": "rs12979860 reference (C) rs12979860 reference (C)",
    "IFNL3/rs12979860CT": "rs12979860 reference (C) rs12979860 variant (T)",
    "IFNL3/rs12979860TT": "rs12979860 variant (T) rs12979860 variant (T)",
    "NUDT15/refref": "*1 *1",
    "NUDT15/s2ref": "*1 *2",
    "NUDT15/s3ref": "*1 *3",
    "SLCO1B1/SLCO1B1_s1_s14_t1": "*1 *14",
    "SLCO1B1/SLCO1B1_s1_s15_t1": "*1 *15",
    "SLCO1B1/SLCO1B1_s1_s25_t1": "*1 *25",
    "SLCO1B1/s1s1": "*1 *1",
    "SLCO1B1/s1s15": "*1 *15",
    "SLCO1B1/s1s44": "*1 *44",
    "SLCO1B1/s2s2": "*2 *2",
    "SLCO1B1/s5s15": "*5 *15",
    "SLCO1B1/s5s45": "*5 *45",
    "TPMT/het3a": "*1 *3A",
    "TPMT/hom1s_het3a": "*1 *3A",
    "TPMT/s16s22": "*16 *22",
    "TPMT/s1s1": "*1 *1",
    "TPMT/s1s1s": "*1 *1",
    "TPMT/s1ss1ss3": "*1 *3A",
    "TPMT/s3as3b": "*3A *3B",
    "UGT1A1/s1s1": "*1 *1",
    "UGT1A1/s1s28s60s80unphased": "*1 *80+*28",
    "UGT1A1/s1s37s80s60phased": "*1 *80+*37",
    "UGT1A1/s1s60s80phased": "*1 *80",
    "UGT1A1/s1s60s80unphased": "*1 *80",
    "UGT1A1/s28het": "*1 *28",
    "UGT1A1/s28s37": "*28 *37",
    "UGT1A1/s28s60hom": "*1 *28",
    "UGT1A1/s28s80phased": "*1 *80+*28",
    "UGT1A1/s28s80s6s60phased": "*6 *80+*28",
    "UGT1A1/s28s80s6s60unphased": "*6 *80+*28",
    "UGT1A1/s28s80unphased": "*1 *80+*28",
    "UGT1A1/s6s6": "*6 *6",
    "VKORC1/-1639A-1639A": "rs9923231 variant (T) rs9923231 variant (T)",
    "VKORC1/-1639G-1639A": "rs9923231 reference (C) rs9923231 variant (T)",
    "VKORC1/-1639G-1639G": "rs9923231 reference (C) rs9923231 reference (C)",
    "cyp2c19/rs12769205call": "*1 *35",
    "cyp2c19/s1s1": "*1 *1",
    "cyp2c19/s1s2": "*1 *2",
    "cyp2c19/s1s28": "*1 *28",
    "cyp2c19/s1s2rs58973490het": "*1 *2",
    "cyp2c19/s1s4b": "*1 *4",
    "cyp2c19/s1s4s17": "*1 *4",
    "cyp2c19/s2s2": "*2 *2",
    "cyp2c19/s2s3": "*2 *3",
    "cyp2c19/s4as4b": "*4 *4",
    "cyp2c19/s4bs17": "*4 *17",
    "cyp2c19/s4s17het": "*4 *17",
    "cyp2c9/s1s1": "*1 *1",
    "cyp2c9/s1s61": "*1 *61",
    "cyp2c9/s24s24": "*24 *24",
    "cyp2c9/s2s24": "*2 *24",
    "cyp2c9/s2s25": "*2 *25",
    "cyp2c9/s2s3": "*2 *3",
    "cyp3a5/s1s1": "*1 *1",
    "cyp3a5/s1s3rs776746rs55965422het": "*1 *3",
    "cyp3a5/s1s7": "*1 *7",
    "cyp3a5/s3s3rs55965422het": "*3 *3",
    "cyp3a5/s3s9": "*3 *9",
    "cyp3a5/s3s9-homozygous": "*3 *9",
    "cyp4f2/s1s1": "*1 *1",
}

NO_RS3758581 = "the file lacks rs3758581, which alone tells *1 and *38 apart"
MISSING = "named for the position it lacks"
UNPHASED = "strands are not known, and another pair is told by more positions"
COMBINATION = "several alleles on one strand are no named allele"
UNDOCUMENTED = "made with an allele that the definition does not have"
# What the rest is read as, and why not by its name. `status: diplotypes`.
OTHERWISE = {
    "DPYD/s1s2b": ("called: c.1627A>G (*5)/c.1905+1G>A (*2A)", "*2B is no allele of CPIC's; its two variants are told"),
    "SLCO1B1/SLCO1B1_s14_s19_t1": ("ambiguous: *4/*20, *14/*19", UNPHASED),
    "SLCO1B1/SLCO1B1_s15_s45_t1": ("called: *1/*45", UNPHASED),
    "SLCO1B1/SLCO1B1_s19_s37_t1": ("called: *1/*20", UNPHASED),
    "SLCO1B1/SLCO1B1_s37_s40_t1": (
        "ambiguous: *5/*20, *15/*19, *37/*40, *40/*52, *40/*56, *40/*57",
        "strands are not known, and *52, *56, *57 differ from *37 at positions it lacks",
    ),
    "SLCO1B1/SLCO1B1_s5_s14_t1": ("ambiguous: *4/*15, *5/*14", "strands are not known, and both are told as well"),
    "SLCO1B1/multi": ("not_explained: ", COMBINATION),
    "SLCO1B1/s1as15s1bs5missing": ("called: *1/*15", MISSING),
    "SLCO1B1/s1as15s1bs5twomissing": ("called: *1/*15", MISSING),
    "TPMT/s15offdata": ("called: *1/*1", "at the position of *15 stands an insertion; the base is not told"),
    "TPMT/s3bs3c": ("called: *1/*3A", UNPHASED),
    "TPMT/unexpected.allele": ("called: *1/*1", UNDOCUMENTED),
    "TPMT/unexpected.allele.with.s9": ("called: *9/*9", UNDOCUMENTED),
    "UGT1A1/HG00436": ("not_explained: ", COMBINATION),
    "UGT1A1/NA12717_UGT1A1": ("called: *80/*80+*28", "named for the person"),
    "UGT1A1/NA18868_UGT1A1": ("called: *80/*80+*28", "named for the person"),
    "UGT1A1/NA19785_UGT1A1": ("called: *80/*80+*28", "named for the person"),
    "UGT1A1/s1s60s80s28s6phased": ("not_explained: ", COMBINATION),
    "UGT1A1/s1s60s80s6phased": ("not_explained: ", COMBINATION),
    "UGT1A1/s1s80s27s60s28missingphased": ("not_explained: ", COMBINATION),
    "UGT1A1/s27s28unphaseds80s60missing": ("ambiguous: *27/*28, *27/*80+*28", MISSING),
    "UGT1A1/s28hets60homounphaseds80missing": ("ambiguous: *1/*28, *1/*80+*28", MISSING),
    "UGT1A1/s28s28unphaseds60s80miss": ("ambiguous: *28/*28, *28/*80+*28, *80+*28/*80+*28", MISSING),
    "UGT1A1/s28s37unphaseds80s60missing": (
        "ambiguous: *28/*37, *28/*80+*37, *37/*80+*28, *80+*28/*80+*37", MISSING,
    ),
    "UGT1A1/s6s60s80s28missingphased": ("ambiguous: *6/*80, *6/*80+*28, *6/*80+*37", MISSING),
    "UGT1A1/s6s60s80s28missingunphased": ("ambiguous: *6/*80, *6/*80+*28, *6/*80+*37", MISSING),
    "UGT1A1/s80s28missing": ("ambiguous: *1/*80, *1/*80+*28, *1/*80+*37", MISSING),
    "cyp2c19/noCall": ("not_explained: ", "named so"),
    "cyp2c19/rs12769205missingrs4244285het": ("called: *1/*2", MISSING),
    "cyp2c19/rs12769205only": ("ambiguous: *1/*2, *1/*35, *2/*38, *35/*38", "named for the one position it has"),
    "cyp2c19/rs12769205ref": ("ambiguous: *1/*35, *35/*38", NO_RS3758581),
    "cyp2c19/s15s28": ("ambiguous: *15/*28, *28/*39", "the file lacks rs17885179, which tells *39"),
    "cyp2c19/s1s17": ("ambiguous: *1/*17, *17/*38", NO_RS3758581),
    "cyp2c19/s1s17s1s4bmissing": ("ambiguous: *1/*4, *1/*17", MISSING),
    "cyp2c19/s1s17s1s4bmissingmore": ("ambiguous: *1/*4, *1/*17", MISSING),
    "cyp2c19/s1s1rs12248560missing": ("called: *1/*1", MISSING),
    "cyp2c19/s1s2rs3758581missing": ("ambiguous: *1/*2, *2/*38", NO_RS3758581),
    "cyp2c19/s1s2rs3758581missingRs58973490het": ("called: *1/*2", "named for two positions, and lacks neither"),
    "cyp2c19/s1s35": ("ambiguous: *1/*35, *35/*38", NO_RS3758581),
    "cyp2c19/s4bs17rs28399504missing": ("ambiguous: *4/*4, *4/*17, *17/*17", MISSING),
    "cyp2c19/s4s17missingS1": ("ambiguous: *1/*4, *4/*38", NO_RS3758581),
    "cyp2c19/sUnks17": ("undocumented_variant: ", UNDOCUMENTED),
    "cyp2c9/s24s2pluss24": ("not_explained: ", COMBINATION),
    "cyp2c9/s2s24only": ("not_explained: ", COMBINATION),
    "cyp2c9/s3s18m94981296": ("called: *1/*18", "named for the position of *3 it lacks"),
    "cyp3a5/s1s1rs776746missing": ("called: *1/*1", MISSING),
    "cyp3a5/s1s3rs776746rs28383479het": ("called: *3/*9", UNPHASED),
    "cyp3a5/s1s3rs776746rs55965422rs28383479het": ("called: *3/*9", UNPHASED),
    "cyp3a5/s1s7missing": ("called: *1/*1", MISSING),
    "cyp3a5/s3s5-homozygous": ("called: *1/*3", "*5 is no allele of CPIC's any more"),
}  # fmt: skip


@cache
def archive(data: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(data / "pgx_pharmcat" / "pharmcat_pgx.zip")


def names(data: Path, folder: str, end: str) -> list[str]:
    return sorted(n for n in archive(data).namelist() if folder in n and n.endswith(end))


def of(data: Path, name: str) -> bytes:
    (found,) = [n for n in archive(data).namelist() if n.endswith(name)]
    return archive(data).read(found)


def table(data: Path, folder: str, gene: str) -> dict:
    return json.loads(of(data, f"{folder}/{gene}{'_translation' if folder == 'definition' else ''}.json"))


def called(raw: bytes) -> dict[tuple[str, str], dict]:
    """What a file says, by sample and gene."""
    rows = defaultdict(list)
    for item in read(io.BytesIO(raw), SYSTEM.feed("calls")):
        if isinstance(item, Record):
            rows[item.person].append(as_row(json.loads(as_json(item.raw))))
    return {(sample, found["gene_symbol"]): found for sample, calls in rows.items() for found in found_in(calls)}


def as_row(call: dict) -> dict:
    names = {"position": "start_position", "reference": "reference_allele", "alternates": "alternate_alleles",
             "alleles": "called_alleles"}  # fmt: skip
    has_passed = call["filter"] in (None, "PASS") and call["genotype_filter"] in (None, "PASS")
    return {**{names.get(name, name): value for name, value in call.items()}, "has_passed_filters": has_passed}


def only(raw: bytes) -> dict:
    (found,) = called(raw).values()
    return found


@pytest.mark.parametrize("case", NAMED)
def test_a_file_gives_the_alleles_it_is_named_for(case, shared_data):
    found = only(of(shared_data, f"{TESTS}/{case}.vcf"))
    assert found["genotype_status"] == "called"
    assert found["diplotype"].replace("/", " ") == NAMED[case]


@pytest.mark.parametrize("case", OTHERWISE)
def test_a_file_that_is_not_read_by_its_name_is_read_for_a_reason(case, shared_data):
    found = only(of(shared_data, f"{TESTS}/{case}.vcf"))
    assert f"{found['genotype_status']}: {', '.join(found['possible_diplotypes'])}" == OTHERWISE[case][0]


def test_every_file_of_a_gene_is_among_them(shared_data):
    files = {n.split(f"{TESTS}/")[1].removesuffix(".vcf") for n in names(shared_data, f"{TESTS}/", ".vcf")}
    assert {n for n in files if "/" in n} == {*NAMED, *OTHERWISE}
    assert (len(NAMED), len(OTHERWISE)) == (71, 50)


@pytest.mark.parametrize(("example", "sample"), [("pharmcat.example", "Sample_1"), ("pharmcat.example2", "Sample_2")])
def test_the_examples_are_called_as_in_the_reports_beside_them(example, sample, shared_data):
    report = of(shared_data, f"examples/{example}.report.tsv").decode().partition("\n")[2]
    printed = {r["Gene"]: r for r in csv.DictReader(io.StringIO(report), delimiter="\t")}
    for raw in (of(shared_data, f"examples/{example}.vcf"), of(shared_data, "examples/multisample.vcf")):
        found = {gene: row for (name, gene), row in called(raw).items() if name == sample}
        assert found.keys() == PHARMACOGENES.keys() <= printed.keys()
        for gene, row in found.items():
            score = printed[gene]["Activity Score"]
            assert row["diplotype"] == printed[gene]["Source Diplotype"]
            assert (row["gene_phenotype"] or "") == printed[gene]["Phenotype"].strip()
            assert row["gene_activity_score"] == (float(score) if score else None)


@pytest.mark.parametrize("gene", PHARMACOGENES)
def test_our_definitions_are_cpics(gene, shared_data):
    ours, theirs = PHARMACOGENES[gene], table(shared_data, "definition", gene)
    places = [(v["position"], v["rsid"] or ".", v["ref"], tuple(v["alts"])) for v in theirs["variants"]]
    assert [(p.position, p.variant_id, p.reference, p.others) for p in ours.positions] == places
    core = theirs["suballelesMap"]
    for allele, printed in zip(ours.alleles, theirs["namedAlleles"], strict=True):
        told = {p[0]: frozenset(EITHER.get(a, (a,))) for p, a in zip(places, printed["alleles"], strict=True) if a}
        assert (allele.name, dict(allele.told)) == (core.get(printed["name"], printed["name"]), told)
    assert ours.reference.name == next(a["name"] for a in theirs["namedAlleles"] if a["reference"])
    assert (ours.chromosome, ours.changed) == (theirs["chromosome"], theirs["modificationDate"][:10])
    assert theirs["genomeBuild"].startswith("GRCh38") and theirs["version"].startswith("2025-11-05")


@pytest.mark.parametrize("gene", sorted(PHARMACOGENES.keys() - {"CYP4F2"}))
def test_every_diplotype_of_cpic_has_our_phenotype(gene, shared_data):
    known = {a.name: a.function for a in PHARMACOGENES[gene].alleles}
    told = 0
    for printed in table(shared_data, "phenotype", gene)["diplotypes"]:
        pair = [name for name, copies in printed["diplotypekey"].items() for _ in range(copies)]
        if {*pair} <= known.keys():
            functions = [known[name] for name in pair]
            score = printed["activityScore"]
            assert phenotype_of(gene, *functions) == printed["phenotype"], pair
            assert activity_of(gene, *functions) == (None if score in (None, "n/a") else float(score)), pair
            told += 1
    assert told or gene == "IFNL3"


def test_records_are_those_of_the_lines_and_vcfpy_reads_the_same_calls(shared_data):
    """vcfpy gives up at an empty QUAL, which five files have, and at an allele that is not there.

    9,849 is what awk counts: samples times lines that are no header.
    """
    counted, given_up = Counter(), []
    for name in names(shared_data, "", ".vcf"):
        raw = archive(shared_data).read(name)
        items = list(read(io.BytesIO(raw), SYSTEM.feed("calls")))
        lines = [line.split("\t") for line in raw.decode().splitlines() if line and not line.startswith("#")]
        assert len(items) == sum(len(line) - 9 for line in lines), name
        counted.update(type(item).__name__ for item in items)
        try:
            theirs = read_by_vcfpy(raw)
        except (ValueError, IndexError):
            given_up.append(name.rpartition("/")[2])
            continue
        ours = [json.loads(as_json(item.raw)) for item in items]
        assert [(c["sample"], c["chromosome"], c["position"], c["alleles"]) for c in ours] == theirs, name
    empty_quality = ["s1s61.vcf", "s24s24.vcf", "s2s24.vcf", "s2s24only.vcf", "s2s3.vcf"]
    assert given_up == ["VcfReaderTest-badAllele.vcf", *empty_quality]
    assert counted == {"Record": 9848, "Fault": 1}


def read_by_vcfpy(raw: bytes) -> list[tuple]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            (one.sample, line.CHROM, line.POS, [None if n is None else alleles[n] for n in one.gt_alleles or [None]])
            for line in vcfpy.Reader.from_stream(io.StringIO(raw.decode()))
            for alleles in [[line.REF, *(a.serialize() for a in line.ALT)]]
            for one in line.calls
        ]


def test_no_file_is_refused_as_a_whole(shared_data):
    refused = []
    for name in names(shared_data, "", ".vcf"):
        try:
            list(read(io.BytesIO(archive(shared_data).read(name)), SYSTEM.feed("calls")))
        except FileFault as fault:
            refused.append((name, fault.rule))
    assert refused == []
