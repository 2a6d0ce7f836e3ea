"""OpenLineage events: what each step reads and writes, down to columns, sent to where the OPENLINEAGE_ variables say.

https://openlineage.io/docs/spec/object-model (spec 2-0-2); transports and their settings are the client library's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import twinlake
from twinlake.declare.errors import TwinlakeError
from twinlake.engine.datasets import Dataset, read_by, written_by
from twinlake.engine.run import Run

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import InputDataset, OutputDataset

NAMESPACE = "twinlake"
PRODUCER = f"urn:twinlake:{twinlake.__version__}"
# One event at a time: two tables are built side by side, and a file takes a line from each.
TURN = Lock()


class Step(NamedTuple):
    """A node of the plan as it is taken once, at one hospital or at all."""

    name: str
    verb: str
    target: str
    hospital: str | None = None


@contextmanager
def told(run: Run, step: Step) -> Iterator[None]:
    """Send START before and COMPLETE or FAIL after. What cannot be sent is said once and stops nothing."""
    if not is_wanted():
        yield
        return
    started = datetime.now(UTC).isoformat()
    _send(run, step, started, "START")
    try:
        yield
    except BaseException as error:
        _send(run, step, started, "FAIL", error)
        raise
    _send(run, step, started, "COMPLETE")


def is_wanted() -> bool:
    """Whether the environment says where events go."""
    if os.environ.get("OPENLINEAGE_DISABLED", "").lower() == "true":
        return False
    return any(
        name in ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG") or name.startswith("OPENLINEAGE__TRANSPORT")
        for name in os.environ
    )


@cache
def _client() -> OpenLineageClient:
    from openlineage.client import OpenLineageClient

    return OpenLineageClient()


def _send(run: Run, step: Step, started: str, state: str, error: BaseException | None = None) -> None:
    try:
        event = _event(run, step, started, state, error)
        with TURN:
            _client().emit(event)
    except Exception as fault:  # whatever a transport raises, the lake matters more than the tale of it
        _say_once(run, type(fault).__name__)


# What was said of which run.
_SAID: set[tuple[str, str]] = set()


def _say_once(run: Run, fault: str) -> None:
    if (run.run_id, fault) not in _SAID:
        _SAID.add((run.run_id, fault))
        run.progress(f"OpenLineage: an event was not delivered ({fault}). The run goes on; see OPENLINEAGE_* settings.")


def _event(run: Run, step: Step, started: str, state: str, error: BaseException | None) -> Any:
    from openlineage.client.event_v2 import Job, RunEvent, RunState
    from openlineage.client.event_v2 import Run as EventRun
    from openlineage.client.facet_v2 import job_type_job

    is_done = state == "COMPLETE"
    kind = job_type_job.JobTypeJobFacet("BATCH", "TWINLAKE", "TASK")
    at = f" at {step.hospital}" if step.hospital else ""
    return RunEvent(
        eventTime=datetime.now(UTC).isoformat(),
        producer=PRODUCER,
        eventType=RunState[state],
        run=EventRun(_uuid(run, f"{step.name}{at} {started}"), _run_facets(run, error)),
        job=Job(NAMESPACE, f"{step.name}{at}", {"jobType": kind}),
        inputs=[_input(run, each) for each in read_by(run, step.verb, step.target, step.hospital)],
        outputs=[_output(run, each, is_done) for each in written_by(run, step.verb, step.target, step.hospital)],
    )


def _uuid(run: Run, name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{run.home.path} {run.run_id} {name}"))


def _run_facets(run: Run, error: BaseException | None) -> dict[str, Any]:
    from openlineage.client.facet_v2 import error_message_run, nominal_time_run, parent_run

    facets: dict[str, Any] = {
        "parent": parent_run.ParentRunFacet(
            parent_run.Run(_uuid(run, "")), parent_run.Job(NAMESPACE, os.environ.get("AIRFLOW_CTX_DAG_ID", "run"))
        ),
        "nominalTime": nominal_time_run.NominalTimeRunFacet(run.as_of.isoformat()),
    }
    if error is not None:
        # Messages of others may quote a patient's value; ours never do.
        words = str(error) if isinstance(error, TwinlakeError) else type(error).__name__
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(words, "PYTHON")
    return facets


def _place(run: Run, path: str) -> tuple[str, str]:
    """The names of a place by OpenLineage's rules: `file` and a path, or a bucket and a key in it."""
    parts = urlsplit(path)
    return (f"{parts.scheme}://{parts.netloc}", parts.path.lstrip("/")) if parts.netloc else ("file", path)


def _facets(dataset: Dataset) -> dict[str, Any]:
    from openlineage.client.facet_v2 import dataset_version_dataset, schema_dataset

    facets: dict[str, Any] = {}
    if dataset.fields:
        fields = [schema_dataset.SchemaDatasetFacetFields(f.name, f.type, f.meaning) for f in dataset.fields]
        facets["schema"] = schema_dataset.SchemaDatasetFacet(fields)
    if dataset.version is not None:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(str(dataset.version))
    return facets


def _input(run: Run, dataset: Dataset) -> InputDataset:
    from openlineage.client.event_v2 import InputDataset

    return InputDataset(*_place(run, dataset.path), facets=_facets(dataset))


def _output(run: Run, dataset: Dataset, is_done: bool) -> OutputDataset:
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import (
        column_lineage_dataset,
        data_quality_assertions_dataset,
        output_statistics_output_dataset,
    )

    facets, seen = _facets(dataset), {}
    if is_done and dataset.rows_written is not None:
        seen["outputStatistics"] = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            dataset.rows_written, fileCount=dataset.files_written
        )
    if is_done and dataset.verdicts:
        facets["dataQualityAssertions"] = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
            [data_quality_assertions_dataset.Assertion(name, holds, severity=s) for name, holds, s in dataset.verdicts]
        )
    if is_done and dataset.made_of:
        facets["columnLineage"] = column_lineage_dataset.ColumnLineageDatasetFacet(
            {
                column: column_lineage_dataset.Fields(
                    [column_lineage_dataset.InputField(*_place(run, path), field) for path, field in found]
                )
                for column, found in dataset.made_of.items()
            }
        )
    return OutputDataset(*_place(run, dataset.path), outputFacets=seen, facets=facets)
