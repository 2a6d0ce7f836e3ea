"""Rules as they hold at these hospitals: each rule becomes one check, or one for each severity hospitals give it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from twinlake.declare.errors import ConfigurationError, DeclarationError
from twinlake.declare.hospital import Hospital
from twinlake.declare.rule import Reference, Rule

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


UNIQUE = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")


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
        return bool(self.rule.expectation) and not self.is_unique and not self.except_at and self.only_at is None

    @property
    def is_unique(self) -> bool:
        """Whether it asks that no two rows agree in some columns: one query with all others, not one of its own."""
        return self.rule.expectation in UNIQUE

    @property
    def repeated(self) -> str:
        """The column that marks the rows which share what a check for uniqueness asks of."""
        return f"_repeated_{self.id}"

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

        good = self._unrepeated() if self.is_unique else F.expr(flat(self.rule.expression)).cast("boolean")
        applies = self.applies()
        return good if applies is None else F.when(applies, good)

    def _unrepeated(self) -> Column:
        """Rows without any value in the columns are not judged, as Great Expectations has it."""
        from pyspark.sql import functions as F

        is_told = reduce(or_, (F.col(column).isNotNull() for column in self.rule.columns))
        return F.when(is_told, F.col(self.repeated).isNull())


def with_repeated(rows: DataFrame, checks: Sequence[Check]) -> DataFrame:
    """The rows, those that share the columns of a check for uniqueness marked; mostly there are none to join."""
    from pyspark.sql import functions as F

    for check in (check for check in checks if check.is_unique):
        columns = check.rule.columns
        shared = rows.groupBy(*(F.col(c).alias(f"_own_{c}") for c in columns)).count().where("count > 1")
        same = [rows[c].eqNullSafe(shared[f"_own_{c}"]) for c in columns]
        marked = F.broadcast(shared.select(*(f"_own_{c}" for c in columns), F.lit(True).alias(check.repeated)))
        rows = rows.join(marked, same, "left").drop(*(f"_own_{c}" for c in columns))
    return rows


def checks_for(rules: Sequence[Rule], hospitals: Mapping[str, Hospital], columns: Sequence[str]) -> tuple[Check, ...]:
    """Every rule as the hospitals want it; a table without a hospital column is judged at the rules' own severity."""
    _refuse_unknown_columns(rules, columns)
    known = hospitals if "hospital" in columns else {}
    return tuple(check for rule in rules for check in _checks(rule, known))


def refuse_unknown_severities(
    hospitals: Mapping[str, Hospital], rules: Sequence[Rule], of_no_hospital: Collection[str] = ()
) -> None:
    """Every [severity] entry must name a rule that judges rows, each of one hospital; `of_no_hospital` are tables."""
    by_name = {rule.name: rule for rule in rules}
    faults = [
        f"{folder}/hospital.toml: [severity] {name!r} is no rule that a hospital can change{why}"
        for folder, hospital in sorted(hospitals.items())
        for name in sorted(hospital.severity)
        if (why := _why_not_changed(by_name.get(name), of_no_hospital)) is not None
    ]
    if faults:
        raise ConfigurationError("; ".join(faults) + ". `twinlake plan` and the Data Docs list the rules.")


def _why_not_changed(rule: Rule | None, of_no_hospital: Collection[str]) -> str | None:
    """Why a hospital's word about the rule would be idle; None where it holds."""
    if rule is None or not rule.expression:
        return ""
    if rule.judged_as:
        return f": {rule.judged_as} holds for it"
    if (table := rule.name.partition(".")[0]) in of_no_hospital:
        return f": no row of {table} is one hospital's, so its rules are the same for all"
    return None


def with_references(rows: DataFrame, checks: Sequence[Check], others: Mapping[str, DataFrame]) -> DataFrame:
    """The rows beside what the checks read of other tables, as columns `<alias>__<column>`; `on` is a key there."""
    wanted = _references(checks)
    for reference in sorted(wanted, key=lambda r: (r.name, r.on)):
        if reference.table not in others:
            name = checks[0].rule.name.partition(".")[0]
            raise DeclarationError(
                f"{name}: its rules look into {reference.table}, which was not given. Pass it in `others`."
            )
        rows = _beside(rows, reference, others[reference.table], wanted[reference])
    return rows


def _beside(rows: DataFrame, reference: Reference, other: DataFrame, columns: Sequence[str]) -> DataFrame:
    key = reference.key or reference.on
    told = _one_a_key(other, key, columns) if reference.key else other.select(*dict.fromkeys((*key, *columns)))
    renamed = told.select(*(_renamed(reference.name, column) for column in told.columns))
    same = [rows[own] == renamed[f"{reference.name}__{there}"] for own, there in zip(reference.on, key, strict=True)]
    return rows.join(renamed, same, "left")


def _one_a_key(other: DataFrame, key: Sequence[str], columns: Sequence[str]) -> DataFrame:
    """The greatest row of each key."""
    from pyspark.sql import functions as F

    rest = [column for column in columns if column not in key]
    if not rest:
        return other.select(*key).distinct()
    return other.groupBy(*key).agg(F.max(F.struct(*rest)).alias("_row")).select(*key, "_row.*")


def columns_referred_to(rules: Sequence[Rule]) -> dict[str, tuple[str, ...]]:
    """The other tables that `validate` needs for these rules, by name, and what of them."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        if rule.refers_to:
            keys = rule.refers_to.key or rule.refers_to.on
            found.setdefault(rule.refers_to.table, set()).update((*keys, *rule.referred_columns))
    return {table: tuple(sorted(columns)) for table, columns in sorted(found.items())}


def flat(expression: str) -> str:
    """`person.year_of_birth` as the column `person__year_of_birth`."""
    return re.sub(r"('(?:[^'\\]|\\.)*')|\b([a-z_]\w*)\.([a-z_]\w*)", lambda m: m[1] or f"{m[2]}__{m[3]}", expression)


def _checks(rule: Rule, hospitals: Mapping[str, Hospital]) -> Iterator[Check]:
    judged = {n: h for n, h in hospitals.items() if rule.calendar in (None, h.calendar)}
    name = rule.judged_as or rule.name
    said = {n: h.severity.get(name, rule.severity) for n, h in judged.items() if rule.expression}
    elsewhere = {n: severity for n, severity in said.items() if severity != rule.severity}
    left_out = sorted({*elsewhere, *(set(hospitals) - set(judged))})
    yield Check(rule, rule.severity, tuple(left_out))
    for severity in sorted(set(elsewhere.values())):
        yield Check(rule, severity, only_at=tuple(sorted(n for n, s in elsewhere.items() if s == severity)))


def _references(checks: Sequence[Check]) -> dict[Reference, tuple[str, ...]]:
    """What is read of each; all that is read of one table by one key is one plan, which Spark carries out once."""
    rules = [check.rule for check in checks if check.rule.refers_to]
    of_table: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for rule in rules:
        of_table.setdefault(_reading(rule.refers_to), set()).update(rule.referred_columns)
    return {rule.refers_to: tuple(sorted(of_table[_reading(rule.refers_to)])) for rule in rules if rule.refers_to}


def _reading(reference: Reference | None) -> tuple[str, tuple[str, ...]]:
    assert reference
    return reference.table, reference.key


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
