"""A feed and a system check themselves when they are declared."""

from __future__ import annotations

import pytest

from twinlake.declare.errors import DeclarationError
from twinlake.declare.source import Feed, Implementation, System, csv_feed, implements

ROWS = csv_feed("rows", r"(?:csv/)?rows\.csv", "id,START,a b", "snapshot", key=("id",))
JSON = Feed(
    "json",
    r"j",
    "ndjson",
    "id string, code struct<a:array<struct<x:string,y:decimal(10,2)>>,b:string>, z int",
    "increment",
)


def system(feeds=(ROWS, JSON), implementations=(), ignored=None):
    return System("toy", "A toy.", feeds, implementations, ignored or {})


def test_columns_are_the_top_level_names_of_the_schema():
    assert csv_feed("x", "x", "id,START,note", "snapshot").columns == ("id", "START", "note")
    assert JSON.columns == ("id", "code", "z")


@pytest.mark.parametrize("delivery", ["", "daily", "Snapshot"])
def test_a_delivery_is_a_snapshot_or_an_increment(delivery):
    with pytest.raises(DeclarationError, match="use snapshot or increment"):
        csv_feed("x", "x", "id", delivery)


def test_a_file_belongs_to_the_feed_whose_whole_name_it_has():
    toy = system(ignored={r"log\.txt": "a log"})
    found = {p: toy.feed_of(p) for p in ("rows.csv", "csv/rows.csv", "rows.csv2", "xrows.csv", "ROWS.csv")}
    assert {path for path, feed in found.items() if feed} == {"rows.csv", "csv/rows.csv"}
    assert (toy.why_ignored("log.txt"), toy.why_ignored("log_txt")) == ("a log", None)


def test_a_feed_stands_once():
    with pytest.raises(DeclarationError, match="a feed stands twice"):
        system(feeds=(ROWS, ROWS))


def test_an_implementation_reads_feeds_that_there_are():
    with pytest.raises(DeclarationError, match="person reads nothing, which is no feed; death reads gone"):
        system(
            implementations=(
                Implementation("person", ("nothing",), print),
                Implementation("death", ("rows", "gone"), print),
            )
        )


def test_the_feeds_of_an_implementation_are_its_parameters():
    @implements("person", when="true")
    def person(rows, json):
        return rows

    toy = system(implementations=(person,))
    assert (person.table, person.feeds, person.when) == ("person", ("rows", "json"), "true")
    assert toy.implementing("person") == (person,) and toy.implementing("death") == ()
