"""What stewards and hospitals say of who is who reaches every table, of these persons only, and is gone when undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.support.tiny_feeds import Feeds, patient
from tests.support.tiny_lake import TinyLake
from twinlake.declare.decision import Decision
from twinlake.engine.decisions import record_decision

ADA, BEA = "lakeside/fhir_r4_bulk/ada", "lakeside/fhir_r4_bulk/bea"
N_ADA, CLEO = "northgate/synthea_csv/n-ada", "northgate/synthea_csv/n-cleo"
DERIVED = ("silver.person", "silver.measurement", "gold.person_summary", "twins.patient_state")
EMPI = ("empi.source_person", "empi.person_merge", "empi.person_pair", "empi.person_link", "empi.person_alias")
QUICK = (*EMPI, "silver.person")


def adt(event: str, ident: str, *more: str, at: str) -> str:
    """A message of lakeside about a patient who is like nobody else."""
    pid = f"PID|1||{ident}^^^LAKE^MR||{'Xu^Mei' if ident == '77' else 'Ito^Rin'}||{1900 + int(ident)}0102|F"
    header = f"MSH|^~\\&|A|LAKE|||{at}||ADT^{event}|M{at}|P|2.5.1"
    return "\r".join((header, f"EVN|{event}|{at}", pid, *more)) + "\r"


def lakesides(feeds: Feeds, *messages: str, day: str = "2026-10-01") -> Feeds:
    feeds.files[f"lakeside/hl7v2/{day}/adt.hl7"] = "".join(messages)
    return feeds


def decide(lake: TinyLake, kind: str, one: str, other: str, hour: int) -> Decision:
    at = datetime(2026, 10, 1, hour, tzinfo=UTC)
    decision = Decision(kind, (one,), (other,), "a steward", "a test", at)
    record_decision(lake.ops, decision)
    return decision


def undo(lake: TinyLake, *decisions: Decision) -> None:
    for one in decisions:
        record_decision(lake.ops, Decision("undo", (), (), "a steward", "a test", one.decided_at, one.decision_id))


def persons(lake: TinyLake) -> dict[str, int]:
    return {
        f"{row['hospital']}/{row['system']}/{row['source_person_id']}": row["person_id"]
        for row in lake.rows("empi.person_link")
    }


@pytest.mark.timeout(1200)
def test_a_decision_relinks_these_persons_and_undone_leaves_no_trace(spark, empty: Callable[[str], TinyLake]) -> None:
    lake = empty("quick")
    people = Feeds().fhir(
        "Patient", patient("ada", "Ada", "Lovejoy", "1960-05-04"), patient("ann", "Ada", "Lovejoy", "1960-05-04"),
        patient("bea", "Beatrice", "Quimby", "1971-02-28", link=[
            {"type": "replaced-by", "other": {"reference": "Patient/nobody"}},
        ]),
    )  # fmt: skip
    lake.run(people, only=QUICK)
    never, alone = lake.digests(), persons(lake)
    ann = ADA.replace("ada", "ann")
    assert set(alone) == {ADA, ann, BEA}, "a merge makes nobody"
    assert alone[ADA] == alone[ann] != alone[BEA]
    decided = [decide(lake, "accept", ADA, BEA, 8), decide(lake, "split", ann, ADA, 9)]
    lake.run(only=QUICK)
    now = persons(lake)
    assert now[ADA] == now[BEA] != now[ann]
    assert {row["person_id"] for row in lake.rows("silver.person")} == {*now.values()}
    undo(lake, *decided)
    lake.run(only=QUICK)
    assert lake.digests() == never


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_accept_reject_and_split_change_every_table_for_exactly_the_persons_concerned(lake: TinyLake) -> None:
    never, before = lake.digests(), persons(lake)
    accept = decide(lake, "accept", BEA, CLEO, 8)
    lake.run()
    assert_only(lake, before, {BEA: CLEO})
    reject = decide(lake, "reject", CLEO, BEA, 9)
    lake.run()
    assert persons(lake) == before
    same = {name: digest for name, digest in lake.digests().items() if name != "empi.person_link"}
    assert same.items() <= never.items(), "un-merged; only the reason of their links is another"
    split = decide(lake, "split", N_ADA, ADA, 10)
    lake.run()
    now = persons(lake)
    assert now[ADA] != now[N_ADA]
    for name in DERIVED:
        found = {row["person_id"] for row in lake.rows(name)}
        assert {now[ADA], now[N_ADA]} <= found <= {*now.values()}, name
    assert lake.problems() == [], "a rebuild from bronze takes the decisions along"
    undo(lake, accept, reject, split)
    lake.run()
    assert lake.digests() == never
    assert lake.run() == []


def assert_only(lake: TinyLake, before: dict[str, int], joined: dict[str, str]) -> None:
    """These source persons are one person in every table, under the id of the smaller one; all others as before."""
    now = persons(lake)
    for one, other in joined.items():
        kept, gone = before[one], before[other]
        assert now == {name: kept if person == gone else person for name, person in before.items()}
        assert {"old_person_id": gone, "person_id": kept} in lake.rows("empi.person_alias")
        for name in DERIVED:
            found = {row["person_id"] for row in lake.rows(name)}
            assert kept in found and gone not in found, name
    changed = [row for row in lake.ops.rows("table_run") if row["table"] in DERIVED and row["mode"] == "units"]
    assert {row["units_changed"] for row in changed[-len(DERIVED) :]} == {2}, "the two persons, and nobody else"


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_a_merge_waits_for_its_patient_and_goes_with_its_message(lake: TinyLake) -> None:
    merge = adt("A40", "77", "MRG|88^^^LAKE^MR", at="20260901120000")
    xu, ito = "lakeside/hl7v2/77^^^LAKE", "lakeside/hl7v2/88^^^LAKE"
    lake.run(lakesides(Feeds(), adt("A04", "77", at="20260801120000"), merge))
    assert xu in persons(lake) and ito not in persons(lake)
    lake.run(lakesides(Feeds(), adt("A04", "88", at="20260801130000"), day="2026-10-02"))
    assert persons(lake)[xu] == persons(lake)[ito]
    assert len([row for row in lake.rows("silver.person") if row["year_of_birth"] in (1977, 1988)]) == 1
    lake.run(lakesides(Feeds(), adt("A40", "88", "MRG|88^^^LAKE^MR", at="20260902120000"), day="2026-10-03"))
    assert persons(lake)[xu] != persons(lake)[ito]
    assert lake.problems() == []


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_a_merge_that_comes_late_takes_what_was_said_before_it_from_the_number_given_out_again(
    spark, empty: Callable[[str], TinyLake]
) -> None:
    with_ssn = adt("A04", "88", at="20260801130000").replace("|F\r", f"|F{'|' * 11}123456789\r")
    days = (
        (adt("A04", "77", at="20260801120000"), with_ssn),
        (adt("A04", "88", at="20261001130000"),),
        (adt("A40", "77", "MRG|88^^^LAKE^MR", at="20260901120000"),),
    )
    lake, at_once, whole = empty("late"), empty("at_once"), Feeds()
    for n, messages in enumerate(days, 1):
        day = f"2026-10-0{n}"
        lakesides(whole, *messages, day=day)
        lake.run(lakesides(Feeds(), *messages, day=day), only=QUICK)
        ssn = {row["source_person_id"]: row["ssn"] for row in lake.rows("empi.source_person")}
        assert ssn == {"77^^^LAKE": None, "88^^^LAKE": "123456789" if n < 3 else None}
    at_once.run(whole, only=QUICK)
    assert at_once.digests() == lake.digests()
