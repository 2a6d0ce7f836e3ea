"""Diplotypes of pharmacogenes: which two named alleles explain a person's genotypes.

After the Named Allele Matcher (Sangkuhl et al., Clin Pharmacol Ther 2020, PMID 31306493; Klein and Ritchie 2018,
PMID 29194583): an allele is its told bases and the reference elsewhere; a diplotype is possible if its two alleles
give every genotype seen, in phase where that is known; of the possible ones those with most told positions count, and
if they are several, all are equally true. Positions nobody called are left out, so an allele that only they tell is
never better than the reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from twinlake.vocabulary.pharmacogenes import Allele, Gene, Position
from twinlake.vocabulary.pharmacogenes.phenotype import ACTIVITY, activity_of, phenotype_of

NOT_READ = "."

# Genes whose variants make a drug toxic: one that no allele has is taken for the reference, so that what else is found
# is still told (PharmCAT, "Undocumented Variations"); `undocumented` names it.
TOXICITY = ("CACNA1S", "DPYD", "NUDT15", "TPMT")
# DPYD is told by variant: several on one strand are no named allele, and the two lowest functions count
# (Amstutz et al., Clin Pharmacol Ther 2018, PMID 29152729).
BY_VARIANT = ("DPYD",)


@dataclass(frozen=True)
class Genotype:
    """The two bases at a position; `block` names the phase set in which their order has a meaning."""

    first: str
    second: str
    block: str | None = None

    @property
    def is_heterozygous(self) -> bool:
        return self.first != self.second

    def replaced(self, known: frozenset[str], reference: str) -> Genotype:
        """With the reference for what is not known."""
        first, second = (b if b in known or b == NOT_READ else reference for b in (self.first, self.second))
        return Genotype(first, second, self.block)


Genotypes = Mapping[int, Genotype]


@dataclass(frozen=True)
class Diplotype:
    """What is known of a gene of a person. `possible` are all equally good diplotypes, `variants` what DPYD holds."""

    gene: str
    status: str
    possible: tuple[str, ...]
    variants: tuple[str, ...]
    is_phased: bool
    phenotype: str | None
    activity_score: float | None
    called: int
    missing: tuple[int, ...]
    undocumented: tuple[int, ...]


def call_gene(gene: Gene, genotypes: Genotypes) -> Diplotype | None:
    """The gene's diplotype; none where no position of it was called."""
    places = {p.position: p for p in gene.positions if p.position in genotypes}
    if not places:
        return None
    undocumented = tuple(n for n, p in places.items() if _strange(p, genotypes[n]))
    seen = {n: genotypes[n] for n in places}
    if gene.name in TOXICITY:
        seen = {n: g.replaced(places[n].known, places[n].reference) for n, g in seen.items()}
    names, functions, variants = _explained(gene, seen)
    outcomes = {(phenotype_of(gene.name, *f), activity_of(gene.name, *f)) for f in functions}
    phenotype, score = outcomes.pop() if len(outcomes) == 1 else (None, None)
    return Diplotype(
        gene=gene.name,
        status=_status(names, variants, seen, undocumented),
        possible=names,
        variants=variants,
        is_phased=is_phased(seen),
        phenotype=phenotype,
        activity_score=score,
        called=len(seen),
        missing=tuple(p.position for p in gene.positions if p.position not in genotypes),
        undocumented=undocumented,
    )


def _strange(place: Position, genotype: Genotype) -> bool:
    return not {genotype.first, genotype.second} - {NOT_READ} <= place.known


def _status(names: tuple[str, ...], variants: tuple[str, ...], seen: Genotypes, undocumented: tuple[int, ...]) -> str:
    if names:
        return "called" if len(names) == 1 else "ambiguous"
    if variants:
        return "variants_only"
    if any(NOT_READ in (g.first, g.second) for g in seen.values()):
        return "incomplete_call"
    return "undocumented_variant" if undocumented else "not_explained"


def is_phased(seen: Genotypes) -> bool:
    """Whether it is known which bases stand on one strand: one heterozygous position at most, or all in one block."""
    blocks = [g.block for g in seen.values() if g.is_heterozygous]
    return len(blocks) < 2 or (None not in blocks and len(set(blocks)) == 1)


Explained = tuple[tuple[str, ...], list[tuple[str, str]], tuple[str, ...]]


def _explained(gene: Gene, seen: Genotypes) -> Explained:
    """Names of the diplotypes, the functions of each one's alleles, and variants where they are told instead."""
    best = best_pairs(gene, seen)
    if best:
        # An allele may be told in two ways (SLCO1B1 *45).
        names = tuple(dict.fromkeys(named(a.name, b.name) for a, b in best))
        return names, [(a.function, b.function) for a, b in best], ()
    if gene.name not in BY_VARIANT or any(NOT_READ in (g.first, g.second) for g in seen.values()):
        return (), [], ()
    return _by_strand(gene, seen) if is_phased(seen) else _by_variant(gene, seen)


def best_pairs(gene: Gene, seen: Genotypes) -> list[tuple[Allele, Allele]]:
    """The possible pairs of alleles that are told by most of the positions seen."""
    foreign = {n for n, g in seen.items() if not gene.reference.told[n] & {g.first, g.second}}
    candidates = [a for a in gene.alleles if _may_be(a, foreign, seen)]
    scored = [
        (score, pair)
        for i, one in enumerate(candidates)
        for pair in ((one, other) for other in candidates[i:])
        if (score := _score(gene, pair, seen)) is not None
    ]
    highest = max((score for score, _ in scored), default=None)
    pairs = [pair for score, pair in scored if score == highest]
    return sorted(pairs, key=lambda pair: natural(named(pair[0].name, pair[1].name)))


def _may_be(allele: Allele, foreign: set[int], seen: Genotypes) -> bool:
    """Whether each base it is told by is there, and it is told wherever the reference is not."""
    return foreign <= allele.told.keys() and all(
        bases & {seen[n].first, seen[n].second} for n, bases in allele.told.items() if n in seen
    )


def _bases(allele: Allele, gene: Gene, position: int) -> frozenset[str]:
    return allele.told.get(position) or gene.reference.told[position]


def _score(gene: Gene, pair: tuple[Allele, Allele], seen: Genotypes) -> int | None:
    """How many positions tell the pair; None where it does not give the genotypes."""
    total = 0
    for block in _blocks(seen):
        turns = [_points(gene, turned, block) for turned in (pair, pair[::-1])]
        possible = [points for points in turns if points is not None]
        if not possible:
            return None
        total += max(possible)
    return total


def _blocks(seen: Genotypes) -> Iterator[Genotypes]:
    """Positions whose strands are turned together: each alone where its phase is not known."""
    named_blocks: dict[str, dict[int, Genotype]] = {}
    for position, genotype in seen.items():
        if genotype.block is None:
            yield {position: genotype}
        else:
            named_blocks.setdefault(genotype.block, {})[position] = genotype
    yield from named_blocks.values()


def _points(gene: Gene, pair: tuple[Allele, Allele], block: Genotypes) -> int | None:
    points = 0
    for position, genotype in block.items():
        for allele, base in zip(pair, (genotype.first, genotype.second), strict=True):
            if base not in _bases(allele, gene, position):
                return None
            points += _tells(allele, gene, position, base)
    return points


def _tells(allele: Allele, gene: Gene, position: int, base: str) -> bool:
    """Whether the position counts for the allele: where either base may stand, only the one that is no reference."""
    told = allele.told.get(position)
    return told is not None and (len(told) == 1 or base not in gene.reference.told[position])


def _by_strand(gene: Gene, seen: Genotypes) -> Explained:
    """Variants of each strand, `[a + b]/c`; the lowest function of each counts."""
    strands = [_variants(gene, {n: (b,) for n, b in strand.items()}) for strand in _strands(seen)]
    names = [(f"[{' + '.join(s)}]" if len(s) > 1 else s[0]) if s else gene.reference.name for s in strands]
    first, second = (min((gene.function_of(v) for v in s or [gene.reference.name]), key=_rank) for s in strands)
    return (named(*names),), [(first, second)], ()


def _strands(seen: Genotypes) -> tuple[dict[int, str], dict[int, str]]:
    return {n: g.first for n, g in seen.items()}, {n: g.second for n, g in seen.items()}


def _by_variant(gene: Gene, seen: Genotypes) -> Explained:
    """All variants, once for each strand they must be on; the two lowest functions count."""
    found = _variants(gene, {n: (g.first, g.second) for n, g in seen.items()})
    functions = sorted((gene.function_of(v) for v in found), key=_rank)
    first, second, *_ = [*functions, *[gene.reference.function] * 2]
    return (), [(first, second)], tuple(found)


def _rank(function: str) -> float:
    return ACTIVITY.get(function, 1.0)


def _variants(gene: Gene, bases: Mapping[int, tuple[str, ...]]) -> list[str]:
    """Alleles whose told bases are all there, as often as they are; what a larger one explains is not told again."""
    used: set[int] = set()
    found: list[str] = []
    told = [(allele, [n for n in allele.told if n in bases]) for allele in gene.alleles[1:]]
    for allele, positions in sorted(told, key=lambda pair: -len(pair[1])):
        copies = min((sum(b in allele.told[n] for b in bases[n]) for n in positions), default=0)
        if copies and not used & {*positions}:
            used |= {*positions}
            found += [allele.name] * copies
    return sorted(found, key=natural)


def named(first: str, second: str) -> str:
    """`first/second`, the smaller number first."""
    return "/".join(sorted((first, second), key=natural))


def natural(name: str) -> list[tuple[int, str]]:
    """Sorts *2 before *10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name) if part]
