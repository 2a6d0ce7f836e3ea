"""The grammar of a quality rule: what is true of a good row or a good table, and what follows when it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from twinlake.declare.errors import DeclarationError
from twinlake.declare.hospital import CALENDARS, SEVERITIES

KINDS = ("row", "table")
# The share that asks for one good row at all.
ONE_AT_ALL = 1e-12
ROW_COUNT = "expect_table_row_count_to_be_between"
KAHN = ("conformance", "completeness", "plausibility")

_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
_EXPECTATION = re.compile(r"expect_[a-z_]+")
_OVER = re.compile(r"\bOVER\s*\(", re.IGNORECASE)
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'")
_COLUMN = re.compile(r"(?<![\w.])([a-z_]\w*)(?:\.([a-z_]\w*))?\b(?!\s*\()")


@dataclass(frozen=True)
class Reference:
    """Another table that a table-level rule looks into: the row with the same `on`, at most one, none if absent.

    `key` are the other table's columns that `on` is equal to, where they have other names; of several such rows the
    greatest is looked into. `alias` is what the expression calls the table, if a rule of the same table has another.
    """

    table: str
    on: tuple[str, ...]
    key: tuple[str, ...] = ()
    alias: str = ""

    @property
    def name(self) -> str:
        """What the expression calls it."""
        return self.alias or self.table


@dataclass(frozen=True)
class Rule:
    """One sentence about good data.

    `expression` is Spark SQL that is TRUE of a good row; NULL means there is nothing to judge, so the row is not
    broken. Keywords are written in capitals, columns in small letters. A row rule needs one, over its own columns only;
    a row that breaks a fatal one goes to quarantine. A table rule has either an expression, which may then look at
    other rows (`OVER (…)`) or into `refers_to` (`person.year_of_birth`), or a Great Expectations `expectation` with its
    `arguments`; a fatal one stops the run. A row rule may name the expectation that says the same as its expression.
    `mostly` is the share of judged rows that must be good. `calendar` restricts the rule to hospitals with that
    calendar. `replaces` names the rule of the schema that this one says better. `by` is a column of codes by which the
    broken rows are told apart: one rule may hold a limit for each of hundreds of codes. `types` (column → SQL type), in
    the place of expression and expectation, is what the stored table's columns are. `judged_as` names the rule whose
    severity at a hospital holds for this one.
    """

    name: str
    meaning: str
    kind: str
    kahn: str
    severity: str
    expression: str = ""
    expectation: str = ""
    arguments: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    refers_to: Reference | None = None
    calendar: str | None = None
    mostly: float = 1.0
    replaces: str = ""
    by: str = ""
    types: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    judged_as: str = ""

    def __post_init__(self) -> None:
        problems = [*_wrong_words(self), *_wrong_body(self)]
        if problems:
            raise DeclarationError(f"Rule {self.name}: " + "; ".join(problems) + ".")

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's own columns that the rule reads, in order of mention."""
        named = self.arguments.get("column_list") or [self.arguments.get("column")]
        own = [own for own, other in _mentions(self.expression) if not other]
        return _once([*own, *(n for n in (*named, self.by) if n)])

    @property
    def referred_columns(self) -> tuple[str, ...]:
        """The columns of `refers_to` that the rule reads."""
        return _once([other for _, other in _mentions(self.expression) if other])

    @property
    def cannot_fail(self) -> bool:
        """Whether it holds of any table: a number of rows without a bound."""
        bounds = (self.arguments.get("min_value") or 0, self.arguments.get("max_value"))
        return self.expectation == ROW_COUNT and bounds == (0, None)

    @property
    def is_quarantining(self) -> bool:
        """Whether single rows are judged, so that a fatal verdict concerns the row alone."""
        return self.kind == "row"


def row(
    name: str, expression: str, meaning: str, *, kahn: str = "plausibility", severity: str = "fatal", **rest: Any
) -> Rule:
    """A rule about one row by itself."""
    return Rule(name, meaning, "row", kahn, severity, expression, **rest)


def whole(
    name: str,
    expectation: str,
    meaning: str,
    *,
    kahn: str,
    severity: str = "warn",
    mostly: float = 1.0,
    **arguments: Any,
) -> Rule:
    """A rule about the table, as an expectation of Great Expectations with its arguments."""
    return Rule(name, meaning, "table", kahn, severity, "", expectation, MappingProxyType(arguments), mostly=mostly)


def among(name: str, expression: str, meaning: str, *, severity: str = "warn", **rest: Any) -> Rule:
    """A rule about the rows of a table beside its other rows, which the expression looks at by `OVER (…)`."""
    return Rule(name, meaning, "table", "plausibility", severity, expression, **rest)


def referring(
    name: str,
    expression: str,
    meaning: str,
    *,
    to: str,
    on: str,
    kahn: str,
    severity: str = "warn",
    key: str = "",
    alias: str = "",
    **rest: Any,
) -> Rule:
    """A rule about the rows of a table beside the row of table `to` that has the same `on`, or `on` as its `key`."""
    reference = Reference(to, (on,), (key,) if key else (), alias)
    return Rule(name, meaning, "table", kahn, severity, expression, refers_to=reference, **rest)


def _wrong_words(rule: Rule) -> Iterator[str]:
    if not _NAME.fullmatch(rule.name):
        yield "the name must be small letters, digits and _"
    if not rule.meaning.strip():
        yield "it has no meaning; say in words what good data is"
    for word, known in (("kind", KINDS), ("kahn", KAHN), ("severity", SEVERITIES)):
        if getattr(rule, word) not in known:
            yield f"{word} is {getattr(rule, word)!r}; use one of {', '.join(known)}"
    if rule.calendar is not None and rule.calendar not in CALENDARS:
        yield f"calendar is {rule.calendar!r}; use one of {', '.join(CALENDARS)}"
    if not 0 < rule.mostly <= 1:
        yield f"mostly is {rule.mostly}; use a share above 0, at most 1"


def _wrong_body(rule: Rule) -> Iterator[str]:
    if rule.expectation and not _EXPECTATION.fullmatch(rule.expectation):
        yield f"{rule.expectation!r} is no type of Great Expectations (expect_…)"
    if rule.kind == "row":
        yield from _wrong_row(rule)
    elif sum(map(bool, (rule.expression, rule.expectation, rule.types))) != 1:
        yield "a table rule has an expression, an expectation or types, one of them"
    if rule.expression:
        yield from _wrong_expression(rule)


def _wrong_row(rule: Rule) -> Iterator[str]:
    if not rule.expression:
        yield "a row rule needs an expression"
    if rule.refers_to:
        yield f"a row rule cannot look into {rule.refers_to.table}; make it a table rule"
    if _OVER.search(_TEXT.sub("''", rule.expression)):
        yield "a row rule sees its own row only, as rows are judged unit by unit; say it with `among`"
    if rule.severity == "fatal" and rule.mostly < 1:
        yield "a fatal row rule judges each row, so mostly must be 1"


def _wrong_expression(rule: Rule) -> Iterator[str]:
    code = _TEXT.sub("''", rule.expression)
    if code.count("(") != code.count(")") or ";" in code or "SELECT" in code.upper():
        yield "the expression must be one SQL condition with balanced parentheses, no query"
    if not rule.columns and not rule.referred_columns:
        yield "the expression names no column, so it cannot fail"
    tables = {own for own, other in _mentions(rule.expression) if other}
    allowed = {rule.refers_to.name} if rule.refers_to else set()
    if tables != allowed:
        found, expected = ", ".join(sorted(tables)) or "no other table", ", ".join(allowed) or "none"
        yield f"the expression looks into {found}, and refers_to names {expected}"


def _mentions(expression: str) -> list[tuple[str, str]]:
    """(column, '') and (table, column) pairs; texts, functions and words in capitals are none."""
    return _COLUMN.findall(_TEXT.sub("''", expression))


def _once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
