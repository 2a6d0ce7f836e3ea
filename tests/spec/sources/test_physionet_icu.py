"""Stays in intensive care as PhysioNet's Challenge 2012 writes them, and the rows they become."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.support.text_table import expect
from twinlake.catalog.sources._icu_feeds import FEEDS
from twinlake.catalog.sources.physionet_icu import SYSTEM
from twinlake.declare.hospital import Hospital

STAY = """
Time,Parameter,Value
00:00,RecordID,132539
00:00,Age,54
00:00,Gender,0
00:00,Height,-1
00:00,ICUType,4
00:00,Weight,80.6
00:07,GCS,15
00:07,HR,73
00:37,FiO2,0.5
13:12,Mg,1.9
35:19,Temp,37.1
47:37,MechVent,1
47:37,Lactate,-1
47:37,NewThing,3
"""
OUTCOMES = """
RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death
132539,6,1,5,20,0
"""


def summary(**told: str) -> str:
    """A summary of one stay with these columns told and all others empty."""
    columns = FEEDS[2].columns
    unknown = {**dict.fromkeys(columns, ""), "CCU": "0", "CSRU": "0", "SICU": "0"}
    named = {name.replace("__", "-"): value for name, value in told.items()}
    assert {*named} <= {*columns}
    return "\n".join([",".join(columns), ",".join({**unknown, **named}.values())])


SUMMARY = summary(
    recordid="132540", SAPS__I="16", SOFA="-1", Length_of_stay="8", Survival="-1", In__hospital_death="0", Age="76.0",
    Gender="1.0", Height="175.3", CSRU="1", HR_first="88.0", HR_lowest="65.0", GCS_median="11.5", Na_last="135.0",
    MechVentStartTime="71.0", MechVentLast8Hour="0.0", UrineOutputSum="5.0",
)  # fmt: skip


def test_a_stay_is_a_person_born_before_day_zero_and_dead_so_many_days_after(implement) -> None:
    expect(
        implement(SYSTEM, "source_person", series=STAY, outcomes=OUTCOMES),
        """
        source_person_id | year_of_birth | birth_date | sex    | death_date
        132539           | 2046          |            | female | 2100-01-21
        """,
    )


def test_a_summarised_stay_is_a_person_too(implement) -> None:
    expect(
        implement(SYSTEM, "source_person", summary=SUMMARY),
        """
        source_person_id | year_of_birth | sex  | death_date
        132540           | 2024          | male |
        """,
    )


def test_what_is_missing_of_a_person_stays_unknown(implement) -> None:
    stay = STAY.replace("Age,54", "Age,-1").replace("Gender,0", "Gender,-1")
    expect(
        implement(SYSTEM, "source_person", series=stay),
        """
        source_person_id | year_of_birth | sex     | death_date
        132539           |               | unknown |
        """,
    )


def test_a_stay_is_a_visit_that_ends_if_the_outcomes_say_when(implement) -> None:
    expect(
        implement(SYSTEM, "visit_occurrence", series=STAY, outcomes=OUTCOMES),
        """
        visit_source_id | visit_code | visit_source_value | visit_start_datetime | visit_end_datetime
        132539          | IMP        | SICU               | 2100-01-01           | 2100-01-06
        """,
    )
    expect(
        implement(SYSTEM, "visit_occurrence", series=STAY, outcomes=OUTCOMES.replace(",5,", ",-1,")),
        """
        visit_source_id | visit_start_datetime | visit_end_datetime
        132539          | 2100-01-01           |
        """,
    )
    expect(
        implement(SYSTEM, "visit_occurrence", summary=SUMMARY),
        """
        visit_source_id | visit_source_value | visit_start_datetime | visit_end_datetime
        132540          | CSRU               | 2100-01-01           | 2100-01-09
        """,
    )


def test_a_reading_stands_at_its_time_since_admission_and_minus_one_is_none(implement) -> None:
    expect(
        implement(SYSTEM, "measurement", series=STAY),
        """
        source_person_id | measurement_code | measurement_vocabulary | measurement_source_value | measurement_name                    | measurement_datetime | value_source_value | unit_source_value | visit_source_id
        132539           | 29463-7          | LOINC                  | Weight                   | Weight                              | 2100-01-01 00:00     | 80.6               | kg                | 132539
        132539           | 9269-2           | LOINC                  | GCS                      | Glasgow Coma Score, 3 to 15         | 2100-01-01 00:07     | 15                 | {score}           | 132539
        132539           | 8867-4           | LOINC                  | HR                       | Heart rate                          | 2100-01-01 00:07     | 73                 | bpm               | 132539
        132539           | 3150-0           | LOINC                  | FiO2                     | Fractional inspired oxygen, 0 to 1  | 2100-01-01 00:37     | 0.5                | 1                 | 132539
        132539           | 19123-9          | LOINC                  | Mg                       | Serum magnesium                     | 2100-01-01 13:12     | 1.9                | mg/dL             | 132539
        132539           | 8310-5           | LOINC                  | Temp                     | Temperature                         | 2100-01-02 11:19     | 37.1               | Cel               | 132539
        132539           | NewThing         | local                  | NewThing                 |                                     | 2100-01-02 23:37     | 3                  |                   | 132539
        """,
    )


def test_ventilation_is_an_observation(implement) -> None:
    expect(
        implement(SYSTEM, "observation", series=STAY),
        """
        observation_code | observation_vocabulary | observation_datetime | value_source_value | visit_source_id
        MechVent         | local                  | 2100-01-02 23:37     | 1                  | 132539
        """,
    )


def test_a_statistic_keeps_its_name_and_stands_at_the_end_of_what_it_sums_up(implement) -> None:
    """A lowest heart rate was charted nobody knows when: it is no heart rate (8867-4) of any moment. UrineOutputSum is left
    out: whatever it is, it is no urine."""
    expect(
        implement(SYSTEM, "measurement", summary=SUMMARY),
        """
        measurement_code  | measurement_vocabulary | measurement_name                                              | measurement_datetime | value_source_value | unit_source_value | part
        HR_first          | local                  | Heart rate, first value of the first 48 hours                 | 2100-01-03           | 88.0               | bpm               | HR_first
        HR_lowest         | local                  | Heart rate, lowest value of the first 48 hours                | 2100-01-03           | 65.0               | bpm               | HR_lowest
        GCS_median        | local                  | Glasgow Coma Score, 3 to 15, median of the first 48 hours     | 2100-01-03           | 11.5               | {score}           | GCS_median
        Na_last           | local                  | Serum sodium, last value of the first 48 hours                | 2100-01-03           | 135.0              | mEq/L             | Na_last
        SAPS-I            | local                  | Simplified Acute Physiology Score I                           | 2100-01-03           | 16                 | {score}           | SAPS-I
        MechVentStartTime | local                  | Start of mechanical ventilation after admission               | 2100-01-03           | 71.0               | min               | MechVentStartTime
        8302-2            | LOINC                  | Height                                                        | 2100-01-01           | 175.3              | cm                | Height
        """,
    )


def test_a_death_in_hospital_is_known_when_the_hospital_is_left(implement) -> None:
    expect(
        implement(SYSTEM, "observation", summary=SUMMARY),
        """
        observation_code  | observation_datetime | value_source_value
        MechVentLast8Hour | 2100-01-03           | 0.0
        In-hospital_death | 2100-01-09           | 0
        """,
    )


def test_the_units_become_those_of_the_lake(implement, given) -> None:
    from twinlake.catalog.silver.concept import concept
    from twinlake.catalog.silver.measurement import measurement

    hospitals = {"st_a": Hospital("st_a", "A", "UTC", "urn:a", calendar="shifted")}
    expect(
        measurement.build(implement(SYSTEM, "measurement", series=STAY), hospitals, given("concept_id", concept)),
        """
        measurement_source_value | value_as_number | unit_code | conversion_rule
        Weight                   | 80.6            | kg        | identity
        GCS                      | 15              | {score}   | as_reported
        HR                       | 73              | /min      | identity
        FiO2                     | 50              | %         | ucum
        Mg                       | 1.9             | mg/dL     | identity
        Temp                     | 37.1            | Cel       | identity
        NewThing                 | 3               |           | unit_missing
        """,
    )
