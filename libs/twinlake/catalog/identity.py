"""Who is who: the network's one declared model of identity.

What it cannot tell: twins whose given names differ by a letter and whose middle names and sex agree, or who are
registered under one SSN (newborns under their mother's), for it passes for a given name that was changed; a person who
changed given name and moved, without an identifier; two strangers of one common name born the same day in one town;
a nameless record from a relative's that bears the same SSN or address; a namesake child under a parent's SSN, where
one record tells no birth date, or the two have no sex, middle name or phone to compare.
Error rates behind the choices: Just et al., Perspectives in Health Information Management 2016 (middle name differs
in 58 %, SSN in 54 % of confirmed duplicates), so neither may carry or forbid a link by itself. The figures of
`chance_at_least` and the thresholds are judgements, not published: the thresholds and the evidence were settled on the
sets of tests/benchmark/bench_linkage.py that are not said to be held out. Hospitals give an MRN again, so it speaks
only beside both names, and only within its hospital.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from twinlake.catalog.identity_comparisons import (
    address,
    birth_date,
    family_name,
    given_name,
    licence_number,
    middle_name,
    mrn,
    passport_number,
    phone,
    sex,
    ssn,
)
from twinlake.catalog.identity_nicknames import NICKNAMES
from twinlake.catalog.identity_placeholders import PLACEHOLDERS
from twinlake.declare.identity import MISSING, BlockingRule, Evidence, Identity, Shared, Survivor
from twinlake.declare.identity_weights import read_weights

WEIGHTS = Path(__file__).with_name("identity_weights.json")

ALIKE = ("same", "nickname", "swapped")
MISTYPED = (*ALIKE, "swapped_mistyped", "one_edit", "two_edits", "beginning")
BORN = birth_date.agreeing
BORN_ON_DAY = tuple(level for level in BORN if level != "same_year_only")
FAMILY = family_name.agreeing
ONE_SEX = {"sex": ("same", MISSING)}
NO_TWIN = {**ONE_SEX, "middle_name": ("same", "initial", MISSING)}
# Of a file without sex, middle name and phone: a hospital, which may file a child under the parent's SSN, tells more.
NOTHING_ELSE = {"sex": (MISSING,), "middle_name": (MISSING,), "phone": (MISSING,)}

EVIDENCE = (
    Evidence("given name and birth date", {"given_name": ALIKE, "birth_date": BORN_ON_DAY}),
    Evidence(
        "given name as mistyped, family name and birth date",
        {"given_name": MISTYPED, "family_name": FAMILY, "birth_date": BORN_ON_DAY, **NO_TWIN},
    ),
    *(
        Evidence(
            f"names, year of birth and {reached.words}",
            {
                "given_name": MISTYPED,
                "family_name": FAMILY,
                "birth_date": ("same_year_only",),
                reached.name: reached.agreeing,
                **NO_TWIN,
            },
        )
        for reached in (address, phone)
    ),
    Evidence(
        "given name as mistyped, birth date and SSN",
        {"given_name": MISTYPED, "birth_date": (*BORN, "near_in_year"), "ssn": ("same",), **ONE_SEX},
    ),
    Evidence(
        "names and SSN, no birth date",
        {"given_name": ALIKE, "family_name": FAMILY, "birth_date": (MISSING,), "ssn": ("same",), **ONE_SEX},
    ),
    Evidence(
        "given name, address and SSN, no birth date",
        {
            "given_name": ALIKE,
            "address": address.agreeing,
            "birth_date": (MISSING,),
            "ssn": ("same",),
            **ONE_SEX,
        },
    ),
    Evidence(
        "names, place and SSN; the birth date may be wrong, and nothing could tell a namesake",
        {
            "given_name": (*ALIKE, "swapped_mistyped", "one_edit"),
            "family_name": FAMILY,
            "address": (*address.agreeing, "street", "postal_code", "city"),
            "ssn": ("same",),
            **NOTHING_ELSE,
        },
        across_hospitals=True,
    ),
    Evidence(
        "given name, address and SSN; the birth date may be wrong, and nothing could tell a namesake",
        {"given_name": ALIKE, "address": address.agreeing, "ssn": ("same",), **NOTHING_ELSE},
        across_hospitals=True,
    ),
    Evidence("names and licence", {"given_name": MISTYPED, "family_name": FAMILY, "licence_number": ("same",)}),
    Evidence("names and passport", {"given_name": MISTYPED, "family_name": FAMILY, "passport_number": ("same",)}),
    Evidence(
        "names and MRN of one hospital",
        {"given_name": MISTYPED, "family_name": FAMILY, "mrn": ("same",), **ONE_SEX},
    ),
    Evidence(
        "names, postcode and a mistyped SSN",
        {
            "given_name": ALIKE,
            "family_name": FAMILY,
            "address": (*address.agreeing, "postal_code"),
            "birth_date": (*BORN, "near_in_year", MISSING),
            "ssn": ("one_edit",),
            **NO_TWIN,
        },
    ),
    Evidence(
        "names and address, the day and month of birth mistyped",
        {
            "given_name": ALIKE,
            "family_name": FAMILY,
            "address": address.agreeing,
            "birth_date": ("near_in_year",),
            **NO_TWIN,
        },
    ),
    # Within a hospital these are newborn twins, both under their mother's SSN.
    Evidence(
        "birth date and SSN; the given name was changed, or is wrong",
        {"birth_date": BORN, "ssn": ("same",), "family_name": FAMILY, **NO_TWIN},
        across_hospitals=True,
    ),
    Evidence(
        "birth date, SSN and street or postcode; both names are wrong or were changed",
        {
            "birth_date": BORN,
            "ssn": ("same",),
            "address": (*address.agreeing, "street", "postal_code"),
            **NO_TWIN,
        },
        across_hospitals=True,
    ),
    Evidence("birth date, SSN and licence", {"birth_date": BORN, "ssn": ("same",), "licence_number": ("same",)}),
    Evidence("birth date, SSN and passport", {"birth_date": BORN, "ssn": ("same",), "passport_number": ("same",)}),
)

BLOCKING = (
    BlockingRule("birth date and family name", ("birth_date", "family_name")),
    BlockingRule("birth date and given name", ("birth_date", "given_root")),
    BlockingRule("given name, family name and year of birth", ("given_root", "family_name", "birth_year")),
    BlockingRule("given name, family name and town", ("given_root", "family_name", "city")),
    BlockingRule("given name, family name and postcode", ("given_root", "family_name", "postal_code")),
    BlockingRule("exchanged names", ("birth_date",), (("given_name", "family_name"),)),
    BlockingRule("SSN", ("ssn",)),
    BlockingRule("driving licence", ("licence_number",)),
    BlockingRule("passport", ("passport_number",)),
    BlockingRule("MRN of one hospital", ("hospital", "mrn")),
    BlockingRule("phone and given name", ("phone", "given_root")),
    BlockingRule("birth date and address", ("birth_date", "address_line")),
    BlockingRule("address and given name", ("address_line", "given_root")),
    BlockingRule("address and family name", ("address_line", "family_name")),
    BlockingRule("birth date and postcode", ("birth_date", "postal_code")),
    BlockingRule("given name, postcode and year of birth", ("given_root", "postal_code", "birth_year")),
    BlockingRule("family name, postcode and year of birth", ("family_name", "postal_code", "birth_year")),
)

# Judgements: one of these numbers is one person's, or a family's; births fall on a day 27 in a million persons alive.
SHARED = (
    Shared("SSN", "ssn", most=20),
    Shared("driving licence", "licence_number", most=20),
    Shared("passport", "passport_number", most=20),
    Shared("phone", "phone", most=50),
    Shared("MRN of one hospital", "mrn", most=20, within=("hospital",)),
    Shared("birth date", "birth_date", most=5000, also=("birth_year", "birth_month", "birth_day")),
)

SURVIVORSHIP = (
    # Who knows the year alone often writes its first day.
    Survivor(("birth_date", "year_of_birth"), "most_common", doubtful="cast(birth_date AS string) LIKE '%-01-01'"),
    Survivor(("sex",), "most_common", ignoring=("unknown",)),
    Survivor(("race_source_value",), "latest"),
    Survivor(("ethnicity_source_value",), "latest"),
    Survivor(("marital_status",), "latest"),
    Survivor(("death_date",), "earliest"),
    Survivor(("address_line", "city", "state", "postal_code"), "latest"),
)

model = Identity(
    version="2",
    one_in=1_000_000,
    blocking=BLOCKING,
    comparisons=(
        given_name,
        family_name,
        middle_name,
        birth_date,
        sex,
        address,
        phone,
        ssn,
        licence_number,
        passport_number,
        mrn,
    ),
    evidence=EVIDENCE,
    automatic=7.0,
    automatic_within_source=13.0,
    review=0.0,
    survivorship=SURVIVORSHIP,
    nicknames=NICKNAMES,
    shared=SHARED,
    placeholders=PLACEHOLDERS,
)


@cache
def identity() -> Identity:
    """The model with its trained weights; apart from `model`, so that training can read what it is to train."""
    return replace(model, weights=read_weights(WEIGHTS))
