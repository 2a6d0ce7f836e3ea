"""Genomes as a laboratory reports them: a VCF of phased calls at the pharmacogenes' positions, and whose they are."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

from twinlake.synthetic.chance import chance
from twinlake.synthetic.chart import Chart
from twinlake.synthetic.shapes import Export as Base
from twinlake.vocabulary.pharmacogenes import PHARMACOGENES, Allele, Gene, Position

ROSTER = ("sample", "mrn", "given_name", "family_name", "birth_date", "sex")
MOST_SAMPLES = 24
HEAD = (
    "##fileformat=VCFv4.2\n##fileDate=20261001\n##reference=GRCh38\n"
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
)
GROUPS = ("EUR", "AFR", "EAS")
# Synthea's races as the groups of the 1000 Genomes Project; any other race is drawn as of Europe.
GROUP_OF = {"black": "AFR", "asian": "EAS"}
# Percent of an allele in GROUPS; the rest have the gene's *1. CYP2C19, CYP2C9, CYP4F2, SLCO1B1 and VKORC1: 1000 Genomes
# as told by Transl Clin Pharmacol 2021;29:135, table 2 (without CYP2C9*3, which it does not tell); CYP3A4 and CYP3A5:
# Zhou, Clin Pharmacol Ther 2017;102:688, table 5; TPMT and NUDT15: CPIC's guideline as told by PMC7708673, table 1.
PERCENT: Mapping[str, Mapping[str, tuple[float, float, float]]] = {
    "CYP2C19": {"*2": (14.51, 17.02, 31.25), "*3": (0, 0.23, 5.56), "*17": (22.37, 23.52, 1.49)},
    "CYP2C9": {"*2": (12.43, 0.83, 0.10), "*5": (0, 1.66, 0), "*11": (0.20, 2.42, 0)},
    "CYP3A4": {"*22": (5.0, 0, 0)},
    "CYP3A5": {"*3": (94.3, 18.0, 71.3), "*6": (0.3, 15.4, 0)},
    "CYP4F2": {"*3": (29.03, 8.25, 21.43)},
    "SLCO1B1": {"*5": (16.10, 1.36, 12.30)},
    "TPMT": {"*3A": (3.4, 0.8, 0), "*3C": (0.5, 2.4, 1.6), "*2": (0.2, 0.5, 0)},
    "NUDT15": {"*3": (0.2, 0, 6.1)},
    "VKORC1": {"rs9923231 variant (T)": (38.77, 5.45, 88.49)},
}


class Export(Base):
    """samples.csv and panel.vcf, of the first `MOST_SAMPLES` patients who came here."""

    def begin(self) -> None:
        self.write("samples.csv", ",".join(ROSTER).encode() + b"\n")
        self._genomes: dict[str, dict[str, tuple[Allele, Allele]]] = {}

    def add(self, chart: Chart) -> str | None:
        if len(self._genomes) == MOST_SAMPLES or not chart.rows("encounters"):
            return None
        sample = f"{self.silo.initials}-{self.silo.number('sample', chart.who.person, 12)}"
        self._genomes[sample] = genome(chart.patient["RACE"], chance(self.silo.seed, "genome", chart.who.truly))
        self.write_rows("samples.csv", ROSTER, [{"sample": sample, **roster_row(chart)}])
        return sample

    def finish(self) -> None:
        """Without a sample there is nothing to report, and a VCF of nobody would be refused."""
        if not self._genomes:
            return
        columns = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *self._genomes)
        calls = (_line(gene, place, self._genomes.values()) for gene in _drawn() for place in gene.positions)
        self.write("panel.vcf", "\n".join([HEAD + "\t".join(columns), *calls, ""]).encode())


def roster_row(chart: Chart) -> dict[str, str]:
    """Whom a laboratory or a platform was told of, as this hospital spells them."""
    who, patient = chart.who, chart.patient
    return {
        "mrn": who.mrn, "given_name": who.given_name, "family_name": who.family_name,
        "birth_date": patient["BIRTHDATE"], "sex": patient["GENDER"],
    }  # fmt: skip


def genome(race: str, luck: random.Random) -> dict[str, tuple[Allele, Allele]]:
    """Two alleles of each gene, drawn apart (Hardy and Weinberg); the same person has the same ones everywhere."""
    group = GROUPS.index(GROUP_OF.get(race, "EUR"))
    return {gene.name: (_allele(gene, group, luck), _allele(gene, group, luck)) for gene in _drawn()}


def _drawn() -> tuple[Gene, ...]:
    return tuple(PHARMACOGENES[name] for name in sorted(PERCENT))


def _allele(gene: Gene, group: int, luck: random.Random) -> Allele:
    named = {name: shares[group] for name, shares in PERCENT[gene.name].items()}
    common = "*1" if any(allele.name == "*1" for allele in gene.alleles) else gene.reference.name
    weights = [*named.values(), 100 - sum(named.values())]
    drawn = luck.choices([*named, common], weights)[0]
    return next(allele for allele in gene.alleles if allele.name == drawn)


def _line(gene: Gene, place: Position, genomes: Iterable[Mapping[str, tuple[Allele, Allele]]]) -> str:
    """A position: the place of each base among reference and others. `R`, where either base will do, is the first."""
    bases = [place.reference, *place.others]
    called = ["|".join(str(bases.index(_base(allele, place))) for allele in each[gene.name]) for each in genomes]
    fixed = (
        gene.chromosome,
        place.position,
        place.variant_id,
        place.reference,
        ",".join(place.others),
        ".",
        "PASS",
        ".",
    )
    return "\t".join([*map(str, fixed), "GT", *called])


def _base(allele: Allele, place: Position) -> str:
    told = allele.told.get(place.position, frozenset((place.reference,)))
    return place.reference if place.reference in told else min(told)
