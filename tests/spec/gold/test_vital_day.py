# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.gold.person_day_vitals import person_day_vitals
from twinlake.catalog.gold.vital_day import vital_day
from twinlake.catalog.silver.person import person


def test_a_day_knows_the_last_value_of_each_sign_and_nothing_of_later_days(given) -> None:
    days = given("""
        person_id | measurement_date | vital_name | unit_code | mean_value
        1         | 2020-01-01       | weight     | kg        | 80
        1         | 2020-01-01       | heart_rate | /min      | 60
        1         | 2020-03-01       | heart_rate | /min      | 70
        1         | 2021-03-01       | weight     | kg        | 85
        2         | 2020-02-01       | weight     | kg        | 50
        3         | 2020-02-01       | weight     | [lb_av]   | 110
        4         | 2020-02-01       | weight     | kg        | 60
    """, person_day_vitals)  # fmt: skip
    people = given("""
        person_id | birth_date | year_of_birth | sex
        1         | 1960-02-01 | 1960          | female
        2         |            | 1990          | unknown
        3         | 1970-01-01 | 1970          | male
    """, person)  # fmt: skip
    actual = vital_day.build(days, people)
    expect(actual, """
        person_id | measurement_date | age_at_index_years | is_female | known_vitals.vital_name | known_vitals.value | known_vitals.observed_on
        1         | 2020-01-01       | 59                 | true      | [heart_rate, weight]    | [60, 80]           | [2020-01-01, 2020-01-01]
        1         | 2020-03-01       | 60                 | true      | [heart_rate, weight]    | [70, 80]           | [2020-03-01, 2020-01-01]
        1         | 2021-03-01       | 61                 | true      | [heart_rate, weight]    | [70, 85]           | [2020-03-01, 2021-03-01]
        2         | 2020-02-01       | 30                 |           | [weight]                | [50]               | [2020-02-01]
    """)  # fmt: skip
    expect_shape(actual, vital_day)
