"""A person's record made comparable, in SQL that DuckDB and Spark read alike, and the keys by which records meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unicodedata import normalize

from twinlake.declare.expressions import SEPARATOR
from twinlake.declare.identity import Identity, Placeholders

# Capitals without a mark that are no letter of A to Z, each as one that is: of Latin, of Cyrillic as ISO 9 has it with
# its marks left out, of Greek as ISO 843 has it, of two letters the first (but OU is spelt out).
LETTERS = dict(
    zip(
        "ĐŁØÐÞÆŒĦŦАБВГҐДЂЕЄЖЗЅИІЈКЛЉМНЊОПРСТЋУФХЦЧЏШЩЫЭЮЯӘҒҚҢӨҰҮҺΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
        "DLODTAOHTABVGGDDEEZZZIIJKLLMNNOPRSTCUFHCCDSSYEUAAGKNOUUHAVGDEZITIKLMNXOPRSTUFCPO",
        strict=True,
    )
)
# The blocks of Latin, Greek and Cyrillic: Unicode takes a capital apart into a letter and its marks.
BLOCKS = (range(0xC0, 0x250), range(0x370, 0x530), range(0x1E00, 0x2000))
FOLDED = {
    mark: LETTERS.get(letter, letter)
    for mark, letter in ((chr(n), normalize("NFD", chr(n))[0]) for block in BLOCKS for n in block)
    if (mark != letter and "A" <= letter <= "Z") or letter in LETTERS
}
ACCENTED, PLAIN = "".join(FOLDED), "".join(FOLDED.values())
# Marks that stand apart have no plain letter, nor have the hard and the soft sign: they are left out.
MARKS = "".join(map(chr, range(0x300, 0x370))) + "ЪЬ"
TAKEN = (
    "hospital",
    "system",
    "source_person_id",
    "given_name",
    "middle_name",
    "family_name",
    "maiden_name",
    "birth_date",
    "year_of_birth",
    "sex",
    "address_line",
    "city",
    "postal_code",
    "phone",
    "ssn",
    "licence_number",
    "passport_number",
    "mrn",
)
MISTYPED = ("given_name", "family_name", "phone", "ssn", "licence_number", "passport_number")
UNKNOWN_POSTAL_CODES = ("00000", "99999")
FIRST_GIVEN = "split_part(given_name, ' ', 1)"
UNKNOWN_BIRTHDAY = "01-01"  # what is written where only the year is known: far commoner than births on that day


def prepare_sql(identity: Identity, table: str, chosen: str = "*", carried: str = "") -> str:
    """A comparable record per source person, and its keys; unique_id sorts as (hospital, system, id) does.

    `chosen` of its columns, among them what is `carried` over from the table.
    """
    return f"""
SELECT {chosen} FROM (SELECT *, {", ".join(_hashes(identity))} FROM ({_whole_sql(identity, table, carried)}) AS whole)
AS keyed"""


def hash_columns(identity: Identity) -> Iterator[str]:
    """The names of a record's hashes, in order."""
    for key in identity.keys:
        yield from key.columns


def _hashes(identity: Identity) -> Iterator[str]:
    for key in identity.keys:
        for side, column in zip(key.sides, key.columns, strict=True):
            joined = f" || chr({ord(SEPARATOR)}) || ".join(side)
            known = " AND ".join(f"{name} IS NOT NULL" for name in side)
            yield f"CASE WHEN {known} THEN xxhash64({joined}) END AS {column}"


def _whole_sql(identity: Identity, table: str, carried: str) -> str:
    told = [f"{_folded(f'{name}_name')} AS told_{name}" for name in ("given", "middle", "family", "maiden")]
    unknown = ", ".join(f"'{code}'" for code in UNKNOWN_POSTAL_CODES)
    return f"""
SELECT {carried and "carried, "}unique_id, TRUE AS is_linkable, source, hospital,
    given_name, middle_name, family_name, maiden_name, sex, address_line, city,
    postal_code, phone, ssn, licence_number, passport_number, nullif(mrn, '') AS mrn,
    CASE WHEN birthday IS NOT NULL THEN birth_date END AS birth_date,
    coalesce(nickname.long_form, {FIRST_GIVEN}) AS given_root,
    {", ".join(f"array_join(array_sort(split({name}, '')), '') AS {name}_letters" for name in MISTYPED)},
    coalesce(substr(birth_date, 1, 4), year_text) AS birth_year,
    substr(birthday, 1, 2) AS birth_month, substr(birthday, 4, 2) AS birth_day
FROM (SELECT *, {", ".join(_names(identity.placeholders))} FROM (
    SELECT {carried and carried + " AS carried, "}{UNIQUE_ID} AS unique_id,
        {joined_sql("hospital", "system")} AS source, hospital, {", ".join(told)},
        CAST(birth_date AS STRING) AS birth_date,
        nullif(substr(CAST(birth_date AS STRING), 6), '{UNKNOWN_BIRTHDAY}') AS birthday,
        CAST(year_of_birth AS STRING) AS year_text,
        CASE WHEN sex <> 'unknown' THEN sex END AS sex,
        {_folded("address_line")} AS address_line, {_folded("city")} AS city,
        CASE WHEN postal_code NOT IN ({unknown}) THEN postal_code END AS postal_code,
        phone, ssn, licence_number, passport_number, replace(replace(upper(mrn), '-', ''), ' ', '') AS mrn
    FROM {table}
) AS plain) AS named LEFT JOIN {_nicknames_sql(identity)}"""


def _names(placeholders: Placeholders) -> Iterator[str]:
    """The names without what only stands for one."""
    given, family = placeholders.given, placeholders.family
    whole = ", ".join(f"'{name}'" for name in ("", *placeholders.whole))
    is_somebody = f"concat_ws(' ', told_given, told_family) NOT IN ({whole})"
    letters = ", ".join(f"nullif({_only(name, given, 1)}, '')" for name in ("told_given", "told_middle"))
    yield f"CASE WHEN {_only('told_given', given)} = '' AND {is_somebody} THEN told_given END AS given_name"
    yield f"CASE WHEN {_only('told_family', family)} = '' AND {is_somebody} THEN told_family END AS family_name"
    yield f"CASE WHEN {_only('told_maiden', family)} = '' THEN told_maiden END AS maiden_name"
    middle = f"CASE WHEN {_only('told_middle', given)} = '' THEN told_middle END"
    yield f"coalesce({letters}, {middle}) AS middle_name"


def _only(name: str, words: Sequence[str], group: int = 0) -> str:
    """The name if it is made of such words alone, of group 1 the letter behind them; else the empty text."""
    return f"regexp_extract({name}, '^(?:(?:{'|'.join(words)})(?:[ -]|$))+([A-H]?)$', {group})"


def joined_sql(*columns: str) -> str:
    """Names in one text, apart by a character that none of them has."""
    return f"concat({f', chr({ord(SEPARATOR)}), '.join(columns)})"


UNIQUE_ID = joined_sql("hospital", "system", "source_person_id")


def _folded(column: str) -> str:
    """Translating costs fifty times what looking does, and most texts are ASCII."""
    translated = f"translate(upper({column}), '{ACCENTED}{MARKS}', '{PLAIN}')"
    return f"CASE WHEN bit_length({column}) = 8 * length({column}) THEN upper({column}) ELSE {translated} END"


def _nicknames_sql(identity: Identity) -> str:
    """Short forms and what they stand for, to be joined: a CASE of so many words costs a pass over all for each row."""
    listed = ", ".join(f"('{short}', '{full}')" for short, full in sorted(identity.nicknames.items()))
    rows = (
        f"(VALUES {listed}) AS listed(short_form, long_form)"
        if listed
        else "(SELECT NULL AS short_form, NULL AS long_form)"
    )
    return f"(SELECT short_form, long_form FROM {rows}) AS nickname ON nickname.short_form = {FIRST_GIVEN}"
