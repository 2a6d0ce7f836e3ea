"""What a C-CDA statement is called: ids are copied from one document to the next, and what is said is corrected."""

from __future__ import annotations

import json
import zipfile
from collections import defaultdict
from collections.abc import Callable
from io import BytesIO

import pytest

from tests.support.ccda_sample import (
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
)
from twinlake.catalog.sources._ccda_feeds import DOCUMENT
from twinlake.engine.wire import Record, reader, translator


def read(data: str | bytes) -> list[Record]:
    return list(reader("ccda")(BytesIO(data.encode() if isinstance(data, str) else data), DOCUMENT))


def keys(kind: str, *sections: str, **rest: str) -> list[str]:
    return [record.key for record in read(document(*sections, **rest)) if record.kind == kind]


def value(snomed: str) -> str:
    return code(snomed, SNOMED, "", tag="value")


def problem(snomed: str, **rest: str) -> str:
    return section("11450-4", concern(statement("observation", value(snomed), ident="x", **rest)))


def allergy(rxnorm: str, kind: str = "419199007", **rest: str) -> str:
    entity = f"<playingEntity>{code(rxnorm, RXNORM)}</playingEntity>" if rxnorm else ""
    substance = f'<participant typeCode="CSM"><participantRole>{entity}</participantRole></participant>'
    return section("48765-2", concern(statement("observation", value(kind), substance, ident="x", **rest)))


def result(loinc: str, number: str = "1", **rest: str) -> str:
    return section("30954-2", organizer(observation(loinc, quantity(number, "kg"), ident="x", **rest)))


def medication(rxnorm: str, **rest: str) -> str:
    return section("10160-0", drug(rxnorm, ident="x", **rest))


def vaccine(cvx: str, **rest: str) -> str:
    return section("11369-6", drug(cvx, ident="x", **rest))


def procedure(snomed: str, **rest: str) -> str:
    return section("47519-4", statement("procedure", code(snomed, SNOMED), ident="x", **rest))


ABOUT: dict[str, Callable[..., str]] = {
    "problem": problem, "allergy": allergy, "result": result, "medication": medication, "immunization": vaccine,
    "procedure": procedure,
}  # fmt: skip
EVENTS = ("result", "immunization", "procedure")


@pytest.mark.parametrize("kind", ABOUT)
def test_an_id_that_the_next_document_gives_to_something_else_overwrites_nothing(kind):
    first, other, again = (keys(kind, ABOUT[kind](about), written=when)
                           for about, when in (("1", "20150722"), ("2", "20150723"), ("1", "20150724")))  # fmt: skip
    assert first == again != other and first[0].startswith("8|x @ 1.2.3|p1#")


@pytest.mark.parametrize("kind", ABOUT)
def test_what_happens_again_under_a_copied_id_is_another_thing_and_what_lasts_may_have_begun_otherwise(kind):
    first, other = (keys(kind, ABOUT[kind]("1", when=when)) for when in ("20080319", "20130311"))
    assert (first != other) == (kind in EVENTS)


def test_a_correction_meets_what_it_corrects():
    assert keys("result", result("1-8", "70")) == keys("result", result("1-8", "7"))
    assert keys("problem", problem("1", status="active")) == keys("problem", problem("1", status="completed"))
    assert keys("allergy", allergy("7980")) == keys("allergy", allergy("7980", kind="416098002"))


def test_a_key_is_the_same_whatever_else_the_document_gives_that_id_to():
    """A first version gives one id to two problems, the next to one of them: it is still that one."""
    both = keys("problem", problem("1"), problem("2"))
    assert len({*both}) == 2 and keys("problem", problem("2")) == both[1:]
    shots = [vaccine("88", when=when) for when in ("199911", "19981215")]
    assert keys("immunization", *shots)[1:] == keys("immunization", shots[1])


def test_what_no_code_tells_is_known_by_its_words_wherever_they_stand():
    def named(words: str, ident: str) -> str:
        pointer = f'<originalText><reference value="#{ident}"/></originalText>'
        told = f'<value xsi:type="CD" nullFlavor="OTH">{pointer}</value>'
        entry = concern(statement("observation", told, ident="x"))
        return section("11450-4", entry, text=f'<content ID="{ident}">{words}</content>')

    first, same, other = (
        keys("problem", named(*said)) for said in (("Sore throat", "a"), ("sore  throat", "b"), ("Gout", "a"))
    )
    assert first == same != other


def test_an_allergy_without_a_substance_is_known_by_its_kind():
    assert keys("allergy", allergy("", "416098002")) != keys("allergy", allergy("", "414285001"))


def encounter(when: str, ident: str = "v1", root: str = "9") -> str:
    return section("46240-8", statement("encounter", ident=ident, when=when).replace('root="8"', f'root="{root}"'))


def test_a_visit_is_known_by_its_id_and_its_first_day():
    hours = (
        '<effectiveTime><low value="20120927080000-0500"/></effectiveTime>', "201209271300-0500", "20120927",
    )  # fmt: skip
    assert {key for when in hours for key in keys("visit", encounter(when))} == {"9|v1 @ 1.2.3|p1#2012-09-27"}
    assert keys("visit", encounter("20130731")) == ["9|v1 @ 1.2.3|p1#2013-07-31"]
    assert keys("visit", encounter('<effectiveTime nullFlavor="UNK"/>')) == ["9|v1 @ 1.2.3|p1"]


def test_an_encounter_of_the_documents_own_id_and_days_is_its_visit_and_one_of_other_days_is_not():
    own = "9|v1 @ 1.2.3|p1#2015-07-20"
    assert keys("visit", encounter("201507221000"), visit=VISIT) == [own, own]
    assert keys("visit", encounter('<effectiveTime nullFlavor="UNK"/>'), visit=VISIT) == [own, own]
    assert keys("visit", encounter("20140101"), visit=VISIT) == [own, "9|v1 @ 1.2.3|p1#2014-01-01"]
    assert keys("visit", encounter("20150722", root="8"), visit=VISIT) == [own, "8|v1 @ 1.2.3|p1#2015-07-22"]


def test_diagnoses_of_a_visit_are_numbered_through_all_of_its_acts():
    act = (
        '<entryRelationship><act><templateId root="2.16.840.1.113883.10.20.22.4.80"/><entryRelationship '
        'typeCode="SUBJ">{}</entryRelationship></act></entryRelationship>'
    )
    acts = [act.format(statement("observation", value(n))) for n in "12"]
    found = keys("problem", section("46240-8", statement("encounter", *acts, ident="v")))
    assert [key.split(" @ ")[1] for key in found] == [f"1.2.3|p1#2015-07-22 diagnosis {n}" for n in (1, 2)]


@pytest.mark.shared_data
def test_no_key_of_the_real_documents_names_two_codes_or_two_times_of_what_happened(shared_data):
    """22 documents, half of them of two patients, whose ids were copied from sample to sample."""
    told: dict[tuple[str, str], set] = defaultdict(set)
    with zipfile.ZipFile(shared_data / "ccda_documents" / "ccda_22.zip") as packed:
        documents = [packed.read(name) for name in packed.namelist() if name.endswith(".ccda")]
    for data in documents:
        for record in read(data):
            said = json.loads(translator("ccda")(record.raw))
            about = said.get("substance") if record.kind == "allergy" else said.get("code")
            coded = ((about or {}).get("coding") or [{}])[0].get("code") if record.kind != "visit" else None
            happened = record.kind in (*EVENTS, "vital", "social")
            when = said.get("start") if happened else said.get("start", "")[:10] if record.kind == "visit" else None
            if record.kind not in ("rest", "person", "care_site"):
                told[record.kind, record.key].add((coded, when))
    assert len(documents) == 22 and len(told) > 200
    assert {key: said for key, said in told.items() if len(said) > 1} == {}
