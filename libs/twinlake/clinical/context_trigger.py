"""What a trigger is: a phrase that says something of the mentions before or after it (Chapman 2001, Harkema 2009)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

NEGATED, POSSIBLE, HISTORICAL, HYPOTHETICAL, OTHER = "negated", "possible", "historical", "hypothetical", "other"
AFFIRMED = "affirmed"
SAYS = (NEGATED, POSSIBLE, HISTORICAL, HYPOTHETICAL, OTHER)
# A phrase that only looks like a trigger, and one that ends the reach of those before it.
PSEUDO, STOP = "pseudo", "stop"
AFTER, BEFORE, AROUND, WITHIN = "after", "before", "around", "within"


# A letter or digit of a script that puts spaces between words: 否认HIV has the word HIV.
_LETTER = r"[^\W_\u3400-\u9fff]"
LAST = "$"
# What stands right behind a word, and begins a phrase.
_AFTER_A_WORD = (":", "(")
_END_OF_CLAUSE = r"(?=[^\S\n]*(?:[\n,.;)/|]|\Z))"
_LAST = re.compile(_END_OF_CLAUSE)


@dataclass(frozen=True)
class Trigger:
    """A phrase, what it `says`, and where the mentions stand that it says it of.

    `words` bounds its reach, and `comma`: True, it says it of what stands beyond one, False, of what stands before; a
    STOP ends the statements that say, or reach, what it `ends`. A phrase that ends in `$` is the last of its clause, as
    an answer is (`Fever: no, cough: yes`), and there hides the same phrase without it.
    """

    phrase: str
    says: str
    reach: str = AFTER
    words: int | None = None
    comma: bool | None = None
    ends: tuple[str, ...] = ()


def triggers(phrases: str, says: str, reach: str = AFTER, **rest: object) -> Iterator[Trigger]:
    """A trigger for each spelling of each phrase of the list; `{a|b|}` stands for any of its parts."""
    for each in phrases.split(","):
        yield from (Trigger(phrase, says, reach, **rest) for phrase in spellings(each))  # type: ignore[arg-type]


def spellings(pattern: str) -> list[str]:
    """`{no|without} {clear |}sign` → no clear sign, no sign, without clear sign, without sign."""
    pieces = enumerate(re.split(r"[{}]", pattern))
    parts = [[part.strip("\n") for part in piece.split("|")] if n % 2 else [piece] for n, piece in pieces]
    return sorted({" ".join("".join(chosen).split()) for chosen in product(*parts)} - {""})


def finder(phrases: Iterable[str]) -> re.Pattern[str]:
    """Finds the longest phrase at each place in small letters, whole words where a script puts spaces between them."""
    listed = sorted({*phrases})
    unspaced = [p for p in listed if is_unspaced(p)]
    answers = [p for p in listed if p.startswith(_AFTER_A_WORD) and p not in unspaced]
    spaced = [p for p in listed if p not in unspaced and p not in answers]
    sides = []
    if answers:
        sides.append(rf"{_trie(answers)}(?!{_LETTER})")
    if spaced:
        sides.append(rf"(?<!{_LETTER}){_trie(spaced)}(?!{_LETTER})")
    if unspaced:
        sides.append(_trie(unspaced))
    return re.compile("|".join(sides))


def is_last(sentence: str, end: int) -> bool:
    """Whether nothing of its clause follows a phrase that ends there."""
    return bool(_LAST.match(sentence, end))


def is_unspaced(text: str) -> bool:
    """Whether a phrase needs no spaces around it: punctuation, and scripts that put none between words (Han)."""
    return any("\u3400" <= letter <= "\u9fff" for letter in text) or not any(map(str.isalnum, text))


def small(text: str) -> str:
    """Small letters, as many as there were."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def key_of(words: str) -> str:
    """What was found, as the phrase is written in its list."""
    return " ".join(small(words).replace("\u2019", "'").split())


def _trie(phrases: Iterable[str]) -> str:
    tree: dict[str, dict] = {}
    for phrase in phrases:
        node = tree
        for letter in phrase:
            node = node.setdefault(letter, {})
        node[""] = {}
    return _branches(tree)


def _branches(node: Mapping[str, dict]) -> str:
    """A regular expression of a trie; the ends of phrases come last, so that the longest wins."""
    parts = [_letter(letter) + _branches(node[letter]) for letter in sorted(node, reverse=True) if letter]
    if not parts:
        return ""
    body = parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
    return f"(?:{body})?" if "" in node else body


def _letter(letter: str) -> str:
    if letter == " ":
        return r"\s+"
    if letter == LAST:
        return _END_OF_CLAUSE
    return "['\u2019]" if letter == "'" else re.escape(letter)
