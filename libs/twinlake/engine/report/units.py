"""Values that came without a unit, and what their distribution says they are in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twinlake.engine.report.lake import PublishedLake, shown
from twinlake.engine.report.markup import Section, note, number, table, text

TABLE = "gold.unit_evidence"
MOST = 25
HEADS = ("hospital", "LOINC", "sent as", "adults#", "most likely", "next", "times as likely#")


def units(lake: PublishedLake) -> Section:
    """Groups of values, the largest first; a small one is counted, not shown."""
    lead = (
        "A number without a unit is no value in silver. Where a hospital's values of one code tell their unit by where "
        "they lie, <code>gold.inferred_measurement</code> converts them, each marked <code>unit_inferred</code>."
    )
    rows = sorted(lake.counts(TABLE, "select * from t"), key=lambda r: (-r["evidence_count"], r["unit_evidence_key"]))
    drawn = [row for row in rows if shown(row["evidence_count"]) is not None][:MOST]
    body = table("Units that did not come", HEADS, [_cells(row) for row in drawn]) if drawn else ""
    return Section("units", "Units", "Units that did not come", lead, body + note(_rest(len(rows), len(drawn))))


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    unit = row["inferred_unit_code"]
    judged = (
        (text(unit), text(row["other_unit_code"]), number(min(10 ** row["log10_likelihood_ratio"], 1e9)))
        if unit
        else ("weak evidence: none named", "", "")
    )
    sent = text(row["unit_source_value"]) if row["unit_source_value"] else "nothing"
    return (
        text(row["hospital"]), f"<code>{text(row['measurement_code'])}</code>", sent, number(row["evidence_count"]),
        *judged,
    )  # fmt: skip


def _rest(total: int, drawn: int) -> str:
    if not total:
        return "Every number of a known code came with a unit."
    return f"All {total:,} groups are shown." if drawn == total else f"{drawn} of {total:,} groups are shown."
