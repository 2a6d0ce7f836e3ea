"""What ingest tells of each hospital: what landed, what did not, and where nothing is."""

from __future__ import annotations

import gzip

from jobs._run import open_run
from jobs.ingest import land
from tests.support.landing_sample import AS_OF, HOSPITAL, lay

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
