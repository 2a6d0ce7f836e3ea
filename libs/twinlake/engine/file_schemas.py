"""`ops.file_schema`: the shape of each file that was read, how it differs from its feed, and what was decided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from twinlake.declare.drift import STOP
from twinlake.declare.errors import DataError
from twinlake.declare.hospital import Hospital
from twinlake.declare.source import Feed, System
from twinlake.engine.ledger import Ledger
from twinlake.engine.ops import Ops
from twinlake.engine.schema_drift import RULE, Drift, decided, deciding, from_json, with_layouts

NAME = "file_schema"
Row = Mapping[str, Any]


def layouts_of(ops: Ops, system: str, feed: Feed) -> Feed:
    """The feed with every header as a layout that a file of it landed with."""
    headers = {r["layout"] for r in ops.rows(NAME) if (r["system"], r["feed"]) == (system, feed.name) and r["layout"]}
    return with_layouts(feed, sorted(headers))


def declared_as(feed: Feed) -> str:
    """A mark of what a feed declares of the shape of its files: another declaration, another mark."""
    told = (feed.columns, feed.layouts, sorted(feed.types.items()), feed.required, feed.elements, feed.extensions)
    return hashlib.sha256(repr([*map(str, told)]).encode()).hexdigest()[:16]


def held_back(ops: Ops, ledger: Ledger) -> dict[str, Row]:
    """By path, the files that wait in quarantine because of how they differ from what is declared."""
    latest = {row["path"]: row for row in ops.rows(NAME)}
    return {
        path: latest[path]
        for path, row in ledger.current.items()
        if path in latest and row["sha256"] == latest[path]["sha256"] and str(row["reason"]).startswith(f"{RULE}:")
    }


def decided_anew(row: Row, systems: Mapping[str, System], hospital: Hospital | None) -> tuple[Drift, ...]:
    """The drift of a file, each with the policy that would hold now."""
    by = deciding(systems[row["system"]], row["feed"], hospital)
    return tuple(decided(each, by) for each in from_json(row["drift"]))


def to_be_reconsidered(
    ops: Ops, ledger: Ledger, systems: Mapping[str, System], hospitals: Mapping[str, Hospital]
) -> frozenset[str]:
    """The paths of files held back under another policy, or by another declaration, than holds now."""

    def is_judged_otherwise(row: Row) -> bool:
        feed = next((each for each in systems[row["system"]].feeds if each.name == row["feed"]), None)
        return feed is not None and (
            declared_as(feed) != row["declared"]
            or decided_anew(row, systems, hospitals.get(row["hospital"])) != from_json(row["drift"])
        )

    return frozenset(
        path for path, row in held_back(ops, ledger).items() if row["system"] in systems and is_judged_otherwise(row)
    )


def refuse_stopped(ops: Ops, ledger: Ledger, feeds: Path, hospitals: Iterable[str]) -> None:
    """No run goes on while a file lies in the feeds that differs in a way at which its hospital wants to stop."""
    stopped = [
        f"{path}: {ledger.current[path]['reason']}"
        for path, row in sorted(held_back(ops, ledger).items())
        if row["hospital"] in hospitals and (feeds / path).is_file()
        and STOP in {each.policy for each in from_json(row["drift"])}
    ]  # fmt: skip
    if stopped:
        raise DataError("Nothing is published, as [drift] says: " + "; ".join(stopped) + ".")
