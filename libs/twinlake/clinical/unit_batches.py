"""Unit pairs of an Arrow batch; a module of its own, because pandas is loaded only where a batch is."""

# No postponed annotations here: Spark reads the function's hints to learn that it maps series to a frame.
from collections.abc import Callable, Mapping
from dataclasses import astuple

import pandas as pd

from twinlake.clinical.conversion import convert

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
