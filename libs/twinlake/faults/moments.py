"""The moments at which a run can be killed: a function of ours that is being called, and what the call must mention."""

from __future__ import annotations

from typing import NamedTuple


class Moment(NamedTuple):
    """`most`: at which of its calls at the latest, `seconds`: how far into it, both chosen from the seed."""

    function: str
    mention: str = ""
    most: int = 1
    seconds: float = 1.0


MOMENTS = {
    "stage": Moment("twinlake.engine.ingest._stage"),
    "land": Moment("twinlake.engine.ingest.commit", most=3),
    "ledger": Moment("twinlake.engine.ops.Ops.append", "landing_ledger"),
    "take_back": Moment("twinlake.engine.ingest._remove_unfinished", most=3),
    "link": Moment("jobs.link.step", most=2, seconds=20),
    "write": Moment("twinlake.engine.replace._write", most=6, seconds=4),
    "mark": Moment("twinlake.engine.replace._mark", most=3),
    "hold": Moment("twinlake.engine.replace._quarantine", most=4),
    "prove": Moment("twinlake.engine.quality.validate", most=8, seconds=5),
    "proved": Moment("twinlake.engine.ops.Ops.append", "validation", most=8),
    "log": Moment("twinlake.engine.steps._log", most=8),
    "pin": Moment("jobs.pin.pin"),
    "train": Moment("twinlake.engine.training.train", most=2, seconds=10),
    "trained": Moment("twinlake.engine.ops.Ops.append", "model_run"),
    "score": Moment("jobs.score.step", seconds=8),
    "materialise": Moment("jobs.materialise.step", most=2, seconds=8),
    "hash_files": Moment("twinlake.engine.publication.record_files"),
    "publish": Moment("twinlake.engine.ops.Ops.append", "publication"),
    "report": Moment("jobs._report.make", seconds=3),
}
