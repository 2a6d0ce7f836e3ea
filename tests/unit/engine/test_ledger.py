"""Which files count, as the ledger has it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.landing_sample import AS_OF, SYSTEMS, landed_row
from twinlake.engine.counting import contents, counting_now
from twinlake.engine.ledger import Ledger, read_ledger
from twinlake.engine.ops import Ops


def active(*rows):
    files = counting_now(Ledger(0, tuple(rows)), SYSTEMS)
    return {(key[0], key[2], f.path, f.sha256) for key, found in files.items() for f in found}


def test_of_a_path_the_last_content_counts_also_when_an_old_one_comes_back():
    a, b = landed_row("h/p.csv", 1, "a"), landed_row("h/p.csv", 2, "b")
    assert active(a, b) == {("h", "persons", "h/p.csv", "b")}
    assert active(a, b, landed_row("h/p.csv", 3, "a")) == {("h", "persons", "h/p.csv", "a")}


def test_a_content_that_could_not_be_read_leaves_the_last_one_standing():
    good = landed_row("h/p.csv", 1, "a")
    for status in ("quarantined", "empty", "unknown"):
        assert active(good, landed_row("h/p.csv", 2, "b", status=status)) == {("h", "persons", "h/p.csv", "a")}


def test_of_a_snapshot_the_latest_delivery_counts_in_whatever_order_they_come():
    old, new = (landed_row(f"h/{d}/p.csv", n, delivery=d) for n, d in enumerate(("2026-10-01", "2026-11-01")))
    assert active(old, new) == active(new, old) == {("h", "persons", "h/2026-11-01/p.csv", "a")}


def test_of_a_snapshot_in_several_files_all_of_the_latest_delivery_count():
    rows = [landed_row(f"h/{d}/{p}.csv", 1, delivery=d) for d in ("2026-10-01", "2026-11-01") for p in "pq"]
    assert {path for _, _, path, _ in active(*rows)} == {"h/2026-11-01/p.csv", "h/2026-11-01/q.csv"}


def snapshot_in_parts(*refused):
    """Two deliveries of a snapshot in two files each; `refused` names files of it."""
    return [
        landed_row(f"h/{delivery}/{part}.csv", day, delivery=delivery, delivered_at=AS_OF.replace(day=day),
                   status="quarantined" if f"{delivery}/{part}" in refused else "landed")
        for day, delivery in enumerate(("2026-10-01", "2026-11-01"), 1) for part in "pq"
    ]  # fmt: skip


def paths(*rows):
    return {path.removeprefix("h/2026-") for _, _, path, _ in active(*rows)}


def test_a_snapshot_of_which_a_part_was_refused_takes_no_place_until_that_part_has_landed():
    rows = snapshot_in_parts("2026-11-01/q")
    assert paths(*rows) == {"10-01/p.csv", "10-01/q.csv", "11-01/p.csv"}
    mended = landed_row("h/2026-11-01/q.csv", 9, "b", delivery="2026-11-01", delivered_at=AS_OF.replace(day=2))
    assert paths(*rows, mended) == {"11-01/p.csv", "11-01/q.csv"}
    (known,) = contents(Ledger(0, (*rows, mended)), SYSTEMS, "toy", "persons").values()
    assert {c.path: c.ended_at for c in known}["h/2026-10-01/q.csv"] == AS_OF.replace(day=2)


def test_a_snapshot_that_landed_whole_takes_the_place_of_a_partial_one_too():
    whole = landed_row("h/2026-12-01/p.csv", 9, delivery="2026-12-01", delivered_at=AS_OF.replace(day=3))
    assert paths(*snapshot_in_parts("2026-11-01/q"), whole) == {"12-01/p.csv"}


def test_a_part_that_landed_and_came_again_broken_leaves_its_snapshot_whole():
    again = landed_row("h/2026-11-01/q.csv", 9, "b", delivery="2026-11-01", status="quarantined")
    assert paths(*snapshot_in_parts(), again) == {"11-01/p.csv", "11-01/q.csv"}


def test_a_refused_part_that_came_again_without_a_record_keeps_its_snapshot_no_longer():
    empty = landed_row("h/2026-11-01/q.csv", 9, "b", delivery="2026-11-01", status="empty")
    assert paths(*snapshot_in_parts("2026-11-01/q"), empty) == {"11-01/p.csv"}


def test_increments_all_count_and_hospitals_do_not_touch_each_other():
    rows = [landed_row(f"h/{d}/v", 1, delivery=d, feed="visit") for d in ("2026-10-01", "2026-11-01")]
    other = landed_row("g/2026-01-01/p.csv", 9, hospital="g", delivery="2026-01-01")
    mine = landed_row("h/2026-11-01/p.csv", 2, delivery="2026-11-01")
    assert {path for _, _, path, _ in active(*rows, other, mine)} == {
        "h/2026-10-01/v", "h/2026-11-01/v", "g/2026-01-01/p.csv", "h/2026-11-01/p.csv",
    }  # fmt: skip


def test_the_ledger_is_read_in_the_order_of_its_sequence_not_of_its_files(tmp_path):
    ops = Ops(tmp_path)
    for sequence, sha256 in ((2, "b"), (3, "a"), (1, "z")):
        ops.append("landing_ledger", [landed_row("h/p.csv", sequence, sha256)])
    assert read_ledger(ops).current["h/p.csv"]["sha256"] == "a"
    assert read_ledger(ops, 0).current["h/p.csv"]["sha256"] == "b"
    assert read_ledger(ops, -1) == Ledger(-1, ())


def test_before_the_first_landing_the_ledger_is_empty(tmp_path):
    assert read_ledger(Ops(tmp_path)) == Ledger(-1, ())


def test_hospitals_that_land_at_the_same_time_all_stand_in_the_ledger(tmp_path):
    def append(hospital):
        Ops(tmp_path).append("landing_ledger", [landed_row(f"{hospital}/p.csv", 1, hospital=hospital)])

    append("first")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, [f"h{n}" for n in range(8)]))
    assert set(read_ledger(Ops(tmp_path)).current) == {"first/p.csv", *(f"h{n}/p.csv" for n in range(8))}
