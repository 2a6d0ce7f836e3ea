"""declare/standardise.py in DuckDB's SQL, for person files that no Spark reads; a test proves their answers equal."""

from __future__ import annotations

from twinlake.declare.standardise import POSTCODE, ZIP_CODE, folded_letters


def upper(text: str) -> str:
    """Java's upper case writes ß as SS; DuckDB's keeps it."""
    return f"upper(replace({text}, 'ß', 'SS'))"


def line(text: str) -> str:
    """Upper case, single spaces, no accents."""
    letters = folded_letters()
    folded = f"translate({upper(text)}, '{''.join(letters)}', '{''.join(letters.values())}')"
    return f"nullif(trim(regexp_replace({folded}, '[ \\t\\n\\x0B\\f\\r]+', ' ', 'g')), '')"


def name_part(text: str) -> str:
    """A line of letters, spaces, hyphens and apostrophes."""
    quoted = f"regexp_replace({text}, '[\u2018\u2019\u02bc`]', '''', 'g')"
    return line(f"regexp_replace({quoted}, '[^\\p{{L}}\\p{{M}} ''\\-]', '', 'g')")


def digits(text: str) -> str:
    """Digits only, null where there are none or only zeros."""
    found = f"regexp_replace({text}, '[^0-9]', '', 'g')"
    return f"CASE WHEN regexp_matches({found}, '[1-9]') THEN {found} END"


def identifier(text: str) -> str:
    """Upper case letters and digits only."""
    return f"nullif(regexp_replace({upper(text)}, '[^A-Z0-9]', '', 'g'), '')"


def postal(text: str) -> str:
    """Any country's postcode as an identifier, a ZIP+4 by its five digits; zeros or letters alone are none."""
    zip_code = f"nullif(regexp_extract({text}, '{ZIP_CODE}', 1), '')"
    found = f"coalesce({zip_code}, {identifier(text)})"
    return f"CASE WHEN regexp_matches({found}, '{POSTCODE}') THEN {found} END"


def sex(text: str) -> str:
    """FHIR administrative gender from a word or its first letter."""
    letter = f"upper(substr(trim({text}), 1, 1))"
    return f"CASE {letter} WHEN 'M' THEN 'male' WHEN 'F' THEN 'female' WHEN 'O' THEN 'other' ELSE 'unknown' END"


def full_date(text: str, format: str | None) -> str:
    """The day as it was written, null where only a year or a month is known; of eight digits, HL7's YYYYMMDD."""
    if format is not None:
        return f"CAST(try_strptime({text}, '{format.replace(chr(39), '')}') AS DATE)"
    # DuckDB reads more as a day than ISO's, among it `infinity`.
    begins = f"regexp_extract(substr({text}, 1, 10), '^(\\d{{4}}-\\d\\d?-\\d\\d?)(?:[ T].*)?$', 1)"
    iso = f"CASE WHEN length({text}) >= 10 THEN try_cast({begins} AS DATE) END"
    return f"coalesce({iso}, CASE WHEN length({text}) = 8 THEN CAST(try_strptime({text}, '%Y%m%d') AS DATE) END)"


def year(text: str) -> str:
    """The year a text begins with."""
    return f"try_cast(CASE WHEN regexp_matches({text}, '^\\d{{4}}') THEN substr({text}, 1, 4) END AS INTEGER)"
