"""Reconciliation at the door: what became of every record of every file, and of every landed record after it."""

from __future__ import annotations

from collections.abc import Iterable

from twinlake.engine.report.charts import SHARES, legend, shares
from twinlake.engine.report.facts import Facts, Row
from twinlake.engine.report.markup import Section, badge, fold, note, number, table, text

NUMBERS = ("records_in", "landed", "quarantined", "duplicates", "erased")
KINDS = {"landed": "good", "quarantined": "bad", "refused": "bad", "unknown": "warn", "empty": "warn"}
READ = ("landed", "quarantined", "empty")
OUTCOMES = ("mapped", "quarantined", "superseded", "unmapped", "lost")
HEADS = ("", "records#", "landed#", "quarantined#", "duplicates#", "erased#", "sum", "")


def landing(facts: Facts) -> Section:
    """Per hospital and system, and each file below it: records in = landed + quarantined + duplicates + erased."""
    lead = "Records in = landed + quarantined + duplicates + erased, for every file. Nothing is lost in silence."
    body = accounts(facts.files) or note("No file has been read into this lake.")
    return Section("landing", "Arrivals", "What arrived", lead, body + _left_out(facts))


def accounts(files: Iterable[Row]) -> str:
    """Per hospital and system, and each file below it, of those that were read; nothing where none was."""
    read = [row for row in files if row["status"] in READ]
    groups = sorted({(row["hospital"], row["system"]) for row in read})
    if not groups:
        return ""
    rows = [_group_row(h, s, [r for r in read if (r["hospital"], r["system"]) == (h, s)]) for h, s in groups]
    shown = "".join(_files(h, s, [r for r in read if (r["hospital"], r["system"]) == (h, s)]) for h, s in groups)
    keys = legend(NUMBERS[1:])
    return keys + table("Landing by hospital and system", ("hospital · system", *HEADS[1:]), rows) + shown


def _group_row(hospital: str, system: str, rows: list[Row]) -> tuple[str, ...]:
    sums = {name: sum(row[name] or 0 for row in rows) for name in NUMBERS}
    return (f"<b>{text(hospital)}</b> · {text(system)}", *_figures(sums))


def _figures(row: Row) -> tuple[str, ...]:
    balances = row["records_in"] == sum(row[name] for name in NUMBERS[1:])
    picture = shares("Records", [(name, row[name]) for name in NUMBERS[1:]])
    return (*(number(row[name]) for name in NUMBERS), _sum(balances), picture)


def _sum(balances: bool) -> str:
    return badge("balances", "good") if balances else badge("does not balance", "bad")


def _files(hospital: str, system: str, rows: list[Row]) -> str:
    shown = table(
        f"Files of {hospital}, {system}", ("file", "feed", "delivery", *HEADS[1:6], "status", "reason"),
        [(f"<code>{text(r['path'])}</code>", text(r["feed"]), text(r["delivery"] or "–"),
          *(number(r[n] or 0) for n in NUMBERS), badge(r["status"], KINDS.get(r["status"], "plain")), text(r["reason"]))
         for r in rows],
    )  # fmt: skip
    return fold(f"{text(hospital)} · {text(system)}: {len(rows)} {'file' if len(rows) == 1 else 'files'}", shown)


def _left_out(facts: Facts) -> str:
    rows = [row for row in facts.files if row["status"] not in READ]
    loud = [row for row in rows if row["status"] != "ignored"]
    quiet = [row for row in rows if row["status"] == "ignored"]
    heads = ("file", "status", "reason")
    said = table("Files that nobody understands, and hospitals that were refused", heads, map(_reason, loud)) if loud \
        else note("No file was unknown, and no hospital was refused.")  # fmt: skip
    if quiet:
        shown = table("Files that a system leaves out on purpose", heads, map(_reason, quiet))
        said += fold(
            f"Left out on purpose: {len(quiet)} {'file' if len(quiet) == 1 else 'files'}, with the reason of each",
            shown,
        )
    return said


def _reason(row: Row) -> tuple[str, ...]:
    kind = KINDS.get(row["status"], "plain")
    return f"<code>{text(row['path'])}</code>", badge(row["status"], kind), text(row["reason"])


def conforming(facts: Facts) -> Section:
    """Per hospital and feed: each landed record was mapped, quarantined, superseded, or left out for a reason."""
    lead = (
        "Every landed record reached a table, waits in quarantine, was replaced by a newer version, "
        "or was left out for a stated reason."
    )
    if not facts.conformed:
        return Section(
            "conform", "Mapping", "What became of it", lead, note("No landed record has been accounted for yet.")
        )
    places = sorted({(r["hospital"], r["system"], r["feed"]) for r in facts.conformed})
    found = {at: [r for r in facts.conformed if (r["hospital"], r["system"], r["feed"]) == at] for at in places}
    body = legend(("mapped", "quarantined", "superseded or withdrawn", "left out, with reason", "lost"), SHARES)
    for hospital in sorted({at[0] for at in places}):
        rows = [_conformed_row(at, found[at]) for at in places if at[0] == hospital]
        body += table(hospital, ("feed", "records#", *(f"{o}#" for o in OUTCOMES[:4]), "", "why left out"), rows)
    return Section("conform", "Mapping", "What became of it", lead, body)


def _conformed_row(at: tuple[str, str, str], rows: list[Row]) -> tuple[str, ...]:
    counts = {outcome: _sum_of(rows, outcome) for outcome in OUTCOMES}
    counts["superseded"] += _sum_of(rows, "withdrawn")
    lost = badge(f"{counts['lost']} lost", "bad") if counts["lost"] else ""
    why = sorted({str(r["reason"]) for r in rows if r["outcome"] == "unmapped" and r["reason"]})
    shown = (number(counts[outcome]) for outcome in OUTCOMES[:4])
    picture = shares("Records", list(counts.items())) + lost
    return f"{text(at[1])} · {text(at[2])}", number(sum(counts.values())), *shown, picture, text("; ".join(why))


def _sum_of(rows: Iterable[Row], outcome: str) -> int:
    return sum(row["records"] or 0 for row in rows if row["outcome"] == outcome)
