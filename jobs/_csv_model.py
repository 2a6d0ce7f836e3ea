"""The textbook case: glucose on weight, from a plain CSV file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twinlake.declare.errors import ConfigurationError


def blood_glucose(csv: Path, say: Callable[[str], None]) -> None:
    """Fit the line and say how good it is, on its own rows and on rows it never saw."""
    if not csv.is_file():
        raise ConfigurationError(f"{csv} is no file. Give a CSV with the columns body_weight,blood_glucose.")
    from twinlake.engine.least_squares import run_csv
    from twinlake.engine.session import start_session

    found = run_csv(start_session(), csv)
    say(f"blood_glucose = {found.intercept:.6g} + {found.coefficient:.6g} * body_weight   ({found.rows} rows)")
    say(f"all rows       MSE {found.mse:.6g}   RMSE {found.rmse:.6g}   R2 {found.r2:.4f}")
    say(f"held out ({found.test_rows})  MSE {found.test_mse:.6g}   RMSE {found.test_rmse:.6g}   R2 {found.test_r2:.4f}")
    say(f"baseline: the mean gives MSE {found.baseline_test_mse:.6g} on the held-out rows")
