"""The grammar of an imputation: which values, how long the last one stands, and what tells the ones never measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from twinlake.declare.errors import DeclarationError
from twinlake.declare.model import ERRORS, Model, Promotion, Split, digest, plain
from twinlake.declare.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROW_COLUMNS = ("person_id", "measurement_date", "known_vitals")


@dataclass(frozen=True)
class Carried:
    """A vital sign; its last value stands for `days` days. Signs of one `panel` are taken, and so missing, together."""

    vital: str
    days: int
    panel: str


@dataclass(frozen=True)
class Imputation:
    """A model of values that were not measured, asked of a gold table with a row a person and day.

    `covariates` are columns of the feature table that tell something and are never imputed.
    """

    name: str
    question: str
    target: str
    outcome: str
    feature_table: Table
    carried: tuple[Carried, ...]
    covariates: tuple[str, ...]
    baseline: str
    promotion: Promotion
    split: Split = Split()

    kind: ClassVar[str] = "imputation"
    label: ClassVar[str] = "vital sign, hidden"

    def __post_init__(self) -> None:
        known = self.feature_table.columns
        vitals = [each.vital for each in self.carried]
        problems = [
            *(
                f"{column} is not a column of {self.feature_table.full_name}"
                for column in (*ROW_COLUMNS, *self.covariates)
                if column not in known
            ),
            *(f"{vital} is carried twice" for vital in sorted({v for v in vitals if vitals.count(v) > 1})),
            *(f"{each.vital} is carried for {each.days} days; say 0 or more" for each in self.carried if each.days < 0),
            *([] if self.question else ["no question; write it as the module's docstring"]),
            *([] if self.carried else ["nothing is imputed"]),
            *([] if self.promotion.metric in ERRORS else [f"promotion by {self.promotion.metric!r}"]),
        ]
        if problems:
            raise DeclarationError(f"imputation {self.name}: " + "; ".join(problems) + ".")

    @property
    def vitals(self) -> tuple[str, ...]:
        """What is imputed."""
        return tuple(each.vital for each in self.carried)

    @property
    def question_digest(self) -> str:
        """Stands for what is filled of whom and from what; only what was trained for it fills."""
        return digest((self.target, self.outcome, self.feature_table, self.carried, self.covariates))

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns the registered model reads: each sign today, its last value before and how old that is."""
        return (*(f"{v}{end}" for v in self.vitals for end in ("", "_last", "_age_days")), *self.covariates)

    @property
    def unit(self) -> str:
        """Errors of many quantities are told in standard deviations of each."""
        return "standard deviations"

    @property
    def parameters(self) -> dict[str, object]:
        """What is tracked of the declaration, by name."""
        return {f"carried_days.{each.vital}": each.days for each in self.carried}

    @property
    def declaration(self) -> dict[str, Any]:
        """What it is, as plain JSON values: one part of model_version."""
        return plain(self)


Learnt = Model | Imputation


class Imputer(Protocol):
    """What fills gaps at the moment: a promoted imputation, or none and the reason for that."""

    model: Imputation
    version: str | None
    reason: str | None

    def score(self, features: DataFrame) -> DataFrame:
        """A row a person, day and vital sign: the columns of gold.imputed_vitals."""


def imputation(address: str, question: str | None, **declaration: Any) -> Imputation:
    """Declare the imputation of the module `address` (its `__name__`); `question` is the module's docstring."""
    return Imputation(name=address.rpartition(".")[2], question=(question or "").strip(), **declaration)
