"""Genomes as VCF files of one sample or many, and a laboratory's list of whose the samples are."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._persons import roster, rostered
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.source import PART, Feed, System, implements
from twinlake.declare.standardise import identifier
from twinlake.vocabulary.pharmacogenes import PHARMACOGENES

SCHEMA = (
    "sample string, written string, chromosome string, position bigint, end_position bigint, variant_id string, "
    "reference string, alternates array<string>, filter string, genotype_filter string, genotype string, "
    "alleles array<string>, is_phased boolean, phase_set string"
)
IN_A_GENE = " or ".join(
    f"(chromosome = '{gene.chromosome}' and position <= {gene.span[1]} and end_position >= {gene.span[0]})"
    for gene in PHARMACOGENES.values()
)

FEEDS = (
    Feed(
        name="calls",
        files=r"(?:.*/)?[^/]+\.vcf(?:\.bgz)?",
        wire="vcf",
        schema=SCHEMA,
        delivery="increment",
        unmapped={"lies outside the genes whose alleles are told by name": f"not ({IN_A_GENE})"},
    ),
    roster("samples", rf"(?:.*/)?samples{PART}\.csv", "sample"),
)  # fmt: skip


@implements("source_person")
def source_person(samples: DataFrame) -> DataFrame:
    """samples.csv: a sample is what the laboratory knows a person by."""
    return rostered(samples, mrn=identifier(F.col("mrn")))


@implements("variant_call", when=IN_A_GENE)
def variant_call(calls: DataFrame) -> DataFrame:
    """Calls in a pharmacogene, from the first base that tells its alleles apart to the last."""
    failed = F.array_except(F.array("filter", "genotype_filter"), F.array(F.lit("PASS"), F.lit(None).cast("string")))
    return shaped(
        calls,
        genome_build=F.lit("GRCh38"),
        chromosome="chromosome",
        start_position="position",
        end_position="end_position",
        variant_source_value="variant_id",
        reference_allele="reference",
        alternate_alleles="alternates",
        called_alleles="alleles",
        genotype_source_value="genotype",
        is_phased="is_phased",
        phase_set="phase_set",
        filter_source_value=F.nullif(F.concat_ws(";", "filter", "genotype_filter"), F.lit("")),
        has_passed_filters=F.size(failed) == 0,
        variant_file_date=F.try_to_date("written", "yyyyMMdd"),
    )


SYSTEM = System(
    name="genotype",
    meaning="Genomes: VCF files, and whose the samples are",
    feeds=FEEDS,
    implementations=(source_person, variant_call),
    ignored={
        r".*\.(?:tbi|csi|idx)": "an index of a VCF tells nothing that the VCF does not",
        r".*\.(?:md5|sha256)": "a sum of another file's bytes; the ledger has its own",
        r".*\.bcf": "BCF is VCF in binary, and not read; send VCF, plain or of bgzip",
    },
)
