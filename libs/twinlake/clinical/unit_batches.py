"""Unit pairs of an Arrow batch; a module of its own, because pandas is loaded only where a batch is."""

# No postponed annotations here: Spark reads the function's hints to learn that it maps series to a frame.
from collections.abc import Callable, Mapping
from dataclasses import astuple

import pandas as pd

from twinlake.clinical.conversion import convert
from twinlake.clinical.unit_evidence import Summary, most_likely_unit

COLUMNS = ["unit_code", "factor", "offset", "rule"]


def batch_converter(local_units: Mapping[str, Mapping[str, str]]) -> Callable[..., pd.DataFrame]:
    """The function a worker runs on each batch."""
    tables = {hospital: dict(units) for hospital, units in local_units.items()}

    def convert_batch(hospital: pd.Series, vocabulary: pd.Series, code: pd.Series, unit: pd.Series) -> pd.DataFrame:
        keys = pd.Series(list(zip(hospital, vocabulary, code, unit, strict=True)), dtype=object)
        which, pairs = pd.factorize(keys)
        found = [astuple(convert(v, c, u, tables.get(h, {}))) for h, v, c, u in pairs]
        frame = pd.DataFrame(found, columns=COLUMNS).astype({"factor": "float64", "offset": "float64"})
        return frame.take(which).reset_index(drop=True)

    return convert_batch


JUDGED = ["inferred_unit_code", "other_unit_code", "log10_likelihood_ratio"]


def batch_judge(
    code: pd.Series, count: pd.Series, total: pd.Series, squares: pd.Series, log_count: pd.Series,
    log_total: pd.Series, log_squares: pd.Series,
) -> pd.DataFrame:  # fmt: skip
    """The most likely unit of each group of values, the next likely one, and the ratio; nulls on weak evidence."""
    columns = zip(code, count, total, squares, log_count, log_total, log_squares, strict=True)
    found = [most_likely_unit(c, Summary(*sums)) for c, *sums in columns]
    rows = [(e.unit, e.other, e.log10_ratio) if e else (None, None, None) for e in found]
    return pd.DataFrame(rows, columns=JUDGED).astype({"log10_likelihood_ratio": "float64"})
