"""The plan for people: as text, as SVG, and as a picture file."""

from __future__ import annotations

from html import escape
from pathlib import Path

from twinlake.declare.errors import ConfigurationError
from twinlake.plan import Plan
from twinlake.plan_layout import BOX_HEIGHT, STAGES, Arrow, Box, Layout, Stage, corners, lay_out

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
INK, LINE, PAPER = "#1f2933", "#9aa5b1", "#ffffff"
# A sans-serif letter is about 0.6 of its size wide.
LETTER, LARGEST = 0.6, 12.5
PICTURES = (".svg", ".png", ".pdf")


def plan_text(plan: Plan) -> str:
    """Every step under its verb, in the order it is done, with the steps it waits for."""
    paragraphs = []
    for stage in STAGES:
        nodes = [node for node in plan.nodes if node.verb == stage.verb]
        width = max((len(node.target) for node in nodes), default=0)
        lines = [f"  {n.target:<{width}}  {_after(n.after)}".rstrip() for n in nodes]
        if lines:
            paragraphs.append("\n".join([f"{stage.verb} → {stage.makes}", *lines]))
    return "\n\n".join(paragraphs) + "\n"


def _after(names: tuple[str, ...]) -> str:
    named = list(dict.fromkeys(names))
    if len(named) > 8:
        return f"after all of: {', '.join(sorted({n.split('.')[0] for n in named}))}"
    return f"after {', '.join(named)}" if named else ""


def draw_plan(plan: Plan, path: Path) -> None:
    """Write the picture; the ending of the file says how: .svg, .png or .pdf."""
    if path.suffix.lower() not in PICTURES:
        raise ConfigurationError(f"{path.name}: a picture ends in {', '.join(PICTURES)}. Name the file so.")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".svg":
        path.write_text(plan_svg(plan), encoding="utf-8")
    else:
        from twinlake.plan_canvas import paint

        paint(lay_out(plan), path)


def plan_svg(plan: Plan) -> str:
    """The picture as one SVG element, 1600 wide, with a title and a description for those who cannot see it."""
    layout = lay_out(plan)
    parts = [*map(_head, *zip(*layout.heads, strict=True)), *map(_arrow, layout.arrows), *map(_box, layout.boxes)]
    return "\n".join([_open(layout, plan), *parts, "</svg>"])


def _open(layout: Layout, plan: Plan) -> str:
    said = f"{len(layout.boxes)} steps from left to right: " + "; ".join(
        f"{stage.verb} makes {stage.makes}" for stage, _, _ in layout.heads
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" '
        f'width="{layout.width:.0f}" height="{layout.height:.0f}" role="img" aria-labelledby="plan-title plan-said" '
        f'font-family="{FONT}"><title id="plan-title">The plan: {len(plan.tables)} tables, {len(plan.models)} models'
        f'</title><desc id="plan-said">{escape(said)}.</desc>'
        '<defs><marker id="plan-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" '
        f'orient="auto-start-reverse"><path d="M0 0.5 8 4 0 7.5z" fill="{LINE}"/></marker></defs>'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>'
    )


def _head(stage: Stage, x: float, width: float) -> str:
    return (
        f'<text x="{x:.1f}" y="26" font-size="16" font-weight="650" fill="{stage.colour}">{stage.makes}</text>'
        f'<text x="{x:.1f}" y="43" font-size="12" fill="#52606d">{stage.verb}</text>'
        f'<rect x="{x:.1f}" y="51" width="{width:.1f}" height="3" rx="1.5" fill="{stage.colour}"/>'
    )


def _arrow(arrow: Arrow) -> str:
    dashes = ' stroke-dasharray="3 3"' if arrow.is_inside else ""
    (x, y), *rest = corners(arrow)
    steps = [f"M{x:.1f} {y:.1f}", *(f"{'C' if n % 3 == 0 else ''}{a:.1f} {b:.1f}" for n, (a, b) in enumerate(rest))]
    path = " ".join(steps)
    return f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.2"{dashes} marker-end="url(#plan-tip)"/>'


def letter_size(box: Box) -> float:
    """The size at which the label fits its box."""
    return min(LARGEST, (box.width - 14) / (LETTER * max(1, len(box.label))))


def _box(box: Box) -> str:
    return (
        f"<g><title>{escape(box.node.verb)} {escape(box.node.target)}</title>"
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{BOX_HEIGHT:.0f}" rx="6" '
        f'fill="{PAPER}" stroke="{box.stage.colour}" stroke-opacity=".55"/>'
        f'<rect x="{box.x:.1f}" y="{box.y + 6:.1f}" width="3" height="{BOX_HEIGHT - 12:.0f}" '
        f'fill="{box.stage.colour}"/>'
        f'<text x="{box.x + 9:.1f}" y="{box.middle + 4:.1f}" font-size="{letter_size(box):.1f}" fill="{INK}">'
        f"{escape(box.label)}</text></g>"
    )
