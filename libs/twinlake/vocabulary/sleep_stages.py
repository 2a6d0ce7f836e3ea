"""Stages of sleep in the words of watches: which are sleep and which are none.

A word is read as its small letters alone, without the name of Apple's type: `HKCategoryValueSleepAnalysisAsleepREM` and
`asleep REM` are both `asleeprem`. What begins with `asleep` is sleep, whichever. A word of neither list (`restless`,
`unmeasurable`) is counted as no sleep, and warned of.
"""

from __future__ import annotations

ASLEEP = ("light", "core", "deep", "rem")
AWAKE = ("awake", "wake")
IN_BED = ("inbed", "outofbed")
"""Where a person lies is told beside the stages, for hours at once, and is no sleep."""


def is_asleep(stage: str) -> str:
    """SQL of whether a column's stage is sleep; null where there is none."""
    return f"({_word(stage)} LIKE 'asleep%' OR {_among(stage, ASLEEP)})"


def is_known(stage: str) -> str:
    """SQL of whether somebody knows what a column's stage means; null where there is none."""
    return f"({is_asleep(stage)} OR {_among(stage, (*AWAKE, *IN_BED))})"


def is_of_bed(stage: str) -> str:
    """SQL of whether a column's stage only says whether a person lies in bed; null where there is none."""
    return _among(stage, IN_BED)


def _among(stage: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{_word(stage)} IN ({listed})"


def _word(stage: str) -> str:
    letters = f"regexp_replace(lower({stage}), '[^a-z]', '')"
    return f"regexp_replace({letters}, '^hkcategoryvaluesleepanalysis', '')"
