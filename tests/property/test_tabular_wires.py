"""Whatever a stay's series or a file of stacked tables holds: each line is a record, a fault, a header or empty."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.test_landing import MUTATION, check_accounts, mutated
from twinlake.catalog.sources import health_facts, physionet_icu
from twinlake.engine.wire import FileFault, reader
from twinlake.engine.wire.text import decode

SERIES = (
    b"Time,Parameter,Value\n00:00,RecordID,132539\n00:00,Age,54\n00:07,GCS,15\n00:07,GCS,15\n01:07,HR,80\n01:07,HR,81\n"
)
STACKED = b'a_id,description\r\n1,Emergency\r\n2,"Not, now"\r\n1,Emergency\r\n,\r\nb_id,description\r\n1, Home\r\n'
SAMPLES = [(physionet_icu.SYSTEM.feed("series"), SERIES, 1), (health_facts.SYSTEM.feed("ids_mapping"), STACKED, None)]


@pytest.mark.parametrize(("feed", "data", "headers"), SAMPLES, ids=["series", "stacked"])
@given(changes=st.lists(MUTATION, max_size=4))
def test_every_record_of_a_mutated_file_is_accounted_for(feed, data, headers, changes):
    check_accounts(mutated(data, changes), feed)


@pytest.mark.parametrize(("feed", "data", "headers"), SAMPLES, ids=["series", "stacked"])
@given(changes=st.lists(MUTATION, max_size=4))
def test_no_line_of_a_mutated_file_is_lost(feed, data, headers, changes):
    """The oracle is the file's own lines: those that are kept are a subsequence, and only headers are missing."""
    raw = mutated(data, changes)
    try:
        found = list(reader(feed.wire)(BytesIO(raw), feed))
    except FileFault:
        return
    lines = [decode(line.rstrip(b"\r"))[0] for line in raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    told = [line for line in lines if (line.strip() if headers else line.strip(", "))]
    rest = iter(told)
    assert all(item.raw in rest for item in found)
    assert [item.offset for item in found] == list(range(len(found)))
    tables = len({item.kind for item in found if not hasattr(item, "rule")}) if headers is None else headers
    assert len(told) - len(found) >= tables
