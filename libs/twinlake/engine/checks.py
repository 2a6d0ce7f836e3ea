"""Rules as they hold at these hospitals: each rule becomes one check, or one for each severity hospitals give it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlake.declare.errors import ConfigurationError, DeclarationError
from twinlake.declare.hospital import Hospital
from twinlake.declare.rule import Rule

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


@dataclass(frozen=True)
class Check:
    """A rule at one severity: everywhere but `except_at`, or, where that is given, `only_at` some hospitals."""

    rule: Rule
    severity: str
    except_at: tuple[str, ...] = ()
    only_at: tuple[str, ...] | None = None

    @property
    def id(self) -> str:
        """Unique in its table, and fit for a column's name."""
        name = self.rule.name.rpartition(".")[2]
        return f"ok_{name}" if self.only_at is None else f"ok_{name}__{self.severity}"

    @property
    def is_native(self) -> bool:
        """Great Expectations judges it by its own expectation; else by a column that holds the expression's value."""
        return bool(self.rule.expectation) and not self.except_at and self.only_at is None

    def applies(self) -> Column | None:
        """Whether the rule holds for a row's hospital; None: for all."""
        from pyspark.sql import functions as F

        if self.only_at is not None:
            return F.coalesce(F.col("hospital").isin(list(self.only_at)), F.lit(False))
        if self.except_at:
            return ~F.coalesce(F.col("hospital").isin(list(self.except_at)), F.lit(False))
        return None

    def value(self) -> Column:
        """TRUE where the row is good, FALSE where not, NULL where there is nothing to judge."""
        from pyspark.sql import functions as F

        good = F.expr(flat(self.rule.expression)).cast("boolean")
        applies = self.applies()
        return good if applies is None else F.when(applies, good)


def checks_for(rules: Sequence[Rule], hospitals: Mapping[str, Hospital], columns: Sequence[str]) -> tuple[Check, ...]:
    """Every rule as the hospitals want it; a table without a hospital column is judged at the rules' own severity."""
    _refuse_unknown_columns(rules, columns)
    known = hospitals if "hospital" in columns else {}
    return tuple(check for rule in rules for check in _checks(rule, known))


def refuse_unknown_severities(hospitals: Mapping[str, Hospital], rules: Sequence[Rule]) -> None:
    """Every [severity] entry must name a rule that judges rows; a table's own rules are the same for all hospitals."""
    names = {rule.name for rule in rules if rule.expression}
    faults = [
        f"{folder}/hospital.toml: [severity] {name!r} is no rule that a hospital can change"
        for folder, hospital in sorted(hospitals.items())
        for name in sorted(set(hospital.severity) - names)
    ]
    if faults:
        raise ConfigurationError("; ".join(faults) + ". `twinlake plan` and the Data Docs list the rules.")


def with_references(rows: DataFrame, checks: Sequence[Check], others: Mapping[str, DataFrame]) -> DataFrame:
    """The rows beside what the checks read of other tables, as columns `<table>__<column>`; `on` is a key there."""
    for table, on, columns in sorted(_references(checks)):
        if table not in others:
            name = checks[0].rule.name.partition(".")[0]
            raise DeclarationError(f"{name}: its rules look into {table}, which was not given. Pass it in `others`.")
        renamed = others[table].select(*(_renamed(table, column) for column in sorted({*on, *columns})))
        rows = rows.join(renamed, [rows[c] == renamed[f"{table}__{c}"] for c in on], "left")
    return rows


def tables_referred_to(rules: Sequence[Rule]) -> tuple[str, ...]:
    """The other tables that `validate` needs for these rules, by name."""
    return tuple(sorted({rule.refers_to.table for rule in rules if rule.refers_to}))


def flat(expression: str) -> str:
    """`person.year_of_birth` as the column `person__year_of_birth`."""
    return re.sub(r"('(?:[^'\\]|\\.)*')|\b([a-z_]\w*)\.([a-z_]\w*)", lambda m: m[1] or f"{m[2]}__{m[3]}", expression)


def _checks(rule: Rule, hospitals: Mapping[str, Hospital]) -> Iterator[Check]:
    judged = {n: h for n, h in hospitals.items() if rule.calendar in (None, h.calendar)}
    said = {n: h.severity.get(rule.name, rule.severity) for n, h in judged.items() if rule.expression}
    elsewhere = {n: severity for n, severity in said.items() if severity != rule.severity}
    left_out = sorted({*elsewhere, *(set(hospitals) - set(judged))})
    yield Check(rule, rule.severity, tuple(left_out))
    for severity in sorted(set(elsewhere.values())):
        yield Check(rule, severity, only_at=tuple(sorted(n for n, s in elsewhere.items() if s == severity)))


def _references(checks: Sequence[Check]) -> set[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    wanted: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for check in checks:
        if check.rule.refers_to:
            key = (check.rule.refers_to.table, check.rule.refers_to.on)
            wanted.setdefault(key, set()).update(check.rule.referred_columns)
    return {(table, on, tuple(sorted(columns))) for (table, on), columns in wanted.items()}


def _renamed(table: str, column: str) -> Column:
    from pyspark.sql import functions as F

    return F.col(column).alias(f"{table}__{column}")


def _refuse_unknown_columns(rules: Sequence[Rule], columns: Sequence[str]) -> None:
    faults = [f"{rule.name} reads {c}" for rule in rules for c in _needed(rule) if c not in columns]
    if faults:
        raise DeclarationError(
            f"{'; '.join(faults)}: no such column. Mend expectations/ or the table. Columns: {', '.join(columns)}."
        )


def _needed(rule: Rule) -> tuple[str, ...]:
    on = rule.refers_to.on if rule.refers_to else ()
    return (*rule.columns, *on, *(("hospital",) if rule.calendar else ()))
