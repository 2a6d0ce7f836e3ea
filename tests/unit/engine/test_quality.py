"""Rows and tables are judged by their rules, as Great Expectations judges them, and no value is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from expectations import rules_for
from twinlake.catalog.empi.source_person import source_person
from twinlake.catalog.silver.care_site import care_site
from twinlake.catalog.silver.concept import concept
from twinlake.catalog.silver.death import death
from twinlake.catalog.silver.measurement import measurement
from twinlake.catalog.silver.person import person
from twinlake.catalog.silver.visit_occurrence import visit_occurrence
from twinlake.declare.errors import ConfigurationError, DataError, DeclarationError
from twinlake.declare.hospital import Hospital
from twinlake.declare.rule import Rule, among, row, whole
from twinlake.engine.checks import refuse_unknown_severities
from twinlake.engine.quality import build_docs, split, validate

AS_OF = datetime(2020, 3, 1, tzinfo=UTC)
RULES = rules_for(visit_occurrence)
NORTH = Hospital("north", "North", "UTC", "urn:north")
SHIFTED = Hospital("shifted", "Shifted", "UTC", "urn:shifted", calendar="shifted")
LENIENT = Hospital("lenient", "L", "UTC", "urn:l", severity={"visit_occurrence.visit_end_datetime_after_start": "warn"})
HOSPITALS = {h.folder: h for h in (NORTH, SHIFTED, LENIENT)}
START, END = datetime(2020, 1, 1, 8), datetime(2020, 1, 1, 9)
GOOD = {
    "visit_occurrence_id": 1, "person_id": 7, "visit_code": "AMB", "visit_source_value": "x",
    "visit_start_datetime": START, "visit_end_datetime": END, "visit_reason_code": "r",
    "visit_reason_vocabulary": "SNOMED", "care_site_id": 5, "hospital": "north", "system": "s",
    "known_from": datetime(2020, 2, 1), "_record_id": 9,
}  # fmt: skip


def frame(spark: Any, *changes: dict[str, Any], table: Any = visit_occurrence, base: dict[str, Any] = GOOD) -> Any:
    rows = [{**base, table.key[0]: i, **change} for i, change in enumerate(changes)]
    data = [tuple(row.get(c) for c in table.columns) for row in rows]
    return spark.createDataFrame(data, table.ddl)


def people(spark: Any, *rows: tuple[int, int]) -> dict[str, Any]:
    born = spark.createDataFrame(rows or [(7, 1980)], "person_id bigint, year_of_birth int").selectExpr(
        "*", "cast(null as date) birth_date"
    )
    return {**nobody(spark), "person": born}


def nobody(spark: Any) -> dict[str, Any]:
    """The other tables that rules of visits look into, empty."""
    return {t.name: spark.createDataFrame([], t.ddl) for t in (care_site, concept, death)}


def broken(rows: Any, rules: Any = RULES, hospitals: Any = HOSPITALS) -> list[list[str]]:
    return [
        [n.partition(".")[2] for n in r["_broken"]] for r in split(rows, rules, hospitals).select("_broken").collect()
    ]


# Splitting rows


def test_a_good_row_breaks_nothing(spark):
    assert broken(frame(spark, {}, {"visit_end_datetime": None, "visit_reason_vocabulary": None})) == [[], []]


def test_a_row_tells_every_fatal_rule_it_breaks(spark):
    rows = frame(
        spark, {"person_id": None, "visit_reason_vocabulary": "XYZ", "visit_end_datetime": datetime(2019, 1, 1)}
    )
    assert broken(rows) == [
        ["person_id_present", "visit_reason_vocabulary_in_categories", "visit_end_datetime_after_start"]
    ]


def test_a_rule_that_only_warns_quarantines_nobody(spark):
    assert broken(frame(spark, {"visit_code": "NEW"})) == [[]]


def test_a_hospital_may_be_more_lenient_than_the_rule(spark):
    late = {"visit_end_datetime": datetime(2019, 1, 1)}
    rows = frame(spark, {**late, "hospital": "north"}, {**late, "hospital": "lenient"}, {**late, "hospital": None})
    fault = "visit_end_datetime_after_start"
    assert broken(rows) == [[fault], [], ["hospital_present", fault]]


def test_a_hospital_may_be_stricter_than_the_rule(spark):
    strict = replace(NORTH, severity={"visit_occurrence.visit_code_in_categories": "fatal"})
    rows = frame(spark, {"visit_code": "NEW"}, {"visit_code": "NEW", "hospital": "elsewhere"})
    assert broken(rows, hospitals={"north": strict}) == [["visit_code_in_categories"], []]


def test_rules_about_the_future_are_off_where_dates_are_shifted(spark):
    rules = [replace(r, severity="fatal", mostly=1.0) for r in RULES if r.name.endswith("_not_in_future")]
    late = {"visit_start_datetime": datetime(2150, 1, 1)}
    assert broken(frame(spark, late, {**late, "hospital": "shifted"}), rules) == [
        ["visit_start_datetime_not_in_future"],
        [],
    ]


def test_without_fatal_rules_the_list_is_empty_and_typed(spark):
    out = split(frame(spark, {}), [], {})
    assert out.schema["_broken"].dataType.simpleString() == "array<string>"
    assert out.collect()[0]["_broken"] == []


def test_a_rule_that_names_a_missing_column_is_refused_before_any_data_is_read(spark):
    with pytest.raises(DeclarationError, match="visit_occurrence.x reads weight: no such column"):
        split(frame(spark, {}), [row("visit_occurrence.x", "weight > 1", "heavy")], {})


def test_a_severity_for_an_unknown_rule_is_refused():
    wrong = replace(NORTH, severity={"visit_occurrence.visit_end": "warn", "person.key_unique": "warn"})
    with pytest.raises(ConfigurationError, match="'person.key_unique'.*'visit_occurrence.visit_end'"):
        refuse_unknown_severities({"north": wrong}, RULES)


def test_a_severity_for_a_rule_of_a_table_without_hospitals_is_refused_with_the_reason():
    """A person is of the whole network: before, the word was taken and nothing followed."""
    name = "person.birth_date_in_year_of_birth"
    told = replace(NORTH, severity={name: "fatal"})
    with pytest.raises(ConfigurationError, match=f"'{name}' is no rule .*: no row of person is one hospital's"):
        refuse_unknown_severities({"north": told}, rules_for(person), {"person"})


def test_a_severity_for_an_earlier_version_is_refused_for_the_table_s_own_holds():
    versions = replace(RULES[-1], name="visit_version.x", judged_as="visit_occurrence.x")
    told = replace(NORTH, severity={"visit_version.x": "warn"})
    with pytest.raises(ConfigurationError, match="'visit_version.x' is no rule .*: visit_occurrence.x holds for it"):
        refuse_unknown_severities({"north": told}, [*RULES, versions])


PERSON = {
    "source_person_key": 1, "system": "s", "source_person_id": "p", "sex": "female", "year_of_birth": 1980,
    "is_linkable": True, "delivered_at": datetime(2020, 2, 1), "hospital": "north",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({}, None),
        ({"year_of_birth": None}, "no_year_of_birth"),
        ({"year_of_birth": 1700}, "year_of_birth_in_bounds"),
        ({"year_of_birth": 2021}, "birth_not_in_future"),
        ({"sex": "M"}, "sex_in_categories"),
        ({"death_date": datetime(1970, 1, 1).date()}, "death_after_birth"),
        ({"death_date": datetime(2021, 1, 1).date()}, "death_not_in_future"),
    ],
)
def test_a_source_person_without_a_possible_life_is_quarantined(spark, change, rule):
    rows = frame(spark, {"hospital": "north", **change}, table=source_person, base=PERSON)
    assert broken(rows, rules_for(source_person)) == [[rule] if rule else []]


MEASURED = {
    "person_id": 7, "measurement_vocabulary": "LOINC", "measurement_source_value": "x", "hospital": "north",
    "conversion_rule": "as_reported", "measurement_datetime": START, "known_from": datetime(2020, 2, 1), "system": "s",
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "unit", "value", "is_possible"),
    [
        ("29463-7", "kg", 90.0, True),
        ("29463-7", "kg", 900.0, False),
        ("8867-4", "/min", -5.0, False),
        ("8867-4", "/min", 80.0, True),
        ("8867-4", "/h", 4800.0, True),  # another unit has no limits
        ("unknown", "kg", -900.0, True),
        ("1751-7", "g/dL", 5.5, True),
        ("1751-7", "g/dL", 20.0, False),  # g/L under the name of g/dL
        ("2093-3", "mg/dL", 1200.0, True),  # homozygous familial hypercholesterolaemia
        ("2093-3", "mg/dL", -1.0, False),
        ("3173-2", "s", 200.0, True),  # under heparin
        ("29463-7", "kg", float("nan"), False),
        ("29463-7", "kg", None, True),
    ],
)
def test_a_value_that_cannot_be_true_of_a_person_is_quarantined(spark, code, unit, value, is_possible):
    change = {"measurement_code": code, "unit_code": unit, "value_as_number": value}
    [faults] = broken(frame(spark, change, table=measurement, base=MEASURED), rules_for(measurement))
    assert ("value_in_range" not in faults and "value_is_finite" not in faults) == is_possible


# Validating tables


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def judge(spark: Any, home: Path, rows: Any, rules: Any = RULES, **rest: Any) -> Any:
    options = {"as_of": AS_OF, "hospitals": HOSPITALS, "others": people(spark), **rest}
    return validate(visit_occurrence, rules, rows, home, **options)


def states(result: Any) -> dict[str, str]:
    return {r.name.partition(".")[2]: r.state for r in result.rules if r.state != "passed"}


def test_clean_rows_pass_every_rule(spark, home):
    result = judge(
        spark, home, frame(spark, {}, {}, {"visit_end_datetime": None}), version=4, hospitals={"north": NORTH}
    )
    # No time of theirs is in doubt and no vocabulary was delivered; what few sources can give is told, not blamed.
    held = {name: state for name, state in states(result).items() if not name.endswith("_filled")}
    assert result.success and set(held.values()) == {"not judged", "failed"}
    assert {name for name, state in held.items() if state == "failed"} == {"care_site_exists"}
    assert not [name for name, state in held.items() if state == "not judged" and "concept" not in name
                and "not_after_death" not in name and name != "time_quality_in_categories"]  # fmt: skip
    assert (result.table, result.version, result.rows) == ("silver.visit_occurrence", 4, 3)
    assert json.loads(json.dumps(result.as_dict()))["rules"][1]["name"] == "visit_occurrence.key_unique"
    result.stop_if_fatal()


def test_each_kind_of_rule_fails_once(spark, home):
    rows = frame(
        spark,
        {"visit_occurrence_id": 11, "care_site_id": None, "visit_reason_code": None},
        {"visit_occurrence_id": 11, "care_site_id": None, "person_id": None},
        {"visit_code": "NEW", "care_site_id": None, "visit_reason_vocabulary": "XYZ"},
        {"visit_end_datetime": datetime(2019, 1, 1), "care_site_id": None, "person_id": 8},
        {"visit_start_datetime": datetime(1950, 1, 1), "care_site_id": None},
    )
    result = judge(spark, home, rows)
    counts = {
        r.name.partition(".")[2]: (r.unexpected_count, r.element_count)
        for r in result.rules
        if r.state == "failed" and r.severity != "characterise"
    }
    assert counts == {
        "key_unique": (2, 5),
        "person_id_present": (1, 5),
        "visit_code_in_categories": (1, 5),
        "visit_reason_vocabulary_in_categories": (1, 5),
        "care_site_id_not_all_null": (5, 5),
        "visit_end_datetime_after_start": (1, 5),
        "person_exists": (1, 4),
        "visit_start_datetime_not_before_birth": (1, 3),
    }
    assert [r.name for r in result.fatal_failures][0] == "visit_occurrence.key_unique"
    with pytest.raises(
        DataError, match=r"silver.visit_occurrence, 5 rows: visit_occurrence.key_unique is broken by 2 of 5"
    ):
        result.stop_if_fatal()


def test_an_empty_table_is_told_and_cannot_break_its_other_rules(spark, home):
    result = judge(spark, home, frame(spark))
    assert states(result).pop("not_empty") == "failed"
    assert {s for n, s in states(result).items() if n != "not_empty"} == {"not judged"}


def test_an_empty_table_whose_columns_are_not_the_declared_ones_stops(spark, home):
    rule = [r for r in RULES if r.name.endswith((".schema_as_declared", ".not_empty"))]
    assert states(judge(spark, home, frame(spark), rule)) == {"not_empty": "failed"}
    altered = frame(spark).withColumn("visit_end_datetime", F.col("visit_end_datetime").cast("string"))
    with pytest.raises(DataError, match="visit_occurrence.schema_as_declared does not hold"):
        judge(spark, home, altered, rule).stop_if_fatal()


def test_a_rule_that_holds_whatever_the_rows_say_is_told_as_one_that_cannot_fail(spark, home):
    bound = {"kahn": "completeness", "severity": "characterise"}
    rules = [
        whole("visit_occurrence.x", "expect_table_row_count_to_be_between", "any number", min_value=0, **bound),
        whole("visit_occurrence.y", "expect_table_row_count_to_be_between", "some", min_value=1, **bound),
    ]
    assert states(judge(spark, home, frame(spark, {}), rules)) == {"x": "cannot fail"}


def test_a_column_that_is_all_null_fails_and_one_that_is_mostly_null_is_counted(spark, home):
    rule = [r for r in RULES if r.name.endswith(".care_site_id_not_all_null")]
    nulls, some = frame(spark, {"care_site_id": None}, {"care_site_id": None}), frame(spark, {"care_site_id": None}, {})
    found = [judge(spark, home, rows, rule).rules[0] for rows in (nulls, some)]
    assert [(r.state, r.unexpected_count, r.element_count) for r in found] == [("failed", 2, 2), ("passed", 1, 2)]


def test_a_table_whose_column_has_another_type_than_declared_stops(spark, home):
    rule = [r for r in RULES if r.name.endswith(".schema_as_declared")]
    assert judge(spark, home, frame(spark, {}), rule).success
    altered = frame(spark, {}).withColumn("visit_end_datetime", F.col("visit_end_datetime").cast("string"))
    with pytest.raises(DataError, match="schema_as_declared is broken by 1 of 1 rows"):
        judge(spark, home, altered, rule).stop_if_fatal()
    assert not judge(spark, home, frame(spark, {}).withColumn("stray", F.lit(1)), rule).success


def test_a_rule_about_other_rows_blames_the_later_one(spark, home):
    """The second visit of person 7 begins within the first; the first of each person has none before it to judge by."""
    before = "(PARTITION BY person_id ORDER BY visit_start_datetime ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    rule = among(
        "visit_occurrence.one_at_a_time", f"visit_start_datetime >= MAX(visit_end_datetime) OVER {before}", "x"
    )
    later = [{"visit_start_datetime": datetime(2020, 1, 1, hour), "visit_end_datetime": END} for hour in (8, 9)]
    within = {"visit_start_datetime": datetime(2020, 1, 1, 8, 30)}
    result = judge(spark, home, frame(spark, later[0], within, later[1], {"person_id": 8}), [rule])
    [warning] = result.warnings
    assert result.success and (warning.unexpected_count, warning.element_count) == (1, 2)


def test_a_fault_that_a_hospital_tolerates_warns(spark, home):
    rows = frame(spark, {}, {"hospital": "lenient", "visit_end_datetime": datetime(2019, 1, 1)})
    result = judge(spark, home, rows, [r for r in RULES if not r.name.endswith(".care_site_exists")])
    [warning] = result.warnings
    assert result.success
    assert (warning.hospitals, warning.unexpected_count, warning.element_count) == (("lenient",), 1, 1)


def test_mostly_passes_with_failed_rows(spark, home):
    rule = row("visit_occurrence.x", "visit_code = 'AMB'", "ambulant", severity="warn", mostly=0.5)
    count = whole(
        "visit_occurrence.n", "expect_table_row_count_to_be_between", "some", kahn="completeness", min_value=1
    )
    result = judge(spark, home, frame(spark, {}, {}, {"visit_code": "IMP"}), [rule, count])
    assert states(result) == {"x": "passed with failed rows"}


def test_a_share_that_a_rule_lets_pass_holds_no_more_where_a_hospital_lets_it_stop(spark, home):
    rule = among("visit_occurrence.x", "visit_code = 'AMB'", "ambulant", mostly=0.5)
    strict = {"north": replace(NORTH, severity={rule.name: "fatal"})}
    rows = frame(spark, {}, {}, {"visit_code": "IMP"})
    assert judge(spark, home, rows, [rule], hospitals={"north": NORTH}).success
    [failed] = judge(spark, home, rows, [rule], hospitals=strict).fatal_failures
    assert (failed.unexpected_count, failed.element_count) == (1, 3)


def test_broken_rows_are_told_by_hospital_and_code_with_their_keys_and_no_value(spark, home):
    rule = row("visit_occurrence.x", "visit_code = 'AMB'", "ambulant", severity="warn", by="visit_code")
    changes = ({}, {"visit_code": "IMP"}, {"visit_code": "IMP"}, {"visit_code": "EMER", "hospital": "lenient"})
    told = judge(spark, home, frame(spark, *changes), [rule]).broken
    assert [(r["hospital"], r["code"], r["rows"], json.loads(r["keys"])) for r in told] == [
        ("lenient", "EMER", 1, [{"visit_occurrence_id": 3}]),
        ("north", "IMP", 2, [{"visit_occurrence_id": 1}, {"visit_occurrence_id": 2}]),
    ]
    assert judge(spark, home, frame(spark, {}), [rule]).broken == ()


def test_however_many_rules_a_table_is_judged_by_two_queries(spark, home):
    rows, store = frame(spark, {}, {}), spark._jsparkSession.sharedState().statusStore()
    judge(spark, home, rows)
    before = store.executionsCount()
    found = judge(spark, home, rows, [r for r in RULES if not r.name.endswith(".care_site_exists")])
    assert found.success and len(found.rules) > 30
    assert store.executionsCount() - before == 2


def test_an_exception_inside_great_expectations_stops_and_tells_no_value(spark, home):
    rule = row("visit_occurrence.x", "CAST(visit_source_value AS INT) > 1", "a number", severity="characterise")
    result = judge(spark, home, frame(spark, {"visit_source_value": "SECRETVALUE"}), [rule])
    assert [(r.state, r.error) for r in result.rules] == [("error", "CAST_INVALID_INPUT")]
    with pytest.raises(DataError, match="could not be judged") as caught:
        result.stop_if_fatal()
    index = build_docs(home)
    texts = [p.read_text(encoding="utf-8") for p in (home / "gx").rglob("*.*") if p.suffix in (".json", ".html")]
    assert index.is_file() and not [t for t in [*texts, str(caught.value)] if "SECRETVALUE" in t]


def test_a_bad_value_reaches_neither_results_nor_docs(spark, home):
    judge(spark, home, frame(spark, {"visit_code": "SECRETCODE"}, {"visit_reason_vocabulary": "SECRETCODE"}))
    build_docs(home)
    files = [p for p in (home / "gx").rglob("*.*") if p.suffix in (".json", ".html")]
    assert len(files) > 5 and not [p for p in files if "SECRETCODE" in p.read_text(encoding="utf-8")]


def test_a_table_a_rule_refers_to_must_be_given(spark, home):
    with pytest.raises(DeclarationError, match="look into care_site"):
        judge(spark, home, frame(spark, {}), others={})


def test_the_project_opens_in_plain_great_expectations(spark, home):
    judge(spark, home, frame(spark, {}))
    suite = json.loads((home / "gx" / "expectations" / "silver" / "visit_occurrence.json").read_text(encoding="utf-8"))
    types = {e["type"] for e in suite["expectations"]}
    assert types >= {"expect_column_values_to_not_be_null", "expect_column_values_to_be_in_set"}
    assert "expect_column_values_to_be_unique" in {e["meta"].get("expectation") for e in suite["expectations"]}
    assert (home / "gx" / "checkpoints" / "silver.visit_occurrence.json").is_file()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"value_set": [', '"value_set": [false, ', "was edited by hand"),
        ('"type": "expect', '"type": "nonsense', "was edited by hand"),
        ('"expectations": [', '"expectations": ][', "line 2: no suite that can be read"),
    ],
)
def test_a_suite_that_somebody_edited_is_refused_with_its_file(spark, tmp_path, old, new, said):
    rule = row("visit_occurrence.x", "visit_code = 'AMB'", "ambulant", severity="warn")
    judge(spark, tmp_path, frame(spark, {}), [rule])
    file = tmp_path / "gx" / "expectations" / "silver" / "visit_occurrence.json"
    text = file.read_text(encoding="utf-8")
    assert judge(spark, tmp_path, frame(spark, {}), [rule]).success and old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=rf"silver/visit_occurrence.json.*{said}"):
        judge(spark, tmp_path, frame(spark, {}), [rule])


def _native(rules: Any) -> list[Rule]:
    return [r for r in rules if r.kind == "row" and r.expectation]


def test_expression_and_expectation_of_a_rule_give_the_same_verdict(spark):
    """The rows `split` finds broken are the rows that Great Expectations, run plainly, finds unexpected."""
    import great_expectations as gx
    from great_expectations.expectations.registry import get_expectation_impl

    rules = [replace(r, severity="fatal") for r in _native(rules_for(source_person))]
    changes = [{"year_of_birth": y} for y in (None, 1849, 1850, 2300, 2301)] + [{"sex": s} for s in (None, "male", "M")]
    rows = frame(spark, *({"hospital": "north", **c} for c in changes), table=source_person, base=PERSON)
    ours = [name for names in split(rows, rules, {}).collect() for name in names["_broken"]]
    asset = gx.get_context(mode="ephemeral").data_sources.add_spark("s").add_dataframe_asset("a")
    batch = asset.add_batch_definition_whole_dataframe("b").get_batch({"dataframe": rows})
    for rule in rules:
        found = batch.validate(get_expectation_impl(rule.expectation)(**rule.arguments), result_format="SUMMARY")
        assert found.result["unexpected_count"] == ours.count(rule.name), rule.name
        assert found.success == (rule.name not in ours)
