"""What two alleles make together, by their functions (CPIC's diplotype-phenotype tables as of 2025-11-05, CC0)."""

from __future__ import annotations

METABOLISM = ("CYP2B6", "CYP2C19", "CYP2C9", "CYP3A4", "CYP3A5", "DPYD", "NUDT15", "TPMT", "UGT1A1")
NOT_KNOWN = ("uncertain", "unknown")

# CPIC's activity values; a gene that is not named has none.
ACTIVITY = {"normal": 1.0, "decreased": 0.5, "no": 0.0}
SCORED = ("CYP2C9", "DPYD")

_METABOLISER = {
    "poor": "Poor Metabolizer", "likely poor": "Likely Poor Metabolizer",
    "intermediate": "Intermediate Metabolizer", "likely intermediate": "Likely Intermediate Metabolizer",
    "possible intermediate": "Possible Intermediate Metabolizer", "normal": "Normal Metabolizer",
    "rapid": "Rapid Metabolizer", "ultrarapid": "Ultrarapid Metabolizer",
}  # fmt: skip
_TRANSPORTER = {
    "poor": "Poor Function", "decreased": "Decreased Function", "possible decreased": "Possible Decreased Function",
    "normal": "Normal Function", "increased": "Increased Function",
}  # fmt: skip
_LOSS = "no+no poor; no+normal intermediate; normal+normal normal"
_SCORE = (
    "no+no poor; decreased+no poor; decreased+decreased intermediate; no+normal intermediate; "
    "decreased+normal intermediate; normal+normal normal"
)
_PAIRS = {
    "CYP2B6": "no+no poor; decreased+no poor; decreased+decreased poor; no+normal intermediate; "
    "decreased+normal intermediate; increased+no intermediate; decreased+increased intermediate; normal+normal normal; "
    "increased+normal rapid; increased+increased ultrarapid",
    "CYP2C19": "no+no poor; decreased+no likely poor; decreased+decreased likely intermediate; no+normal intermediate; "
    "decreased+normal likely intermediate; increased+no intermediate; decreased+increased likely intermediate; "
    "normal+normal normal; increased+normal rapid; increased+increased ultrarapid",
    "CYP2C9": _SCORE,
    "CYP3A4": _LOSS + "; decreased+no poor; decreased+decreased poor; decreased+normal intermediate",
    "CYP3A5": _LOSS + "; normal+unknown possible intermediate",
    "DPYD": _SCORE,
    "NUDT15": _LOSS + "; no+uncertain possible intermediate",
    "TPMT": _LOSS + "; no+uncertain possible intermediate; no+unknown possible intermediate",
    "UGT1A1": "decreased+decreased poor; decreased+normal intermediate; decreased+increased intermediate; "
    "normal+normal normal; increased+normal normal; increased+increased normal",
    "ABCG2": "decreased+decreased poor; decreased+normal decreased; normal+normal normal",
    "SLCO1B1": "no+no poor; no+normal decreased; increased+no decreased; no+uncertain possible decreased; "
    "no+unknown possible decreased; normal+normal normal; increased+normal normal; increased+increased increased",
}
_WHOLE = {
    "CACNA1S": {
        "normal+normal": "Uncertain Susceptibility",
        "malignant hyperthermia+normal": "Malignant Hyperthermia Susceptibility",
        "malignant hyperthermia+malignant hyperthermia": "Malignant Hyperthermia Susceptibility",
    },
    "VKORC1": {
        "normal sensitivity+normal sensitivity": "-1639 GG",
        "higher sensitivity+normal sensitivity": "-1639 AG",
        "higher sensitivity+higher sensitivity": "-1639 AA",
    },
}
INDETERMINATE = "Indeterminate"


def _read(gene: str, text: str) -> dict[str, str]:
    words = _METABOLISER if gene in METABOLISM else _TRANSPORTER
    cut = [line.split() for line in text.split("; ")]
    return {pair: words[" ".join(word)] for pair, *word in cut}


PHENOTYPES: dict[str, dict[str, str]] = {gene: _read(gene, text) for gene, text in _PAIRS.items()} | _WHOLE


def phenotype_of(gene: str, first: str, second: str) -> str | None:
    """The phenotype of two functions; none where CPIC names none for the gene, or an allele has no function yet."""
    if gene not in PHENOTYPES or not (first and second):
        return None
    known = PHENOTYPES[gene].get("+".join(sorted((first, second))))
    return known or (INDETERMINATE if {first, second} & {*NOT_KNOWN} else None)


def activity_of(gene: str, first: str, second: str) -> float | None:
    """CPIC's activity score: the sum of two activity values."""
    if gene not in SCORED or not {first, second} <= ACTIVITY.keys():
        return None
    return ACTIVITY[first] + ACTIVITY[second]
