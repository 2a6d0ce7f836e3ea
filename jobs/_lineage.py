"""Where a table, a column or one value of a twin comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinlake.declare.errors import ConfigurationError
from twinlake.declare.table import Table
from twinlake.plan import Plan, read_plan
from twinlake.vocabulary.fields.gold import ITEMS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs._run import Opened
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


def trace(opened: Opened, person: int, item: str, say: Callable[[str], None]) -> None:
    """Say where a twin's value comes from: the rows of silver that say it, and their records as they came."""
    from jobs._ask import open_published
    from twinlake.engine.provenance import places_in_bronze

    if item not in ITEMS:
        raise ConfigurationError(f"No item of a twin is called {item!r}. Items: {', '.join(ITEMS)}.")
    spark, _ = open_published(opened.run.home.feeds)
    twins = spark.table("twins.patient_state").where(f"person_id = {int(person)}").select(f"{item}.*").toArrow()
    value = next(iter(twins.to_pylist()), None)
    if value is None or value["value"] is None:
        raise ConfigurationError(
            f"The twin of person {person} has no {item}. "
            f'`twinlake sql "select person_id, {item}.value from twins.patient_state"` shows whose twin has.'
        )
    found = _rows_saying(spark, person, item, value)
    places = places_in_bronze(opened.run, opened.plan.tables["measurement"], found)
    say(f"twins.patient_state {item}: {_amount(value)}, observed {value['observed_at']:%Y-%m-%d %H:%M:%S} UTC")
    for row in found:
        say("\n".join(_told(row, places.get(row["_record_id"], {}))))


def _rows_saying(spark: SparkSession, person: int, item: str, value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The measurements that are the value: of the same item, time, hospital and size."""
    from pyspark.sql import functions as F

    from twinlake.catalog.events import item_of

    rows = spark.table("silver.measurement").where(F.col("person_id") == person).where(item_of([item]) == item)
    same = {"measurement_datetime": "observed_at", "hospital": "hospital", "value_as_number": "value"}
    for column, name in same.items():
        rows = rows.where(F.col(column).eqNullSafe(F.lit(value[name])))
    return rows.orderBy("measurement_id").toArrow().to_pylist()  # type: ignore[no-any-return]


def _told(row: Mapping[str, Any], place: Mapping[str, Any]) -> Iterator[str]:
    known = {"value": row["value_as_number"], "unit_code": row["unit_code"], "operator": row["operator"]}
    yield f"silver.measurement {row['measurement_id']}: {_amount(known)}, by the rule {row['conversion_rule']}"
    words = (row["measurement_source_value"], row["value_source_value"], row["unit_source_value"])
    yield f"  said as: {' '.join(word for word in words if word)}"
    yield f"  code: {row['measurement_vocabulary']} {row['measurement_code']} ({row['measurement_name'] or 'no name'})"
    if not place:
        yield "  record: no longer in bronze as it counted then; a newer delivery replaced it since the publication"
        return
    feed, at = f"{row['system']}.{place['feed']}", f"{place['delivered_at']:%Y-%m-%d}"
    yield f"  record: {place['path']}, number {place['record_offset']}, of {feed} at {row['hospital']}, delivered {at}"
    yield f"  as it came: {place['raw_record']}"


def _amount(value: Mapping[str, Any]) -> str:
    return f"{value['operator'] or ''}{value['value']:g} {value['unit_code'] or ''}".rstrip()
