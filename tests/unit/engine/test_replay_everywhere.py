"""A record that was delivered more than once is mended wherever it stands: in other files, and in older contents."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from jobs import _daily, _quarantine
from jobs._run import moment, open_run
from tests.support.erasure_sample import subject
from tests.support.landing_sample import bronze, land, lay, toy_run
from tests.support.tiny_feeds import (
    GLUCOSE,
    SYNTHEA_PERSONS,
    SYNTHEA_VALUES,
    WEIGHT,
    Feeds,
    northgate,
    observation,
    patient,
    synthea_value,
)
from twinlake.declare.errors import DataError
from twinlake.declare.expressions import key_of
from twinlake.declare.source import System
from twinlake.engine.changes import persons_left
from twinlake.engine.counting import contents
from twinlake.engine.digest import bronze_digests
from twinlake.engine.integrity import missing_records, unbalanced_files
from twinlake.engine.ledger import read_ledger
from twinlake.engine.mended import Mended
from twinlake.engine.provenance import place_known_from, places_in_bronze
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.records import Records
from twinlake.engine.replay import land_mended
from twinlake.engine.resolution import _places
from twinlake.engine.subject import person_keys
from twinlake.engine.withdrawal import from_bronze, from_ledger
from twinlake.plan import read_plan

HEAD = "id,name,note\n"
FIRST, SECOND = "2026-10-01", "2026-10-02"
# By feed: its file, a record as it should be and as it came, and another record.
TWICE = {
    "visit": ("visit.ndjson", "", '{"id": "1", "subject": {"reference": "p"}}',
              '{"id": "1", "subject": {"reference": "p"}, "bad": 1}', '{"id": "2", "subject": {"reference": "q"}}'),
    "persons": ("persons.csv", HEAD, "1,Ada,well", "1,Ada,900", "2,Bo,ill"),
}  # fmt: skip


def delivered(folder, feed, record, spark):
    """A record in two deliveries, at another place in the second."""
    name, head, *_, other = TWICE[feed]
    first, second = f"h/toy/{FIRST}/{name}", f"h/toy/{SECOND}/{name}"
    lay(folder / "feeds", {first: f"{head}{record}\n", second: f"{head}{other}\n{record}\n"})
    run = toy_run(folder, "run-1", spark)
    land(run)
    return run, (first, 0), (second, 1)


def hold(run, path, offset, raw, table="visit", **said):
    held = {"rule": "r", "hospital": "h", "system": "toy", "path": path, "record_offset": offset, "unit": 1,
            "raw_record": raw, **said}  # fmt: skip
    Quarantine(run.ops, f"quarantine.{table}").replace_units([1], [held])


def is_sound(run):
    return not [*unbalanced_files(run.ops), *missing_records(run.ops)]


@pytest.mark.parametrize("feed", TWICE)
@pytest.mark.parametrize("named", [0, 1])
def test_a_record_delivered_twice_is_mended_in_both_places(spark, tmp_path, feed, named):
    """Whichever of them quarantine names; the first of a snapshot does not count any more."""
    _, _, right, wrong, _ = TWICE[feed]
    whole, *_ = delivered(tmp_path / "a", feed, right, spark)
    run, *places = delivered(tmp_path / "b", feed, wrong, spark)
    hold(run, *places[named], wrong)
    assert land_mended(toy_run(tmp_path / "b", "replay-1", spark, day=9), [Mended(*places[named], right)]) == 1
    assert bronze(run, feed) == bronze(whole, feed)
    told = read_ledger(run.ops).current
    assert [(told[path]["landed"], told[path]["mended"]) for path, _ in places] == [(1, 1), (2, 1)]
    assert is_sound(run)


@pytest.mark.parametrize("feed", TWICE)
def test_every_delivery_of_a_record_is_known_and_the_last_that_counts_is_named_first(
    spark, tmp_path, monkeypatch, feed
):
    run, *places = delivered(tmp_path, feed, TWICE[feed][2], spark)
    monkeypatch.setattr(System, "implementing", lambda self, table: (SimpleNamespace(feeds=(feed,)),))
    records = Records(run, read_ledger(run.ops)).bronze("toy", feed).where("path like '%-01/%'").collect()
    table = SimpleNamespace(versions_of=None, name=feed)
    (found,) = places_in_bronze(
        run, table, [{"_record_id": r["_record_id"], "system": "toy"} for r in records]
    ).values()
    assert [(each["path"], each["record_offset"]) for each in found] == [places[1], places[0]]
    assert [each["ended_at"] is None for each in found] == [True, feed == "visit"]
    told = read_ledger(run.ops).current
    assert [each["file_hash"] for each in found] == [told[path]["sha256"] for path, _ in reversed(places)]
    assert place_known_from(found, found[1]["delivered_at"]) == found[1]


def test_of_an_erased_person_a_record_delivered_and_mended_twice_goes_from_both_places(spark, tmp_path):
    _, _, right, wrong, _ = TWICE["visit"]
    run, *places = delivered(tmp_path, "visit", wrong, spark)
    hold(run, *places[0], wrong)
    land_mended(toy_run(tmp_path, "replay-1", spark, day=9), [Mended(*places[0], right)])
    (key,) = person_keys([("h", "toy", "p")])
    hers = subject(*_places(run.ops, [key]), persons=(("h", "toy", "p"),))
    assert from_bronze(run.ops, "bronze.toy_visit", [key], "{}") == 2
    from_ledger(run.ops, hers, '{"erasure": "e1"}')
    assert [row[2] for row in bronze(run, "visit")] == [TWICE["visit"][-1]]
    told = read_ledger(run.ops).current
    assert [(told[path]["landed"], told[path]["erased"]) for path, _ in places] == [(0, 1), (1, 1)]
    assert is_sound(run)


def test_a_record_delivered_twice_that_is_mended_in_two_ways_is_refused(spark, tmp_path):
    _, _, right, wrong, _ = TWICE["persons"]
    run, (first, one), (second, two) = delivered(tmp_path, "persons", wrong, spark)
    hold(run, first, one, wrong)
    hold(run, second, two, wrong, "visit_superseded")
    before = bronze(run, "persons")
    with pytest.raises(DataError, match="Mended in two ways: .* which are one record"):
        land_mended(run, [Mended(first, one, right), Mended(second, two, "1,Ada,other")])
    assert bronze(run, "persons") == before
    assert land_mended(run, [Mended(first, one, right), Mended(second, two, right)]) == 2
    assert {row[2] for row in bronze(run, "persons")} == {right, "2,Bo,ill"}


def visit(ident, person):
    return f'{{"id": "{ident}", "subject": {{"reference": "{person}"}}}}'


def test_a_record_of_an_older_content_is_mended_there_and_what_followed_it_stays_the_last(spark, tmp_path):
    """What its path holds now has another record at its place. Other contents follow each other as they did."""
    path = "h/toy/visit.ndjson"
    texts = [[visit(1, "q"), visit(2, "q")], [visit(3, "q")], [visit(4, "q"), visit(5, "q")]]

    def laid(folder, first):
        for day, records in enumerate([[first, *texts[0][1:]], *texts[1:]], 1):
            lay(folder / "feeds", {path: "\n".join(records) + "\n"})
            run = toy_run(folder, f"run-{day}", spark, day)
            land(run)
        return run

    whole, run = laid(tmp_path / "a", texts[0][0]), laid(tmp_path / "b", visit(1, "p"))
    before = read_ledger(run.ops)
    file_hash = before.rows[0]["sha256"]
    hold(run, path, 0, visit(1, "p"), file_hash=file_hash)
    again = toy_run(tmp_path / "b", "replay-1", spark, day=9)
    with pytest.raises(DataError, match="Not in quarantine"):
        land_mended(again, [Mended(path, 0, visit(1, "q"), before.current[path]["sha256"])])
    assert land_mended(again, [Mended(path, 0, visit(1, "q"))]) == 1
    assert bronze(run, "visit") == bronze(whole, "visit")
    now = read_ledger(run.ops)
    assert now.current[path] == before.current[path]

    def spans(ledger):
        (found,) = contents(ledger, run.systems, "toy", "visit").values()
        return sorted((c.delivered_at, c.ended_at) for c in found)

    assert spans(now) == spans(before) == spans(read_ledger(whole.ops))
    left = persons_left(again, before, now, "toy", "visit").collect()
    assert [row["source_person_key"] for row in left] == [key_of("h", "toy", "p")]
    assert is_sound(run)


def test_what_a_path_held_before_and_holds_again_is_mended_in_both_landings(spark, tmp_path):
    """A line that nobody could read is held once, of what its path holds now."""
    path = "h/toy/persons.csv"

    def laid(folder, line):
        for day, records in enumerate([[line, "2,Bo,ill"], ["3,Ce,ill"], [line, "2,Bo,ill"]], 1):
            lay(folder / "feeds", {path: HEAD + "\n".join(records) + "\n"})
            run = toy_run(folder, f"run-{day}", spark, day)
            land(run)
        return run

    whole, run = laid(tmp_path / "a", "1,Ada,well"), laid(tmp_path / "b", "1,Ada")
    assert land_mended(toy_run(tmp_path / "b", "replay-1", spark, day=9), [Mended(path, 0, "1,Ada,well")]) == 1
    assert bronze(run, "persons") == bronze(whole, "persons")
    last = {row["delivered_at"].day: (row["landed"], row["quarantined"]) for row in read_ledger(run.ops).rows}
    assert last == {1: (2, 0), 2: (1, 0), 3: (2, 0)}
    assert is_sound(run) and Quarantine(run.ops, "quarantine.toy_persons").rows() == []


@pytest.mark.parametrize("broken", [["1,Ada", "2,Bo,ill", "1,Ada,well"], ["1,Ada,well", "2,Bo,ill", "1,Ada"]])
def test_a_record_mended_into_another_of_its_file_is_a_duplicate_as_it_would_have_been(spark, tmp_path, broken):
    def laid(folder, records):
        lay(folder / "feeds", {"h/toy/persons.csv": HEAD + "\n".join(records) + "\n"})
        run = toy_run(folder, "run-1", spark)
        land(run)
        return run

    whole, run = laid(tmp_path / "a", ["1,Ada,well", "2,Bo,ill", "1,Ada,well"]), laid(tmp_path / "b", broken)
    mended = [Mended("h/toy/persons.csv", broken.index("1,Ada"), "1,Ada,well")]
    with pytest.MonkeyPatch.context() as killed:
        killed.setattr(run.ops, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            land_mended(run, mended)
    assert land_mended(run, mended) == 1
    assert bronze(run, "persons") == bronze(whole, "persons")
    row = read_ledger(run.ops).current["h/toy/persons.csv"]
    assert [row[n] for n in ("records_in", "landed", "quarantined", "duplicates")] == [3, 2, 0, 1]
    assert is_sound(run)


def test_of_two_versions_in_a_file_nobody_could_read_one_counts_once_they_are_mended(spark, tmp_path):
    lay(tmp_path / "feeds", {"h/toy/persons.csv": HEAD + "1,Ada\n1,Ado\n"})
    run = toy_run(tmp_path, "run-1", spark)
    land(run)
    assert land_mended(run, [Mended("h/toy/persons.csv", n, f"1,{name},well") for n, name in enumerate("XY")]) == 2
    ledger = read_ledger(run.ops)
    assert ledger.current["h/toy/persons.csv"]["rekeyed"] == 1
    assert Records(run, ledger).current("toy", "persons").count() == 1


LAST = "silver.measurement_superseded"


def walked(folder, monkeypatch, run_id, replay=None):
    """The steps from the feeds to the tables in which the faults show."""
    monkeypatch.setenv("TWINLAKE_HOME", str(folder / "home"))
    opened = open_run(folder / "feeds", moment("2026-11-01"), run_id)
    if replay:
        _quarantine.replay(opened, replay, print)
    for node in nodes():
        _daily.take(opened, node)
    return opened.run


def nodes():
    plan = read_plan()
    wanted = {node.name for last in ("silver.measurement", LAST) for node in plan.upto(last)}
    return [node for node in plan.nodes if node.name in wanted]


def digests(run):
    tables = [node.name for node in nodes() if node.name != "ingest"]
    return {**bronze_digests(run), **{name: run.ops.state(name).digest for name in tables}}


def fed(folder, weight, glucose):
    """Two days of two hospitals: increments that repeat a value, and snapshots, which repeat all."""
    for day in (FIRST, SECOND):
        feeds = Feeds().fhir("Patient", patient("bea", "Beatrice", "Quimby", "1971-02-28"), day=day)
        values = (*SYNTHEA_VALUES, synthea_value("n-cleo", "v-2", GLUCOSE, glucose, "mg/dL", "2026-03-03"))
        other = observation("o-2", "bea", WEIGHT, 61, "kg", "2026-02-11")
        feeds.fhir("Observation", *[other] * (day == SECOND),
                   observation("o-1", "bea", WEIGHT, weight, "kg", "2026-02-10"), day=day)  # fmt: skip
        northgate(feeds, day, SYNTHEA_PERSONS, values).write(folder / "feeds")


@pytest.mark.nightly
def test_a_lake_whose_repeated_records_are_mended_is_the_one_that_never_saw_the_fault(spark, tmp_path, monkeypatch):
    fed(tmp_path / "a", 60, 77)
    whole = digests(walked(tmp_path / "a", monkeypatch, "run-1"))
    fed(tmp_path / "b", 60000, 77000)
    assert digests(walked(tmp_path / "b", monkeypatch, "run-1")) != whole
    _quarantine.export(None, "measurement", None, tmp_path / "out", print)
    lines = [json.loads(line) for line in (tmp_path / "out").read_text(encoding="utf-8").splitlines()]
    assert [(line["path"], line["record_offset"]) for line in lines] == [
        (f"lakeside/fhir_r4_bulk/{SECOND}/Observation.ndjson", 1),
        (f"northgate/synthea_csv/{SECOND}/observations.csv", 3),
    ]
    mended = [{**line, "raw_record": line["raw_record"].replace("000", "", 1)} for line in lines]
    assert ["60," in mended[0]["raw_record"], ",77" in mended[1]["raw_record"]] == [True, True]
    (tmp_path / "mended").write_text("".join(json.dumps(line) + "\n" for line in mended), encoding="utf-8")
    run = walked(tmp_path / "b", monkeypatch, "replay-1", tmp_path / "mended")
    assert digests(run) == whole
    assert is_sound(run) and Quarantine(run.ops, "quarantine.measurement").rows() == []
