"""Texts and times as every source writes them: the same person must not differ by spelling, nor an hour by its zone."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

from pyspark.sql import Column
from pyspark.sql import functions as F

from twinlake.declare.expressions import one_of

# Accented letters of Latin-1 and Latin Extended-A, so that a silo that lost its accents still matches.
_ACCENTED = [chr(n) for n in range(0xC0, 0x180)]
# Five digits, of which four more are a part of the town; other countries' go on with a hyphen and less, or with digits.
ZIP_CODE = r"^[ \t]*(\d{5})(?:[- ]?\d{4})?(?:[ \t]*$|[ \t]+[^-\d \t]|[^-\d \t])"
POSTCODE = "[1-9]|[A-Z].*0|0.*[A-Z]"
_FOLDED = {a: unicodedata.normalize("NFD", a)[0] for a in _ACCENTED if len(unicodedata.normalize("NFD", a)) > 1}

# United States Postal Service, Publication 28, appendix B.
_STATES = """
ALABAMA AL, ALASKA AK, ARIZONA AZ, ARKANSAS AR, CALIFORNIA CA, COLORADO CO, CONNECTICUT CT, DELAWARE DE,
DISTRICT OF COLUMBIA DC, FLORIDA FL, GEORGIA GA, HAWAII HI, IDAHO ID, ILLINOIS IL, INDIANA IN, IOWA IA, KANSAS KS,
KENTUCKY KY, LOUISIANA LA, MAINE ME, MARYLAND MD, MASSACHUSETTS MA, MICHIGAN MI, MINNESOTA MN, MISSISSIPPI MS,
MISSOURI MO, MONTANA MT, NEBRASKA NE, NEVADA NV, NEW HAMPSHIRE NH, NEW JERSEY NJ, NEW MEXICO NM, NEW YORK NY,
NORTH CAROLINA NC, NORTH DAKOTA ND, OHIO OH, OKLAHOMA OK, OREGON OR, PENNSYLVANIA PA, RHODE ISLAND RI,
SOUTH CAROLINA SC, SOUTH DAKOTA SD, TENNESSEE TN, TEXAS TX, UTAH UT, VERMONT VT, VIRGINIA VA, WASHINGTON WA,
WEST VIRGINIA WV, WISCONSIN WI, WYOMING WY, AMERICAN SAMOA AS, GUAM GU, NORTHERN MARIANA ISLANDS MP, PUERTO RICO PR,
VIRGIN ISLANDS VI
"""


def folded_letters() -> dict[str, str]:
    """Accented letter → the plain one that stands for it."""
    return dict(_FOLDED)


@cache
def states() -> dict[str, str]:
    """Name of a state of the USA → its two letters."""
    names = " ".join(_STATES.split()).split(", ")
    return {name[:-3]: name[-2:] for name in names}


def present(text: Column) -> Column:
    """Null where the text is empty or blank."""
    return F.when(F.trim(text) != "", text)


def line(text: Column) -> Column:
    """Upper case, single spaces, no accents: for an address or a city."""
    folded = F.translate(F.upper(text), "".join(_FOLDED), "".join(_FOLDED.values()))
    return present(F.trim(F.regexp_replace(folded, r"\s+", " ")))


def name_part(text: Column) -> Column:
    """A name for linkage: a `line` of letters, spaces, hyphens and apostrophes (`Hand679` is HAND)."""
    letters = F.regexp_replace(F.regexp_replace(text, "[\u2018\u2019\u02bc`]", "'"), r"[^\p{L}\p{M} '\-]", "")
    return line(letters)


def digits(text: Column) -> Column:
    """Digits only, null where there are none or only zeros (a phone, a social security number)."""
    found = F.regexp_replace(text, "[^0-9]", "")
    return F.when(found.rlike("[1-9]"), found)


def identifier(text: Column) -> Column:
    """Upper case letters and digits only (a licence, a passport)."""
    return present(F.regexp_replace(F.upper(text), "[^A-Z0-9]", ""))


def postal(text: Column) -> Column:
    """Any country's postcode as an identifier, a ZIP+4 by its five digits; zeros or letters alone are none."""
    zip_code = F.regexp_extract(text, ZIP_CODE, 1)
    found = F.when(zip_code != "", zip_code).otherwise(identifier(text))
    return F.when(found.rlike(POSTCODE), found)


def state(text: Column) -> Column:
    """A state of the USA by its two letters, any other place as a `line`."""
    return F.coalesce(one_of(states(), line(text)), line(text))


def sex(text: Column) -> Column:
    """FHIR administrative gender from a word or its first letter; anything else is unknown."""
    letter = F.upper(F.substring(F.trim(text), 1, 1))
    return F.when(letter == "M", "male").when(letter == "F", "female").when(letter == "O", "other").otherwise("unknown")


@dataclass(frozen=True)
class Instant:
    """A moment, UTC, and what the clock on the wall leaves open about it: `time_quality`, null for nothing."""

    utc: Column
    quality: Column


def instant(text: Column) -> Instant:
    """A date or time as UTC; a part of a date is its first day, and a day its midnight there.

    A time without a zone is the clock on the hospital's wall (`time_zone`, beside each record): where that clock was
    turned back the earlier of both moments is meant (`overlap`), and a time it skipped is read as if it had not been
    turned (`gap`). Years are 0001 to 9999, as in ISO 8601: Spark reads others too, and nobody else could.
    """
    text = F.when(text.rlike(r"^\s*(?!0000)\d{4}(-|\s*$)"), text)
    is_zoned = text.rlike(r"(Z|[+-]\d\d:?\d\d)$")
    whole = (
        F.when(F.length(text) == 4, F.concat(text, F.lit("-01-01T00:00:00Z")))
        .when(F.length(text) == 7, F.concat(text, F.lit("-01T00:00:00Z")))
        .when(F.length(text) == 10, F.concat(text, F.lit("T00:00:00Z")))
        .when(is_zoned, text)
    )
    # A zone behind a zone would be no time either, but found out by an exception for each row.
    wall = F.when((F.length(text) > 10) & ~is_zoned, F.concat(text, F.lit("Z"))).try_cast("timestamp")
    zone = F.coalesce("time_zone", F.lit("UTC"))
    local = F.to_utc_timestamp(wall, zone)
    return Instant(F.coalesce(local, whole.try_cast("timestamp")), _left_open(wall, local, zone))


def _left_open(wall: Column, utc: Column, zone: Column) -> Column:
    """Whether the clock that should show `wall` at `utc` never does, or does so again once it is turned back.

    Either only if the same clock, a day later, is not a day on: nearly every row is asked no more than that.
    """
    day = F.expr("INTERVAL 24 HOURS")
    day_later = F.from_utc_timestamp(utc + day, zone) - day
    again = F.from_utc_timestamp(utc + (wall - day_later), zone) == wall
    skipped = F.from_utc_timestamp(utc, zone) != wall
    turned_back = day_later < wall
    return F.when(day_later != wall, F.when(skipped, "gap").when(turned_back & again, "overlap"))


def day(text: Column) -> Column:
    """The calendar day as it was written (no zone moves it); a part of a date is its first day."""
    whole = (
        F.when(F.length(text) == 4, F.concat(text, F.lit("-01-01")))
        .when(F.length(text) == 7, F.concat(text, F.lit("-01")))
        .otherwise(F.substring(text, 1, 10))
    )
    return whole.try_cast("date")


def last_day(text: Column) -> Column:
    """The calendar day that ends a period, as it was written; a part of a date ends with its last day."""
    ends = F.when(F.length(text) == 4, F.concat(text, F.lit("-12-31"))).otherwise(text)
    return F.when(F.length(text) == 7, F.last_day(day(text))).otherwise(day(ends))


def end_of(text: Column) -> Instant:
    """The moment that ends a period: a time as it is, of a day or a part of a date its last second."""
    is_day = F.length(text).isin(4, 7, 10)
    return instant(F.when(is_day, F.concat(last_day(text).cast("string"), F.lit("T23:59:59Z"))).otherwise(text))


def full_date(text: Column) -> Column:
    """The day, null where only a year or a month is known."""
    return F.when(F.length(text) >= 10, day(text))


def year(text: Column) -> Column:
    """The year a date begins with."""
    return F.when(text.rlike(r"^\d{4}"), F.substring(text, 1, 4).try_cast("int"))


def with_exact_numbers(raw_json: Column, *names: str) -> Column:
    """JSON in which the numbers of these names are texts, so that parsing keeps their digits (5.10 stays 5.10).

    Spark reads a number into a text column by way of a double. Inside a JSON text a quote is escaped, so `"value":`
    can only be a name.
    """
    # A pattern for each name: one that begins with plain text is searched for by leaps.
    for name in names:
        raw_json = F.regexp_replace(raw_json, rf'"{name}"\s*:\s*(-?[0-9][0-9.eE+\-]*)', f'"{name}":"$1"')
    return raw_json
