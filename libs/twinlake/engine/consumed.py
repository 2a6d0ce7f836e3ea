"""What a table has consumed of its inputs, so that the next run starts from there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from twinlake.declare.table import Table
from twinlake.engine.ops import State
from twinlake.engine.run import Run


def consumed(run: Run, table: str) -> State | None:
    """The state of a table's last commit, or of the later look that found it equal; None before its first build.

    A look that changes nothing makes no commit in the table, so its word stands in ops.table_run.
    """
    state = run.ops.state(table)
    if state is None or table in run.anew:
        return None
    version = run.ops.version(table)
    looks = [r for r in run.ops.rows("table_run") if r["table"] == table and r["version"] == version and r["state"]]
    if not looks:
        return state
    last = json.loads(looks[-1]["state"])
    return replace(state, inputs=last["inputs"], fingerprint=last["fingerprint"])


def is_up_to_date(run: Run, table: Table) -> bool:
    """Whether a table is made of its inputs as they stand, and as it is declared today."""
    state = consumed(replace(run, anew=frozenset()), table.full_name)
    if state is None or is_made_otherwise(state, run.fingerprints.get(table.full_name, "")):
        return False
    return all(run.ops.version(name) == version for name, version in state.inputs.items())


def is_made_otherwise(state: State | None, fingerprint: str) -> bool:
    """A scored table's fingerprint goes on with its models' versions."""
    return state is None or not state.fingerprint.startswith(fingerprint)


def looked(inputs: Mapping[str, int], fingerprint: str) -> str:
    """The word of a look that found a table equal, as ops.table_run keeps it."""
    return json.dumps({"inputs": dict(inputs), "fingerprint": fingerprint}, sort_keys=True)


def newest(run: Run, names: list[str]) -> Mapping[str, int]:
    """The newest version of each table that exists."""
    versions = {name: run.ops.version(name) for name in names}
    return {name: version for name, version in versions.items() if version is not None}
