"""Age in whole years."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column


def age_years(on: Column, birth_date: str = "birth_date", year_of_birth: str = "year_of_birth") -> Column:
    """Whole years lived `on` a day; null before birth.

    Born on 29 February: a year older on 1 March. Where only the year of birth is known, the age reached that year.
    """
    birthdays = F.year(on) - F.year(birth_date) - (_day_of_year(on) < _day_of_year(F.col(birth_date))).cast("int")
    age = F.coalesce(birthdays, F.year(on) - F.col(year_of_birth))
    return F.when(age >= 0, age)


def _day_of_year(date: Column) -> Column:
    """Month and day as one number, so that a leap year shifts nothing."""
    return F.month(date) * 100 + F.day(date)


def age_years_sql(on: str) -> str:
    """The same as SQL over `birth_date` and `year_of_birth`; `on` is SQL for a date."""
    before_birthday = f"month({on}) * 100 + day({on}) < month(birth_date) * 100 + day(birth_date)"
    age = f"coalesce(year({on}) - year(birth_date) - cast({before_birthday} AS int), year({on}) - year_of_birth)"
    return f"CASE WHEN {age} >= 0 THEN {age} END"
