"""Whether a trained model becomes the champion, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlake.declare.model import METRICS
from twinlake.engine.intervals import wilson

if TYPE_CHECKING:
    from twinlake.declare.model import Model


@dataclass(frozen=True)
class Evidence:
    """What promotion looks at: held-out persons and persons with the outcome, and the promotion metric three times."""

    persons: int
    events: int | None
    value: float | None
    baseline: float | None
    champion: float | None = None


@dataclass(frozen=True)
class Decision:
    """The verdict in a word and in a sentence."""

    is_champion: bool
    reason: str


def decide(model: Model, evidence: Evidence) -> Decision:
    """The promotion rule of the model, applied. On too little evidence a metric says nothing, so it is not quoted.

    The reason stands in every person's risk_score, so it changes only when the evidence does.
    """
    refused = refuse(model, evidence.persons, evidence.events) or _said(_not_better(model, evidence))
    metric = model.promotion.metric
    if refused:
        return Decision(False, refused)
    against = f"baseline {evidence.baseline:.4g}"
    against += f", champion before {evidence.champion:.4g}" if evidence.champion is not None else ""
    return Decision(True, f"champion: held-out {metric} {evidence.value:.4g} ({against})")


def refuse(model: Model, persons: int, events: int | None) -> str | None:
    """Why so many held-out persons, and persons with the outcome, are too few for any champion; None if enough."""
    return _said(_too_little(model, persons, events))


def _said(refusals: Iterator[str]) -> str | None:
    said = "; ".join(refusals)
    return f"no new champion: {said}" if said else None


def _too_little(model: Model, persons: int, events: int | None) -> Iterator[str]:
    rule = model.promotion
    if events is not None and events < rule.minimum_events:
        interval = wilson(events, persons)
        yield (
            f"{events} held-out event{'' if events == 1 else 's'} among {persons} persons "
            f"(95 % Wilson interval {100 * interval.low:.1f} to {100 * interval.high:.1f} %), "
            f"{rule.minimum_events} needed"
        )
    if persons < rule.minimum_heldout_persons:
        yield f"{persons} held-out persons, {rule.minimum_heldout_persons} needed"


def _not_better(model: Model, evidence: Evidence) -> Iterator[str]:
    metric, value = model.promotion.metric, evidence.value
    if value is None or evidence.baseline is None:
        yield f"held-out {metric} cannot be measured"
        return
    sign = 1 if METRICS[metric] else -1
    if sign * (value - evidence.baseline) <= 0:
        yield "held-out {} {} does not beat the baseline's {}".format(metric, *_apart(value, evidence.baseline))
    if evidence.champion is not None and sign * (value - evidence.champion) < 0:
        yield "held-out {} {} is worse than the champion's {}".format(metric, *_apart(value, evidence.champion))


def _apart(one: float, other: float) -> tuple[str, str]:
    """Both with as many digits as tell them apart, four where four do."""
    told = ((f"{one:.{digits}g}", f"{other:.{digits}g}") for digits in (4, 6, 9, 12))
    return next((pair for pair in told if pair[0] != pair[1]), (f"{one:.4g}", f"{other:.4g}"))
