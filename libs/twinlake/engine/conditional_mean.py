"""An MLlib stage that fills missing numbers with their mean given the known ones.

Buck's method (J R Stat Soc B 1960;22:302-306; Little & Rubin, Statistical Analysis with Missing Data, 3rd ed., 4.2.2):
the regression of the missing columns on the known ones, for every pattern of what is missing. The moments are of all
rows that know a pair of columns (3.4, available cases), the correlations shrunk where few rows tell them, and made a
possible matrix by raising eigenvalues.
MLlib's own Imputer knows means, medians and modes only; scikit-learn's iterative one needs all rows in one process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pyspark import keyword_only
from pyspark.ml import Estimator, Model
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Fewer rows than this that know both say nothing of how two columns go together.
MINIMUM_PAIRS = 30
SMALLEST_EIGENVALUE = 0.01
# A correlation is drawn towards none as by so many more rows that show none: few rows overstate what they share.
PRIOR_ROWS = 100
SUMS = "known array<double>, totals array<double>, squares array<double>, products array<double>, " \
       "least array<double>, most array<double>"  # fmt: skip


class ConditionalMeanModel(Model, HasInputCols, HasOutputCols, DefaultParamsReadable, DefaultParamsWritable):
    """`outputCols` are the first `inputCols` without gaps; the other inputs only tell.

    A filled value lies within what training saw; a column that training never saw stays null.
    """

    means: Param[list[float]] = Param(Params._dummy(), "means", "of each input", TypeConverters.toListFloat)
    deviations: Param[list[float]] = Param(Params._dummy(), "deviations", "of each input", TypeConverters.toListFloat)
    least: Param[list[float]] = Param(Params._dummy(), "least", "of each input", TypeConverters.toListFloat)
    most: Param[list[float]] = Param(Params._dummy(), "most", "of each input", TypeConverters.toListFloat)
    correlations: Param[list[float]] = Param(Params._dummy(), "correlations", "by row", TypeConverters.toListFloat)

    @property
    def numbers(self) -> tuple[float, ...]:
        """Everything that makes what it fills in what it is."""
        return tuple(number for values in self._moments().values() for number in values)

    def _moments(self) -> dict[str, list[float]]:
        known = (self.means, self.deviations, self.least, self.most, self.correlations)
        return {param.name: self.getOrDefault(param) for param in known}

    def as_json(self) -> dict[str, Any]:
        """What a person without Spark needs to fill a gap by hand."""
        inputs = self.getInputCols()
        told = self._moments()
        rows = np.reshape(told.pop("correlations"), (len(inputs), len(inputs))).tolist()
        columns = {name: dict(zip(inputs, values, strict=True)) for name, values in told.items()}
        pairs = {name: dict(zip(inputs, row, strict=True)) for name, row in zip(inputs, rows, strict=True)}
        return {**columns, "correlations": pairs}

    def _transform(self, dataset: DataFrame) -> DataFrame:
        inputs, outputs = self.getInputCols(), self.getOutputCols()
        fill = filler(*map(np.array, self._moments().values()))

        def of_batch(rows: pd.DataFrame) -> pd.DataFrame:
            return pd.DataFrame(fill(rows.to_numpy(float))[:, : len(outputs)], columns=outputs)

        schema = ", ".join(f"`{name}` double" for name in outputs)
        filled = F.pandas_udf(of_batch, schema)(F.struct(*(F.col(name).cast("double") for name in inputs)))
        said = dataset.withColumn("_filled", filled)
        return said.withColumns({name: F.nanvl(f"_filled.{name}", F.lit(None)) for name in outputs}).drop("_filled")


class ConditionalMean(Estimator[ConditionalMeanModel], HasInputCols, HasOutputCols):
    """Estimates the moments in one pass; with `isIndependent` only means, and so fills in means."""

    isIndependent: Param[bool] = Param(Params._dummy(), "isIndependent", "fill in means", TypeConverters.toBoolean)
    priorRows: Param[int] = Param(Params._dummy(), "priorRows", "that show no correlation", TypeConverters.toInt)

    @keyword_only
    def __init__(
        self, *, inputCols: list[str], outputCols: list[str], isIndependent: bool = False, priorRows: int = PRIOR_ROWS
    ) -> None:
        super().__init__()
        self._setDefault(isIndependent=False, priorRows=PRIOR_ROWS)
        self._set(**self._input_kwargs)

    def _fit(self, dataset: DataFrame) -> ConditionalMeanModel:
        inputs = self.getInputCols()
        rows = dataset.select(*(F.col(name).cast("double") for name in inputs))
        parts = [list(map(np.array, part)) for part in rows.mapInPandas(_sums, SUMS).collect()]
        means, deviations, least, most, correlations = moments(parts, len(inputs), self.getOrDefault(self.priorRows))
        if self.getOrDefault(self.isIndependent):
            correlations = np.eye(len(inputs))
        made = ConditionalMeanModel()
        lists = {"means": means, "deviations": deviations, "least": least, "most": most, "correlations": correlations}
        given = {name: np.ravel(values).tolist() for name, values in lists.items()}
        return made._set(inputCols=inputs, outputCols=self.getOutputCols(), **given)


def _sums(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Of one partition: for each pair of columns, over the rows that know both, how many and the sums of the first."""
    found: list[np.ndarray] | None = None
    for batch in batches:
        values = batch.to_numpy(float)
        known = np.isfinite(values)
        at, mask = np.where(known, values, 0.0), known.astype(float)
        least = np.where(known, values, np.inf).min(axis=0, initial=np.inf)
        most = np.where(known, values, -np.inf).max(axis=0, initial=-np.inf)
        here = [mask.T @ mask, at.T @ mask, (at * at).T @ mask, at.T @ at]
        found = (
            [a + b for a, b in zip(found[:4], here, strict=True)]
            + [np.minimum(found[4], least), np.maximum(found[5], most)]
            if found
            else [*here, least, most]
        )
    if found:
        names = [part.split()[0] for part in SUMS.split(", ")]
        yield pd.DataFrame({name: [part.ravel().tolist()] for name, part in zip(names, found, strict=True)})


def moments(parts: list[list[np.ndarray]], width: int, prior_rows: int) -> tuple[np.ndarray, ...]:
    """Means, standard deviations, least, most (each `width` long) and correlations; NaN where nothing was seen."""
    shape = (width, width)
    known, totals, squares, products = (sum((p[n].reshape(shape) for p in parts), np.zeros(shape)) for n in range(4))
    least = np.min([p[4] for p in parts], axis=0) if parts else np.full(width, np.nan)
    most = np.max([p[5] for p in parts], axis=0) if parts else np.full(width, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.diag(totals) / np.diag(known)
        mean = totals / known
        spread = squares / known - mean**2
        together = (products / known - mean * mean.T) / np.sqrt(spread * spread.T)
    deviations = np.sqrt(np.maximum(np.diag(spread), 0.0))
    told = np.where((known >= MINIMUM_PAIRS) & np.isfinite(together), together, 0.0)
    return means, deviations, least, most, possible(told * known / np.maximum(known + prior_rows, 1))


def possible(correlations: np.ndarray) -> np.ndarray:
    """The matrix with no eigenvalue below `SMALLEST_EIGENVALUE` and ones on the diagonal."""
    square = np.clip(correlations, -1.0, 1.0)
    np.fill_diagonal(square, 1.0)
    values, vectors = np.linalg.eigh((square + square.T) / 2)
    raised = (vectors * np.maximum(values, SMALLEST_EIGENVALUE)) @ vectors.T
    scale = np.sqrt(np.diag(raised))
    return raised / np.outer(scale, scale)


def filler(means: np.ndarray, deviations: np.ndarray, least: np.ndarray, most: np.ndarray, correlations: np.ndarray):
    """Fills the NaN of an array of rows: for each pattern of what is missing one regression on what is known."""
    width = len(means)
    square = correlations.reshape(width, width)
    tells = np.isfinite(means) & (deviations > 0)
    scale = np.where(tells, deviations, 1.0)

    def fill(values: np.ndarray) -> np.ndarray:
        filled = values.copy()
        known = np.isfinite(values)
        patterns, of = np.unique(known, axis=0, return_inverse=True)
        for n, pattern in enumerate(patterns):
            rows = np.flatnonzero(of.ravel() == n)
            gaps, told = np.flatnonzero(~pattern), np.flatnonzero(pattern & tells)
            scores = (values[np.ix_(rows, told)] - means[told]) / scale[told]
            weights = np.linalg.solve(square[np.ix_(told, told)], square[np.ix_(told, gaps)])
            guess = means[gaps] + deviations[gaps] * (scores @ weights)
            filled[np.ix_(rows, gaps)] = np.clip(guess, least[gaps], most[gaps])
        return filled

    return fill
