"""Pharmacogenes: which variants name an allele, what is known of its function, and what two of them make together.

Facts of CPIC's allele definition, functionality and diplotype-phenotype tables as of 2025-11-05 (cpicpgx.org, CC0 1.0;
Relling and Klein, Clin Pharmacol Ther 2011, PMID 21270786), for GRCh38, alleles as VCF writes them. A gene is a text:

    CYP3A5 chr7 2022-02-18               gene, chromosome, when its definition last changed
    99672916 rs776746 T C                position, dbSNP, reference, others
    *1 | normal | reference              allele, function (none: not assigned), what it is at each position
    *3 | no | 99672916 C                 not told: as the reference; `all`: told to be so; R, Y, M, S: either base
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from twinlake.vocabulary.pharmacogenes import (
    cyp2b6,
    cyp2c9,
    cyp2c19,
    cyp3a,
    cyp4f2,
    dpyd,
    single_variant,
    slco1b1,
    thiopurine,
    ugt1a1,
)

AS_OF = "2025-11-05"
EITHER = {"R": "AG", "Y": "CT", "M": "AC", "S": "CG"}


@dataclass(frozen=True)
class Position:
    """A place at which alleles of a gene differ, as VCF names it."""

    position: int
    variant_id: str
    reference: str
    others: tuple[str, ...]

    @property
    def known(self) -> frozenset[str]:
        return frozenset((self.reference, *self.others))


@dataclass(frozen=True)
class Allele:
    """A named allele: its function, and by position the bases it may have where that is told."""

    name: str
    function: str
    told: Mapping[int, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Gene:
    """A gene's positions and alleles, the reference first."""

    name: str
    chromosome: str
    changed: str
    positions: tuple[Position, ...]
    alleles: tuple[Allele, ...]

    @property
    def reference(self) -> Allele:
        return self.alleles[0]

    @property
    def version(self) -> str:
        return f"CPIC {AS_OF}, {self.name} of {self.changed}"

    @property
    def span(self) -> tuple[int, int]:
        """From the first base that tells alleles apart to the last."""
        return self.positions[0].position, max(p.position + len(p.reference) - 1 for p in self.positions)

    def function_of(self, allele: str) -> str:
        return next(a.function for a in self.alleles if a.name == allele)


def read_gene(text: str) -> Gene:
    """A gene from its text."""
    heading, *lines = text.strip().splitlines()
    name, chromosome, changed = heading.split()
    positions = tuple(_position(line) for line in lines if line and "|" not in line)
    alleles = tuple(_allele(line, positions) for line in lines if "|" in line)
    return Gene(name, chromosome, changed, positions, alleles)


def _position(line: str) -> Position:
    position, variant_id, reference, others = line.split()
    return Position(int(position), variant_id, reference, tuple(others.split(",")))


def _allele(line: str, positions: tuple[Position, ...]) -> Allele:
    name, function, told = (part.strip() for part in line.split(" | "))
    first, *rest = told.split(", ")
    as_reference = {p.position: frozenset((p.reference,)) for p in positions}
    start = as_reference if first in ("all", "reference") else {}
    pairs = rest if start else [first, *rest]
    return Allele(name, function, MappingProxyType(start | dict(_told(pair) for pair in pairs)))


def _told(pair: str) -> tuple[int, frozenset[str]]:
    position, base = pair.split()
    return int(position), frozenset(EITHER.get(base, (base,)))


_TEXTS = (
    single_variant.ABCG2, single_variant.CACNA1S, cyp2b6.CYP2B6, cyp2c19.CYP2C19, cyp2c9.CYP2C9, cyp3a.CYP3A4,
    cyp3a.CYP3A5, cyp4f2.CYP4F2, dpyd.DPYD, single_variant.IFNL3, thiopurine.NUDT15, slco1b1.SLCO1B1, thiopurine.TPMT,
    ugt1a1.UGT1A1, single_variant.VKORC1,
)  # fmt: skip
PHARMACOGENES: Mapping[str, Gene] = MappingProxyType({gene.name: gene for gene in map(read_gene, _TEXTS)})
