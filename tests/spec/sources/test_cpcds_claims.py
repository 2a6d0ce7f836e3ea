"""A payer's claims as they come, and the rows they become."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

import csv
import io
from io import BytesIO

from tests.spec.sources.conftest import frame_of
from tests.support.text_table import expect, read_text_table
from twinlake.catalog.sources.cpcds_claims import SYSTEM
from twinlake.engine.versions import spans
from twinlake.engine.wire import reader

CLAIMS = SYSTEM.feed("claims")
SHORT = {
    "claim": "Claim unique identifier", "line": "Line number", "person": "Patient account number",
    "from": "Service (from) date", "to": "Service to date", "submitted": "Line submitted amount",
    "allowed": "Line allowed amount", "paid": "Line payment amount", "patient": "Line amount paid by patient",
    "deductible": "Line patient deductible", "primary": "Line primary payer paid amount",
    "diagnosis": "Diagnosis code", "procedure": "Procedure code", "drug": "National drug code",
    "denial": "Line payment denial code", "was": "Claim adjusted from identifier", "is": "Claim adjusted to identifier",
    "frequency": "Claim frequency code", "status": "Claim processing status code", "coverage": "Claim payer identifier",
    "payment": "Claim payment status code", "refused": "Claim payment denial code", "words": "Procedure description",
    "type": "Procedure type", "kind": "Procedure code type", "icd": "Diagnosis code type",
}  # fmt: skip


def claims(drawn: str, **always: str) -> str:
    """CPCDS_Claims.csv of the drawn columns, by their short names; all others are empty."""
    table = read_text_table(drawn)
    out = io.StringIO()
    writer = csv.DictWriter(out, CLAIMS.columns, lineterminator="\n")
    writer.writeheader()
    for row in table.rows:
        given = {SHORT[name]: value for name, value in zip(table.columns, row, strict=True)}
        writer.writerow({"Diagnosis code type": "SNOMED", "Procedure code type": "SNOMED", **always, **given})
    return out.getvalue()


THREE_LINES = claims("""
    claim | line | person | from       | to         | submitted | allowed | paid   | patient | primary | deductible | diagnosis | procedure | drug   | coverage
    k1    | 1    | p1     | 2017-02-26 | 1970-01-01 | 550.36    | 550.36  | 500.36 | 50.00   | 0.0     | 1084270.93 | 72892002  |           | 997488 | c1
    k1    | 2    | p1     | 2017-02-26 | 2017-02-27 | 431.40    | 400.00  | 400.00 |         | 0.0     | 31.40      | 72892002  | 271442007 |        | c1
    k1    | 3    | p1     | 2017-02-26 | 1970-01-01 | 0.00      | 0.00    | 0.00   | 0.0     | 0.0     | 0          | 37320007  |           |        | c1
""", **{"Claim paid date": "2017-03-01", "Claim received date": "2017-02-28", "Revenue center code": "0450"})  # fmt: skip


def test_a_line_implies_its_diagnosis_procedure_and_drug_marked_as_a_claims(implement) -> None:
    expect(
        implement(SYSTEM, "condition_occurrence", claims=THREE_LINES),
        """
        source_person_id | condition_code | condition_vocabulary | condition_type | condition_start_date | condition_end_date
        p1               | 72892002       | SNOMED               | claim          | 2017-02-26           |
        p1               | 72892002       | SNOMED               | claim          | 2017-02-26           |
        p1               | 37320007       | SNOMED               | claim          | 2017-02-26           |
        """,
    )
    expect(
        implement(SYSTEM, "procedure_occurrence", claims=THREE_LINES),
        """
        procedure_code | procedure_vocabulary | procedure_type | procedure_datetime  | procedure_end_datetime
        271442007      | SNOMED               | claim          | 2017-02-26 00:00:00 | 2017-02-27 00:00:00
        """,
    )
    expect(
        implement(SYSTEM, "drug_exposure", claims=THREE_LINES),
        """
        drug_code | drug_vocabulary | drug_type | drug_exposure_start_datetime
        997488    | RxNorm          | claim     | 2017-02-26 00:00:00
        """,
    )


def test_a_line_is_money_and_a_deductible_above_its_charge_is_none(implement) -> None:
    expect(
        implement(SYSTEM, "cost", claims=THREE_LINES),
        """
        claim_source_id | claim_line_source_value | cost_domain | total_charge | amount_allowed | total_paid | paid_by_payer | paid_by_patient | paid_patient_deductible | paid_by_primary | payer_plan_source_id
        k1              | 1                       | Drug        | 550.36       | 550.36         | 550.36     | 500.36        | 50.00           |                         | 0               | c1
        k1              | 2                       | Procedure   | 431.40       | 400.00         | 400.00     | 400.00        |                 | 31.40                   | 0               | c1
        k1              | 3                       | Condition   | 0            | 0              | 0          | 0             | 0               | 0                       | 0               | c1
        """,
    )
    expect(
        implement(SYSTEM, "cost", claims=THREE_LINES),
        """
        currency_code | incurred_date | billed_date | paid_date  | revenue_code_source_value | is_replaced
        USD           | 2017-02-26    | 2017-02-28  | 2017-03-01 | 0450                      | false
        USD           | 2017-02-26    | 2017-02-28  | 2017-03-01 | 0450                      | false
        USD           | 2017-02-26    | 2017-02-28  | 2017-03-01 | 0450                      | false
        """,
    )


def test_a_denied_line_keeps_its_charge_but_implies_nothing(implement) -> None:
    denied = claims("""
        claim | line | person | from       | submitted | paid | diagnosis | denial
        k1    | 1    | p1     | 2017-02-26 | 90.00     | 0    | 72892002  | 29
        k1    | 2    | p1     | 2017-02-26 | 10.00     | 10   | 37320007  |
    """)  # fmt: skip
    expect(
        implement(SYSTEM, "cost", claims=denied),
        """
        claim_line_source_value | total_charge | total_paid | denial_source_value | cost_domain
        1                       | 90.00        | 0          | 29                  |
        2                       | 10.00        | 10         |                     | Condition
        """,
    )
    expect(implement(SYSTEM, "condition_occurrence", claims=denied), "condition_code\n37320007")


def test_a_line_is_denied_by_its_claims_status_or_by_a_code_where_nothing_was_paid(implement) -> None:
    """CARC 45 beside a payment: the charge was above the fee schedule, and the rest was paid."""
    told = claims("""
        claim | line | person | from       | submitted | paid | diagnosis | payment       | denial | refused
        k1    | 1    | p1     | 2017-02-26 | 90.00     | 0    | 72892002  | denied        |        |
        k1    | 2    | p1     | 2017-02-26 | 91.00     | 0    | 72892002  | Denied        | 29     |
        k2    | 1    | p1     | 2017-02-26 | 92.00     | 60   | 37320007  | paid          | 45     |
        k2    | 2    | p1     | 2017-02-26 | 93.00     | 0    | 72892002  | paid          | 96     |
        k3    | 1    | p1     | 2017-02-26 | 94.00     |      | 72892002  | partiallypaid |        | 96
        k3    | 2    | p1     | 2017-02-26 | 95.00     | 50   | 55822004  | partiallypaid |        | 96
        k4    | 1    | p1     | 2017-02-26 | 96.00     | 0    | 59621000  | paid          |        |
        k5    | 1    | p1     | 2017-02-26 | 97.00     | -5   | 72892002  |               | 29     |
    """)  # fmt: skip
    expect(
        implement(SYSTEM, "cost", claims=told),
        """
        total_charge | denial_source_value | cost_domain
        90.00        | denied              |
        91.00        | 29                  |
        92.00        | 45                  | Condition
        93.00        | 96                  |
        94.00        | 96                  |
        95.00        | 96                  | Condition
        96.00        |                     | Condition
        97.00        | 29                  |
        """,
    )
    expect(implement(SYSTEM, "condition_occurrence", claims=told), "condition_code\n37320007\n55822004\n59621000")


def test_a_claim_that_another_one_replaces_or_voids_no_longer_counts(implement) -> None:
    """k2 replaces k1, k4 voids k3; p2's k1 is another person's."""
    adjusted = claims("""
        claim | line | person | from       | submitted | diagnosis | was | frequency
        k1    | 1    | p1     | 2017-02-26 | 90.00     | 72892002  |     | 1
        k2    | 1    | p1     | 2017-02-26 | 80.00     | 37320007  | k1  | 7
        k3    | 1    | p1     | 2017-02-26 | 70.00     | 37320007  |     | 1
        k4    | 1    | p1     | 2017-02-26 | 70.00     | 37320007  | k3  | 8
        k1    | 1    | p2     | 2017-02-26 | 60.00     | 72892002  |     | 1
    """)  # fmt: skip
    expect(
        implement(SYSTEM, "cost", claims=adjusted),
        """
        source_person_id | claim_source_id | total_charge | is_replaced | cost_domain
        p1               | k1              | 90.00        | true        |
        p1               | k2              | 80.00        | false       | Condition
        p1               | k3              | 70.00        | true        |
        p2               | k1              | 60.00        | false       | Condition
        """,
    )
    expect(
        implement(SYSTEM, "condition_occurrence", claims=adjusted),
        """
        source_person_id | condition_code
        p1               | 37320007
        p2               | 72892002
        """,
    )


def test_a_line_that_takes_money_back_implies_nothing_and_takes_back_the_fact_of_the_line_it_undoes(implement) -> None:
    """Line 2 undoes 1. 4 undoes one of the two refills 3 and 5, which say the same. 7 is of less than 6 was paid, 9 of another day."""
    told = claims("""
        claim | line | person | from       | submitted | paid   | drug   | diagnosis
        k1    | 1    | p1     | 2017-02-26 | 90.00     | 80.00  | 205923 |
        k2    | 2    | p1     | 2017-02-26 | -90.00    | -80.00 | 205923 |
        k1    | 3    | p1     | 2017-03-26 | 90.00     | 80.00  | 205923 |
        k2    | 4    | p1     | 2017-03-26 | -90       | -80    | 205923 |
        k3    | 5    | p1     | 2017-03-26 | 90.00     | 80.00  | 205923 |
        k4    | 6    | p1     | 2017-04-26 | 70.00     | 70.00  |        | 37320007
        k4    | 7    | p1     | 2017-04-26 | 70.00     | -10.00 |        | 37320007
        k5    | 8    | p1     | 2017-05-26 | 60.00     |        |        | 72892002
        k5    | 9    | p1     | 2017-05-27 | -60.00    |        |        | 72892002
        k6    | 1    | p2     | 2017-02-26 | 90.00     | 80.00  | 205923 |
    """)  # fmt: skip
    expect(
        implement(SYSTEM, "cost", claims=told),
        """
        source_person_id | claim_line_source_value | total_charge | paid_by_payer | cost_domain | is_replaced
        p1               | 1                       | 90.00        | 80.00         |             | false
        p1               | 2                       | -90.00       | -80.00        |             | false
        p1               | 3                       | 90.00        | 80.00         | Drug        | false
        p1               | 4                       | -90          | -80           |             | false
        p1               | 5                       | 90.00        | 80.00         | Drug        | false
        p1               | 6                       | 70.00        | 70.00         | Condition   | false
        p1               | 7                       | 70.00        | -10.00        |             | false
        p1               | 8                       | 60.00        |               | Condition   | false
        p1               | 9                       | -60.00       |               |             | false
        p2               | 1                       | 90.00        | 80.00         | Drug        | false
        """,
    )
    expect(
        implement(SYSTEM, "drug_exposure", claims=told),
        """
        source_person_id | drug_exposure_start_datetime
        p1               | 2017-03-26
        p1               | 2017-03-26
        p2               | 2017-02-26
        """,
    )
    expect(implement(SYSTEM, "condition_occurrence", claims=told), "condition_code\n37320007\n72892002")


def test_a_claim_that_says_itself_that_it_does_not_count_is_withdrawn_or_left_out_with_its_reason(spark) -> None:
    gone = claims("""
        claim | line | person | status           | is | frequency
        k1    | 1    | p1     | cancelled        |    | 1
        k2    | 1    | p1     | entered-in-error |    | 1
        k3    | 1    | p1     | active           | k9 | 1
        k4    | 1    | p1     | active           |    | 1
        k5    | 1    | p1     | draft            |    | 1
        k6    | 1    | p1     | active           |    | 8
    """)  # fmt: skip
    left = frame_of(spark, SYSTEM, CLAIMS, gone)
    expect(left, "`Claim unique identifier`\nk4\nk5\nk6")
    assert [left.where(sql).count() for sql in CLAIMS.unmapped.values()] == [1, 1]


def test_a_line_counts_as_it_came_last_whenever_it_was_paid(spark) -> None:
    """A cancelled claim is not paid: its day is empty, or the first of Java's calendar."""
    days = {"paid": "2017-03-01", "cancelled": "1970-01-01", "not paid": "", "corrected": "2017-02-20"}
    said = {
        what: claims("claim | line | person\nk1 | 1 | p1", **{"Claim paid date": day}) for what, day in days.items()
    }
    files = {(what, month): reader("csv")(BytesIO(said[what].encode()), CLAIMS) for month, what in enumerate(said, 1)}
    rows = [
        (1, record.version, f"2026-0{month}-01", what) for (what, month), records in files.items() for record in records
    ]
    schema = "_fact_key bigint, record_version string, delivered_at string, record_hash string"
    delivered = spark.createDataFrame(rows, schema).selectExpr(
        "_fact_key", "record_version", "timestamp(delivered_at) delivered_at", "record_hash", "'f' path",
        "0L record_offset", "timestamp(null) ended_at",
    )  # fmt: skip
    expect(
        spans(delivered),
        """
        record_hash | known_from          | known_until
        paid        | 2026-01-01 00:00:00 | 2026-02-01 00:00:00
        cancelled   | 2026-02-01 00:00:00 | 2026-03-01 00:00:00
        not paid    | 2026-03-01 00:00:00 | 2026-04-01 00:00:00
        corrected   | 2026-04-01 00:00:00 |
        """,
    )


def test_codes_in_the_column_for_ndc_are_told_apart_by_their_form(implement) -> None:
    drugs = claims("""
        claim | line | person | from       | drug
        k1    | 1    | p1     | 2017-02-26 | 205923
        k1    | 2    | p1     | 2017-02-26 | 00093720198
        k1    | 3    | p1     | 2017-02-26 | 0093-7201-98
        k1    | 4    | p1     | 2017-02-26 | 123456789
    """)  # fmt: skip
    expect(
        implement(SYSTEM, "drug_exposure", claims=drugs),
        """
        drug_source_value | drug_vocabulary
        205923            | RxNorm
        00093720198       | NDC
        0093-7201-98      | NDC
        123456789         | local
        """,
    )


def test_a_procedure_of_a_system_nobody_knows_is_local_and_without_a_date_it_has_the_services(implement) -> None:
    line = claims("""
        claim | line | person | from       | procedure | kind
        k1    | 1    | p1     | 2017-02-26 | A1        | house list
    """)  # fmt: skip
    expect(
        implement(SYSTEM, "procedure_occurrence", claims=line),
        """
        procedure_code | procedure_vocabulary | procedure_datetime
        A1             | local                | 2017-02-26 00:00:00
        """,
    )


def test_a_device_or_a_place_is_money_and_no_procedure_and_a_type_that_is_not_told_is_no_matter(implement) -> None:
    """99213 is CPT: of what is no ICD-PCS no claim tells whether it was the principal procedure."""
    told = claims("""
        claim | line | person | from       | submitted | paid  | diagnosis | procedure | drug   | type    | kind   | words
        k1    | 1    | p1     | 2017-02-26 | 90.00     | 90.00 |           | 228869008 |        |         | SNOMED | Manual wheelchair (physical object)
        k1    | 2    | p1     | 2017-02-26 | 91.00     | 91.00 | 37320007  | 225738002 |        |         | SNOMED | Operating room (environment)
        k1    | 3    | p1     | 2017-02-26 | 92.00     | 92.00 |           | 261352009 |        | primary | SNOMED | Face mask (physical object)
        k1    | 4    | p1     | 2017-02-26 | 93.00     | 93.00 |           | 261352009 | 205923 |         | SNOMED | Face mask (physical object)
        k1    | 5    | p1     | 2017-02-26 | 94.00     | 94.00 | 37320007  | 271442007 |        | primary | SNOMED | Physical examination (procedure)
        k1    | 6    | p1     | 2017-02-26 | 95.00     | 95.00 | 37320007  | 99213     |        |         | CPT    | Office visit
    """)  # fmt: skip
    expect(
        implement(SYSTEM, "cost", claims=told),
        """
        claim_line_source_value | total_charge | total_paid | cost_domain
        1                       | 90.00        | 90.00      |
        2                       | 91.00        | 91.00      |
        3                       | 92.00        | 92.00      |
        4                       | 93.00        | 93.00      | Drug
        5                       | 94.00        | 94.00      | Procedure
        6                       | 95.00        | 95.00      | Procedure
        """,
    )
    expect(implement(SYSTEM, "procedure_occurrence", claims=told), "procedure_code\n271442007\n99213")
    expect(implement(SYSTEM, "condition_occurrence", claims=told), "condition_code\n37320007\n37320007\n37320007")


def test_codes_of_icd_get_the_dot_that_bills_leave_out(implement) -> None:
    diagnoses = claims("""
        claim | line | person | from       | diagnosis | icd       | procedure | kind
        k1    | 1    | p1     | 2017-02-26 | E119      | ICD10     | 3995      | ICD9PCS
        k1    | 2    | p1     | 2017-02-26 | e11.9     | ICD-10-CM | 0270346   | ICD10PCS
        k1    | 3    | p1     | 2017-02-26 | I10       | ICD10     | 99213     | CPT
        k1    | 4    | p1     | 2017-02-26 | 25000     | ICD9      | G0439     | HCPCS
        k1    | 5    | p1     | 2017-02-26 | E8889     | ICD9      |           |
        k1    | 6    | p1     | 2017-02-26 | E119      | ICD-10    | 3610      | ICD9
        k1    | 7    | p1     | 2017-02-26 | I10       | 10        | 36.10     | ICD-9-CM
        k1    | 8    | p1     | 2017-02-26 |           |           | 0210093   | ICD10
        k1    | 9    | p1     | 2017-02-26 |           |           | 0210093   | ICD-10
    """)  # fmt: skip
    expect(
        implement(SYSTEM, "condition_occurrence", claims=diagnoses),
        """
        condition_source_value | condition_code | condition_vocabulary
        E119                   | E11.9          | ICD10CM
        e11.9                  | E11.9          | ICD10CM
        I10                    | I10            | ICD10CM
        25000                  | 250.00         | ICD9CM
        E8889                  | E888.9         | ICD9CM
        E119                   | E11.9          | ICD10CM
        I10                    | I10            | local
        """,
    )
    expect(
        implement(SYSTEM, "procedure_occurrence", claims=diagnoses),
        """
        procedure_code | procedure_vocabulary
        39.95          | ICD9Proc
        0270346        | ICD10PCS
        99213          | CPT4
        G0439          | HCPCS
        36.10          | ICD9Proc
        36.10          | ICD9Proc
        0210093        | ICD10PCS
        0210093        | ICD10PCS
        """,
    )


def test_members_coverages_and_organizations(implement) -> None:
    members = """
    Member id,Date of birth,Date of death,Home_County,Home_State,Home_Country,Home_Zip code,Bill_County,Bill_State,Bill_Country,Bill_Zip code,Work_County,Work_State,Work_Country,Work_Zip code,Race code,Ethnicity,Gender code,Birth sex,Name
    m1,1960-08-06,,Bristol County,Massachusetts,United States,02128,Bristol County,Massachusetts,United States,00000,,,,,white,hispanic,F,F,Andrea7 Leonor133 Alonzo487
    m2,1996-09-01,2020-01-02,Suffolk County,Massachusetts,United States,00000,Suffolk County,Massachusetts,United States,02128,,,,,white,nonhispanic,M,M,Susie661 Hand679
    """
    expect(
        implement(SYSTEM, "source_person", members=members),
        """
        source_person_id | given_name | middle_name | family_name | birth_date | death_date | sex    | state | postal_code | mrn
        m1               | ANDREA     | LEONOR      | ALONZO      | 1960-08-06 |            | female | MA    | 02128       |
        m2               | SUSIE      |             | HAND        | 1996-09-01 | 2020-01-02 | male   | MA    |             |
        """,
    )
    coverages = """
    Coverage id,Member id,Subscriber id,Dependent number,Coverage type,Coverage status,Start date,End date,Group id,Group name,Plan identifier,Plan name,Payer identifier,Payer primary identifier,Relationship to subscriber
    c1,m1,m1,0,POS,active,1997-09-13,,g1,LowKey,00000002,Silver,y1,y1,self
    c2,m2,m1,0,POS,inactive,1970-01-01,2022-02-03,,,00000001,Bronze,y1,y1,child
    c3,m2,m1,0,POS,draft,2022-02-04,,,,00000001,Bronze,y1,y1,child
    c4,m2,m1,0,POS,entered-in-error,2022-02-04,,,,00000001,Bronze,y1,y1,child
    """
    expect(
        implement(SYSTEM, "payer_plan_period", coverages=coverages),
        """
        source_person_id | payer_plan_source_id | payer_plan_period_start_date | payer_plan_period_end_date | payer_source_value | plan_source_value | plan_name | sponsor_source_value | sponsor_name | family_source_id | policy_holder_source_value
        m1               | c1                   | 1997-09-13                   |                            | y1                 | 00000002          | Silver    | g1                   | LowKey       | m1               | self
        m2               | c2                   |                              | 2022-02-03                 | y1                 | 00000001          | Bronze    |                      |              | m1               | child
        """,
    )
    organizations = """
    Id,Name,Address,City,State,ZIP,Phone,Type
    304480623032,BOSTON MEDICAL CENTER,88 EAST NEWTON STREET,Winthrop,MA,021522715,6176388000,00-09
    """
    expect(
        implement(SYSTEM, "care_site", organizations=organizations),
        """
        care_site_source_id | care_site_name        | city     | state | postal_code_prefix
        304480623032        | BOSTON MEDICAL CENTER | WINTHROP | MA    | 021
        """,
    )
