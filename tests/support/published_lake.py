"""A small published lake without Spark: ops rows and tables of invented persons, for tests of what people look at."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from twinlake.engine.home import Home, open_home
from twinlake.engine.ops import Ops

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
RUN = "run-1"
SECRET = "Zebedee-Do-Not-Show"
# What each model is declared to answer today, by the digest.
QUESTIONS = {"blood_glucose": "of glucose", "diabetes_probability": "of diabetes"}
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
LATEST = pa.struct([("observed_at", pa.timestamp("us", tz="UTC")), ("value", pa.float64()), ("unit_code", pa.string())])

_CODE = {"system": "lab", "silver_table": "measurement", "first_seen_date": date(2020, 1, 1),
         "last_seen_date": date(2026, 1, 1)}  # fmt: skip
UNMAPPED = [
    {**_CODE, "unmapped_code_id": n, "hospital": hospital, "source_code": code, "source_code_description": words,
     "row_count": rows, "person_count": persons}
    for n, (hospital, code, words, rows, persons) in enumerate([
        ("st_b", "K+", "Potassium <quick> [b]", 40, 12), ("st_a", "GLU", "Glucose", 900, 200),
        ("st_a", f"{SECRET}-code", "told of one person", 50, 1), ("st_a", None, None, 7, 7),
    ])
]  # fmt: skip
EVIDENCE = [
    {"unit_evidence_key": n, "hospital": hospital, "measurement_code": "2345-7", "unit_source_value": sent,
     "evidence_count": count, "inferred_unit_code": unit, "other_unit_code": other, "log10_likelihood_ratio": ratio}
    for n, (hospital, sent, count, unit, other, ratio) in enumerate([
        ("st_a", None, 400, "mmol/L", "mg/dL", 3.0), ("st_b", "units", 40, None, None, None),
        (f"{SECRET}-few", None, 4, None, None, None),
    ])
]  # fmt: skip
_QUARTER = {"hospital": "st_a", "measurement_code": "2345-7", "unit_code": "mg/dL", "reference_person_count": 300,
            "person_count": 150, "population_stability_index": 0.1, "stability_bound": 0.33, "drift_alarm": None,
            "is_recent": True}  # fmt: skip
DRIFT = [
    {**_QUARTER, "measurement_drift_id": n, "quarter_start_date": day, **said}
    for n, (day, said) in enumerate([
        (date(2026, 4, 1), {"is_recent": False}),
        (date(2026, 7, 1), {"population_stability_index": 4.5, "drift_alarm": "values"}),
        (date(2026, 7, 1), {"hospital": "st_b", "person_count": 2, "population_stability_index": None,
                            "drift_alarm": "silent"}),
    ])
]  # fmt: skip


def published_lake(folder: Path, persons: int = 240) -> Home:
    """A home whose last publication holds `persons` persons of two hospitals."""
    home = Home(folder / "home", folder / "feeds")
    open_home(home)
    ops = Ops(home.lake)
    tables = {
        "empi.person_link": _links(persons), "silver.person": [{"person_id": n} for n in range(persons)],
        "silver.condition_occurrence": _conditions(persons), "silver.measurement": _measurements(persons),
        "gold.person_summary": _summaries(persons), "gold.unmapped_code": UNMAPPED,
        "gold.unit_evidence": EVIDENCE, "gold.measurement_drift": DRIFT,
    }  # fmt: skip
    for name, rows in tables.items():
        write(home, name, rows)
    _land(ops)
    _schemas(ops)
    _conform(ops)
    _prove(ops, tables)
    _train(ops, home)
    write(home, "quarantine.synthea_csv_observations", _quarantine())
    ops.append("run", [{"run_id": "run-0", "as_of": AS_OF, "stage": "run", "state": "begun", "started_at": AS_OF,
                        "seconds": 0.0}])  # fmt: skip
    ops.append("publication", [
        {"sequence": 1, "publication_id": "0123456789abcdef", "table": name, "version": 0, "rows": len(rows),
         "digest": "1:1", "as_of": AS_OF, "run_id": RUN} for name, rows in tables.items()
    ])  # fmt: skip
    started_at = AS_OF
    for stage, seconds in (("ingest", 12.5), ("link", 30.0), ("conform", 61.0), ("publish", 0.4)):
        ops.append("run", [{"run_id": RUN, "as_of": AS_OF, "stage": stage, "state": "done", "started_at": started_at,
                            "seconds": seconds}])  # fmt: skip
        started_at += timedelta(seconds=seconds)
    return home


def write(home: Home, name: str, rows: list[dict[str, Any]]) -> None:
    from deltalake import write_deltalake

    if rows:
        write_deltalake(Ops(home.lake).path(name), pa.Table.from_pylist(rows, schema=_schema(rows)))


def _schema(rows: list[dict[str, Any]]) -> pa.Schema:
    known = pa.Table.from_pylist(rows).schema
    structs = ("glucose", "systolic_blood_pressure", "diastolic_blood_pressure")
    return pa.schema([pa.field(f.name, LATEST) if f.name in structs else f for f in known])


def _links(persons: int) -> list[dict[str, Any]]:
    rows = [{"hospital": "northgate", "person_id": n, "match_weight": None} for n in range(persons)]
    twice = [{"hospital": "lakeside", "person_id": n, "match_weight": 18.0 + n % 20} for n in range(persons // 3)]
    return [{**r, "system": "synthea_csv", "source_person_id": SECRET, "reason": "x"} for r in rows + twice]


def _conditions(persons: int) -> list[dict[str, Any]]:
    known = (
        ("44054006", "Diabetes mellitus type 2 (disorder)", 6),
        ("59621000", "Essential hypertension (disorder)", 2),
        ("160903007", "Full-time employment (finding)", 1),
        ("1", "Rare thing (disorder)", persons // 5),
    )
    return [
        {"person_id": n, "condition_code": code, "condition_vocabulary": "SNOMED", "condition_name": name}
        for code, name, every in known for n in range(0, persons, max(1, every))
    ]  # fmt: skip


def _measurements(persons: int) -> list[dict[str, Any]]:
    rules = ("same_unit", "same_unit", "factor", "unknown_unit")
    return [{"person_id": n, "conversion_rule": rules[n % 4]} for n in range(persons * 5)]


def _summaries(persons: int) -> list[dict[str, Any]]:
    def latest(value: float) -> Mapping[str, Any]:
        return {"observed_at": AS_OF, "value": value, "unit_code": "mg/dL"}

    return [
        {"person_id": n, "sex": ("female", "male", "female", "male", "unknown")[n % 5],
         "year_of_birth": 2120 if n % 20 == 0 else 1935 + (n * 7) % 90,
         "death_date": date(2020, 1, 1) if n % 30 == 1 else None,
         "observed_at": AS_OF - timedelta(days=n * 9) if n % 20 else AS_OF + timedelta(days=40000),
         "glucose": latest(70 + (n * 13) % 70 + (160 if n % 60 == 0 else 0)) if n % 4 else None,
         "systolic_blood_pressure": latest(100 + (n * 7) % 60), "diastolic_blood_pressure": latest(60 + (n * 5) % 40)}
        for n in range(persons)
    ]  # fmt: skip


def _land(ops: Ops) -> None:
    base = {"system": "synthea_csv", "delivery": "", "delivered_at": AS_OF, "rekeyed": 0, "sequence": 1, "run_id": RUN}
    ops.append("landing_ledger", [
        {**base, "hospital": "northgate", "feed": "observations", "path": "northgate/synthea_csv/observations.csv",
         "records_in": 1000, "landed": 990, "quarantined": 4, "duplicates": 6, "status": "landed", "reason": ""},
        {**base, "hospital": "lakeside", "feed": "patients", "path": "lakeside/synthea_csv/patients.csv.gz",
         "records_in": 1, "landed": 0, "quarantined": 1, "duplicates": 0, "status": "quarantined",
         "reason": "gzip_whole: the file ends in the middle"},
        {**base, "hospital": "lakeside", "feed": None, "path": "lakeside/synthea_csv/mystery.bin", "records_in": 0,
         "landed": 0, "quarantined": 0, "duplicates": 0, "status": "unknown",
         "reason": "synthea_csv declares no <feed>"},
        {**base, "hospital": "lakeside", "feed": None, "path": "lakeside/synthea_csv/claims.csv", "records_in": 0,
         "landed": 0, "quarantined": 0, "duplicates": 0, "status": "ignored", "reason": "money is not read"},
    ])  # fmt: skip


def _conform(ops: Ops) -> None:
    base = {"hospital": "northgate", "system": "synthea_csv", "feed": "observations", "state": "s"}
    ops.append("conform_ledger", [{**base, "outcome": "mapped", "reason": "", "records": 111, "run_id": "run-0"}])
    ops.append("conform_ledger", [
        {**base, "outcome": "mapped", "reason": "", "records": 900, "run_id": RUN},
        {**base, "outcome": "superseded", "reason": "", "records": 40, "run_id": RUN},
        {**base, "outcome": "unmapped", "reason": "text without a code", "records": 50, "run_id": RUN},
    ])  # fmt: skip


def _prove(ops: Ops, tables: Mapping[str, list[dict[str, Any]]]) -> None:
    rule = {"severity": "fatal", "kahn": "conformance", "success": True, "state": "passed", "unexpected_count": 0,
            "element_count": 9, "hospitals": [], "meaning": "one row a key", "error": ""}  # fmt: skip
    for name, rows in tables.items():
        warns = {**rule, "name": f"{name}.in_range", "severity": "warn", "success": False, "state": "failed",
                 "unexpected_count": 3, "meaning": "values lie in their range"}  # fmt: skip
        result = {"table": name, "version": 0, "rows": len(rows), "success": True, "fatal_failures": [],
                  "warnings": [warns["name"]], "rules": [{**rule, "name": f"{name}.key_unique"}, warns]}  # fmt: skip
        ops.append(
            "validation", [{"run_id": RUN, "table": name, "version": 0, "success": True, "result": json.dumps(result)}]
        )
        broken = {"run_id": RUN, "table": name, "version": 0, "rule": f"{name}.in_range", "severity": "warn",
                  "kahn": "plausibility", "hospital": "lakeside", "code": "BAD-9", "rows": 3,
                  "keys": json.dumps([{"key_id": 41}, {"key_id": -7}])}  # fmt: skip
        older = {**broken, "version": 7, "code": "replaced", "rows": 99}
        ops.append("broken_rule", [broken, older])
        ops.append("table_run", [{"run_id": RUN, "table": name, "verb": "conform", "mode": "first",
                                  "rows_built": len(rows),
                                  "kept": len(rows), "quarantined": 0, "rows_deleted": 0, "rows_written": len(rows),
                                  "files_added": 1, "files_removed": 0, "version": 0, "seconds": 3.2}])  # fmt: skip


def _train(ops: Ops, home: Home) -> None:
    plots = Path(home.model_artifacts) / "diabetes_probability" / "0" / "artifacts"
    plots.mkdir(parents=True)
    (plots / "calibration.png").write_bytes(PIXEL)

    def metric(learner: str, name: str, value: float, half: float) -> dict[str, Any]:
        return {
            "learner": learner,
            "part": "heldout",
            "name": name,
            "value": value,
            "low": value - half,
            "high": value + half,
        }

    base = {"run_id": RUN, "model_version": "v-abc", "publication_id": "0123456789abcdef", "data_digest": "d",
            "trained_persons": 160, "trained_rows": 500, "heldout_persons": 70, "heldout_rows": 210}  # fmt: skip
    glucose = [metric("weight", "mse", 410, 40), metric("multiple", "mse", 380, 36), metric("baseline", "mse", 430, 44),
               metric("weight", "r2", 0.05, 0.04), metric("multiple", "r2", 0.12, 0.05),
               metric("baseline", "r2", 0, 0)]  # fmt: skip
    diabetes = [metric("logistic", "brier", 0.061, 0.01), metric("baseline", "brier", 0.06, 0.01)]
    ops.append("model_run", [
        {**base, "model_name": "blood_glucose", "metrics": json.dumps(glucose), "is_champion": True,
         "question_digest": QUESTIONS["blood_glucose"],
         "reason": "champion: held-out mse 380 (baseline 430)", "plots": None},
        {**base, "model_name": "diabetes_probability", "heldout_events": 5, "metrics": json.dumps(diabetes),
         "is_champion": False, "plots": "diabetes_probability/0/artifacts",
         "question_digest": QUESTIONS["diabetes_probability"],
         "reason": "no new champion: 5 held-out events among 70 persons, 20 needed"},
    ])  # fmt: skip


def _quarantine() -> list[dict[str, Any]]:
    rules = ["row_width", "row_width", "duplicate_json_key", "utf8"]
    told = {"hospital": "northgate", "raw_record": SECRET, "path": "p", "reason": "as the wire format says"}
    return [{**told, "rule": rule, "run_id": RUN if rule == "utf8" else "run-0"} for rule in rules]


def file_schema(path: str, columns: list[list[str]], *drift: list[Any], header: bool = True) -> dict[str, Any]:
    """What is kept of how a file looked: its path `hospital/system/day/file`, columns with types, what differs."""
    hospital, system, day, _ = path.split("/")
    shape = {"columns": columns, "extensions": [], "has_header": header}
    return {"hospital": hospital, "system": system, "feed": "observations", "path": path, "delivery": day,
            "sha256": "a", "layout": "", "shape": json.dumps(shape), "drift": json.dumps(drift),
            "run_id": RUN}  # fmt: skip


def _schemas(ops: Ops) -> None:
    ward = ["new", "<ward>", "not declared; holds text", "keep", False]
    ops.append("file_schema", [
        file_schema("st_a/synthea_csv/2026-01-01/o.csv", [["CODE", "text"], ["VALUE", "number"]]),
        file_schema("st_a/synthea_csv/2026-01-02/o.csv", [["CODE", "text"], ["<ward>", "text"]], ward),
        file_schema("st_a/synthea_csv/2026-01-03/o.csv", [["CODE", "integer"], ["<ward>", "text"]], ward),
    ])  # fmt: skip
