"""What could not be used, and what was proved of the rest."""

from __future__ import annotations

import os
from pathlib import Path

from twinlake.engine.home import Home
from twinlake.engine.report.charts import Bar, bars, legend, shares
from twinlake.engine.report.facts import Facts, Row
from twinlake.engine.report.markup import Section, badge, figure, fold, note, number, table, text
from twinlake.engine.report.proved import proved
from twinlake.engine.verdict import CANNOT_FAIL, ERROR, FAILED, NOT_JUDGED, PASSED_WITH_FAILED_ROWS

# How the schema's rules call a column that no source fills.
NOTHING_HELD = "_not_all_null"
OUTCOMES = ("passed", "characterise", "warned", "failed", "not judged")
COLOURS = ("#1c6e7d", "#94a3b3", "#d29a2d", "#c2410c", "#cdd6de")


def quarantined(facts: Facts) -> Section:
    """By table and rule, with counts; the rows themselves stay where they are."""
    lead = (
        "What could not be used is kept with its raw record, its place and the rule it broke. "
        "<code>twinlake quarantine show</code> reads it, <code>replay</code> lands it after a mend."
    )
    if not facts.held:
        return Section("quarantine", "Quarantine", "What waits in quarantine", lead, note("Nothing is in quarantine."))
    rules: dict[str, int] = {}
    for held in facts.held:
        rules[held.rule] = rules.get(held.rule, 0) + held.rows
    largest = sorted(rules.items(), key=lambda pair: (-pair[1], pair[0]))[:12]
    rows = [
        (
            text(h.table.removeprefix("quarantine.")),
            f"<code>{text(h.rule)}</code>",
            text(h.hospital or "–"),
            number(h.rows),
        )
        for h in facts.held
    ]
    picture = bars(
        "Rows in quarantine by rule", [Bar(rule or "(no rule named)", n) for rule, n in largest], "#c2410c", 240
    )
    body = figure(picture, "<b>Rows by rule</b>, most first", wide=True)
    body += table("Quarantine by table, rule and hospital", ("table", "rule", "hospital", "rows#"), rows)
    return Section("quarantine", "Quarantine", "What waits in quarantine", lead, body)


def quality(facts: Facts) -> Section:
    """What became of the rules of each table, and where to read every one of them."""
    lead = (
        "Great Expectations judged every published version. A fatal rule that fails stops the run; a warning is told. "
        "A rule that found nothing to judge, or that no row can break, has not passed."
    )
    docs = _docs(facts.home)
    link = (
        f'<p><a class="button" href="{docs}">Open the Data Docs</a></p>'
        if docs
        else note("The Data Docs have not been built in this home yet.")
    )
    if not facts.verdicts:
        return Section(
            "quality", "Quality", "What was proved", lead, note("No published table carries a verdict.") + link
        )
    rows = [_verdict(name, verdict) for name, verdict in sorted(facts.verdicts.items())]
    heads = ("table", "rows judged#", *(f"{outcome}#" for outcome in OUTCOMES), "", "verdict")
    body = legend(OUTCOMES, COLOURS) + table("Rules by table", heads, rows) + _warnings(facts) + proved(facts) + link
    return Section("quality", "Quality", "What was proved", lead, body)


def _docs(home: Home) -> str:
    index = home.gx / "data_docs" / "index.html"
    return Path(os.path.relpath(index, home.reports)).as_posix() if index.is_file() else ""


def _verdict(name: str, verdict: Row) -> tuple[str, ...]:
    found = [_outcome(rule) for rule in verdict["rules"]]
    counts = [(outcome, found.count(outcome)) for outcome in OUTCOMES]
    picture = shares(f"Rules of {name}", counts, COLOURS)
    return text(name), number(verdict["rows"]), *(number(count) for _, count in counts), picture, _badge(verdict)


def _badge(verdict: Row) -> str:
    if not verdict["success"]:
        return badge("refused", "bad")
    return badge("empty") if verdict["rows"] == 0 else badge("proved", "good")


def _outcome(rule: Row) -> str:
    """In a word; a fatal rule that tolerates some failed rows has passed."""
    state, severity = rule["state"], rule["severity"]
    if state in (NOT_JUDGED, CANNOT_FAIL):
        return "not judged"
    if state == ERROR or (state == FAILED and severity == "fatal"):
        return "failed"
    if state in (FAILED, PASSED_WITH_FAILED_ROWS) and severity != "fatal":
        return "warned" if severity == "warn" else severity
    return "passed"


def _is_told(rule: Row) -> bool:
    return _outcome(rule) in ("warned", "characterise")


def _warnings(facts: Facts) -> str:
    """Warnings about rows, the broadest first; then, folded, the columns that hold nothing at all."""
    verdicts = sorted(facts.verdicts.items())
    warned = [(name, rule) for name, verdict in verdicts for rule in verdict["rules"] if _is_told(rule)]
    if not warned:
        return note("No rule warns.")
    empty = [(name, rule) for name, rule in warned if rule["name"].endswith(NOTHING_HELD)]
    told = sorted((rule for _, rule in warned if not rule["name"].endswith(NOTHING_HELD)), key=_share, reverse=True)
    rows = [(text(rule["name"]), text(rule["meaning"]), text(", ".join(rule["hospitals"]) or "everywhere"),
             badge(rule["severity"], "warn"), number(rule["unexpected_count"]), number(rule["element_count"]))
            for rule in told]  # fmt: skip
    heads = ("rule", "meaning", "where", "severity", "rows broken#", "of#")
    body = table("Rules that warn or characterise", heads, rows) if rows else note("No rule about rows warns.")
    columns = [(text(name), text(rule["name"].removesuffix(NOTHING_HELD))) for name, rule in empty]
    held = f"{len(columns)} column{'' if len(columns) == 1 else 's'} that hold nothing in any row"
    return body + (fold(held, table("Columns that hold nothing", ("table", "column"), columns)) if columns else "")


def _share(rule: Row) -> float:
    return (rule["unexpected_count"] or 0) / max(rule["element_count"] or 0, 1)
