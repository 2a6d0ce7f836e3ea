"""Whatever a Bundle holds: each entry is accounted for, and what was kept is what came."""

from __future__ import annotations

import json
from io import BytesIO

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.property.test_landing import MUTATION, check_accounts, mutated
from twinlake.catalog.sources.fhir_bundle import BUNDLE
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire.fhir_bundle import read

WRITTEN = b"""{
  "resourceType": "Bundle", "type": "transaction",
  "entry": [
    {"fullUrl": "urn:uuid:p1",
     "resource": {"resourceType": "Patient", "id": "p1", "name": [{"family": "D\xc3\xa9 \\"x\\" {["}]}},
    {"fullUrl": "urn:uuid:u2", "resource": {"resourceType": "Encounter", "id": "e1",
      "subject": {"reference": "urn:uuid:p1"}}, "request": {"method": "POST", "url": "Encounter"}},
    {"resource": {"resourceType": "Observation", "subject": {"reference": "Patient/p1"},
      "encounter": {"reference": "urn:uuid:u2"}, "valueQuantity": {"value": 5.10}}},
    {"request": {"method": "DELETE", "url": "Condition/c1"}}
  ]
}
"""
TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
LEAF = st.one_of(st.none(), st.booleans(), TEXT, st.integers(), st.floats(allow_nan=False, allow_infinity=False))
VALUE = st.recursive(LEAF, lambda v: st.one_of(st.lists(v, max_size=3), st.dictionaries(TEXT, v, max_size=3)))
RESOURCE = st.builds(
    lambda kind, ident, rest: {**rest, "resourceType": kind, "id": ident},
    st.sampled_from(["Patient", "Observation", "Unheard"]),
    st.from_regex(r"[A-Za-z0-9.-]{1,8}", fullmatch=True),
    st.dictionaries(TEXT.filter(lambda name: name not in ("subject", "patient", "beneficiary")), VALUE, max_size=3),
)


def items(data: bytes) -> list[Record | Fault]:
    return list(read(BytesIO(data), BUNDLE))


@settings(max_examples=600)
@given(st.lists(MUTATION, max_size=4))
def test_every_entry_of_a_mutated_bundle_is_accounted_for(changes):
    check_accounts(mutated(WRITTEN, changes), BUNDLE)


@settings(max_examples=600)
@given(st.lists(MUTATION, max_size=4))
@example([(0.44140625, 3, b'"')])  # an empty id is none
def test_what_lands_of_a_mutated_bundle_is_sound_and_of_a_sound_one_every_entry_is_told(changes):
    data = mutated(WRITTEN, changes)
    try:
        found = items(data)
    except FileFault:
        return
    for record in (item for item in found if isinstance(item, Record)):
        assert orjson.loads(record.raw)["resourceType"] == record.kind
        told = json.loads(record.raw, parse_int=str, parse_float=str).get("id")
        assert record.key == (told if isinstance(told, str) and told else None)
    try:
        whole = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return
    assert len(found) == len(whole.get("entry", []) if whole.get("resourceType") == "Bundle" else [whole])


@settings(max_examples=300)
@given(st.lists(RESOURCE, max_size=5), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_the_records_of_a_bundle_are_its_resources_however_it_is_laid_out(resources, indent, in_ascii):
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}
    found = items(json.dumps(bundle, indent=indent, ensure_ascii=in_ascii).encode())
    sound = [item for item in found if isinstance(item, Record)]
    assert [json.loads(record.raw) for record in sound] == resources
    assert [(r.kind, r.key) for r in sound] == [(r["resourceType"], r["id"]) for r in resources]


@settings(max_examples=300)
@given(st.permutations(range(4)))
def test_a_record_is_the_same_wherever_in_the_bundle_it_stands(order):
    bundle = json.loads(WRITTEN)
    shuffled = json.dumps({**bundle, "entry": [bundle["entry"][n] for n in order]}).encode()
    straight = json.dumps(bundle).encode()
    assert {item[1:] for item in items(shuffled)} == {item[1:] for item in items(straight)}
