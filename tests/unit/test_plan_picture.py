"""The plan for people."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from twinlake.declare.errors import ConfigurationError
from twinlake.plan import Node, Plan, read_plan
from twinlake.plan_layout import BOX_HEIGHT, essential, lay_out
from twinlake.plan_picture import draw_plan, plan_svg, plan_text

SMALL = Plan({}, {}, {}, (
    Node("ingest", "ingest", "bronze", ()),
    Node("empi.person_link", "link", "empi.person_link", ("ingest",)),
    Node("silver.person", "conform", "silver.person", ("ingest", "empi.person_link")),
    Node("silver.note", "conform", "silver.note", ("ingest", "silver.person")),
    Node("publish", "publish", "publication", ("silver.person", "silver.note", "ingest")),
))  # fmt: skip


def test_arrows_that_follow_from_others_are_left_out() -> None:
    assert essential(SMALL.nodes) == [
        ("ingest", "empi.person_link"), ("empi.person_link", "silver.person"), ("silver.person", "silver.note"),
        ("silver.note", "publish"),
    ]  # fmt: skip


def test_every_arrow_points_to_the_right_or_stays_in_its_column() -> None:
    assert all(a.is_inside or a.start.x + a.start.width < a.end.x for a in lay_out(read_plan()).arrows)


def test_boxes_stand_inside_the_picture_and_do_not_touch() -> None:
    layout = lay_out(read_plan())
    assert all(b.x >= 0 and b.x + b.width <= layout.width and b.y + BOX_HEIGHT <= layout.height for b in layout.boxes)
    for one in layout.boxes:
        assert all(abs(one.y - o.y) > BOX_HEIGHT for o in layout.boxes if o is not one and o.x == one.x)


def test_no_arrow_crosses_a_box_of_a_column_it_passes() -> None:
    layout = lay_out(read_plan())
    for arrow in layout.arrows:
        for left, _, y in arrow.lanes:
            assert not any(b.x == left and b.y < y < b.y + BOX_HEIGHT for b in layout.boxes)


def test_the_svg_is_well_formed_names_every_step_and_is_the_same_each_time() -> None:
    plan = read_plan()
    root = ElementTree.fromstring(plan_svg(plan))
    labels = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {node.name.split(".")[-1] for node in plan.nodes} <= labels
    assert root.get("role") == "img" and root.get("width") == "1600"
    assert plan_svg(plan) == plan_svg(plan)


def test_the_text_names_every_step_under_its_verb() -> None:
    assert plan_text(SMALL) == (
        "ingest → bronze\n"
        "  bronze\n\n"
        "link → empi\n"
        "  empi.person_link  after ingest\n\n"
        "conform → silver\n"
        "  silver.person  after ingest, empi.person_link\n"
        "  silver.note    after ingest, silver.person\n\n"
        "publish → readers\n"
        "  publication  after silver.person, silver.note, ingest\n"
    )


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_ending_says_how_it_is_drawn(tmp_path: Path, ending: str, start: bytes) -> None:
    path = tmp_path / "new" / f"plan.{ending}"
    draw_plan(SMALL, path)
    assert path.read_bytes().startswith(start)
    first = path.read_bytes()
    draw_plan(SMALL, path)
    assert path.read_bytes() == first


def test_another_ending_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\.svg, \.png, \.pdf"):
        draw_plan(SMALL, tmp_path / "plan.txt")
