"""Slips of a typing hand, by kind at the rates of `rates.TYPOS`; the first letter is always right."""

from __future__ import annotations

import random
from collections.abc import Callable
from string import ascii_lowercase

from twinlake.synthetic.rates import TYPOS


def mistyped(text: str, luck: random.Random) -> tuple[str, str]:
    """The kind of error and the text with it; three letters or more."""
    kind = luck.choices(list(TYPOS), [rate.share for rate in TYPOS.values()])[0]
    return kind, _MADE[kind](text, luck)


def one_digit_wrong(number: str, luck: random.Random) -> str:
    """A number with one digit replaced by another; what has no digits stays."""
    places = [place for place, letter in enumerate(number) if letter.isdigit()]
    if not places:
        return number
    at = luck.choice(places)
    return number[:at] + luck.choice([digit for digit in "0123456789" if digit != number[at]]) + number[at + 1 :]


def _substitution(text: str, luck: random.Random) -> str:
    at = luck.randrange(1, len(text))
    other = luck.choice([letter for letter in ascii_lowercase if letter != text[at].lower()])
    return text[:at] + other + text[at + 1 :]


def _deletion(text: str, luck: random.Random) -> str:
    at = luck.randrange(1, len(text))
    return text[:at] + text[at + 1 :]


def _insertion(text: str, luck: random.Random) -> str:
    at = luck.randrange(1, len(text) + 1)
    return text[:at] + luck.choice(ascii_lowercase) + text[at:]


def _transposition(text: str, luck: random.Random) -> str:
    """Two unlike neighbours change places; where all are alike, there is nothing to exchange."""
    places = [at for at in range(1, len(text) - 1) if text[at] != text[at + 1]]
    if not places:
        return text
    at = luck.choice(places)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _multiple(text: str, luck: random.Random) -> str:
    return _substitution(_insertion(text, luck), luck)


_MADE: dict[str, Callable[[str, random.Random], str]] = {
    "substitution": _substitution,
    "deletion": _deletion,
    "insertion": _insertion,
    "transposition": _transposition,
    "multiple": _multiple,
}
