from __future__ import annotations

import pytest

from tests.support.text_table import expect, frame, read_text_table


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="A row has 1 cells, its table 2 columns"):
        read_text_table("a | b\n1")


def test_a_drawn_table_comes_back_as_it_was_drawn_in_any_order(spark) -> None:
    text = """
        person_id | measurement_datetime | value_as_number | part:string | a:array<string>
        --------- | -------------------- | --------------- | ----------- | ---------------
        1         | 2020-01-01 10:00     | 80.5            | ''          | [a, b]
        2         | 2020-01-01           |                 |             | []
    """
    actual = frame(spark, text, like=("death_date",))
    assert actual.schema["death_date"].dataType.simpleString() == "date"
    expect(
        actual,
        """
        part | person_id | measurement_datetime | value_as_number | death_date | a
             | 2         | 2020-01-01 00:00:00  |                 |            | []
        ''   | 1         | 2020-01-01 10:00:00  | 80.5            |            | [a, b]
        """,
    )


def test_structs_are_drawn_field_by_field(spark) -> None:
    text = """
        person_id | weight.value | weight.unit_code | risks.risk_name | risks.risk_prob
        1         | 80.5         | kg               | [a, b]          | [0.5,]
        2         |              |                  |                 |
    """
    actual = frame(spark, text)
    assert actual.where("weight is null and risks is null").count() == 1
    expect(actual, text)


def test_a_difference_is_drawn(spark) -> None:
    actual = frame(spark, "person_id | sex\n1 | female")
    with pytest.raises(AssertionError, match="1 expected but missing") as error:
        expect(actual, "person_id | sex\n1 | male")
    assert "+ 1         | female\n- 1         | male" in str(error.value)
