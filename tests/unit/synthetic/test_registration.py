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
    ssn="999-10-1234",
)


def test_digits_leave_names():
    assert undigited("Hand679") == "Hand"


def test_slips_come_at_about_their_published_rates():
    changes = (change for seed in range(4000) for change in altered(PLAIN, random.Random(seed)).changes)
    drawn = Counter(change.partition(":")[0] for change in changes)
    expected = {"nickname": 0.05, "typo": 0.04, "moved": 0.08, "maiden name": 0.10, "middle name": 0.58, "ssn": 0.54}
    assert drawn.keys() == expected.keys()
    # Four binomial standard errors of 4,000 draws are 3.2 % at most.
    assert all(abs(drawn[slip] / 4000 - rate) < 0.032 for slip, rate in expected.items())


def test_a_short_name_is_spared_a_typo():
    assert registration._typo(replace(PLAIN, family_name="Li"), random.Random(1)).changes == ()


def test_a_name_without_a_nickname_is_shortened():
    assert registration._nickname(PLAIN, random.Random(1)).given_name == "Chris"
    assert registration._nickname(replace(PLAIN, given_name="Kathern"), random.Random(1)).given_name == "Kath"


def test_a_slip_that_changes_nothing_is_not_noted():
    assert registration._middle(replace(PLAIN, middle_name=""), random.Random(1)).changes == ()


def test_a_wrong_social_security_number_differs_in_one_digit():
    wrong = registration._ssn(PLAIN, random.Random(1))
    differing = [place for place in range(11) if wrong.ssn[place] != "999-10-1234"[place]]
    assert len(wrong.ssn) == 11 and len(differing) == 1 and wrong.changes == ("ssn",)
