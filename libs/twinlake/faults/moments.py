"""The moments at which a run can be killed: a function of ours that is being called, and what the call must mention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pkgutil import resolve_name
from typing import Any, NamedTuple

# By moment, how long each of its calls took in a run that nobody disturbed.
Calls = Mapping[str, Sequence[float]]


class Moment(NamedTuple):
    """A call of `function` that is given `mention`, any call if there is none, while `command` goes on."""

    function: str
    mention: str = ""
    command: str = "run"


MOMENTS = {
    "stage": Moment("twinlake.engine.ingest._stage"),
    "land": Moment("twinlake.engine.ingest.commit"),
    "ledger": Moment("twinlake.engine.ops.Ops.append", "landing_ledger"),
    "take_back": Moment("twinlake.engine.ingest.remove_unfinished"),
    "link": Moment("jobs.link.step"),
    "write": Moment("twinlake.engine.replace._write"),
    "mark": Moment("twinlake.engine.replace._mark"),
    "hold": Moment("twinlake.engine.replace._quarantine"),
    "prove": Moment("twinlake.engine.quality.validate"),
    "proved": Moment("twinlake.engine.ops.Ops.append", "validation"),
    "log": Moment("twinlake.engine.steps._log"),
    "pin": Moment("jobs.pin.pin"),
    "train": Moment("twinlake.engine.training.train"),
    "trained": Moment("twinlake.engine.ops.Ops.append", "model_run"),
    "score": Moment("jobs.score.step"),
    "materialise": Moment("jobs.materialise.step"),
    "hash_files": Moment("twinlake.engine.publication.record_files"),
    "publish": Moment("twinlake.engine.ops.Ops.append", "publication"),
    "report": Moment("jobs._report.make"),
    # Delta's VACUUM and OPTIMIZE are ours here: files that nothing asks for go, and few are made of many.
    "sweep": Moment("jobs._maintain._sweep", command="maintain"),
    "forget": Moment("jobs._maintain._forget", command="maintain"),
    "compact": Moment("jobs._maintain.compact", command="maintain"),
    "rearrange": Moment("twinlake.engine.compaction.rearrange", command="maintain"),
    "tend": Moment("jobs._maintain._tend", command="maintain"),
    # Last, for its module takes hold of steps that are named above.
    "any": Moment("jobs._daily.take_all"),
}


def around(moment: Moment, do: Callable[[Callable[[], Any]], Any]) -> None:
    """From now on `do` is given each call of the moment, to make it."""
    owner, name = moment.function.rsplit(".", 1)
    holder = resolve_name(owner)
    original = getattr(holder, name)

    @wraps(original)
    def called(*given: Any, **named: Any) -> Any:
        if moment.mention and moment.mention not in given:
            return original(*given, **named)
        return do(lambda: original(*given, **named))

    setattr(holder, name, called)
