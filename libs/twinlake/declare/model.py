"""The grammar of a model: its question, who is asked about, what is predicted from what, when it may be believed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from twinlake.declare.errors import DeclarationError
from twinlake.declare.table import Table
from twinlake.vocabulary.fields import DICTIONARY

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Lower is better for an error, higher for a discrimination.
METRICS = MappingProxyType({"mse": False, "rmse": False, "r2": True, "brier": False, "auroc": True, "auprc": True})
ERRORS = ("mse", "rmse", "r2")
KINDS = MappingProxyType({"value": ERRORS, "probability": ("auroc", "auprc", "brier")})
ROW_COLUMNS = ("person_id", "index_datetime", "is_current", "exclusion_reason")


@dataclass(frozen=True)
class Feature:
    """A column of the feature table.

    Features of one `panel` are missing together and share one missing indicator. Who knows none of the measured
    features is not scored.
    """

    column: str
    panel: str | None = None
    is_measured: bool = True


@dataclass(frozen=True)
class Learner:
    """An MLlib stage by its class name, the features it sees, and its parameters as MLlib spells them."""

    name: str
    stage: str
    features: tuple[Feature, ...]
    parameters: Mapping[str, float | int | str | bool] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(feature.column for feature in self.features)


@dataclass(frozen=True)
class TimeAtRisk:
    """Whole days after the index day, both ends included: the outcome counts from `first_day` to `last_day`."""

    first_day: int
    last_day: int


@dataclass(frozen=True)
class Split:
    """Persons are held out by the hash of `seed` and person_id, so that no person stands in two parts of a training.

    Training sees the earlier rows of the other persons only; `later_share` of all rows whose calendar is true are
    later. Held-out persons are measured over all their rows, and over their later rows apart.
    """

    heldout_share: float = 0.3
    later_share: float = 0.2
    seed: int = 20_261_121


@dataclass(frozen=True)
class Promotion:
    """When a trained model becomes the champion: it beats the baseline and the champion in `metric`, on enough."""

    metric: str
    minimum_heldout_persons: int
    minimum_events: int = 0


@dataclass(frozen=True)
class Model:
    """A question asked of a gold feature table. The last learner is the one that is promoted; the others compare."""

    name: str
    question: str
    kind: str
    target: str
    outcome: str
    feature_table: Table
    label: str
    lookback_days: int
    learners: tuple[Learner, ...]
    baseline: str
    promotion: Promotion
    time_at_risk: TimeAtRisk | None = None
    split: Split = Split()

    def __post_init__(self) -> None:
        problems = [*_unknown_columns(self), *_wrong_choices(self)]
        if problems:
            raise DeclarationError(f"model {self.name}: " + "; ".join(problems) + ".")

    @property
    def learner(self) -> Learner:
        """The learner that is registered and scores."""
        return self.learners[-1]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every feature column of any learner, once."""
        return tuple(dict.fromkeys(column for learner in self.learners for column in learner.columns))

    @property
    def unit(self) -> str | None:
        """UCUM unit of what is predicted; None for a probability."""
        return DICTIONARY[self.label].unit if self.kind == "value" else None

    @property
    def declaration(self) -> dict[str, Any]:
        """What the model is, as plain JSON values: one part of model_version."""
        return plain(self)

    @property
    def question_digest(self) -> str:
        """Stands for what is predicted of whom, when and from what; only what was trained for it scores.

        It changes with the definition of the feature table, and with nothing that table's module only imports.
        """
        answer = (self.kind, self.outcome, self.label, self.unit, self.time_at_risk)
        return digest((self.target, self.feature_table, self.lookback_days, self.learner.features, answer))

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns the registered model reads."""
        return self.learner.columns

    @property
    def parameters(self) -> dict[str, object]:
        """What is tracked of the declaration, by name."""
        learnt = {f"{each.name}.{name}": value for each in self.learners for name, value in each.parameters.items()}
        return {**learnt, "lookback_days": self.lookback_days}


class Champion(Protocol):
    """What scores at the moment: a promoted model, or none and the reason for that."""

    model_name: str
    risk_name: str
    version: str | None
    reason: str | None

    def score(self, features: DataFrame) -> DataFrame:
        """A row a person with a current row: person_id and the columns of gold.risk_score."""


def model(address: str, question: str | None, **declaration: Any) -> Model:
    """Declare the model of the module `address` (its `__name__`); `question` is the module's docstring."""
    return Model(name=address.rpartition(".")[2], question=(question or "").strip(), **declaration)


def model_version(declared: Model, data_digest: str, coefficients: Mapping[str, Iterable[float]]) -> str:
    """Sixteen hex digits that stand for declaration, data and coefficients (each to 12 significant digits)."""
    rounded = {name: [f"{value:.11e}" for value in values] for name, values in sorted(coefficients.items())}
    return digest({"declaration": declared.declaration, "data": data_digest, "coefficients": rounded})


def digest(value: Any) -> str:
    """Sixteen hex digits that stand for (a part of) a declaration."""
    return hashlib.sha256(json.dumps(plain(value), sort_keys=True).encode()).hexdigest()[:16]


def _unknown_columns(declared: Model) -> list[str]:
    known = declared.feature_table.columns
    wanted = (*ROW_COLUMNS, declared.label, *declared.columns)
    return [
        f"{column} is not a column of {declared.feature_table.full_name}" for column in wanted if column not in known
    ]


def _wrong_choices(declared: Model) -> Iterable[str]:
    if not declared.question:
        yield "no question; write it as the module's docstring"
    if declared.kind not in KINDS:
        yield f"kind is {declared.kind!r}; use {' or '.join(KINDS)}"
    elif declared.promotion.metric not in KINDS[declared.kind]:
        yield f"promotion by {declared.promotion.metric!r}; use {' or '.join(KINDS[declared.kind])}"
    if not declared.learners:
        yield "no learner"
    if declared.kind == "probability" and (declared.time_at_risk is None or declared.promotion.minimum_events < 1):
        yield "a probability needs time_at_risk and promotion.minimum_events"
    if declared.label in declared.columns:
        yield f"{declared.label} is both label and feature"


def plain(value: Any) -> Any:
    """A declaration as JSON values; a table stands as its name and the digest of its definition."""
    if isinstance(value, Table):
        return f"{value.full_name} {digest(value.definition)}"
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in sorted(value.items())}
    return [plain(part) for part in value] if isinstance(value, tuple) else value
