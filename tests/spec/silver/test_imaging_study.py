"""An instance of a study, a row."""

from __future__ import annotations

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.silver.imaging_study import imaging_study


def test_an_instance_is_a_row_and_a_study_the_rows_of_one_uid(given) -> None:
    drawn = """
        _fact_key:bigint | study_uid | series_uid | instance_uid | study_date | pixel_offset_bytes | pixel_bytes
        1                | 1.2       | 1.2.1      | 1.2.1.1      | 2024-01-19 | 1500               | 8192
        2                | 1.2       | 1.2.1      | 1.2.1.2      | 2024-01-19 | 1500               | 8192
        3                | 1.2       | 1.2.2      | 1.2.2.1      | 2024-01-19 |                    |
    """
    actual = imaging_study.build(given(drawn, [c for c in imaging_study.columns if c != "imaging_study_id"]))
    expect(actual, """
        study_uid | series_uid | instance_uid | pixel_bytes
        1.2       | 1.2.1      | 1.2.1.1      | 8192
        1.2       | 1.2.1      | 1.2.1.2      | 8192
        1.2       | 1.2.2      | 1.2.2.1      |
    """)  # fmt: skip
    assert actual.select("imaging_study_id").distinct().count() == 3
    expect_shape(actual.selectExpr(*imaging_study.columns), imaging_study)


def test_no_column_could_hold_a_name_or_a_pixel() -> None:
    kinds = {field.type for field in imaging_study.fields}
    assert "binary" not in kinds and not any(field.identifier for field in imaging_study.fields)
    assert not [
        c for c in imaging_study.columns if "patient" in c or "given" in c or "family" in c or "description" in c
    ]
