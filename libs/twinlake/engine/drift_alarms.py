"""The alarms of gold.measurement_drift, read without Spark, and the hospitals that want no publication with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twinlake.declare.drift import STOP
from twinlake.declare.errors import DataError
from twinlake.engine.run import Run

if TYPE_CHECKING:
    from twinlake.engine.report.lake import PublishedLake

TABLE = "gold.measurement_drift"
Row = dict[str, Any]
_ORDER = ("hospital", "quarter_start_date", "measurement_code", "unit_code", "drift_alarm")
SAID = {
    "values": "its values have moved (index {population_stability_index:.2f}, told above {stability_bound:.2f})",
    "codes": "more or fewer persons have a code that no vocabulary knows (index {population_stability_index:.2f})",
    "silent": "hardly anybody was measured so",
}


def published_alarms(lake: PublishedLake) -> list[Row]:
    """Every alarm of a publication, by hospital and quarter."""
    return _in_order(lake.counts(TABLE, "select * from t where drift_alarm is not null"))


def in_words(row: Row) -> str:
    """`2345-7 in mg/dL, quarter from 2026-04-01: hardly anybody was measured so`."""
    code = row["measurement_code"] or "all codes"
    unit = f" in {row['unit_code']}" if row["unit_code"] else ""
    return f"{code}{unit}, quarter from {row['quarter_start_date']}: {SAID[row['drift_alarm']].format(**row)}"


def refuse_drifted(run: Run) -> None:
    """No run publishes while a hospital that says [drift] distribution = "stop" has a recent alarm."""
    strict = {name for name, hospital in run.hospitals.items() if hospital.drift.get("distribution") == STOP}
    if not strict or run.ops.version(TABLE) is None:
        return
    sql = "select * from measurement_drift where drift_alarm is not null and is_recent"
    rung = [row for row in _in_order(run.ops.ask(sql, {TABLE: None})) if row["hospital"] in strict]
    if rung:
        raise DataError(
            'Nothing is published, as [drift] distribution = "stop" says: '
            + "; ".join(f"{row['hospital']}: {in_words(row)}" for row in rung)
            + ". Ask the hospital (a wrong unit, a feed that stopped, a code mistyped). Where the change is real, "
            'say "warn" in its hospital.toml.'
        )


def _in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(str(row[name] or "") for name in _ORDER))
