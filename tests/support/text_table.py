"""Tables drawn in text: what a spec gives to a build, and what it expects of it.

    person_id | measurement_code | measurement_datetime | value_as_number
    1         | 29463-7          | 2020-01-01 10:00     | 80.5
    1         | 29463-7          | 2021-01-01           |

The first line names the columns; their types are the data dictionary's, or stand behind a colon (`part:string`).
An empty cell or `null` is null, `''` the empty string. Times are UTC. An array is `[a, b]`.
Lines of `--- | ---` are ornament.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from twinlake.declare.table import Table
from twinlake.vocabulary.fields import DICTIONARY

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import DataType, StructType

SCALARS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "tinyint": int,
    "smallint": int,
    "int": int,
    "bigint": int,
    "float": float,
    "double": float,
    "decimal": Decimal,
    "boolean": lambda text: {"true": True, "false": False}[text],
    "date": dt.date.fromisoformat,
    "timestamp": lambda text: _utc(dt.datetime.fromisoformat(text)),
}


@dataclass(frozen=True)
class TextTable:
    """A drawn table, cut into cells but not yet typed."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_text_table(text: str) -> TextTable:
    """Cuts a drawing into cells; a row of the wrong length is refused."""
    lines = [line.strip() for line in text.strip().splitlines()]
    header, *rows = [tuple(c.strip() for c in line.split("|")) for line in lines if line.strip("-| +")]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"A row has {len(row)} cells, its table {len(header)} columns: {' | '.join(row)}")
    return TextTable(header, tuple(rows))


def frame(spark: SparkSession, text: str, like: Table | Iterable[str] = ()) -> DataFrame:
    """The drawn table as a DataFrame; columns of `like` (a table or column names) that are not drawn are null.

    A struct is drawn field by field (`weight.value`), an array of structs too (`risks.risk_name`, `[a, b]`).
    """
    from pyspark.sql.types import StructType

    drawn = read_text_table(text)
    wanted = like.columns if isinstance(like, Table) else tuple(like)
    columns = dict(_typed(column.partition(".")[0]) for column in drawn.columns)
    columns |= dict(_typed(column) for column in wanted if column not in columns)
    ddl = ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
    schema = cast(StructType, StructType.fromDDL(ddl))
    return spark.createDataFrame([_assembled(drawn.columns, row, schema) for row in drawn.rows], schema)


def expect(actual: DataFrame, text: str) -> None:
    """Asserts that `actual` holds the drawn rows, in any order; only the drawn columns are looked at.

    A column may be inside a struct (`weight.value`) or an array of structs (`conditions.code`, an array then).
    """
    from pyspark.sql import functions as F

    drawn = read_text_table(text)
    chosen = actual.select(*(F.col(column).alias(str(n)) for n, column in enumerate(drawn.columns)))
    types = [field.dataType for field in chosen.schema]
    wanted = [tuple(_comparable(_parsed(c, t)) for c, t in zip(row, types, strict=True)) for row in drawn.rows]
    found = [tuple(_comparable(value) for value in row) for row in chosen.collect()]
    if Counter(wanted) != Counter(found):
        raise AssertionError(_difference(drawn.columns, Counter(wanted), Counter(found)))


def expect_shape(actual: DataFrame, table: Table) -> None:
    """Asserts that a build gives every column of its table, in the dictionary's type."""
    declared = {field.name: field.type.replace(" ", "").lower() for field in table.fields}
    found = dict(actual.dtypes)
    wrong = [
        f"{name} is {found.get(name)}, declared {kind}" for name, kind in declared.items() if found.get(name) != kind
    ]
    assert not wrong, f"{table.full_name}: {'; '.join(wrong)}"


def _typed(column: str) -> tuple[str, str]:
    name, _, kind = column.partition(":")
    if not kind and name not in DICTIONARY:
        raise ValueError(f"{name} is not in vocabulary/fields. Add it there, or draw its type: {name}:string.")
    return name, kind or DICTIONARY[name].type


def _assembled(columns: Sequence[str], cells: Sequence[str], schema: StructType) -> tuple[Any, ...]:
    """One row in the schema's order; the fields of a struct are gathered from their own columns."""
    row: dict[str, Any] = dict.fromkeys(schema.fieldNames())
    for column, cell in zip(columns, cells, strict=True):
        name, _, inner = column.partition(":")[0].partition(".")
        row[name] = (
            _gathered(row[name], inner, cell, schema[name].dataType) if inner else _parsed(cell, schema[name].dataType)
        )
    return tuple(row.values())


def _gathered(so_far: Any, inner: str, cell: str, kind: Any) -> Any:
    from pyspark.sql.types import ArrayType

    if cell == "":
        return so_far
    if isinstance(kind, ArrayType):
        fields = cast("StructType", kind.elementType)
        values = _parsed(cell, ArrayType(fields[inner].dataType))
        return [{**old, inner: value} for old, value in zip(so_far or [{}] * len(values), values, strict=True)]
    return {**(so_far or {}), inner: _parsed(cell, kind[inner].dataType)}


def _parsed(cell: str, kind: DataType) -> Any:
    from pyspark.sql.types import ArrayType

    if cell in ("", "null"):
        return None
    if isinstance(kind, ArrayType):
        inside = cell.removeprefix("[").removesuffix("]").strip()
        return [_parsed(part.strip(), kind.elementType) for part in inside.split(",")] if inside else []
    return "" if cell == "''" else SCALARS[kind.simpleString().partition("(")[0]](cell)


def _comparable(value: Any) -> Any:
    """Doubles to ten digits, times in UTC, arrays and structs as tuples."""
    if isinstance(value, dt.datetime):
        return _utc(value) if value.tzinfo else value.astimezone(dt.UTC)
    if isinstance(value, float) and not math.isnan(value):
        return float(f"{value:.10g}")
    return tuple(map(_comparable, value)) if isinstance(value, list | tuple) else value


def _utc(time: dt.datetime) -> dt.datetime:
    return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _difference(columns: Sequence[str], wanted: Counter[tuple[Any, ...]], found: Counter[tuple[Any, ...]]) -> str:
    same = [(" ", row) for row in (wanted & found).elements()]
    lost = [("-", row) for row in (wanted - found).elements()]
    extra = [("+", row) for row in (found - wanted).elements()]
    lines = sorted([*same, *lost, *extra], key=lambda line: ([_shown(v) for v in line[1]], line[0]))
    cells = [list(columns), *([_shown(value) for value in row] for _, row in lines)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(columns))]
    drawn = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    marks = [" ", *(mark for mark, _ in lines)]
    body = "\n".join(f"{mark} {line}" for mark, line in zip(marks, drawn, strict=True))
    return f"Rows differ: {len(lost)} expected but missing (-), {len(extra)} found but not expected (+).\n{body}"


def _shown(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ")
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return {None: "", "": "''"}.get(value, str(value)) if isinstance(value, str | None) else str(value)


def as_read(table: Table, rows: DataFrame, as_of: str, publication_id: str = "p1") -> DataFrame:
    """The rows as a publication shows them: with the columns of the table's view."""
    moment = rows.selectExpr("*", f"TIMESTAMP '{as_of}' AS as_of", f"'{publication_id}' AS publication_id")
    return moment.selectExpr("*", *(f"{sql} AS `{name}`" for name, sql in table.view.items()))
