"""The textbook case: a line through two columns of a CSV file."""

from __future__ import annotations

import pytest

from twinlake.declare.errors import DataError
from twinlake.engine.least_squares import read_rows, run_csv

# R's data set `women` (McNeil 1977): weight on height is -87.51667 + 3.45 height, residual sum of squares 30.23333,
# R² 0.991010.
WOMEN = {
    58: 115, 59: 117, 60: 120, 61: 123, 62: 126, 63: 129, 64: 132, 65: 135, 66: 139, 67: 142, 68: 146, 69: 150,
    70: 154, 71: 159, 72: 164,
}  # fmt: skip


@pytest.fixture
def write(tmp_path):
    def csv(*lines: str):
        path = tmp_path / "blood_glucose.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return csv


def test_the_line_is_the_one_r_publishes(spark, write):
    line = run_csv(spark, write("body_weight,blood_glucose", *(f"{x},{y}" for x, y in WOMEN.items())))
    assert line.coefficient == pytest.approx(3.45)
    assert line.intercept == pytest.approx(-87.51667, abs=1e-5)
    assert line.mse == pytest.approx(30.23333 / 15, abs=1e-6)
    assert line.r2 == pytest.approx(0.991010, abs=1e-6)
    assert (line.rows, line.test_rows) == (15, 3)
    assert line.test_mse < line.baseline_test_mse


def test_the_same_file_gives_the_same_figures(spark, write):
    path = write("id,blood_glucose,body_weight", *(f"a,{y},{x}" for x, y in WOMEN.items()))
    assert run_csv(spark, path) == run_csv(spark, path)


def test_a_missing_column_is_named(write):
    with pytest.raises(DataError, match="no column body_weight; its first line names weight, blood_glucose"):
        read_rows(write("weight,blood_glucose", "1,2"))


def test_every_cell_that_is_no_number_is_told_by_line_and_column_and_never_by_value(write):
    with pytest.raises(DataError) as error:
        read_rows(write("body_weight,blood_glucose", "80,high", "nan,90", "70"))
    assert "line 2 blood_glucose; line 3 body_weight; line 4 blood_glucose" in str(error.value)
    assert "high" not in str(error.value)


@pytest.mark.parametrize(
    "cell", ["7_5", "nan", "inf", "-Infinity", "1e999", "٧٥", "７５", "0x4B", "7,5", "7 5", ".", "1e", ""]
)
def test_what_only_python_takes_for_a_number_is_none(write, cell):
    rows = [f"{x},{y}" for x, y in WOMEN.items()]
    with pytest.raises(DataError, match="not a number: line 17 body_weight"):
        read_rows(write("body_weight,blood_glucose", *rows, f'"{cell}",120'))


@pytest.mark.parametrize("cell", ["75", " 75 ", "+75.", "75.00", "7.5e1", "750E-1"])
def test_a_decimal_number_is_read_however_it_is_written(write, cell):
    rows = [f"{x},{y}" for x, y in WOMEN.items()]
    assert read_rows(write("body_weight,blood_glucose", *rows, f"{cell},.5"))[-1] == (75.0, 0.5)


def test_too_few_or_constant_rows_are_refused(write):
    with pytest.raises(DataError, match="3 rows; at least 10"):
        read_rows(write("body_weight,blood_glucose", "1,2", "2,3", "3,4"))
    with pytest.raises(DataError, match="body_weight is the same in every row"):
        read_rows(write("body_weight,blood_glucose", *(f"70,{n}" for n in range(12))))


def test_a_file_that_is_not_there_says_what_to_give(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_rows(tmp_path / "none.csv")
