"""FHIR Bundles as they should be, and as they come."""

from __future__ import annotations

import gzip
import json
from io import BytesIO

import pytest

from twinlake.catalog.sources.fhir_bundle import BUNDLE
from twinlake.engine.wire import ON_DELIVERY, Fault, FileFault, Record
from twinlake.engine.wire.fhir_bundle import read
from twinlake.engine.wire.text import open_plain

ADA = {"resourceType": "Patient", "id": "ada", "identifier": [{"system": "urn:mrn", "value": "7"}]}


def entry(resource: dict, full_url: str | None = None, **rest) -> dict:
    return {**({"fullUrl": full_url} if full_url else {}), "resource": resource, **rest}


def seen(patient: str, ident: str = "e1", **rest) -> dict:
    return {"resourceType": "Encounter", "id": ident, "subject": {"reference": patient}, **rest}


def bundle(*entries: dict, kind: str = "transaction") -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def holding(*texts: str | bytes) -> bytes:
    """A Bundle whose entries are these texts as they stand."""
    every = b",\n".join(t.encode() if isinstance(t, str) else t for t in texts)
    return b'{"resourceType":"Bundle","type":"collection","entry":[' + every + b"]}"


def found(data: bytes) -> list[Record | Fault]:
    return list(read(BytesIO(data), BUNDLE))


def rules(items: list[Record | Fault]) -> list[str | None]:
    return [item.rule if isinstance(item, Fault) else None for item in items]


FIRST = '{"resource":{"resourceType":"Organization","id":"first"}}'
LAST = '{"resource":{"resourceType":"Organization","id":"last"}}'


@pytest.mark.parametrize("kind", ["transaction", "batch", "collection", "searchset", "history", "document"])
def test_a_resource_has_its_type_its_key_its_person_and_its_version(kind):
    encounter = seen("Patient/ada", meta={"lastUpdated": "2026-01-01T00:00:00Z"})
    (record,) = found(bundle(entry(encounter), kind=kind))
    assert record == Record(0, json.dumps(encounter), "e1", "ada", "2026-01-01T00:00:00Z", "Encounter")
    assert record.identity == "Encounter|e1"


@pytest.mark.parametrize("indent", [None, 1, 4, "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_breaks_and_indentation_are_no_part_of_a_record(indent, end):
    resource = {"resourceType": "Patient", "id": "1", "name": [{"given": ["a  b\nc\td"]}], "extension": []}
    written = json.dumps(json.loads(bundle(entry(resource))), indent=indent).replace("\n", end)
    (record,) = found(b"\xef\xbb\xbf" + written.encode() + b"\n")
    assert "\n" not in record.raw and "\r" not in record.raw and json.loads(record.raw) == resource


def test_digits_escapes_the_order_of_keys_and_extensions_stay_as_written():
    raw = (
        '{"resourceType":"Observation","id":"1","valueQuantity":{"value":5.10,"unit":"\\u00b5g"},'
        '"extension":[{"url":"urn:own","valueDecimal":1e-7}],"subject":{"reference":"Patient/p"},"n":9007199254740993}'
    )
    (record,) = found(holding(f'{{"resource":{raw}}}'))
    assert record.raw == raw


@pytest.mark.parametrize(
    ("reference", "person"),
    [
        ("Patient/p1", "p1"),
        ("https://host:8443/fhir/Patient/p1/_history/2", "p1"),
        ("urn:uuid:p1", "p1"),
        ("p1", "p1"),
        ("Group/p1", None),
        ("#p1", None),
        ("Patient?identifier=urn:mrn|7", "ada"),
        ("Patient?identifier=urn:mrn%7C7", "ada"),
        ("Patient?identifier=urn:mrn|8", "urn:mrn|8"),
        ("Patient?name=Ada", None),
        ("", None),
        (["Patient/p1"], None),
    ],
)
def test_a_reference_names_the_person_behind_it(reference, person):
    _, encounter = found(bundle(entry(ADA), entry(seen(reference))))
    assert encounter.person == person


@pytest.mark.parametrize("name", ["subject", "patient", "beneficiary"])
def test_the_person_is_whom_the_resource_is_about_and_a_patient_is_their_own(name):
    patient, fact, place = found(
        bundle(
            entry(ADA),
            entry({"resourceType": "Coverage", "id": "c", name: {"reference": "Patient/ada"}}),
            entry({"resourceType": "Organization", "id": "o"}),
        )
    )
    assert (patient.person, fact.person, place.person) == ("ada", "ada", None)


def test_a_reference_within_the_bundle_leads_to_the_id_where_that_is_not_in_the_url():
    """The fact stands before what it refers to, and says `urn:uuid:` of a resource with an id of its own."""
    order = {"resourceType": "MedicationRequest", "id": "m1", "subject": {"reference": "urn:uuid:u1"},
             "encounter": {"reference": "urn:uuid:u2"}, "requester": {"reference": "urn:uuid:elsewhere"},
             "note": [{"text": 'says "reference": "urn:uuid:u1"'}]}  # fmt: skip
    record, *_ = found(bundle(entry(order), entry(ADA, "urn:uuid:u1"), entry(seen("urn:uuid:u1", "e9"), "urn:uuid:u2")))
    assert record.person == "ada"
    assert json.loads(record.raw) == {
        **order, "subject": {"reference": "Patient/ada"}, "encounter": {"reference": "Encounter/e9"}
    }  # fmt: skip


def test_where_url_and_id_agree_a_reference_stays_as_written():
    encounter = seen("urn:uuid:ada")
    _, record = found(bundle(entry(ADA, "urn:uuid:ada"), entry(encounter, "urn:uuid:e1")))
    assert (record.person, record.raw) == ("ada", json.dumps(encounter))


def test_a_url_of_two_resources_leads_to_neither():
    first, second = ({**ADA, "id": ident} for ident in ("a", "b"))
    *_, record = found(bundle(entry(first, "urn:uuid:u"), entry(second, "urn:uuid:u"), entry(seen("urn:uuid:u"))))
    assert record.person is None and json.loads(record.raw)["subject"] == {"reference": "urn:uuid:u"}


def test_a_resource_without_an_id_is_known_by_the_one_in_its_url():
    patient, encounter = found(
        bundle(entry({"resourceType": "Patient"}, "urn:uuid:p9"), entry(seen("urn:uuid:p9"), "urn:uuid:e1"))
    )
    assert (patient.key, patient.person, json.loads(patient.raw)) == (
        "p9",
        "p9",
        {"id": "p9", "resourceType": "Patient"},
    )
    assert encounter.person == "p9"
    (nameless,) = found(bundle(entry({"resourceType": "Patient"})))
    assert (nameless.key, nameless.identity, nameless.raw) == (None, None, '{"resourceType": "Patient"}')


def test_contained_resources_are_no_records_and_stay_inside():
    order = {"resourceType": "MedicationRequest", "id": "m", "contained": [{"resourceType": "Medication", "id": "x"}]}
    (record,) = found(bundle(entry(order)))
    assert record.kind == "MedicationRequest" and json.loads(record.raw) == order


def test_of_a_history_each_version_is_a_record_and_a_deletion_is_the_last():
    def version(day: str) -> dict:
        return entry(seen("Patient/ada", meta={"lastUpdated": day}), "https://h/Encounter/e1")

    gone = {"request": {"method": "DELETE", "url": "Encounter/e1"}, "response": {"lastModified": "2026-01-03"}}
    first, second, last = found(bundle(version("2026-01-01"), version("2026-01-02"), gone, kind="history"))
    assert {r.identity for r in (first, second, last)} == {"Encounter|e1"}
    assert [r.version for r in (first, second, last)] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert json.loads(last.raw) == {"resourceType": "Encounter", "id": "e1", "meta": {"lastUpdated": "2026-01-03"},
                                    "request": {"method": "DELETE", "url": "Encounter/e1"}}  # fmt: skip


def test_a_deleted_patient_is_the_person_of_the_deletion():
    (record,) = found(bundle({"request": {"method": "DELETE", "url": "Patient/ada"}}))
    assert (record.kind, record.key, record.person, record.version) == ("Patient", "ada", "ada", ON_DELIVERY)


def versions(*told: dict, kind: str = "history") -> list[Record | Fault]:
    """A bundle of versions of one Encounter, each with this meta; None: it was deleted, with that response."""
    url = "https://h/Encounter/e1"
    return found(bundle(
        *(entry(seen("Patient/ada", meta=said), url) if "response" not in said
          else {"fullUrl": url, "request": {"method": "DELETE", "url": "Encounter/e1"}, **said} for said in told),
        kind=kind,
    ))  # fmt: skip


def test_versions_without_a_moment_are_ranked_by_their_number_and_a_number_is_no_moment():
    """As a text `10` would be before `9`, and `2020` would be read as a year."""
    told = versions({"response": {"etag": 'W/"2020"'}}, {"versionId": "10"}, {"versionId": "9"})
    assert rules(told) == [None] * 3
    ranks = [record.version for record in told]
    assert ranks == sorted(ranks, reverse=True) and len({*ranks}) == 3
    assert all(rank.startswith("version 0") for rank in ranks)


@pytest.mark.parametrize(
    ("told", "counting", "older"),
    [
        ([{}, {}, {}], [None], [1, 2]),
        ([{"versionId": "b"}, {"versionId": "c"}], [None], [1]),
        ([{"versionId": "2"}, {}], [None], [1]),
        ([{"response": {"status": "204"}}, {"versionId": "1"}], [ON_DELIVERY], [1]),
        ([{"lastUpdated": "2026-01-02"}, {}, {"lastUpdated": "2026-01-01"}], ["2026-01-02", "2026-01-01"], [1]),
        ([{}, {"lastUpdated": "2026-01-01"}], [None, "2026-01-01"], []),
        ([{"lastUpdated": "2026-01-02"}, {"lastUpdated": "2026-01-01"}], ["2026-01-02", "2026-01-01"], []),
    ],
)
def test_of_versions_that_nothing_ranks_the_newest_stands_first_and_the_others_do_not_count(told, counting, older):
    items = versions(*told)
    assert [n for n, rule in enumerate(rules(items)) if rule == "older_version"] == older
    assert [item.version for item in items if isinstance(item, Record)] == counting


def test_only_a_history_has_an_order_and_only_versions_of_one_thing():
    assert rules(versions({}, {}, kind="collection")) == [None, None]
    two = bundle(entry(seen("Patient/ada", "e1")), entry(seen("Patient/ada", "e2")), kind="history")
    assert [item.version for item in found(two)] == [None, None]


def test_one_id_of_two_servers_is_refused_with_all_that_refers_to_it():
    """R4, bundle.html#references: `Patient/1` beside `http://b.org/Encounter/9` is `http://b.org/Patient/1`."""
    patient, place = {"resourceType": "Patient", "id": "1"}, {"resourceType": "Organization", "id": "1"}
    items = found(bundle(
        entry(patient, "http://a.org/Patient/1"), entry(patient, "http://b.org/Patient/1"),
        entry(seen("Patient/1", "e1"), "http://b.org/Encounter/e1"), entry(seen("http://a.org/Patient/1", "e2")),
        entry(seen("Patient/2", "e3"), "http://b.org/Encounter/e3"), entry(place, "http://a.org/Organization/1"),
        {"request": {"method": "DELETE", "url": "Patient/1"}}, kind="searchset",
    ))  # fmt: skip
    assert rules(items) == [
        "ambiguous_id", "ambiguous_id", "ambiguous_reference", "ambiguous_reference", None, None, "ambiguous_id",
    ]  # fmt: skip
    assert json.loads(items[1].raw)["fullUrl"] == "http://b.org/Patient/1"


def test_a_reference_by_a_url_of_its_own_to_an_id_of_two_servers_is_refused():
    first, second = entry(ADA, "urn:uuid:u1"), entry(ADA, "urn:uuid:u2")
    assert rules(found(bundle(first, second, entry(seen("urn:uuid:u2"))))) == [
        "ambiguous_id", "ambiguous_id", "ambiguous_reference",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "other", ["https://a.org/Patient/ada", "http://a.org/Patient/ada/_history/2", "http://a.org/Patient/ada", None]
)
def test_one_thing_told_twice_is_of_one_server(other):
    assert (
        rules(found(bundle(entry(ADA, "http://a.org/Patient/ada"), entry(ADA, other), entry(seen("Patient/ada")))))
        == [None] * 3
    )


@pytest.mark.parametrize("data", [b'{"resourceType":"Bundle"}', bundle()])
def test_a_bundle_of_nothing_holds_nothing(data):
    assert found(data) == []


PATIENT = '{"resourceType":"Patient","id":"1"'


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ('{"fullUrl":"urn:uuid:1"}', "no_resource"),
        ('{"resource":{"id":"1"}}', "no_resource"),
        ('{"resource":{"resourceType":5}}', "no_resource"),
        ('{"resource":{"resourceType":"Patient Smith"}}', "no_resource"),
        ('{"resource":[1]}', "no_resource"),
        ("{}", "no_resource"),
        ("5", "no_resource"),
        ('"text"', "no_resource"),
        ("null", "no_resource"),
        ("[]", "no_resource"),
        ('{"request":{"method":"GET","url":"Patient/1"}}', "no_resource"),
        ('{"request":{"method":"DELETE","url":"Patient?name=Ada"}}', "no_resource"),
        ('{"request":{"method":"DELETE","url":"everything"}}', "no_resource"),
        ('{"request":{"method":"PATCH"},"resource":{"resourceType":"Parameters"}}', "partial_resource"),
        ('{"resource":{"resourceType":"Bundle","entry":[]}}', "bundle_in_bundle"),
        (f'{{"resource":{PATIENT},"modifierExtension":[{{"url":"urn:negated"}}]}}}}', "modifier_extension"),
        (f'{{"resource":{PATIENT}}},"modifierExtension":[{{"url":"urn:negated"}}]}}', "modifier_extension"),
        ('{"request":{"method":"DELETE","url":"Patient/1","modifierExtension":[{}]}}', "modifier_extension"),
        (f'{{"resource":{PATIENT},"implicitRules":"urn:rules"}}}}', "modifier_extension"),
        (f'{{"resource":{PATIENT},"link":[{{"modifier\\u0045xtension":[{{}}]}}]}}}}', "modifier_extension"),
        (f'{{"resource":{PATIENT},"id":"1"}}}}', "duplicate_key"),
        (f'{{"resource":{PATIENT},"name":[{{"a":1,"\\u0061":2}}]}}}}', "duplicate_key"),
        (f'{{"resource":{PATIENT}}},"resource":{PATIENT}}}}}', "duplicate_key"),
        (f'{{"resource":{PATIENT},"n":NaN}}}}', "not_json"),
        (f'{{"resource":{PATIENT},"n":{"9" * 1001}}}}}', "not_json"),
        (f'{{"resource":{PATIENT},"n":{"9" * 5000}}}}}', "not_json"),
        (f'{{"resource":{PATIENT},"n":1.{"0" * 1000}}}}}', "not_json"),
        (f'{{"resource":{PATIENT},"n":"\\ud800"}}}}', "not_json"),
        (f'{{"resource":{PATIENT},"n":"\\x"}}}}', "not_json"),
        (f'{{"resource":{PATIENT},"n":"a\nb"}}}}', "not_json"),
        (f'{{"resource":{PATIENT},\n"n":"a quote without its pair\n}}}}', "not_json"),
        (f'{{"resource":{PATIENT},"n":}}}}', "not_json"),
        (f'{{"resource":{PATIENT},}}}}', "not_json"),
        (f"{{'resource':{PATIENT}}}}}", "not_json"),
        (f'{{"resource":{PATIENT},"n":"'.encode() + b'\xe9"}}', "not_utf8"),
        (f'{{"resource":{PATIENT},"n":"'.encode() + b'\x00"}}', "nul_byte"),
    ],
)
def test_a_bad_entry_costs_itself_and_no_other(broken, rule):
    items = found(holding(FIRST, broken, LAST))
    assert rules(items) == [None, rule, None]
    assert [item.offset for item in items] == [0, 1, 2]
    assert (items[0].key, items[2].key) == ("first", "last")
    assert items[1].raw.startswith(broken[:12] if isinstance(broken, str) else broken[:12].decode())


def test_a_fault_keeps_its_entry_whole_and_bytes_that_are_no_text_as_escapes():
    _, fault, _ = found(holding(FIRST, b'{"resource":{"a":"\xe9\x00"}}', LAST))
    assert fault == Fault(1, '{"resource":{"a":"\\xe9\\x00"}}', "nul_byte", "expected UTF-8 text without NUL")


@pytest.mark.parametrize("depth", [240, 260, 700, 1000, 1500, 100_000])
def test_deep_nesting_is_a_record_or_a_fault_never_a_crash(depth):
    deep = f'{{"resource":{PATIENT},"a":{"[" * depth}{"]" * depth}}}}}'
    items = found(holding(FIRST, deep, LAST))
    assert rules(items) == [None, None if depth == 240 else "nested_too_deep", None]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "not_json"),
        (b"not json", "not_json"),
        (b"[]", "not_json"),
        (b"null", "not_json"),
        (bundle(entry(ADA))[:-1], "not_json"),
        (bundle(entry(ADA))[:-20], "not_json"),
        (holding(FIRST, '{"resource":{"resourceType":"Patient"'), "not_json"),
        (bundle(entry(ADA)) + b"{}", "not_json"),
        (holding(FIRST)[:-1] + b',"entry":[]}', "duplicate_key"),
        (b'{"resourceType":"Bundle","resourceType":"Bundle"}', "duplicate_key"),
        (b'{"resourceType":"Bundle","entry":{}}', "not_json"),
        (holding(FIRST + " " + LAST), "not_json"),
        (b'{"resourceType":"Bundle","meta":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested_too_deep"),
        (json.dumps(ADA).encode(), "not_a_bundle"),
        (b'{"resourceType":"List","entry":[{"item":{"reference":"Patient/1"}}]}', "not_a_bundle"),
        (b'{"given":"Ada"}', "not_a_bundle"),
        (json.dumps(ADA).encode() + b"\n" + json.dumps(ADA).encode(), "not_json"),
        (bundle(entry(ADA)).decode().encode("utf-16"), "not_utf8"),
        (bundle(entry(ADA)).decode().encode("utf-16-le"), "not_json"),
    ],
)
def test_what_is_no_whole_bundle_lands_nothing(data, rule):
    with pytest.raises(FileFault) as fault:
        found(data)
    assert fault.value.rule == rule and "Ada" not in fault.value.reason


@pytest.mark.parametrize("member", ['"implicitRules":"urn:rules"', '"link":[{"modifierExtension":[{"url":"urn:x"}]}]'])
def test_a_bundle_that_may_turn_round_what_it_holds_lands_nothing(member):
    with pytest.raises(FileFault) as told:
        found(f'{{"resourceType":"Bundle",{member},"entry":[{FIRST}]}}'.encode())
    assert told.value.rule == "modifier_extension"


def test_a_cut_gzip_lands_nothing(tmp_path):
    file = tmp_path / "bundle.json.gz"
    file.write_bytes(gzip.compress(bundle(entry(ADA)))[:-9])
    with open_plain(file) as stream, pytest.raises(FileFault, match="damaged_gzip"):
        list(read(stream, BUNDLE))


def test_a_boundless_file_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr("twinlake.engine.wire.text.LARGEST_DOCUMENT", 100)
    with pytest.raises(FileFault, match="file_too_large"):
        found(bundle(*[entry(ADA)] * 9))


def test_a_mended_entry_is_read_by_itself_as_it_would_have_been_in_its_bundle():
    """Its fault kept the entry with its references resolved."""
    seen_by = '{"resourceType":"Encounter","subject":{"reference":"urn:uuid:u"},"n":1,"n":1}'
    broken = f'{{"fullUrl":"urn:uuid:e1","resource":{seen_by}}}'
    _, fault = found(holding(json.dumps(entry(ADA, "urn:uuid:u")), broken))
    assert fault.rule == "duplicate_key"
    (mended,) = found(fault.raw.replace(',"n":1,"n":1', "").encode())
    _, sound = found(holding(json.dumps(entry(ADA, "urn:uuid:u")), broken.replace(',"n":1,"n":1', "")))
    assert (mended.key, mended.person, mended.raw) == (sound.key, sound.person, sound.raw) == (
        "e1", "ada", '{"id": "e1", "resourceType":"Encounter","subject":{"reference":"Patient/ada"}}',
    )  # fmt: skip
    assert rules(found(fault.raw.encode())) == ["duplicate_key"]
