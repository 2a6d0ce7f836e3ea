"""What changed in what hospitals deliver and measure: events of their files, and a heat-table of quarters."""

from __future__ import annotations

from collections.abc import Iterable

from twinlake.engine.drift_alarms import TABLE, in_words, published_alarms
from twinlake.engine.drift_history import schema_drift
from twinlake.engine.report.facts import Facts, Row
from twinlake.engine.report.lake import PublishedLake, shown
from twinlake.engine.report.markup import Section, badge, fold, note, number, table, text

LATEST_QUARTERS = 8
KINDS = {"keep": "plain", "widen": "warn", "quarantine": "bad", "stop": "bad"}
LEAD = (
    "Columns against what is declared and was delivered before; values and persons of each quarter against the year "
    "before. <code>twinlake drift</code> says the same, [drift] of hospital.toml what is done about it."
)


def drift(facts: Facts, lake: PublishedLake) -> Section:
    """Nothing here is of one person: columns, codes, counts of cells that are large enough."""
    return Section(
        "drift", "Drift", "What changed", LEAD, _heat(lake) + _alarms(lake) + _files(schema_drift(facts.ops))
    )


def _heat(lake: PublishedLake) -> str:
    """Alarms of how many judged codes, hospital by quarter."""
    rows = lake.counts(
        TABLE,
        "select hospital, quarter_start_date, count(*) judged, count(drift_alarm) alarms from t "
        "group by hospital, quarter_start_date",
    )
    quarters = sorted({row["quarter_start_date"] for row in rows})[-LATEST_QUARTERS:]
    if not rows:
        return note("No hospital has so many persons of one code in a year that a change could be told from chance.")
    cells = {(row["hospital"], row["quarter_start_date"]): row for row in rows}
    hospitals = sorted({row["hospital"] for row in rows})
    drawn = [(text(name), *(_cell(cells.get((name, quarter))) for quarter in quarters)) for name in hospitals]
    heads = ("hospital", *(f"{q.year} Q{(q.month + 2) // 3}" for q in quarters))
    return table("Alarms, of codes that could be judged, by hospital and quarter", heads, drawn)


def _cell(row: Row | None) -> str:
    if row is None:
        return "–"
    share = row["alarms"] / row["judged"]
    kind = "good" if not share else "warn" if share < 0.1 else "bad"
    return badge(f"{row['alarms']} of {row['judged']}", kind)


def _alarms(lake: PublishedLake) -> str:
    rung = published_alarms(lake)
    rows = [
        (text(row["hospital"]), text(in_words(row)), number(row["reference_person_count"]), _persons(row))
        for row in reversed(rung)
    ]
    heads = ("hospital", "alarm", "persons the year before#", "persons#")
    return (
        fold(f"{len(rung)} alarm{'' if len(rung) == 1 else 's'}, one by one", table("Alarms", heads, rows))
        if rows
        else ""
    )


def _persons(row: Row) -> str:
    count = shown(row["person_count"])
    return "few" if count is None else number(count)


def _files(events: Iterable[Row]) -> str:
    rows = [
        (
            text(f"{e['hospital']} · {e['system']}.{e['feed']}"), text(e["event"]), f"<code>{text(e['column'])}</code>",
            text(e["detail"]), text(e["expected"]),
            badge(e["policy"], KINDS.get(e["policy"], "plain")) if e["policy"] else "–",
            number(e["files"]), text(e["last"] or "–"),
        )
        for e in events
    ]  # fmt: skip
    heads = ("hospital · files", "event", "column", "what", "not", "policy", "files#", "last delivery")
    return (
        table("Files that differ", heads, rows)
        if rows
        else note("No file differs from what is declared or came before.")
    )
