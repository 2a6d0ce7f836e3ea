"""Each step tells what it read and wrote, as OpenLineage has it, if somebody listens; who cannot hear stops nothing."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from twinlake.declare.errors import DataError
from twinlake.declare.rule import row
from twinlake.declare.table import Table
from twinlake.engine import openlineage, replace
from twinlake.engine.datasets import prepare
from twinlake.engine.home import Home
from twinlake.engine.openlineage import Step, told
from twinlake.engine.ops import State
from twinlake.engine.run import Run
from twinlake.engine.steps import make


def place():
    return SparkSession.active().createDataFrame([], "person_id bigint, city string")


PLACE = Table(
    name="place", layer="silver", meaning="m", grain="a person", key=("person_id",), columns=("person_id", "city"),
    required=frozenset({"person_id"}), unit="person_id", build=place, inputs=(),
)  # fmt: skip


def town(place):
    return place.select("person_id", F.upper("city").alias("city"))


TOWN = dataclasses.replace(PLACE, name="town", layer="gold", build=town, inputs=("place",))
MAKE = Step("gold.town", "curate", "gold.town")


@pytest.fixture
def run(spark, tmp_path: Path) -> Run:
    made = Run(
        Home(tmp_path / "home", tmp_path / "feeds"), "run-1", datetime(2026, 11, 1, tzinfo=UTC), {}, {},
        {"place": PLACE, "town": TOWN}, {"silver.place": "f", "gold.town": "g"},
        lambda _: (row("is_named", "city IS NOT NULL", "a city has a name"),), session=lambda: spark,
    )  # fmt: skip
    replace.replace(made, PLACE, spark.createDataFrame([(1, "Ennis"), (2, "Cork")], PLACE.ddl), None, State({}, "f"))
    return made


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "events.ndjson"
    transport = {"type": "file", "log_file_path": str(file), "append": True}
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps(transport))
    openlineage._client.cache_clear()
    return file


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_table_is_told_with_what_its_columns_are_made_of(run: Run, events: Path) -> None:
    assert not list(prepare(run))
    with told(run, MAKE):
        make(run, TOWN, "curate", fingerprint="g")
    start, complete = read(events)
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"] == str(UUID(start["run"]["runId"]))
    assert complete["job"]["namespace"] == "twinlake" and complete["job"]["name"] == "gold.town"
    (place,), (made,) = complete["inputs"], complete["outputs"]
    path = run.ops.path
    assert (place["namespace"], place["name"]) == ("file", path("silver.place"))
    assert [f["name"] for f in place["facets"]["schema"]["fields"]] == ["person_id", "city"]
    assert made["name"] == path("gold.town")
    assert made["outputFacets"]["outputStatistics"]["rowCount"] == 2
    fields = made["facets"]["columnLineage"]["fields"]
    ((namespace, name, field),) = [(i["namespace"], i["name"], i["field"]) for i in fields["city"]["inputFields"]]
    assert (namespace, name, field) == ("file", path("silver.place"), "city")
    assert {a["assertion"]: a["success"] for a in made["facets"]["dataQualityAssertions"]["assertions"]} == {
        "is_named": True
    }
    assert "Ennis" not in events.read_text() and "ENNIS" not in events.read_text()


def test_columns_of_another_declaration_are_not_told(run: Run, events: Path) -> None:
    assert not list(prepare(run))
    run.fingerprints = {**run.fingerprints, "gold.town": "h"}
    with told(run, MAKE):
        make(run, TOWN, "curate", fingerprint="h")
    assert "columnLineage" not in read(events)[-1]["outputs"][0]["facets"]


def test_a_step_that_changed_nothing_says_no_more_than_what_stands(run: Run, events: Path) -> None:
    make(run, TOWN, "curate", fingerprint="g")
    later = dataclasses.replace(run, run_id="run-2")
    with told(later, MAKE):
        make(later, TOWN, "curate", fingerprint="g")
    made = read(events)[-1]["outputs"][0]
    assert "outputStatistics" not in made.get("outputFacets", {}) and "columnLineage" not in made["facets"]


@pytest.mark.parametrize(
    ("fault", "words"), [(DataError("rule is broken"), "rule is broken"), (ValueError("Ennis"), "ValueError")]
)
def test_a_failure_is_told_without_a_value(run: Run, events: Path, fault: Exception, words: str) -> None:
    with pytest.raises(type(fault)), told(run, MAKE):
        raise fault
    failed = read(events)[-1]
    assert failed["eventType"] == "FAIL"
    assert failed["run"]["facets"]["errorMessage"]["message"] == words


def test_nobody_listens_and_nothing_is_said(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:9")
    with told(run, MAKE):
        pass
    assert not openlineage.is_wanted()


def test_an_endpoint_that_is_down_is_said_once_and_stops_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    run.progress = said.append
    transport = {"type": "http", "url": "http://127.0.0.1:9", "timeout": 0.5, "retry": {"total": 0}}
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps(transport))
    openlineage._client.cache_clear()
    with told(run, MAKE):
        pass
    assert len(said) == 1 and said[0].startswith("OpenLineage: an event was not delivered (")
