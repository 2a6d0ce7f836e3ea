"""What the ops tables say of a lake's last publication and last run, read once for page and summary."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from twinlake.engine.home import Home
from twinlake.engine.ops import BEGUN, PUBLISHED, Ops
from twinlake.engine.position import last_said
from twinlake.engine.publication import Publication, require_publication
from twinlake.engine.quarantine import quarantine_tables

LAYERS = ("empi", "silver", "gold", "twins", "serving")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Held:
    """Rows of one quarantine table that one rule holds, of one hospital."""

    table: str
    rule: str
    hospital: str
    rows: int


@dataclass(frozen=True)
class Facts:
    """Everything the page needs but the aggregates: ops rows, oldest first, and what they come to.

    `run_id` is the last run, `published_by` the one that made the publication.
    """

    home: Home
    ops: Ops
    publication: Publication
    run_id: str
    published_by: str
    files: tuple[Row, ...]
    conformed: tuple[Row, ...]
    touched: tuple[Row, ...]
    verdicts: Mapping[str, Row]
    trainings: Mapping[str, tuple[Row, ...]]
    stages: tuple[Row, ...]
    history: tuple[Row, ...]
    held: tuple[Held, ...]
    shared: tuple[Row, ...] = ()

    @property
    def persons(self) -> int:
        return self.publication.rows.get("silver.person", 0)

    @property
    def seconds(self) -> float:
        """Of the last run, by the clock."""
        return _covered(self.stages)

    @property
    def publishing_seconds(self) -> float | None:
        """Of the run that made the publication; None where it left no record of its stages."""
        stages = _stages(self.history, self.published_by)
        return _covered(stages) if stages else None

    @property
    def unpublished_run(self) -> str | None:
        """The last run, if it came after the publication and did not reach its own."""
        has_published = any((row["stage"], row["state"]) == PUBLISHED for row in self.stages)
        return None if self.run_id == self.published_by or has_published else self.run_id

    @property
    def seconds_by_stage(self) -> dict[str, float]:
        """Of the last run, by the clock; the steps of one layer, and the trainings, are one stage."""
        rows: dict[str, list[Row]] = {}
        for row in self.stages:
            rows.setdefault(row["stage"].split(".")[0], []).append(row)
        return {stage: _covered(found) for stage, found in rows.items()}

    def rows_of(self, layer: str) -> dict[str, int]:
        """Rows of the layer's tables as published."""
        return {name: rows for name, rows in self.publication.rows.items() if name.startswith(f"{layer}.")}


def _covered(rows: Iterable[Row]) -> float:
    """Seconds in which at least one of these steps was under way."""
    spans = sorted((r["started_at"], r["started_at"] + timedelta(seconds=r["seconds"])) for r in rows)
    covered, until = timedelta(), datetime.min.replace(tzinfo=UTC)
    for start, stop in spans:
        covered += max(timedelta(), stop - max(start, until))
        until = max(until, stop)
    return covered.total_seconds()


def read_facts(home: Home) -> Facts:
    """The facts of the last publication; NotPublished before the first."""
    ops = Ops(home.lake)
    publication = require_publication(ops)
    history = ops.rows("run")
    published_by = _publishing_run(ops, publication)
    run_id = history[-1]["run_id"] if history else published_by
    return Facts(
        home, ops, publication, run_id, published_by, _files(ops),
        tuple(row for rows in last_said(ops).values() for row in rows),
        tuple(r for r in ops.rows("table_run") if r["run_id"] == run_id),
        _verdicts(ops.rows("validation"), publication), _trainings(ops.rows("model_run")),
        _stages(history, run_id), tuple(history), _held(ops),
        tuple({r["rule"]: r for r in ops.rows("shared_value")}.values()),
    )  # fmt: skip


def _stages(history: Iterable[Row], run_id: str) -> tuple[Row, ...]:
    return tuple(row for row in history if row["run_id"] == run_id and (row["stage"], row["state"]) != BEGUN)


def _publishing_run(ops: Ops, publication: Publication) -> str:
    return next(r["run_id"] for r in ops.rows("publication") if r["sequence"] == publication.sequence)


def _files(ops: Ops) -> tuple[Row, ...]:
    """The last word on every file."""
    rows = sorted(ops.rows("landing_ledger"), key=lambda r: r["sequence"])
    return tuple(sorted({r["path"]: r for r in rows}.values(), key=lambda r: r["path"]))


def _verdicts(rows: Iterable[Row], publication: Publication) -> dict[str, Row]:
    """The verdict on each table in the version that is published."""
    versions = publication.versions
    return {r["table"]: json.loads(r["result"]) for r in rows if versions.get(r["table"]) == r["version"]}


def _trainings(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    by_model: dict[str, list[Row]] = {}
    for row in rows:
        by_model.setdefault(row["model_name"], []).append(row)
    return {name: tuple(found) for name, found in sorted(by_model.items())}


def _held(ops: Ops) -> tuple[Held, ...]:
    from deltalake import DeltaTable, QueryBuilder
    from pyarrow import table

    sql = "select coalesce(rule, '') r, coalesce(hospital, '') h, count(*) n from t group by 1, 2 order by n desc, 1, 2"
    found = []
    for name in quarantine_tables(ops):
        if ops.version(name) is not None:
            rows = table(QueryBuilder().register("t", DeltaTable(ops.path(name))).execute(sql)).to_pylist()
            found += [Held(name, row["r"], row["h"], row["n"]) for row in rows]
    return tuple(found)
