"""Makes a table that sources implement (empi.source_person, silver's facts) from the records that count now."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from twinlake.declare.errors import DeclarationError
from twinlake.declare.expressions import PROVENANCE
from twinlake.declare.source import Implementation
from twinlake.declare.table import Table
from twinlake.engine import erased
from twinlake.engine.changes import (
    changed_source_persons,
    collect_units,
    persons_left,
    persons_of,
    persons_reached_by_lookup,
    steps_of,
    units_from_table,
    was_rewritten,
)
from twinlake.engine.consumed import consumed, newest
from twinlake.engine.ledger import Ledger, read_ledger
from twinlake.engine.ops import State
from twinlake.engine.records import CARRIED_TYPES, Records, has_landed, parse
from twinlake.engine.replace import Outcome, Units, replace
from twinlake.engine.run import Run, among, no_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

LEDGER = "ops.landing_ledger"
PERSONAL = ("person_id", "source_person_key")
LINK = "person_link"


def conform(run: Run, table: Table) -> Outcome:
    """Bring one table up to its sources: only the units that changed, or all of them if that is cheaper."""
    ledger = read_ledger(run.ops)
    state = State(inputs_of(run, table), run.fingerprints[table.full_name])
    before = consumed(run, table.full_name)
    if before is not None and before.inputs == state.inputs and before.fingerprint == state.fingerprint:
        return Outcome(table.full_name, "unchanged")
    units = _changed_units(run, table, before, state, ledger)
    if units == []:
        return Outcome(table.full_name, "equal", units=0, state=state)
    rows = _rows(run, table, ledger, units)
    return replace(run, table, rows, units, state)


def inputs_of(run: Run, table: Table) -> dict[str, int]:
    """The newest version of everything the table is made from."""
    link = [f"empi.{LINK}"] if table.unit == "person_id" else []
    names = [LEDGER, erased.TABLE, *link, *(run.table(name).full_name for name in table.inputs)]
    return dict(newest(run, names))


def _implementations(run: Run, table: Table) -> list[tuple[str, Implementation]]:
    implemented = table.versions_of or table.name
    return [(name, i) for name, system in sorted(run.systems.items()) for i in system.implementing(implemented)]


def _changed_units(run: Run, table: Table, before: State | None, state: State, ledger: Ledger) -> Units:
    if before is None or before.fingerprint != state.fingerprint:
        return None
    tables = [n for n in state.inputs if n not in (LEDGER, erased.TABLE) and state.inputs[n] != before.inputs.get(n)]
    if any(n not in before.inputs or was_rewritten(run, n, before.inputs[n]) for n in tables):
        return None
    found = [units_from_table(run, table, n.split(".")[1], before.inputs[n], state.inputs[n]) for n in tables]
    past = read_ledger(run.ops, before.inputs.get(LEDGER, -1))
    keys = _changed_keys(run, table, past, ledger)
    forgotten = state.inputs.get(erased.TABLE) != before.inputs.get(erased.TABLE)
    if (keys or forgotten) and table.unit not in PERSONAL:
        return None
    if forgotten and table.unit != "person_id":
        if "source_person_id" not in table.columns:
            return None
        found.append(_erased_units(run, table))
    if keys:
        each = reduce(lambda a, b: a.union(b), keys).distinct()
        found.append(
            persons_of(run, each) if table.unit == "person_id" else each.selectExpr("source_person_key as unit")
        )
    return collect_units(run, found)


def _erased_units(run: Run, table: Table) -> DataFrame:
    """The source persons that the table still knows and that were erased; their facts follow the links."""
    from pyspark.sql import functions as F

    hashes = sorted(erased.read_erased(run.ops).persons)
    theirs = run.stored(table.full_name).where(erased.hash_column().isin(hashes))
    return theirs.select(F.col(table.unit).alias("unit"))


def _changed_keys(run: Run, table: Table, past: Ledger, ledger: Ledger) -> list[DataFrame]:
    """The source persons whose facts, or whose facts' lookups, changed between two states of the ledger."""
    found: list[DataFrame] = []
    for system, implementation in _implementations(run, table):
        for feed in implementation.feeds:
            changed = steps_of(run, past, ledger, system, feed)
            if changed and feed == implementation.feeds[0]:
                found.append(changed_source_persons(run, ledger, system, feed, changed))
                found.append(persons_left(run, past, ledger, system, feed))
                if given_up := run.feed(system, feed).given_up:
                    found.append(changed_source_persons(run, ledger, system, given_up.by, changed))
            elif changed and has_landed(run, system, implementation.feeds[0]):
                found.append(persons_reached_by_lookup(run, system, implementation, feed, changed))
    return found


def _rows(run: Run, table: Table, ledger: Ledger, units: Units) -> DataFrame:
    records = Records(run, ledger)
    keys, systems = _source_persons(run, table, units)
    wanted = [(s, i) for s, i in _implementations(run, table) if systems is None or s in systems]
    mapped = [m for m in (_mapped(run, table, records, s, i, keys) for s, i in wanted) if m is not None]
    rows = reduce(lambda a, b: a.unionByName(b), mapped) if mapped else no_rows(run.spark, mapped_types(table))
    if table.unit == "person_id":
        rows = _with_person(run, rows)
    given: dict[str, Any] = {name: run.read(name) for name in table.inputs}
    if "hospitals" in table.build.__code__.co_varnames[: table.build.__code__.co_argcount]:
        given["hospitals"] = run.hospitals
    return table.build(rows, **given)


def _source_persons(run: Run, table: Table, units: Units) -> tuple[list[int] | None, set[str] | None]:
    """The keys of the source persons that these units are made of, and the systems that know them; None: all."""
    if units is None or table.unit == "source_person_key":
        return units, None
    link = run.stored(f"empi.{LINK}").select("person_id", "source_person_key", "system")
    members = among(link, "person_id", units).union(among(link, "source_person_key", units)).distinct().toArrow()
    persons, keys, systems = (set(column.to_pylist()) for column in members.columns)
    # A person the EMPI does not know (any more) may have rows in any system, under a key that is the id itself.
    return sorted({*keys, *units}), systems if units and {*persons, *keys}.issuperset(units) else None


def _mapped(
    run: Run, table: Table, records: Records, system: str, implementation: Implementation, keys: list[int] | None
) -> DataFrame | None:
    """The table's rows as one system delivers them; None where its facts never landed."""
    from pyspark.sql import functions as F

    fact, *lookups = implementation.feeds
    facts = records.superseded(system, fact, keys) if table.versions_of else records.current(system, fact, keys)
    if facts is None:
        return None
    chosen = facts.where(implementation.when) if implementation.when else facts
    rows = implementation.map(chosen, *(_lookup(run, records, system, name) for name in lookups))
    wanted = [*PROVENANCE, "source_person_key", *table.from_sources, *table.optional]
    missing = [c for c in (*PROVENANCE, *table.from_sources) if c not in rows.columns]
    if missing:
        raise DeclarationError(f"{system} implements {table.name} without: {', '.join(missing)}. Map it in its source.")
    untold = {c: F.lit(None).cast(_type(c)) for c in table.optional if c not in rows.columns}
    return rows.withColumns(untold).select(*(c for c in wanted if c in {*rows.columns, *untold}))


def _lookup(run: Run, records: Records, system: str, feed: str) -> DataFrame:
    found = records.current(system, feed)
    if found is not None:
        return found
    return parse(no_rows(run.spark, CARRIED_TYPES), run.systems[system].feed(feed))


def mapped_types(table: Table) -> str:
    """Spark DDL of the rows that sources make for a table."""
    columns = ", ".join(f"`{c}` {_type(c)}" for c in (*table.from_sources, *table.optional))
    return f"{CARRIED_TYPES}, {columns}"


def _type(column: str) -> str:
    from twinlake.vocabulary.fields import DICTIONARY

    return DICTIONARY[column].type if column in DICTIONARY else "string"


def _with_person(run: Run, rows: DataFrame) -> DataFrame:
    """person_id of each row; a person the EMPI does not know keeps the id they would have alone, and is marked."""
    from pyspark.sql import functions as F

    from twinlake.declare.expressions import source_person_key

    link = run.stored(f"empi.{LINK}").select("source_person_key", "person_id")
    keyed = rows.withColumn("source_person_key", source_person_key())
    joined = keyed.join(link, "source_person_key", "left")
    return joined.withColumn("_unlinked", F.col("person_id").isNull()).withColumn(
        "person_id", F.coalesce("person_id", "source_person_key")
    )
