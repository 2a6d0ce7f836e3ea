"""A recording's files as they come, and the rows they become."""

# Tables are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

import hashlib

from tests.spec.sources.conftest import frame_of
from tests.support.device_files import mark
from tests.support.text_table import expect
from twinlake.catalog.sources.waveform import SYSTEM

HEADER = b"7 2 100 1000 12:30:00 05/11/2024\n7.dat 16 200(1024)/mV 11 1024 0 0 0 MLII\n7.dat 16 100/uV 11 0 0 0 0 V5\n"
UNDATED = b"7 1 100 1000\n7.dat 16 200 11 1024 0 0 0 MLII\n# 69 M 1085 1629 x1\n"
SAMPLES = bytes(4000)
# Beats at 0.5, 1.5 and 2.5 s, a premature one at 3 s, noise at 4 s: three intervals in 2.5 s are 72 a minute.
MARKS = mark(1, 50) + mark(1, 100) + mark(1, 100) + mark(5, 50) + mark(14, 100) + b"\0\0"
FILES = {"ada/7.hea": HEADER, "ada/7.dat": SAMPLES, "ada/7.atr": MARKS}


def test_a_signal_is_told_by_its_header_and_addressed_in_its_file(implement) -> None:
    rows = implement(SYSTEM, "device_reading", recording=FILES).where("device_reading_type = 'signal'")
    expect(
        rows,
        """
        source_person_id | measurement_name | device_reading_datetime | device_reading_end_datetime | unit_source_value | signal_number | signal_frequency_hz | signal_gain | signal_baseline | sample_count
        ada              | MLII             | 2024-11-05 17:30:00     | 2024-11-05 17:30:10         | mV                | 0             | 100                 | 200         | 1024            | 1000
        ada              | V5               | 2024-11-05 17:30:00     | 2024-11-05 17:30:10         | uV                | 1             | 100                 | 100         | 0               | 1000
        """,
    )
    found = {(r.file_path, r.file_sha256, r.file_bytes, r.file_bytes_needed) for r in rows.collect()}
    assert found == {("st_a/waveform/ada/7.dat", hashlib.sha256(SAMPLES).hexdigest(), 4000, 4000)}


def test_a_signal_that_is_not_calibrated_has_neither_gain_nor_unit(implement) -> None:
    files = {"ada/7.hea": b"7 2 100 1000\n7.dat 16 0/mV 11 0 0 0 0 MLII\n7.dat 16 200/mV 11 0 0 0 0 V5\n"}
    expect(implement(SYSTEM, "device_reading", recording=files), """
    measurement_name | signal_gain | unit_source_value
    MLII             |             |
    V5               | 200         | mV
    """)  # fmt: skip


def test_samples_that_are_not_delivered_yet_leave_the_address_open(implement) -> None:
    rows = implement(SYSTEM, "device_reading", recording={"ada/7.hea": HEADER})
    expect(rows, """
    measurement_name | file_path | file_sha256 | file_bytes | file_bytes_needed
    MLII             |           |             |            | 4000
    V5               |           |             |            | 4000
    """)  # fmt: skip


def test_marks_stand_at_their_distance_from_the_start_and_only_beats_are_beats(implement) -> None:
    expect(
        implement(SYSTEM, "device_reading", recording=FILES).where("device_reading_type <> 'signal'"),
        """
        device_reading_type | measurement_source_value | measurement_name                  | recording_seconds | device_reading_datetime | recording_source_id | device_source_value
        beat                | N                        | Normal beat                       | 0.5               | 2024-11-05 17:30:00.500 | ada/7               | atr
        beat                | N                        | Normal beat                       | 1.5               | 2024-11-05 17:30:01.500 | ada/7               | atr
        beat                | N                        | Normal beat                       | 2.5               | 2024-11-05 17:30:02.500 | ada/7               | atr
        beat                | V                        | Premature ventricular contraction | 3.0               | 2024-11-05 17:30:03     | ada/7               | atr
        mark                | ~                        | Signal quality change             | 4.0               | 2024-11-05 17:30:04     | ada/7               | atr
        """,
    )


def test_marks_without_their_header_have_no_moment_yet(implement) -> None:
    rows = implement(SYSTEM, "device_reading", recording={"ada/7.atr": MARKS})
    assert rows.count() == rows.where("device_reading_datetime IS NULL AND recording_seconds IS NULL").count() == 5


def test_the_mean_heart_rate_of_a_recording_is_a_measurement(implement) -> None:
    expect(
        implement(SYSTEM, "measurement", recording=FILES),
        """
        source_person_id | measurement_code | measurement_datetime | value_source_value | unit_source_value
        ada              | 8867-4           | 2024-11-05 17:30:00  | 72.0               | /min
        """,
    )


def test_a_recording_without_a_day_begins_at_day_zero_and_keeps_its_distances(implement) -> None:
    files = {"100/7.hea": UNDATED, "100/7.atr": MARKS}
    expect(
        implement(SYSTEM, "device_reading", recording=files).where("measurement_source_value = 'V'"),
        """
        device_reading_datetime | recording_seconds
        2100-01-01 00:00:03     | 3.0
        """,
    )


# The master begins at 12:30 in New York; 7b begins 2000 samples, a gap of 1000 between them, after it: 20 s.
MASTER = b"7/3 1 100 3000 12:30:00 05/11/2024\n7a 1000\n~ 1000\n7b 1000\n"
SEGMENTS = {
    "ada/7.hea": MASTER, "ada/7a.hea": b"7a 1 100 1000\n7a.dat 16 200 11 1024 0 0 0 MLII\n",
    "ada/7b.hea": b"7b 1 100 1000\n7b.dat 16 200 11 1024 0 0 0 MLII\n",
}  # fmt: skip


def test_a_segment_without_a_day_begins_so_far_after_its_master_as_that_says(implement) -> None:
    alone = {"eve/7b.hea": SEGMENTS["ada/7b.hea"]}
    rows = implement(SYSTEM, "device_reading", recording={**SEGMENTS, **alone})
    expect(rows.where("device_reading_type = 'signal'"), """
        source_person_id | recording_source_id | device_reading_datetime | device_reading_end_datetime
        ada              | ada/7a              | 2024-11-05 17:30:00     | 2024-11-05 17:30:10
        ada              | ada/7b              | 2024-11-05 17:30:20     | 2024-11-05 17:30:30
        eve              | eve/7b              | 2100-01-01 00:00:00     | 2100-01-01 00:00:10
    """)  # fmt: skip


def test_a_master_of_frequency_zero_has_that_of_its_segments(implement) -> None:
    """Header(5): both have one. 7b begins after 2000 samples of 100 in a second; where nobody knows, at day zero."""
    files = {**SEGMENTS, "ada/7.hea": MASTER.replace(b" 100 3000", b" 0 3000")}
    unknown = {name.replace("ada", "eve"): header.replace(b" 100 ", b" 0 ") for name, header in files.items()}
    expect(implement(SYSTEM, "device_reading", recording={**files, **unknown}), """
        recording_source_id | device_reading_datetime
        ada/7a              | 2024-11-05 17:30:00
        ada/7b              | 2024-11-05 17:30:20
        eve/7a              | 2024-11-05 17:30:00
        eve/7b              | 2100-01-01 00:00:00
    """)  # fmt: skip


def test_marks_of_a_master_and_of_its_segments_stand_by_the_masters_clock(implement) -> None:
    files = {**SEGMENTS, "ada/7.atr": MARKS, "ada/7b.atr": MARKS}
    rows = implement(SYSTEM, "device_reading", recording=files)
    expect(rows.where("measurement_source_value = 'V'"), """
        recording_source_id | recording_seconds | device_reading_datetime
        ada/7               | 3.0               | 2024-11-05 17:30:03
        ada/7b              | 3.0               | 2024-11-05 17:30:23
    """)  # fmt: skip
    expect(implement(SYSTEM, "measurement", recording=files), """
        measurement_datetime | value_source_value
        2024-11-05 17:30:00  | 72.0
        2024-11-05 17:30:20  | 72.0
    """)  # fmt: skip


def test_a_segment_with_a_day_of_its_own_keeps_it_and_one_of_an_undated_master_its_distance(implement) -> None:
    dated = b"7a 1 100 1000 12:31:00 05/11/2024\n7a.dat 16 200 11 1024 0 0 0 MLII\n"
    undated = {f"eve/{name.removeprefix('ada/')}": header for name, header in SEGMENTS.items()}
    files = {**SEGMENTS, "ada/7a.hea": dated, **undated, "eve/7.hea": MASTER.replace(b" 12:30:00 05/11/2024", b"")}
    expect(implement(SYSTEM, "device_reading", recording=files), """
        recording_source_id | device_reading_datetime
        ada/7a              | 2024-11-05 17:31:00
        ada/7b              | 2024-11-05 17:30:20
        eve/7a              | 2100-01-01 00:00:00
        eve/7b              | 2100-01-01 00:00:20
    """)  # fmt: skip


def test_a_comment_tells_no_age_at_day_zero_where_the_master_knows_the_day(implement) -> None:
    said = {name: header + b"# 69 M 1085 1629 x1\n" for name, header in SEGMENTS.items()}
    assert implement(SYSTEM, "source_person", recording=said).count() == 0


def test_an_undated_header_tells_of_a_person_by_age_and_sex_unless_the_roster_does(implement) -> None:
    header = {"100/7.hea": UNDATED, "100/8.hea": UNDATED, "101/7.hea": UNDATED, "ada/7.hea": HEADER}
    persons = "person_id,mrn,given_name,family_name,birth_date,sex\n101,,,,1950,F\n"
    expect(
        implement(SYSTEM, "source_person", recording=header, persons=persons),
        """
        source_person_id | year_of_birth | sex
        100              | 2031          | male
        101              | 1950          | female
        """,
    )


def test_what_makes_no_row_says_why(spark) -> None:
    files = {"a/1.hea": b"1/2 1 250 100\n1a 50\n1b 50\n", "a/2.hea": b"2 0 250\n", "a/3.atr": b"\0\0"}
    reasons = [
        frame_of(spark, SYSTEM, SYSTEM.feed(name), files)
        .where(" OR ".join(SYSTEM.feed(name).unmapped.values()))
        .count()
        for name in ("header", "annotation")
    ]
    assert reasons == [2, 1]
