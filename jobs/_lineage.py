"""Where a table or a column comes from."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from twinlake.declare.errors import ConfigurationError
from twinlake.declare.table import Table
from twinlake.plan import Plan, read_plan

if TYPE_CHECKING:
    from twinlake.engine.lineage import Origin


def show(target: str, picture: Path | None, say: Callable[[str], None]) -> None:
    """Say what a table (`silver.measurement`) or a column (`twins.patient_state.glucose`) is made of."""
    plan = read_plan()
    table, column = _parted(plan, target)
    if picture:
        from twinlake.plan_picture import draw_plan

        draw_plan(_part_of(plan, table), picture)
        say(f"drawn: {picture}")
    if not column:
        say("\n".join(_around(plan, table)))
        return
    from twinlake.engine.lineage import Catalogue, closure
    from twinlake.engine.session import start_session

    print(
        "What a column is made of is read from Spark's plans of every table before it: a minute or two.",
        file=sys.stderr,
    )
    by_name = {t.full_name: t for t in plan.tables.values()}
    in_order = [by_name[node.target] for node in plan.nodes if node.target in by_name]
    catalogue = Catalogue(plan.systems, {t.name: t for t in in_order})
    for each, columns, made_of in closure(start_session(), catalogue, table, column):
        say(f"{each.full_name}: {', '.join(columns)}")
        for origin, names in _grouped(made_of):
            say(f"  ← {origin}: {', '.join(names)}")


def prepare_events(feeds: Path | None, say: Callable[[str], None]) -> None:
    """Work out what every column is made of, for the events of the runs over this lake."""
    from jobs._run import moment, open_run, run_id_now
    from twinlake.engine.datasets import prepare
    from twinlake.engine.home import home_of

    run = open_run(home_of(feeds).feeds, moment("2100-01-01"), run_id_now("lineage"), say, dry=True).run
    for left_out in prepare(run):
        say(f"left out: {left_out}")
    say(f"columns of the tables: {run.home.path / 'lineage'}")


def _parted(plan: Plan, target: str) -> tuple[Table, str]:
    by_name = {name: t for t in plan.tables.values() for name in (t.name, t.full_name)}
    if target in by_name:
        return by_name[target], ""
    table, _, column = target.rpartition(".")
    if table in by_name:
        return by_name[table], column
    known = ", ".join(t.full_name for t in plan.tables.values())
    raise ConfigurationError(
        f"No table is called {target!r}. Known: {known}; a column stands behind its table and a dot."
    )


def _around(plan: Plan, table: Table) -> Iterator[str]:
    yield f"{table.full_name}: {table.grain}"
    feeds = [
        f"{name}: {', '.join(sorted({feed for i in found for feed in i.feeds}))}"
        for name, system in sorted(plan.systems.items())
        if (found := system.implementing(table.versions_of or table.name)) and table.is_implemented_by_sources
    ]
    inputs = [plan.tables[name].full_name for name in table.inputs]
    readers = sorted(t.full_name for t in plan.tables.values() if table.name in t.inputs)
    for title, lines in {
        "made of": inputs,
        "made of the feeds of": feeds,
        "and so of": sorted(_behind(plan, table) - {*inputs}),
        "read by": readers,
        "and so by": sorted(_before(plan, table) - {*readers}),
    }.items():
        if lines:
            yield f"  {title}"
            yield from (f"    {line}" for line in lines)


def _behind(plan: Plan, table: Table) -> set[str]:
    """All tables that a table is made from."""
    linked = [plan.tables["person_link"]] if table.is_implemented_by_sources and table.unit == "person_id" else []
    direct = [*(plan.tables[name] for name in table.inputs), *linked]
    return {name for each in direct for name in ({each.full_name} | _behind(plan, each))}


def _before(plan: Plan, table: Table) -> set[str]:
    """All tables that are made from a table."""
    return {t.full_name for t in plan.tables.values() if table.full_name in _behind(plan, t)}


def _part_of(plan: Plan, table: Table) -> Plan:
    """The plan with only the steps behind a table and those before it."""
    kept = {"bronze", *_behind(plan, table), table.full_name, *_before(plan, table)}
    nodes = [node for node in plan.nodes if node.target in kept]
    names = {node.name for node in nodes}
    return replace(plan, nodes=tuple(replace(n, after=tuple(a for a in n.after if a in names)) for n in nodes))


def _grouped(made_of: list[Origin]) -> Iterator[tuple[str, list[str]]]:
    for table, found in groupby(made_of, key=lambda origin: origin.table):
        yield table, [origin.column for origin in found]
