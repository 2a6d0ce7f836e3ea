"""Slips at the registration desk, one by one."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from twinlake.synthetic import registration
from twinlake.synthetic.registration import Registration, altered, undigited

PLAIN = Registration(
    truly="p",
    person="p",
    hospital="h",
    source_person_id="s",
    mrn="1",
    given_name="Christopher",
    middle_name="Ann",
    family_name="Robertson",
    maiden_name="Born",
    address_line="1 Main St",
    city="Boston",
    postal_code="02118",
)


def test_digits_leave_names():
    assert undigited("Hand679") == "Hand"


def test_slips_come_at_about_their_published_rates():
    drawn = Counter(change for seed in range(4000) for change in altered(PLAIN, random.Random(seed)).changes)
    expected = {"nickname": 0.05, "typo": 0.04, "moved": 0.08, "maiden name": 0.10, "no middle name": 0.15}
    assert drawn.keys() == expected.keys()
    assert all(abs(drawn[slip] / 4000 - rate) < 0.015 for slip, rate in expected.items())


def test_a_typo_swaps_two_letters_and_a_short_name_is_spared():
    typo = registration._typo(PLAIN, random.Random(1))
    assert sorted(typo.family_name) == sorted("Robertson") and typo.family_name != "Robertson"
    assert registration._typo(replace(PLAIN, family_name="Li"), random.Random(1)).changes == ()


def test_a_name_without_a_nickname_is_shortened():
    assert registration._nickname(PLAIN, random.Random(1)).given_name == "Chris"
    assert registration._nickname(replace(PLAIN, given_name="Kathern"), random.Random(1)).given_name == "Kath"


def test_a_slip_that_changes_nothing_is_not_noted():
    assert registration._no_middle(replace(PLAIN, middle_name=""), random.Random(1)).changes == ()
