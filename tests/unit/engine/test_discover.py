"""Every file in the feeds gets a word: read, ignored with a reason, or unknown."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from tests.support.landing_sample import AS_OF, SYSTEMS, lay
from twinlake.declare.errors import ConfigurationError
from twinlake.engine.discover import find_files, find_hospitals, find_strays, sha256_of


def found(feeds, hospital="h"):
    return {f.path: f for f in find_files(feeds, hospital, SYSTEMS)}


def test_plain_and_gzipped_dated_and_undated_files_are_the_same_feed(tmp_path):
    paths = ["persons.csv", "persons.csv.gz", "2026-10-01/persons.csv", "2026-10-01/persons.csv.gz"]
    lay(tmp_path, {f"h/toy/{path}": "x" for path in paths})
    files = found(tmp_path)
    assert {f.feed for f in files.values()} == {"persons"} and len(files) == 4
    assert files["h/toy/2026-10-01/persons.csv"].delivered_at(AS_OF) == datetime(2026, 10, 1, tzinfo=UTC)
    assert files["h/toy/persons.csv"].delivered_at(AS_OF) == AS_OF


def test_a_feed_of_no_known_system_and_a_file_of_no_feed_are_told(tmp_path):
    lay(
        tmp_path,
        {"h/hl8/a.txt": "x", "h/toy/persons.xls": "x", "h/toy/log.txt": "x", "h/loose.csv": "x", "h/toy/.DS": ""},
    )
    told = {path: (f.feed, f.status) for path, f in found(tmp_path).items()}
    assert told == {
        "h/hl8/a.txt": (None, "unknown"), "h/toy/persons.xls": (None, "unknown"), "h/toy/log.txt": (None, "ignored"),
        "h/loose.csv": (None, "unknown"), "h/toy/.DS": (None, "unknown"),
    }  # fmt: skip
    assert "no system is called 'hl8'; known: toy" in found(tmp_path)["h/hl8/a.txt"].reason


@pytest.mark.parametrize(
    "name", ["vis'it", "visit two", "visit%20x", "visit\nx", "visit[1]{a,b}*?", "visit ü🏥", "visit`;--"]
)
def test_hostile_names_are_names(tmp_path, name):
    lay(tmp_path, {f"h/toy/sub {name}/visit {name}.ndjson": "{}"})
    (file,) = found(tmp_path).values()
    assert file.feed == "visit" and sha256_of(tmp_path / file.path)


def test_a_name_that_is_no_utf_8_is_told_and_stops_nothing(tmp_path):
    lay(tmp_path, {"h/toy/persons.csv": "x"})
    with open(os.fsencode(tmp_path / "h" / "toy") + b"/visit-\xff.ndjson", "wb"):
        pass
    files = found(tmp_path)
    assert files["h/toy/visit-\\xff.ndjson"].status == "unknown" and len(files) == 2
    assert all(path.encode() for path in files)


def test_a_hospital_whose_name_is_no_utf_8_is_refused_and_the_others_go_on(tmp_path):
    lay(tmp_path, {"h/toy/persons.csv": "x"})
    os.mkdir(os.fsencode(tmp_path) + b"/b\xff")
    good, refused = find_hospitals(tmp_path)
    assert list(good) == ["h"] and list(refused) == ["b\\xff"]


@pytest.mark.parametrize("folder", ["2026-13-45", "2026-02-30", "0000-01-01"])
def test_a_delivery_folder_that_is_no_day_is_told(tmp_path, folder):
    lay(tmp_path, {f"h/toy/{folder}/persons.csv": "x"})
    (file,) = found(tmp_path).values()
    assert (file.feed, file.status, file.delivered_at(AS_OF)) == (None, "unknown", AS_OF)
    assert "no day of the calendar" in file.reason


def test_digits_of_other_scripts_make_no_delivery(tmp_path):
    lay(tmp_path, {"h/toy/٢٠٢٦-١٠-٠١/visit.ndjson": "{}"})
    (file,) = found(tmp_path).values()
    assert (file.feed, file.delivery) == ("visit", "")


def test_linked_folders_are_read_and_links_that_lead_nowhere_or_round_are_told(tmp_path):
    lay(tmp_path / "elsewhere", {"export/visit.ndjson": "{}"})
    lay(tmp_path / "feeds", {"h/toy/persons.csv": "x"})
    toy = tmp_path / "feeds" / "h" / "toy"
    (toy / "linked").symlink_to(tmp_path / "elsewhere" / "export")
    (toy / "broken.csv").symlink_to(tmp_path / "nowhere")
    (toy / "round").symlink_to(toy)
    os.mkfifo(toy / "visit-pipe.ndjson")
    told = {path: f.status for path, f in found(tmp_path / "feeds").items()}
    assert told == {
        "h/toy/persons.csv": "found", "h/toy/linked/visit.ndjson": "found", "h/toy/linked/hospital.toml": "unknown",
        "h/toy/broken.csv": "unknown", "h/toy/round": "unknown", "h/toy/visit-pipe.ndjson": "unknown",
    }  # fmt: skip


def test_a_hospital_without_hospital_toml_is_refused_and_the_others_go_on(tmp_path):
    lay(tmp_path, {"good/toy/persons.csv": "x"})
    (tmp_path / "bare" / "toy").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    good, refused = find_hospitals(tmp_path)
    assert list(good) == ["good"]
    assert refused == {
        "bare": "bare: no hospital.toml. Write one with at least: name, time_zone, identifier_namespace."
    }


def test_files_beside_the_hospitals_are_told(tmp_path):
    lay(tmp_path, {"h/toy/persons.csv": "x", "export.csv": "x", ".DS_Store": ""})
    assert [(f.path, f.status) for f in find_strays(tmp_path)] == [("export.csv", "unknown")]


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir(), lambda p: p.write_text("x")])
def test_feeds_that_are_none_are_refused_with_what_to_do(tmp_path, make):
    make(tmp_path / "feeds")
    with pytest.raises(ConfigurationError, match="<hospital>/<system>"):
        find_hospitals(tmp_path / "feeds")
