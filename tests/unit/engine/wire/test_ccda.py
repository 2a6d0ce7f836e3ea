"""C-CDA as it should be, and as it comes: every part of a document is a record, a broken document is none."""

# Documents are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections import Counter
from io import BytesIO

import pytest
from lxml import etree

from tests.support.ccda_sample import (
    PATIENT,
    RXNORM,
    SNOMED,
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
from twinlake.catalog.sources._ccda_feeds import DOCUMENT
from twinlake.engine.wire import FileFault, Record, reader, translator

WEIGHT = observation("29463-7", quantity("70", "kg"), ident="w")
PNEUMONIA = code("233604007", SNOMED, "Pneumonia", tag="value")


def read(data: str | bytes) -> list[Record]:
    return list(reader("ccda")(BytesIO(data.encode() if isinstance(data, str) else data), DOCUMENT))


def of(kind: str, data: str) -> list[dict]:
    to_json = translator("ccda")
    return [json.loads(to_json(record.raw)) for record in read(data) if record.kind == kind]


def one(kind: str, data: str) -> dict:
    (found,) = of(kind, data)
    return found


def result(value: str, **rest: str) -> dict:
    return one("result", document(section("30954-2", observation("1-8", value, **rest))))


def test_a_document_is_its_patient_its_visit_its_place_its_statements_and_the_rest():
    found = read(document(section("8716-3", organizer(WEIGHT)), visit=VISIT))
    assert [record.kind for record in found] == ["person", "rest", "visit", "care_site", "rest", "vital"]
    assert [record.offset for record in found] == list(range(6))
    assert {record.person for record in found} == {"1.2.3|p1", None}
    assert [record.key for record in found][:-1] == [
        "1.2.3|p1",
        "header @ 5|d1 of 2015-07-22T18:00:00-05:00 @ 1.2.3|p1",
        "9|v1 @ 1.2.3|p1#2015-07-20",
        "7|ward",
        "section 1 @ 5|d1 of 2015-07-22T18:00:00-05:00 @ 1.2.3|p1",
    ]
    assert re.fullmatch(r"8\|w @ 1\.2\.3\|p1#[0-9a-f]{16}", found[-1].key)


def test_the_version_is_the_moment_in_utc_and_then_the_version_number():
    versions = [read(document(written=written, number=number))[0].version
                for written, number in (("201507221800-0500", 2), ("20150722230000.123+0000", 10), ("2015", 1))]  # fmt: skip
    assert versions == ["2015-07-22T23:00:00Z 000002", "2015-07-22T23:00:00Z 000010", "2015-01-01T00:00:00Z 000001"]


def test_a_document_without_a_readable_moment_has_no_version():
    assert [read(document(written=written))[0].version for written in ("200130212", "20151332")] == [None, None]


@pytest.mark.parametrize(
    ("ids", "person"),
    [
        ('<id root="1.2" extension="7"/><id root="2.16.840.1.113883.4.1" extension="123-45-6789"/>', "1.2|7"),
        ('<id root="2.16.840.1.113883.4.1" extension="123-45-6789"/><id root="1.2" extension="7"/>', "1.2|7"),
        ('<id root="2.16.840.1.113883.4.1" extension="123-45-6789"/>', "2.16.840.1.113883.4.1|123456789"),
        ('<id root="2.16.840.1.113883.4.1" extension="123456789"/>', "2.16.840.1.113883.4.1|123456789"),
        ('<id root="1.9" extension="ada@direct.org"/><id root="1.2" extension="7"/>', "1.2|7"),
        ('<id root="1.9" extension="ada@direct.org"/>', "1.9|ada@direct.org"),
        ('<id root="2.16.840.1.113883.4.3.25" extension="S99"/><id root="1.2" extension="7"/>', "1.2|7"),
        ('<id root="1.1" nullFlavor="UNK"/><id extension="7"/>', "|7"),
        ('<id root="2.16.840.1.113883.4.1" extension="000-00-0000"/>', "known from 5|d1 of 2015-07-22T18:00:00-05:00"),
        ('<id nullFlavor="UNK"/>', "known from 5|d1 of 2015-07-22T18:00:00-05:00"),
    ],
)  # fmt: skip
def test_a_person_is_named_by_the_best_of_their_ids(ids, person):
    patient = f"<recordTarget><patientRole>{ids}</patientRole></recordTarget>"
    assert {record.person for record in read(document(section("8716-3", WEIGHT), patient=patient))} == {person}


@pytest.mark.parametrize(
    ("inside", "kinds"),
    [
        (section("11450-4", concern(statement("observation", PNEUMONIA))), ["problem"]),
        (section("x", concern(statement("observation", PNEUMONIA)), templates=("2.5.1",)), ["problem"]),
        (section("11535-2", concern(statement("observation", PNEUMONIA))), ["problem"]),
        (section("30954-2", organizer(WEIGHT, WEIGHT.replace('"w"', '"u"'))), ["result", "result"]),
        (section("30954-2", organizer(organizer(WEIGHT))), ["result"]),
        (section("30954-2", WEIGHT), ["result"]),
        (section("8716-3", organizer(WEIGHT), templates=("2.3",)), ["result"]),
        (section("10160-0", drug("1")), ["medication"]),
        (section("75311-1", concern(drug("1"))), ["medication"]),
        (section("11369-6", drug("1")), ["immunization"]),
        (section("47519-4", *(statement(k) for k in ("procedure", "observation", "act"))), ["procedure"] * 3),
        (section("48765-2", concern(statement("observation"))), ["allergy"]),
        (section("29762-2", WEIGHT), ["social"]),
        (section("46240-8", statement("encounter")), ["visit"]),
        (section("46240-8", statement("encounter", mood="INT")), ["visit"]),
        (section("18776-5", organizer(WEIGHT, WEIGHT)), ["rest"]),
        (section("8716-3", organizer(WEIGHT, statement("encounter"))), ["vital", "rest"]),
        (section("8716-3", organizer()), ["rest"]),
        (section("8716-3", ""), ["rest"]),
        (section("29545-1", inner=f"<component>{section('8716-3', WEIGHT)}</component>"), ["rest", "vital"]),
    ],
)
def test_what_a_statement_is_its_section_says_by_template_else_by_code(inside, kinds):
    assert [record.kind for record in read(document(inside))][3:] == kinds


def test_the_context_of_a_statement_stands_beside_each_of_a_panel():
    panel = organizer(WEIGHT, WEIGHT.replace('"w"', '"u"')).replace("<statusCode", '<code code="PANEL"/><statusCode', 1)
    first, second = [r.raw for r in read(document(section("8716-3", panel))) if r.kind == "vital"]
    assert 'code="PANEL"' in first and 'code="PANEL"' in second
    assert 'extension="w"' in first and 'extension="u"' not in first


def test_what_only_relates_to_a_concern_stays_its_context_and_is_no_problem():
    comment = statement("observation", code("225773000", SNOMED, "Preference", tag="value"), ident="c")
    related = f'<entryRelationship typeCode="REFR">{comment}</entryRelationship></act>'
    entry = concern(statement("observation", PNEUMONIA, ident="p")).replace("</act>", related)
    (found,) = [record for record in read(document(section("11450-4", entry))) if record.kind == "problem"]
    assert found.key.startswith("8|p") and 'code="225773000"' in found.raw
    assert one("problem", document(section("11450-4", entry)))["code"]["coding"][0]["code"] == "233604007"


SEVERITY = statement(
    "observation", code("SEV", "2.16.840.1.113883.5.4"), code("6736007", SNOMED, "Moderate", tag="value"), ident="s"
)


@pytest.mark.parametrize(
    ("said", "flag"),
    [
        (SEVERITY, 'inversionInd="true"'),
        (SEVERITY, ""),
        (
            SEVERITY.replace("<code", '<templateId root="2.16.840.1.113883.10.20.22.4.8"/><code').replace(
                '"SEV"', '"x"'
            ),
            "",
        ),
        (statement("observation", code("445518008", SNOMED), quantity("57", "a"), ident="s"), 'inversionInd="1"'),
    ],
)
def test_how_severe_a_thing_is_and_an_inverted_relation_are_about_it_and_no_thing(said, flag):
    relation = f'<entryRelationship typeCode="SUBJ" {flag}>{said}</entryRelationship></act>'
    for kind, section_code in (("allergy", "48765-2"), ("problem", "11450-4")):
        entry = concern(statement("observation", PNEUMONIA, ident="p")).replace("</act>", relation)
        (found,) = [r for r in read(document(section(section_code, entry))) if r.kind == kind]
        assert found.key.startswith("8|p") and 'extension="s"' in found.raw
        alone = [
            r
            for r in read(document(section(section_code, concern().replace("</act>", relation))))
            if r.kind != "person"
        ]
        assert [r.kind for r in alone] == ["rest"] * 3 and 'extension="s"' in alone[-1].raw


def test_an_allergy_by_its_template_is_one_though_its_relation_is_inverted():
    template = '<templateId root="2.16.840.1.113883.10.20.22.4.7"/>'
    entry = concern(statement("observation", template, PNEUMONIA)).replace('"SUBJ"', '"SUBJ" inversionInd="true"')
    assert one("allergy", document(section("48765-2", entry)))["code"]["coding"][0]["code"] == "233604007"


def test_an_id_that_a_document_gives_to_different_things_is_told_apart_by_what_they_say():
    def keys(*numbers: str) -> list[str]:
        entries = (observation("1-8", quantity(n, "kg"), ident="same") for n in numbers)
        return [r.key for r in read(document(section("30954-2", *entries))) if r.kind == "result"]

    one, two, again = keys("1", "2", "1")
    assert one == again != two and one.startswith("8|same @ 1.2.3|p1#")
    assert keys("2", "1") == [two, one]
    assert len({*keys("1", "1")}) == 1


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (observation("1-8", "{}", ident="same"), observation("1-9", quantity("3", "kg"), ident="same")),
        (observation("1-8", "{}", ident="same"), observation("1-8", quantity("3", "kg"), when="2014", ident="same")),
    ],
)
def test_a_corrected_value_of_a_copied_id_meets_the_wrong_one(first, other):
    def keys(value: str) -> list[str]:
        data = document(section("30954-2", first.replace("{}", quantity(value, "kg")), other))
        return [r.key for r in read(data) if r.kind == "result"]

    assert keys("70") == keys("7") and len({*keys("70")}) == 2


def test_allergies_of_a_copied_id_are_told_apart_by_their_substance():
    def allergy(rxnorm: str, extra: str) -> str:
        entity = f"<playingEntity>{code(rxnorm, RXNORM)}</playingEntity>"
        substance = f'<participant typeCode="CSM"><participantRole>{entity}</participantRole></participant>'
        return concern(statement("observation", PNEUMONIA, substance, extra, ident="same"))

    first, again = ([r.key for r in read(document(section("48765-2", allergy("1", extra), allergy("2", "")))) if r.kind == "allergy"]
                    for extra in ("", "<text>severe</text>"))  # fmt: skip
    assert first == again and len({*first}) == 2


def in_set(number: int, *sections: str, kind: str = "34133-9", **rest: str) -> list[Record]:
    ident = f'<id root="5" extension="d{number}"/><code code="{kind}"/><setId root="6" extension="s"/>'
    return read(document(*sections, ident=ident, number=number, **rest))


def test_a_document_that_replaces_another_corrects_what_has_no_id_of_its_own():
    wrong, right = (
        next(r for r in in_set(number, section("30954-2", observation("1-8", quantity(value, "kg"))), written=written)
             if r.kind == "result")
        for number, value, written in ((1, "70", "20150722"), (2, "7", "20150723"))
    )  # fmt: skip
    assert (
        wrong.key == right.key == "section 1 statement 1 @ 6|s of 34133-9 @ 1.2.3|p1" and wrong.version < right.version
    )


def test_one_set_id_for_documents_of_two_kinds_replaces_nothing():
    discharge, visit = (next(r for r in in_set(1, section("30954-2", observation("1-8", quantity("7", "kg"))), kind=kind)
                             if r.kind == "result") for kind in ("18842-5", "11506-3"))  # fmt: skip
    assert discharge.key != visit.key


def test_nobody_is_known_by_a_set_id():
    anonymous = '<recordTarget><patientRole><id nullFlavor="UNK"/></patientRole></recordTarget>'
    assert {r.person for r in in_set(1, patient=anonymous)} == {"known from 5|d1 of 2015-07-22T18:00:00-05:00"}


def test_one_statement_in_two_panels_of_different_times_is_two():
    untimed = observation("1-8", quantity("1", "kg"), when="", ident="same")
    panels = (organizer(untimed, when=when) for when in ("2014", "2015"))
    assert len({r.key for r in read(document(section("8716-3", *panels))) if r.kind == "vital"}) == 2


def test_the_same_statement_twice_is_one_record_repeated():
    first, second = [r for r in read(document(section("30954-2", WEIGHT, WEIGHT))) if r.kind == "result"]
    assert first.raw == second.raw and first.key == second.key


def test_a_statement_without_id_is_named_by_its_place_in_this_document():
    first, second = [r.key for r in read(document(section("30954-2", *[observation("1-8", quantity(n, "kg")) for n in "12"])))
                     if r.kind == "result"]  # fmt: skip
    scope = "@ 5|d1 of 2015-07-22T18:00:00-05:00 @ 1.2.3|p1"
    assert (first, second) == (f"section 1 statement 1 {scope}", f"section 1 statement 2 {scope}")


def test_the_same_id_in_two_documents_is_one_thing_of_the_later_version():
    older, newer = (next(r for r in read(document(section("30954-2", WEIGHT), written=w)) if r.kind == "result")
                    for w in ("20150722", "20150723"))  # fmt: skip
    assert older.key == newer.key and older.version < newer.version


def test_the_visit_of_the_header_counts_before_that_of_a_section():
    in_section = statement("encounter", ident="v1").replace('root="8"', 'root="9"')
    header, other = [r for r in read(document(section("46240-8", in_section), visit=VISIT)) if r.kind == "visit"]
    assert header.key == other.key and header.version > other.version


def test_two_visits_of_one_copied_id_are_two_and_their_diagnoses_know_which():
    diagnosis = (
        '<entryRelationship><act><templateId root="2.16.840.1.113883.10.20.22.4.80"/><entryRelationship typeCode="SUBJ">'
        f"{statement('observation', PNEUMONIA)}</entryRelationship></act></entryRelationship>"
    )
    visits = [statement("encounter", diagnosis, ident="v", when=when) for when in ("20150101", "20160101")]
    found = document(section("46240-8", *visits))
    first, second = (visit["visit"] for visit in of("visit", found))
    assert first != second and [visit.key for visit in read(found) if visit.kind == "visit"] == [first, second]
    assert [problem["visit"] for problem in of("problem", found)] == [first, second]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2015", "2015"),
        ("201507", "2015-07"),
        ("20150722", "2015-07-22"),
        ("20150722-0500", "2015-07-22"),
        ("2015072218-0500", "2015-07-22T18:00:00-05:00"),
        ("201507221030-0500", "2015-07-22T10:30:00-05:00"),
        ("201507221030", "2015-07-22T10:30:00"),
        ("20150722103015.1234567+0530", "2015-07-22T10:30:15.123456+05:30"),
        ("20150722103015Z", "2015-07-22T10:30:15Z"),
        ("200130212", "200130212"),
        ("2015-07-22", "2015-07-22"),
        ("soon", "soon"),
    ],
)
def test_a_time_is_as_exact_as_it_came(written, said):
    assert result(quantity("1", "kg"), when=written)["start"] == said


@pytest.mark.parametrize(
    ("when", "start", "end"),
    [
        ('<effectiveTime><low value="2014"/><high value="2015"/></effectiveTime>', "2014", "2015"),
        ('<effectiveTime><low value="2014"/><high nullFlavor="UNK"/></effectiveTime>', "2014", None),
        ('<effectiveTime><low nullFlavor="UNK"/><high value="2015"/></effectiveTime>', None, "2015"),
        ('<effectiveTime nullFlavor="UNK"/>', None, None),
        ('<effectiveTime nullFlavor="UNK" value="2015"/>', None, None),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="6" unit="h"/></effectiveTime>'
         '<effectiveTime xsi:type="IVL_TS"><low value="2014"/></effectiveTime>', "2014", None),
        ('<effectiveTime value="2014"/><effectiveTime operator="A" value="2015"/>', "2014", None),
    ],
)  # fmt: skip
def test_an_interval_has_a_start_and_an_end_and_a_frequency_is_neither(when, start, end):
    found = result(quantity("1", "kg"), when=when)
    assert (found.get("start"), found.get("end")) == (start, end)


def test_a_statement_without_a_time_has_that_of_its_panel():
    untimed = observation("1-8", quantity("1", "kg"), when="")
    assert one("vital", document(section("8716-3", organizer(untimed, when="2014"))))["start"] == "2014"


def test_what_lasts_holds_since_it_began_else_since_somebody_wrote_it_down():
    def since(when: str, author: str = "") -> str | None:
        problem = statement("observation", PNEUMONIA, author, when=when)
        return one("problem", document(section("11450-4", concern(problem)))).get("since")

    author = '<author><time value="20140101"/></author>'
    assert since("2013", author) == "2013"
    assert since("", author) == "2014-01-01"
    assert since("") == "2015-07-22T18:00:00-05:00"
    assert since('<effectiveTime><high value="2010"/></effectiveTime>', author) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (quantity("5.10", "mg/dL"), {"number": "5.10", "unit": "mg/dL"}),
        ('<value xsi:type="PQ" value="5"/>', {"number": "5"}),
        ('<value xsi:type="PQ" nullFlavor="NI"/>', {}),
        ('<value xsi:type="PQ" nullFlavor="UNK" value="5" unit="kg"/>', {}),
        ('<value xsi:type="PQ" nullFlavor="NI"/><value xsi:type="INT" value="3"/>', {"number": "3"}),
        ('<value xsi:type="REAL" value="7.4"/>', {"number": "7.4"}),
        ('<value xsi:type="IVL_PQ"><high value="5" unit="g/L"/></value>', {"number": "<=5", "unit": "g/L"}),
        ('<value xsi:type="IVL_PQ"><high value="5" unit="g/L" inclusive="false"/></value>', {"number": "<5", "unit": "g/L"}),
        ('<value xsi:type="IVL_PQ"><low value="5" unit="g/L" inclusive="false"/></value>', {"number": ">5", "unit": "g/L"}),
        ('<value xsi:type="IVL_PQ"><low value="2" unit="g/L"/><high value="5" unit="g/L"/></value>', {"words": "2 g/L - 5 g/L"}),
        ('<value xsi:type="IVL_PQ"><low nullFlavor="NI"/></value>', {}),
        ('<value xsi:type="ST"> not  <!-- x -->seen </value>', {"words": "not seen"}),
        ('<value xsi:type="ST"/>', {}),
        ('<value xsi:type="ED" representation="B64">AAAA</value>', {}),
        ('<value xsi:type="BL" value="false"/>', {"words": "false"}),
        ('<value xsi:type="TS" value="20150722"/>', {"words": "2015-07-22"}),
        ('<value xsi:type="RTO_PQ_PQ"><numerator value="1"/><denominator value="128"/></value>', {"words": "1:128"}),
        ('<value xsi:type="CD" nullFlavor="UNK"/>', {}),
        ('<value xsi:type="voc:CD" xmlns:voc="urn:hl7-org:v3" code="260385009" codeSystem="s"/>',
         {"concept": {"coding": [{"system": "s", "code": "260385009"}]}}),
        ('<value xsi:type="CD" nullFlavor="OTH"><translation code="N" codeSystem="t"/></value>',
         {"concept": {"coding": [{"system": "t", "code": "N"}]}}),
        ('<value xsi:type="CD" nullFlavor="OTH"><originalText>as seen</originalText></value>', {"concept": {"text": "as seen"}}),
    ],
)  # fmt: skip
def test_a_value_is_a_number_a_concept_or_words_and_a_null_flavour_is_none(value, said):
    assert result(value).get("value", {}) == said


def test_a_reference_range_has_the_bounds_that_are_told():
    limits = '<referenceRange><observationRange><value xsi:type="IVL_PQ"><low value="4.5"/><high nullFlavor="PINF"/></value></observationRange></referenceRange>'
    assert result(quantity("5", "g/L") + limits)["range_low"] == "4.5"
    assert "range_high" not in result(quantity("5", "g/L") + limits)


MOTHER = subject("MTH")
OF_MOTHER = statement("observation", PNEUMONIA, MOTHER)
OF_PATIENT = statement("observation", PNEUMONIA)


@pytest.mark.parametrize(
    ("inside", "is_of_another"),
    [
        (section("11450-4", concern(OF_PATIENT)), False),
        (section("11450-4", concern(OF_MOTHER)), True),
        (section("11450-4", concern(OF_PATIENT).replace("<entryRel", f"{MOTHER}<entryRel")), True),
        (section("11450-4", organizer(concern(OF_PATIENT)).replace("<component", f"{MOTHER}<component", 1)), True),
        (section("11450-4", concern(OF_PATIENT)).replace("<entry ", f"{MOTHER}<entry "), True),
        (section("x", inner=f"<component>{section('11450-4', concern(OF_PATIENT))}</component>")
         .replace("<component>", f"{MOTHER}<component>"), True),
        (section("11450-4", concern(OF_MOTHER.replace("MTH", "121026"))), True),
        (section("11450-4", concern(OF_MOTHER.replace("<code code=\"MTH\"/>", ""))), True),
        (section("11450-4", concern(OF_MOTHER.replace("<subject>", '<subject nullFlavor="NI">'))), False),
        (section("11450-4", concern(statement("observation", PNEUMONIA, subject("ONESELF"))))
         .replace("<entry ", f"{MOTHER}<entry "), False),
    ],
)  # fmt: skip
def test_the_nearest_subject_takes_the_patients_place_for_all_that_is_within_it(inside, is_of_another):
    assert one("problem", document(inside))["is_of_another"] is is_of_another


def test_the_subject_of_one_section_is_not_that_of_the_next():
    sections = (section("11450-4", concern(OF_PATIENT)), section("11450-4", concern(OF_PATIENT)))
    found = of("problem", document(sections[0].replace("<entry ", f"{MOTHER}<entry "), sections[1]))
    assert [problem["is_of_another"] for problem in found] == [True, False]


DIAGNOSIS = (
    '<entryRelationship><act><templateId root="2.16.840.1.113883.10.20.22.4.80"/><entryRelationship typeCode="SUBJ">'
    f"{OF_PATIENT}</entryRelationship></act></entryRelationship>"
)


def test_a_diagnosis_inherits_the_subject_and_the_negation_of_its_encounter():
    def diagnosis(data: str) -> tuple[bool, bool]:
        found = one("problem", document(section("46240-8", data)))
        return found["is_of_another"], found["negated"]

    assert diagnosis(statement("encounter", DIAGNOSIS)) == (False, False)
    assert diagnosis(statement("encounter", MOTHER, DIAGNOSIS)) == (True, False)
    assert diagnosis(statement("encounter", DIAGNOSIS, extra='negationInd="true"')) == (False, True)
    negated = DIAGNOSIS.replace("<entryRelationship>", '<entryRelationship negationInd="true">')
    assert diagnosis(statement("encounter", negated)) == (False, True)


def limits(low: str, high: str, interpreted: str = "", unit: str = "") -> str:
    """A reference range."""
    said = f'<interpretationCode code="{interpreted}"/>' if interpreted else ""
    ends = "".join(f'<{side} value="{end}" unit="{unit}"/>' for side, end in (("low", low), ("high", high)) if end)
    return f'<referenceRange><observationRange><value xsi:type="IVL_PQ">{ends}</value>{said}</observationRange></referenceRange>'


@pytest.mark.parametrize(
    ("ranges", "low", "high"),
    [
        (limits("2.5", "6.5", "HH") + limits("3.5", "5.1"), "3.5", "5.1"),
        (limits("2.5", "6.5") + limits("3.5", "5.1", "N"), "3.5", "5.1"),
        (limits("", "6.5", "HH"), None, None),
        (limits("", "", "N") + limits("3.5", "5.1"), "3.5", "5.1"),
        (limits("135", "200", unit="mg/dL"), None, None),
        (limits("135", "200", unit="mg/dL") + limits("3.5", "5.1", unit="mmol/l"), "3.5", "5.1"),
    ],
)
def test_a_reference_range_is_what_is_normal_in_the_unit_of_the_value(ranges, low, high):
    found = result(quantity("5", "mmol/L") + ranges)
    assert (found.get("range_low"), found.get("range_high")) == (low, high)


@pytest.mark.parametrize(
    ("dose", "amount", "unit"),
    [
        ('<doseQuantity value="2" unit="mg"/>', "2", "mg"),
        ('<doseQuantity><low value="1" unit="mg"/><high value="2" unit="mg"/></doseQuantity>', "1 mg - 2 mg", None),
        ('<doseQuantity><low value="1" unit="mg"/></doseQuantity>', "1", "mg"),
        ('<doseQuantity><low value="1" unit="mg"/><high value="1" unit="mg"/></doseQuantity>', "1", "mg"),
        ('<doseQuantity><low value="1" unit="mg"/><high nullFlavor="NI"/></doseQuantity>', "1", "mg"),
        ('<doseQuantity><high value="2" unit="mg"/></doseQuantity>', "<=2", "mg"),
        ('<doseQuantity nullFlavor="UNK"/>', None, None),
    ],
)
def test_a_dose_that_is_a_range_is_not_its_low_end(dose, amount, unit):
    found = one("medication", document(section("10160-0", drug("573621", dose))))
    assert (found.get("dose"), found.get("dose_unit")) == (amount, unit)


@pytest.mark.parametrize(("flag", "negated"), [("true", True), ("1", True), ("false", False)])
def test_a_negated_relation_negates_what_it_holds(flag, negated):
    entry = concern(statement("observation", PNEUMONIA)).replace('"SUBJ"', f'"SUBJ" negationInd="{flag}"')
    assert one("problem", document(section("11450-4", entry)))["negated"] is negated


@pytest.mark.parametrize(
    ("flags", "negated", "status"),
    [
        ({}, False, "completed"),
        ({"inner": 'negationInd="true"'}, True, "completed"),
        ({"inner": 'negationInd="false"'}, False, "completed"),
        ({"outer": 'negationInd="true"'}, True, "completed"),
        ({"act": "nullified"}, False, "nullified"),
        ({"act": "cancelled"}, False, "cancelled"),
        ({"act": "aborted"}, False, "completed"),
        ({"own": None, "act": "aborted"}, False, "aborted"),
    ],
)
def test_negation_and_undoing_reach_what_a_concern_holds(flags, negated, status):
    problem = statement("observation", PNEUMONIA, status=flags.get("own", "completed"), extra=flags.get("inner", ""))
    act = concern(problem, status=flags.get("act", "active"), extra=flags.get("outer", ""))
    found = one("problem", document(section("11450-4", act)))
    assert (found["negated"], found["status"], found["mood"]) == (negated, status, "EVN")


def problem_named(value: str, *content: str, text: str = "") -> dict:
    entry = concern(statement("observation", value, *content))
    return one("problem", document(section("11450-4", entry, text=text))).get("code", {})


def test_words_are_the_authors_own_and_come_from_the_narrative_where_they_are_referred_to():
    told = '<table><tr><td ID="p1">Lung <b>inflam</b>mation<br/>left<!-- no --></td><td>x</td></tr></table>'
    referred = PNEUMONIA.replace("></value>", '><originalText><reference value="#p1"/></originalText></value>')
    assert problem_named(referred, text=told)["text"] == "Lung inflammation left"
    assert problem_named(referred.replace("#p1", "#gone"), text=told).get("text") is None
    assert problem_named(referred.replace("#p1", "p1"), text=told).get("text") is None


def test_the_text_of_a_statement_names_it_only_where_no_code_could():
    narrative, pointer = '<content ID="t">Tired</content>', '<text><reference value="#t"/></text>'
    assert problem_named('<value xsi:type="CD" nullFlavor="OTH"/>', pointer, text=narrative) == {"text": "Tired"}
    assert problem_named('<value xsi:type="CD" nullFlavor="NI"/>', pointer, text=narrative) == {}
    assert "text" not in problem_named(PNEUMONIA, pointer, text=narrative)


def test_a_reference_to_a_whole_table_is_no_name():
    narrative = f'<content ID="t">{"long " * 300}</content>'
    referred = PNEUMONIA.replace("></value>", '><originalText><reference value="#t"/></originalText></value>')
    assert problem_named(referred, text=narrative).get("text") is None


def test_translations_stand_after_their_code():
    value = code("233604007", SNOMED, "Pneumonia", tag="value", inner='<translation code="J18.9" codeSystem="icd"/>')
    assert [coding["code"] for coding in problem_named(value)["coding"]] == ["233604007", "J18.9"]


def test_a_drug_has_its_product_its_dose_and_its_route():
    given = drug("573621", '<routeCode code="C38216" displayName="Inhaled"/><doseQuantity value="2" unit="mg"/>')
    found = one("medication", document(section("10160-0", given)))
    assert (found["dose"], found["dose_unit"], found["route"]) == ("2", "mg", "Inhaled")
    assert found["code"]["coding"][0]["code"] == "573621"
    named = drug("", inner='<code nullFlavor="OTH"/><name>Tea</name>', kind="manufacturedLabeledDrug")
    assert one("medication", document(section("10160-0", named)))["code"] == {"text": "Tea"}


def test_a_fact_belongs_to_the_visit_on_whose_days_it_was():
    def visit(when: str) -> str | None:
        data = document(section("30954-2", observation("1-8", quantity("1", "kg"), when=when)), visit=VISIT)
        return one("result", data).get("visit")

    inside, outside = ("20150720", "201507231159-0500"), ("20150719", "20150724", "2015", "201507", "")
    assert [visit(when) for when in inside] == ["9|v1 @ 1.2.3|p1#2015-07-20"] * 2
    assert [visit(when) for when in outside] == [None] * 5


def test_a_visit_known_to_the_year_claims_no_fact():
    vague = VISIT.replace('low value="201507201000-0500"', 'low value="2015"')
    assert "visit" not in one("result", document(section("30954-2", WEIGHT), visit=vague))


def test_a_visit_that_lasts_holds_until_the_document_was_written():
    lasting = VISIT.replace('<high value="201507231000-0500"/>', '<high nullFlavor="NI"/>')
    data = [document(section("30954-2", observation("1-8", quantity("1", "kg"), when=w)), visit=lasting)
            for w in ("20150722", "20150723")]  # fmt: skip
    assert ["visit" in one("result", d) for d in data] == [True, False]


def test_a_body_without_structure_is_a_record_of_its_own():
    body = '<component><nonXMLBody><text mediaType="application/pdf" representation="B64">AAAA</text></nonXMLBody></component>'
    found = read(document(body=body))
    assert [record.kind for record in found] == ["person", "rest", "rest"]
    assert ">AAAA<" in found[2].raw


GOOD = document(section("8716-3", organizer(WEIGHT)))
ENTITY = '<!DOCTYPE ClinicalDocument [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "empty_file"),
        (b" \n ", "empty_file"),
        (GOOD[:-30].encode(), "not_xml"),
        (GOOD[:400].encode(), "not_xml"),
        ((GOOD + GOOD.split("?>", 1)[1]).encode(), "not_xml"),
        (b"MSH|^~\\&|a", "not_xml"),
        (b'{"resourceType":"Bundle"}', "not_xml"),
        (b"<html/>", "not_cda"),
        (b"<ClinicalDocument/>", "not_cda"),
        (b'<levelone xmlns="urn:hl7-org:v1"/>', "not_cda"),
        (GOOD.replace("urn:hl7-org:v3", "urn:hl7-org:v2").encode(), "not_cda"),
        (GOOD.replace("Hand", "H\xe4nd").encode("latin-1"), "wrong_encoding"),
        (GOOD.replace("Hand", "Ha\x00nd").encode(), "nul_byte"),
        (GOOD.replace("Hand", "Ha\x01nd").encode(), "not_xml"),
        (GOOD.replace("UTF-8", "UTF-7").encode(), "unknown_encoding"),
        (GOOD.replace("UTF-8", "punycode").encode(), "unknown_encoding"),
        (GOOD.replace("UTF-8", "iso-8859-99").encode(), "wrong_encoding"),
        (GOOD.encode("utf-16"), "not_utf8"),
        (GOOD.replace("?>", "?>" + ENTITY).replace("Hand", "&b;").encode(), "document_type"),
        (GOOD.replace("?>", "?><!-- c --> <?p i?>" + ENTITY).encode(), "document_type"),
        (GOOD.replace("?>", '?><!DOCTYPE x SYSTEM "file:///etc/hostname">').encode(), "document_type"),
        (GOOD.replace("Hand", "&unknown;").encode(), "not_xml"),
        (GOOD.replace("<section>", "<section>" + "<x>" * 300 + "</x>" * 300).encode(), "not_xml"),
        (GOOD.replace("Hand", "x" * 11_000_000).encode(), "not_xml"),
        (document(patient="").encode(), "not_one_patient"),
        (document(patient=PATIENT * 2).encode(), "not_one_patient"),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_trusted_is_refused_whole(data, rule):
    with pytest.raises(FileFault) as caught:
        read(data)
    assert caught.value.rule == rule
    assert "Hand" not in str(caught.value) and "Ada" not in str(caught.value)


@pytest.mark.parametrize("keep", [10, 60, -9, -1])
def test_a_gzip_that_is_cut_is_damaged(tmp_path, keep):
    from twinlake.engine.wire.text import open_plain

    (tmp_path / "a.xml.gz").write_bytes(gzip.compress(GOOD.encode())[:keep])
    with pytest.raises(FileFault) as caught, open_plain(tmp_path / "a.xml.gz") as stream:
        list(reader("ccda")(stream, DOCUMENT))
    assert caught.value.rule == "damaged_gzip"


def test_a_document_is_read_in_the_encoding_it_says():
    for encoding in ("iso-8859-1", "windows-1252", "UTF-8"):
        said = GOOD.replace("UTF-8", encoding).replace("Hand", "H\xe4nd")
        assert "H\xe4nd" in read(said.encode(encoding))[0].raw
    assert read(b"\xef\xbb\xbf" + GOOD.encode()) == read(GOOD)


def test_ten_thousand_comments_before_the_document_cost_no_time():
    assert len(read(GOOD.replace("?>", "?>" + "<!-- c -->" * 10_000))) == len(read(GOOD))


def test_context_that_would_be_repeated_a_thousand_times_is_refused():
    heavy = organizer(*[observation("1-8", quantity(str(n), "kg"), ident=str(n)) for n in range(2000)])
    with pytest.raises(FileFault) as caught:
        read(document(section("30954-2", heavy.replace("<statusCode", f"<text>{'x' * 200_000}</text><statusCode", 1))))
    assert caught.value.rule == "too_much_context"


def test_nothing_is_said_of_other_namespaces_and_they_are_kept():
    strange = WEIGHT.replace("</observation>", '<e:note xmlns:e="urn:epic" value="here"/></observation>')
    (vital,) = [record for record in read(document(section("8716-3", strange))) if record.kind == "vital"]
    assert 'value="here"' in vital.raw


def test_all_there_is_in_a_document_is_in_some_record():
    tokens = [f"token{n}" for n in range(9)]
    marked = document(
        section("8716-3", organizer(WEIGHT.replace("70", "token0"), status="token1"), text="token2"),
        section("18776-5", statement("act", "<text>token3</text>"), inner=f"<component>{section('token4')}</component>"),
        visit=VISIT.replace("West wing", "token5"), patient=PATIENT.replace("Boston", "token6"),
        ident='<id root="5" extension="d1"/><title>token7</title>',
    ).replace("<structuredBody>", '<structuredBody classCode="token8">')  # fmt: skip
    raws = "".join(record.raw for record in read(marked))
    assert [token for token in tokens if token not in raws] == []


# What a reader of the standard would count: entries of a section, by its LOINC code alone. 42347-5, 10219-4, 59769-0,
# 11535-2 and 55109-3 are diagnoses and complications; 59774-0 is anaesthesia.
SECTION = "//h:section[contains('{codes}', h:code/@code)]"
COUNTED = {
    "person": "//h:recordTarget",
    "problem": SECTION.format(codes="11450-4 42347-5 10219-4 59769-0 11535-2")
    + "/h:entry/h:act/h:entryRelationship[@typeCode='SUBJ']/h:observation"
    "|//h:section[h:code/@code='55109-3']/h:entry/h:observation"
    "|//h:section[h:code/@code='46240-8']/h:entry/h:encounter/h:entryRelationship/h:act"
    "[h:templateId/@root='2.16.840.1.113883.10.20.22.4.80']/h:entryRelationship/h:observation",
    "result": SECTION.format(codes="30954-2") + "/h:entry/h:organizer/h:component/h:observation",
    "vital": SECTION.format(codes="8716-3") + "/h:entry/h:organizer/h:component/h:observation",
    "medication": SECTION.format(codes="10160-0 42346-7 59774-0") + "/h:entry/h:substanceAdministration"
    "|//h:section[h:code/@code='75311-1']/h:entry/h:act/h:entryRelationship/h:substanceAdministration",
    "immunization": SECTION.format(codes="11369-6") + "/h:entry/h:substanceAdministration",
    "procedure": SECTION.format(codes="47519-4") + "/h:entry/*|//h:section[h:code/@code='59774-0']/h:entry/h:procedure",
    "allergy": SECTION.format(codes="48765-2") + "/h:entry/h:act/h:entryRelationship[@typeCode='SUBJ']/h:observation"
    "[not(h:templateId/@root='2.16.840.1.113883.10.20.22.4.8')]",
    "social": SECTION.format(codes="29762-2") + "/h:entry/h:observation",
    "visit": SECTION.format(codes="46240-8") + "/h:entry/h:encounter|//h:encompassingEncounter",
}


def without_section(raw: str) -> str:
    """A record as it is told in any section."""
    return re.sub(r' section="[^"]*"', "", raw, count=1)


def real(shared_data) -> dict[str, bytes]:
    with zipfile.ZipFile(shared_data / "ccda_documents" / "ccda_22.zip") as packed:
        return {name: packed.read(name) for name in packed.namelist() if name.endswith(".ccda")}


@pytest.mark.shared_data
def test_real_documents_hold_as_many_statements_as_xpath_counts(shared_data):
    documents = real(shared_data)
    assert len(documents) == 22
    for name, data in documents.items():
        root = etree.fromstring(data)
        wanted = Counter(
            {kind: len(root.xpath(path, namespaces={"h": "urn:hl7-org:v3"})) for kind, path in COUNTED.items()}
        )
        found = Counter(record.kind for record in read(data) if record.kind not in ("rest", "care_site"))
        assert found == +wanted, name


@pytest.mark.shared_data
def test_every_element_of_a_real_document_is_in_one_of_its_records(shared_data):
    def content(root) -> Counter:
        elements = [e for e in root.iter() if isinstance(e.tag, str) and not e.tag.startswith("{urn:twinlake")]
        return Counter((e.tag, (e.text or "").strip(), *sorted(e.attrib.items())) for e in elements)

    for name, data in real(shared_data).items():
        everything: Counter = Counter()
        for record in read(data):
            everything += content(etree.fromstring(record.raw))
        assert content(etree.fromstring(data)) - everything == Counter(), name


@pytest.mark.shared_data
def test_every_record_of_a_real_document_is_json_and_no_key_stands_twice_with_other_content(shared_data):
    for name, data in real(shared_data).items():
        records = read(data)
        assert all(json.loads(translator("ccda")(record.raw)) for record in records), name
        said = {(record.identity, record.version, without_section(record.raw)) for record in records}
        assert len(said) == len({(identity, version) for identity, version, _ in said}), name
