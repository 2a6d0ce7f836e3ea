"""Synthea's claims tables as they come, and the rows they become."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.spec.sources.conftest import frame_of
from tests.support.text_table import expect
from twinlake.catalog.sources.synthea_claims import SYSTEM

CLAIMS = """
Id,PATIENTID,PROVIDERID,PRIMARYPATIENTINSURANCEID,SECONDARYPATIENTINSURANCEID,DEPARTMENTID,PATIENTDEPARTMENTID,DIAGNOSIS1,DIAGNOSIS2,DIAGNOSIS3,DIAGNOSIS4,DIAGNOSIS5,DIAGNOSIS6,DIAGNOSIS7,DIAGNOSIS8,REFERRINGPROVIDERID,APPOINTMENTID,CURRENTILLNESSDATE,SERVICEDATE,SUPERVISINGPROVIDERID,STATUS1,STATUS2,STATUSP,OUTSTANDING1,OUTSTANDING2,OUTSTANDINGP,LASTBILLEDDATE1,LASTBILLEDDATE2,LASTBILLEDDATEP,HEALTHCARECLAIMTYPEID1,HEALTHCARECLAIMTYPEID2
c1,p1,d1,x,,1,1,195662009,233678006,195662009,,,,,,,e1,2023-01-20T16:17:47Z,2023-01-27T23:17:47Z,d1,CLOSED,,CLOSED,0,,0,2023-01-27T16:32:47Z,,2023-01-27T16:32:47Z,2,0
c2,p1,d1,x,,1,1,195662008,,,,,,,,,e1,2023-01-27T16:17:47Z,2023-01-27T16:17:47Z,d1,CLOSED,,CLOSED,0,,0,2023-01-27T16:32:47Z,,2023-01-27T16:32:47Z,2,0
c3,p1,d1,x,,1,1,,,,,,,,,,e1,2023-01-27T16:17:47Z,2023-01-27T16:17:47Z,d1,CLOSED,,CLOSED,0,,0,2023-01-27T16:32:47Z,,2023-01-27T16:32:47Z,2,0
"""
HEAD = "ID,CLAIMID,CHARGEID,PATIENTID,TYPE,AMOUNT,METHOD,FROMDATE,TODATE,PLACEOFSERVICE,PROCEDURECODE,MODIFIER1,MODIFIER2,DIAGNOSISREF1,DIAGNOSISREF2,DIAGNOSISREF3,DIAGNOSISREF4,UNITS,DEPARTMENTID,NOTES,UNITAMOUNT,TRANSFEROUTID,TRANSFERTYPE,PAYMENTS,ADJUSTMENTS,TRANSFERS,OUTSTANDING,APPOINTMENTID,LINENOTE,PATIENTINSURANCEID,FEESCHEDULEID,PROVIDERID,SUPERVISINGPROVIDERID"
TRANSACTIONS = f"""{HEAD}
t1,c1,0,p1,CHARGE,77.49,,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,185345009,,,1,2,,,1,1,Encounter for symptom,77.49,,1,0.00,0.00,,0.00,e1,,p1,1,d1,d1
t2,c1,1,p1,PAYMENT,,ECHECK,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,185345009,,,1,2,,,1,1,Encounter for symptom,0.00,,,60.00,0.00,,17.49,e1,,p1,1,d1,d1
t3,c1,2,p1,TRANSFEROUT,,,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,185345009,,,1,2,,,1,1,Encounter for symptom,0.00,,,0.00,0.00,17.49,17.49,e1,,p1,1,d1,d1
t4,c1,3,p1,TRANSFERIN,17.49,,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,185345009,,,1,2,,,1,1,Encounter for symptom,0.00,2,p,0.00,0.00,17.49,17.49,e1,,p1,1,d1,d1
t5,c1,4,p1,PAYMENT,,COPAY,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,185345009,,,1,2,,,1,1,Encounter for symptom,0.00,,,15.00,0.00,,2.49,e1,,p1,1,d1,d1
t6,c1,5,p1,ADJUSTMENT,,,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,185345009,,,1,2,,,1,1,Encounter for symptom,0.00,,,0.00,2.49,,0.00,e1,,p1,1,d1,d1
t7,c2,0,p1,CHARGE,256.10,,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,896001,,,1,,,,1,1,Flovent inhaler,256.10,,1,0.00,0.00,,0.00,e1,,p1,1,d1,d1
t8,c2,1,p1,CHARGE,140.52,,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,140,,,1,,,,1,1,Influenza,140.52,,1,0.00,0.00,,0.00,e1,,p1,1,d1,d1
t9,c2,2,p1,CHARGE,1.00,,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,XYZ,,,1,,,,1,1,A service of the house,1.00,,1,0.00,0.00,,0.00,e1,,p1,1,d1,d1
t11,c2,4,p1,CHARGE,4.00,,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,261352009,,,1,,,,1,1,Face mask (physical object),4.00,,1,0.00,0.00,,0.00,e1,,p1,1,d1,d1
t12,c2,5,p1,CHARGE,142.58,,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,702927004,,,1,,,,1,1,Urgent care clinic (environment),142.58,,1,0.00,0.00,,0.00,e1,,p1,1,d1,d1
t10,c2,3,p1,GIFT,1.00,,2023-01-27T16:17:47Z,2023-01-27T16:32:47Z,o1,XYZ,,,1,,,,1,1,?,1.00,,1,0.00,0.00,,0.00,e1,,p1,1,d1,d1
"""


def test_a_claims_diagnoses_are_conditions_once_each_and_marked_as_a_claims(implement) -> None:
    """195662008 has no SNOMED CT check digit."""
    expect(
        implement(SYSTEM, "condition_occurrence", claims=CLAIMS),
        """
        source_person_id | condition_code | condition_vocabulary | condition_type | condition_start_date | condition_end_date | part
        p1               | 195662009      | SNOMED               | claim          | 2023-01-27           |                    | 195662009
        p1               | 233678006      | SNOMED               | claim          | 2023-01-27           |                    | 233678006
        p1               | 195662008      | local                | claim          | 2023-01-27           |                    | 195662008
        """,
    )


def test_charges_are_procedures_and_drugs_by_the_form_of_their_code_and_things_are_neither(implement) -> None:
    """896001 is RxNorm: it ends as SNOMED CT's concepts do, but its check digit is wrong for one."""
    expect(
        implement(SYSTEM, "procedure_occurrence", claims_transactions=TRANSACTIONS),
        """
        procedure_code | procedure_vocabulary | procedure_name         | procedure_type | procedure_datetime  | procedure_end_datetime
        185345009      | SNOMED               | Encounter for symptom  | claim          | 2023-01-27 16:17:47 | 2023-01-27 16:32:47
        XYZ            | local                | A service of the house | claim          | 2023-01-27 16:17:47 | 2023-01-27 16:32:47
        """,
    )
    expect(
        implement(SYSTEM, "drug_exposure", claims_transactions=TRANSACTIONS),
        """
        drug_code | drug_vocabulary | drug_name       | drug_type | drug_exposure_start_datetime | drug_exposure_end_datetime
        896001    | RxNorm          | Flovent inhaler | claim     | 2023-01-27 16:17:47          |
        140       | CVX             | Influenza       | claim     | 2023-01-27 16:17:47          |
        """,
    )


def test_what_is_charged_paid_and_written_off_is_money_and_a_transfer_is_not(implement) -> None:
    expect(
        implement(SYSTEM, "cost", claims_transactions=TRANSACTIONS),
        """
        claim_source_id | claim_line_source_value | cost_domain | total_charge | total_paid | paid_by_payer | paid_by_patient | paid_patient_copay | amount_disallowed | currency_code | incurred_date
        c1              | 0                       | Procedure   | 77.49        |            |               |                 |                    |                   | USD           | 2023-01-27
        c1              | 1                       |             |              | 60.00      | 60.00         |                 |                    |                   | USD           | 2023-01-27
        c1              | 4                       |             |              | 15.00      |               | 15.00           | 15.00              |                   | USD           | 2023-01-27
        c1              | 5                       |             |              |            |               |                 |                    | 2.49              | USD           | 2023-01-27
        c2              | 0                       | Drug        | 256.10       |            |               |                 |                    |                   | USD           | 2023-01-27
        c2              | 1                       | Drug        | 140.52       |            |               |                 |                    |                   | USD           | 2023-01-27
        c2              | 2                       | Procedure   | 1.00         |            |               |                 |                    |                   | USD           | 2023-01-27
        c2              | 4                       |             | 4.00         |            |               |                 |                    |                   | USD           | 2023-01-27
        c2              | 5                       |             | 142.58       |            |               |                 |                    |                   | USD           | 2023-01-27
        """,
    )


def test_what_no_table_takes_has_its_reason(spark) -> None:
    def unexplained(feed: str, raw: str) -> list[tuple[str, int]]:
        declared = SYSTEM.feed(feed)
        parsed = frame_of(spark, SYSTEM, declared, raw)
        return [(why.split(":")[0], parsed.where(sql).count()) for why, sql in declared.unmapped.items()]

    assert unexplained("claims", CLAIMS) == [
        ("a claim without a diagnosis says nothing that its transactions do not", 1)
    ]
    assert unexplained("claims_transactions", TRANSACTIONS) == [
        ("a transfer moves a debt from one payer to the next", 2),
        ("Synthea defines no such type of transaction", 1),
    ]


def test_both_layouts_of_payer_transitions_are_coverages_of_a_first_and_a_second_payer(implement) -> None:
    newer = """
    PATIENT,MEMBERID,START_DATE,END_DATE,PAYER,SECONDARY_PAYER,PLAN_OWNERSHIP,OWNER_NAME
    p1,m1,2015-09-06T03:14:07Z,2016-09-04T03:14:07Z,y1,y2,Self,Ada Lovelace
    p1,,2016-09-04T03:14:07Z,2017-09-03T03:14:07Z,y0,,,
    """
    older = """
    PATIENT,MEMBERID,START_YEAR,END_YEAR,PAYER,SECONDARY_PAYER,OWNERSHIP,OWNERNAME
    p1,m1,1997,1999,y1,,Guardian,Ada Lovelace
    p1,m2,2015-09-06T03:14:07Z,,y9,,Self,Ada Lovelace
    """
    payers = """
    Id,NAME,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE,AMOUNT_COVERED,AMOUNT_UNCOVERED,REVENUE,COVERED_ENCOUNTERS,UNCOVERED_ENCOUNTERS,COVERED_MEDICATIONS,UNCOVERED_MEDICATIONS,COVERED_PROCEDURES,UNCOVERED_PROCEDURES,COVERED_IMMUNIZATIONS,UNCOVERED_IMMUNIZATIONS,UNIQUE_CUSTOMERS,QOLS_AVG,MEMBER_MONTHS
    y1,Medicare,,,,,,0,0,0,0,0,0,0,0,0,0,0,0,0,0
    y2,Humana,,,,,,0,0,0,0,0,0,0,0,0,0,0,0,0,0
    """
    rows = implement(SYSTEM, "payer_plan_period", payer_transitions=newer, payers=payers)
    expect(
        rows,
        """
        source_person_id | payer_source_value | payer_name | payer_plan_period_start_date | payer_plan_period_end_date | policy_holder_source_value | part
        p1               | y1                 | Medicare   | 2015-09-06                   | 2016-09-04                 | Self                       | PAYER
        p1               | y2                 | Humana     | 2015-09-06                   | 2016-09-04                 | Self                       | SECONDARY_PAYER
        """,
    )
    expect(
        implement(SYSTEM, "payer_plan_period", payer_transitions=older, payers=payers),
        """
        payer_source_value | payer_name | payer_plan_period_start_date | payer_plan_period_end_date | policy_holder_source_value
        y1                 | Medicare   | 1997-01-01                   | 1999-12-31                 | Guardian
        y9                 |            | 2015-09-06                   |                            | Self
        """,
    )
    assert not {"m1", "Ada Lovelace"} & {value for row in rows.collect() for value in row}
