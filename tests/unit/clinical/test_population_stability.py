"""The index by hand and by a published example, its bound by scipy, and what both come to where nothing has moved."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from pyspark.sql import functions as F
from scipy.stats import binom, chi2

from twinlake.clinical.population_stability import BINS, CHANGED, CHI_SQUARE, FEWEST, alarm_bound, stability_index


@pytest.fixture
def judged(spark):
    def judge(*pairs):
        rows = [([int(n) for n in a], [int(n) for n in b]) for a, b in pairs]
        given = spark.createDataFrame(rows, "a array<bigint>, b array<bigint>")
        size = {side: F.aggregate(side, F.lit(0).cast("bigint"), lambda s, n: s + n) for side in "ab"}
        return [
            tuple(row)
            for row in given.select(
                stability_index(F.col("a"), F.col("b")), alarm_bound(F.size("a"), size["a"], size["b"])
            ).toLocalIterator()
        ]

    return judge


def test_two_bins_by_hand(judged):
    """Halves become quarters: (1/2 - 1/4) ln 2 + (1/2 - 3/4) ln (2/3) = ln(3) / 4."""
    ((index, _),) = judged(([100, 100], [50, 150]))
    assert index == pytest.approx(log(3) / 4) == pytest.approx(0.27465, abs=1e-5)


def test_two_equal_distributions_are_at_zero_whatever_their_size(judged):
    ((index, _),) = judged(([10, 20, 70], [100, 200, 700]))
    assert index == pytest.approx(0)


def test_an_empty_bin_counts_as_half_a_number(judged):
    ((index, _),) = judged(([100, 0], [50, 50]))
    assert index == pytest.approx((1 - 0.5) * log(1 / 0.5) + (0.005 - 0.5) * log(0.005 / 0.5))


def test_the_published_example_of_seven_grades(judged):
    """As worked in the documentation of the package psi-inference: 0.0677."""
    ((index, _),) = judged(([253, 302, 204, 134, 72, 26, 8], [177, 262, 285, 158, 88, 25, 6]))
    assert index == pytest.approx(0.0677, abs=5e-5)


def test_the_table_of_chi_square_is_that_of_scipy():
    assert list(CHI_SQUARE) == [pytest.approx(chi2.ppf(0.9999, df), abs=5e-4) for df in range(1, BINS)]


def test_the_bound_is_chance_where_few_are_seen_and_what_matters_where_many_are(judged):
    few, many, too_few, one_bin = judged(
        ([10] * 10, [10] * 10), ([1000] * 10, [1000] * 10), ([10] * 10, [9] * 10 + [9]), ([500], [500])
    )
    assert few[1] == pytest.approx((1 / 100 + 1 / 100) * chi2.ppf(0.9999, 9), abs=1e-4)
    assert many[1] == CHANGED
    assert too_few[1] is None and one_bin[1] is None


@pytest.mark.parametrize(
    ("reference", "current"),
    [
        (FEWEST, FEWEST),
        pytest.param(400, FEWEST, marks=pytest.mark.nightly),
        pytest.param(1600, FEWEST, marks=pytest.mark.nightly),
        (4000, 1000),
    ],
)
def test_where_nothing_moved_no_more_alarms_than_one_in_a_thousand(judged, reference, current):
    """10,000 pairs of samples of one distribution, their bins the deciles of the first.

    The bound was set before the first run: what a true rate of one in a thousand exceeds once in a thousand. With the
    quantile of χ² for one in a thousand it was broken (39 alarms of 400 against 100); hence one in ten thousand.
    """
    pairs, rng = 10_000, np.random.default_rng(20261129)
    before = np.sort(rng.lognormal(size=(pairs, reference)), axis=1)
    now = rng.lognormal(size=(pairs, current))
    edges = np.quantile(before, np.arange(1, BINS) / BINS, axis=1).T

    chunks = [slice(n, n + 500) for n in range(0, pairs, 500)]
    both = [
        (a, b)
        for part in chunks
        for a, b in zip(_counts(before[part], edges[part]), _counts(now[part], edges[part]), strict=True)
    ]
    alarms = sum(index > bound for index, bound in judged(*both))
    assert alarms <= binom.ppf(0.999, pairs, 0.001)


def _counts(sample, edges):
    bins = np.stack([np.searchsorted(e, s, side="left") for e, s in zip(edges, sample, strict=True)])
    return np.stack([(bins == n).sum(axis=1) for n in range(BINS)], axis=1)
