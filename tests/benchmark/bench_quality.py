"""CPU to judge a table by its rules, ours beside plain Great Expectations: `twinlake bench quality [--rows N]`.

The table is silver.measurement, invented, one row in a hundred broken. Both judge the same rules, those that look into
no other table: ours by one query over a column for each rule and one count, plain Great Expectations (SUMMARY) by its
own expectations, and by a query for each rule that only an expression says. Verdicts must agree. CPU-seconds change
less on a busy machine than seconds by the clock.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations import rules_for
from tests.support.benched import spent
from tests.support.plain_gx import plain_verdicts
from twinlake.catalog.silver.measurement import measurement
from twinlake.declare.rule import Rule
from twinlake.engine.quality import validate
from twinlake.engine.session import start_session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
TOLD = {
    "measurement_id": "id", "person_id": "id DIV 50", "measurement_vocabulary": "'LOINC'",
    "measurement_code": "element_at(array('2345-7', '8480-6', '29463-7', '718-7', '2160-0'), CAST(id % 5 AS INT) + 1)",
    "unit_code": "element_at(array('mg/dL', 'mm[Hg]', 'kg', 'g/dL', 'mg/dL'), CAST(id % 5 AS INT) + 1)",
    "unit_source_code": "element_at(array('mg/dL', 'mm[Hg]', 'kg', 'g/dL', 'g/dL'), CAST(id % 5 AS INT) + 1)",
    "measurement_source_value": "'x'", "measurement_name": "'x'", "value_source_value": "CAST(id % 97 AS STRING)",
    "value_as_number": "IF(id % 100 = 7, -1.0D, CAST(id % 12 AS DOUBLE) + 1)", "conversion_rule": "'as_reported'",
    "unit_source_value": "'mg/dL'", "measurement_datetime": "timestamp_seconds(1500000000 + id % 100000000)",
    "visit_occurrence_id": "id DIV 9", "hospital": "IF(id % 3 = 0, 'north', 'south')", "system": "'s'",
    "known_from": "TIMESTAMP'2026-10-01'", "_record_id": "id", "operator": "IF(id % 50 = 0, '<', NULL)",
}  # fmt: skip


def invented(spark: SparkSession, rows: int, folder: Path) -> DataFrame:
    """The table, stored."""
    columns = [f"CAST({TOLD.get(f.name, 'NULL')} AS {f.type}) AS {f.name}" for f in measurement.fields]
    spark.range(rows, numPartitions=4).selectExpr(*columns).write.format("delta").save(str(folder / "measurement"))
    return spark.read.format("delta").load(str(folder / "measurement"))


def judged_rules() -> list[Rule]:
    return [rule for rule in rules_for(measurement) if not rule.refers_to and not rule.types and not rule.calendar]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="twinlake bench quality")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=2)
    given = parser.parse_args(argv)
    spark = start_session()
    with tempfile.TemporaryDirectory() as made:
        rows, rules, home = invented(spark, given.rows, Path(made)), judged_rules(), Path(made) / "home"
        found: dict[str, Any] = {}
        ways: dict[str, Callable[[], Any]] = {
            "ours": lambda: validate(measurement, rules, rows, home, as_of=AS_OF),
            "plain GX, SUMMARY": lambda: plain_verdicts(rows, rules),
        }
        for work in ways.values():  # the first call of anything pays for what it loads
            work()
        print(f"{given.rows:,} rows, {len(rules)} rules", flush=True)
        for name, work in ways.items():
            before = _queries(spark)
            times = [spent(lambda work=work, name=name: found.__setitem__(name, work())) for _ in range(given.runs)]
            least = min(times, key=lambda one: one.cpu)
            each = (_queries(spark) - before) // given.runs
            print(f"{name:20} {least.cpu:8.1f} CPU-s {least.clock:8.1f} s {each:4} queries", flush=True)
        ours = {r.name: (r.success, r.unexpected_count) for r in found["ours"].rules}
        unlike = {name for name, verdict in found["plain GX, SUMMARY"].items() if ours[name] != verdict}
        print(f"verdicts agree: {not unlike} {sorted(unlike) if unlike else ''}")


def _queries(spark: SparkSession) -> int:
    return spark._jsparkSession.sharedState().statusStore().executionsCount()


if __name__ == "__main__":
    main()
