"""Whatever a C-CDA document holds: it lands whole or not at all, and each of its records can be told as JSON."""

from __future__ import annotations

import json
import random
import tempfile
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.test_landing import MUTATION, mutated
from tests.support.ccda_sample import (
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
from twinlake.engine.staging import stage
from twinlake.engine.wire import FileFault, Record, reader, translator

PROBLEM = statement("observation", code("233604007", SNOMED, "Pneumonia", tag="value"), ident="p")
SECTIONS = (
    section("11450-4", concern(PROBLEM), text='<content ID="a">words</content>'),
    section("30954-2", organizer(*[observation("1-8", quantity(str(n), "kg"), ident=f"r{n}") for n in range(3)])),
    section("10160-0", drug("573621", '<doseQuantity value="2"/>', ident="m")),
    section("46240-8", statement("encounter", ident="e")),
)
WHOLE = document(*SECTIONS, visit=VISIT).encode()

NAMES = st.sampled_from(
    ("act", "observation", "organizer", "encounter", "procedure", "substanceAdministration", "component", "section",
     "entry", "entryRelationship", "code", "value", "translation", "originalText", "reference", "text", "id", "author",
     "time", "effectiveTime", "low", "high", "center", "statusCode", "participant", "participantRole", "playingEntity",
     "consumable", "manufacturedProduct", "manufacturedMaterial", "referenceRange", "observationRange", "doseQuantity",
     "routeCode", "name", "templateId", "numerator", "denominator", "entryRelationship", "healthCareFacility")
)  # fmt: skip
ATTRIBUTES = st.dictionaries(
    st.sampled_from(("code", "value", "unit", "root", "extension", "nullFlavor", "typeCode", "moodCode", "negationInd",
                     "xsi:type", "inclusive", "operator", "codeSystem", "ID", "representation")),
    st.sampled_from(("", " ", "1", "#a", "SUBJ", "PQ", "IVL_PQ", "CD", "ST", "RTO", "TS", "UNK", "true", "false",
                     "20150722", "200130212", "30954-2", "a:b:c", "\u00e9\U0001f600")),
    max_size=3,
)  # fmt: skip


def element(name: str, attributes: dict[str, str], inside: list[str]) -> str:
    said = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{said}>{''.join(inside)}</{name}>"


LEAVES = st.builds(element, NAMES, ATTRIBUTES, st.just([]))
TREES = st.recursive(
    LEAVES, lambda inner: st.builds(element, NAMES, ATTRIBUTES, st.lists(inner, max_size=3)), max_leaves=12
)
READ = st.sampled_from(
    ("11450-4", "30954-2", "8716-3", "10160-0", "11369-6", "47519-4", "48765-2", "29762-2", "46240-8", "18776-5")
)


def read(data: bytes) -> list[Record]:
    return list(reader("ccda")(BytesIO(data), DOCUMENT))  # type: ignore[arg-type]


def check_accounts(data: bytes) -> None:
    """All of a document's records are staged or known repetitions; of a document that is refused, none is."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in", Path(folder) / "out.parquet"
        source.write_bytes(data)
        about, *faults = stage(source, DOCUMENT, target, "st_a/ccda/document.xml")
        rows = pq.read_table(target).num_rows if target.exists() else 0
    if about.get("rule"):
        assert (about["quarantined"], faults, rows) == (1, [], 0)
    else:
        assert (about["records_in"], rows, faults) == (rows + about["duplicates"], about["landed"], [])


@settings(max_examples=400)
@given(st.lists(MUTATION, max_size=3))
def test_every_record_of_a_mutated_document_is_accounted_for_and_is_json(changes):
    data = mutated(WHOLE, changes)
    check_accounts(data)
    try:
        found = read(data)
    except FileFault:
        return
    assert all(isinstance(json.loads(translator("ccda")(record.raw)), dict) for record in found)


@settings(max_examples=400)
@given(READ, st.lists(TREES, min_size=1, max_size=4))
def test_whatever_stands_in_an_entry_is_told_as_json_and_kept(loinc, trees):
    marked = [tree.replace(">", f' mark="m{n}">', 1) for n, tree in enumerate(trees)]
    found = read(document(section(loinc, *marked), visit=VISIT).encode())
    assert all(isinstance(json.loads(translator("ccda")(record.raw)), dict) for record in found)
    raws = "".join(record.raw for record in found)
    assert all(f'mark="m{n}"' in raws for n in range(len(trees)))


@given(st.integers(0, 1000))
def test_the_order_of_sections_changes_no_statement_that_has_an_id(seed):
    shuffled = random.Random(seed).sample(SECTIONS, len(SECTIONS))

    def statements(data: str) -> set[Record]:
        return {r._replace(offset=0) for r in read(data.encode()) if r.kind != "rest"}

    assert statements(document(*shuffled, visit=VISIT)) == statements(document(*SECTIONS, visit=VISIT))
