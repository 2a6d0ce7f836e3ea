"""Deliveries that changed: what is told of each, and what each policy makes of the file, the records and the run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from jobs._run import Opened
from jobs.ingest import land
from tests.support.landing_sample import lay, toy_run
from twinlake.declare.drift import POLICIES
from twinlake.declare.errors import DataError
from twinlake.declare.hospital import read_hospital
from twinlake.declare.source import Feed, Layout, System, csv_feed
from twinlake.engine.file_schemas import refuse_stopped, to_be_reconsidered
from twinlake.engine.file_shape import shape_of
from twinlake.engine.ledger import read_ledger
from twinlake.engine.records import Records
from twinlake.engine.schema_drift import Drift, drift_of

HEADER = "id,person,day,glucose,unit"
LAB = csv_feed(
    "lab", r"lab\.csv", HEADER, "snapshot", key=("id",), person="person", required=("day",),
    typed={"day": "date", "glucose": "integer"}, layouts=(Layout("id,person,day,gluc,unit", {"gluc": "glucose"}),),
)  # fmt: skip
VISIT = Feed(
    name="visit", files=r"visit\.ndjson", wire="ndjson", schema="id string, period struct<start:string>, name string",
    delivery="increment", key=("id",), elements=("id", "period", "name", "extension", "value[x]"),
    extensions=("http://hl7.org/fhir/",),
)  # fmt: skip
TOY = System("toy", "A system of tests.", (LAB, VISIT), ())
ROW = {"id": "{n}", "person": "p{n}", "day": "2026-01-{n:02d}", "glucose": "9{n}", "unit": "mg/dL"}
DAYS = range(1, 25)


def table(header: str, **changed: str) -> str:
    """24 rows under a header; what its columns hold is told by name, `{n}` the number of the row."""
    said = {**ROW, **changed}
    names = header.split(",")
    return "\n".join([header, *(",".join(said.get(c, "x").format(n=n) for c in names) for n in DAYS)]) + "\n"


def resources(**members: object) -> str:
    return "".join(json.dumps({"id": str(n), **members}) + "\n" for n in DAYS)


EXTENDED = resources(name="n", extension=[{"url": "urn:own", "valueString": "x"}])
# What came → the events, each with its column.
CHANGES = {
    "nothing": ("lab.csv", table(HEADER), []),
    "its names in capitals": ("lab.csv", table(HEADER).replace(HEADER, HEADER.upper()), []),
    "a declared layout": ("lab.csv", table("id,person,day,gluc,unit", gluc="90"), []),
    "new": ("lab.csv", table(f"{HEADER},ward"), [("new", "ward")]),
    "dropped": ("lab.csv", table("id,person,day,glucose"), [("dropped", "unit")]),
    "lost": ("lab.csv", table("id,person,glucose,unit"), [("lost", "day")]),
    "renamed": ("lab.csv", table("id,person,day,glucose,units", units="mg/dL"), [("renamed", "unit")]),
    "renamed at its place": ("lab.csv", table("id,person,day,glucose,eenheid"), [("renamed", "unit")]),
    "lost by another name": ("lab.csv", table("id,person,date,glucose,unit", date=ROW["day"]), [("lost", "day")]),
    "reordered": ("lab.csv", table("unit,glucose,id,day,person"), [("reordered", "")]),
    "retyped": ("lab.csv", table(HEADER, glucose="high"), [("retyped", "glucose")]),
    "retyped, wider": ("lab.csv", table(HEADER, glucose="5.{n}"), [("retyped", "glucose")]),
    "a new element": ("visit.ndjson", resources(mood="good", valueString="x", _name={}), [("new", "mood")]),
    "a retyped element": ("visit.ndjson", resources(period="2026"), [("retyped", "period")]),
    "extension": ("visit.ndjson", EXTENDED, [("extension", "urn:own")]),
    "HL7's extension": ("visit.ndjson", EXTENDED.replace("urn:own", "http://hl7.org/fhir/x"), []),
}  # fmt: skip
DEFAULTS = {event: policies[0] for event, policies in POLICIES.items()}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_told_by_event_and_column(tmp_path, change):
    file, content, events = CHANGES[change]
    (tmp_path / file).write_text(content)
    feed = TOY.feed(file.split(".")[0])
    found = drift_of(shape_of(tmp_path / file, feed), feed, DEFAULTS.__getitem__)
    assert [(each.event, each.column) for each in found] == events
    assert [each.policy for each in found] == [DEFAULTS[event] for event, _ in events]


def told(tmp_path, content: str) -> Drift:
    (tmp_path / "lab.csv").write_text(content)
    (found,) = drift_of(shape_of(tmp_path / "lab.csv", LAB), LAB, DEFAULTS.__getitem__)
    return found


def test_a_renamed_column_says_which_it_perhaps_is_now(tmp_path):
    assert told(tmp_path, CHANGES["renamed"][1]).detail == "perhaps renamed to units"
    assert told(tmp_path, CHANGES["lost by another name"][1]).detail == "perhaps renamed to date"


def test_a_new_column_that_cannot_hold_what_the_dropped_one_held_is_not_its_new_name(tmp_path):
    (tmp_path / "lab.csv").write_text(table("id,person,day,glucoses,unit", glucoses="high"))
    found = drift_of(shape_of(tmp_path / "lab.csv", LAB), LAB, DEFAULTS.__getitem__)
    assert [(each.event, each.column) for each in found] == [("dropped", "glucose"), ("new", "glucoses")]


def test_a_retyped_column_is_told_by_counts_and_types_never_by_values(tmp_path):
    found = told(tmp_path, CHANGES["retyped"][1])
    assert found.detail == "declared integer, 24 of 24 values seen are not: text" and "high" not in str(found)


def test_one_value_in_twenty_proves_no_other_type_and_two_do(tmp_path):
    (tmp_path / "lab.csv").write_text(table(HEADER).replace(",91,", ",high,"))
    assert drift_of(shape_of(tmp_path / "lab.csv", LAB), LAB, DEFAULTS.__getitem__) == ()
    assert told(tmp_path, table(HEADER).replace(",91,", ",high,").replace(",92,", ",low,")).event == "retyped"


def test_few_values_prove_no_other_type(tmp_path):
    (tmp_path / "lab.csv").write_text("\n".join(table(HEADER, glucose="high").splitlines()[:20]))
    assert drift_of(shape_of(tmp_path / "lab.csv", LAB), LAB, DEFAULTS.__getitem__) == ()


def opened(tmp_path, spark=None, run_id="run-1", day=1) -> Opened:
    run = replace(
        toy_run(tmp_path, run_id, spark, day),
        systems={"toy": TOY},
        hospitals={"h": read_hospital(tmp_path / "feeds/h")},
    )
    return Opened(run, None, ("h",), {})


def arrive(tmp_path, file: str, content: str, drift: str = "", **said) -> tuple[Opened, dict]:
    """The run that a file arrived in, and what the ledger says of the file."""
    lay(tmp_path / "feeds", {f"h/toy/{file}": content})
    toml = tmp_path / "feeds/h/hospital.toml"
    toml.write_text(toml.read_text().partition("[drift]")[0] + drift)
    one = opened(tmp_path, **said)
    land(one, "h")
    return one, read_ledger(one.run.ops).current[f"h/toy/{file}"]


CELLS = [(change, event, policy) for change, event in
         [("new", "new"), ("dropped", "dropped"), ("lost", "lost"), ("renamed", "renamed"), ("reordered", "reordered"),
          ("retyped", "retyped"), ("retyped, wider", "retyped"), ("extension", "extension")]
         for policy in POLICIES[event]]  # fmt: skip


@pytest.mark.parametrize(("change", "event", "policy"), CELLS)
def test_each_policy_does_what_it_says(tmp_path, change, event, policy):
    file, content, ((_, column),) = CHANGES[change]
    one, row = arrive(tmp_path, file, content, f'[drift]\n{event} = "{policy}"\n')
    goes_on = policy == "keep" or (policy == "widen" and change == "retyped, wider")
    assert (row["status"], row["landed"]) == (("landed", 24) if goes_on else ("quarantined", 0))
    assert row["records_in"] == row["landed"] + row["quarantined"] + row["duplicates"]
    if not goes_on:
        assert row["reason"].startswith(f"schema_drift: {event} {column}") and f'"toy.{event}"' in row["reason"]
    run = one.run
    if policy == "stop":
        with pytest.raises(DataError, match=rf"(?s)h/toy/{file}.*{event} {column}.*hospital.toml"):
            refuse_stopped(run.ops, read_ledger(run.ops), run.home.feeds, ["h"])
    else:
        refuse_stopped(run.ops, read_ledger(run.ops), run.home.feeds, ["h"])


@pytest.mark.parametrize(
    ("drift", "status"),
    [
        ('new = "quarantine"', "quarantined"),
        ('"toy.new" = "quarantine"', "quarantined"),
        ('new = "quarantine"\n"toy.new" = "keep"', "landed"),
        ('"toy.new" = "quarantine"\n"toy.lab.new" = "keep"', "landed"),
        ('"toy.visit.new" = "quarantine"', "landed"),
    ],
)
def test_the_nearer_word_of_a_hospital_holds(tmp_path, drift, status):
    assert arrive(tmp_path, *CHANGES["new"][:2], f"[drift]\n{drift}\n")[1]["status"] == status


def test_a_hospital_that_says_nothing_follows_its_system(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "TOY", replace(TOY, drift={"lab.new": "quarantine"}))
    assert arrive(tmp_path, *CHANGES["new"][:2])[1]["status"] == "quarantined"
    assert arrive(tmp_path, *CHANGES["a new element"][:2])[1]["status"] == "landed"


def test_records_under_any_header_are_read_by_the_names_of_their_columns(spark, tmp_path):
    for day, change in enumerate(("nothing", "new", "dropped", "renamed", "reordered"), 1):
        lay(tmp_path / "feeds", {f"h/toy/2026-02-{day:02d}/lab.csv": CHANGES[change][1].replace("p{n}", "q")})
        toml = tmp_path / "feeds/h/hospital.toml"
        toml.write_text(toml.read_text().partition("[drift]")[0] + '[drift]\ndropped = "keep"\nrenamed = "keep"\n')
        land(opened(tmp_path, spark, f"run-{day}", day), "h")
        one = opened(tmp_path, spark)
        rows = Records(one.run, read_ledger(one.run.ops)).current("toy", "lab")
        found = rows.orderBy("day").select("id", "person", "day", "glucose", "unit").first()
        unit = None if change in ("dropped", "renamed") else "mg/dL"
        assert (rows.count(), *found) == (24, "1", "p1", "2026-01-01", "91", unit)


def test_what_no_column_is_declared_for_stays_in_the_raw_record(spark, tmp_path):
    one, _ = arrive(tmp_path, "lab.csv", table(f"{HEADER},ward", ward="west {n}"), spark=spark)
    raw = Records(one.run, read_ledger(one.run.ops)).current("toy", "lab").where("id = '3'").first()["raw_record"]
    assert raw == f"{HEADER},ward\n3,p3,2026-01-03,93,mg/dL,west 3"


def test_another_policy_takes_the_file_up_that_was_held_back_and_stops_no_more(tmp_path):
    one, row = arrive(tmp_path, *CHANGES["lost"][:2], '[drift]\nlost = "stop"\n')
    assert row["status"] == "quarantined"
    one, row = arrive(tmp_path, *CHANGES["lost"][:2], "", run_id="run-2")
    assert (row["run_id"], row["status"]) == ("run-2", "quarantined")
    refuse_stopped(one.run.ops, read_ledger(one.run.ops), one.run.home.feeds, ["h"])
    one, row = arrive(tmp_path, *CHANGES["lost"][:2], "", run_id="run-3")
    assert row["run_id"] == "run-2"
    _, row = arrive(tmp_path, *CHANGES["retyped"][:2], '[drift]\nretyped = "stop"\n', run_id="run-4")
    _, row = arrive(tmp_path, *CHANGES["retyped"][:2], '[drift]\n"toy.retyped" = "keep"\n', run_id="run-5")
    assert (row["run_id"], row["status"], row["landed"]) == ("run-5", "landed", 24)


def test_a_file_that_is_taken_away_or_mended_stops_nobody(tmp_path):
    one, _ = arrive(tmp_path, *CHANGES["lost"][:2], '[drift]\nlost = "stop"\n')
    (tmp_path / "feeds/h/toy/lab.csv").unlink()
    refuse_stopped(one.run.ops, read_ledger(one.run.ops), one.run.home.feeds, ["h"])
    one, row = arrive(tmp_path, "lab.csv", table(HEADER), '[drift]\nlost = "stop"\n', run_id="run-2")
    assert row["status"] == "landed"
    refuse_stopped(one.run.ops, read_ledger(one.run.ops), one.run.home.feeds, ["h"])


def test_a_first_line_that_is_no_header_is_kept_nowhere(tmp_path):
    one, row = arrive(tmp_path, "lab.csv", "\n".join(table(HEADER).splitlines()[1:]) + "\n")
    assert row["landed"] == 0 and one.run.ops.rows("file_schema") == []


@pytest.mark.parametrize("name", ["123-45-6789", "Frami, Abe", "\x1b[31m"])
def test_a_member_that_is_called_like_no_element_is_told_without_its_name(tmp_path, name):
    one, _ = arrive(tmp_path, "visit.ndjson", resources(**{name: "x"}))
    (kept,) = one.run.ops.rows("file_schema")
    assert name not in kept["shape"] + kept["drift"] and "(no name)" in kept["drift"]


def test_a_record_nested_beyond_reason_is_looked_at_like_any(tmp_path):
    deep = '{"id": "1", "extension": ' + "[" * 900 + "]" * 900 + "}\n"
    (tmp_path / "visit.ndjson").write_text(deep + EXTENDED)
    assert shape_of(tmp_path / "visit.ndjson", VISIT).extensions == ("urn:own",)


def test_what_was_held_back_is_looked_at_again_when_it_is_declared(tmp_path, monkeypatch):
    content = table("id,person,day,glucose,units")
    _, row = arrive(tmp_path, "lab.csv", content)
    assert row["status"] == "quarantined"
    units = Layout("id,person,day,glucose,units", {"units": "unit"})
    monkeypatch.setitem(globals(), "TOY", replace(TOY, feeds=(replace(LAB, layouts=(*LAB.layouts, units)), VISIT)))
    _, row = arrive(tmp_path, "lab.csv", content, run_id="run-2")
    assert (row["run_id"], row["status"], row["landed"]) == ("run-2", "landed", 24)


def test_a_system_that_is_called_otherwise_now_ends_no_run(tmp_path):
    one, _ = arrive(tmp_path, *CHANGES["lost"][:2])
    ops = one.run.ops
    assert to_be_reconsidered(ops, read_ledger(ops), {"new": replace(TOY, name="new")}, {}) == frozenset()


@pytest.mark.parametrize("change", ["new", "reordered"])
def test_readings_that_nothing_names_wait_under_another_header_unless_somebody_lets_them_pass(
    tmp_path, monkeypatch, change
):
    readings = replace(LAB, delivery="increment", key=())
    monkeypatch.setitem(globals(), "TOY", replace(TOY, feeds=(readings, VISIT)))
    assert arrive(tmp_path, *CHANGES[change][:2])[1]["status"] == "quarantined"
    assert arrive(tmp_path, *CHANGES[change][:2], f'[drift]\n{change} = "keep"\n', run_id="run-2")[1]["landed"] == 24


def test_an_id_is_looked_up_as_it_is_written_so_no_wider_number_will_do(tmp_path):
    (tmp_path / "lab.csv").write_text(CHANGES["retyped, wider"][1])
    feed = replace(LAB, typed={"glucose": "id"})
    (found,) = drift_of(shape_of(tmp_path / "lab.csv", feed), feed, (DEFAULTS | {"retyped": "widen"}).__getitem__)
    assert found.policy == "quarantine"
