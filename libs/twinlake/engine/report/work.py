"""What the last run did: its stages and the tables it touched."""

from __future__ import annotations

from twinlake.engine.report.charts import Bar, bars
from twinlake.engine.report.facts import Facts, Row
from twinlake.engine.report.markup import Section, badge, duration, figure, note, number, table, text

MODES = {
    "first": "built for the first time",
    "full": "rebuilt whole",
    "units": "changed units only",
    "equal": "looked at, came out equal",
}


def work(facts: Facts) -> Section:
    """Seconds by stage; mode, units, rows and files by table."""
    lead = f"The last run, <code>{text(facts.run_id)}</code>. What did not change is not touched."
    return Section("work", "Last run", "What the last run did", lead, _stages(facts) + _touched(facts))


def _stages(facts: Facts) -> str:
    if not facts.stages:
        return note("The run left no record of its stages.")
    seconds = facts.seconds_by_stage
    picture = bars("Seconds by stage", [Bar(s, n, duration(n)) for s, n in seconds.items()], label_width=140)
    bad = [row for row in facts.stages if row["state"] == "failed"]
    told = "".join(note(f"{badge(row['state'], 'warn')} {text(row['stage'])} {text(row['detail'])}") for row in bad)
    return figure(picture, f"<b>Time by stage</b>, {duration(facts.seconds)} in all", wide=True) + told


def _touched(facts: Facts) -> str:
    if not facts.touched:
        return note("The last run found nothing to change in any table.")
    heads = (
        "table",
        "how",
        "units#",
        "built#",
        "kept#",
        "quarantined#",
        "rows out#",
        "rows in#",
        "files in / out#",
        "time#",
    )
    return table("Tables the last run touched", heads, map(_row, facts.touched))


def _row(row: Row) -> tuple[str, ...]:
    units = row["units_changed"] if row["units_changed"] is not None else row["units"]
    files = "–" if row["files_added"] is None else f"{number(row['files_added'])} / {number(row['files_removed'])}"
    figures = (number(row[n]) for n in ("rows_built", "kept", "quarantined", "rows_deleted", "rows_written"))
    how = MODES.get(row["mode"], row["mode"] or "")
    return (
        text(row["table"]),
        text(how),
        number(units) if units is not None else "all",
        *figures,
        files,
        duration(row["seconds"]),
    )
