"""Pictures of a training, drawn without a display: grouped counts and shares, never a person's own value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from twinlake.declare.model import Model
    from twinlake.engine.calibration import Bin
    from twinlake.engine.evaluation import Metric


def draw_calibration(model: Model, bins: tuple[Bin, ...], path: Path) -> None:
    """Stated probability against the share that came true, ten bins with Wilson intervals over persons."""
    figure = _figure()
    axes = figure.add_subplot()
    stated, observed = [each.stated for each in bins], [each.observed for each in bins]
    below = [max(0.0, each.observed - each.interval.low) for each in bins]
    above = [max(0.0, each.interval.high - each.observed) for each in bins]
    top = max([*stated, *(each.interval.high for each in bins), 0.01])
    axes.plot([0, top], [0, top], linestyle=":", color="grey", label="perfect")
    axes.errorbar(stated, observed, yerr=[below, above], fmt="o", capsize=3, label="held-out, 95 % interval")
    axes.set(xlabel="stated probability", ylabel=f"share with {model.outcome}", title=f"{model.name}: calibration")
    axes.legend()
    _save(figure, path)


def draw_metrics(model: Model, metrics: tuple[Metric, ...], path: Path) -> None:
    """The promotion metric of every learner beside the baseline, with its interval."""
    shown = [metric for metric in metrics if metric.name == model.promotion.metric and metric.part == "heldout"]
    figure = _figure()
    axes = figure.add_subplot()
    for position, metric in enumerate(shown):
        axes.plot(metric.value, position, "o", color="tab:blue")
        if metric.low is not None and metric.high is not None:
            axes.plot([metric.low, metric.high], [position, position], color="tab:blue")
    axes.set_yticks(range(len(shown)), [metric.learner for metric in shown])
    axes.set(xlabel=f"held-out {model.promotion.metric}, 95 % interval", title=f"{model.name}: learners and baseline")
    _save(figure, path)


def draw_fit(model: Model, cells: tuple[tuple[float, float, int], ...], path: Path) -> None:
    """Predicted against measured value: (measured, predicted, rows) of each cell, the larger the more rows."""
    figure = _figure()
    axes = figure.add_subplot()
    measured, predicted = [cell[0] for cell in cells], [cell[1] for cell in cells]
    most = max((cell[2] for cell in cells), default=1)
    axes.scatter(measured, predicted, s=[200 * cell[2] / most for cell in cells], alpha=0.5)
    ends = [min([*measured, *predicted], default=0), max([*measured, *predicted], default=1)]
    axes.plot(ends, ends, linestyle=":", color="grey")
    axes.set(
        xlabel=f"measured, {model.unit}", ylabel=f"predicted, {model.unit}", title=f"{model.name}: held-out persons"
    )
    _save(figure, path)


def _figure() -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(figure: Figure, path: Path) -> None:
    # No clock and no library version in the file: the same figures give the same picture.
    figure.savefig(path, dpi=110, metadata={"Software": None})
