"""Diplotypes of an Arrow batch of samples: calls as JSON in, what was found of each gene as JSON out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from twinlake.clinical.pharmacogene_calls import RECORDED, calls_by_chromosome, genotypes_of
from twinlake.clinical.pharmacogenes import Diplotype, call_gene
from twinlake.vocabulary.pharmacogenes import PHARMACOGENES, Gene

if TYPE_CHECKING:
    from pyspark.sql import Column

__all__ = ["CALL_FIELDS", "RECORDED", "diplotypes", "found_in"]

CALL_FIELDS = (
    "chromosome", "start_position", "end_position", "reference_allele", "alternate_alleles", "called_alleles",
    "is_phased", "phase_set", "has_passed_filters",
)  # fmt: skip
SCHEMA = (
    "array<struct<gene_symbol string, genotype_status string, diplotype string, possible_diplotypes array<string>, "
    "variant_alleles array<string>, is_phased boolean, gene_phenotype string, gene_activity_score double, "
    "called_position_count int, missing_positions array<bigint>, undocumented_positions array<bigint>, "
    "contradicted_positions array<bigint>, definition_version string>>"
)


def diplotypes(calls: str) -> Column:
    """The genes of a sample, an array of structs, from the column of its calls."""
    from pyspark.sql import functions as F

    return F.from_json(F.arrow_udf(_of_batch, "string")(calls), SCHEMA)  # type: ignore[call-overload]


def _of_batch(calls: pa.Array) -> pa.Array:
    found = [list(found_in(orjson.loads(said))) for said in calls.to_pylist()]
    return pa.array([orjson.dumps(genes).decode() for genes in found], pa.string())


def found_in(calls: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What a sample's calls say of each gene, by name of the gene."""
    placed = calls_by_chromosome(calls)
    for gene in PHARMACOGENES.values():
        genotypes, contradicted = genotypes_of(gene, placed.get(gene.chromosome, ()))
        found = call_gene(gene, genotypes)
        if found:
            yield _row(gene, found, contradicted)


def _row(gene: Gene, found: Diplotype, contradicted: tuple[int, ...]) -> dict[str, Any]:
    return {
        "gene_symbol": gene.name,
        "genotype_status": found.status,
        "diplotype": found.possible[0] if len(found.possible) == 1 else None,
        "possible_diplotypes": found.possible,
        "variant_alleles": found.variants,
        "is_phased": found.is_phased,
        "gene_phenotype": found.phenotype,
        "gene_activity_score": found.activity_score,
        "called_position_count": found.called,
        "missing_positions": [n for n in found.missing if n not in contradicted],
        "undocumented_positions": found.undocumented,
        "contradicted_positions": contradicted,
        "definition_version": gene.version,
    }
