"""Lists whose file's name says what they list."""

from __future__ import annotations

import json
from io import BytesIO

from twinlake.catalog.sources.icd_cm import SYSTEM
from twinlake.engine.wire import Fault, records_of
from twinlake.engine.wire.listed_lines import as_json, read

LIST = SYSTEM.feed("code_list")
PATH = "codes/icd_cm/2026-01-01/2024/icd10cm-codes-2024.txt.gz"


def test_each_line_keeps_the_name_of_its_file_in_front() -> None:
    found = list(records_of(BytesIO(b"A000    Cholera\r\n\r\nA001    Other\n"), LIST, PATH))
    assert [r.raw for r in found] == [
        "icd10cm-codes-2024.txt\tA000    Cholera",
        "icd10cm-codes-2024.txt\tA001    Other",
    ]
    assert json.loads(as_json(found[0].raw)) == {"file": "icd10cm-codes-2024.txt", "line": "A000    Cholera"}
    assert list(read(BytesIO((found[0].raw + "\n").encode()), LIST)) == [found[0]]


def test_a_title_in_latin_1_is_read_and_a_nul_is_a_fault() -> None:
    found = list(records_of(BytesIO(b"38600 M\xe9ni\xe8re's disease\n386\x00 Cut\n"), LIST, PATH))
    assert found[0].raw.endswith("Ménière's disease")
    assert isinstance(found[1], Fault) and found[1].rule == "nul_byte"
