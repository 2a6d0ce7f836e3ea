"""Gaps are filled as the regression on the known columns fills them, by hand and by an independent library."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from twinlake.engine.conditional_mean import MINIMUM_PAIRS, ConditionalMean, _sums, filler, moments, possible

NAN = np.nan


def summed(values: np.ndarray) -> list[list[np.ndarray]]:
    """The sums of a partition, written plainly."""
    known = np.isfinite(values)
    width = values.shape[1]
    parts = [np.zeros((width, width)) for _ in range(4)]
    for row, seen in zip(values, known, strict=True):
        for i in range(width):
            for j in range(width):
                if seen[i] and seen[j]:
                    for part, term in zip(parts, (1, row[i], row[i] ** 2, row[i] * row[j]), strict=True):
                        part[i, j] += term
    return [[*(p.ravel() for p in parts), np.nanmin(values, axis=0), np.nanmax(values, axis=0)]]


def by_batches(values: np.ndarray, size: int) -> list[list[np.ndarray]]:
    """The sums that the stage makes of one partition."""
    batches = (pd.DataFrame(values[n : n + size]) for n in range(0, len(values), size))
    return [list(map(np.array, row)) for frame in _sums(batches) for row in frame.itertuples(index=False)]


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    draw = np.random.default_rng(5)
    first = draw.normal(70, 10, 400)
    second = 100 + 0.5 * first + draw.normal(0, 3, 400)
    third = 20 - 0.2 * first + 0.1 * second + draw.normal(0, 1, 400)
    return np.column_stack([first, second, third])


def test_on_whole_rows_it_is_the_least_squares_regression(drawn) -> None:
    fill = filler(*moments(summed(drawn), 3, 0))
    asked = np.array([[80.0, NAN, 15.0], [65.0, 130.0, NAN], [NAN, NAN, 18.0]])
    for row, filled in zip(asked, fill(asked), strict=True):
        told = np.flatnonzero(np.isfinite(row))
        for gap in np.flatnonzero(np.isnan(row)):
            design = np.column_stack([np.ones(400), drawn[:, told]])
            weights, *_ = np.linalg.lstsq(design, drawn[:, gap], rcond=None)
            assert filled[gap] == pytest.approx(weights @ [1.0, *row[told]], rel=1e-9)


def test_the_sums_of_batches_are_the_sums_of_all(drawn) -> None:
    holes = np.where(np.random.default_rng(2).random(drawn.shape) < 0.3, NAN, drawn)
    for ours, plain in zip(moments(by_batches(holes, 64), 3, 0), moments(summed(holes), 3, 0), strict=True):
        assert ours == pytest.approx(plain, rel=1e-9)


def test_two_columns_by_hand() -> None:
    # Means 2 and 4, deviations 1 and 2, correlation 1/2: at 3 the other is 4 + 2 * 1/2 * (3 - 2) / 1 = 5.
    fill = filler(*map(np.array, ([2, 4], [1, 2], [0, 0], [9, 9], [1, 0.5, 0.5, 1])))
    assert fill(np.array([[3.0, NAN], [NAN, 2.0], [NAN, NAN], [1.0, 8.0]])) == pytest.approx(
        np.array([[3, 5], [1.5, 2], [2, 4], [1, 8]])
    )


def test_a_filled_value_lies_within_what_was_seen() -> None:
    fill = filler(*map(np.array, ([2, 4], [1, 2], [0, 3], [9, 4.5], [1, 0.9, 0.9, 1])))
    assert fill(np.array([[9.0, NAN], [-9.0, NAN]]))[:, 1] == pytest.approx([4.5, 3])


def test_a_column_nobody_saw_stays_unknown_and_one_that_never_varies_tells_nothing() -> None:
    values = np.array([[n, NAN, 5.0] for n in range(40)], float)
    filled = filler(*moments(by_batches(values, 40), 3, 0))(np.array([[NAN, NAN, 7.0], [3.0, NAN, NAN]]))
    assert filled[0, 0] == pytest.approx(19.5)
    assert np.isnan(filled[:, 1]).all()
    assert filled[1, 2] == 5


def test_pairs_that_few_rows_know_go_by_their_means() -> None:
    draw = np.random.default_rng(1)
    values = np.full((100, 2), NAN)
    values[:, 0] = draw.normal(size=100)
    values[: MINIMUM_PAIRS - 1, 1] = 3 * values[: MINIMUM_PAIRS - 1, 0] + 1
    *_, correlations = moments(summed(values), 2, 0)
    assert correlations == pytest.approx(np.eye(2))
    values[MINIMUM_PAIRS - 1, 1] = 3 * values[MINIMUM_PAIRS - 1, 0] + 1
    *_, correlations = moments(summed(values), 2, 0)
    assert correlations[0, 1] > 0.97


def test_a_correlation_counts_as_much_as_its_rows(drawn) -> None:
    *_, plain = moments(summed(drawn), 3, 0)
    *_, shrunk = moments(summed(drawn), 3, 400)
    off = ~np.eye(3, dtype=bool)
    assert shrunk[off] == pytest.approx(plain[off] / 2), "400 rows, and 400 that show none"


def test_correlations_that_cannot_be_together_become_possible() -> None:
    asked = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    assert np.linalg.eigvalsh(asked)[0] < 0
    made = possible(asked)
    assert np.linalg.eigvalsh(made)[0] > 0
    assert np.diag(made) == pytest.approx(np.ones(3))


@pytest.fixture(scope="module")
def rows(spark, drawn):
    hidden = np.random.default_rng(6).random(drawn.shape) < 0.3
    values = [
        [None if h else float(v) for v, h in zip(r, hs, strict=True)] for r, hs in zip(drawn, hidden, strict=True)
    ]
    schema = "n int, a double, b double, c double"
    return spark.createDataFrame([(n, *v) for n, v in enumerate(values)], schema).repartition(3, "n")


def test_the_stage_fills_as_scikit_learns_iterative_imputer_does(rows) -> None:
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    made = ConditionalMean(inputCols=["a", "b", "c"], outputCols=["x", "y"], priorRows=0).fit(rows)
    found = made.transform(rows).orderBy("n").toPandas()
    theirs = IterativeImputer(max_iter=50, tol=1e-6, random_state=0).fit_transform(found[["a", "b", "c"]])
    known = found[["a", "b"]].notna().to_numpy()
    ours = found[["x", "y"]].to_numpy()
    assert (ours[known] == theirs[:, :2][known]).all(), "what is known stays as it is"
    apart = np.sqrt(np.mean((ours - theirs[:, :2]) ** 2, axis=0))
    assert (apart < 0.2 * np.nanstd(theirs[:, :2], axis=0)).all()


def test_it_is_kept_and_read_again(rows, tmp_path) -> None:
    from pyspark.ml import Pipeline, PipelineModel

    made = Pipeline(stages=[ConditionalMean(inputCols=["a", "b", "c"], outputCols=["x"])]).fit(rows)
    made.save(str(tmp_path / "kept"))
    again = PipelineModel.load(str(tmp_path / "kept"))
    assert again.stages[0].numbers == made.stages[0].numbers
    assert again.transform(rows).select("n", "x").exceptAll(made.transform(rows).select("n", "x")).isEmpty()


def test_independent_columns_are_filled_with_their_means(rows) -> None:
    made = ConditionalMean(inputCols=["a", "b"], outputCols=["x"], isIndependent=True).fit(rows)
    mean = rows.agg({"a": "avg"}).collect()[0][0]
    (filled,) = {round(r["x"], 9) for r in made.transform(rows).where("a is null").collect()}
    assert filled == pytest.approx(mean)
