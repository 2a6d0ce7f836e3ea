"""Writes the data dictionary as a page, vocabulary/DICTIONARY.md, from the declarations alone."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from twinlake.declare.table import Table
from twinlake.engine.bronze import BRONZE
from twinlake.engine.ops import SCHEMAS
from twinlake.engine.quarantine import SCHEMA as QUARANTINE
from twinlake.plan import LAYERS, Plan, read_plan
from twinlake.vocabulary.field import Field
from twinlake.vocabulary.fields import DICTIONARY

PAGE = Path(__file__).parent / "vocabulary" / "DICTIONARY.md"
HEAD = """# Data dictionary

Made by `python -m twinlake.dictionary_page` from `catalog/` and `vocabulary/fields/`; do not edit it.
A column name means the same in every table. Times are UTC, units are UCUM. **Bold** columns are the key,
*required* ones are never null. ‡ marks what names a person directly: it stands in bronze, quarantine and `empi` only,
and inside the texts of `silver.note`, which is restricted.
*Of the view* is computed for the reader's publication and never stored.
"""
# One sentence each; their columns' names must speak for themselves.
OPS = {
    "stored_file": "A row a file of the lake: its size and SHA-256 when it was first published.",
    "shared_value": "A row for each rule of linkage of which a run met values that too many source persons share: how "
    "many, and how often they are borne; never which. Where all were compared, of the whole lake.",
    "landing_ledger": "A row for each content of each file: records in = landed + quarantined + duplicates + erased.",
    "file_schema": "A row for each content of a file with named columns: these and their types, how they differ from "
    "what is declared (event, column, detail, policy, whether it is a wider type), and the header its records keep.",
    "erased": "A row for each source person, or unreadable record, that was erased: its hash, and nothing of it.",
    "erasure": "A row for each state of an erasure: who asked for it, why, and what the search after it found.",
    "conform_ledger": "Records of a feed by what became of them: mapped, quarantined, superseded, withdrawn, unmapped.",
    "table_run": "A row for each table that a run looked at anew: units, rows and files that were replaced.",
    "validation": "Great Expectations' verdict on each version of each table; `result` is JSON without any value.",
    "broken_rule": "Rows of a version that break a rule, by hospital and code: how many, and some keys (JSON).",
    "publication": "The version of every table under one publication id; the largest `sequence` is what readers see.",
    "model_run": "A training: data, persons held out, metrics (JSON), and why it became the champion or did not.",
    "run": "A row for each step of each run: how it ended and how long it took.",
}


def page(plan: Plan) -> str:
    """The whole page."""
    tables = [t for layer in LAYERS for t in plan.tables.values() if t.layer == layer]
    return "\n".join([HEAD, *_contents(tables), *(_table(t) for t in tables), *_records()])


def _contents(tables: list[Table]) -> Iterator[str]:
    yield "| table | a row is |\n|---|---|"
    for table in tables:
        yield f"| [{table.full_name}](#{table.full_name.replace('.', '')}) | {_cell(table.grain)} |"
    yield ""


def _table(table: Table) -> str:
    facts = [f"A row is {table.grain}.", f"Key: {_names(table.key)}. Rebuilt by `{table.unit}`."]
    if table.inputs:
        facts.append(f"Made from {_names(table.inputs)}.")
    if table.is_implemented_by_sources:
        facts.append("Implemented by the systems in `catalog/sources`.")
    rows = [*(_row(field, table) for field in table.fields), *_view_rows(table)]
    head = "| column | type | unit | meaning |\n|---|---|---|---|"
    return "\n".join([f"## {table.full_name}\n", *facts, "", inspect.cleandoc(table.meaning), "", head, *rows, ""])


def _row(field: Field, table: Table) -> str:
    name = f"**`{field.name}`**" if field.name in table.key else f"`{field.name}`"
    said = " *Required.*" if field.name in table.required and field.name not in table.key else ""
    return f"| {name}{' ‡' if field.identifier else ''} | `{field.type}` | {_unit(field)} | {_meaning(field)}{said} |"


def _view_rows(table: Table) -> Iterator[str]:
    for name in (*table.view, *(["publication_id"] if table.view else [])):
        field = DICTIONARY[name]
        yield f"| `{name}` | `{field.type}` | {_unit(field)} | {_meaning(field)} *Of the view.* |"


def _unit(field: Field) -> str:
    return f"`{field.unit}`" if field.unit else ""


def _meaning(field: Field) -> str:
    parts = [field.meaning.rstrip(".")]
    if field.categories:
        parts.append("one of " + ", ".join(field.categories))
    if field.minimum is not None or field.maximum is not None:
        low, high = ("" if v is None else f"{v:.15g}" for v in (field.minimum, field.maximum))
        parts.append(f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}")
    return _cell("; ".join(parts)) + "."


def _records() -> Iterator[str]:
    yield "## bronze.&lt;system&gt;_&lt;feed&gt;\n\nEvery record as it came, append-only; a row is a record of a file."
    yield f"Columns: {_names(BRONZE.names)}.\n"
    yield "## quarantine.&lt;table&gt;\n\nWhat could not be used: its raw record, its place, and the rule it breaks."
    yield f"Columns: {_names(QUARANTINE.names)}.\n"
    for name, schema in SCHEMAS.items():
        yield f"## ops.{name}\n\n{OPS[name]}\nColumns: {_names(schema.names)}.\n"


def _names(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    PAGE.write_text(page(read_plan()), encoding="utf-8")
