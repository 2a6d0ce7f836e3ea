"""When what a C-CDA statement tells began and ended, and whether it is over."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from tests.support.ccda_sample import LOINC, SNOMED, code, concern, document, observation, quantity, section, statement
from twinlake.catalog.sources._ccda_feeds import DOCUMENT
from twinlake.engine.wire import reader, translator


def one(kind: str, *sections: str, **rest: str) -> dict:
    records = reader("ccda")(BytesIO(document(*sections, **rest).encode()), DOCUMENT)
    (found,) = [json.loads(translator("ccda")(r.raw)) for r in records if r.kind == kind]
    return found


@pytest.mark.parametrize(
    ("low", "width", "end"),
    [
        ("20200101", 'value="10" unit="d"', "2020-01-11T00:00:00Z"),
        ("202001010800-0500", 'value="10" unit="d"', "2020-01-11T08:00:00-05:00"),
        ("202001010800", 'value="90" unit="min"', "2020-01-01T09:30:00"),
        ("20200101", 'value="1.5" unit="wk"', "2020-01-11T12:00:00Z"),
        ("20200101", 'value="1" unit="mo"', "2020-01-31T10:30:00Z"),
        ("20200101", 'value="10" unit="fortnight"', None),
        ("20200101", 'value="10"', None),
        ("20200101", 'value="some" unit="d"', None),
        ("20200101", 'value="1e30" unit="d"', None),
        ("20200101", 'value="nan" unit="d"', None),
        ("20200101", 'nullFlavor="UNK" value="10" unit="d"', None),
        ("2020", 'value="10" unit="d"', None),
        ("200130212", 'value="10" unit="d"', None),
        ("20209999", 'value="10" unit="d"', None),
    ],
)
def test_the_end_of_an_interval_may_be_told_by_its_width(low, width, end):
    """HL7 v3 Data Types, IVL: high is low + width. A month is UCUM's, 30.4375 days."""
    when = f'<effectiveTime><low value="{low}"/><width {width}/></effectiveTime>'
    found = one("result", section("30954-2", observation("1-8", quantity("1", "kg"), when=when)))
    assert found.get("end") == end


def test_an_end_that_is_told_counts_before_a_width_and_a_width_without_a_start_is_none():
    def end(times: str) -> str | None:
        when = f"<effectiveTime>{times}</effectiveTime>"
        return one("result", section("30954-2", observation("1-8", quantity("1", "kg"), when=when))).get("end")

    width = '<width value="10" unit="d"/>'
    assert end(f'<low value="20200101"/>{width}<high value="20200105"/>') == "2020-01-05"
    assert end(width) is None


def test_an_encounter_ends_with_its_width():
    when = '<effectiveTime><low value="202001010800"/><width value="1" unit="h"/></effectiveTime>'
    assert one("visit", section("46240-8", statement("encounter", when=when)))["end"] == "2020-01-01T09:00:00"
    header = (
        f'<componentOf><encompassingEncounter><id root="9" extension="v"/>{when}</encompassingEncounter></componentOf>'
    )
    at = section("30954-2", observation("1-8", quantity("1", "kg"), when="20200101"))
    assert one("result", at, visit=header)["visit"] == "9|v @ 1.2.3|p1#2020-01-01"
    later = section("30954-2", observation("1-8", quantity("1", "kg"), when="20200102"))
    assert "visit" not in one("result", later, visit=header)


def status(
    snomed: str, coded: str = code("33999-4", LOINC), extra: str = "", template: str = "", act: str = "completed"
) -> str:
    known = f'<templateId root="2.16.840.1.113883.10.20.22.4.{template}"/>' if template else ""
    value = code(snomed, SNOMED, tag="value")
    inner = statement("observation", known, coded, value, when="", extra=extra, status=act)
    return f'<entryRelationship typeCode="REFR">{inner}</entryRelationship>'


LASTS, UNTOLD = '<low value="2013"/>', '<low value="2013"/><high nullFlavor="NI"/>'
IN_OTHER_WORDS = code("CONC", "2.16.840.1.113883.5.6")


@pytest.mark.parametrize(
    ("when", "said", "over"),
    [
        (LASTS, status("55561003"), False),
        (LASTS, status("73425007"), True),
        (LASTS, status("413322009"), True),
        (LASTS, status("277022003"), True),
        (LASTS, status("246455001"), False),
        (UNTOLD, status("413322009"), True),
        (LASTS, status("413322009", IN_OTHER_WORDS, template="6"), True),
        (LASTS, status("413322009", IN_OTHER_WORDS, template="28"), True),
        (LASTS, status("413322009", IN_OTHER_WORDS, template="8"), False),
        (LASTS, status("413322009", code("33999-4", SNOMED)), False),
        (LASTS, status("413322009", extra='negationInd="true"'), False),
        (LASTS, status("413322009", act="nullified"), False),
        (LASTS + '<high value="2014"/>', status("55561003"), True),
        (LASTS + '<high nullFlavor="UNK"/>', status("55561003"), True),
        ('<low value="20130101"/><width value="9" unit="d"/>', "", True),
    ],
)
def test_a_problem_and_an_allergy_are_over_by_their_end_else_by_their_status(when, said, over):
    """C-CDA R1.1, Problem Status and Allergy Status: 55561003 active, 73425007 inactive, 413322009 resolved."""
    told = statement(
        "observation", code("233604007", SNOMED, tag="value"), said, when=f"<effectiveTime>{when}</effectiveTime>"
    )
    for kind, loinc in (("problem", "11450-4"), ("allergy", "48765-2")):
        assert one(kind, section(loinc, concern(told)))["is_over"] is over


def test_the_status_of_a_concern_and_that_of_another_problem_say_nothing_of_this_one():
    plain = statement("observation", code("1", SNOMED, tag="value"), when="2013")
    of_concern = concern(plain, status="completed").replace("</act>", f"{status('413322009')}</act>")
    assert one("problem", section("11450-4", of_concern))["is_over"] is False
