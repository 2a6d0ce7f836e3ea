"""Blocks of classifications whose titles name the organs of one sex, or pregnancy: what a whole block says of sex.

ICD-10-CM 2024 tabular list and ICD-9-CM volume 1 and 3 (CMS): titles of blocks and three-character categories.
ICD-10-PCS: body systems U (female) and V (male reproductive) and section 1 (obstetrics). The breast is nobody's
alone, and is left out; so are CPT's headings, which nobody here has read.
"""

from __future__ import annotations

from collections.abc import Mapping


def _span(letter: str, first: int, last: int) -> tuple[str, ...]:
    width = 2 if letter else 3
    return tuple(f"{letter}{number:0{width}}" for number in range(first, last + 1))


ICD_10 = {
    "female": (
        *_span("C", 51, 58), "D06", *_span("D", 25, 28), "D39", *_span("N", 70, 77), *_span("N", 80, 98),
        *_span("O", 0, 99), "O9A", *_span("Q", 50, 52), *_span("Z", 33, 34), "Z3A", "Z36", "Z37", "Z39",
    ),
    "male": (*_span("C", 60, 63), "D29", "D40", *_span("N", 40, 53), *_span("Q", 53, 55)),
}  # fmt: skip
ICD_9 = {
    "female": (*_span("", 179, 184), *_span("", 218, 221), *_span("", 614, 679), "V22", "V23", "V24", "V27", "V28"),
    "male": (*_span("", 185, 187), "222", *_span("", 600, 608)),
}
CATEGORIES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    vocabulary: blocks for vocabulary, blocks in (("ICD10CM", ICD_10), ("ICD10", ICD_10), ("ICD9CM", ICD_9))
}
"""Vocabulary → sex → the first three characters of codes."""

PROCEDURES: Mapping[str, Mapping[str, str]] = {
    "ICD9Proc": {"female": "^(6[5-9]|7[0-5])", "male": "^6[0-4]"},
    "ICD10PCS": {"female": "^(0U|1)", "male": "^0V"},
}
"""Vocabulary → sex → what its codes begin with, as a regular expression."""
