"""The page of what OHDSI's Data Quality Dashboard checks and which of our rules does it, `expectations/DQD.md`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from expectations.dqd import Check

PAGE = Path(__file__).parent / "DQD.md"
MARK = "twinlake quality coverage --dqd DIR --page"
HEAD = f"""# What OHDSI's Data Quality Dashboard checks, and what does it here

Made by `{MARK}` from the threshold files for OMOP CDM 5.4
(OHDSI/DataQualityDashboard at 2f81ca9, Apache-2.0) and the declarations here; do not edit it.
Without `--page` the command lists check by check.
"""


def page(checks: Sequence[Check]) -> str:
    """The whole page: how many of each type, then table by table the rules, then the reasons for none."""
    applying = sum(check.applies for check in checks)
    told = f"\nOf {len(checks):,} checks {applying:,} apply and have a rule; {len(checks) - applying:,} do not apply.\n"
    return "\n".join((HEAD + told, *_types(checks), *_rules(checks), *_reasons(checks)))


def _types(checks: Sequence[Check]) -> Iterator[str]:
    yield "| type of check | checks | with a rule |\n|---|---|---|"
    for kind, found in _by(checks, lambda check: check.type):
        yield f"| {kind} | {len(found)} | {sum(check.applies for check in found)} |"
    yield ""


def _rules(checks: Sequence[Check]) -> Iterator[str]:
    for table, of_table in _by([c for c in checks if c.applies], lambda check: check.table):
        yield f"## {table}\n\n| type of check | fields or concepts | rules |\n|---|---|---|"
        for kind, found in _by(of_table, lambda check: check.type):
            for rules, same in _by(found, lambda check: "`, `".join(check.rules)):
                yield f"| {kind} | {_what(same)} | `{rules}` |"
        yield ""


def _what(checks: Sequence[Check]) -> str:
    if checks[0].concept:
        return f"{len(checks)} concepts"
    return ", ".join(dict.fromkeys(check.field for check in checks)) or "the table"


def _reasons(checks: Sequence[Check]) -> Iterator[str]:
    yield "## Without a rule\n\n| why | checks | of |\n|---|---|---|"
    for reason, found in _by([c for c in checks if not c.applies], lambda check: check.reason):
        yield f"| {reason} | {len(found)} | {', '.join(sorted({_place(check) for check in found}))} |"
    yield ""


def _place(check: Check) -> str:
    return f"{check.table}.{check.field}" if check.field and check.reason else check.table


def _by(checks: Iterable[Check], key: Callable[[Check], str]) -> Iterator[tuple[str, list[Check]]]:
    for name, found in groupby(sorted(checks, key=key), key):
        yield name, list(found)
