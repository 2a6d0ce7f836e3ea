"""HL7 v2 messages as they come, and the rows they become."""

# Tables and messages are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

import zipfile

import pytest

from tests.spec.sources.conftest import frame_of
from tests.support.text_table import expect
from twinlake.catalog.sources.hl7v2 import SYSTEM

PID = "PID|1||77^^^GHH^MR||Doe^Jane||19800102|F"
PV1 = "PV1|1|I|W^1^2^GHH||||||||||||||||V9|||||||||||||||||||||||||202003010900"


def message(kind: str, *segments: str, at: str = "20200301093000") -> str:
    return "\r".join((f"MSH|^~\\&|A|GHH|||{at}||{kind}|M1|P|2.5.1", *segments)) + "\r"


def result(*obx: str, obr: str = "OBR|1|P1|F1|24331-1^Lipids^LN|||202003010900") -> bytes:
    return message("ORU^R01", PID, PV1, obr, *obx).encode()


def test_a_number_becomes_a_measurement_at_its_utc_time(implement) -> None:
    """New York was five hours behind on that day; a zone that is told counts instead."""
    obx = (
        "OBX|1|NM|2345-7^Glucose^LN||98.50|mg/dL^milligram^UCUM|70 - 99|N|||F|||20200301093000",
        "OBX|2|NM|2085-9^HDL^LN||1.2|mmol/L|1.0 to 1.5|N|||F|||202003010930+0100",
        "OBX|3|NM|2093-3^Chol^LN||<5|^mg/dL|>40|N|||F",
    )
    expect(
        implement(SYSTEM, "measurement", message=result(*obx)),
        """
        source_person_id | measurement_code | measurement_vocabulary | measurement_name | measurement_datetime | value_source_value | unit_source_value | range_low_source_value | range_high_source_value | visit_source_id | part
        77^^^GHH         | 2345-7           | LOINC                  | Glucose          | 2020-03-01 14:30     | 98.50              | mg/dL             | 70                     | 99                      | V9              | ''
        77^^^GHH         | 2085-9           | LOINC                  | HDL              | 2020-03-01 08:30     | 1.2                | mmol/L            | 1.0                    | 1.5                     | V9              | ''
        77^^^GHH         | 2093-3           | LOINC                  | Chol             | 2020-03-01 14:00     | <5                 | mg/dL             |                        |                         | V9              | ''
        """,
    )


def test_structured_numbers_repetitions_and_texts_with_a_unit_are_measurements(implement) -> None:
    obx = (
        "OBX|1|SN|1-1^A^LN||>^100|mg/dL",
        "OBX|2|SN|1-2^B^LN||^1^:^128",
        "OBX|3|NM|1-3^C^LN||60~~120|/min",
        "OBX|4|ST|1-4^D^LN|| 7.1 |%",
        "OBX|5|ST|1-5^E^LN||7.1",
        "OBX|6|SN|1-6^F^LN||=^5|mmol/L",
    )
    expect(
        implement(SYSTEM, "measurement", message=result(*obx)),
        """
        measurement_code | value_source_value | unit_source_value | part
        1-1              | >100               | mg/dL             | ''
        1-2              | 1:128              |                   | ''
        1-3              | 60                 | /min              | ''
        1-3              | 120                | /min              | 3
        1-4              | 7.1                | %                 | ''
        1-6              | =5                 | mmol/L            | ''
        """,
    )


def test_codes_texts_and_times_are_observations(implement) -> None:
    obx = (
        "OBX|1|CWE|72166-2^Smoking^LN||266919005^Never smoked^SCT|||||||||20200301",
        "OBX|2|CE|1-2^Ward||B^Blue^L",
        "OBX|3|CWE|1-3||^in words",
        "OBX|4|FT|1-4^Note||one\\.br\\two \\T\\ three^four",
        "OBX|5|DT|1-5||20200301",
        "OBX|6|ST|1-6||7.1",
    )
    expect(
        implement(SYSTEM, "observation", message=result(*obx)).selectExpr(
            "*", "replace(value_as_string, chr(10), '/') as said"
        ),
        """
        observation_code | observation_vocabulary | observation_name | observation_datetime | said                 | value_code | value_vocabulary
        72166-2          | LOINC                  | Smoking          | 2020-03-01           | Never smoked         | 266919005  | SNOMED
        1-2              | local                  | Ward             | 2020-03-01 14:00     | Blue                 | B          | local
        1-3              | local                  |                  | 2020-03-01 14:00     | in words             |            |
        1-4              | local                  | Note             | 2020-03-01 14:00     | one/two & three^four |            |
        1-5              | local                  |                  | 2020-03-01 14:00     | 20200301             |            |
        1-6              | local                  |                  | 2020-03-01 14:00     | 7.1                  |            |
        """,
    )


def test_of_two_codes_the_one_in_a_known_vocabulary_counts_and_no_code_is_a_text(implement) -> None:
    obx = (
        "OBX|1|NM|GLU^Sugar^99LAB^2345-7^Glucose^LN||1|mg/dL",
        "OBX|2|NM|K^Kalium^99LAB||1|mmol/L",
        "OBX|3|NM|^Natrium||1|mmol/L",
    )
    expect(
        implement(SYSTEM, "measurement", message=result(*obx)),
        """
        measurement_code | measurement_vocabulary | measurement_source_value | measurement_name
        2345-7           | LOINC                  | 2345-7                   | Glucose
        K                | local                  | K                        | Kalium
                         |                        | Natrium                  | Natrium
        """,
    )


def test_what_is_deleted_wrong_or_could_not_be_had_gives_no_row_and_neither_does_what_tells_no_value(implement) -> None:
    gone = tuple(f"OBX|1|NM|1-1||1|mg/dL|||||{status}" for status in "DWXO")
    silent = (
        "OBX|1|NM|1-1|||mg/dL|||||I",
        'OBX|1|NM|1-1||""|mg/dL',
        "OBX|1|ED|1-1||^IM^JPEG^Base64^AAAA",
        "OBX|1|RP|1-1||http://x",
    )
    for table in ("measurement", "observation"):
        assert implement(SYSTEM, table, message=result(*gone, *silent)).count() == 0


def test_a_person_is_standardised_for_linkage(implement) -> None:
    pid = (
        "PID|1||123456789^^^USSSA^SS~77^^^GHH&2.16&ISO^MR~L9^^^OH^DL~P8^^^USA^PPN|"
        "|Old^Ann^^^^^M~O'Doe&van^J\\XC3A9\\r\\XC3B4\\me^Q^^^^L|MotherName|198001021230|F||2106-3^White^CDCREC|"
        "1000&Hospital Lane^Ste 1^Ann Arbor^MI^48104-1234^USA^H||^PRN^PH^^^734^5551234|||M||||||H^Hispanic^CDCREC|||||||20200301"
    )
    expect(
        implement(SYSTEM, "source_person", message=message("ADT^A08", pid)),
        """
        source_person_id | given_name | middle_name | family_name | maiden_name | birth_date | year_of_birth | sex    | race_source_value | ethnicity_source_value | marital_status | death_date | address_line                | city      | state | postal_code | phone      | ssn       | licence_number | passport_number | mrn
        77^^^GHH         | JEROME     | Q           | O'DOE       | OLD         | 1980-01-02 | 1980          | female | White             | Hispanic               | M              | 2020-03-01 | 1000 HOSPITAL LANE STE 1    | ANN ARBOR | MI    | 48104       | 7345551234 | 123456789 | L9             | P8              | 77
        """,
    )


def test_the_medical_record_number_is_the_one_of_the_hospitals_own_namespace(implement) -> None:
    pid = "PID|1||5^^^OTHER^MR~77^^^urn:st-a:mrn^XX||Doe^Jane||1980|U"
    expect(
        implement(SYSTEM, "source_person", message=message("ADT^A31", pid)),
        """
        source_person_id | mrn | birth_date | year_of_birth | sex
        5^^^OTHER        | 77  |            | 1980          | unknown
        """,
    )


def test_a_person_who_is_deleted_or_has_no_identifier_gives_no_row(implement) -> None:
    text = message("ADT^A29", PID) + message("ADT^A31", "PID|1||123^^^USSSA^SS||Doe")
    assert implement(SYSTEM, "source_person", message=text).count() == 0


def test_a_visit_lasts_from_admission_to_discharge(implement) -> None:
    def visit(number: str, event: str, pv1: str, evn: str = "EVN||202003010930||||202003010915") -> str:
        return message(f"ADT^{event}", evn, PID, pv1.replace("V9", number), "PV2|||422504002^Stroke^SCT")

    closed = PV1 + "|20200305"
    text = (
        visit("V1", "A01", PV1) + visit("V2", "A03", closed) + visit("V3", "A13", closed)
        + visit("V4", "A01", "PV1|1|E|||||||||||||||||V9") + visit("V5", "A03", PV1)
    )  # fmt: skip
    expect(
        implement(SYSTEM, "visit_occurrence", message=text.encode()),
        """
        source_person_id | visit_source_id | visit_code | visit_source_value | visit_start_datetime | visit_end_datetime | visit_reason_code | visit_reason_vocabulary | care_site_source_id
        77^^^GHH         | V1              | IMP        | I                  | 2020-03-01 14:00     |                    | 422504002         | SNOMED                  | GHH
        77^^^GHH         | V2              | IMP        | I                  | 2020-03-01 14:00     | 2020-03-05         | 422504002         | SNOMED                  | GHH
        77^^^GHH         | V3              | IMP        | I                  | 2020-03-01 14:00     |                    | 422504002         | SNOMED                  | GHH
        77^^^GHH         | V4              | EMER       | E                  | 2020-03-01 14:15     |                    | 422504002         | SNOMED                  |
        77^^^GHH         | V5              | IMP        | I                  | 2020-03-01 14:00     | 2020-03-01 14:15   | 422504002         | SNOMED                  | GHH
        """,
    )


def test_a_visit_that_is_cancelled_planned_or_without_number_or_start_gives_no_row(implement) -> None:
    text = "".join(
        message(f"ADT^{event}", PID, pv1)
        for event, pv1 in (
            ("A11", PV1), ("A27", PV1), ("A38", PV1), ("A23", PV1), ("A05", PV1), ("A14", PV1),
            ("A01", PV1.replace("V9", "")), ("A01", PV1[: PV1.index("V9") + 2]),
        )
    )  # fmt: skip
    assert implement(SYSTEM, "visit_occurrence", message=text.encode()).count() == 0


def test_a_facility_is_a_care_site_once(implement) -> None:
    text = (
        message("ADT^A01", PID, PV1)
        + message("ADT^A02", PID, PV1)
        + message("ADT^A01", PID, PV1.replace("2^GHH", "2^NORTH"))
    )
    expect(
        implement(SYSTEM, "care_site", message=text.encode()),
        """
        care_site_source_id | care_site_name
        GHH                 | GHH
        NORTH               | NORTH
        """,
    )


def test_an_order_is_over_by_its_status_or_its_control_code_and_not_when_it_was_carried_out(implement) -> None:
    """Tables 0038 (CA cancelled: no order; DC discontinued, RP replaced, HD on hold; CM completed ends nothing), 0119."""
    told = (
        "NW|1|||",
        "SC|2|||IP",
        "SC|3|||HD",
        "SC|4|||CM",
        "SC|5|||CA",
        "SC|6|||DC",
        "SC|7|||RP",
        "DC|8|||",
        "OD|9|||",
    )
    orders = (message("OMP^O09", PID, f"ORC|{orc}||||202003010900", f"RXO|{orc[3]}^Drug^L") for orc in told)
    drugs = (message("RDS^O13", PID, f"ORC|{orc}", f"RXD|1|{orc[3]}^Drug^L|20200301") for orc in told)
    rows = implement(SYSTEM, "drug_exposure", message="".join((*orders, *drugs)).encode()).where("is_course_over")
    found = sorted((row.drug_type, row.drug_source_value) for row in rows.collect())
    assert found == [("dispensing", n) for n in "5689"] + [("order", n) for n in "6789"]


def test_a_diagnosis_and_a_problem_are_conditions(implement) -> None:
    """ICD-9 and ICD-10-CM come without their dots: 715.96, E888.9, E11.9."""
    dg1 = (
        "DG1|1||71596^Osteoarthrosis ^I9|||W", "DG1|2||E8889^Fall^I9C||20200229", "DG1|3||E119^Diabetes^I10C||20200301|F",
        "DG1|4|||Stroke|20040125114025+0420", "DG1|5||E119^Diabetes^I10C||20200301|F|||||||||||||||D",
    )  # fmt: skip
    prb = "PRB|AD|20200304|73211009^Diabetes^SCT|I1|||20200303||20200401|||||||20200302"
    text = message("ADT^A01", PID, PV1, *dg1) + message("PPR^PC1", PID, prb, prb.replace("AD", "DE", 1))
    expect(
        implement(SYSTEM, "condition_occurrence", message=text.encode()),
        """
        condition_code | condition_vocabulary | condition_source_value | condition_name | condition_start_date | condition_end_date | visit_source_id
        715.96         | ICD9CM               | 71596                  | Osteoarthrosis | 2020-03-01           |                    | V9
        E888.9         | ICD9CM               | E8889                  | Fall           | 2020-02-29           |                    | V9
        E11.9          | ICD10CM              | E119                   | Diabetes       | 2020-03-01           |                    | V9
                       |                      | Stroke                 | Stroke         | 2004-01-25           |                    | V9
        73211009       | SNOMED               | 73211009               | Diabetes       | 2020-03-02           | 2020-04-01         |
        """,
    )


def test_the_icd_10_of_the_who_gets_its_dot_too(implement) -> None:
    """HL7 table 0396: I10 is ICD-10, the WHO's."""
    dg1 = (
        "DG1|1||E119^Type 2 diabetes^I10",
        "DG1|2||I10^Hypertension^I10",
        "DG1|3||e14.9^Diabetes^I10",
        "DG1|4||I10X^High pressure^I10",
    )
    prb = "PRB|AD|20200304|I500^Heart failure^I10|1|||20200303"
    text = message("ADT^A01", PID, PV1, *dg1) + message("PPR^PC1", PID, prb)
    expect(
        implement(SYSTEM, "condition_occurrence", message=text.encode()),
        """
        condition_code | condition_vocabulary | condition_source_value
        E11.9          | ICD10                | E119
        I10            | ICD10                | I10
        E14.9          | ICD10                | e14.9
        I10            | ICD10                | I10X
        I50.0          | ICD10                | I500
        """,
    )


def test_a_procedure_is_pr1(implement) -> None:
    pr1 = (
        "PR1|1||76164006^Biopsy of colon^SCT|words|202003010900",
        "PR1|2|||Appendectomy|20200301",
        "PR1|3||X|||||||||||||||||D",
        "PR1|4||3961^Extracorporeal circulation^I9CP||20200301",
        "PR1|5||3610^Aortocoronary bypass^I9C||20200301",
        "PR1|6||0210093^Bypass coronary artery^I10||20200301",
    )
    expect(
        implement(SYSTEM, "procedure_occurrence", message=message("BAR^P01", PID, PV1, *pr1)),
        """
        procedure_code | procedure_vocabulary | procedure_source_value | procedure_name  | procedure_datetime | visit_source_id
        76164006       | SNOMED               | 76164006               | Biopsy of colon | 2020-03-01 14:00   | V9
                       |                      | Appendectomy           | Appendectomy    | 2020-03-01         | V9
        39.61          | ICD9Proc             | 3961                   | Extracorporeal circulation | 2020-03-01 | V9
        36.10          | ICD9Proc             | 3610                   | Aortocoronary bypass | 2020-03-01  | V9
        0210093        | ICD10PCS             | 0210093                | Bypass coronary artery | 2020-03-01 | V9
        """,
    )


def test_orders_dispensings_givings_and_vaccines_are_exposures_each_of_its_type(implement) -> None:
    order = message(
        "RDE^O11", PID, PV1, "ORC|NW|P1|F1||SC||||202003010900", "RXE||0143963401^Cardene^NDC|5||mg/h^mg per hour",
        "TQ1|1||||||202003011000|202003021000", "RXR|IV^Intravenous",
    )  # fmt: skip
    asked = message("OMP^O09", PID, "ORC|NW|P2|||||||202003010900", "RXO|A^Aspirin^L|100||mg", "RXR|PO")
    stopped = message(
        "OMP^O09", PID, "ORC|DC|P3|||||||202003010900||||||20200305", "TQ1|1||||||20200301", "RXO|B^Beta^L"
    )
    cancelled = message("OMP^O09", PID, "ORC|CA|P4|||||||202003010900", "RXO|A^Aspirin^L")
    out = message("RDS^O13", PID, "ORC|RE|P1|F1", "RXD|1|0143963401^Cardene^NDC|20200301|10|mL")
    given = message("RAS^O17", PID, "ORC|RE|P1|F1", "RXA|0|1|202003011000|202003011100|A^Aspirin^L|999||||||||||||||CP")
    rxa = "RXA|0|1|20200301||{}|0.5|mL^mL^UCUM|||||||||||||{}"
    vaccines = message(
        "VXU^V04", PID, "ORC|RE||I1", rxa.format("08^HepB^CVX", "CP"), "RXR|C28161^Intramuscular^NCIT", "ORC|RE||I2",
        rxa.format("20^DTaP^CVX", "RE"), "ORC|RE||I3", rxa.format("998^no vaccine administered^CVX", "CP"), "ORC|RE||I4",
        rxa.format("21^Var^CVX", "CP") + "|D",
    )  # fmt: skip
    expect(
        implement(
            SYSTEM, "drug_exposure", message=(order + asked + stopped + cancelled + out + given + vaccines).encode()
        ),
        """
        drug_code  | drug_vocabulary | drug_name | drug_type      | drug_status | drug_exposure_start_datetime | drug_exposure_end_datetime | dose_source_value | dose_unit_source_value | route_source_value | visit_source_id
        0143963401 | NDC             | Cardene   | order          | SC          | 2020-03-01 15:00             | 2020-03-02 15:00           | 5                 | mg/h                   | Intravenous        | V9
        A          | local           | Aspirin   | order          | NW          | 2020-03-01 14:00             |                            | 100               | mg                     | PO                 |
        B          | local           | Beta      | order          | DC          | 2020-03-01                   | 2020-03-05                 |                   |                        |                    |
        0143963401 | NDC             | Cardene   | dispensing     | RE          | 2020-03-01                   |                            | 10                | mL                     |                    |
        A          | local           | Aspirin   | administration | CP          | 2020-03-01 15:00             | 2020-03-01 16:00           |                   |                        |                    |
        08         | CVX             | HepB      | immunisation   | CP          | 2020-03-01                   |                            | 0.5               | mL                     | Intramuscular      |
        """,
    )


def test_the_zone_of_the_message_is_that_of_times_that_name_none_and_of_no_day(implement) -> None:
    """HL7 2.5.1, MSH-7: a zone named there is the default throughout the message. The hospital is in New York (-5)."""
    obx = tuple(
        f"OBX|{n}|NM|1-{n}^A^LN||1|kg||||||||{time}"
        for n, time in enumerate(("20240115100000", "2024011510", "202401151000-0500", "20240115", "202401", ""), 1)
    )
    told = message("ORU^R01", PID, PV1, "OBR|1||F1|X|||202401151030", *obx, at="20240115101500+0000")
    expect(
        implement(SYSTEM, "measurement", message=told),
        """
        measurement_code | measurement_datetime
        1-1              | 2024-01-15 10:00
        1-2              | 2024-01-15 10:00
        1-3              | 2024-01-15 15:00
        1-4              | 2024-01-15
        1-5              | 2024-01-01
        1-6              | 2024-01-15 10:30
        """,
    )
    order = message(
        "OMP^O09", PID, "ORC|NW|1|||||||202401151000||||||202401151100", "RXO|A^Aspirin^L", at="202401151015+0100"
    )
    given = message("RAS^O17", PID, "ORC|RE|2", "RXA|0|1|202401151000|202401151100|B^Beta^L", at="202401151015+0100")
    visit = message(
        "ADT^A03",
        "EVN||||||202401201200",
        PID,
        PV1[: PV1.index("V9") + 2] + "|" * 25 + "202401151000",
        at="202401201215+0100",
    )
    done = message("BAR^P01", PID, PV1, "PR1|1||X^x^L||202401151000", at="202401151015+0100")
    expect(
        implement(SYSTEM, "drug_exposure", message=order + given),
        """
        drug_code | drug_exposure_start_datetime | drug_exposure_end_datetime
        A         | 2024-01-15 10:00             |
        B         | 2024-01-15 09:00             | 2024-01-15 10:00
        """,
    )
    expect(
        implement(SYSTEM, "visit_occurrence", message=visit),
        "visit_start_datetime | visit_end_datetime\n2024-01-15 09:00 | 2024-01-20 11:00",
    )
    expect(implement(SYSTEM, "procedure_occurrence", message=done), "procedure_datetime\n2024-01-15 09:00")


def test_a_time_goes_as_far_as_it_was_written(implement) -> None:
    times = (
        "2020",
        "202007",
        "20200715",
        "2020071508",
        "202007150830",
        "20200715083015.25-0500",
        "20200732",
        "15.7.2020",
    )
    obx = tuple(f"OBX|{n}|NM|1-{n}^A^LN||1|kg||||||||{time}" for n, time in enumerate(times, 1))
    expect(
        implement(SYSTEM, "measurement", message=result(*obx, obr="OBR|1||F1")),
        """
        measurement_code | measurement_datetime
        1-1              | 2020-01-01
        1-2              | 2020-07-01
        1-3              | 2020-07-15
        1-4              | 2020-07-15 12:00
        1-5              | 2020-07-15 12:30
        1-6              | 2020-07-15 13:30:15.250
        1-7              |
        1-8              |
        """,
    )


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.shared_data
def test_every_record_of_every_real_message_is_taken_by_a_table_or_unmapped_for_a_reason(spark, shared_data) -> None:
    """A facility is told by a visit, and makes no more of it."""
    with zipfile.ZipFile(shared_data / "hl7v2_messages" / "hl7v2_139.zip") as archive:
        whole = b"\n".join(archive.read(name) for name in sorted(archive.namelist()) if name.endswith(".hl7"))
    for feed in SYSTEM.feeds:
        facts = [i for i in SYSTEM.implementations if i.feeds[0] == feed.name and i.table != "care_site"]
        taken = " or ".join(f"coalesce({i.when or 'true'}, false)" for i in facts) or "false"
        why = " or ".join(f"coalesce({sql}, false)" for sql in feed.unmapped.values()) or "false"
        others = " or ".join(f"({part.only})" for part in SYSTEM.parts(feed.name)) or "false"
        parsed = frame_of(spark, SYSTEM, feed, whole).where(f"not ({others})")
        odd = parsed.where(f"({taken}) = ({why})").groupBy("record_kind").count().collect()
        assert not odd, (feed.name, odd)


def merged(event: str, prior: str, *more: str, at: str = "20200301093000", pid: str = PID) -> bytes:
    return message(f"ADT^{event}", f"EVN|{event}|2020", pid, f"MRG|{prior}", *more, at=at).encode()


def test_a_merge_retires_the_prior_number_in_favour_of_the_patients(implement) -> None:
    """Of several identifiers the medical record number counts; one without an authority is of the patient's."""
    both = merged("A40", "9^^^^SS~56^^^GHH^MR") + merged("A18", "57") + merged("A47", "58^^^XYZ^MR")
    expect(
        implement(SYSTEM, "person_merge", message=both),
        """
        source_person_id | retired_source_person_id | surviving_source_person_id | merged_at        | is_in_force
        56^^^GHH         | 56^^^GHH                 | 77^^^GHH                   | 2020-03-01 14:30 | true
        57^^^GHH         | 57^^^GHH                 | 77^^^GHH                   | 2020-03-01 14:30 | true
        58^^^XYZ         | 58^^^XYZ                 | 77^^^GHH                   | 2020-03-01 14:30 | true
        """,
    )


def test_a_merge_of_several_prior_record_numbers_retires_each_of_them(implement) -> None:
    """HL7 2.5.1, 3.4.10.1: MRG-1 repeats. Numbers of a surer type count alone; of untyped ones only the first does."""
    typed = merged("A40", "56^^^GHH^MR~9^^^^SS~57^^^GHH^MR~58^^^XYZ^MR~1^^^GHH^PI")
    expect(
        implement(SYSTEM, "person_merge", message=typed + merged("A40", "61^^^GHH~62^^^GHH")),
        """
        source_person_id | retired_source_person_id | surviving_source_person_id | is_in_force
        56^^^GHH         | 56^^^GHH                 | 77^^^GHH                   | true
        57^^^GHH         | 57^^^GHH                 | 77^^^GHH                   | true
        58^^^XYZ         | 58^^^XYZ                 | 77^^^GHH                   | true
        61^^^GHH         | 61^^^GHH                 | 77^^^GHH                   | true
        """,
    )


@pytest.mark.parametrize("event", ["A35", "A41", "A42", "A43", "A44", "A45", "A49", "A50", "A51"])
def test_a_merge_or_move_of_an_account_or_a_visit_makes_nobody_one(implement, event: str) -> None:
    assert implement(SYSTEM, "person_merge", message=merged(event, "56^^^GHH^MR||ACC1")).count() == 0


def test_a_merge_of_a_patient_into_themselves_or_of_nobody_says_nothing(implement) -> None:
    silent = merged("A40", "77^^^GHH^MR") + merged("A40", "") + merged("A40", "56", pid="PID|1")
    assert implement(SYSTEM, "person_merge", message=silent).count() == 0


def test_a_merged_number_that_is_a_patients_again_is_merged_no_more(implement) -> None:
    """The hospital gave it to somebody else, or took the merge back. A laboratory that goes on naming it does not count."""
    other = PID.replace("77", "56")
    registered = message("ADT^A04", other, at="20200302").encode()
    before = message("ADT^A04", other, at="20200229").encode()
    named = message("ORU^R01", other, at="20200302").encode()
    for told, stands in ((registered, "false"), (before, "true"), (named, "true")):
        expect(
            implement(SYSTEM, "person_merge", message=merged("A40", "56^^^GHH") + told),
            f"""
            retired_source_person_id | is_in_force
            56^^^GHH                 | {stands}
            """,
        )
