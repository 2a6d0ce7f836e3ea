# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.gold.imputed_vitals import imputed_vitals
from twinlake.catalog.gold.vital_day import vital_day
from twinlake.catalog.models.missing_vitals import missing_vitals
from twinlake.engine.imputing import FittedImputation


def test_without_a_champion_measured_and_young_last_values_stand_and_the_rest_is_unknown(given) -> None:
    """Weight stands for 180 days, heart rate for one."""
    days = given("""
        person_id | measurement_date | known_vitals.vital_name | known_vitals.value | known_vitals.observed_on
        1         | 2020-01-01       | [heart_rate, weight]    | [60, 80]           | [2020-01-01, 2020-01-01]
        1         | 2020-01-02       | [heart_rate, weight]    | [60, 81]           | [2020-01-01, 2020-01-02]
        1         | 2020-06-30       | [heart_rate, weight]    | [75, 81]           | [2020-06-30, 2020-01-02]
        1         | 2020-07-01       | [heart_rate, weight]    | [76, 81]           | [2020-07-01, 2020-01-02]
        2         | 2020-07-01       | [heart_rate]            | [90]               | [2020-07-01]
    """, vital_day)  # fmt: skip
    none = FittedImputation(missing_vitals, None, "no model has been trained yet", None)
    actual = imputed_vitals.build({"missing_vitals": days}, {"missing_vitals": none})
    expect(actual.where("vital_name in ('heart_rate', 'weight')"), """
        person_id | measurement_date | vital_name | unit_code | vital_value | is_missing | imputation_method | value_age_days | model_version
        1         | 2020-01-01       | heart_rate | /min      | 60          | false      | measured          | 0              |
        1         | 2020-01-01       | weight     | kg        | 80          | false      | measured          | 0              |
        1         | 2020-01-02       | heart_rate | /min      | 60          | true       | last_value        | 1              |
        1         | 2020-01-02       | weight     | kg        | 81          | false      | measured          | 0              |
        1         | 2020-06-30       | heart_rate | /min      | 75          | false      | measured          | 0              |
        1         | 2020-06-30       | weight     | kg        | 81          | true       | last_value        | 180            |
        1         | 2020-07-01       | heart_rate | /min      | 76          | false      | measured          | 0              |
        1         | 2020-07-01       | weight     | kg        |             | true       |                   | 181            |
        2         | 2020-07-01       | heart_rate | /min      | 90          | false      | measured          | 0              |
        2         | 2020-07-01       | weight     | kg        |             | true       |                   |                |
    """)  # fmt: skip
    assert actual.count() == 5 * len(missing_vitals.vitals), "a row for each sign of each day"
    expect_shape(actual, imputed_vitals)
