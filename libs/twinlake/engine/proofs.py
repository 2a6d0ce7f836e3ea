"""What was proved of a table: a verdict holds while neither its rows move nor those that its rules look into."""

from __future__ import annotations

import json
from typing import Any

from twinlake.declare.table import Table
from twinlake.engine.checks import columns_referred_to
from twinlake.engine.run import Run


def subject(run: Run, table: Table) -> dict[str, Any]:
    """What a proof made now would be of, as `ops.validation` says it."""
    looked_into = sorted(name.split(".")[-1] for name in columns_referred_to(run.rules(table)))
    versions = {name: run.ops.version(run.table(name).full_name) for name in looked_into}
    return {
        "table": table.full_name,
        "version": run.ops.version(table.full_name),
        "referred": json.dumps(versions) if versions else None,
    }


def is_proved(run: Run, table: Table) -> bool:
    """Whether the table passed as it stands, beside the tables that its rules look into as they stand."""
    wanted = subject(run, table)
    # The last word: another rule may judge the same rows otherwise.
    for row in reversed(run.ops.rows("validation")):
        if all(row.get(name) == said for name, said in wanted.items()):
            return bool(row["success"])
    return False
