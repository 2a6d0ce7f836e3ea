"""A question reads and changes nothing; a mistake in it is told to whoever asked, without a value of anybody's."""

from __future__ import annotations

import pytest

from twinlake.declare.errors import ConfigurationError
from twinlake.engine.questions import answered, asked, refuse_writing


@pytest.mark.parametrize(
    "query",
    [
        "select 1 as x", "  (select 1 as x)", "-- said\nselect 1 as x",
        "/* a\n b */ with a as (select 1 as x) select * from a",
        "VALUES (1)", "from values (1) as t(x) select x", "describe query select 1 as x", "explain select 1",
        "show functions like 'abs'", "select ';' as x",
    ],
)  # fmt: skip
def test_what_reads_is_answered(spark, query: str) -> None:
    assert answered(asked(spark, query)).num_rows >= 1


@pytest.mark.parametrize(
    "query",
    [
        "delete from delta.`{}`", "drop table t", "create table t as select 1", "insert into t select 1", "set a = b",
        "-- select\nupdate delta.`{}` set id = 0", "execute immediate 'drop table t'", "begin drop table t; end",
        "optimize delta.`{}`", "vacuum delta.`{}`", "", "/* select", "cache table t", "truncate table t",
    ],
)  # fmt: skip
def test_what_does_not_begin_as_a_question_is_refused_before_spark(query: str) -> None:
    with pytest.raises(ConfigurationError, match="changed by its feeds and by twinlake alone"):
        refuse_writing(query)


@pytest.mark.parametrize(
    "query",
    [
        "with a as (select 9 as id) insert into delta.`{}` select * from a",
        "from (select 9 as id) insert into delta.`{}` select id",
        "with a as (select 9 as id) delete from delta.`{}`",
        "with a as (select 1 as id) merge into delta.`{}` t using a on t.id = a.id when matched then delete",
    ],
)
def test_a_change_that_begins_as_a_question_changes_nothing(spark, tmp_path, query: str) -> None:
    spark.range(3).write.format("delta").save(str(tmp_path))
    with pytest.raises(ConfigurationError):
        asked(spark, query.format(tmp_path))
    assert spark.read.format("delta").load(str(tmp_path)).count() == 3


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("select 1 +", "The query: Syntax error at or near"),
        ("select idd from range(3)", "`idd`.*Did you mean.*`id`"),
        ("select * from gold.nope", "gold.*nope.*show tables in gold"),
        ("select * from gold.later", "gold.later is declared, but in no publication yet: `twinlake run`"),
        ("select * from bronze.fhir_r4_bulk_patient", "Bronze holds what was delivered.*twinlake trace"),
    ],
)
def test_a_mistake_is_told_in_one_line(spark, query: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as error:
        asked(spark, query, {"gold.later"})
    assert "\n" not in str(error.value) and "SQLSTATE" not in str(error.value)


def test_a_value_that_breaks_a_query_is_not_quoted(spark) -> None:
    rows = asked(spark, "select cast(name as int) as n from values ('Lovejoy') as t(name)")
    with pytest.raises(ConfigurationError, match=r"CAST_INVALID_INPUT.*try_cast") as error:
        answered(rows)
    assert "Lovejoy" not in str(error.value)
