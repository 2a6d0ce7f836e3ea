"""Records of several layouts of one CSV feed side by side: each is parsed by its own header."""

from __future__ import annotations

from io import BytesIO

from twinlake.declare.source import Layout, csv_feed
from twinlake.engine.records import parse
from twinlake.engine.wire import Record, reader

FEED = csv_feed(
    "persons", r"persons\.csv", "id,name,note,Paid (to) date", "snapshot", key=("id",),
    layouts=(
        Layout("name,NR,remark", {"NR": "id"}),
        Layout("number,name,note,paid", {"number": "id", "paid": "Paid (to) date"}),
    ),
)  # fmt: skip
FILES = {
    "its own": b'id,name,note,Paid (to) date\n1,"name,NR,remark\nAda","a ""first"" one",2020-01-01\n2,Bo,,\n',
    "another order, a column less": b'name,NR,remark\n"Ada\nL, Jr",3,"left\nout"\nBo,4,\n',
    "other names in the same places": b"number,name,note,paid\n5,Ce,well,2020-01-02\n",
}
EXPECTED = {
    ("1", "name,NR,remark\nAda", 'a "first" one', "2020-01-01"),
    ("2", "Bo", None, None),
    ("3", "Ada\nL, Jr", None, None),
    ("4", "Bo", None, None),
    ("5", "Ce", "well", "2020-01-02"),
}


def test_a_record_is_parsed_by_the_header_of_its_file(spark) -> None:
    found = [r for data in FILES.values() for r in reader("csv")(BytesIO(data), FEED) if isinstance(r, Record)]
    schema = "key string, raw_record string, record_kind string"
    rows = spark.createDataFrame([(r.key, r.raw, None) for r in found], schema)
    parsed = parse(rows, FEED, ("key",)).collect()
    assert {tuple(row[1:]) for row in parsed} == EXPECTED and len(parsed) == len(EXPECTED)
    assert [row.key for row in parsed] == [row.id for row in parsed]
