"""Unit pairs of an Arrow batch; a module of its own, because pandas is loaded only where a batch is."""

# No postponed annotations here: Spark reads the function's hints to learn that it maps series to a frame.
from collections.abc import Callable, Mapping
from dataclasses import astuple

import numpy as np
import pandas as pd
import pyarrow as pa

from twinlake.clinical.conversion import convert
from twinlake.clinical.unit_evidence import Summary, most_likely_unit

CONVERSION = {
    "unit_code": pa.string(), "factor": pa.float64(), "offset": pa.float64(), "rule": pa.string(),
    "unit_source_code": pa.string(),
}  # fmt: skip


def batch_converter(local_units: Mapping[str, Mapping[str, str]]) -> Callable[..., pa.Array]:
    """The function a worker runs on each batch."""
    tables = {hospital: dict(units) for hospital, units in local_units.items()}

    def convert_batch(hospital: pa.Array, vocabulary: pa.Array, code: pa.Array, unit: pa.Array) -> pa.Array:
        pairs, which = distinct(hospital, vocabulary, code, unit)
        found = [astuple(convert(v, c, u, tables.get(str(h), {}))) for h, v, c, u in pairs]
        columns = zip(*found, strict=True) if found else ((),) * len(CONVERSION)
        made = [pa.array(column, kind) for column, kind in zip(columns, CONVERSION.values(), strict=True)]
        return pa.StructArray.from_arrays(made, list(CONVERSION)).take(pa.array(which))

    return convert_batch


def distinct(*columns: pa.Array) -> tuple[list[tuple[str | None, ...]], np.ndarray]:
    """The rows that differ, and of each row which of them it is."""
    which = first = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        words = column.dictionary_encode("encode")
        # Numbered anew at each column, or the product of all their words might not fit.
        which = which * len(words.dictionary) + words.indices.to_numpy(zero_copy_only=False)
        _, first, which = np.unique(which, return_index=True, return_inverse=True)
    kept = [column.take(pa.array(first)).to_pylist() for column in columns]
    return list(zip(*kept, strict=True)), which


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
