"""What changed in the files of a hospital: against what is declared, and against its own delivery before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from twinlake.engine.file_schemas import NAME
from twinlake.engine.ops import Ops
from twinlake.engine.schema_drift import WIDER, from_json

DECLARED, BEFORE = "as declared", "as delivered before"
PLACE = ("hospital", "system", "feed")
Row = dict[str, Any]


@dataclass
class _Known:
    """What deliveries had: column → type, as far as told, and extensions; and what the last of them had."""

    types: dict[str, str] = field(default_factory=dict)
    extensions: set[str] = field(default_factory=set)
    last: set[str] = field(default_factory=set)

    def add(self, now: Iterable[Mapping[str, Any]]) -> None:
        self.last = set()
        for shape in now:
            for column, kind in shape["columns"]:
                self.types[column] = kind or self.types.get(column, "")
                self.last.add(column)
            self.extensions.update(shape["extensions"])


def schema_drift(ops: Ops) -> list[Row]:
    """Each event once: `hospital system feed event column detail policy expected`, its files and deliveries.

    Against what is declared an event is one for all files that have it, with the policy that held; against the
    delivery before it is of one delivery, and nothing follows from it.
    """
    files = list({row["path"]: row for row in ops.rows(NAME)}.values())
    return sorted([*_against_declared(files), *_against_before(files)], key=_place)


def _against_declared(files: Iterable[Row]) -> Iterator[Row]:
    found: dict[tuple[Any, ...], list[Row]] = {}
    for file in files:
        for drift in from_json(file["drift"]):
            found.setdefault((*_of(file), drift.event, drift.column, drift.policy), []).append({**file, "told": drift})
    for (*place, event, column, policy), same in found.items():
        last = max(same, key=lambda file: (file["delivery"], file["path"]))
        yield _event(place, event, column, last["told"].detail, policy, DECLARED, same)


def _against_before(files: Iterable[Row]) -> Iterator[Row]:
    by_feed: dict[tuple[Any, ...], dict[str, list[Row]]] = {}
    for file in files:
        by_feed.setdefault(_of(file), {}).setdefault(file["delivery"], []).append(file)
    for place, deliveries in by_feed.items():
        known = _Known()
        for day, same in sorted(deliveries.items()):
            files_of_day = sorted(same, key=lambda file: file["path"])
            for event, column, detail in _changed(known, _shapes(files_of_day)) if known.types else ():
                yield _event(place, event, column, detail, "", BEFORE, deliveries[day])
            # What was held back was never taken up: the next that comes so is as new.
            if taken_up := [file for file in files_of_day if not _is_held_back(file)]:
                known.add(_shapes(taken_up))


def _shapes(files: Iterable[Row]) -> list[Row]:
    return [json.loads(file["shape"]) for file in files]


def _is_held_back(file: Row) -> bool:
    return any(drift.holds_back for drift in from_json(file["drift"]))


def _changed(before: _Known, shapes: list[Row]) -> Iterator[tuple[str, str, str]]:
    """What no earlier delivery had, what the last one had and a header of now has not, what was of another type."""
    now = _Known()
    now.add(shapes)
    for column in sorted(now.types.keys() - before.types.keys()):
        yield "new", column, f"holds {now.types[column] or 'too little to tell'}"
    for column in sorted(before.last - now.last) if all(shape["has_header"] for shape in shapes) else ():
        yield "dropped", column, f"held {before.types[column] or 'too little to tell'}"
    for column in sorted(before.types.keys() & now.types.keys()):
        was, kind = before.types[column], now.types[column]
        if was and kind and was != kind and kind not in WIDER.get(was, ()) and was not in WIDER.get(kind, ()):
            yield "retyped", column, f"held {was}, holds {kind}"
    for url in sorted(now.extensions - before.extensions):
        yield "extension", url, "in no delivery before"


def _event(
    place: Iterable[Any], event: str, column: str, detail: str, policy: str, expected: str, files: list[Row]
) -> Row:
    days = sorted(file["delivery"] for file in files)
    return {**dict(zip(PLACE, place, strict=True)), "event": event, "column": column, "detail": detail,
            "policy": policy, "expected": expected, "files": len(files), "first": days[0],
            "last": days[-1]}  # fmt: skip


def _of(file: Row) -> tuple[Any, ...]:
    return tuple(file[name] for name in PLACE)


def _place(row: Row) -> tuple[Any, ...]:
    return (*_of(row), row["expected"], row["first"], row["event"], row["column"])
