"""Pictures drawn as SVG, each with its text for screen readers: bars, distributions, a pyramid, intervals, shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twinlake.engine.report.lake import Bin
from twinlake.engine.report.markup import number, text

MAIN, SECOND, QUIET, INK, FAINT = "#1c6e7d", "#b3562b", "#66727f", "#1d2733", "#dfe5ea"
# Landed or mapped, quarantined, repeated or replaced, left out on purpose, and lost.
SHARES = ("#1c6e7d", "#c2410c", "#94a3b3", "#cdd6de", "#7f1d1d")


@dataclass(frozen=True)
class Bar:
    """A bar, and what stands at its end (its count, if nothing is said)."""

    label: str
    value: float
    said: str = ""


@dataclass(frozen=True)
class Estimate:
    """A figure with the ends of its interval, if one was made."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


def svg(width: float, height: float, alt: str, parts: Sequence[str]) -> str:
    """A picture that scales with the page."""
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{text(alt)}" class="chart">'
        f"{''.join(parts)}</svg>"
    )


def write(x: float, y: float, said: object, size: float = 12, anchor: str = "start", fill: str = INK) -> str:
    """A line of text in a picture."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{fill}">{text(said)}</text>'
    )


def rectangle(x: float, y: float, width: float, height: float, fill: str, said: str = "") -> str:
    """A filled box; `said` shows under the pointer."""
    title = f"<title>{text(said)}</title>" if said else ""
    size = f'width="{max(0, width):.1f}" height="{max(0, height):.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} rx="2" fill="{fill}">{title}</rect>'


def bars(alt: str, rows: Sequence[Bar], colour: str = MAIN, label_width: float = 170, width: float = 560) -> str:
    """Horizontal bars, longest value across the picture."""
    most = max((row.value for row in rows), default=0) or 1
    room = width - label_width - 76
    parts = []
    for place, row in enumerate(rows):
        y = place * 24
        said = row.said or number(row.value)
        length = room * row.value / most
        parts += [write(label_width - 8, y + 16, _short(row.label, label_width), anchor="end"),
                  rectangle(label_width, y + 4, length, 16, colour, f"{row.label}: {said}"),
                  write(label_width + length + 6, y + 16, said, fill=QUIET)]  # fmt: skip
    told = ", ".join(f"{row.label} {row.said or number(row.value)}" for row in rows)
    return svg(width, 24 * len(rows) + 4, f"{alt}: {told}", parts)


def _short(label: str, width: float) -> str:
    room = int(width / 6.6)
    return label if len(label) <= room else label[: room - 1] + "…"


def columns(alt: str, bins: Sequence[Bin], axis: str, colour: str = MAIN, width: float = 460) -> str:
    """A distribution; a class too small to show is a hatched stub, never a height."""
    most = max((one.count or 0 for one in bins), default=0) or 1
    left, top, tall = 44.0, 14.0, 150.0
    step = (width - left - 6) / max(1, len(bins))
    every = max(1, round(44 / step + 0.49))
    parts = [HATCH, *_scale(left, top, tall, width, most)]
    for place, one in enumerate(bins):
        x, high = left + place * step, tall * (one.count or 0) / most
        said = f"{one.label}: {'not shown' if one.count is None else number(one.count)}"
        high, fill = (5, "url(#hatch)") if one.count is None else (high, colour)
        parts.append(rectangle(x + 1, top + tall - high, step - 2, high, fill, said))
        if place % every == 0 or (place == len(bins) - 1 and place % every > every / 2):
            parts.append(write(x + step / 2, top + tall + 16, one.label, 11, "middle", QUIET))
    parts.append(write(left + (width - left) / 2, top + tall + 34, axis, 11.5, "middle", QUIET))
    told = ", ".join(f"{b.label} {'suppressed' if b.count is None else number(b.count)}" for b in bins)
    return svg(width, top + tall + 42, f"{alt}, {axis}: {told}", parts)


HATCH = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="5" height="5" fill="#eef2f5"/><rect width="2" height="5" fill="#94a3b3"/></pattern></defs>'
)


def _scale(left: float, top: float, tall: float, width: float, most: float) -> list[str]:
    parts = []
    for share in (0, 0.5, 1):
        y = top + tall * (1 - share)
        parts.append(f'<line x1="{left}" x2="{width}" y1="{y:.1f}" y2="{y:.1f}" stroke="{FAINT}"/>')
        parts.append(
            write(left - 6, y + 4, number(most * share, 0 if most >= 10 or share in (0, 1) else 1), 11, "end", QUIET)
        )
    return parts


def pyramid(alt: str, bands: Sequence[tuple[str, int | None, int | None]], names: tuple[str, str]) -> str:
    """Two sides of bars over age bands, oldest on top."""
    width, middle, room = 460.0, 230.0, 170.0
    most = max((n or 0 for _, *pair in bands for n in pair), default=0) or 1
    parts = [
        HATCH,
        write(middle - 34, 12, names[0], 12, "end", SECOND),
        write(middle + 34, 12, names[1], 12, fill=MAIN),
    ]
    for place, (label, left, right) in enumerate(reversed(bands)):
        y = 20 + place * 17
        parts.append(write(middle, y + 11, label, 11, "middle", QUIET))
        for count, sign, colour in ((left, -1, SECOND), (right, 1, MAIN)):
            long, fill = (6, "url(#hatch)") if count is None else (room * count / most, colour)
            x = middle + 30 if sign > 0 else middle - 30 - long
            said = "not shown" if count is None else number(count)
            parts.append(rectangle(x, y, long, 14, fill, f"{label}: {said}"))
            if count:
                parts.append(
                    write(x + (long + 4 if sign > 0 else -4), y + 11, said, 10, "start" if sign > 0 else "end", QUIET)
                )
    told = ", ".join(
        f"{a}: {'not shown' if f is None else f} and {'not shown' if m is None else m}" for a, f, m in bands
    )
    return svg(width, 24 + 17 * len(bands), f"{alt}, {names[0]} and {names[1]}: {told}", parts)


def intervals(alt: str, rows: Sequence[Estimate], width: float = 460) -> str:
    """Figures as points with their intervals on one scale; the last row is quiet, for it is what others must beat."""
    ends = [x for row in rows for x in (row.value, row.low, row.high) if x is not None]
    low, high = min(ends), max(ends)
    pad = (high - low) * 0.08 or abs(high) * 0.05 or 1
    left, room = 96.0, width - 96 - 78

    def place(value: float) -> float:
        return left + room * (value - low + pad) / (high - low + 2 * pad)

    parts = []
    for number_of, row in enumerate(rows):
        y, colour = 16 + number_of * 26, QUIET if number_of == len(rows) - 1 else MAIN
        parts.append(f'<line x1="{left}" x2="{left + room:.1f}" y1="{y}" y2="{y}" stroke="{FAINT}"/>')
        if row.low is not None and row.high is not None:
            a, b = place(row.low), place(row.high)
            parts.append(
                f'<line x1="{a:.1f}" x2="{b:.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="3" '
                'stroke-linecap="round" opacity=".45"/>'
            )
        parts.append(f'<circle cx="{place(row.value):.1f}" cy="{y}" r="5" fill="{colour}"/>')
        parts.append(write(left - 10, y + 4, row.label, 12, "end"))
        parts.append(write(width - 4, y + 4, f"{row.value:.4g}", 12, "end", colour))
    told = ", ".join(
        f"{r.label} {r.value:.4g}" + (f" ({r.low:.4g} to {r.high:.4g})" if r.low is not None else "") for r in rows
    )
    return svg(width, 26 * len(rows) + 8, f"{alt}: {told}", parts)


def shares(alt: str, parts_of: Sequence[tuple[str, int]], colours: Sequence[str] = SHARES) -> str:
    """One bar divided by what became of the records."""
    total = sum(count for _, count in parts_of)
    if not total:
        return ""
    x, drawn = 0.0, []
    for (name, count), colour in zip(parts_of, colours, strict=False):
        # What is there is seen, however little it is.
        wide = max(3.0, 200 * count / total) if count else 0
        if count:
            drawn.append(rectangle(x, 0, wide, 12, colour, f"{name}: {number(count)}"))
        x += wide
    told = ", ".join(f"{name} {number(count)}" for name, count in parts_of if count)
    return svg(max(200.0, x), 12, f"{alt}: {told}", drawn).replace('class="chart"', 'class="share"')


def legend(names: Sequence[str], colours: Sequence[str] = SHARES) -> str:
    """What the colours of a divided bar stand for."""
    keys = (f'<span><i style="background:{c}"></i>{text(n)}</span>' for n, c in zip(names, colours, strict=False))
    return f'<p class="legend">{"".join(keys)}</p>'
