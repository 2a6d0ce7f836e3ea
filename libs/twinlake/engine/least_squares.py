"""The textbook case: plain least squares of blood glucose on body weight, from a CSV file of two columns."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.errors import DataError

if TYPE_CHECKING:
    from pyspark.ml.regression import LinearRegressionModel
    from pyspark.sql import DataFrame, SparkSession

FEATURE, LABEL = "body_weight", "blood_glucose"
MINIMUM_ROWS = 10
TRAIN_SHARE = 0.8
SEED = 20_261_121
SHOWN = 10
# Python's float also takes underscores and the digits of every script.
_DECIMAL = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


@dataclass(frozen=True)
class LeastSquares:
    """blood_glucose = intercept + coefficient * body_weight, in the file's own units.

    `mse`, `rmse` and `r2` are on the rows it was fitted to; `test_…` are of a line fitted to a seeded 80 % of the rows,
    on the other 20 %; `baseline_test_mse` is what the mean of those 80 % would have given.
    """

    rows: int
    intercept: float
    coefficient: float
    mse: float
    rmse: float
    r2: float
    test_rows: int
    test_mse: float
    test_rmse: float
    test_r2: float
    baseline_test_mse: float


def run_csv(spark: SparkSession, path: str | Path, seed: int = SEED) -> LeastSquares:
    """Fits and measures the line through MLlib; every fault of the file is told at once, by line and column."""
    rows = _frame(spark, read_rows(Path(path)), seed)
    cut = math.floor(TRAIN_SHARE * rows.count())
    train, test = rows.where(F.col("place") < cut), rows.where(F.col("place") >= cut)
    whole, part = _fit(rows), _fit(train)
    seen, unseen = whole.summary, part.evaluate(test)
    mean = train.agg(F.avg(LABEL)).collect()[0][0]
    return LeastSquares(
        rows=rows.count(),
        intercept=float(whole.intercept),
        coefficient=float(whole.coefficients.toArray()[0]),
        mse=seen.meanSquaredError,
        rmse=seen.rootMeanSquaredError,
        r2=seen.r2,
        test_rows=test.count(),
        test_mse=unseen.meanSquaredError,
        test_rmse=unseen.rootMeanSquaredError,
        test_r2=unseen.r2,
        baseline_test_mse=test.agg(F.avg(F.pow(F.col(LABEL) - F.lit(mean), 2))).collect()[0][0],
    )


def read_rows(path: Path) -> tuple[tuple[float, float], ...]:
    """(body_weight, blood_glucose) of every line; a cell that is no decimal number is an error, never a silent gap."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _check_header(path, reader.fieldnames)
            lines = [(reader.line_num, line) for line in reader]
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Give the path of a CSV file.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: is not CSV text in UTF-8 ({error}). Save it as UTF-8 CSV.") from None
    _check_cells(path, lines)
    _check_size(path, lines)
    return tuple((float(line[FEATURE]), float(line[LABEL])) for _, line in lines)


def _check_header(path: Path, header: Sequence[str] | None) -> None:
    found = header or []
    missing = [column for column in (FEATURE, LABEL) if column not in found]
    if missing:
        named = ", ".join(found) or "nothing"
        raise DataError(
            f"{path}: no column {', '.join(missing)}; its first line names {named}. "
            f"The first line must name {FEATURE},{LABEL}."
        )


def _check_cells(path: Path, lines: list[tuple[int, dict[str, str]]]) -> None:
    faults = [f"line {number} {column}" for number, line in lines for column in _not_numbers(line)]
    if faults:
        more = f" and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise DataError(f"{path}: not a number: {'; '.join(faults[:SHOWN])}{more}. Mend or remove these lines.")


def _check_size(path: Path, lines: list[tuple[int, dict[str, str]]]) -> None:
    if len(lines) < MINIMUM_ROWS:
        raise DataError(f"{path}: {len(lines)} rows; at least {MINIMUM_ROWS} are needed to fit a line and test it.")
    for column in (FEATURE, LABEL):
        if len({float(line[column]) for _, line in lines}) == 1:
            raise DataError(f"{path}: {column} is the same in every row; there is no line to fit.")


def _not_numbers(line: dict[str, str]) -> Iterator[str]:
    return (column for column in (FEATURE, LABEL) if not _is_number(line[column]))


def _is_number(cell: str | None) -> bool:
    """Whether a cell is a plain decimal number, `1e999` being beyond them; a line cut short has None."""
    return cell is not None and bool(_DECIMAL.fullmatch(cell)) and math.isfinite(float(cell))


def _frame(spark: SparkSession, rows: tuple[tuple[float, float], ...], seed: int) -> DataFrame:
    """The rows in one partition, each with its place in an order that only the seed and the line number decide."""
    import numpy as np
    from pyspark.ml.feature import VectorAssembler

    places = np.random.default_rng(seed).permutation(len(rows)).tolist()
    numbered = [(place, *row) for place, row in zip(places, rows, strict=True)]
    table = spark.createDataFrame(numbered, f"place int, {FEATURE} double, {LABEL} double")
    ordered = table.repartition(1).sortWithinPartitions("place")
    return VectorAssembler(inputCols=[FEATURE], outputCol="features").transform(ordered)


def _fit(rows: DataFrame) -> LinearRegressionModel:
    from pyspark.ml.regression import LinearRegression

    # The normal equations are solved exactly; no penalty, no iterations.
    return LinearRegression(labelCol=LABEL, solver="normal", regParam=0.0).fit(rows)
