"""An erased person leaves a lake that never had them, comes back with no delivery, and stands in no file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from jobs._erase import Asked, erase
from tests.support.tiny_feeds import (
    GLUCOSE,
    SYNTHEA_PERSONS,
    SYNTHEA_VALUES,
    WEIGHT,
    Feeds,
    northgate,
    observation,
    synthea_value,
    tiny_feeds,
)
from tests.support.tiny_lake import TinyLake, only_the_engine
from twinlake.declare.decision import Decision
from twinlake.declare.errors import ConfigurationError, DataError
from twinlake.engine.decisions import decisions_of, record_decision
from twinlake.engine.position import last_said
from twinlake.engine.publication import last_publication
from twinlake.engine.subject import file_of
from twinlake.engine.whereabouts import Sought, search

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]
ADA, ADA_AT_NORTHGATE, BEA = "lakeside/fhir_r4_bulk/ada", "northgate/synthea_csv/n-ada", "lakeside/fhir_r4_bulk/bea"
CLEO = "northgate/synthea_csv/n-cleo"
AT = datetime(2026, 11, 2, tzinfo=UTC)
# In what names Ada, at either hospital, or is hers alone.
HERS = Sought(("ada", "n-ada", "Lovejoy", "999-11-1111"))
LATER = "2026-10-05"
# A line that cannot be read, and is of Ada as anybody can see.
BROKEN = '{"resourceType": "Observation", "id": "o-8", "subject": {"reference": "Patient/ada"}, "status": \n'


def second_delivery() -> Feeds:
    """A value of Ada's and one of Bea's corrected, one more of each, a broken record; at northgate a new snapshot."""
    feeds = Feeds().fhir(
        "Observation", observation("o-1", "ada", WEIGHT, 72, "kg", "2026-01-10", meta={"lastUpdated": "2026-10-04"}),
        observation("o-2", "bea", WEIGHT, 61, "kg", "2026-02-10", meta={"lastUpdated": "2026-10-04"}),
        observation("o-6", "ada", GLUCOSE, 99, "mg/dL", "2026-10-04"),
        observation("o-7", "bea", GLUCOSE, 97, "mg/dL", "2026-10-04"), day=LATER,
    )  # fmt: skip
    place = next(iter(feeds.files))
    feeds.files[place] += BROKEN
    values = (*SYNTHEA_VALUES, synthea_value("n-ada", "v-1", GLUCOSE, 88, "mg/dL", "2026-03-03"),
              synthea_value("n-cleo", "v-2", GLUCOSE, 77, "mg/dL", "2026-03-03"))  # fmt: skip
    return northgate(feeds, LATER, SYNTHEA_PERSONS, values)


def without_ada(feeds: Feeds) -> Feeds:
    """The same deliveries of hospitals that never knew her: no line that names her."""
    left = {path: [line for line in text.splitlines() if not is_hers(line)] for path, text in feeds.files.items()}
    return Feeds({path: "".join(f"{line}\n" for line in lines) for path, lines in left.items()})


def is_hers(line: str) -> bool:
    return any(each in line for each in ('"ada"', "Patient/ada", "n-ada"))


def asked(person: str = ADA) -> Asked:
    return Asked(person, "dpo", "request 17", AT)


def erased(lake: TinyLake, person: str = ADA, **how: bool) -> tuple[bool, list[str]]:
    said: list[str] = []
    with only_the_engine(lake.proving):
        is_clean = erase(lake.open("erase"), asked(person), said.append, **{"keep_shared": False, "dry": False, **how})
    return is_clean, said


def records(lake: TinyLake) -> dict[str, list[tuple]]:
    """What bronze holds, but for its place in a file: that is another one where lines before it are gone."""
    names = ("hospital", "system", "record_key", "record_hash", "raw_record", "source_person_id", "delivered_at")
    tables = [f"bronze.{folder.name}" for folder in (lake.home.lake / "bronze").iterdir()]
    return {name: sorted(repr([row[n] for n in names]) for row in rows) for name in tables if (rows := lake.rows(name))}


@pytest.fixture(scope="module")
def oracle(spark, tmp_path_factory: pytest.TempPathFactory) -> TinyLake:
    """The lake of hospitals that never knew her."""
    lake = TinyLake(tmp_path_factory.mktemp("oracle"))
    lake.run(without_ada(tiny_feeds()))
    lake.run(without_ada(second_delivery()))
    return lake


@pytest.fixture(scope="module")
def twice(built: TinyLake, tmp_path_factory: pytest.TempPathFactory) -> TinyLake:
    """Both deliveries, a correction between them, and what a steward decided of her and of others."""
    lake = built.copy(tmp_path_factory.mktemp("twice"))
    for kind, one, other in (("accept", ADA, ADA_AT_NORTHGATE), ("reject", ADA, BEA), ("reject", BEA, CLEO)):
        record_decision(lake.ops, Decision(kind, (one,), (other,), "steward", f"{kind} of Ada Lovejoy", AT))
    lake.run(second_delivery())
    return lake


def test_an_erased_person_was_never_there(twice: TinyLake, oracle: TinyLake, tmp_path: Path) -> None:
    lake = twice.copy(tmp_path / "lake")
    before = search(lake.home.path, [HERS]).found[0]
    assert {"bronze", "empi", "quarantine"} <= {path.split("/")[1] for path in before if path.startswith("lake/")}
    person = str(next(row["person_id"] for row in lake.rows("empi.person_link") if row["source_person_id"] == "ada"))
    numbers = {row["person_id"] for row in lake.rows("empi.person_link")} | {int(person)}
    lake.home.reports.mkdir()
    (lake.home.reports / "of-before.html").write_text(f"person_id {person}")

    is_clean, said = erased(lake, person)

    assert is_clean, said
    assert (lake.home.reports / "latest.html").is_file() and not (lake.home.reports / "of-before.html").exists()
    assert said[-1].split(": ")[1].startswith("0 of ")
    assert search(lake.home.path, [HERS, Sought((person,), (int(person),))]).found == ((), ())
    assert lake.digests() == oracle.digests()
    assert records(lake) == records(oracle)
    assert lake.problems() == []
    assert int(person) not in {row["person_id"] for row in lake.rows("empi.person_link")} < numbers
    assert [(d.one, d.other, d.why) for d in decisions_of(lake.ops)] == [((BEA,), (CLEO,), "(erased)")]
    assert {row["sequence"] for row in lake.ops.rows("publication")} == {last_publication(lake.ops).sequence}
    done = lake.ops.rows("erasure")[-1]
    assert (done["state"], done["erased_by"], done["why"], done["files_found"]) == ("done", "dpo", "request 17", 0)
    assert not file_of(lake.home).exists()


def test_a_delivery_does_not_bring_them_back(twice: TinyLake, oracle: TinyLake, tmp_path: Path) -> None:
    lake, other = twice.copy(tmp_path / "lake"), oracle.copy(tmp_path / "oracle")
    erased(lake)
    again = Feeds({path.replace(LATER, "2026-10-09"): text for path, text in second_delivery().files.items()})
    news = Feeds().fhir("Observation", observation("o-9", "ada", WEIGHT, 70, "kg", "2026-10-08"),
                        observation("o-10", "bea", WEIGHT, 59, "kg", "2026-10-08"), day="2026-10-10")  # fmt: skip
    for feeds in (again, news):
        lake.run(feeds.copy())
        other.run(without_ada(feeds))
    assert lake.digests() == other.digests()
    assert records(lake) == records(other)
    assert search(lake.home.path, [HERS]).found == ((),)
    assert lake.problems() == []
    rows = {row["path"].split("/", 2)[2]: row for row in lake.ops.rows("landing_ledger")}
    day = rows["2026-10-10/Observation.ndjson"]
    assert [day[n] for n in ("records_in", "landed", "quarantined", "duplicates", "erased")] == [2, 1, 0, 0, 1]
    repeated = rows["2026-10-09/Observation.ndjson"]
    assert [repeated[n] for n in ("records_in", "landed", "quarantined", "duplicates", "erased")] == [5, 2, 0, 0, 3]


def test_somebody_of_whom_alone_a_feed_tells_is_erased_as_well(twice: TinyLake, tmp_path: Path) -> None:
    """Nothing is left of a feed then, and that is said of it: no account of before is gone on from."""
    lake = twice.copy(tmp_path / "lake")
    assert {row["source_person_id"] for row in lake.rows("bronze.fhir_r4_bulk_condition")} == {"bea"}
    is_clean, said = erased(lake, BEA)
    assert is_clean, said
    assert lake.rows("bronze.fhir_r4_bulk_condition") == []
    assert {row["records"] for row in last_said(lake.ops)["fhir_r4_bulk", "condition"]} == {0}
    assert lake.problems() == []


class Killed(BaseException):
    """The process is gone: nothing that comes after is done, and nothing is tidied up."""


MOMENTS = (
    "twinlake.engine.erased.register", "jobs._erase._record", "twinlake.engine.purge.write_out_deleted",
    "twinlake.engine.withdrawal.from_bronze", "twinlake.engine.withdrawal.from_ledger",
    "twinlake.engine.withdrawal.from_quarantine", "twinlake.engine.withdrawal.from_decisions", "jobs._daily.take",
    "twinlake.engine.replace._write",
    "twinlake.engine.purge.retire", "twinlake.engine.purge.unasked", "twinlake.engine.purge._record_anew",
    "jobs._report.make", "jobs._erase.search", "twinlake.engine.subject.end",
)  # fmt: skip


@contextmanager
def killed(moment: str, *, after: bool) -> Iterator[None]:
    """The process dies as it comes to a step, or when the step has done its work."""
    module, name = moment.rsplit(".", 1)
    from pkgutil import resolve_name

    step = getattr(resolve_name(module), name)

    def dies(*given, **named):
        if after:
            step(*given, **named)
        raise Killed

    with patch(moment, dies), pytest.raises(Killed):
        yield


def test_an_erasure_that_is_killed_anywhere_goes_on_where_it_was(
    twice: TinyLake, oracle: TinyLake, tmp_path: Path
) -> None:
    lake = twice.copy(tmp_path / "lake")
    for moment in MOMENTS:
        # Once nothing of it is kept it is done.
        for after in (False, True)[: 1 if moment.endswith(".end") else 2]:
            with killed(moment, after=after):
                erased(lake)
    with pytest.raises(ConfigurationError, match="Another erasure was begun"):
        erased(lake, BEA)
    is_clean, said = erased(lake)
    assert is_clean, said
    assert lake.digests() == oracle.digests()
    assert records(lake) == records(oracle)
    assert search(lake.home.path, [HERS]).found == ((),)
    assert lake.problems() == []
    assert [row["state"] for row in lake.ops.rows("erasure")] == ["begun", "withdrawn", "done", "done"]


def test_what_would_go_is_said_and_nothing_is_done(twice: TinyLake, tmp_path: Path) -> None:
    lake = twice.copy(tmp_path / "lake")
    before = lake.versions()
    _, said = erased(lake, dry=True)
    counted = dict(line.split(maxsplit=1) for line in said[0].splitlines()[1:])
    assert counted["bronze.fhir_r4_bulk_observation"] == "4 rows"
    assert counted["quarantine.fhir_r4_bulk_observation"] == "1 rows"
    assert counted["empi.steward_decision"] == "3 rows"
    assert HERS.texts[2] not in said[0] and "ada" not in said[0]
    assert (lake.versions(), lake.ops.rows("erased"), file_of(lake.home).exists()) == (before, [], False)


def test_a_record_of_somebody_else_that_names_them_is_not_erased_in_silence(twice: TinyLake, tmp_path: Path) -> None:
    lake = twice.copy(tmp_path / "lake")
    baby = observation("o-11", "bea", WEIGHT, 60, "kg", "2026-10-08", focus=[{"reference": "Patient/ada"}])
    lake.run(Feeds().fhir("Observation", baby, day="2026-10-10"))
    with pytest.raises(DataError, match=r"2026-10-10/Observation.ndjson: 0\. "):
        erased(lake)
    assert lake.ops.rows("erased") == []
    is_clean, said = erased(lake, keep_shared=True)
    assert not is_clean
    assert [line for line in said if line.startswith("WRONG")]
    assert json.loads(next(r for r in lake.rows("bronze.fhir_r4_bulk_observation") if "o-11" in r["raw_record"])[
        "raw_record"])["subject"] == {"reference": "Patient/bea"}  # fmt: skip
