"""A row for each pharmacogene of each sequenced sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.clinical.pharmacogene_batches import CALL_FIELDS, RECORDED, diplotypes
from twinlake.declare.expressions import surrogate_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SAMPLE = ("person_id", "genomic_sample_id", "genome_build", "hospital", "system")
FOUND = (
    "gene_symbol", "genotype_status", "diplotype", "possible_diplotypes", "variant_alleles", "is_phased",
    "gene_phenotype", "gene_activity_score", "called_position_count", "missing_positions", "undocumented_positions",
    "contradicted_positions", "definition_version",
)  # fmt: skip


@table(
    grain="a gene of a sample as all files of one hospital about it say together",
    key=("genotype_id",),
    required=("genomic_sample_id", "gene_symbol", "genotype_status", "definition_version", "hospital", "system"),
    references={"person_id": "person"},
    columns=("genotype_id", *SAMPLE, *FOUND, "known_from"),
)
def genotype(variant_call: DataFrame) -> DataFrame:
    """Which two named alleles of a pharmacogene explain a person's calls, and what CPIC says they make together.

    By the Named Allele Matcher (Sangkuhl et al. 2020, PMID 31306493), with the definitions of
    vocabulary/pharmacogenes. What it cannot tell: copy number and hybrids (CYP2D6 is not told at all); alleles by
    positions that nobody called (`missing_positions`); a gene of which nothing was called has no row. Where strands are
    not known, the pair told by most positions counts, though a rarer one may be true.
    """
    said = F.to_json(F.collect_list(_call()))
    whole = variant_call.groupBy(*SAMPLE).agg(said.alias("calls"), F.max("known_from").alias("known_from"))
    found = whole.select(*SAMPLE, "known_from", F.inline(diplotypes("calls")))
    return found.withColumn("genotype_id", surrogate_key("genomic_sample_id", "gene_symbol"))


def _call() -> Column:
    """What the matcher reads of a call; the newer of two is the one whose file was written, then delivered, later."""
    written = F.coalesce("variant_file_date", F.to_date("known_from"))
    return F.struct(*CALL_FIELDS, F.concat_ws(" ", written, "known_from").alias(RECORDED))
