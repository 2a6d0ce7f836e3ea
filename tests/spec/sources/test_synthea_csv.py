"""Synthea's CSV as it comes, and the rows it becomes."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.spec.sources.conftest import frame_of
from tests.support.text_table import expect
from twinlake.catalog.sources.synthea_csv import SYSTEM

OBSERVATIONS = """
DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE
2016-11-06T03:14:07Z,p1,e1,vital-signs,8302-2,Body Height,170.60,cm,numeric
2016-11-06T03:14:07Z,p1,e1,survey,71802-3,Housing status,"I have housing, today",{nominal},text
2016-11-06T03:14:07Z,p1,,,QALY,QALY,20.0,a,numeric
"""


def test_numbers_are_measurements_and_keep_their_digits(implement) -> None:
    expect(
        implement(SYSTEM, "measurement", observations=OBSERVATIONS),
        """
        source_person_id | measurement_code | measurement_vocabulary | measurement_datetime | value_source_value | unit_source_value | visit_source_id
        p1               | 8302-2           | LOINC                  | 2016-11-06 03:14:07  | 170.60             | cm                | e1
        """,
    )


def test_texts_are_observations(implement) -> None:
    expect(
        implement(SYSTEM, "observation", observations=OBSERVATIONS),
        """
        observation_code | observation_name | value_source_value    | value_as_string       | unit_source_value
        71802-3          | Housing status   | I have housing, today | I have housing, today | {nominal}
        """,
    )


def test_a_condition_is_snomed_however_its_system_is_spelt(implement) -> None:
    conditions = """
    START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION
    2006-02-12,,p1,e1,SNOMED-CT,37320007,Loss of teeth (disorder)
    2006-02-12,2006-03-01,p1,e1,http://snomed.info/sct,82423001,Chronic pain (finding)
    2006-02-12,,p1,e1,Unknown,59621000,Hypertension
    """
    expect(
        implement(SYSTEM, "condition_occurrence", conditions=conditions),
        """
        system      | condition_code | condition_vocabulary | condition_name           | condition_start_date | condition_end_date
        synthea_csv | 37320007       | SNOMED               | Loss of teeth (disorder) | 2006-02-12           |
        synthea_csv | 82423001       | SNOMED               | Chronic pain (finding)   | 2006-02-12           | 2006-03-01
        synthea_csv | 59621000       | SNOMED               | Hypertension             | 2006-02-12           |
        """,
    )


def test_medications_are_orders_and_immunizations_are_exposures(implement) -> None:
    medications = """
    START,STOP,PATIENT,PAYER,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,PAYER_COVERAGE,DISPENSES,TOTALCOST,REASONCODE,REASONDESCRIPTION
    1997-09-22T12:37:45Z,1998-09-22T12:37:45Z,p1,x,e1,997488,Fexofenadine 30 MG,550.36,440.29,354,194827.44,,
    """
    immunizations = """
    DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST
    2016-11-06T03:14:07Z,p1,e1,140,Influenza,136.00
    """
    expect(
        implement(SYSTEM, "drug_exposure", medications=medications, immunizations=immunizations),
        """
        drug_code | drug_vocabulary | drug_type    | drug_exposure_start_datetime | drug_exposure_end_datetime
        997488    | RxNorm          | order        | 1997-09-22 12:37:45          | 1998-09-22 12:37:45
        140       | CVX             | immunisation | 2016-11-06 03:14:07          |
        """,
    )


def test_procedures_visits_and_care_sites(implement) -> None:
    procedures = """
    START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION
    2016-11-06T03:14:07Z,2016-11-06T04:04:00Z,p1,e1,SNOMED-CT,710824005,Assessment,431.40,,
    """
    encounters = """
    Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,BASE_ENCOUNTER_COST,TOTAL_CLAIM_COST,PAYER_COVERAGE,REASONCODE,REASONDESCRIPTION
    e1,1997-09-13T23:28:07Z,1997-09-13T23:43:07Z,p1,o1,d1,x,urgentcare,185347001,Encounter,85.55,85.55,68.44,195967001,Asthma
    """
    organizations = """
    Id,NAME,ADDRESS,CITY,STATE,ZIP,LAT,LON,PHONE,REVENUE,UTILIZATION
    o1,Fitchburg Clinic,881 Main Street,Fitchburg,MA,01420,42.5,-71.8,978-342-9781,0.0,1778
    """
    expect(
        implement(SYSTEM, "procedure_occurrence", procedures=procedures),
        """
        procedure_code | procedure_vocabulary | procedure_datetime  | procedure_end_datetime
        710824005      | SNOMED               | 2016-11-06 03:14:07 | 2016-11-06 04:04:00
        """,
    )
    expect(
        implement(SYSTEM, "visit_occurrence", encounters=encounters),
        """
        visit_source_id | visit_code | visit_source_value | visit_reason_code | visit_reason_vocabulary | care_site_source_id
        e1              | AMB        | urgentcare         | 195967001         | SNOMED                  | o1
        """,
    )
    expect(
        implement(SYSTEM, "care_site", organizations=organizations),
        """
        care_site_source_id | care_site_name   | city      | state | postal_code_prefix
        o1                  | Fitchburg Clinic | FITCHBURG | MA    | 014
        """,
    )


def test_a_patient_is_standardised_as_fhir_would(implement) -> None:
    patients = """
    Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,MIDDLE,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,FIPS,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE,INCOME
    p1,1960-08-06,2020-01-02,999-10-3899,S99953671,X35737101X,Mrs.,Andrea7,Leonor133,Alonzo487,,Cornejo190,D,white,hispanic,F,Kingston,573 Shanahan Hollow Unit 0,Dartmouth,Massachusetts,Bristol County,,00000,41.5,-70.9,1.0,2.0,3
    """
    rows = implement(SYSTEM, "source_person", patients=patients)
    expect(
        rows,
        """
        given_name | middle_name | family_name | maiden_name | birth_date | sex    | death_date | ssn       | mrn
        ANDREA     | LEONOR      | ALONZO      | CORNEJO     | 1960-08-06 | female | 2020-01-02 | 999103899 | p1
        """,
    )
    expect(
        rows,
        """
        address_line               | city      | state | postal_code | race_source_value | marital_status
        573 SHANAHAN HOLLOW UNIT 0 | DARTMOUTH | MA    |             | white             | D
        """,
    )


def test_patients_of_an_older_release_are_read_by_their_own_header(implement) -> None:
    """It knew no MIDDLE name, no FIPS and no INCOME: what stands behind them stands one place further left."""
    patients = """
    Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE
    p1,1960-08-06,,999-10-3899,S99953671,,Mrs.,Ana Lucia7,Alonzo487,,Cornejo190,D,white,hispanic,F,Kingston,"573 Shanahan Hollow,
    Unit 0",Dartmouth,Massachusetts,Bristol County,02747,41.5,-70.9,1.0,2.0
    """
    expect(
        implement(SYSTEM, "source_person", patients=patients),
        """
        source_person_id | given_name | middle_name | family_name | maiden_name | birth_date | sex    | address_line                | city      | postal_code | mrn
        p1               | ANA LUCIA  |             | ALONZO      | CORNEJO     | 1960-08-06 | female | 573 SHANAHAN HOLLOW, UNIT 0 | DARTMOUTH | 02747       | p1
        """,
    )


def test_a_condition_and_a_procedure_of_an_older_release_have_no_system_and_are_snomed(implement) -> None:
    conditions = """
    START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION
    2023-01-27,2023-02-09,p1,e1,195662009,Acute viral pharyngitis (disorder)
    """
    procedures = """
    START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION
    2023-10-10T04:17:47Z,2023-10-10T04:32:47Z,p1,e1,430193006,Medication Reconciliation (procedure),735.40,,
    """
    expect(
        implement(SYSTEM, "condition_occurrence", conditions=conditions),
        """
        condition_code | condition_vocabulary | condition_name                     | condition_start_date | condition_end_date | condition_type
        195662009      | SNOMED               | Acute viral pharyngitis (disorder) | 2023-01-27           | 2023-02-09         | ehr
        """,
    )
    expect(
        implement(SYSTEM, "procedure_occurrence", procedures=procedures),
        """
        procedure_code | procedure_vocabulary | procedure_datetime  | procedure_end_datetime | procedure_type
        430193006      | SNOMED               | 2023-10-10 04:17:47 | 2023-10-10 04:32:47    | ehr
        """,
    )


def test_an_allergy_is_an_observation_of_its_kind_with_the_allergen_as_its_value(implement) -> None:
    allergies = """
    START,STOP,PATIENT,ENCOUNTER,CODE,SYSTEM,DESCRIPTION,TYPE,CATEGORY,REACTION1,DESCRIPTION1,SEVERITY1,REACTION2,DESCRIPTION2,SEVERITY2
    1997-09-22,,p1,e1,111088007,Unknown,Latex (substance),allergy,environment,247472004,Wheal (finding),MILD,,,
    1997-09-22,,p1,e1,1191,Unknown,Aspirin,allergy,medication,,,,,,
    1997-09-22,,p1,e1,7984,RxNorm,Penicillin V,intolerance,medication,,,,,,
    1997-09-22,,p1,e1,419199007,SNOMED-CT,Allergy to substance (finding),,,,,,,,
    """
    expect(
        implement(SYSTEM, "observation", allergies=allergies),
        """
        observation_code | observation_vocabulary | observation_source_value | observation_datetime | value_code | value_vocabulary | value_as_string                | visit_source_id
        426232007        | SNOMED                 | allergy environment      | 1997-09-22           | 111088007  | SNOMED           | Latex (substance)              | e1
        416098002        | SNOMED                 | allergy medication       | 1997-09-22           | 1191       | RxNorm           | Aspirin                        | e1
        59037007         | SNOMED                 | intolerance medication   | 1997-09-22           | 7984       | RxNorm           | Penicillin V                   | e1
        419199007        | SNOMED                 | allergy                  | 1997-09-22           | 419199007  | SNOMED           | Allergy to substance (finding) | e1
        """,
    )


def test_an_allergy_that_is_over_is_no_allergy_and_says_why(implement, spark) -> None:
    allergies = """
    START,STOP,PATIENT,ENCOUNTER,CODE,SYSTEM,DESCRIPTION,TYPE,CATEGORY,REACTION1,DESCRIPTION1,SEVERITY1,REACTION2,DESCRIPTION2,SEVERITY2
    1997-09-22,2009-03-10,p1,e1,3718001,SNOMED-CT,Cow's milk (substance),allergy,food,,,,,,
    1997-09-22,,p1,e1,102263004,SNOMED-CT,Eggs (edible) (substance),allergy,food,,,,,,
    """
    expect(implement(SYSTEM, "observation", allergies=allergies), "value_code\n102263004")
    feed = SYSTEM.feed("allergies")
    (why,) = feed.unmapped.values()
    expect(frame_of(spark, SYSTEM, feed, allergies).where(why), "CODE\n3718001")
