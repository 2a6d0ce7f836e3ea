"""The published worklist of unmapped codes, read without Spark, and as a fragment of hospital.toml to fill in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twinlake.engine.report.lake import PublishedLake

TABLE = "gold.unmapped_code"
Row = Mapping[str, Any]
# What OMOP's standard concepts of each domain are coded in (ohdsi.github.io/CommonDataModel/vocabulary.html).
USUAL = {
    "condition_occurrence": "SNOMED",
    "device_reading": "LOINC",
    "drug_exposure": "RxNorm",
    "measurement": "LOINC",
    "observation": "LOINC",
    "procedure_occurrence": "SNOMED",
}


def read_worklist(lake: PublishedLake, hospital: str | None = None) -> list[Row]:
    """The rows of gold.unmapped_code as published (of one hospital), the most frequent first."""
    rows = lake.counts(TABLE, "select * from t")
    order = ("hospital", "system", "silver_table", "source_code")
    chosen = (row for row in rows if hospital in (None, row["hospital"]))
    return sorted(chosen, key=lambda r: (-r["row_count"], *(r[name] or "" for name in order)))


def fragments(rows: Sequence[Row]) -> Iterator[str]:
    """For each hospital a [codes] table whose every line waits for its code, most frequent first."""
    for hospital in sorted({row["hospital"] for row in rows}):
        yield f"# Belongs in {_plain(hospital)}/hospital.toml. Complete a line and take away its #.\n[codes]"
        by_code: dict[str, list[Row]] = {}
        for row in rows:
            if row["hospital"] == hospital and row["source_code"]:
                by_code.setdefault(row["source_code"], []).append(row)
        for code, uses in by_code.items():
            yield from (f"# {_told(use)}" for use in uses)
            yield f"# {_text(code)} = {_text(USUAL[uses[0]['silver_table']] + ':')}"


def _told(row: Row) -> str:
    words = f" “{_plain(row['source_code_description'])}”" if row["source_code_description"] else ""
    return (
        f"{row['silver_table']} of {row['system']}{words}: {row['row_count']:,} rows, {row['last_seen_date']} the last"
    )


def _plain(words: str) -> str:
    """On one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def _text(value: str) -> str:
    """A basic string of TOML 1.0: JSON's escapes are among its own, but DEL must be escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
