"""Writes a table: rows split into kept and quarantined, and only the units whose rows came out different replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twinlake.declare.errors import DataError
from twinlake.declare.table import Table
from twinlake.engine.changes import most_units
from twinlake.engine.commits import OWN_CLEANUP, persistently, refuse_if_overtaken, table_lock
from twinlake.engine.ops import State
from twinlake.engine.provenance import places_in_bronze
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.run import MOST_LITERALS, Run, among
from twinlake.engine.stored import has_schema, is_small, replace_rows

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from pyspark.sql import Column, DataFrame

    from twinlake.declare.rule import Rule

Units = list[int] | None
PERSON_IS_KNOWN = "person_is_known"


@dataclass(frozen=True)
class Outcome:
    """What became of a table in one run; `mode` is first, full, units, equal or unchanged."""

    table: str
    mode: str
    built: int = 0
    quarantined: int = 0
    units: int | None = None
    units_changed: int | None = None
    rows_deleted: int = 0
    rows_written: int = 0
    state: State | None = None

    @property
    def is_written(self) -> bool:
        return self.mode in ("first", "full", "units")


def row_hash(columns: Sequence[str], nested: Sequence[str] = ()) -> Column:
    """A 64-bit hash of a row in which a null is a value of its own, within the `nested` columns too."""
    from pyspark.sql import functions as F

    # xxhash64 passes over nulls: where they are says a mask, and of values within values their JSON.
    nulls = F.array(*(F.col(c).isNull() for c in columns))
    return F.xxhash64(*columns, nulls, *(F.to_json(c) for c in nested))


def hash_sum(columns: Sequence[str], nested: Sequence[str] = ()) -> Column:
    """The sum of row hashes, exact whatever the order."""
    from pyspark.sql import functions as F

    return F.coalesce(F.sum(row_hash(columns, nested).cast("decimal(20,0)")), F.lit(0)).cast("decimal(38,0)")


def shaped(table: Table, rows: DataFrame) -> DataFrame:
    """The table's columns in their order and type, with the columns quarantine needs beside them."""
    from pyspark.sql import functions as F

    extra = [c for c in ("_unlinked", "_record_id") if c in rows.columns and c not in table.columns]
    return rows.select(*(F.col(f.name).cast(f.type).alias(f.name) for f in table.fields), *extra)


def split(run: Run, table: Table, rows: DataFrame) -> DataFrame:
    """The rows with `_broken`, the names of the fatal row rules each one breaks."""
    from pyspark.sql import functions as F

    from twinlake.engine.quality import split as split_by_rules

    judged = split_by_rules(shaped(table, rows), _rules(run, table), run.hospitals)
    if "_unlinked" not in judged.columns:
        return judged
    orphan = F.when(F.col("_unlinked"), F.array(F.lit(PERSON_IS_KNOWN))).otherwise(F.array().cast("array<string>"))
    return judged.withColumn("_broken", F.concat(orphan, F.col("_broken")))


def _rules(run: Run, table: Table) -> list[Rule]:
    return list(run.rules(table))


def replace(run: Run, table: Table, rows: DataFrame, units: Units, state: State) -> Outcome:
    """Write what changed of a table. `units` None means that `rows` is the whole table; `state` what it consumed.

    Whatever commits meanwhile and elsewhere (the JVM of a killed run, OPTIMIZE) only has it made again.
    """
    with table_lock(run.home, table.full_name):
        return persistently(lambda: _replaced(run, table, rows, units, state))


def _replaced(run: Run, table: Table, rows: DataFrame, units: Units, state: State) -> Outcome:
    from deltalake import DeltaTable

    path = run.ops.path(table.full_name)
    # Opened before its state is read: what is committed meanwhile is seen when this is.
    opened = DeltaTable(path) if table.full_name not in run.anew and DeltaTable.is_deltatable(path) else None
    before = run.ops.state(table.full_name) if opened else None
    judged = split(run, table, rows)
    if opened is None or before is None or not has_schema(opened, judged.select(*table.columns).schema):
        return _first(run, table, judged, state)
    return _changed(run, table, judged, units, state, before, opened)


def _first(run: Run, table: Table, judged: DataFrame, state: State) -> Outcome:
    from pyspark.sql import Observation
    from pyspark.sql import functions as F

    # Two unlike things in one scan: the rows go to the table, their number and hash to the observation. What broke a
    # rule is wanted again for quarantine, so the rows are kept rather than built twice.
    judged = judged.persist()
    seen = Observation()
    broken = F.size("_broken") > 0
    kept_hash = F.when(~broken, row_hash(table.columns, table.nested)).cast("decimal(20,0)")
    watched = judged.observe(
        seen, F.count(F.lit(1)).alias("built"), F.count(F.when(broken, 1)).alias("quarantined"),
        F.sum(kept_hash).cast("decimal(38,0)").alias("hash_sum"),
    )  # fmt: skip
    try:
        _write(run, table, _described(table, watched.where(~broken)), _properties(table), None)
        said = seen.get
        # The mark comes last: without it a killed first build is made anew, with its quarantine.
        _quarantine(run, table, judged, None, said["quarantined"])
    finally:
        judged.unpersist()
    kept = said["built"] - said["quarantined"]
    _mark(run, table, State(state.inputs, state.fingerprint, kept, int(said["hash_sum"] or 0), "full"))
    return Outcome(table.full_name, "first", said["built"], said["quarantined"], rows_written=kept)


def _changed(
    run: Run, table: Table, judged: DataFrame, units: Units, state: State, before: State, opened: DeltaTable
) -> Outcome:
    from pyspark.sql import functions as F

    judged = judged.persist()
    try:
        good = judged.where(F.size("_broken") == 0).select(*table.columns)
        changed, totals = _difference(run, table, good, units)
        built, quarantined = judged.agg(F.count(F.lit(1)), F.count(F.when(F.size("_broken") > 0, 1))).first()  # type: ignore[misc]
        _quarantine(run, table, judged, units, quarantined)
        after = State(
            state.inputs, state.fingerprint, before.rows + totals["new_rows"] - totals["old_rows"],
            before.hash_sum + totals["new_hash"] - totals["old_hash"], "units",
        )  # fmt: skip
        said = {"built": built, "quarantined": quarantined, "units": None if units is None else len(units)}
        if totals["units"] == 0:
            return Outcome(table.full_name, "equal", **said, state=state)
        mode = "units" if changed is not None else "full"
        written = State(after.inputs, after.fingerprint, after.rows, after.hash_sum, mode)
        refuse_if_overtaken(opened)
        small = opened if changed and is_small(opened, len(table.columns), totals["new_rows"]) else None
        _write(run, table, good, {"userMetadata": written.to_json()}, changed, small)
        return Outcome(
            table.full_name, mode, **said, units_changed=totals["units"], rows_deleted=totals["old_rows"],
            rows_written=totals["new_rows"],
        )  # fmt: skip
    finally:
        judged.unpersist()


def _difference(run: Run, table: Table, good: DataFrame, units: Units) -> tuple[Units, dict[str, int]]:
    """The units whose rows differ from the stored ones (None if too many to name), and what they hold old and new."""
    from pyspark.sql import functions as F

    stored = run.stored(table.full_name)
    if units is not None:
        stored = among(stored, table.unit, units)
    by_unit = _by_unit(table, stored, "old").join(_by_unit(table, good, "new"), "unit", "full_outer")
    differs = by_unit.na.fill(0, ["old_rows", "new_rows"]).where(
        "old_rows <> new_rows or coalesce(old_hash, 0) <> coalesce(new_hash, 0)"
    )
    differs = differs.persist()
    try:
        totals = differs.agg(
            F.count(F.lit(1)).alias("units"),
            *(F.coalesce(F.sum(c), F.lit(0)).alias(c) for c in ("old_rows", "new_rows", "old_hash", "new_hash")),
        ).first()
        said = {name: int(value) for name, value in totals.asDict().items()}  # type: ignore[union-attr]
        if units is None and said["units"] > most_units(run):
            return None, said
        return sorted(differs.select("unit").toArrow()["unit"].to_pylist()), said
    finally:
        differs.unpersist()


def _by_unit(table: Table, rows: DataFrame, side: str) -> DataFrame:
    from pyspark.sql import functions as F

    return rows.groupBy(F.col(table.unit).alias("unit")).agg(
        F.count(F.lit(1)).alias(f"{side}_rows"), hash_sum(table.columns, table.nested).alias(f"{side}_hash")
    )


def _properties(table: Table) -> dict[str, str]:
    """What a new table is: a change feed for its readers, no statistics of identifiers in its log."""
    counted = [f.name for f in table.fields if not f.identifier and f.type in ("bigint", "timestamp", "date")]
    return {
        "overwriteSchema": "true",
        "delta.enableChangeDataFeed": "true",
        "delta.enableDeletionVectors": "true",
        OWN_CLEANUP: "false",
        "delta.dataSkippingStatsColumns": ",".join(counted),
    }


def _described(table: Table, rows: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    return rows.select(*(F.col(f.name).alias(f.name, metadata={"comment": f.meaning}) for f in table.fields))


def _write(
    run: Run, table: Table, good: DataFrame, options: dict[str, str], units: Units, small: DeltaTable | None = None
) -> None:
    if units is None:
        chosen, where = good.repartition(table.unit), {}
    else:
        theirs = among(good, table.unit, units)
        chosen = theirs.coalesce(1) if len(units) <= MOST_LITERALS else theirs.repartition(table.unit)
        where = {"replaceWhere": f"{table.unit} in ({', '.join(map(str, units))})"}
    ordered = chosen.sortWithinPartitions(table.unit, *table.key)
    if where and small:
        replace_rows(run.ops.path(table.full_name), small, ordered, where["replaceWhere"], options["userMetadata"])
    else:
        ordered.write.format("delta").mode("overwrite").options(**options, **where).save(run.ops.path(table.full_name))


def rearrange(run: Run, table: Table, files: int, said: str) -> None:
    """Write the stored rows again, sorted as ever, into so many files: in the change feed nothing changed."""
    from pyspark.sql import Observation
    from pyspark.sql import functions as F

    seen, path = Observation(), run.ops.path(table.full_name)
    stored = run.spark.read.format("delta").load(path)
    watched = stored.observe(
        seen, F.count(F.lit(1)).alias("rows"), hash_sum(table.columns, table.nested).alias("hash_sum")
    )
    (
        watched.repartition(files, table.unit)
        .sortWithinPartitions(table.unit, *table.key)
        .write.format("delta").mode("overwrite")
        .options(dataChange="false", userMetadata=said)
        .save(path)
    )  # fmt: skip
    state, now = run.ops.state(table.full_name), seen.get
    if state is None or state.digest != f"{now['rows']}:{int(now['hash_sum'])}":
        raise DataError(f"{table.full_name} does not hold the rows that its last commit told. See `twinlake verify`.")


def _mark(run: Run, table: Table, state: State) -> None:
    """A first build knows its hash only when it is written: a commit without data says it."""
    from deltalake import CommitProperties, DeltaTable

    opened = DeltaTable(run.ops.path(table.full_name), without_files=True)
    opened.alter.set_table_description(
        table.meaning.splitlines()[0],
        commit_properties=CommitProperties(custom_metadata={"userMetadata": state.to_json()}),
    )


def _quarantine(run: Run, table: Table, judged: DataFrame, units: Units, count: int) -> None:
    held = Quarantine(run.ops, f"quarantine.{table.name}")
    if not count and not held.exists():
        return
    rows = _broken_rows(run, table, judged) if count else []
    held.replace_units(units, rows)


def _broken_rows(run: Run, table: Table, judged: DataFrame) -> list[dict[str, Any]]:
    from pyspark.sql import functions as F

    known = [c for c in ("hospital", "system", "_record_id") if c in judged.columns]
    values = F.to_json(F.struct(*table.columns))
    found = judged.where(F.size("_broken") > 0).select(
        *known, F.col(table.unit).cast("bigint").alias("unit"), F.array_join("_broken", ",").alias("rule"),
        values.alias("row"),
    )  # fmt: skip
    rows = [{**row, "record_id": row.get("_record_id")} for row in found.toArrow().to_pylist()]
    places, meanings = places_in_bronze(run, table, rows), {rule.name: rule.meaning for rule in _rules(run, table)}
    return [
        {
            **row,
            **next(iter(places.get(row.get("_record_id"), ())), {}),
            "reason": _reason(row["rule"], meanings),
            "run_id": run.run_id,
        }
        for row in rows
    ]


def _reason(rules: str, meanings: Mapping[str, str]) -> str:
    known = {**meanings, PERSON_IS_KNOWN: "the EMPI knows the person"}
    return "expected: " + "; ".join(known[rule] for rule in rules.split(","))
