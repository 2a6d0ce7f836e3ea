"""Rules as Great Expectations judges them by itself: on the columns as stored, by queries of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from twinlake.declare.rule import Rule

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def plain_verdicts(
    rows: DataFrame, rules: Sequence[Rule], result_format: str = "SUMMARY"
) -> dict[str, tuple[bool, Any]]:
    """Rule → (success, unexpected rows; None where the expectation counts none)."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    suite = gx.ExpectationSuite(name="plain", expectations=list(_expectations(rules)))
    asset = context.data_sources.add_spark("plain", persist=False).add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": rows})
    found = batch.validate(suite, result_format=result_format)
    return {r.expectation_config.meta["rule"]: (r.success, _count(r)) for r in found.results}


def _expectations(rules: Sequence[Rule]) -> Iterator[Any]:
    """What the rule says, or else the rows of which its expression is not true, by SQL."""
    import great_expectations.expectations as gxe
    from great_expectations.expectations.registry import get_expectation_impl

    for rule in rules:
        if rule.expectation:
            mostly = {"mostly": rule.mostly} if rule.mostly < 1 else {}
            yield get_expectation_impl(rule.expectation)(**rule.arguments, **mostly, meta={"rule": rule.name})
        else:
            query = f"SELECT * FROM {{batch}} WHERE NOT ({rule.expression})"
            yield gxe.UnexpectedRowsExpectation(unexpected_rows_query=query, meta={"rule": rule.name})


def _count(found: Any) -> Any:
    if found.expectation_config.type == "unexpected_rows_expectation":
        return found.result["observed_value"]
    return found.result.get("unexpected_count")
