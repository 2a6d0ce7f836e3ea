"""What validation found of a table, rule by rule: counts and names only, never a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from twinlake.declare.errors import DataError

PASSED = "passed"
PASSED_WITH_FAILED_ROWS = "passed with failed rows"
FAILED = "failed"
CANNOT_FAIL = "cannot fail"
NOT_JUDGED = "not judged"
ERROR = "error"


@dataclass(frozen=True)
class RuleResult:
    """A rule's verdict on a table. `hospitals` is empty where the rule holds everywhere it has no other severity.

    Counts are rows: `element_count` those there was something to judge in, `unexpected_count` the bad ones among
    them, None where the rule judges the table and not its rows. `not judged` is a rule that found nothing to judge: no
    row at all, or none with a value in its columns, which `not_empty` and `…_not_all_null` tell as failures; `cannot
    fail` is one that passes whatever the rows say.
    """

    name: str
    severity: str
    kahn: str
    success: bool
    state: str
    unexpected_count: int | None = None
    element_count: int | None = None
    hospitals: tuple[str, ...] = ()
    meaning: str = ""
    error: str = ""

    @property
    def words(self) -> str:
        """The verdict as one short sentence part."""
        where = f" at {', '.join(self.hospitals)}" if self.hospitals else ""
        if self.state == ERROR:
            return f"{self.name}{where} could not be judged ({self.error})"
        if self.unexpected_count is None:
            return f"{self.name}{where} does not hold ({self.meaning})"
        return f"{self.name}{where} is broken by {self.unexpected_count} of {self.element_count} rows ({self.meaning})"


@dataclass(frozen=True)
class ValidationResult:
    """All verdicts on one version of a table; `as_dict` is what `ops.validation` keeps, `broken` `ops.broken_rule`."""

    table: str
    version: int | None
    rows: int | None
    rules: tuple[RuleResult, ...]
    broken: tuple[Mapping[str, Any], ...] = ()

    @property
    def success(self) -> bool:
        """No fatal rule failed, and every rule could be judged."""
        return not self.fatal_failures

    @property
    def fatal_failures(self) -> tuple[RuleResult, ...]:
        """Verdicts that stop the run; a rule that raised is one, whatever its severity."""
        return tuple(r for r in self.rules if r.state == ERROR or (r.state == FAILED and r.severity == "fatal"))

    @property
    def warnings(self) -> tuple[RuleResult, ...]:
        """Verdicts that are told and do not stop."""
        return tuple(r for r in self.rules if r.state in (FAILED, PASSED_WITH_FAILED_ROWS) and r.severity == "warn")

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "table": self.table,
            "version": self.version,
            "rows": self.rows,
            "success": self.success,
            "fatal_failures": [r.name for r in self.fatal_failures],
            "warnings": [r.name for r in self.warnings],
            "rules": [{**asdict(r), "hospitals": list(r.hospitals)} for r in self.rules],
        }

    def stop_if_fatal(self) -> None:
        """Raises DataError naming table, rules and counts."""
        if self.success:
            return
        version = "" if self.version is None else f" version {self.version}"
        broken = "; ".join(result.words for result in self.fatal_failures)
        raise DataError(
            f"{self.table}{version}, {self.rows} rows: {broken}. Nothing is published. "
            "Look at the rule in expectations/ and at the rows with `twinlake sql`, "
            "mend the feed or the mapping, and run again."
        )
