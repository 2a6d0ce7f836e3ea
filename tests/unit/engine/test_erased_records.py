"""A feed of which all that ever came was erased is read as an empty one."""

from __future__ import annotations

from pathlib import Path

from tests.support.landing_sample import SYSTEMS, land, lay, toy_run
from twinlake.engine.changes import changed_source_persons, steps_of
from twinlake.engine.counting import counting_now
from twinlake.engine.erased import hash_of, register
from twinlake.engine.ledger import Ledger, read_ledger
from twinlake.engine.reconcile import reconcile
from twinlake.engine.records import Records


def test_a_feed_of_which_all_was_erased_has_no_records(tmp_path: Path, spark) -> None:
    run = toy_run(tmp_path, spark=spark)
    register(run.ops, "e1", [hash_of("h", "toy", "1")], [])
    for day in ("2026-10-01", "2026-10-02"):
        lay(run.home.feeds, {f"h/toy/{day}/persons.csv": f"id,name,note\n1,Ann,{day}\n"})
        assert land(run) == 0
        ledger = read_ledger(run.ops)
        assert counting_now(ledger, SYSTEMS)["h", "toy", "persons"]
        records = Records(run, ledger)
        assert records.accounted("toy", "persons").count() == 0
        assert records.current("toy", "persons").count() == 0
        steps = steps_of(run, Ledger(-1, ()), ledger, "toy", "persons")
        assert changed_source_persons(run, ledger, "toy", "persons", steps).count() == 0
        assert reconcile(run) == []
