"""What two records are compared by, and the levels of likeness of each."""

from __future__ import annotations

import re

from twinlake.declare.identity import Comparison, Level


def one_edit(column: str, least_length: int) -> Level:
    """Values of some length that differ by one character typed, left out or added, or by two exchanged."""
    condition = _one_edit(f"{column}_l", f"{column}_r", least_length)
    return Level("one_edit", "is one letter off, or has two exchanged", condition)


def two_edits(column: str, least_length: int) -> Level:
    """As one_edit, with two characters, wherever they stand."""
    left, right = f"{column}_l", f"{column}_r"
    return Level(
        "two_edits",
        "is two letters off",
        f"{_long(left, right, least_length)} AND levenshtein({left}, {right}) <= 2",
    )


def _one_edit(left: str, right: str, least_length: int) -> str:
    """Two exchanged characters are two edits that leave the letters what they were."""
    exchanged = f"levenshtein({left}, {right}) = 2 AND length({left}) = length({right})"
    letters = f"{left[:-2]}_letters{left[-2:]} = {right[:-2]}_letters{right[-2:]}"
    return f"{_long(left, right, least_length)} AND (levenshtein({left}, {right}) <= 1 OR ({letters} AND {exchanged}))"


def _long(left: str, right: str, least_length: int) -> str:
    """Of some length, and ASCII: of other texts DuckDB's levenshtein counts bytes and Spark's letters."""
    ascii_only = f"bit_length({left}) + bit_length({right}) = 8 * (length({left}) + length({right}))"
    return f"least(length({left}), length({right})) >= {least_length} AND {ascii_only}"


def _same(column: str) -> Level:
    return Level("same", "is the same", f"{column}_l = {column}_r")


def _absent(column: str) -> str:
    return f"{column}_l IS NULL OR {column}_r IS NULL"


def _either(condition: str) -> str:
    """The condition, or the same with left and right exchanged."""
    mirrored = re.sub(r"_([lr])\b", lambda side: "_r" if side[1] == "l" else "_l", condition)
    return f"({condition}) OR ({mirrored})"


def _begins(long: str, short: str) -> str:
    return _either(f"substr({long}, 1, length({short})) = {short}")


SWAPPED = Level(
    "swapped", "is exchanged with the other name", "given_name_l = family_name_r AND family_name_l = given_name_r"
)
SWAPPED_MISTYPED = Level(
    "swapped_mistyped",
    "is exchanged with the other name, one of them a letter off",
    _either(f"given_name_l = family_name_r AND {_one_edit('family_name_l', 'given_name_r', 4)}"),
)

# An initial is many a name's: it tells two people apart, but nobody by it.
SAME_INITIAL = (
    "least(length(given_name_l), length(given_name_r)) = 1 AND substr(given_name_l, 1, 1) = substr(given_name_r, 1, 1)"
)

given_name = Comparison(
    name="given_name",
    words="given name",
    missing=f"{_absent('given_name')} OR ({SAME_INITIAL})",
    levels=(
        _same("given_name"),
        Level(
            "nickname",
            "is a short form, or its first part alone",
            "given_root_l = given_root_r AND NOT (instr(given_name_l, ' ') > 0 AND instr(given_name_r, ' ') > 0)",
        ),
        SWAPPED,
        SWAPPED_MISTYPED,
        one_edit("given_name", 3),
        two_edits("given_name", 6),
        Level("beginning", "begins alike", _begins("given_name_l", "given_name_r")),
    ),
    chance_at_least=1 / 250,
    frequency="given_name",
)

family_name = Comparison(
    name="family_name",
    words="family name",
    missing=_absent("family_name"),
    levels=(
        _same("family_name"),
        Level("maiden", "is the other's maiden name", _either("family_name_l = maiden_name_r")),
        SWAPPED,
        SWAPPED_MISTYPED,
        one_edit("family_name", 4),
        two_edits("family_name", 6),
        Level("part", "is one part of a double name", _begins("family_name_l", "family_name_r || '-'")),
    ),
    chance_at_least=1 / 1000,
    frequency="family_name",
)

middle_name = Comparison(
    name="middle_name",
    words="middle name",
    missing=_absent("middle_name"),
    levels=(
        _same("middle_name"),
        Level("initial", "has the initial", "substr(middle_name_l, 1, 1) = substr(middle_name_r, 1, 1)"),
    ),
    chance_at_least=1 / 100,
)

birth_date = Comparison(
    name="birth_date",
    words="birth date",
    missing=_absent("birth_year"),
    levels=(
        _same("birth_date"),
        Level(
            "transposed",
            "has day and month, or two digits, exchanged",
            "(birth_year_l = birth_year_r AND birth_month_l = birth_day_r AND birth_day_l = birth_month_r)"
            " OR (birth_year_l = birth_year_r AND birth_month_l = birth_month_r AND birth_day_l = reverse(birth_day_r))"
            " OR (substr(birth_year_l, 1, 2) = substr(birth_year_r, 1, 2) AND birth_month_l = birth_month_r"
            " AND birth_day_l = birth_day_r AND substr(birth_year_l, 3, 2) = reverse(substr(birth_year_r, 3, 2)))",
        ),
        Level(
            "one_digit",
            "is one digit off, within ten years",
            "levenshtein(birth_date_l, birth_date_r) <= 1 AND substr(birth_year_l, 1, 3) = substr(birth_year_r, 1, 3)",
        ),
        Level(
            "same_year_only",
            "is the same year, the day not being known",
            f"birth_year_l = birth_year_r AND ({_absent('birth_date')})",
        ),
        Level(
            "near_in_year",
            "is two digits off, within the year",
            "birth_year_l = birth_year_r AND levenshtein(birth_date_l, birth_date_r) <= 2",
            agrees=False,
        ),
        Level("near", "is two digits off", "levenshtein(birth_date_l, birth_date_r) <= 2", agrees=False),
        Level("same_year", "is in the same year", "birth_year_l = birth_year_r", agrees=False),
    ),
    chance_at_least=1 / 30_000,
)

sex = Comparison("sex", "sex", _absent("sex"), (_same("sex"),), chance_at_least=0.5)

SAME_TOWN = f"(city_l = city_r OR ({_long('city_l', 'city_r', 5)} AND levenshtein(city_l, city_r) <= 1))"
SAME_PLACE = f"({SAME_TOWN} OR postal_code_l = postal_code_r)"
SAME_NUMBER = "split_part(address_line_l, ' ', 1) = split_part(address_line_r, ' ', 1)"
NEAR_LINE = f"{_long('address_line_l', 'address_line_r', 8)} AND levenshtein(address_line_l, address_line_r) <= 3"
address = Comparison(
    name="address",
    words="address",
    missing=f"({_absent('address_line')}) AND ({_absent('city')}) AND ({_absent('postal_code')})",
    levels=(
        Level("same", "is the same", f"address_line_l = address_line_r AND {SAME_PLACE}"),
        Level(
            "near",
            "has the same number, and the street but for three letters",
            f"{SAME_NUMBER} AND {NEAR_LINE} AND {SAME_PLACE}",
        ),
        Level("line", "has the same street and number", "address_line_l = address_line_r"),
        Level("street", "has another number in the street", f"{NEAR_LINE} AND {SAME_PLACE}", agrees=False),
        Level("postal_code", "has the same postcode", "postal_code_l = postal_code_r", agrees=False),
        Level("city", "is in the same town", SAME_TOWN, agrees=False),
    ),
    chance_at_least=1e-5,
)

phone = Comparison("phone", "phone", _absent("phone"), (_same("phone"), one_edit("phone", 7)), chance_at_least=1e-5)


def _identifier(name: str, words: str) -> Comparison:
    return Comparison(name, words, _absent(name), (_same(name), one_edit(name, 6)), chance_at_least=1e-6)


ssn = _identifier("ssn", "SSN")
licence_number = _identifier("licence_number", "driving licence")
passport_number = _identifier("passport_number", "passport")

mrn = Comparison(
    name="mrn",
    words="medical record number of one hospital",
    missing=f"hospital_l <> hospital_r OR {_absent('mrn')}",
    levels=(_same("mrn"),),
    chance_at_least=1e-4,
)
