"""A column that few sources can give: null, in its type, where a source does not give it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from twinlake.catalog.silver.visit_occurrence import visit_occurrence
from twinlake.declare.errors import DeclarationError
from twinlake.declare.expressions import PROVENANCE
from twinlake.declare.source import Implementation
from twinlake.engine.conform import _mapped


def mapped(spark, *told: str):
    """What the engine makes of an implementation that gives these columns and the provenance."""
    facts = spark.createDataFrame([("7",) * len(PROVENANCE)], list(PROVENANCE))
    given = facts.withColumns({name: facts.hospital for name in told})
    records = SimpleNamespace(current=lambda *_: given)
    return _mapped(
        None, visit_occurrence, records, "toy", Implementation("visit_occurrence", ("f",), lambda f: f), None
    )


def test_an_optional_column_is_null_where_a_source_does_not_give_it(spark):
    rows = mapped(spark, *visit_occurrence.from_sources, "visit_source_concept_id")
    assert dict(rows.dtypes)["visit_concept_id"] == "bigint"
    assert [(r.visit_concept_id, r.visit_source_concept_id) for r in rows.collect()] == [(None, "7")]


def test_a_column_that_every_source_gives_is_still_asked_for(spark):
    with pytest.raises(DeclarationError, match="without: visit_code"):
        mapped(spark, *(c for c in visit_occurrence.from_sources if c != "visit_code"))
