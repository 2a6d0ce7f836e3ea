"""Grades negation, temporality and experiencer, and times them: `python tests/benchmark/bench_context.py [--data DIR]`.

The rule program that comes with the sentences reports negation F1 0.946 (recall 0.959, precision 0.933) on all 2,376,
of which these are half. `held_out` is the fair figure. Run with PYTHONPATH=libs:.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import time
from pathlib import Path

from tests.support.negation_sample import Marked, accuracy, majority, marked_sentences, precision_recall_f1
from twinlake.clinical.context import sentences
from twinlake.clinical.note_mentions import mentions

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PUBLISHED = 0.946
REPEATS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description="Grade and time the context of mentions.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TWINLAKE_SHARED_DATA", SHARED)))
    data = parser.parse_args().data
    marked = marked_sentences(data)
    for half in ("tuned", "held_out"):
        grade(half, [m for m in marked if m.half == half])
    grade("all", marked)
    print(f"rules that come with it, all 2,376: negation F1 {PUBLISHED:.3f}")
    time_sentences(marked)
    time_notes(data / "notes_mts_dialog" / "MTS-Dialog-TrainingSet.csv.gz")


def grade(name: str, marked: list[Marked]) -> None:
    found = [(m, m.status()) for m in marked]
    precision, recall, f1 = precision_recall_f1([(m.is_negated, s.is_negated) for m, s in found], True)
    print(f"{name:<9}{len(marked):>6} sentences  negation P {precision:.3f} R {recall:.3f} F1 {f1:.4f}")
    when = [(m.temporality, s.temporality) for m, s in found]
    each = ", ".join(f"{kind} F1 {precision_recall_f1(when, kind)[2]:.3f}" for kind in ("historical", "hypothetical"))
    print(f"{'':<9}temporality accuracy {accuracy(when):.4f} (majority {majority(when):.4f}), {each}")
    who = [(m.experiencer, s.experiencer) for m, s in found]
    others = sum(gold == "other" for gold, _ in who)
    print(f"{'':<9}experiencer accuracy {accuracy(who):.4f} (majority {majority(who):.4f}), {others} not the patient")


def time_sentences(marked: list[Marked]) -> None:
    started = time.process_time()
    for _ in range(REPEATS):
        for m in marked:
            m.status()
    print(f"{REPEATS * len(marked) / (time.process_time() - started):,.0f} marked sentences a CPU second")


def time_notes(path: Path) -> None:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        texts = [row[column] for row in csv.DictReader(file) for column in ("section_text", "dialogue")]
    started = time.process_time()
    found = sum(len(mentions(text)) for text in texts)
    seconds = time.process_time() - started
    count, size = sum(1 for text in texts for _ in sentences(text)), sum(map(len, texts))
    print(f"{len(texts):,} notes, {count:,} sentences, {found:,} mentions: {count / seconds:,.0f} sentences a second, "
          f"{size / seconds / 1e6:.2f} million letters a CPU second")  # fmt: skip


if __name__ == "__main__":
    main()
