"""Whatever an HL7 v2 file holds: each record is accounted for, no segment is lost, and every record has its JSON."""

from __future__ import annotations

import json
import re
import tempfile
from io import BytesIO
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from twinlake.catalog.sources.hl7v2 import SYSTEM
from twinlake.engine.staging import stage
from twinlake.engine.wire import Fault, FileFault
from twinlake.engine.wire._hl7v2_segments import Separators, segment_json, segments, tokens, unescaped
from twinlake.engine.wire.hl7v2 import as_json, read

FEED = SYSTEM.feed("message")
BY = Separators("|", "^", "~", "\\", "&")
MESSAGES = (
    b"\x0bMSH|^~\\&|A|B|||20200301||ORU^R01|1|P|2.5\rPID|1||7^^^A^MR||De^J\rOBR|1||F1\r"
    b"OBX|1|NM|A^a^L||1~2|mg\rNTE|1||\\T\\ x\r\x1c\r\x0bMSH|^~\\&|A|B|||2020||RDE^O11|2||2.3\rPID|1||8\r"
    b"ORC|NW|P1\rRXO|A\rRXE||B^b&c\rRXR|PO\rZZZ|own\r\x1c\rBHS|^~\\&|A\nMSH|^~\\&|A|B|||2019||SIU^S12|3\nSCH|1\n"
    b"PID|1||9\nRGS|1\nAIS|1\nMSH|^~\\&|||||2019||ADT^A40|4\r\nPID|1||9\r\nMRG|8\r\nPV1|1|I\r\nBTS|2\n"
)
ODD = st.sampled_from(
    [b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"\r\n", b"\x0b", b"\x1c", b"\x00", b"\xff", b"\xef\xbb\xbf",
     b"MSH|^~\\&|", b"\rMSH", b"FHS|", b"BTS|1", b'""', b"\\X41\\", b"\\.br\\", b"\rPID|1||7",
     b"\rOBX|1|ST|A||\\", b" "]
)  # fmt: skip
MUTATION = st.tuples(st.floats(0, 1), st.integers(0, 8), st.one_of(ODD, st.binary(min_size=0, max_size=3)))
MUTATIONS = st.lists(MUTATION, max_size=5)


def mutated(changes: list[tuple[float, int, bytes]]) -> bytes:
    data = MESSAGES
    for place, out, put in changes:
        at = int(place * len(data))
        data = data[:at] + put + data[at + out :]
    return data


def items(data: bytes) -> list:
    try:
        return list(read(BytesIO(data), FEED))
    except FileFault:
        return []


@settings(max_examples=500)
@given(MUTATIONS)
def test_every_record_of_a_mutated_file_is_accounted_for(changes):
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in"
        source.write_bytes(mutated(changes))
        about, *faults = stage(source, FEED, Path(folder) / "out", "h/hl7v2/a.hl7")
    if not about.get("rule"):
        assert about["records_in"] == about["landed"] + about["quarantined"] + about["duplicates"]
        assert len(faults) == about["quarantined"]


@settings(max_examples=500)
@given(MUTATIONS)
def test_every_record_of_a_mutated_file_has_its_json(changes):
    for item in items(mutated(changes)):
        if not isinstance(item, Fault):
            told = json.loads(as_json(item.raw))
            names = [name[:3] for name, segment in told.items() if isinstance(segment, dict)]
            assert sorted(names) == sorted(line[:3] for line in segments(item.raw))
            assert item.kind and item.key != ""


@settings(max_examples=500)
@given(MUTATIONS)
def test_every_word_of_a_mutated_file_is_in_a_record_or_a_fault_but_for_heads_and_feet_of_batches(changes):
    data = mutated(changes)
    found = items(data)
    if found and b"\x00" not in data and data.isascii():
        kept = "\n".join(item.raw for item in found)
        said = [word for word in re.findall(rb"[^\s\x0b\x1c]+", data) if not re.match(rb"[BF](?:HS|TS)\W", word)]
        assert [word for word in said if word.decode() not in kept] == []


@settings(max_examples=300)
@given(st.text(alphabet="ab|^~\\& \n\u00e9", max_size=20))
def test_an_escaped_text_is_read_as_it_was(text):
    letters = {"|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "\\": "\\E\\", "&": "\\T\\", "\n": "\\.br\\"}
    assert unescaped("".join(letters.get(letter, letter) for letter in text), BY) == text


@settings(max_examples=300)
@given(st.lists(st.lists(st.lists(st.lists(st.text(alphabet="ab 1", max_size=3), min_size=1, max_size=3), min_size=1,
       max_size=3), min_size=1, max_size=3), min_size=1, max_size=4))  # fmt: skip
def test_what_is_joined_by_the_separators_is_cut_at_them(fields):
    cells = [
        "~".join("^".join("&".join(component) for component in repetition) for repetition in field) for field in fields
    ]
    segment = "|".join(["ZZZ", *cells])
    assert tokens(segment, BY)[1:] == fields
    told = json.loads(segment_json(segment, BY))
    for n, field in enumerate(fields, 1):
        for r, repetition in enumerate(field):
            for c, component in enumerate(repetition, 1):
                for s, text in enumerate(component, 1):
                    name = f"c{c}" if s == 1 else f"c{c}s{s}"
                    assert (told[f"f{n}"][r].get(name, "") if f"f{n}" in told else "") == text
