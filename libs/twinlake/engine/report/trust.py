"""What could not be used, and what was proved of the rest."""

from __future__ import annotations

import os
from pathlib import Path

from twinlake.engine.home import Home
from twinlake.engine.report.charts import Bar, bars, shares
from twinlake.engine.report.facts import Facts, Row
from twinlake.engine.report.markup import Section, badge, figure, fold, note, number, table, text
from twinlake.engine.report.proved import proved

# How the schema's rules call a column that no source fills.
NOTHING_HELD = "_not_all_null"
COLOURS = ("#1c6e7d", "#d29a2d", "#c2410c")


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
    """Rules passed, warned and failed per table, and where to read every one of them."""
    lead = (
        "Great Expectations judged every published version. A fatal rule that fails stops the run; a warning is told."
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
    heads = ("table", "rows judged#", "passed#", "warned#", "failed#", "", "verdict")
    body = table("Rules by table", heads, rows) + _warnings(facts) + proved(facts) + link
    return Section("quality", "Quality", "What was proved", lead, body)


def _docs(home: Home) -> str:
    index = home.gx / "data_docs" / "index.html"
    return Path(os.path.relpath(index, home.reports)).as_posix() if index.is_file() else ""


def _verdict(name: str, verdict: Row) -> tuple[str, ...]:
    rules = verdict["rules"]
    warned, failed = len(_warned(verdict)), len(verdict["fatal_failures"])
    passed = len(rules) - warned - failed
    picture = shares(f"Rules of {name}", [("passed", passed), ("warned", warned), ("failed", failed)], COLOURS)
    said = badge("proved", "good") if verdict["success"] else badge("refused", "bad")
    return text(name), number(verdict["rows"]), number(passed), number(warned), number(failed), picture, said


def _warned(verdict: Row) -> list[Row]:
    return [
        r for r in verdict["rules"] if r["severity"] != "fatal" and r["state"] in ("failed", "passed with failed rows")
    ]


def _warnings(facts: Facts) -> str:
    """Warnings about rows, the broadest first; then, folded, the columns that hold nothing at all."""
    warned = [(name, rule) for name, verdict in sorted(facts.verdicts.items()) for rule in _warned(verdict)]
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
