"""HL7 v2 places in SQL: `PID-3.4.2` is sub-component 2 of component 4 of field 3 of PID (HL7 2.5.1, chapter 2)."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._rows import vocabulary

_TO_ISO = (
    (r"^(\d{10})([+-]\d{4})?$", "$100$2"),
    (r"^(\d{12})([+-]\d{4})?$", "$100$2"),
    (r"^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?(?:([+-]\d\d)(\d\d))?$", "$1-$2-$3T$4:$5:$6$7$8:$9"),
    (":$", ""),
    (r"^(\d{4})(\d\d)(\d\d)([+-]\d{4})?$", "$1-$2-$3"),
    (r"^(\d{4})(\d\d)$", "$1-$2"),
)
_RANGE = r"^\s*([-+]?\d*\.?\d+)\s*(?:-|to)\s*([-+]?\d*\.?\d+)\s*$"


def coded(place: str) -> tuple[str, ...]:
    """What is read of a coded element (CWE): code, text and system, the same in another system, the original text."""
    return tuple(f"{place}.{component}" for component in (1, 2, 3, 4, 5, 6, 9))


def schema(*places: str) -> str:
    """Spark DDL of a record in which these places are read."""
    segments: dict[str, dict[str, dict[str, None]]] = {}
    for place in ("MSH-7", "MSH-9.1", "MSH-9.2", "EVN-1", *places):
        segment, field, component = _parts(place)
        segments.setdefault(segment, {}).setdefault(field, {})[component] = None
    return ", ".join(
        [
            "patient string",
            "visit string",
            "prior string",
            *(f"{name} struct<{_fields(fields)}>" for name, fields in segments.items()),
        ]
    )


def _parts(place: str) -> tuple[str, str, str]:
    segment, _, numbers = place.partition("-")
    field, component, part = [*numbers.split("."), "1", "1"][:3] if "." in numbers else [numbers, "1", "1"]
    return segment, f"f{field}", f"c{component}" if part == "1" else f"c{component}s{part}"


def _fields(fields: dict[str, dict[str, None]]) -> str:
    return ",".join(f"{n}:array<struct<{','.join(f'{c}:string' for c in parts)}>>" for n, parts in fields.items())


def fields(*places: str) -> tuple[str, ...]:
    """These fields as columns of a record: `PID.f7`."""
    return tuple(dict.fromkeys(map(field, places)))


def said(place: str) -> str:
    """SQL: the text at a place, in the first repetition of its field."""
    segment, field, component = _parts(place)
    return f"get({segment}.{field}, 0).{component}"


def at(place: str) -> Column:
    """The text at a place."""
    return F.expr(said(place))


def field(place: str) -> str:
    """SQL: the repetitions of a field, null where it is not sent. `""`, which deletes, is a text that is null."""
    return ".".join(_parts(place)[:2])


def moment(place: str) -> str:
    """SQL: the time stamp at a place, with the zone it is in by its message."""
    return _zoned(said(place))


def moments(place: str) -> str:
    """SQL: the repetitions of a field of time stamps, with their zone. In a later message they would get that one's."""
    return f"transform({field(place)}, x -> named_struct('c1', {_zoned('x.c1')}))"


def _zoned(stamp: str) -> str:
    """SQL: a stamp of an hour or finer that names no zone is in that of MSH-7, if that names one (2.5.1, 2.15.9.7)."""
    zone = f"ifnull(regexp_extract({said('MSH-7')}, '[+-][0-9]{{4}}$', 0), '')"
    return f"if({stamp} rlike '^ *[0-9]{{10,14}}([.][0-9]+)? *$', concat(trim({stamp}), {zone}), {stamp})"


EVENT = f"coalesce({said('MSH-9.2')}, {said('EVN-1')}, '')"


def one_where(field: str, *conditions: str) -> Column:
    """The first repetition `x` of a field for which the first of these conditions holds, else the next condition."""
    segment, number, _ = _parts(field)
    return F.coalesce(*(F.expr(f"get(filter({segment}.{number}, x -> {c}), 0)") for c in conditions))


def with_times(rows: DataFrame, **places: tuple[str, ...]) -> DataFrame:
    """Adds columns of time stamps as ISO 8601, each from the first of its places that says something.

    A column, because `instant` looks at its text again and again.
    """
    return rows.withColumns({name: iso(F.coalesce(*map(F.expr, map(moment, each)))) for name, each in places.items()})


def iso(stamp: Column) -> Column:
    """A time stamp (TS: YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+ZZZZ]) as far as it goes; a day has no zone."""
    return reduce(lambda text, step: F.regexp_replace(text, *step), _TO_ISO, F.trim(stamp))


def with_code(rows: DataFrame, element: Column, name: str = "_code") -> DataFrame:
    """Adds (code, vocabulary, source_value, name) of a coded element: of its two codes the first in a vocabulary we
    know, else the first, called local, else its text.
    """
    found = rows.withColumn("_element", element)
    e = F.col("_element")
    both = F.array(*(_coding(e[f"c{n}"], e[f"c{n + 1}"], e[f"c{n + 2}"]) for n in (1, 4)))
    codings = F.filter(both, lambda c: c["code"].isNotNull())
    known = F.filter(codings, lambda c: c["vocabulary"].isNotNull())
    best = found.withColumn("_best", F.coalesce(F.get(known, F.lit(0)), F.get(codings, F.lit(0))))
    words = F.coalesce("_best.words", e["c2"], e["c9"])
    told = F.struct(
        F.col("_best.code").alias("code"),
        F.when(F.col("_best.code").isNotNull(), F.coalesce("_best.vocabulary", F.lit("local"))).alias("vocabulary"),
        F.coalesce("_best.code", words).alias("source_value"),
        words.alias("name"),
    )
    return best.withColumn(name, told).drop("_best", "_element")


def _coding(code: Column, words: Column, system: Column) -> Column:
    bare = F.trim(code)
    return F.struct(
        F.when(bare != "", bare).alias("code"), F.trim(words).alias("words"), vocabulary(system).alias("vocabulary")
    )


def columns_of(stem: str, code: str = "_code") -> dict[str, Column]:
    """The four columns of a table that say what `with_code`'s struct says."""
    return {f"{stem}_{part}": F.col(f"{code}.{part}") for part in ("code", "vocabulary", "source_value", "name")}


def range_limits(place: str) -> tuple[Column, Column]:
    """Both limits of a reference range that is written `4.3-6.2` or `4.3 to 6.2`."""
    low, high = (F.regexp_extract(at(place), _RANGE, n) for n in (1, 2))
    return F.nullif(low, F.lit("")), F.nullif(high, F.lit(""))
