"""A telephone survey as it comes, and the rows it becomes."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.support.text_table import expect
from twinlake.catalog.sources.lifestyle import SYSTEM

ANSWERS = """
Diabetes_binary,HighBP,HighChol,CholCheck,BMI,Smoker,Stroke,HeartDiseaseorAttack,PhysActivity,Fruits,Veggies,HvyAlcoholConsump,AnyHealthcare,NoDocbcCost,GenHlth,MentHlth,PhysHlth,DiffWalk,Sex,Age,Education,Income
0.0,1.0,1.0,1.0,40.0,1.0,0.0,0.0,0.0,0.0,1.0,0.0,1.0,0.0,5.0,18.0,15.0,1.0,0.0,9.0,4.0,3.0
0.0,1.0,1.0,1.0,40.0,1.0,0.0,0.0,0.0,0.0,1.0,0.0,1.0,0.0,5.0,18.0,15.0,1.0,0.0,9.0,4.0,3.0
1.0,0.0,0.0,1.0,,0.0,0.0,0.0,1.0,1.0,,0.0,1.0,0.0,2.0,0.0,0.0,0.0,1.0,13.0,6.0,9.0
"""


def test_two_equal_rows_are_two_persons_with_a_band_of_years_of_birth(implement) -> None:
    """60 to 64 in 2015: born in 1950 to 1955; 80 to 99: born in 1915 to 1935."""
    file = {"diabetes_binary_health_indicators_BRFSS2015.csv": ANSWERS}
    persons = implement(SYSTEM, "source_person", brfss2015=file)
    expect(
        persons,
        """
        sex    | year_of_birth | year_of_birth_margin | birth_date | family_name
        female | 1953          | 3                    |            |
        female | 1953          | 3                    |            |
        male   | 1925          | 10                   |            |
        """,
    )
    assert persons.select("source_person_id").distinct().count() == 3


def test_every_age_step_covers_the_years_somebody_of_that_age_can_be_born_in(implement) -> None:
    header, first = ANSWERS.split()[:2]
    rows = "\n".join([header, *(first.replace(",9.0,4.0,3.0", f",{step}.0,4.0,3.0") for step in range(1, 14))])
    found = implement(SYSTEM, "source_person", brfss2015=rows).select("year_of_birth", "year_of_birth_margin").collect()
    ages = [(18, 24), *((5 * n, 5 * n + 4) for n in range(5, 16)), (80, 99)]
    covered = sorted((row[0] - row[1], row[0] + row[1]) for row in found)
    wanted = sorted((2015 - high - 1, 2015 - low) for low, high in ages)
    assert len(covered) == 13
    assert all(
        a[0] <= b[0] and b[1] <= a[1] and a[1] - a[0] <= b[1] - b[0] + 1 for a, b in zip(covered, wanted, strict=True)
    )


def test_an_answer_is_an_observation_in_the_codebooks_words(implement) -> None:
    rows = implement(SYSTEM, "observation", brfss2015=ANSWERS.rsplit("\n", 2)[1].join([ANSWERS.split()[0] + "\n", ""]))
    shown = ("Smoker", "Fruits", "Veggies", "PhysActivity", "GenHlth", "MentHlth", "Age", "Income", "Diabetes_binary")
    expect(
        rows.where(rows.observation_code.isin(*shown)),
        """
        observation_code | observation_vocabulary | observation_name                                                                | observation_datetime | value_source_value | value_as_string | unit_source_value | part
        Diabetes_binary  | local                  | Ever told you have diabetes; not only in pregnancy, not prediabetes [DIABETE3]  | 2015-01-01           | 1.0                | yes             |                   | Diabetes_binary
        Smoker           | local                  | Smoked at least 100 cigarettes in your entire life [SMOKE100]                   | 2015-01-01           | 0.0                | no              |                   | Smoker
        Fruits           | local                  | Fruit once or more a day [_FRTLT1]                                              | 2015-01-01           | 1.0                | yes             |                   | Fruits
        PhysActivity     | local                  | Physical activity in the past 30 days, job not included [_TOTINDA]              | 2015-01-01           | 1.0                | yes             |                   | PhysActivity
        GenHlth          | local                  | Health in general [GENHLTH]                                                     | 2015-01-01           | 2.0                | very good       |                   | GenHlth
        MentHlth         | local                  | Days of poor mental health in the past 30 [MENTHLTH]                            | 2015-01-01           | 0.0                | 0.0             | d                 | MentHlth
        Age              | local                  | Age in steps of five years [_AGEG5YR]                                           | 2015-01-01           | 13.0               | 80-99           |                   | Age
        Income           | local                  | Income of the household in a year [INCOME2]                                     | 2015-01-01           | 9.0                | 9.0             |                   | Income
        """,
    )


def test_every_question_but_sex_and_body_mass_is_an_observation(implement) -> None:
    assert implement(SYSTEM, "observation", brfss2015=ANSWERS).count() == 20 + 20 + 19


def test_body_mass_is_measured_from_what_people_say(implement) -> None:
    expect(
        implement(SYSTEM, "measurement", brfss2015=ANSWERS),
        """
        measurement_code | measurement_vocabulary | measurement_source_value | measurement_datetime | value_source_value | unit_source_value
        39156-5          | LOINC                  | BMI                      | 2015-01-01           | 40.0               | kg/m2
        39156-5          | LOINC                  | BMI                      | 2015-01-01           | 40.0               | kg/m2
        """,
    )


def test_answers_out_of_their_steps_make_no_person_up(implement) -> None:
    header, first = ANSWERS.split()[:2]
    odd = first.replace(",0.0,9.0,4.0,3.0", ",7.0,14.0,4.0,3.0")
    expect(
        implement(SYSTEM, "source_person", brfss2015=f"{header}\n{odd}"),
        """
        sex     | year_of_birth | year_of_birth_margin
        unknown |               |
        """,
    )
