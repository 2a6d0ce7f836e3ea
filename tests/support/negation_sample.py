"""The marked sentences of `negation_sentences` in two halves, by the hash of the sentence, and how to score on them.

The triggers were tuned on the half `tuned`; of the half `held_out` no error was looked at.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from twinlake.clinical.context import Status, status_in

TEMPORALITY = {"Recent": "recent", "Historical": "historical", "Not particular": "hypothetical"}


@dataclass(frozen=True)
class Marked:
    """A sentence with one marked concept, what is known of it, and its half."""

    concept: str
    sentence: str
    is_negated: bool
    temporality: str
    experiencer: str

    @property
    def half(self) -> str:
        words = " ".join(self.sentence.split()).lower()
        return ("tuned", "held_out")[hashlib.sha256(words.encode()).digest()[0] % 2]

    def status(self) -> Status:
        """Ours; a concept that does not stand in its sentence is affirmed, recent and the patient's."""
        words = re.compile(r"\s+".join(map(re.escape, self.concept.split())), re.IGNORECASE)
        places = list(words.finditer(self.sentence))
        # The marked one is in capitals.
        marked = [m for m in places if m[0].isupper()] or places
        return status_in(self.sentence, *marked[0].span()) if marked else Status()


def marked_sentences(data: Path) -> list[Marked]:
    with gzip.open(data / "negation_sentences" / "sentences.tsv.gz", "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines][1:]
    return [
        Marked(concept, sentence, negation == "Negated", TEMPORALITY[when], "patient" if who == "Patient" else "other")
        for _, concept, sentence, negation, when, who in rows
    ]


def precision_recall_f1(pairs: Iterable[tuple[object, object]], positive: object) -> tuple[float, float, float]:
    """Of (gold, found) pairs, for one answer; 0 where there is nothing to count."""
    seen = Counter((gold == positive, found == positive) for gold, found in pairs)
    hits = seen[True, True]
    found, gold = hits + seen[False, True], hits + seen[True, False]
    return hits / found if found else 0.0, hits / gold if gold else 0.0, 2 * hits / (found + gold) if hits else 0.0


def accuracy(pairs: list[tuple[object, object]]) -> float:
    return sum(gold == found for gold, found in pairs) / len(pairs)


def majority(pairs: list[tuple[object, object]]) -> float:
    """The accuracy of always giving the commonest answer."""
    return Counter(gold for gold, _ in pairs).most_common(1)[0][1] / len(pairs)
