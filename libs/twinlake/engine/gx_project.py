"""The Great Expectations project under `<home>/gx`: a suite and a checkpoint a table, and Data Docs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from twinlake.declare.errors import DataError
from twinlake.engine.checks import Check

if TYPE_CHECKING:
    from great_expectations.checkpoint import Checkpoint
    from great_expectations.core import ExpectationSuite, ExpectationSuiteValidationResult
    from great_expectations.data_context import FileDataContext
    from pyspark.sql import DataFrame

STORED_ROWS = "stored rows"
GX_SEVERITY = {"fatal": "critical", "warn": "warning", "characterise": "info"}
BOOLEAN = "expect_column_values_to_be_in_set"
# Counts, but no values: see gx_counts.
MADE = "It is made from expectations/: change the rule there, delete this file, and run again. Nothing is published."
COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}
# The project of a process is one object: one table at a time is entered in it.
TURN = Lock()


def run(
    home: Path, table: str, checks: Sequence[Check], rows: DataFrame, as_of: datetime, version: int | None
) -> ExpectationSuiteValidationResult:
    """Runs the table's checkpoint on the rows and files the result in place of the table's last."""
    from great_expectations.core.run_identifier import RunIdentifier

    from twinlake.engine.gx_results import without_messages

    with TURN:
        context = open_project(home)
        _refuse_edited(home, table)
        checkpoint = _checkpoint(context, table, checks)
    shutil.rmtree(root(home) / "uncommitted" / "validations" / table, ignore_errors=True)
    name = "stored" if version is None else f"version {version}"
    results = checkpoint.run(batch_parameters={"dataframe": rows}, run_id=RunIdentifier(name, as_of)).run_results
    (key, result), *_ = results.items()
    if without_messages(result):
        context.validation_results_store.set(key, result)
    return result


def build_docs(home: Path) -> Path:
    """Renders every suite and every table's last result."""
    context = open_project(home)
    context.build_data_docs(site_names=["local_site"])
    return root(home) / "data_docs" / "index.html"


def root(home: Path) -> Path:
    """Where the project stands."""
    return Path(home) / "gx"


def open_project(home: Path) -> FileDataContext:
    """The project of a home, made if there is none; opened once a process."""
    if not (root(home) / "great_expectations.yml").is_file():
        _open.cache_clear()
    return _open(str(root(home)))


@lru_cache(maxsize=1)
def _open(folder: str) -> FileDataContext:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from twinlake.engine.gx_counts import count_only, read_in_turn

    count_only()
    read_in_turn()
    is_new = not (Path(folder) / "great_expectations.yml").is_file()
    context: Any = gx.get_context(mode="file", context_root_dir=folder)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    if is_new:
        context.update_data_docs_site("local_site", _docs_site())
    return context


def _docs_site() -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": "data_docs/"},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }


def _checkpoint(context: FileDataContext, table: str, checks: Sequence[Check]) -> Checkpoint:
    """The table's checkpoint; made anew only if its rules are others than last time."""
    import great_expectations as gx
    from great_expectations.exceptions import DataContextError

    suite = _suite(table, checks)
    with suppress(DataContextError):
        if context.suites.get(table).meta.get("rules") == suite.meta["rules"]:
            return context.checkpoints.get(table)
    stored = context.suites.add_or_update(suite)
    data = gx.ValidationDefinition(name=table, data=_batch_definition(context, table), suite=stored)
    definition = context.validation_definitions.add_or_update(data)
    return context.checkpoints.add_or_update(
        gx.Checkpoint(name=table, validation_definitions=[definition], result_format=COUNTS)
    )


def _refuse_edited(home: Path, table: str) -> None:
    """A stored suite is what was declared when it was written, or it is nobody's: its verdict would prove nothing."""
    file = root(home) / "expectations" / f"{table.replace('.', '/')}.json"
    if not file.is_file():
        return
    try:
        suite = json.loads(file.read_text(encoding="utf-8"))
        stored = [[e["type"], e["kwargs"], e["meta"]] for e in suite["expectations"]]
        is_as_declared = stored == json.loads(suite["meta"]["rules"])
    except (ValueError, KeyError, TypeError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise DataError(f"{file}{where}: no suite that can be read ({type(error).__name__}). {MADE}") from error
    if not is_as_declared:
        raise DataError(f"{file}: the suite was edited by hand. {MADE}")


def _batch_definition(context: FileDataContext, table: str) -> Any:
    """A data source a table: each has an engine, which knows one batch at a time."""
    if table not in context.data_sources.all():
        # Two queries read a table; keeping it in memory cost three times their CPU on a million rows.
        source = context.data_sources.add_spark(name=table, persist=False)
        source.add_dataframe_asset(table).add_batch_definition_whole_dataframe(STORED_ROWS)
    source: Any = context.data_sources.get(table)
    return source.get_asset(table).get_batch_definition(STORED_ROWS)


def _suite(table: str, checks: Sequence[Check]) -> ExpectationSuite:
    import great_expectations as gx

    expectations = [_expectation(check) for check in checks]
    rules = json.dumps([[e.expectation_type, e.configuration.kwargs, e.meta] for e in expectations], sort_keys=True)
    return gx.ExpectationSuite(name=table, expectations=expectations, meta={"rules": rules})


def _expectation(check: Check) -> Any:
    from great_expectations.expectations.registry import get_expectation_impl

    rule = check.rule
    meta: dict[str, Any] = {"check": check.id, "rule": rule.name, "kahn": rule.kahn, "severity": check.severity}
    meta |= {"sql": rule.expression} if rule.expression else {}
    meta |= {"expectation": rule.expectation, "columns": list(rule.columns)} if check.is_unique else {}
    meta |= {"only_at": list(check.only_at)} if check.only_at is not None else {}
    arguments: dict[str, Any] = {"description": f"{rule.name}: {rule.meaning}", "meta": meta}
    arguments |= {"severity": GX_SEVERITY[check.severity]}
    arguments |= dict(rule.arguments) if check.is_native else {"column": check.id, "value_set": [True]}
    # A hospital may make of a rule that warns one that stops, which lets nothing pass.
    arguments |= {"mostly": rule.mostly} if rule.mostly < 1 and check.severity != "fatal" else {}
    return get_expectation_impl(rule.expectation if check.is_native else BOOLEAN)(**arguments)
