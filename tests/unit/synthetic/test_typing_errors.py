"""Typing errors, kind by kind."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

from twinlake.synthetic.typing_errors import mistyped

MADE = [mistyped("Robertson", random.Random(seed)) for seed in range(4000)]


def test_kinds_come_at_the_declared_rates():
    drawn = Counter(kind for kind, _ in MADE)
    expected = {"substitution": 0.59, "deletion": 0.16, "insertion": 0.10, "transposition": 0.02, "multiple": 0.13}
    assert drawn.keys() == expected.keys()
    assert all(abs(drawn[kind] / 4000 - rate) < 0.032 for kind, rate in expected.items())


def test_each_kind_does_to_the_letters_what_it_is_called():
    lengths = defaultdict(set)
    for kind, name in MADE:
        lengths[kind].add(len(name) - len("Robertson"))
    assert lengths == {"substitution": {0}, "deletion": {-1}, "insertion": {1}, "transposition": {0}, "multiple": {1}}
    exchanged = [name for kind, name in MADE if kind == "transposition"]
    assert all(sorted(name) == sorted("Robertson") and name != "Robertson" for name in exchanged)


def test_the_first_letter_is_right_and_a_name_of_one_letter_repeated_is_not_exchanged():
    assert all(name.startswith("R") for _, name in MADE)
    assert all(
        name == "aaa"
        for kind, name in (mistyped("aaa", random.Random(s)) for s in range(200))
        if kind == "transposition"
    )
