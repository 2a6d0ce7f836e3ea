"""A JSON object that names a key twice is found however it is written: spaced, escaped, quotes and colons inside."""

from __future__ import annotations

import json
from io import BytesIO

from hypothesis import example, given
from hypothesis import strategies as st

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault
from twinlake.engine.wire.ndjson import read

FEED = Feed(name="any", files=".*", wire="ndjson", schema="id string", delivery="increment")
SPELT = (r"a", r"\u0061", r"\":", r"\u0022:", r"\"\u003a", r":", r"é", r"\u00e9", r"x\\", r"\\\":")
TEXTS = st.lists(st.sampled_from(SPELT), max_size=3).map(lambda parts: '"' + "".join(parts) + '"')
GAPS = st.sampled_from(("", "", " ", "\t"))


def _object(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    member = st.tuples(TEXTS, GAPS, GAPS, values).map(lambda m: f"{m[0]}{m[1]}:{m[2]}{m[3]}")
    return st.lists(member, max_size=4).map(lambda members: "{" + ",".join(members) + "}")


VALUES = st.recursive(
    st.one_of(TEXTS, st.sampled_from(("1", "5.10", "1e2", "null"))),
    lambda inner: st.one_of(_object(inner), st.lists(inner, max_size=3).map(lambda each: "[" + ",".join(each) + "]")),
    max_leaves=6,
)


def _names_twice(text: str) -> bool:
    found: list[bool] = []
    json.loads(text, object_pairs_hook=lambda pairs: found.append(len(dict(pairs)) < len(pairs)) or dict(pairs))
    return any(found)


@given(_object(VALUES))
@example(r'{"a":"\u0022:","b":1,"b":2}')
@example('{"a" :1,"a":2}')
def test_a_key_that_stands_twice_is_told_and_no_other(text: str) -> None:
    (item,) = read(BytesIO(text.encode()), FEED)
    assert (isinstance(item, Fault) and item.rule == "duplicate_key") == _names_twice(text)
