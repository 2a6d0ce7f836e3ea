"""Quarantine for people: list, show, export, mend and replay."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jobs._run import Opened
from twinlake.declare.errors import ConfigurationError
from twinlake.engine.airflow_turn import hold
from twinlake.engine.failure import without_values
from twinlake.engine.home import check_home, home_of
from twinlake.engine.mended import Mended
from twinlake.engine.ops import Ops
from twinlake.engine.quarantine import Quarantine, quarantine_tables
from twinlake.engine.replay import land_mended
from twinlake.engine.summary import tabulated

Say = Callable[[str], None]


def show_list(feeds: Path | None, say: Say) -> None:
    """Counts by table, hospital and rule."""
    ops = _ops(feeds)
    counted: Counter[tuple[str, str, str]] = Counter(
        (name, row["hospital"] or "", row["rule"]) for name in quarantine_tables(ops)
        for row in Quarantine(ops, name).rows()
    )  # fmt: skip
    if not counted:
        say("Quarantine is empty.")
        return
    rows = [(name.removeprefix("quarantine."), hospital, rule, f"{count:,}")
            for (name, hospital, rule), count in sorted(counted.items())]  # fmt: skip
    say(tabulated(("table", "hospital", "rule", "records"), rows))


def show(feeds: Path | None, table: str, rule: str | None, limit: int, say: Say) -> None:
    """The first records of a table's quarantine, with their places."""
    for row in list(_rows(feeds, table, rule))[:limit]:
        place = _place(row)
        # A record of HL7 v2 ends its lines with CR, which would write them over each other.
        said = str(row["raw_record"] or row["row"] or "(the whole file)").replace("\r", "\n  ")
        say(f"{row['rule']} · {place} · {row['reason']}\n  {said}")


def _place(row: dict[str, Any]) -> str:
    if not row["path"]:
        return "made from several records"
    return row["path"] if row["record_offset"] is None else f"{row['path']} record {row['record_offset']}"


def export(feeds: Path | None, table: str, rule: str | None, out: Path, say: Say) -> None:
    """One line of JSON for each record that has a place; mend `raw_record`, then replay the file."""
    rows = [r for r in _rows(feeds, table, rule) if r["path"] and r["record_offset"] is not None]
    # A record that gave several rows is mended once.
    once = {(row["path"], row["file_hash"], row["record_offset"]): row for row in rows}.values()
    keys = ("path", "record_offset", "rule", "reason", "raw_record", "file_hash")
    text = "".join(json.dumps({k: row[k] for k in keys}, ensure_ascii=False) + "\n" for row in once)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    say(f"{len(once)} records: {out}. Mend raw_record in it, then: twinlake quarantine replay {out}")


def replay(opened: Opened, file: Path, say: Say) -> None:
    """Land the mended records in their places."""
    mended = list(_mended(file))
    run = opened.run
    with hold(run.home, run.run_id), without_values(run.home, "replay"):
        landed = land_mended(run, mended)
    say(f"{landed} mended records landed in their places")


def _mended(file: Path) -> Iterator[Mended]:
    if not file.is_file():
        raise ConfigurationError(f"{file} is no file. Make one with `twinlake quarantine export TABLE --out FILE`.")
    # Not splitlines: a record may hold a line separator (U+2028), which JSON leaves as it is.
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            if not isinstance(said["raw_record"], str):
                raise TypeError("raw_record is no text")
            of = str(said.get("file_hash") or "")
            yield Mended(str(said["path"]), int(said["record_offset"]), said["raw_record"], of)
        except (json.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f"{file} line {number} is not an exported record; expected path, record_offset and raw_record."
            ) from error


def _ops(feeds: Path | None) -> Ops:
    home = home_of(feeds)
    check_home(home)
    return Ops(home.lake)


def _rows(feeds: Path | None, table: str, rule: str | None) -> list[dict[str, Any]]:
    ops = _ops(feeds)
    name = f"quarantine.{table.split('.')[-1]}"
    if name not in quarantine_tables(ops):
        held = ", ".join(n.split(".")[1] for n in quarantine_tables(ops)) or "none"
        raise ConfigurationError(f"{table} has no quarantine. Tables that have one: {held}.")
    rows = Quarantine(ops, name).rows()
    order = sorted(rows, key=lambda r: (r["path"] or "", r["record_offset"] if r["record_offset"] is not None else -1))
    found = [row for row in order if rule is None or rule in row["rule"].split(",")]
    if rows and not found:
        known = ", ".join(sorted({each for row in rows for each in row["rule"].split(",")}))
        raise ConfigurationError(f"Nothing in {name} broke {rule}. Rules that were broken: {known}.")
    return found
