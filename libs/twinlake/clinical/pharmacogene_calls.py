"""From the calls of a VCF to the genotype at a position: the same variant can be written in more than one way.

A position nobody called is not the reference. A block of reference bases (gVCF) tells a base, but not that nothing was
inserted or deleted there; that a structural variant is absent tells no base. A reference call that failed its filter
and half a call tell nothing, but half a call of a variant forbids a guess. A variant that failed forbids to take the
reference from other lines; a variant that another line of its place has seen stands.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from twinlake.clinical.pharmacogenes import NOT_READ, Genotype
from twinlake.vocabulary.pharmacogenes import Gene, Position

RECORDED = "recorded"
# "Any other allele": with these alone a line speaks for each base up to its END (VCFv4.3, 5.5; GATK writes <NON_REF>).
REFERENCE_SYMBOLS = {"<*>", "<NON_REF>", "<X>"}


@dataclass(frozen=True)
class VariantCall:
    """A line of a VCF for one sample; `alleles` are the called ones, None where not read, `recorded` says how new."""

    position: int
    end: int
    reference: str
    alternates: tuple[str, ...]
    alleles: tuple[str | None, ...]
    block: str | None = None
    recorded: str = ""
    has_passed: bool = True

    @property
    def is_reference_block(self) -> bool:
        """Whether it only says that nothing differs here."""
        return {*self.alternates} <= REFERENCE_SYMBOLS and {*self.alleles} <= {self.reference}

    @property
    def is_variant(self) -> bool:
        return bool({*self.alleles} - {None, self.reference})

    @property
    def tells_a_base(self) -> bool:
        """False of a reference call that failed, or says only that a structural variant (`<DEL>`, …) is absent."""
        if self.is_variant:
            return True
        is_structural = any(not is_bases(a) and a != "*" for a in {*self.alternates} - REFERENCE_SYMBOLS)
        return self.has_passed and (not is_structural or any(is_bases(a) for a in self.alternates))

    @property
    def has_length_change(self) -> bool:
        return any(len(a) != len(self.reference) for a in self.alternates if is_bases(a))


def is_bases(allele: str) -> bool:
    """Whether an allele is written out, and not a symbol (`<DEL>`, `*`)."""
    return allele.isalpha()


@dataclass(frozen=True)
class Aligned:
    """A call in the words of a position."""

    call: VariantCall
    alleles: tuple[str | None, ...]


def genotypes_of(gene: Gene, calls: Iterable[VariantCall]) -> tuple[dict[int, Genotype], tuple[int, ...]]:
    """The genotypes of a gene's positions, and the positions whose calls contradict each other or the reference."""
    covering = _covering([p.position for p in gene.positions], calls)
    told = {p.position: _genotype(p, covering[p.position]) for p in gene.positions}
    return {n: g for n, g in told.items() if isinstance(g, Genotype)}, tuple(n for n, g in told.items() if g is False)


def _covering(positions: list[int], calls: Iterable[VariantCall]) -> dict[int, list[VariantCall]]:
    """The calls that speak of each position (`positions` rise); one that failed speaks of where it begins."""
    found: dict[int, list[VariantCall]] = {position: [] for position in positions}
    for call in (c for c in calls if c.tells_a_base):
        end = call.end if call.has_passed else call.position
        for position in positions[bisect_left(positions, call.position) : bisect_right(positions, end)]:
            found[position].append(call)
    return found


def _genotype(place: Position, covering: list[VariantCall]) -> Genotype | bool | None:
    """False where calls contradict; None where none tells, or only a variant that failed its filter tells of one."""
    newest = max((c.recorded for c in covering if c.has_passed), default="")
    calls = sorted((c for c in covering if c.has_passed and c.recorded == newest), key=repr)
    has_failed = any(not c.has_passed and c.recorded >= newest for c in covering)
    if has_failed and not any(c.is_variant for c in calls):
        return None
    if any(_differs(place, c) for c in calls):
        return False
    aligned = [Aligned(c, alleles) for c in calls if (alleles := _aligned(place, c)) is not None]
    return _agreed(place, [a for a in aligned if not a.call.is_reference_block] or aligned[:1])


def _differs(place: Position, call: VariantCall) -> bool:
    """Whether the file's reference is not ours."""
    offset = place.position - call.position
    theirs = call.reference[offset : offset + len(place.reference)]
    return not place.reference.startswith(theirs)


def _aligned(place: Position, call: VariantCall) -> tuple[str | None, ...] | None:
    if _is_single_base(place):
        return _base_at(place, call)
    if call.position != place.position or _is_block_of_symbols(call):
        return None
    if call.reference == place.reference:
        return call.alleles
    return _stretched(place, call) if call.has_length_change else None


def _is_single_base(place: Position) -> bool:
    return all(len(allele) == 1 for allele in place.known)


def _is_block_of_symbols(call: VariantCall) -> bool:
    return call.is_reference_block and (bool(call.alternates) or call.end >= call.position + len(call.reference))


def _base_at(place: Position, call: VariantCall) -> tuple[str | None, ...] | None:
    """The base of each called allele there; of a reference block the reference."""
    if call.is_reference_block:
        return (place.reference,) * len(call.alleles)
    if call.has_length_change:
        return None
    offset = place.position - call.position
    return tuple(a[offset : offset + 1] if a and is_bases(a) else a for a in call.alleles)


def _stretched(place: Position, call: VariantCall) -> tuple[str | None, ...] | None:
    """The alleles with the position's own reference: bases that both have are added or taken at the end."""
    more = place.reference[len(call.reference) :]
    less = call.reference[len(place.reference) :]
    told = tuple(a + more if a and is_bases(a) else a for a in call.alleles)
    if any(a and is_bases(a) and not a.endswith(less) for a in told):
        return None
    return tuple(a[: len(a) - len(less)] if a and is_bases(a) else a for a in told)


def _agreed(place: Position, aligned: list[Aligned]) -> Genotype | bool | None:
    """One genotype of all calls; one of several lines that a variant with several alternates was cut into each."""
    if not aligned:
        return None
    by_alternates: dict[tuple[str, ...], set[tuple[str | None, ...]]] = {}
    for each in aligned:
        by_alternates.setdefault(each.call.alternates, set()).add(each.alleles)
    if any(len(said) > 1 for said in by_alternates.values()):
        return False
    if len(by_alternates) == 1:
        return _of_one(place, aligned[0])
    return _joined(place, aligned)


def _of_one(place: Position, aligned: Aligned) -> Genotype | bool | None:
    """Half a call of the reference is no call; half a call of a variant is kept, so that nothing is guessed."""
    if len(aligned.alleles) > 2:
        return False
    if not {*aligned.alleles} - {None, place.reference} and (None in aligned.alleles or len(aligned.alleles) < 2):
        return None
    first, second = (*(a or NOT_READ for a in aligned.alleles), NOT_READ)[:2]
    return Genotype(first, second, aligned.call.block)


def _joined(place: Position, aligned: list[Aligned]) -> Genotype | bool | None:
    """Lines with one alternate each, put together; strand by strand where they are phased alike."""
    if any(len(each.alleles) != 2 for each in aligned):
        return False
    blocks = {each.call.block for each in aligned}
    strands = [_others(place, strand) for strand in zip(*(each.alleles for each in aligned), strict=True)]
    if len(blocks) > 1 or None in blocks:
        both = [other for each in aligned for other in _others(place, each.alleles)]
        strands, blocks = [both[:1], both[1:]], {None}
    if any(len(strand) > 1 for strand in strands):
        return False
    if not any(strands) and any(None in each.alleles for each in aligned):
        return None
    first, second = (strand[0] if strand else place.reference for strand in strands)
    return Genotype(first, second, blocks.pop())


def _others(place: Position, alleles: Iterable[str | None]) -> list[str]:
    return [a for a in alleles if a not in (None, place.reference)]


def calls_by_chromosome(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[VariantCall]]:
    """Calls as the lake keeps them (silver.variant_call), by chromosome."""
    found: dict[str, list[VariantCall]] = {}
    for row in rows:
        found.setdefault(row["chromosome"], []).append(_call(row))
    return found


def _call(row: Mapping[str, Any]) -> VariantCall:
    return VariantCall(
        position=row["start_position"],
        end=row["end_position"],
        reference=row["reference_allele"],
        alternates=tuple(row.get("alternate_alleles") or ()),
        alleles=tuple(row.get("called_alleles") or ()),
        block=(row.get("phase_set") or "") if row.get("is_phased") else None,
        recorded=row.get(RECORDED) or "",
        has_passed=row["has_passed_filters"],
    )
