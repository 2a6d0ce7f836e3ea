"""A record that is mended stands where it would have stood, and the lake is one that never saw the fault."""

from __future__ import annotations

import dataclasses
import json

import pytest

from jobs import _daily, _quarantine
from jobs._run import moment, open_run
from tests.support.landing_sample import bronze, land, landed_row, lay, toy_run
from twinlake.declare.errors import DataError, LockedError
from twinlake.declare.expressions import key_of
from twinlake.engine.changes import persons_left
from twinlake.engine.digest import bronze_digests
from twinlake.engine.home import run_lock
from twinlake.engine.ingest import ingest, new_files
from twinlake.engine.integrity import missing_records, unbalanced_files
from twinlake.engine.ledger import read_ledger
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.replay import Mended, land_mended
from twinlake.plan import read_plan

HEAD = "id,name,note\n"
PATH = "h/toy/persons.csv"
WHOLE = ["1,Ada,well", '2,"Bo, jr","line one\r\nline\u2028two"', "3,Ce,ill", "4,Di,well"]
BROKEN = [WHOLE[0], WHOLE[1].replace("jr", "j\x00"), "3,Ce", WHOLE[3]]


def laid(folder, records, run_id="run-1", spark=None, day=1):
    lay(folder / "feeds", {PATH: HEAD + "\n".join(records) + "\n"})
    run = toy_run(folder, run_id, spark, day)
    land(run)
    return run


def test_mended_records_stand_where_they_would_have_stood(spark, tmp_path):
    whole = laid(tmp_path / "a", WHOLE, spark=spark)
    laid(tmp_path / "b", BROKEN, spark=spark)
    run = toy_run(tmp_path / "b", "replay-1", spark, day=9)
    mended = [Mended(PATH, n, WHOLE[n]) for n in (1, 2)]
    for once, left in ((mended[:1], 1), (mended[1:], 0)):
        assert land_mended(run, once) == 1
        assert len(Quarantine(run.ops, "quarantine.toy_persons").rows()) == left
    assert bronze(run, "persons") == bronze(whole, "persons")
    row = read_ledger(run.ops).current[PATH]
    assert (row["records_in"], row["landed"], row["quarantined"], row["mended"]) == (4, 4, 0, 2)
    assert not [*unbalanced_files(run.ops), *missing_records(run.ops)]
    with pytest.raises(DataError, match="Not in quarantine"):
        land_mended(run, mended)


def test_a_replay_killed_before_its_ledger_is_repeated(spark, tmp_path, monkeypatch):
    run = laid(tmp_path, BROKEN, spark=spark)
    with monkeypatch.context() as killed:
        killed.setattr(run.ops, "append", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            land_mended(run, [Mended(PATH, 2, WHOLE[2])])
    laid(tmp_path, [*BROKEN, "5,Ed,well"], "run-2", spark, day=2)
    laid(tmp_path, BROKEN, "run-3", spark, day=3)
    assert land_mended(toy_run(tmp_path, "replay-2", spark), [Mended(PATH, 2, WHOLE[2])]) == 1
    assert read_ledger(run.ops).current[PATH]["landed"] == 3


def test_a_replay_of_two_files_killed_after_the_first_is_repeated(spark, tmp_path, monkeypatch):
    other = "h/toy/2026-10-02/persons.csv"
    lay(tmp_path / "feeds", {path: HEAD + "\n".join(BROKEN) + "\n" for path in (PATH, other)})
    run = toy_run(tmp_path, "run-1", spark)
    land(run)
    mended = [Mended(path, 2, WHOLE[2]) for path in (PATH, other)]
    append = run.ops.append
    with monkeypatch.context() as killed:
        killed.setattr(run.ops, "append", lambda name, rows: kill() if rows[0]["path"] == PATH else append(name, rows))
        with pytest.raises(KeyboardInterrupt):
            land_mended(run, mended)
    again = toy_run(tmp_path, "replay-2", spark)
    with pytest.raises(DataError, match="Not in quarantine"):
        land_mended(again, [mended[0], Mended(other, 2, "3,Ce,well")])
    assert land_mended(again, mended) == 1
    assert {row["landed"] for row in read_ledger(run.ops).current.values()} == {3}
    assert len(Quarantine(run.ops, "quarantine.toy_persons").rows()) == 2


def kill():
    raise KeyboardInterrupt


def test_whom_a_mended_record_leaves_is_told_by_the_ledger_until_the_tables_have_heard(spark, tmp_path):
    """A steward finds that a visit was another person's; the replay is killed before its ledger, and repeated."""
    path, before, after = "h/toy/visit.ndjson", *(visit(f'"subject": {{"reference": "{who}"}}') for who in "pq")
    lay(tmp_path / "feeds", {path: before})
    run = toy_run(tmp_path, "run-1", spark)
    land(run)
    landed = read_ledger(run.ops)
    held = {
        "rule": "r",
        "path": path,
        "record_offset": 0,
        "raw_record": before.strip(),
        "unit": key_of("h", "toy", "p"),
    }
    Quarantine(run.ops, "quarantine.visit").replace_units([held["unit"]], [held])
    again = toy_run(tmp_path, "replay-1", spark)
    with pytest.MonkeyPatch.context() as killed:
        killed.setattr(again.ops, "append", lambda *a: kill())
        with pytest.raises(KeyboardInterrupt):
            land_mended(again, [Mended(path, 0, after.strip())])
    assert land_mended(again, [Mended(path, 0, after.strip())]) == 1
    left = persons_left(again, landed, read_ledger(run.ops), "toy", "visit").collect()
    assert [row["source_person_key"] for row in left] == [key_of("h", "toy", "p")]
    assert not persons_left(again, read_ledger(run.ops), read_ledger(run.ops), "toy", "visit").collect()


def visit(said):
    return f'{{"id": "1", {said}}}\n'


def test_a_file_nobody_could_read_is_mended_whole_or_not_at_all(spark, tmp_path):
    run = laid(tmp_path, ["1,Ada", "2,Bo"], spark=spark)
    mended = [Mended(PATH, 0, "1,Ada,well"), Mended(PATH, 1, "2,Bo,ill")]
    with pytest.raises(DataError, match="1 of them are not mended"):
        land_mended(toy_run(tmp_path, "replay-1", spark), mended[:1])
    assert land_mended(toy_run(tmp_path, "replay-2", spark), mended) == 2
    row = read_ledger(run.ops).current[PATH]
    assert (row["status"], row["landed"], row["quarantined"], row["reason"]) == ("landed", 2, 0, "")
    assert not [*unbalanced_files(run.ops), *missing_records(run.ops)]


MESSAGE = "\r".join((
    "MSH|^~\\&|LAB|GHH|EHR|GHH|20200301120000||ORU^R01^ORU_R01|M1|P|2.5.1",
    "PID|1||7^^^GHH^MR||Doe^Jane||19800102|F",
    "OBR|1|P1^EHR|F1^LAB|24331-1^Lipids^LN|||20200301",
    "OBX|1|NM|29463-7^Body weight^LN||900|kg|||||F|||20200301",
))  # fmt: skip
BUNDLE = {"resourceType": "Bundle", "type": "collection", "entry": [
    {"fullUrl": "urn:uuid:1",
     "resource": {"resourceType": "Patient", "id": "1", "identifier": [{"system": "u", "value": "a"}]}},
    {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Observation", "id": "2", "valueQuantity": {"value": 900},
                                           "subject": {"reference": "Patient?identifier=u|a"}}}]}  # fmt: skip


@pytest.mark.parametrize(
    ("system", "name", "content", "kind", "other"),
    [("hl7v2", "oru.hl7", MESSAGE, "result", ("PID|1||7^", "PID|1||8^")),
     ("fhir_bundle", "one.json", json.dumps(BUNDLE), "Observation", ("u|a", "u|b"))],
)  # fmt: skip
def test_a_part_of_a_message_is_mended_under_its_own_name(spark, tmp_path, system, name, content, kind, other):
    systems, path = read_plan().systems, f"h/{system}/{name}"
    lay(tmp_path / "feeds", {path: content})
    run = dataclasses.replace(toy_run(tmp_path, "run-1", spark), systems=systems)
    ledger = read_ledger(run.ops)
    ingest(run, "h", new_files(run.home.feeds, "h", systems, ledger), ledger)
    (feed,) = {row["feed"] for row in read_ledger(run.ops).rows}

    def stored():
        rows = spark.read.format("delta").load(run.ops.path(f"bronze.{system}_{feed}")).where(f"record_kind = '{kind}'")
        return rows.select("record_offset", "record_key", "source_person_id", "record_version", "raw_record").first()

    before = stored()
    held = {"rule": "value_in_range", "hospital": "h", "system": system, "path": path, "unit": 1,
            "record_offset": before["record_offset"], "raw_record": before["raw_record"]}  # fmt: skip
    Quarantine(run.ops, "quarantine.measurement").replace_units([1], [held])
    with pytest.raises(DataError, match="Mended into another person"):
        land_mended(run, [Mended(path, before["record_offset"], before["raw_record"].replace(*other))])
    assert stored() == before
    assert land_mended(run, [Mended(path, before["record_offset"], before["raw_record"].replace("900", "90"))]) == 1
    after = stored()
    assert after[:4] == before[:4] and after["source_person_id"] in ("7^^^GHH", "1")
    assert "900" not in after["raw_record"] and "90" in after["raw_record"]


def test_older_contents_of_the_path_are_left_alone(spark, tmp_path):
    laid(tmp_path, ["7,Xu,well", "8,Yo,well", "9,Zo,well"], spark=spark)
    laid(tmp_path, BROKEN, "run-2", spark, day=2)
    run = toy_run(tmp_path, "replay-1", spark)
    land_mended(run, [Mended(PATH, 2, WHOLE[2])])
    assert sorted(row[2] for row in bronze(run, "persons")) == [
        WHOLE[0],
        WHOLE[2],
        WHOLE[3],
        "7,Xu,well",
        "8,Yo,well",
        "9,Zo,well",
    ]
    assert not list(missing_records(run.ops))


@pytest.mark.parametrize(
    ("mended", "said"),
    [
        ([Mended(PATH, 2, "3,Ce")], "Still not readable"),
        ([Mended(PATH, 2, "3,Ce,ill\n9,Zo,ill")], "Still not readable"),
        ([Mended(PATH, 2, "")], "Still not readable"),
        ([Mended(PATH, 0, "1,Ada,changed")], "Not in quarantine"),
        ([Mended(PATH, 99, "9,Zo,ill")], "Not in quarantine"),
        ([Mended(PATH, 2, "3,Ce,ill"), Mended(PATH, 2, "3,Ce,well")], "Mended in two ways"),
        ([Mended("h/toy/other.csv", 2, "3,Ce,ill")], "No landed file"),
        ([Mended(PATH, 2, "3,Ce,ill"), Mended(PATH, 1, "2,Bo")], "Still not readable"),
    ],
)
def test_what_cannot_be_replayed_changes_nothing(tmp_path, mended, said):
    """Every refusal comes before anything is written, so a ledger without Spark shows it."""
    run = toy_run(tmp_path, "replay-1")
    run.ops.append("landing_ledger", [landed_row(PATH, 1, records_in=4, landed=2, quarantined=2)])
    rows = [{"rule": "r", "hospital": "h", "path": PATH, "record_offset": n, "raw_record": BROKEN[n]} for n in (1, 2)]
    Quarantine(run.ops, "quarantine.toy_persons").replace_paths(([PATH], rows))
    with pytest.raises(DataError, match=said):
        land_mended(run, mended)
    assert len(read_ledger(run.ops).rows) == 1 and len(Quarantine(run.ops, "quarantine.toy_persons").rows()) == 2


PATIENTS = [
    {"resourceType": "Patient", "id": f"p{n}", "gender": "female", "birthDate": f"19{50 + n}-01-02",
     "name": [{"family": f"Family{chr(65 + n)}", "given": ["Ada"]}]} for n in range(4)
]  # fmt: skip
OBSERVATIONS = [
    {"resourceType": "Observation", "id": f"o{n}", "status": "final", "subject": {"reference": f"Patient/p{n % 4}"},
     "code": {"coding": [{"system": "http://loinc.org", "code": "2339-0"}]}, "effectiveDateTime": f"2026-01-{n + 1:02}",
     "valueQuantity": {"value": 90 + n, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}}
    for n in range(8)
]  # fmt: skip


def ndjson(records):
    return "".join(json.dumps(record) + "\n" for record in records)


LAST = "silver.measurement"


def walked(folder, monkeypatch, run_id, replay=None):
    """The steps from the feeds to the tables in which the faults show; the rest follows from these."""
    monkeypatch.setenv("TWINLAKE_HOME", str(folder / "home"))
    opened = open_run(folder / "feeds", moment("2026-11-01"), run_id)
    if replay:
        _quarantine.replay(opened, replay, print)
    for node in opened.plan.upto(LAST):
        _daily.take(opened, node)
    return opened.run


def digests(run):
    tables = [node.name for node in read_plan().upto(LAST) if node.name != "ingest"]
    return {**bronze_digests(run), **{name: run.ops.state(name).digest for name in tables}}


@pytest.mark.nightly
def test_export_mend_replay_gives_the_lake_that_never_saw_the_fault(spark, tmp_path, monkeypatch):
    system = "h/fhir_r4_bulk"
    lay(
        tmp_path / "a" / "feeds",
        {f"{system}/Patient.ndjson": ndjson(PATIENTS), f"{system}/Observation.ndjson": ndjson(OBSERVATIONS)},
    )
    whole = digests(walked(tmp_path / "a", monkeypatch, "run-1"))

    cut = ndjson(OBSERVATIONS).splitlines(keepends=True)
    cut[3] = cut[3][:40] + "\n"
    nobody = [{k: v for k, v in p.items() if k != "birthDate" or p["id"] != "p2"} for p in PATIENTS]
    lay(
        tmp_path / "b" / "feeds",
        {f"{system}/Patient.ndjson": ndjson(nobody), f"{system}/Observation.ndjson": "".join(cut)},
    )
    broken = walked(tmp_path / "b", monkeypatch, "run-1")
    assert digests(broken) != whole

    right = {**{(f"{system}/Patient.ndjson", n): p for n, p in enumerate(PATIENTS)},
             **{(f"{system}/Observation.ndjson", n): o for n, o in enumerate(OBSERVATIONS)}}  # fmt: skip
    lines = []
    for table in ("fhir_r4_bulk_observation", "source_person"):
        _quarantine.export(None, table, None, tmp_path / "out", print)
        lines += [json.loads(line) for line in (tmp_path / "out").read_text(encoding="utf-8").split("\n") if line]
    assert {(line["path"], line["record_offset"]) for line in lines} == {
        (f"{system}/Observation.ndjson", 3), (f"{system}/Patient.ndjson", 2),
    }  # fmt: skip
    mended = [{**line, "raw_record": json.dumps(right[line["path"], line["record_offset"]])} for line in lines]
    (tmp_path / "mended").write_text(ndjson(mended), encoding="utf-8")
    run = walked(tmp_path / "b", monkeypatch, "replay-1", tmp_path / "mended")
    assert digests(run) == whole
    assert not [*unbalanced_files(run.ops), *missing_records(run.ops)]


def panel(subject, systolic):
    parts = [{"code": {"coding": [{"system": "http://loinc.org", "code": code}]},
              "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}}
             for code, value in (("8480-6", systolic), ("8462-4", 80))]  # fmt: skip
    code = {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]}
    whose = {"reference": f"Patient/{subject}"}
    return {"resourceType": "Observation", "id": "bp", "status": "final", "subject": whose, "code": code,
            "effectiveDateTime": "2026-01-09", "component": parts}  # fmt: skip


@pytest.mark.nightly
@pytest.mark.parametrize("wrong", ["p9", "p99x"])
def test_a_record_mended_into_another_persons_leaves_nothing_with_the_one_before(spark, tmp_path, monkeypatch, wrong):
    """p9 is a person of whom nothing else tells, with one part in silver and one refused; p99x is nobody."""
    system = "h/fhir_r4_bulk"
    patients = {f"{system}/Patient.ndjson": ndjson([*PATIENTS, {**PATIENTS[0], "id": "p9", "birthDate": "1999-09-09"}])}
    for folder, last in (("a", panel("p1", 120)), ("b", panel(wrong, 12000))):
        lay(tmp_path / folder / "feeds", {**patients, f"{system}/Observation.ndjson": ndjson([*OBSERVATIONS, last])})
    whole = digests(walked(tmp_path / "a", monkeypatch, "run-1"))
    walked(tmp_path / "b", monkeypatch, "run-1")
    _quarantine.export(None, "measurement", None, tmp_path / "out", print)
    line = json.loads((tmp_path / "out").read_text(encoding="utf-8").splitlines()[0])
    (tmp_path / "mended").write_text(ndjson([{**line, "raw_record": json.dumps(panel("p1", 120))}]), encoding="utf-8")
    run = walked(tmp_path / "b", monkeypatch, "replay-1", tmp_path / "mended")
    assert digests(run) == whole
    assert Quarantine(run.ops, "quarantine.measurement").rows() == []
    assert read_ledger(run.ops).current[f"{system}/Observation.ndjson"]["persons_left"] == str(
        key_of("h", "fhir_r4_bulk", wrong)
    )


def test_a_replay_waits_for_no_other_run(tmp_path, monkeypatch):
    """It is refused while another process owns the lake, before anything is read."""
    lay(tmp_path / "feeds", {"h/x": ""})
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TWINLAKE_HOME", str(tmp_path / "home"))
    opened = open_run(tmp_path / "feeds", moment("2026-11-01"), "replay")
    monkeypatch.setattr("jobs._quarantine.hold", lambda *a: (_ for _ in ()).throw(LockedError("in use")))
    with pytest.raises(LockedError):
        _quarantine.replay(opened, tmp_path / "file", print)
    with run_lock(opened.run.home, "replay"):
        pass
