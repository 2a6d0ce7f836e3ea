"""The rules that a table's declaration already says: presence, categories, bounds, key, and that it holds something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from twinlake.declare.errors import DeclarationError
from twinlake.declare.rule import ONE_AT_ALL, Rule, row, whole
from twinlake.declare.table import Table
from twinlake.vocabulary.field import Field

NOT_NULL = "expect_column_values_to_not_be_null"


def schema_rules(table: Table) -> tuple[Rule, ...]:
    """What the schema can say, in the order people read it: the table, then column by column."""
    return (_as_declared(table), _key_unique(table), _not_empty(table), *_column_rules(table))


def _as_declared(table: Table) -> Rule:
    types = MappingProxyType({field.name: field.type for field in table.fields})
    meaning = f"the stored columns are the {len(types)} declared ones, each of its type"
    return Rule("schema_as_declared", meaning, "table", "conformance", "fatal", types=types)


def _key_unique(table: Table) -> Rule:
    meaning = f"{', '.join(table.key)} names one row: {table.grain}"
    one = {"column": table.key[0]} if len(table.key) == 1 else {"column_list": list(table.key)}
    kind = "expect_column_values_to_be_unique" if "column" in one else "expect_compound_columns_to_be_unique"
    return whole("key_unique", kind, meaning, kahn="conformance", severity="fatal", **one)


def _not_empty(table: Table) -> Rule:
    kind = "expect_table_row_count_to_be_between"
    return whole("not_empty", kind, "the table holds at least one row", kahn="completeness", min_value=1)


def _column_rules(table: Table) -> Iterator[Rule]:
    for column in table.fields:
        if column.name in table.required:
            yield _present(column)
        elif column.name not in table.optional:
            yield _not_all_null(column)
        else:
            yield replace(_not_all_null(column), name=f"{column.name}_filled", severity="characterise")
        if column.categories:
            yield _in_categories(column)
        if column.minimum is not None or column.maximum is not None:
            yield _in_bounds(column)


def _present(column: Field) -> Rule:
    return row(
        f"{column.name}_present",
        f"{column.name} IS NOT NULL",
        f"{column.name} is known: {column.meaning}",
        kahn="conformance",
        expectation=NOT_NULL,
        arguments=_arguments(column),
    )


def _not_all_null(column: Field) -> Rule:
    return whole(
        f"{column.name}_not_all_null",
        NOT_NULL,
        f"at least one row says {column.name}",
        kahn="completeness",
        mostly=ONE_AT_ALL,
        column=column.name,
    )


def _in_categories(column: Field) -> Rule:
    if any("'" in value or "\\" in value for value in column.categories):
        raise DeclarationError(f"Field {column.name}: a category holds a quote or backslash. Spell it without.")
    return row(
        f"{column.name}_in_categories",
        f"{column.name} IN ({', '.join(repr(value) for value in column.categories)})",
        f"{column.name} is one of its {len(column.categories)} categories",
        kahn="conformance",
        # Hospitals invent codes: an unknown one is kept and flagged. Any other closed list is ours to keep.
        severity="warn" if column.name.endswith("_code") else "fatal",
        expectation="expect_column_values_to_be_in_set",
        arguments=_arguments(column, value_set=list(column.categories)),
    )


def _in_bounds(column: Field) -> Rule:
    low, high = column.minimum, column.maximum
    limits = [(s, w, v) for s, w, v in ((">=", "at least", low), ("<=", "at most", high)) if v is not None]
    words = " and ".join(f"{word} {value:.15g}" for _, word, value in limits)
    return row(
        f"{column.name}_in_bounds",
        " AND ".join(f"{column.name} {sign} {value:.15g}" for sign, _, value in limits),
        f"{column.name} is {words} {column.unit or ''}".strip(),
        expectation="expect_column_values_to_be_between",
        arguments=_arguments(column, min_value=low, max_value=high),
    )


def _arguments(column: Field, **rest: object) -> MappingProxyType[str, object]:
    return MappingProxyType({"column": column.name, **{key: value for key, value in rest.items() if value is not None}})
