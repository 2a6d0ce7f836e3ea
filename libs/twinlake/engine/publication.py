"""Publications: one moment of every table, fixed by what the tables hold and read by all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from twinlake.declare.errors import DataError, NotPublished
from twinlake.declare.table import Table
from twinlake.engine.consumed import is_up_to_date
from twinlake.engine.home import ERASING
from twinlake.engine.ops import Ops
from twinlake.engine.proofs import is_proved
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.run import Run
from twinlake.engine.stored_files import record_files

PINNED = ("silver", "gold")
# So many refused records of a kind that never came before do not say that its feed is broken.
FEW_REFUSED = 10


@dataclass(frozen=True)
class Publication:
    """What readers see: the version of every table under one id."""

    publication_id: str
    as_of: datetime
    sequence: int
    versions: Mapping[str, int]
    rows: Mapping[str, int]
    digests: Mapping[str, str]


def last_publication(ops: Ops, identity: str | None = None) -> Publication | None:
    """The newest publication, or the newest called so; None if there is none."""
    rows = [row for row in ops.rows("publication") if identity in (None, row["publication_id"])]
    if not rows:
        return None
    newest = max(row["sequence"] for row in rows)
    mine = sorted((r for r in rows if r["sequence"] == newest), key=lambda r: r["table"])
    return Publication(
        mine[0]["publication_id"], mine[0]["as_of"], newest, {r["table"]: r["version"] for r in mine},
        {r["table"]: r["rows"] for r in mine}, {r["table"]: r["digest"] for r in mine},
    )  # fmt: skip


def require_publication(ops: Ops, identity: str | None = None) -> Publication:
    """The newest publication, or the one called so; without it, what to do."""
    newest = last_publication(ops)
    if newest is None:
        raise NotPublished("Nothing is published in this lake yet. Run `twinlake run --feeds DIR` (or `make demo`).")
    found = last_publication(ops, identity)
    if found is None:
        held = {row["sequence"]: row["publication_id"] for row in ops.rows("publication")}
        raise NotPublished(
            f"Publication {identity} is not kept (any more). Kept are, the newest first: "
            f"{', '.join(held[sequence] for sequence in sorted(held, reverse=True))}. How many are is said by "
            "keep_publications and keep_days in infra/environments."
            + (" Those of before a person was erased went with them (ops.erasure)." if ops.rows("erasure") else "")
        )
    return found


def pin(run: Run) -> str:
    """The publication id: a hash of the digests of silver and gold, once each of them is proved."""
    tables = [t for t in run.tables.values() if t.layer in (*PINNED, "empi") and not t.scored]
    _refuse_unproved(run, tables)
    return publication_id(run)


def publication_id(run: Run) -> str:
    """The id that silver and gold have as they stand; metadata only, no table is read."""
    digests = {t.full_name: _digest(run.ops, t) for t in run.tables.values() if t.layer in PINNED and not t.scored}
    return hashlib.sha256(repr(sorted(digests.items())).encode()).hexdigest()[:16]


def publish(run: Run) -> tuple[str, bool]:
    """Publish the tables as they stand; the id, and whether this was anything new."""
    _refuse_unproved(run, list(run.tables.values()))
    identity = publication_id(run)
    versions = {t.full_name: run.ops.version(t.full_name) for t in run.tables.values()}
    before = last_publication(run.ops)
    if before and before.publication_id == identity and dict(before.versions) == versions:
        return identity, False
    sequence = before.sequence + 1 if before else 1
    record_files(run.ops, sequence)
    run.ops.append("publication", [_row(run, t, identity, sequence) for t in run.tables.values()])
    return identity, True


def _row(run: Run, table: Table, identity: str, sequence: int) -> dict:
    state = run.ops.state(table.full_name)
    return {"sequence": sequence, "publication_id": identity, "table": table.full_name,
            "version": run.ops.version(table.full_name), "rows": state.rows if state else 0,
            "digest": state.digest if state else "", "as_of": run.as_of, "run_id": run.run_id}  # fmt: skip


def _digest(ops: Ops, table: Table) -> str:
    state = ops.state(table.full_name)
    return state.digest if state else "none"


def _refuse_unproved(run: Run, tables: list[Table]) -> None:
    missing = [table.full_name for table in tables if not is_proved(run, table)]
    if missing:
        raise DataError(
            f"Not published: {', '.join(missing)} did not pass validation as they stand. "
            "See the report's Data Docs, mend the data or the rule, and run again."
        )
    behind = [table.full_name for table in tables if not is_up_to_date(run, table)]
    if behind:
        raise DataError(
            f"Not published: {', '.join(behind)} were made before what they are made of changed, as where a run was "
            "broken off between the two. `twinlake run` brings them up to it."
        )
    _refuse_emptied(run, tables)


def _refuse_emptied(run: Run, tables: list[Table]) -> None:
    """An empty table breaks no rule of rows: that all which was built of it was refused is told by its quarantine.

    What was never delivered, or was withdrawn by its hospital, leaves nothing there; a table that readers know as
    empty may stay so, and a few bad records that come first are no broken feed. An erasure may empty one.
    """
    if (run.home.path / ERASING).exists():
        return
    before = last_publication(run.ops)
    empty = [t for t in tables if (state := run.ops.state(t.full_name)) and not state.rows]
    held = {t.full_name: Quarantine(run.ops, f"quarantine.{t.name}").count() for t in empty}
    refused = {
        name: rows for name, rows in held.items()
        if (rows > FEW_REFUSED if before is None else rows and before.rows.get(name))
    }  # fmt: skip
    if refused:
        told = "; ".join(f"all {rows:,} rows built of {name} are in quarantine" for name, rows in refused.items())
        raise DataError(
            f"Not published: {told}, and none is left. `twinlake quarantine list` names the rules they broke. Mend the "
            "feed, or say under [severity] of hospital.toml that the rule only warns, and run again."
        )
