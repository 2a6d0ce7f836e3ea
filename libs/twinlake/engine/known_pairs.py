"""What the last run compared, so that a day's new source persons are compared with the rest, not all with all."""

from __future__ import annotations

from twinlake.declare.table import Table
from twinlake.engine.changes import changed_rows, was_rewritten
from twinlake.engine.consumed import consumed
from twinlake.engine.linkage import PERSON, Known
from twinlake.engine.run import Run

SOURCE = "empi.source_person"


def known_pairs(run: Run, table: Table) -> Known | None:
    """The pairs as stored and who moved since; None where all are to be compared: another model, a rewritten input."""
    before, now = consumed(run, table.full_name), run.ops.version(SOURCE)
    if before is None or now is None or before.fingerprint != run.fingerprints[table.full_name]:
        return None
    since = before.inputs.get(SOURCE)
    if since is None or since == now or was_rewritten(run, SOURCE, since):
        return None
    touched = changed_rows(run, SOURCE, since, now).select(*PERSON).distinct()
    return Known(run.read(table.name), touched)
