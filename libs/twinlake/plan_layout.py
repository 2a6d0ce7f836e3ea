"""Where every step of the plan stands in its picture: a column for each verb, arrows left to right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from twinlake.plan import Node, Plan

WIDTH, MARGIN, HEADER = 1600.0, 16.0, 74.0
ROW, BOX_HEIGHT, GAP = 42.0, 30.0, 34.0
LANE, LANE_HEIGHT, SWEEPS = "·", 16.0, 8


@dataclass(frozen=True)
class Stage:
    """A column of the picture: the verb, what it makes, and its colour."""

    verb: str
    makes: str
    colour: str


STAGES = (
    Stage("ingest", "bronze", "#8a5a2b"),
    Stage("link", "empi", "#7a4a86"),
    Stage("conform", "silver", "#4d6475"),
    Stage("curate", "gold", "#8a6d00"),
    Stage("pin", "publication id", "#5b5b66"),
    Stage("train", "models", "#1f6f8b"),
    Stage("score", "risk", "#1f6f8b"),
    Stage("materialise", "twins", "#1d6b4f"),
    Stage("publish", "readers", "#5b5b66"),
)


@dataclass(frozen=True)
class Box:
    """A node's place: left upper corner and width, in pixels of a picture 1600 wide."""

    node: Node
    stage: Stage
    x: float
    y: float
    width: float

    @property
    def label(self) -> str:
        return self.node.name.split(".")[-1]

    @property
    def middle(self) -> float:
        return self.y + BOX_HEIGHT / 2


@dataclass(frozen=True)
class Arrow:
    """What must be done before what; `lanes` are the places (left, right, y) where it passes other columns."""

    start: Box
    end: Box
    lanes: tuple[tuple[float, float, float], ...] = ()

    @property
    def is_inside(self) -> bool:
        """Both ends stand in one column."""
        return self.start.stage == self.end.stage


@dataclass(frozen=True)
class Layout:
    """The whole picture, before anybody draws it."""

    heads: tuple[tuple[Stage, float, float], ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    height: float
    width: float = WIDTH


def lay_out(plan: Plan) -> Layout:
    """Columns by verb; arrows that follow from other arrows are left out, long ones get a lane in every column."""
    stages = [stage for stage in STAGES if any(node.verb == stage.verb for node in plan.nodes)]
    nodes = {node.name: node for node in plan.nodes}
    place = {node.name: [s.verb for s in stages].index(node.verb) for node in plan.nodes}
    paths = {arrow: _path(arrow, place) for arrow in essential(plan.nodes)}
    columns = settle(_columns(place, paths.values(), len(stages)), list(paths.values()))
    at, height = _heights(columns)
    pitch = (WIDTH - 2 * MARGIN + GAP) / len(stages)
    left = [MARGIN + n * pitch for n in range(len(stages))]
    boxes = {n: Box(nodes[n], stages[c], left[c], at[n] - BOX_HEIGHT / 2, pitch - GAP) for n, c in place.items()}
    heads = tuple((stage, x, pitch - GAP) for stage, x in zip(stages, left, strict=True))
    arrows = tuple(
        Arrow(boxes[a], boxes[b], tuple((left[place[a] + n], left[place[a] + n] + pitch - GAP, at[lane])
                                        for n, lane in enumerate(path[1:-1], 1)))
        for (a, b), path in paths.items()
    )  # fmt: skip
    return Layout(heads, tuple(boxes.values()), arrows, height)


def essential(nodes: Iterable[Node]) -> list[tuple[str, str]]:
    """The arrows from which all others follow (the transitive reduction)."""
    before: dict[str, frozenset[str]] = {}
    arrows: list[tuple[str, str]] = []
    for node in nodes:
        before[node.name] = frozenset(node.after).union(*(before[name] for name in node.after))
        arrows += [(name, node.name) for name in sorted(set(node.after)) if not _follows(name, node, before)]
    return arrows


def _follows(name: str, node: Node, before: Mapping[str, frozenset[str]]) -> bool:
    return any(name in before[other] for other in node.after if other != name)


def _path(arrow: tuple[str, str], place: Mapping[str, int]) -> tuple[str, ...]:
    """The items an arrow goes through: its ends, and a lane of its own in every column between."""
    start, end = arrow
    lanes = (f"{start} {LANE} {end} {column}" for column in range(place[start] + 1, place[end]))
    return (start, *lanes, end)


def _columns(place: Mapping[str, int], paths: Iterable[tuple[str, ...]], count: int) -> list[list[str]]:
    columns: list[list[str]] = [[name for name, column in place.items() if column == n] for n in range(count)]
    for path in paths:
        for step, lane in enumerate(path[1:-1], 1):
            columns[place[path[0]] + step].append(lane)
    return columns


def settle(columns: list[list[str]], paths: Sequence[tuple[str, ...]]) -> list[list[str]]:
    """Each column ordered by the mean place of what its items are tied to: few arrows cross (Sugiyama 1981)."""
    ties: dict[str, set[str]] = {}
    for path in paths:
        for one, other in pairwise(path):
            ties.setdefault(one, set()).add(other)
            ties.setdefault(other, set()).add(one)
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 else columns[::-1]:
            at, _ = _heights(columns)
            wish = {i: fmean([at[t] for t in ties.get(i, ()) if t not in column] or [at[i]]) for i in column}
            column.sort(key=lambda item: wish[item])
    return columns


def _heights(columns: Sequence[Sequence[str]]) -> tuple[dict[str, float], float]:
    """The middle of every item, columns centred on each other; and the height of the picture."""
    sizes = [[LANE_HEIGHT if LANE in item else ROW for item in column] for column in columns]
    tallest = max(sum(column) for column in sizes)
    at: dict[str, float] = {}
    for column, heights in zip(columns, sizes, strict=True):
        y = HEADER + (tallest - sum(heights)) / 2
        for item, height in zip(column, heights, strict=True):
            at[item] = y + height / 2
            y += height
    return at, HEADER + tallest + MARGIN


def corners(arrow: Arrow) -> list[tuple[float, float]]:
    """The arrow as cubic curves: its start, then three points a curve; straight where it passes a column."""
    start, end = arrow.start, arrow.end
    if arrow.is_inside:
        (y1, y2), out = (start.middle + 4, end.middle - 5), start.x - 8 - min(12.0, abs(end.y - start.y) / 16)
        return [(start.x, y1), (out, y1), (out, y2), (end.x - 1, y2)]
    stops = [(start.x + start.width, start.middle)]
    stops += [stop for left, right, y in arrow.lanes for stop in ((left, y), (right, y))]
    stops.append((end.x - 1, end.middle))
    points = stops[:1]
    for (x1, y1), (x2, y2) in pairwise(stops):
        bend = (x2 - x1) / 2
        points += [(x1 + bend, y1), (x2 - bend, y2), (x2, y2)]
    return points
