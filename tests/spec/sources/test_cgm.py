"""A glucose sensor's files as they come, and the rows they become."""

# Tables are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from statistics import mean, stdev

from tests.support.text_table import expect
from twinlake.catalog.sources.cgm import SYSTEM

HEADER = "timestamp,glucose_value_mg_dl\n"
PERSONS = (
    "person_id,diabetes_type,age,gender,race_ethnicity,hba1c_%,CGM_type,glucose_level_record_count,"
    "average_glucose_level_mg_dl,count_days_with_CGM_data\n"
)
ADA = PERSONS + "Subject 1,T1D,65,female,,7.2,Dexcom G6 Pro,3,110.1,1\n"


def day_of_quarters(values: list) -> str:
    """A reading a quarter of an hour from midnight on."""
    return HEADER + "".join(f"2024-01-12 {n // 4:02}:{n % 4 * 15:02}:00,{value}\n" for n, value in enumerate(values))


def test_a_reading_belongs_to_whom_its_file_is_named_for_and_is_read_by_the_hospital_s_clock(implement) -> None:
    expect(
        implement(
            SYSTEM, "device_reading", persons=ADA,
            readings={"set/Subject 1.csv": HEADER + "2024-01-12 00:04:00,162.40\n", "set/2.csv": HEADER + "2024-07-12T00:04:00,Low\n"},
        ),
        """
        source_person_id | measurement_code | device_reading_type | device_source_value | device_reading_datetime | value_source_value | unit_source_value
        Subject 1        | 99504-3          | value               | Dexcom G6 Pro       | 2024-01-12 05:04:00     | 162.40             | mg/dL
        2                | 99504-3          | value               |                     | 2024-07-12 04:04:00     | Low                | mg/dL
        """,
    )  # fmt: skip


def test_equal_lines_in_two_persons_files_are_two_readings(implement) -> None:
    line = HEADER + "2024-01-12 00:04:00,100\n"
    rows = implement(SYSTEM, "device_reading", readings={"1.csv": line, "2.csv": line})
    assert rows.select("_fact_key").distinct().count() == 2


def test_a_time_of_day_without_its_day_is_no_reading_and_makes_no_day(implement) -> None:
    clock = {"case  1.csv": HEADER + "00:03:37,170\n23:58:37,171\n"}
    assert implement(SYSTEM, "device_reading", readings=clock).count() == 0
    assert implement(SYSTEM, "measurement", readings=clock).count() == 0


def test_a_time_that_is_none_is_kept_for_quarantine(implement) -> None:
    rows = implement(SYSTEM, "device_reading", readings={"1.csv": HEADER + "yesterday,170\n"})
    expect(rows, """
    value_source_value | device_reading_datetime
    170                |
    """)  # fmt: skip


def test_a_day_is_summed_up_as_the_consensus_asks(implement) -> None:
    values = [50] * 24 + [60] * 24 + [70] * 12 + [180] * 12 + [180.1] * 12 + [300] * 12
    rows = implement(SYSTEM, "measurement", readings={"1.csv": day_of_quarters(values)})
    found = {row.measurement_code: row for row in rows.collect()}
    shares = {"104642-4": "25.0", "104641-6": "25.0", "97510-2": "25.0", "104640-8": "12.5", "104639-0": "12.5",
              "104637-4": "100.0"}  # fmt: skip
    assert {code: found[code].value_source_value for code in shares} == shares
    assert float(found["97507-8"].value_source_value) == round(mean(values), 4)
    assert float(found["104638-2"].value_source_value) == round(100 * stdev(values) / mean(values), 4)
    assert {row.measurement_datetime.isoformat() for row in found.values()} == {"2024-01-12T00:00:00"}
    assert found["97507-8"].unit_source_value == "mg/dL" and found["97510-2"].unit_source_value == "%"


def test_a_day_that_a_sensor_covers_to_less_than_70_percent_has_its_coverage_only(implement) -> None:
    expect(
        implement(SYSTEM, "measurement", readings={"1.csv": day_of_quarters([100] * 67)}),
        """
        measurement_code | value_source_value | unit_source_value
        104637-4         | 69.7917            | %
        """,
    )
    assert implement(SYSTEM, "measurement", readings={"1.csv": day_of_quarters([100] * 68)}).count() == 8


def test_a_word_beyond_the_scale_counts_in_its_range_and_the_day_has_no_mean(implement) -> None:
    rows = implement(
        SYSTEM, "measurement", readings={"1.csv": day_of_quarters(["Low"] * 24 + [100] * 48 + ["HI"] * 24)}
    )
    expect(
        rows,
        """
        measurement_code | value_source_value
        104642-4         | 25.0
        104641-6         | 0.0
        97510-2          | 50.0
        104640-8         | 0.0
        104639-0         | 25.0
        104637-4         | 100.0
        """,
    )


def test_a_year_of_birth_is_that_of_the_first_reading_less_the_age(implement) -> None:
    persons = (
        PERSONS + "1,T1D,65,male,,,,,,\n2,No diabetes,35-65,female,,,,,,\n3,T1D,56.3,female,,,,,,\n4,T1D,50,,,,,,,\n"
    )
    day = HEADER + "2024-01-12 00:04:00,100\n2025-01-12 00:04:00,100\n"
    expect(
        implement(SYSTEM, "source_person", persons=persons, readings={f"{n}.csv": day for n in (1, 2, 3)}),
        """
        source_person_id | sex     | year_of_birth | year_of_birth_margin | mrn
        1                | male    | 1959          |                      |
        2                | female  | 1974          | 15                   |
        3                | female  | 1968          |                      |
        4                | unknown |               |                      |
        """,
    )


def test_metadata_readings_and_what_lies_beside_them_are_told_apart() -> None:
    places = (
        "AZT1D-metadata.csv",
        "AZT1D-extracted/Subject 8.csv",
        "__MACOSX/._AZT1D-metadata.csv",
        "README.md",
        "x/.DS_Store",
    )
    found = [(SYSTEM.feed_of(p), SYSTEM.why_ignored(p)) for p in places]
    assert [feed.name if feed else None for feed, _ in found] == ["persons", "readings", None, None, None]
    assert all(why for _, why in found[2:])
