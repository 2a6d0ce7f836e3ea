"""Who is asked about diabetes, from what moment, and what the answer was."""

from __future__ import annotations

import pytest

from tests.support.calendars import HOSPITALS
from tests.support.text_table import expect, expect_shape
from twinlake.catalog.gold.diabetes_feature import diabetes_feature
from twinlake.catalog.silver.condition_occurrence import condition_occurrence
from twinlake.catalog.silver.death import death
from twinlake.catalog.silver.measurement import measurement
from twinlake.catalog.silver.visit_occurrence import visit_occurrence
from twinlake.declare.hospital import Hospital

SYDNEY = Hospital("sydney", "sydney", "Australia/Sydney", "urn:sydney")
PERSON = """
    person_id | birth_date | year_of_birth | sex
    1         | 1980-03-02 | 1980          | female
"""
# Person 1 is first measured on 2010-01-01, so 2011-01-01 is the first possible index.
WEIGHED = """
    person_id | measurement_code | measurement_vocabulary | measurement_datetime | value_as_number | unit_code
    1         | 29463-7          | LOINC                  | 2010-01-01 08:00     | 70              | kg
"""
VISITS = """
    person_id | visit_start_datetime
    1         | 2010-06-01 08:00
    1         | 2011-02-01 08:00
    1         | 2011-03-01 08:00
    1         | 2012-02-01 08:00
    1         | 2018-02-01 08:00
"""


@pytest.fixture
def features(given):
    def build(conditions: str = "", deaths: str = "", visits: str = VISITS, weighed: str = WEIGHED):
        columns = ("person_id", "condition_code", "condition_vocabulary", "condition_start_date", "condition_type")
        header = " | ".join(columns[: 4 + ("suspected" in conditions)]) + "\n"
        return diabetes_feature.build(
            given(PERSON),
            given("person_id | death_date\n" + deaths, death),
            given(visits, visit_occurrence),
            given(header + conditions, condition_occurrence),
            given(weighed, measurement),
            {**HOSPITALS, "sydney": SYDNEY},
        )

    return build


def test_the_index_is_the_first_visit_of_a_year_after_a_year_of_history(features):
    expect(
        features().where("not is_current"),
        """
        index_datetime   | observed_days | body_weight_kg | followed_days | has_diabetes_within_5_years
        2011-02-01 08:00 | 396           | 70             | 2557          | false
        2012-02-01 08:00 | 761           |                | 2192          | false
        2018-02-01 08:00 | 2953          |                | 0             |
        """,
    )


def test_a_visit_that_was_still_to_come_is_no_follow_up(features):
    """A year mistyped makes nobody followed, and is not when the person is asked about; one of shifted dates is."""
    told = """
        person_id | visit_start_datetime | known_from | hospital
        1         | 2011-02-01 08:00     | 2018-02-01 | a
        1         | 2206-03-01 08:00     | 2018-02-01 | {}
    """
    label = "index_datetime | is_current | followed_days | has_diabetes_within_5_years\n"
    ours = features(visits=told.format("a"), weighed=f"{WEIGHED}1|29463-7|LOINC|2012-01-01|71|kg")
    expect(ours, label + "2011-02-01 08:00 | false | 334 |\n2012-01-01 | true | 0 |")
    theirs = features(visits=told.format("s")).where("is_current")
    expect(theirs, label + "2206-03-01 08:00 | true | 0 |")


def test_type_2_diabetes_counts_from_the_day_after_the_index_to_day_1826(features):
    # 2012-02-01 + 1826 days is 2017-01-31.
    expect(
        features("1 | 44054006 | SNOMED | 2017-01-31").where("not is_current"),
        """
        index_datetime   | has_diabetes_within_5_years
        2011-02-01 08:00 | false
        2012-02-01 08:00 | true
        """,
    )
    expect(
        features("1 | E11.9 | ICD10CM | 2017-02-01").where("not is_current"),
        """
        index_datetime   | has_diabetes_within_5_years
        2011-02-01 08:00 | false
        2012-02-01 08:00 | false
        """,
    )


def test_whoever_has_any_diabetes_on_the_index_day_is_not_asked_about(features):
    rows = features("1 | 46635009 | SNOMED | 2012-02-01")
    expect(rows.where("not is_current"), "index_datetime | has_diabetes_within_5_years\n 2011-02-01 08:00 | false")
    expect(rows.where("is_current"), "exclusion_reason\n the person already has diabetes")


def test_whoever_has_diabetes_in_the_icd_10_of_the_who_is_not_asked_about(features):
    rows = features("1 | E14.9 | ICD10 | 2012-02-01")
    expect(rows.where("not is_current"), "index_datetime | has_diabetes_within_5_years\n 2011-02-01 08:00 | false")


def test_a_suspicion_of_diabetes_is_none(features):
    rows = features("1 | 46635009 | SNOMED | 2012-02-01 | suspected").where("is_current")
    assert [row.exclusion_reason for row in rows.collect()] == [
        row.exclusion_reason for row in features().where("is_current").collect()
    ]


def test_whoever_was_diagnosed_after_the_latest_visit_is_not_asked_about_a_first_diagnosis_today(features):
    rows = features("1 | E11.9 | ICD10CM | 2018-05-01")
    expect(
        rows.where("is_current"),
        "index_datetime | exclusion_reason\n 2018-02-01 08:00 | the person already has diabetes",
    )
    assert rows.where("not is_current").count() == 3, "what came later changes nothing of the past"


def test_the_current_row_says_why_a_person_cannot_be_scored(features):
    expect(features().where("is_current"), "index_datetime | is_female | exclusion_reason\n 2018-02-01 08:00 | true | ")
    expect(features(deaths="1 | 2018-03-01").where("is_current"), "exclusion_reason\n the person has died")
    late = WEIGHED.replace("2010-01-01", "2017-12-31")
    expect(features(weighed=late).where("is_current"), "exclusion_reason\n measured for less than 365 days")
    expect(features(weighed="person_id").where("is_current"), "exclusion_reason\n measured for less than 365 days")


def test_whoever_was_not_followed_for_five_years_has_no_label_whatever_was_found(features):
    few = "\n".join(VISITS.strip().splitlines()[:4])
    lost = "followed_days | has_diabetes_within_5_years\n 28 | "
    expect(features(visits=few).where("not is_current"), lost)
    expect(features("1 | E11.9 | ICD10CM | 2011-06-01", visits=few).where("not is_current"), lost)


def test_whoever_died_was_followed_until_then(features):
    few = "\n".join(VISITS.strip().splitlines()[:4])
    dead = {"deaths": "1 | 2012-12-24", "visits": few}
    expect(features(**dead).where("not is_current"), "has_diabetes_within_5_years\n false")
    ill = "1 | E11.9 | ICD10CM | 2012-12-24"
    expect(features(ill, **dead).where("not is_current"), "has_diabetes_within_5_years\n true")


def test_a_death_beyond_the_five_years_is_no_follow_up_within_them(features):
    # 2011-02-01 + 1826 days is 2016-02-01; the last contact is 2011-03-01.
    few = "\n".join(VISITS.strip().splitlines()[:4])
    within = features(deaths="1 | 2016-02-01", visits=few).where("not is_current")
    expect(within, "followed_days | has_diabetes_within_5_years\n 28 | false")
    beyond = features(deaths="1 | 2016-02-02", visits=few).where("not is_current")
    expect(beyond, "followed_days | has_diabetes_within_5_years\n 28 | ")
    ill = features("1 | E11.9 | ICD10CM | 2011-06-01", deaths="1 | 2016-02-02", visits=few)
    expect(ill.where("not is_current"), "followed_days | has_diabetes_within_5_years\n 28 | ")


def test_the_days_of_a_visit_are_those_of_its_hospital(features):
    """At 22:00 UTC it is 09:00 of the next day in Sydney in summer: on 1 January, on 2 March, her birthday."""
    visits = """
        person_id | visit_start_datetime | hospital
        1         | 2017-12-31 22:00     | sydney
        1         | 2018-12-30 22:00     | sydney
        1         | 2019-03-01 22:00     | sydney
        1         | 2020-03-01 22:00     | sydney
        1         | {}                   | sydney
    """
    columns = "index_datetime | age_at_index_years | observed_days | followed_days | has_diabetes_within_5_years\n"
    found_there = "1 | E11.9 | ICD10CM | 2020-03-02"
    # From 2010-01-01 (weight) to 2018-01-01 are 2922 days, to 2019-03-02 3347; from there to 2024-02-29 1825.
    rows = features(found_there, visits=visits.format("2024-02-29 05:00")).where("not is_current")
    expect(rows, f"{columns}2017-12-31 22:00 | 37 | 2922 | 2250 | true\n2019-03-01 22:00 | 39 | 3347 | 1825 |")
    followed = features(found_there, visits=visits.format("2024-02-29 22:00")).where("not is_current")
    expect(followed, f"{columns}2017-12-31 22:00 | 37 | 2922 | 2251 | true\n2019-03-01 22:00 | 39 | 3347 | 1826 | true")


def test_a_moment_of_two_hospitals_is_of_the_later_day(features):
    """A clinic in UTC sends the visit too, and the sample that was drawn there an hour later."""
    visits = """
        person_id | visit_start_datetime | hospital
        1         | 2020-03-01 22:00     | sydney
        1         | 2020-03-01 22:00     | a
    """
    weighed = f"{WEIGHED}1 | 29463-7 | LOINC | 2020-03-01 23:00 | 71 | kg"
    assert features("1 | E11.9 | ICD10CM | 2020-03-02", visits=visits).where("not is_current").isEmpty()
    expect(
        features(visits=visits, weighed=weighed),
        "is_current | observed_days | followed_days\nfalse | 3713 | 0\ntrue | 3712 | 0",
    )


def test_nobody_is_asked_about_after_death(features):
    past = features(deaths="1 | 2011-02-01").where("not is_current")
    assert past.isEmpty(), "visits of the day of death and after it"


def test_the_share_of_true_labels_is_the_risk_however_short_the_record(spark, given):
    """A thousand persons visit on each 2 January of 2011 to 2020; each 1 July ten of them are diagnosed.

    Only the visits of 2011 to 2015 have five years before them: 1000, 990 … 960 persons, 50 of each to be diagnosed.
    """
    persons = spark.range(1000).withColumnRenamed("id", "person_id")
    visits = persons.selectExpr(
        "person_id",
        "explode(transform(sequence(2011, 2020), y -> make_timestamp(y, 1, 2, 8, 0, 0))) visit_start_datetime",
        "'a' hospital",
        "timestamp '2021-01-01' known_from",
    )
    diagnosed = persons.where("person_id < 90").selectExpr(
        "person_id", "'E11.9' condition_code", "'ICD10CM' condition_vocabulary",
        "make_date(2011 + person_id div 10, 7, 1) condition_start_date", "cast(null as string) condition_type",
    )  # fmt: skip
    weighed = given(WEIGHED, measurement).drop("person_id").crossJoin(persons)
    born = given(PERSON).drop("person_id").crossJoin(persons)
    rows = diabetes_feature.build(born, given("person_id", death), visits, diagnosed, weighed, HOSPITALS)
    counted = rows.where("has_diabetes_within_5_years is not null").groupBy("has_diabetes_within_5_years").count()
    assert {row[0]: row[1] for row in counted.collect()} == {True: 250, False: 4650}


def test_every_declared_column_comes_in_its_type(features):
    expect_shape(features(), diabetes_feature)
