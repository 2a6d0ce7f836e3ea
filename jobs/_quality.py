"""What was proved of the tables, and what OHDSI's Data Quality Dashboard would check, for people and pipes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from expectations.dqd import read_checks
from expectations.dqd_page import PAGE, page
from jobs._ask import check_form, print_answer
from twinlake.declare.errors import ConfigurationError
from twinlake.engine.home import check_hospital, home_of
from twinlake.engine.report.facts import Facts, Row, read_facts
from twinlake.engine.report.proved import keys_in_words, published
from twinlake.plan import read_plan

QUIET = ("passed", "not judged", "cannot fail")
APPLIES, NOT = "applies", "does not apply"


def coverage(dqd: Path, form: str, as_page: bool) -> None:
    """Print a row for each of the dashboard's checks, or write the page of them."""
    check_form(form)
    checks = read_checks(dqd, read_plan().tables)
    if as_page:
        PAGE.write_text(page(checks), encoding="utf-8")
        return
    rows = [
        {
            "check": c.type, "table": c.table, "field": c.field, "concept": c.concept,
            "verdict": APPLIES if c.applies else NOT, "rules": ", ".join(c.rules), "reason": c.reason,
        }
        for c in checks
    ]  # fmt: skip
    print_answer(pa.Table.from_pylist(rows), form)


def show(feeds: Path | None, table: str | None, hospital: str | None, every: bool, form: str) -> None:
    """Print the verdict of each rule on the published tables; with a table or hospital, the rows that break them."""
    check_form(form)
    facts = read_facts(home_of(feeds))
    if table and table not in facts.verdicts:
        raise ConfigurationError(f"No published table is called {table!r}. There are: {', '.join(facts.verdicts)}.")
    check_hospital(facts.home, hospital)
    rows = _broken(facts, table, hospital) if (table or hospital) and not every else _verdicts(facts, table, every)
    if not rows:
        print(
            "Every rule that warns or stops, and found something to judge, passed. --all shows those that characterise."
            if not every
            else "No rule."
        )
        return
    print_answer(pa.Table.from_pylist([_short(row) for row in rows] if form == "table" else rows), form)


def _short(row: Row) -> Row:
    """What fits on a line; a pipe gets all."""
    if "meaning" not in row:
        return row
    broken = "" if row["broken"] is None else f"{row['broken']:,}"
    of = f"{broken} of {row['judged']:,}" if row["judged"] else broken
    return {"rule": f"{row['table']}.{row['rule']}", "severity": row["severity"], "state": row["state"],
            "broken": of, "expected": row["meaning"]}  # fmt: skip


def _verdicts(facts: Facts, table: str | None, every: bool) -> list[Row]:
    return [
        {
            "table": name, "rule": r["name"].partition(".")[2], "class": r["kahn"], "severity": r["severity"],
            "state": r["state"], "broken": r["unexpected_count"], "judged": r["element_count"],
            "hospitals": ", ".join(r["hospitals"]), "meaning": r["meaning"],
        }
        for name, verdict in sorted(facts.verdicts.items()) if table in (None, name)
        for r in verdict["rules"] if every or _is_amiss(r)
    ]  # fmt: skip


def _is_amiss(rule: Row) -> bool:
    """A rule that only characterises describes the data; that its share is not full is no fault."""
    return rule["state"] not in QUIET and rule["severity"] != "characterise"


def _broken(facts: Facts, table: str | None, hospital: str | None) -> list[Row]:
    found = [r for r in published(facts) if table in (None, r["table"]) and hospital in (None, r["hospital"])]
    return [
        {
            "rule": r["rule"], "class": r["kahn"], "severity": r["severity"], "hospital": r["hospital"],
            "code": r["code"], "rows": r["rows"], "keys": keys_in_words(r),
        }
        for r in sorted(found, key=lambda r: (r["rule"], -r["rows"], r["hospital"] or "", r["code"] or ""))
    ]  # fmt: skip
