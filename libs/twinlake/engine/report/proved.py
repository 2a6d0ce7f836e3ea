"""What the rules found, by table and Kahn class, by hospital and over time, down to the keys of broken rows."""

from __future__ import annotations

import json
from collections.abc import Iterable

from twinlake.declare.rule import KAHN
from twinlake.engine.report.charts import Bar, bars, legend, shares
from twinlake.engine.report.facts import Facts, Row
from twinlake.engine.report.markup import badge, figure, fold, grid, number, table, text
from twinlake.engine.verdict import CANNOT_FAIL, ERROR, FAILED, NOT_JUDGED, PASSED, PASSED_WITH_FAILED_ROWS

STATES = (PASSED, PASSED_WITH_FAILED_ROWS, FAILED, ERROR, NOT_JUDGED, CANNOT_FAIL)
COLOURS = ("#1c6e7d", "#d29a2d", "#c2410c", "#7f1d1d", "#cdd6de", "#94a3b3")
SHOWN = 12
LATEST_RUNS = 20


def proved(facts: Facts) -> str:
    """Pictures and tables of the published versions' verdicts, and of the versions before them."""
    broken = published(facts)
    return (
        _by_class(facts)
        + grid(_most("Broken rows by hospital", broken, "hospital"), _most("Broken rows by rule", broken, "rule"))
        + _over_time(facts)
        + _down_to_keys(broken)
    )


def published(facts: Facts) -> list[Row]:
    """The rows of ops.broken_rule about the versions that are published, the last time each was judged."""
    versions = facts.publication.versions
    last = {r["table"]: r["run_id"] for r in facts.ops.rows("validation") if versions.get(r["table"]) == r["version"]}
    rows = [r for r in facts.ops.rows("broken_rule") if versions.get(r["table"]) == r["version"]]
    return [row for row in rows if last.get(row["table"]) == row["run_id"]]


def _by_class(facts: Facts) -> str:
    rows = []
    for name, verdict in sorted(facts.verdicts.items()):
        for kahn in KAHN:
            of_class = [rule for rule in verdict.get("rules", ()) if rule["kahn"] == kahn]
            if of_class:
                counts = [(state, sum(r["state"] == state for r in of_class)) for state in STATES]
                picture = shares(f"{kahn} of {name}", counts, COLOURS)
                rows.append((text(name), text(kahn), number(len(of_class)), picture))
    drawn = table("Rules by table and Kahn class", ("table", "class", "rules#", "what became of them"), rows)
    return fold("By table and Kahn class", legend(STATES, COLOURS) + drawn) if rows else ""


def _most(title: str, broken: Iterable[Row], by: str) -> str:
    counts: dict[str, int] = {}
    for row in broken:
        name = row[by] or "(no hospital: a table of persons)"
        counts[name] = counts.get(name, 0) + row["rows"]
    largest = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:SHOWN]
    if not largest:
        return ""
    return figure(bars(title, [Bar(*pair) for pair in largest], "#c2410c", 240), f"<b>{title}</b>, most first")


def _over_time(facts: Facts) -> str:
    """The share of judged rows that were broken in each run, over all rules and tables it judged."""
    runs: dict[str, list[int]] = {}
    for row in facts.ops.rows("validation"):
        counts = [(r["unexpected_count"] or 0, r["element_count"] or 0) for r in _told(json.loads(row["result"]))]
        so_far = runs.setdefault(row["run_id"], [0, 0])
        so_far[0] += sum(bad for bad, _ in counts)
        so_far[1] += sum(judged for _, judged in counts)
    told = [(run, bad, judged) for run, (bad, judged) in runs.items() if judged][-LATEST_RUNS:]
    if len(told) < 2:
        return ""
    drawn = [Bar(run, bad / judged, f"{bad / judged:.3%} of {number(judged)}") for run, bad, judged in told]
    caption = "<b>Broken rows in what each run judged</b>, the latest last; a run judges what changed"
    return figure(bars("Share of broken rows by run", drawn, "#c2410c", 240), caption, wide=True)


def _told(result: Row) -> Iterable[Row]:
    """Rules about rows; a column's nulls are what it may hold."""
    return (r for r in result.get("rules", ()) if r["state"] in (PASSED, PASSED_WITH_FAILED_ROWS, FAILED)
            and not r["name"].endswith(("_not_all_null", "_filled")))  # fmt: skip


def _down_to_keys(broken: Iterable[Row]) -> str:
    ordered = sorted(broken, key=lambda r: (r["table"], r["rule"], -r["rows"], r["hospital"] or "", r["code"] or ""))
    rows = [
        (
            text(r["rule"]), badge(r["severity"], "bad" if r["severity"] == "fatal" else "warn"), text(r["kahn"]),
            text(r["hospital"] or "–"), text(r["code"] or "–"), number(r["rows"]),
            f"<code>{text(keys_in_words(r))}</code>",
        )
        for r in ordered
    ]  # fmt: skip
    heads = ("rule", "severity", "class", "hospital", "code", "rows#", "keys of some")
    return fold("Down to the keys of broken rows", table("Broken rows", heads, rows)) if rows else ""


def keys_in_words(row: Row) -> str:
    """`visit_occurrence_id 5, 6`; the rest of a row stays where it is."""
    keys = json.loads(row["keys"])
    if keys and len(keys[0]) == 1:
        [name] = keys[0]
        return f"{name} {', '.join(str(key[name]) for key in keys)}"
    return "; ".join(", ".join(f"{name} {value}" for name, value in key.items()) for key in keys)
