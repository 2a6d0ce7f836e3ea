"""A network in parts: the same persons whatever their number, in files that every system takes for its own."""

from __future__ import annotations

import errno
import gzip
import hashlib
import re
from importlib import import_module
from types import SimpleNamespace

import pytest

from twinlake.declare.errors import PlatformError
from twinlake.synthetic.network import lay_network, make_network
from twinlake.synthetic.part_names import DATED, named
from twinlake.synthetic.parts import make_part
from twinlake.synthetic.spark import make_parts
from twinlake.synthetic.synthea import Population
from twinlake.synthetic.truth import read_table

HOSPITALS, PERSONS = 6, 60


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def laid(tmp_path, planned, monkeypatch, without_spark):
    """A network of so many persons a part, made without Spark."""
    monkeypatch.setattr("twinlake.synthetic.network.make_parts", without_spark)

    def lay(part_size, out="out"):
        plan = planned(tmp_path, HOSPITALS, PERSONS, part_size=part_size)
        lay_network(plan, tmp_path / f"{out}-{part_size}", lambda _: None)
        return tmp_path / f"{out}-{part_size}"

    return lay


def facts(network):
    """Rows of the CSV hospital and messages of the HL7 hospital, but for the broken and the repeated ones."""
    tables = network.joinpath("feeds/lakeside/synthea_csv").glob("*.csv")
    logs = network.joinpath("feeds/harbor_view/hl7v2").glob("[ar]d*.gz")
    lines = [line for path in tables for line in path.read_bytes().splitlines()]
    return {*lines, *(line for path in logs for line in gzip.open(path).read().split(b"\r\n"))}


def persons(network):
    return {tuple(row.values()) for row in read_table(network / "truth", "persons") if row["system"] in SYSTEMS}


def faults_of(network):
    told = read_table(network / "truth", "faults")
    return [fault for fault in told if fault["system"] in ("synthea_csv", "hl7v2")]


# Of devices and genomes each part has some.
SYSTEMS = ("fhir_r4_bulk", "synthea_csv", "hl7v2", "omop_cdm", "fhir_bundle", "ccda", "clinical_notes")


def test_persons_and_facts_do_not_depend_on_the_number_of_parts(laid):
    one, two, five = (laid(size) for size in (60, 30, 12))
    assert persons(one) == persons(two) == persons(five) and len(persons(one)) > 60
    assert len(facts(one)) > 300
    assert len(facts(one) ^ facts(five)) <= len(faults_of(one)) + len(faults_of(five))


def test_a_part_has_the_same_bytes_whoever_makes_it_and_when(laid, planned, tmp_path):
    whole = laid(12)
    for number in range(5):
        make_part(planned(tmp_path, HOSPITALS, PERSONS, part_size=12), number, tmp_path / "again")
    again = digest(tmp_path / "again" / "feeds")
    assert len(again) > 150 and again.items() <= digest(whole / "feeds").items()


def test_every_part_file_is_of_the_feed_that_the_whole_file_is_of(laid):
    feeds = laid(12) / "feeds"
    for path in (path for path in feeds.glob("*/*/**/*") if path.is_file() and "pacs" not in path.parts):
        _, system, *inside = path.relative_to(feeds).parts
        plain = DATED.sub("", "/".join(inside)).removesuffix(".gz")
        declared = import_module(f"twinlake.catalog.sources.{system}").SYSTEM
        whole = re.sub(r"[.]\d{5}(?=[.])", "", plain)
        assert declared.feed_of(plain) == declared.feed_of(whole) is not None or declared.why_ignored(whole), path


def test_the_truth_names_the_files_as_they_stand(laid):
    network = laid(12)
    faults = list(read_table(network / "truth", "faults"))
    assert len(faults) > 200
    assert all((network / "feeds" / fault["hospital"] / fault["path"]).is_file() for fault in faults)


def test_a_file_named_for_a_person_keeps_its_name():
    assert named("cgm/N0123.csv", "00017") == "cgm/N0123.csv"
    assert named("cgm/metadata.csv", "00017") == "cgm/metadata.00017.csv"
    assert named("fhir_r4_bulk/2026-11-01/Observation.ndjson.gz", "00017") == (
        "fhir_r4_bulk/2026-11-01/Observation.00017.ndjson.gz"
    )
    assert named("synthea_csv/observations.csv", "") == "synthea_csv/observations.csv"


@pytest.mark.spark
def test_spark_makes_the_bytes_that_this_process_makes(spark, planned, tmp_path, laid, monkeypatch):
    here = laid(20)
    monkeypatch.setattr("twinlake.synthetic.network.make_parts", make_parts)
    lay_network(planned(tmp_path, HOSPITALS, PERSONS, part_size=20), tmp_path / "spark", lambda _: None)
    assert digest(tmp_path / "spark") == digest(here) and len(digest(here)) > 150


def test_a_full_disk_is_told_in_one_line_and_nothing_is_left(planned, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("twinlake.synthetic.network.make_parts", full)
    monkeypatch.setattr("twinlake.synthetic.plan.population", lambda *_: Population(planned(tmp_path).folder))
    with pytest.raises(PlatformError, match=r"could not be written \(No space left on device\)\. Mend that"):
        make_network(PERSONS, HOSPITALS, 7, tmp_path / "out", lambda _: None)
    assert list((tmp_path / "out").iterdir()) == []


def test_too_little_room_is_told_before_anything_is_made(planned, tmp_path, monkeypatch):
    monkeypatch.setattr("twinlake.synthetic.network.shutil.disk_usage", lambda _: SimpleNamespace(free=1 << 30))
    monkeypatch.setattr("twinlake.synthetic.plan.population", lambda *_: Population(planned(tmp_path).folder))
    with pytest.raises(PlatformError, match="Make room, or ask for fewer patients"):
        make_network(PERSONS, HOSPITALS, 7, tmp_path / "out", lambda _: None)
    assert not (tmp_path / "out").exists()
