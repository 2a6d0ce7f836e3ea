"""Three hospitals of three systems become one lake, the same whatever the order in which they deliver."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.tiny_feeds import Feeds, tiny_feeds
from tests.support.tiny_lake import TinyLake
from twinlake.engine.integrity import unbalanced_files
from twinlake.engine.ledger import read_ledger

# Building a lake of all tables takes minutes, in whichever test comes first.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]


def test_every_file_is_accounted_for(built: TinyLake) -> None:
    assert list(unbalanced_files(built.ops)) == []
    landed = {row["path"] for row in read_ledger(built.ops).rows if row["status"] == "landed"}
    assert landed == set(tiny_feeds().files)


def test_a_person_of_two_hospitals_is_one_person(built: TinyLake) -> None:
    links = {row["source_person_id"]: row["person_id"] for row in built.rows("empi.person_link")}
    assert links["ada"] == links["n-ada"]
    assert len(set(links.values())) == len(links) - 1
    assert {row["person_id"] for row in built.rows("twins.patient_state")} == set(links.values())


def test_every_record_reached_a_table_or_has_its_reason(built: TinyLake) -> None:
    outcomes = {row["outcome"] for row in built.ops.rows("conform_ledger")}
    assert outcomes == {"mapped", "unmapped"}


def test_what_a_panel_measures_is_a_row_each(built: TinyLake) -> None:
    codes = [row["measurement_code"] for row in built.rows("silver.measurement")]
    assert codes.count("8480-6") == codes.count("8462-4") == 1


def test_another_order_split_over_two_runs_and_sent_twice_gives_the_same_lake(
    built: TinyLake, empty: Callable[[str], TinyLake]
) -> None:
    lake, feeds = empty("other"), tiny_feeds()
    # Facts before their patients, drugs and places; then the rest, and all that was there a second time.
    early = ("Observation", "MedicationRequest", "Encounter")
    fhir = [f"lakeside/fhir_r4_bulk/2026-10-01/{name}.ndjson" for name in early]
    first = feeds.only(*fhir, "northgate/synthea_csv/2026-10-01/obs", "harbor")
    assert any(row["quarantined"] for row in lake.run(first)), "facts without a patient wait in quarantine"
    lake.run(feeds)
    sent = feeds.only("lakeside").files.items()
    again = {path.replace(".ndjson", ".again.ndjson"): text for path, text in sent}
    lake.run(Feeds(again))
    assert lake.digests() == built.digests()
    assert lake.rows("quarantine.measurement") == []
    assert lake.problems() == []
