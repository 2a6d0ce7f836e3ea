"""A diplotype is told where one was found, and a phenotype where one can be."""

from __future__ import annotations

from expectations.references import person_exists
from twinlake.declare.rule import row

RULES = (
    row(
        "diplotype_told_when_called",
        "(genotype_status = 'called') = (diplotype IS NOT NULL)",
        "there is one diplotype exactly where one was called",
        kahn="conformance",
    ),
    row(
        "ambiguity_is_told",
        "genotype_status <> 'ambiguous' OR size(possible_diplotypes) > 1",
        "an ambiguous genotype names its diplotypes",
        kahn="completeness",
    ),
    row(
        "alleles_are_documented",
        "size(undocumented_positions) = 0",
        "every allele at a position of the definition is one that the definition has",
        kahn="conformance",
        severity="warn",
    ),
    row(
        "calls_agree",
        "size(contradicted_positions) = 0",
        "no two calls of a position contradict each other or the reference genome",
        kahn="plausibility",
        severity="warn",
    ),
    person_exists(),
)
