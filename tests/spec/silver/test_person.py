"""A person's row: what survives of several records, and that a year of birth suffices to be one."""

from __future__ import annotations

from tests.support.text_table import expect
from twinlake.catalog.identity import model
from twinlake.catalog.silver.person import person

GIVEN = {column for survivor in model.survivorship for column in survivor.columns}


def persons(given, drawn: str):
    """The build over records `hospital | source_person_id | person_id | …`; what is not drawn nobody tells."""
    told = given(drawn)
    links = told.select("hospital", "system", "source_person_id", "person_id")
    records = told.drop("person_id").selectExpr(
        "*",
        *(f"CAST(NULL AS string) AS {c}" for c in sorted(GIVEN - {*told.columns})),
        "CAST('2026-10-01' AS timestamp) AS delivered_at",
    )
    return person.build(records, links)


def test_a_person_of_whom_every_record_says_that_the_sex_is_unknown_is_a_person_of_unknown_sex(given) -> None:
    """Or says none at all; one hospital that knows it is believed over two that do not."""
    rows = persons(
        given,
        """
        hospital | system | source_person_id | person_id | sex     | birth_date:date | year_of_birth
        a        | hl7v2  | 1                | 1         | unknown | 1980-05-17      | 1980
        b        | omop   | 1                | 1         | unknown |                 | 1980
        a        | hl7v2  | 2                | 2         |         |                 | 1990
        a        | hl7v2  | 3                | 3         | unknown |                 | 2000
        b        | omop   | 3                | 3         | female  |                 | 2000
        c        | omop   | 3                | 3         | unknown |                 | 2000
        """,
    )
    expect(
        rows,
        """
        person_id | sex     | birth_date | year_of_birth
        1         | unknown | 1980-05-17 | 1980
        2         | unknown |            | 1990
        3         | female  |            | 2000
        """,
    )


def test_a_first_of_january_gives_way_to_another_day_that_as_many_tell(given) -> None:
    """It is what is written where the year alone is known: one record of another day counts against one, not two."""
    rows = persons(
        given,
        """
        hospital | system | source_person_id | person_id | sex  | birth_date:date | year_of_birth
        a        | hl7v2  | 1                | 1         | male | 1980-01-01      | 1980
        b        | omop   | 1                | 1         | male | 1980-05-17      | 1980
        a        | hl7v2  | 2                | 2         | male | 1980-01-01      | 1980
        b        | omop   | 2                | 2         | male | 1980-01-01      | 1980
        c        | omop   | 2                | 2         | male | 1980-05-17      | 1980
        a        | hl7v2  | 3                | 3         | male | 1980-01-01      | 1980
        """,
    )
    expect(
        rows,
        """
        person_id | birth_date
        1         | 1980-05-17
        2         | 1980-01-01
        3         | 1980-01-01
        """,
    )
