"""Devices on real data: every record of every file is accounted for, and figures agree with another reader's."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from io import StringIO
from pathlib import Path
from statistics import mean
from zipfile import ZipFile

import pytest

from twinlake.catalog.sources import cgm, dicom, waveform
from twinlake.declare.source import System
from twinlake.engine.staging import stage

# Slow: whole data sets are landed and mapped.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

# Set → readings, repeated lines among them, persons: its README's figures, and lines counted one by one.
SETS = {
    "AZT1D": (295_567, 4_825, 25),
    "BIGIDEAs": (36_898, 0, 16),
    "Colas_2019": (114_253, 677, 208),
    "HUPA-UCM": (309_392, 0, 25),
}


def laid(archive: Path, target: Path) -> Path:
    with ZipFile(archive) as packed:
        packed.extractall(target)
    return target


def landed(system: System, folder: Path, work: Path) -> tuple[Counter, Counter]:
    """Of each feed records in, landed, duplicates, quarantined; and why whole files were not read."""
    tally: Counter = Counter()
    why: Counter = Counter()
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        inside = file.relative_to(folder).as_posix()
        feed = system.feed_of(inside)
        if feed is None:
            assert system.why_ignored(inside), inside
            continue
        about, *_ = stage(file, feed, work / "staged.parquet", f"h/{system.name}/{inside}")
        why.update([about["rule"]] if about.get("rule") else [])
        tally.update({(feed.name, n): about.get(n, 0) for n in ("records_in", "landed", "duplicates", "quarantined")})
    return tally, why


@pytest.mark.shared_data
@pytest.mark.parametrize("name", SETS)
def test_every_reading_of_a_sensor_lands(name, shared_data, tmp_path) -> None:
    folder = laid(shared_data / f"cgm_glucose/{name}-from-Glucose-ML.zip", tmp_path / "set")
    tally, why = landed(cgm.SYSTEM, folder, tmp_path)
    readings, repeated, persons = SETS[name]
    assert not why
    assert tally["readings", "records_in"] == readings == tally["readings", "landed"] + repeated
    assert (tally["readings", "duplicates"], tally["persons", "landed"]) == (repeated, persons)
    assert tally["readings", "quarantined"] == tally["persons", "quarantined"] == 0


@pytest.mark.shared_data
def test_every_image_lands_but_the_three_made_to_be_bad(shared_data, tmp_path) -> None:
    folder = laid(shared_data / "dicom_samples/dicom_samples.zip", tmp_path / "set")
    tally, why = landed(dicom.SYSTEM, folder, tmp_path)
    assert tally["instances", "landed"] == 25
    assert why == {"cut_pixels": 1, "damaged_dicom": 1, "not_dicom": 1}


@pytest.mark.shared_data
def test_a_real_person_s_readings_and_days(implement, shared_data, tmp_path) -> None:
    folder = laid(shared_data / "cgm_glucose/BIGIDEAs-from-Glucose-ML.zip", tmp_path / "set")
    text = next(folder.rglob("001.csv")).read_text()
    persons = (folder / "BIGIDEAs-metadata.csv").read_bytes()
    rows = [(r["timestamp"], float(r["glucose_value_mg_dl"])) for r in csv.DictReader(StringIO(text))]
    days = defaultdict(list)
    for time, value in rows:
        days[time[:10]].append((time, value))
    covered = {
        day: [v for _, v in found]
        for day, found in days.items()
        if len({(t[11:13], int(t[14:16]) // 15) for t, _ in found}) >= 68
    }
    assert implement(cgm.SYSTEM, "device_reading", readings={"001.csv": text}, persons=persons).count() == len(rows)
    summary = implement(cgm.SYSTEM, "measurement", readings={"001.csv": text}).collect()
    found = {(r.measurement_code, str(r.measurement_datetime.date())): float(r.value_source_value) for r in summary}
    assert {d for code, d in found if code == "97507-8"} == set(covered) != set()
    for day, values in covered.items():
        assert found["97507-8", day] == pytest.approx(mean(values), abs=1e-4)
        assert found["97510-2", day] == pytest.approx(100 * mean(70 <= v <= 180 for v in values), abs=1e-4)


@pytest.mark.shared_data
def test_record_100_has_2273_beats_and_their_mean_rate(implement, shared_data) -> None:
    import wfdb

    folder = shared_data / "ecg_mitbih100"
    files = {f"100/100.{ending}": (folder / f"100.{ending}").read_bytes() for ending in ("hea", "dat", "atr")}
    kinds = implement(waveform.SYSTEM, "device_reading", recording=files).groupBy("device_reading_type").count()
    assert dict(kinds.collect()) == {"signal": 2, "beat": 2273, "mark": 1}
    marks = wfdb.rdann(str(folder / "100"), "atr")
    beats = [sample for sample, symbol in zip(marks.sample, marks.symbol, strict=True) if symbol != "+"]
    (row,) = implement(waveform.SYSTEM, "measurement", recording=files).collect()
    assert float(row.value_source_value) == pytest.approx(60 * 360 * 2272 / (beats[-1] - beats[0]), abs=1e-4)
    (person,) = implement(waveform.SYSTEM, "source_person", recording=files).collect()
    assert (person.source_person_id, person.sex, person.year_of_birth) == ("100", "male", 2100 - 69)


@pytest.mark.shared_data
def test_every_image_is_taken_or_says_why_not(implement, records, shared_data, tmp_path) -> None:
    folder = laid(shared_data / "dicom_samples/dicom_samples.zip", tmp_path / "set")
    bad = {"MR_truncated.dcm", "badVR.dcm", "no_meta.dcm"}
    files = {p.name: p.read_bytes() for p in folder.rglob("*.dcm") if p.name not in bad}
    found = records(dicom.SYSTEM, dicom.INSTANCES, files)
    unmapped = [found.where(sql).count() for sql in dicom.INSTANCES.unmapped.values()]
    taken = implement(dicom.SYSTEM, "imaging_study", instances=files)
    # Four sample files have an empty PatientID.
    assert (len(files), taken.count(), unmapped) == (25, 21, [0, 4])
    assert taken.where("pixel_offset_bytes IS NOT NULL AND frame_count IS NULL").count() == 0
