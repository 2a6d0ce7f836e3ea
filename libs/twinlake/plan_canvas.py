"""Paints the laid-out plan where SVG will not do: PNG for a page, PDF for print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from twinlake.plan_layout import BOX_HEIGHT, Arrow, Box, Layout, corners

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PIXELS_PER_INCH = 100
INK, QUIET, LINE = "#1f2933", "#52606d", "#9aa5b1"
# Points for a pixel of the layout.
POINT = 72 / PIXELS_PER_INCH


def paint(layout: Layout, path: Path) -> None:
    """The picture at twice the layout's pixels, so that it stays sharp."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(layout.width / PIXELS_PER_INCH, layout.height / PIXELS_PER_INCH), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, layout.width), ylim=(layout.height, 0))
    axes.axis("off")
    _heads(axes, layout)
    for arrow in layout.arrows:
        _arrow(axes, arrow)
    for box in layout.boxes:
        _box(axes, box)
    # No clock and no library version in the file: the same plan gives the same picture.
    nothing = {"Software": None} if path.suffix.lower() == ".png" else {"CreationDate": None}
    figure.savefig(path, dpi=2 * PIXELS_PER_INCH, metadata=nothing)


def _heads(axes: Axes, layout: Layout) -> None:
    for stage, x, width in layout.heads:
        axes.text(x, 26, stage.makes, size=16 * POINT, weight="bold", color=stage.colour)
        axes.text(x, 43, stage.verb, size=12 * POINT, color=QUIET)
        axes.plot([x, x + width], [52.5, 52.5], color=stage.colour, linewidth=2.2)


def _arrow(axes: Axes, arrow: Arrow) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Curve

    points = corners(arrow)
    curve = Curve(points, [Curve.MOVETO, *[Curve.CURVE4] * (len(points) - 1)])
    style = "dashed" if arrow.is_inside else "solid"
    axes.add_patch(FancyArrowPatch(path=curve, arrowstyle="-|>", mutation_scale=6, color=LINE, lw=0.8, linestyle=style))


def _box(axes: Axes, box: Box) -> None:
    from matplotlib.patches import FancyBboxPatch

    from twinlake.plan_picture import letter_size

    frame = FancyBboxPatch(
        (box.x, box.y), box.width, BOX_HEIGHT, boxstyle="round,pad=0,rounding_size=6", facecolor="white",
        edgecolor=box.stage.colour, linewidth=0.8, zorder=3,
    )  # fmt: skip
    axes.add_patch(frame)
    # The picture's own letters are wider than a browser's.
    axes.text(box.x + 9, box.middle, box.label, size=letter_size(box) * POINT * 0.92, va="center", color=INK, zorder=4)
