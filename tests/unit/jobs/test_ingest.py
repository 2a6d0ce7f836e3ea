"""What ingest tells of each hospital: what landed, what did not, and where nothing is."""

from __future__ import annotations

import gzip
from argparse import Namespace

import pytest

from jobs import ingest, pin
from jobs._run import open_run
from jobs.ingest import land
from tests.support.landing_sample import AS_OF, HOSPITAL, lay
from twinlake.declare.errors import DataError

LINE = '{"resourceType":"Condition","id":"c-%d"}\n'


def test_files_that_did_not_land_are_counted_and_an_empty_folder_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINLAKE_HOME", str(tmp_path / "home"))
    cut = gzip.compress("".join(LINE % n for n in range(99)).encode())[:60]
    feeds = lay(
        tmp_path / "feeds",
        {
            "good/fhir_r4_bulk/Condition.ndjson": LINE % 1,
            "good/fhir_r4_bulk/Encounter.ndjson": "",
            "good/fhir_r4_bulk/Observation.ndjson.gz": cut,
            "good/epic/patients.csv": "id\n1\n",
            "bare/hospital.toml": HOSPITAL,
        },
    )
    said: list[str] = []
    opened = open_run(feeds, AS_OF, "run-1", said.append)
    for hospital in ("good", "bare", "good"):
        land(opened, hospital)
    assert [" ".join(line.split()) for line in said] == [
        "good 4 new files, 1 records landed, 1 empty, 1 quarantined, 1 unknown",
        "bare no files. Lay them out <hospital>/<system>/[YYYY-MM-DD/]…",
        "good nothing new",
    ]


STOPPED = '[drift]\nextension = "stop"\n'
EXTENDED = '{"resourceType":"Condition","id":"c-1","extension":[{"url":"urn:own","valueString":"x"}]}\n'


def test_a_file_at_which_a_hospital_stops_stops_all_while_its_settings_cannot_be_read(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINLAKE_HOME", str(tmp_path / "home"))
    for name in ("reconcile", "refuse_drifted"):
        monkeypatch.setattr(pin, name, lambda run: None)
    monkeypatch.setattr(pin, "pin", lambda run: "published")
    feeds = lay(
        tmp_path / "feeds",
        {"strict/fhir_r4_bulk/Condition.ndjson": EXTENDED, "other/fhir_r4_bulk/Condition.ndjson": LINE % 1},
        strict=STOPPED,
    )
    toml = feeds / "strict/hospital.toml"
    for settings in (toml.read_text(), toml.read_text().replace("[drift]", "[drfit]")):
        toml.write_text(settings)
        opened = open_run(feeds, AS_OF, "run-1")
        for step in (lambda o: ingest.step(o, Namespace(hospital=None)), lambda o: pin.step(o, Namespace())):
            with pytest.raises(DataError, match=r"Nothing is published.*strict/fhir_r4_bulk/Condition"):
                step(opened)
        ingest.step(opened, Namespace(hospital="other"))
    assert opened.readable == ("other",)
    toml.write_text(HOSPITAL)
    opened = open_run(feeds, AS_OF, "run-2")
    ingest.step(opened, Namespace(hospital=None))
    assert pin.step(opened, Namespace()) == "published"
