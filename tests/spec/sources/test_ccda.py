"""C-CDA documents as they come, and the rows they become."""

# Tables and documents are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

import zipfile
from collections import Counter
from io import BytesIO

import pytest
from lxml import etree

from tests.support.ccda_sample import (
    RXNORM,
    SNOMED,
    TEMPLATE,
    VISIT,
    code,
    concern,
    document,
    drug,
    observation,
    organizer,
    quantity,
    section,
    statement,
    subject,
)
from tests.support.text_table import expect
from twinlake.catalog.sources.ccda import SYSTEM
from twinlake.engine.records import CARRIED_TYPES, parse
from twinlake.engine.wire import reader

PARTS = SYSTEM.parts("document")
IMPLEMENTED = {part.name: [i for i in SYSTEM.implementations if i.feeds[0] == part.name] for part in PARTS}


def problem(snomed: str, name: str, when: str = "20150722", **rest: str) -> str:
    return statement("observation", code(snomed, SNOMED, name, tag="value"), when=when, **rest)  # type: ignore[arg-type]


def test_a_patient_has_a_legal_name_a_maiden_name_and_numbers_of_several_authorities(implement) -> None:
    row = implement(SYSTEM, "source_person", document=document()).collect()[0].asDict()
    assert row.pop("source_person_id") == "1.2.3|p1"
    told = {
        "given_name": "ADA", "middle_name": "MARY", "family_name": "HAND", "maiden_name": "BORN", "sex": "female",
        "year_of_birth": 1943, "address_line": "1 MAIN ST APT 2", "city": "BOSTON", "state": "MA",
        "postal_code": "02118", "phone": "15555552003", "ssn": "123456789", "mrn": "p1", "race_source_value": "White",
        "ethnicity_source_value": None, "marital_status": "M", "licence_number": None, "passport_number": None,
    }  # fmt: skip
    assert {name: row[name] for name in told} == told
    assert (str(row["birth_date"]), str(row["death_date"])) == ("1943-09-03", "2020-01-01")


def test_a_patient_known_by_a_social_security_number_alone_has_no_mrn(implement) -> None:
    only = '<recordTarget><patientRole><id root="2.16.840.1.113883.4.1" extension="123-45-6789"/><patient><name nullFlavor="UNK"/><birthTime value="1980"/></patient></patientRole></recordTarget>'
    expect(
        implement(SYSTEM, "source_person", document=document(patient=only)),
        """
        ssn       | mrn | given_name | birth_date | year_of_birth | sex
        123456789 |     |            |            | 1980          | unknown
        """,
    )


def test_a_visit_is_that_of_the_header_and_those_of_the_section_encounters(implement) -> None:
    reason = f'<entryRelationship typeCode="RSON"><observation>{code("233604007", SNOMED, "Pneumonia", tag="value")}</observation></entryRelationship>'
    translated = code(
        "99241",
        "2.16.840.1.113883.6.12",
        "Office",
        inner='<translation code="AMB" codeSystem="2.16.840.1.113883.5.4"/>',
    )
    place = '<participant typeCode="LOC"><participantRole classCode="SDLOC"><id root="7" extension="clinic"/></participantRole></participant>'
    visits = section(
        "46240-8",
        statement("encounter", translated, place, reason, when="201209271300", ident="e1"),
        statement("encounter", code("99213", "2.16.840.1.113883.6.12", "Office"), when="200130212", ident="e2"),
        statement("encounter", mood="INT", ident="e3"),
        statement("encounter", status="cancelled", ident="e4"),
    )
    rows = implement(SYSTEM, "visit_occurrence", document=document(visits, visit=VISIT))
    expect(
        rows.withColumns({name: _slashed(name) for name in ("visit_source_id", "care_site_source_id")}),
        """
        visit_source_id            | visit_code | visit_source_value | visit_start_datetime | visit_end_datetime | visit_reason_code | visit_reason_vocabulary | care_site_source_id
        9/v1 @ 1.2.3/p1#2015-07-20 | IMP        | IMP                | 2015-07-20 15:00     | 2015-07-23 15:00   |                   |                         | 7/ward
        8/e1 @ 1.2.3/p1#2012-09-27 | AMB        | AMB                | 2012-09-27 17:00     |                    | 233604007         | SNOMED                  | 7/clinic
        8/e2 @ 1.2.3/p1#200130212  |            | 99213              |                      |                    |                   |                         |
        """,
    )


def _slashed(name: str):
    """Without the bar that would end a cell of a drawn table."""
    from pyspark.sql import functions as F

    return F.replace(F.col(name), F.lit("|"), F.lit("/"))


def test_a_place_of_care_has_its_name_and_three_digits_of_its_postcode(implement) -> None:
    rows = implement(SYSTEM, "care_site", document=document(visit=VISIT))
    expect(
        rows.withColumn("care_site_source_id", _slashed("care_site_source_id")),
        """
        care_site_source_id | care_site_name | city   | state | postal_code_prefix
        7/ward              | West wing      | BOSTON | MA    | 021
        """,
    )


def test_a_problem_is_a_condition_from_its_onset_else_from_when_it_was_written_down(implement) -> None:
    translated = code(
        "233604007",
        SNOMED,
        "Pneumonia",
        tag="value",
        inner='<translation code="J18.9" codeSystem="2.16.840.1.113883.6.90"/>',
    )
    icd = '<value xsi:type="CD" nullFlavor="OTH"><translation code="J18.9" codeSystem="2.16.840.1.113883.6.90" displayName="Pneumonia"/></value>'
    words = '<value xsi:type="CD" nullFlavor="OTH"><originalText><reference value="#w"/></originalText></value>'
    problems = section(
        "11450-4",
        concern(
            statement(
                "observation",
                translated,
                when='<effectiveTime><low value="2013"/><high value="20140105"/></effectiveTime>',
            )
        ),
        concern(statement("observation", icd, '<author><time value="20120304"/></author>', when="")),
        concern(statement("observation", words, when="")),
        text='<content ID="w">Chronic  sniffles</content>',
    )
    expect(
        implement(SYSTEM, "condition_occurrence", document=document(problems, visit=VISIT)),
        """
        condition_code | condition_vocabulary | condition_source_value | condition_name   | condition_start_date | condition_end_date
        233604007      | SNOMED               | 233604007              | Pneumonia        | 2013-01-01           | 2014-01-05
        J18.9          | ICD10CM              | J18.9                  | Pneumonia        | 2012-03-04           |
                       |                      | Chronic sniffles       | Chronic sniffles | 2015-07-22           |
        """,
    )


def test_an_end_says_that_a_problem_is_over_even_if_nobody_knows_when_it_was(implement) -> None:
    """C-CDA, Problem Observation: resolved on an unknown day is a high with the nullFlavor UNK; NA and NI are not."""
    ends = (
        "",
        '<high value="2014"/>',
        '<high nullFlavor="UNK"/>',
        '<high nullFlavor="NA"/>',
        '<high nullFlavor="NI"/>',
    )
    concerns = [
        concern(statement("observation", code(str(n), SNOMED, f"{n}", tag="value"),
                          when=f'<effectiveTime><low value="2013"/>{end}</effectiveTime>'))
        for n, end in enumerate(ends)
    ]  # fmt: skip
    expect(
        implement(SYSTEM, "condition_occurrence", document=document(section("11450-4", *concerns))),
        """
        condition_code | condition_end_date | is_condition_over
        0              |                    | false
        1              | 2014-12-31         | true
        2              |                    | true
        3              |                    | false
        4              |                    | false
        """,
    )


def test_what_is_negated_nullified_cancelled_or_unnamed_is_no_condition(implement) -> None:
    problems = section(
        "11450-4",
        concern(problem("1", "a", extra='negationInd="true"')),
        concern(problem("2", "b"), extra='negationInd="true"'),
        concern(problem("3", "c"), status="nullified"),
        concern(problem("4", "d"), status="cancelled"),
        concern(problem("5", "e", status="nullified")),
        concern(problem("6", "f", mood="INT")),
        concern(statement("observation", '<value xsi:type="CD" nullFlavor="UNK"/>')),
        concern(problem("38341003", "Hypertension"), status="aborted"),
    )
    expect(
        implement(SYSTEM, "condition_occurrence", document=document(problems)),
        """
        condition_code | condition_name
        38341003       | Hypertension
        """,
    )


def test_what_is_of_a_relative_or_a_fetus_is_no_fact_of_the_patient(implement) -> None:
    """CDA R2, 4.4: a subject takes the place of the recordTarget for what it is on and all that is within it."""

    def about(role: str, xml: str) -> str:
        return xml.replace("<statusCode", f"{subject(role)}<statusCode", 1)

    told = document(
        section("11450-4", concern(problem("1", "a")), concern(about("MTH", problem("2", "b"))), about("FTH", concern(problem("3", "c")))),
        section("30954-2", about("121026", organizer(observation("1-1", quantity("1", "kg")))), observation("1-2", quantity("2", "kg"))),
        section("10160-0", about("MTH", drug("1"))),
        section("47519-4", about("MTH", statement("procedure", code("1", SNOMED)))),
        section("46240-8", about("MTH", statement("encounter", ident="e"))),
        section("48765-2", concern(about("MTH", problem("4", "d")))),
        section("29762-2", about("MTH", observation("1-3", '<value xsi:type="ST">x</value>'))),
        section("11369-6", about("MTH", drug("2"))),
    )  # fmt: skip
    expect(implement(SYSTEM, "condition_occurrence", document=told), "condition_code\n1")
    expect(implement(SYSTEM, "measurement", document=told), "measurement_code\n1-2")
    for table in ("observation", "drug_exposure", "procedure_occurrence", "visit_occurrence"):
        assert implement(SYSTEM, table, document=told).count() == 0


def test_a_diagnosis_of_an_encounter_and_of_a_discharge_are_conditions(implement) -> None:
    act = f'<act moodCode="EVN"><templateId root="{TEMPLATE}.4.80"/><entryRelationship typeCode="SUBJ">{problem("233604007", "Pneumonia")}</entryRelationship></act>'
    visit = section("46240-8", statement("encounter", f"<entryRelationship>{act}</entryRelationship>", ident="e1"))
    leaving = section("11535-2", concern(problem("38341003", "Hypertension")), templates=("2.24",))
    rows = implement(SYSTEM, "condition_occurrence", document=document(visit, leaving))
    expect(
        rows.withColumn("visit_source_id", _slashed("visit_source_id")),
        """
        condition_code | visit_source_id
        233604007      | 8/e1 @ 1.2.3/p1#2015-07-22
        38341003       |
        """,
    )


def test_numbers_of_results_and_vital_signs_are_measurements(implement) -> None:
    limits = '<referenceRange><observationRange><value xsi:type="IVL_PQ"><low value="12.0" unit="g/dL"/><high value="15.5" unit="g/dL"/></value></observationRange></referenceRange>'
    below = '<value xsi:type="IVL_PQ"><high value="0.01" unit="ng/mL" inclusive="false"/></value>'
    results = section(
        "30954-2",
        organizer(
            observation("718-7", quantity("13.20", "g/dL") + limits, when="200803190830-0800"),
            observation("6598-7", below, when="200803190830"),
            observation("2746-6", '<value xsi:type="REAL" value="7.4"/>', when=""),
            when="2008031908-0800",
        ),
    )
    vitals = section("8716-3", organizer(observation("8302-2", quantity("177", "cm"), when="19991114")))
    expect(
        implement(SYSTEM, "measurement", document=document(results, vitals)),
        """
        measurement_code | measurement_vocabulary | measurement_datetime | value_source_value | unit_source_value | range_low_source_value | range_high_source_value
        718-7            | LOINC                  | 2008-03-19 16:30     | 13.20              | g/dL              | 12.0                   | 15.5
        6598-7           | LOINC                  | 2008-03-19 12:30     | <0.01              | ng/mL             |                        |
        2746-6           | LOINC                  | 2008-03-19 16:00     | 7.4                |                   |                        |
        8302-2           | LOINC                  | 1999-11-14           | 177                | cm                |                        |
        """,
    )


def test_a_result_that_was_stopped_planned_negated_or_null_gives_no_row(implement) -> None:
    value = quantity("1", "kg")
    results = section(
        "30954-2",
        *(observation("1-8", value, status=status) for status in ("cancelled", "aborted", "held", "nullified", "new")),
        observation("1-8", value, mood="RQO"),
        observation("1-8", value, extra='negationInd="true"'),
        observation("1-8", '<value xsi:type="PQ" nullFlavor="UNK"/>'),
        organizer(observation("1-8", value), status="nullified"),
    )
    assert implement(SYSTEM, "measurement", document=document(results)).count() == 0
    assert implement(SYSTEM, "observation", document=document(results)).count() == 0


def test_a_result_without_any_time_has_none_and_is_left_to_quarantine(implement) -> None:
    results = section("30954-2", observation("1-8", quantity("1", "kg"), when='<effectiveTime nullFlavor="UNK"/>'))
    expect(
        implement(SYSTEM, "measurement", document=document(results)),
        """
        measurement_code | measurement_datetime
        1-8              |
        """,
    )


def test_codes_words_and_ranges_are_observations(implement) -> None:
    results = section(
        "30954-2",
        observation("1-1", code("260373001", SNOMED, "Detected", tag="value")),
        observation("1-2", '<value xsi:type="ST">Cloudy</value>'),
        observation("1-3", '<value xsi:type="IVL_PQ"><low value="2" unit="g/L"/><high value="5" unit="g/L"/></value>'),
    )
    expect(
        implement(SYSTEM, "observation", document=document(results)),
        """
        observation_code | observation_datetime | value_source_value | value_as_string | value_code | value_vocabulary
        1-1              | 2015-07-22           | 260373001          | Detected        | 260373001  | SNOMED
        1-2              | 2015-07-22           | Cloudy             | Cloudy          |            |
        1-3              | 2015-07-22           | 2 g/L - 5 g/L      | 2 g/L - 5 g/L   |            |
        """,
    )


def test_a_smoking_status_is_the_same_in_both_releases(implement) -> None:
    never = code("266919005", SNOMED, "Never smoker", tag="value")
    template = f'<templateId root="{TEMPLATE}.4.78"/>'
    habits = section(
        "29762-2",
        statement("observation", template, code("72166-2"), never, when="20120910", ident="new"),
        statement(
            "observation", template, code("ASSERTION", "2.16.840.1.113883.5.4"), never, when="20120911", ident="old"
        ),
        statement(
            "observation",
            code("ASSERTION", "2.16.840.1.113883.5.4"),
            code("77386006", SNOMED, "Pregnant", tag="value"),
            when="",
        ),
    )
    expect(
        implement(SYSTEM, "observation", document=document(habits)),
        """
        observation_code | observation_vocabulary | observation_datetime | value_code | value_vocabulary
        72166-2          | LOINC                  | 2012-09-10           | 266919005  | SNOMED
        72166-2          | LOINC                  | 2012-09-11           | 266919005  | SNOMED
        ASSERTION        | local                  | 2015-07-22 23:00     | 77386006   | SNOMED
        """,
    )


def test_an_allergy_is_an_observation_whose_value_is_the_substance(implement) -> None:
    penicillin = f'<participant typeCode="CSM"><participantRole><playingEntity>{code("7980", RXNORM, "Penicillin")}</playingEntity></participantRole></participant>'
    allergies = section(
        "48765-2",
        concern(statement("observation", code("419199007", SNOMED, "Allergy to substance", tag="value"), penicillin)),
        concern(
            statement(
                "observation",
                code("416098002", SNOMED, "Drug allergy", tag="value"),
                ident="n",
                extra='negationInd="true"',
            )
        ),
        concern(statement("observation", code("416098002", SNOMED, "Drug allergy", tag="value"), ident="u")),
    )
    expect(
        implement(SYSTEM, "observation", document=document(allergies)),
        """
        observation_code | observation_name     | value_source_value | value_as_string | value_code | value_vocabulary
        419199007        | Allergy to substance | 7980               | Penicillin      | 7980       | RxNorm
        416098002        | Drug allergy         |                    |                 |            |
        """,
    )


def test_that_no_allergy_is_known_is_no_allergy_whether_the_kind_or_the_substance_says_so(implement) -> None:
    """SNOMED CT: 716186003 No known allergy took the place of 160244002; 409137002 No known drug allergy."""

    def allergy(kind: str, substance: str) -> str:
        entity = f"<playingEntity>{substance}</playingEntity>"
        against = f'<participant typeCode="CSM"><participantRole>{entity}</participantRole></participant>'
        return concern(statement("observation", code(kind, SNOMED, f"kind {kind}", tag="value"), against))

    allergies = section(
        "48765-2",
        allergy("419199007", code("160244002", SNOMED, "No Known Allergies")),
        allergy("416098002", '<code nullFlavor="OTH"/><name>NKDA</name>'),
        allergy("716186003", '<code nullFlavor="NA"/>'),
        allergy("716186003", code("7980", RXNORM, "Penicillin")),
        allergy("416098002", code("7980", RXNORM, "Penicillin")),
    )
    expect(
        implement(SYSTEM, "observation", document=document(allergies)),
        """
        observation_code | observation_vocabulary | observation_source_value | observation_name   | value_code | value_as_string
        716186003        | SNOMED                 | 160244002                | No Known Allergies |            |
        409137002        | SNOMED                 | NKDA                     | NKDA               |            |
        716186003        | SNOMED                 | 716186003                | kind 716186003     |            |
        716186003        | SNOMED                 | 716186003                | kind 716186003     | 7980       | Penicillin
        416098002        | SNOMED                 | 416098002                | kind 416098002     | 7980       | Penicillin
        """,
    )


def test_an_end_that_is_a_year_is_the_last_of_its_days(implement) -> None:
    when = '<effectiveTime xsi:type="IVL_TS"><low value="20100610"/><high value="2010"/></effectiveTime>'
    told = document(
        section("11450-4", concern(statement("observation", code("1", SNOMED, tag="value"), when=when))),
        section("10160-0", drug("2", when=when.replace('"2010"', '"201007"'))),
        section("47519-4", statement("procedure", code("3", SNOMED), when=when.replace('"2010"', '"20100610"'))),
    )
    expect(
        implement(SYSTEM, "condition_occurrence", document=told),
        "condition_start_date | condition_end_date\n2010-06-10 | 2010-12-31",
    )
    expect(implement(SYSTEM, "drug_exposure", document=told), "drug_exposure_end_datetime\n2010-07-31 23:59:59")
    expect(implement(SYSTEM, "procedure_occurrence", document=told), "procedure_end_datetime\n2010-06-10 23:59:59")


def test_a_drug_is_stated_ordered_or_given_and_a_vaccine_is_an_immunisation(implement) -> None:
    span = '<effectiveTime xsi:type="IVL_TS"><low value="20110103"/><high value="20110203"/></effectiveTime><effectiveTime xsi:type="PIVL_TS" operator="A"><period value="6" unit="h"/></effectiveTime>'
    listed = section(
        "10160-0",
        drug(
            "573621",
            '<routeCode code="C38216" displayName="Inhaled"/><doseQuantity value="2" unit="mg"/>',
            when=span,
            status="active",
        ),
        drug("197380", mood="INT", status="aborted"),
        drug("5", extra='negationInd="true"'),
        drug("6", status="cancelled"),
        drug("7", mood="PRP"),
        drug("8", when=""),
    )
    given = section("29549-3", drug("9"))
    vaccine = drug("88").replace(RXNORM, "2.16.840.1.113883.12.292")
    vaccines = section(
        "11369-6",
        vaccine,
        vaccine.replace("moodCode", 'negationInd="true" moodCode'),
        vaccine.replace("completed", "aborted"),
    )
    expect(
        implement(SYSTEM, "drug_exposure", document=document(listed, given, vaccines)),
        """
        drug_code | drug_vocabulary | drug_type      | drug_status | drug_exposure_start_datetime | drug_exposure_end_datetime | dose_source_value | dose_unit_source_value | route_source_value
        573621    | RxNorm          | statement      | active      | 2011-01-03                   | 2011-02-03 23:59:59        | 2                 | mg                     | Inhaled
        197380    | RxNorm          | order          | aborted     | 2015-07-22                   |                            |                   |                        |
        8         | RxNorm          | statement      | completed   | 2015-07-22 23:00             |                            |                   |                        |
        9         | RxNorm          | administration | completed   | 2015-07-22                   |                            |                   |                        |
        88        | CVX             | immunisation   | completed   | 2015-07-22                   |                            |                   |                        |
        """,
    )


def test_a_drug_is_over_when_it_is_completed_or_aborted(implement) -> None:
    """C-CDA on FHIR, ConceptMap CF-MedicationStatus: aborted is stopped, suspended is on hold."""
    drugs = (drug(str(n), status=status) for n, status in enumerate(("active", "suspended", "completed", "aborted")))
    rows = implement(SYSTEM, "drug_exposure", document=document(section("10160-0", *drugs)))
    expect(rows, "drug_code | is_course_over\n0 | false\n1 | false\n2 | true\n3 | true")


def test_a_procedure_is_an_act_an_observation_or_a_procedure_that_was_done(implement) -> None:
    def done(kind: str, snomed: str, **rest: str) -> str:
        return statement(kind, code(snomed, SNOMED), **rest)  # type: ignore[arg-type]

    procedures = section(
        "47519-4",
        done(
            "procedure",
            "73761001",
            when='<effectiveTime><low value="201205120900-0500"/><high value="201205121000-0500"/></effectiveTime>',
        ),
        done("observation", "274025005"),
        done("act", "103699006"),
        done("procedure", "1", status="aborted"),
        done("procedure", "2", status="cancelled"),
        done("procedure", "3", mood="RQO"),
        done("procedure", "4", extra='negationInd="true"'),
    )
    expect(
        implement(SYSTEM, "procedure_occurrence", document=document(procedures)),
        """
        procedure_code | procedure_vocabulary | procedure_datetime | procedure_end_datetime
        73761001       | SNOMED               | 2012-05-12 14:00   | 2012-05-12 15:00
        274025005      | SNOMED               | 2015-07-22         |
        103699006      | SNOMED               | 2015-07-22         |
        """,
    )


def parsed(spark, feed, documents: list[bytes]):
    """The records of a part of these documents, as the engine hands them over."""
    found = [record for data in documents for record in reader("ccda")(BytesIO(data), feed)]
    rows = [{"hospital": "st_a", "system": "ccda", "source_person_id": r.person, "raw_record": r.raw,
             "record_kind": r.kind, "time_zone": "America/New_York"} for r in found]  # fmt: skip
    frame = parse(spark.createDataFrame(rows, CARRIED_TYPES), feed)
    return frame.where(f"not coalesce({feed.withdrawn}, false)") if feed.withdrawn else frame


def explained(spark, documents: list[bytes]) -> Counter:
    """How many records of each kind are (in these tables, unmapped with a reason)."""
    found: Counter = Counter()
    for feed in PARTS:
        taken = [f"if(coalesce({i.when or 'true'}, false), '{i.table}', null)" for i in IMPLEMENTED[feed.name]]
        why = " or ".join(f"coalesce({sql}, false)" for sql in feed.unmapped.values()) or "false"
        shown = parsed(spark, feed, documents).selectExpr(
            f"concat_ws(' ', {', '.join(taken)}) as taken", f"{why} as why"
        )
        found.update({(feed.name, r.taken, r.why): r["count"] for r in shown.groupBy("taken", "why").count().collect()})
    return found


EVERYTHING = document(
    section("11450-4", concern(problem("1", "a", ident="1")), concern(problem("2", "b", extra='negationInd="true"', ident="2"))),
    section("30954-2", observation("1-1", quantity("1", "kg")), observation("1-2", '<value xsi:type="PQ" nullFlavor="NI"/>'),
            observation("1-3", '<value xsi:type="ST">x</value>'), statement("observation", quantity("1", "kg")),
            observation("1-4", quantity("1", "kg"), status="aborted", mood="RQO")),
    section("10160-0", drug("1"), drug("", inner='<code nullFlavor="UNK"/>'), drug("2", mood="RQO", extra='negationInd="true"')),
    section("47519-4", statement("procedure"), statement("act", code("1", SNOMED), mood="INT")),
    section("18776-5", statement("act")), section("8716-3", statement("supply")),
    section("48765-2", statement("observation", code("1", SNOMED, tag="value"), subject("MTH"))), visit=VISIT,
).encode()  # fmt: skip


def test_every_record_is_in_a_table_or_has_a_reason_but_never_both(spark) -> None:
    assert {(bool(taken), why) for _, taken, why in explained(spark, [EVERYTHING])} == {(True, False), (False, True)}


def unread(spark, documents: list[bytes]) -> Counter:
    """How many records that are no statement have which reason, the first that holds."""
    cases = " ".join(f"when {sql} then '{why}'" for why, sql in SYSTEM.feed("document").unmapped.items())
    rest = parsed(spark, SYSTEM.feed("document"), documents).where("record_kind = 'rest'")
    return Counter(row.why for row in rest.selectExpr(f"case {cases} end as why").collect())


def test_what_is_no_statement_has_a_reason(spark) -> None:
    found = unread(spark, [EVERYTHING])
    assert found["the words of a section are not read; its entries are"] == 7
    assert found["who wrote, keeps and signed a document is not read until provider is"] == 1
    assert found["an entry, or a part of one, that is none of the statements its section is for"] == 1
    assert found.total() == 10


# What a reader of the standard would count, over all documents, by LOINC codes of sections alone.
IN = "//h:section[contains('{}', h:code/@code)]/h:entry"
SAID = "[not(@negationInd='true')][not(h:statusCode/@code='aborted' or h:statusCode/@code='cancelled')]"
NUMBER = "h:value[not(@nullFlavor)][contains('PQ INT REAL', @xsi:type)][@value]"
BOUND = "h:value[@xsi:type='IVL_PQ'][count(h:low/@value | h:high/@value) = 1]"
OTHER = (
    "h:value[contains('CD CE ST ED', @xsi:type)][@code or h:translation/@code or h:originalText or normalize-space(.)]"
)
RANGE = "h:value[@xsi:type='IVL_PQ'][count(h:low/@value | h:high/@value) = 2]"
MEASURED = IN.format("30954-2 8716-3 29762-2") + "/descendant::h:observation[not(ancestor::h:observation)]" + SAID
XPATHS = {
    "source_person": "//h:recordTarget",
    "visit_occurrence": f"//h:encompassingEncounter|{IN.format('46240-8')}/h:encounter{SAID}",
    "condition_occurrence": (
        f"{IN.format('11450-4 42347-5 10219-4 59769-0 11535-2')}/h:act/h:entryRelationship[@typeCode='SUBJ']/h:observation{SAID}"
        f"[h:value[@code or h:translation/@code or h:originalText]]|{IN.format('55109-3')}/h:observation{SAID}"
        f"|{IN.format('46240-8')}/h:encounter/h:entryRelationship/h:act[h:templateId/@root='{TEMPLATE}.4.80']//h:observation"
        f"[h:templateId/@root='{TEMPLATE}.4.4']"
    ),
    "measurement": f"{MEASURED}[{NUMBER} or {BOUND}]",
    "procedure_occurrence": f"{IN.format('47519-4')}/*{SAID}|{IN.format('59774-0')}/h:procedure{SAID}",
}


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.shared_data
def test_real_documents_give_as_many_facts_as_xpath_counts_and_each_record_is_explained(spark, shared_data) -> None:
    with zipfile.ZipFile(shared_data / "ccda_documents" / "ccda_22.zip") as packed:
        documents = [packed.read(name) for name in packed.namelist() if name.endswith(".ccda")]
    found = explained(spark, documents)
    assert {(bool(taken), why) for _, taken, why in found} == {(True, False), (False, True)}
    names = {"h": "urn:hl7-org:v3", "xsi": "http://www.w3.org/2001/XMLSchema-instance"}
    counted = {
        table: sum(len(etree.fromstring(d).xpath(path, namespaces=names)) for d in documents)
        for table, path in XPATHS.items()
    }
    made: Counter = Counter()
    for (_, taken, _), count in found.items():
        made.update(dict.fromkeys(taken.split(), count))
    assert {table: made[table] for table in counted} == counted
    assert None not in unread(spark, documents)
