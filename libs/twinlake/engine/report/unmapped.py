"""Local codes that no vocabulary is known for: what a hospital could map next."""

from __future__ import annotations

from twinlake.engine.report.lake import SMALLEST_CELL, PublishedLake, shown
from twinlake.engine.report.markup import Section, note, number, table, text
from twinlake.engine.worklist import TABLE, read_worklist

TITLE = "What is not mapped yet"
MOST = 25
HEADS = ("hospital · system", "table", "code", "the system's words", "rows#", "persons#", "last seen")


def unmapped(lake: PublishedLake) -> Section:
    """The most frequent first; a code of few persons is counted, not shown."""
    lead = (
        "Codes of a hospital's own, kept as they came. <code>twinlake codes unmapped --toml</code> writes the lines "
        "for [codes] of hospital.toml."
    )
    if TABLE not in lake.publication.versions:
        return Section("codes", "Codes", TITLE, lead, note("This publication is older than the list."))
    rows = read_worklist(lake)
    drawn = [row for row in rows if row["source_code"] and shown(row["person_count"]) is not None][:MOST]
    cells = [
        (text(f"{r['hospital']} · {r['system']}"), text(r["silver_table"]), f"<code>{text(r['source_code'])}</code>",
         text(r["source_code_description"]), number(r["row_count"]), number(r["person_count"]),
         text(r["last_seen_date"]))
        for r in drawn
    ]  # fmt: skip
    body = table("Unmapped codes, most frequent first", HEADS, cells) if cells else ""
    return Section("codes", "Codes", TITLE, lead, body + note(_rest(len(rows), len(drawn))))


def _rest(total: int, drawn: int) -> str:
    if not total:
        return "Every code is one of a vocabulary."
    few = f"or are of fewer than {SMALLEST_CELL} persons, or stand for rows without a code"
    return (
        f"{drawn} of {total:,} are shown; the others are rarer, {few}."
        if drawn < total
        else f"All {total:,} are shown."
    )
