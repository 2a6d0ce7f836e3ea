"""What is particular to each shape: messages in order, escapes, notes, genomes, and the curves of devices."""

from __future__ import annotations

import base64
import random
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from statistics import mean

import orjson
import pytest

from twinlake.engine.wire import Record
from twinlake.engine.wire.hl7v2 import as_json
from twinlake.synthetic.base import rows
from twinlake.synthetic.shapes import cgm, fhir_bundle, genotype, hl7v2, wearable
from twinlake.vocabulary.pharmacogenes import PHARMACOGENES

ADT = ("harbor_view", "adt")


def test_a_visit_begins_before_it_ends_and_is_a_stay_where_it_is_one(made):
    events = defaultdict(list)
    for message in made.messages(*ADT):
        head, visit = message[0], next(fields for fields in message if fields[0] == "PV1")
        events[visit[19]].append((head[8], head[6], visit[2], "".join(visit[45:])))
    assert events
    for began, ended in events.values():
        assert (began[0], began[2]) in (("ADT^A04", "O"), ("ADT^A01", "I")) and ended[0] == "ADT^A03"
        assert began[1] < ended[1] == ended[3] and not began[3]
    assert {began[2] for began, _ in events.values()} == {"I", "O"}


def test_control_ids_are_never_used_twice(made):
    sent = Counter(message[0][9] for file in ("adt", "oru", "rde") for message in made.messages("harbor_view", file))
    repeated = [
        f["record_id"] for f in made.truth("faults") if f["path"].endswith("rde.hl7.gz") and "once" in f["what"]
    ]
    assert {control for control, count in sent.items() if count > 1} == {*repeated}


def test_what_separates_is_escaped_and_read_back_by_the_wire():
    text = "A|B^C&D~E\\F\nG"
    assert hl7v2.escaped(text) == "A\\F\\B\\S\\C\\T\\D\\R\\E\\E\\F\\.br\\G"
    message = "MSH|^~\\&|||||||ADT^A04|1|P|2.5.1\rDG1|1||" + hl7v2.joined("X", text, "L")
    assert orjson.loads(as_json(message))["DG1"]["f3"][0]["c2"] == text


def test_the_description_with_an_ampersand_arrives_whole(made):
    segments = [fields for message in made.messages(*ADT) for fields in message if fields[0] == "DG1"]
    assert {fields[3] for fields in segments} == {"44054006^Diabetes mellitus type 2 \\T\\ more^SCT"}


def test_time_stamps_are_in_utc_and_days_stay_days():
    assert hl7v2.stamp("2003-12-24T13:09:40Z") == "20031224130940+0000"
    assert hl7v2.stamp("2003-12-24") == "20031224"
    assert hl7v2.stamp("") == ""


def test_a_corrected_result_is_a_newer_version_of_what_it_corrects(made):
    results = defaultdict(list)
    for name, record in made.records("harbor_view", "hl7v2"):
        if name.startswith("oru") and isinstance(record, Record) and record.kind == "result":
            results[record.key].append(record)
    corrected = [versions for versions in results.values() if any("|C|||" in record.raw for record in versions)]
    assert len(corrected) == 3
    for versions in corrected:
        first, newest = sorted(versions, key=lambda record: record.version)
        value = [float(one.raw.rpartition("\rOBX|")[2].split("|")[4]) for one in (first, newest)]
        assert "|C|||" in newest.raw and value[1] == pytest.approx(2 * value[0], rel=1e-4)


def test_a_note_spells_the_name_as_its_hospital_does_and_says_what_is_not_there(made):
    known = {(row["person"], row["hospital"]) for row in made.truth("persons") if row["system"] == "clinical_notes"}
    notes = [_parsed(line) for line in _note_lines(made)]
    texts = [_text(note) for note in notes if note]
    assert known and len(texts) > 6
    assert all("Denies " in text and "No Known Allergies" in text for text in texts if text)
    assert not any("Christopher" in text and any(letter.isdigit() for letter in text.split()[2]) for text in texts)


def _note_lines(made):
    folder = made.network.feeds / "st_brigid/clinical_notes/2026-11-01"
    return made.lines_at(folder / "DocumentReference.ndjson.gz")


def _parsed(line):
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _text(note):
    data = note["content"][0]["attachment"]["data"]
    return "" if data.startswith("!!") else base64.b64decode(data).decode()


def test_claims_name_no_owner_of_a_policy(made):
    table = made.network.feeds / "lakeside/synthea_claims/payer_transitions.csv"
    assert {row["OWNER_NAME"] for row in rows(table)} == {""}


@pytest.mark.parametrize(("race", "group"), [("white", 0), ("black", 1), ("asian", 2)])
def test_alleles_come_at_their_published_frequencies(race, group):
    genomes = [genotype.genome(race, random.Random(seed)) for seed in range(3000)]
    for gene, shares in genotype.PERCENT.items():
        drawn = Counter(allele.name for genome in genomes for allele in genome[gene])
        for allele, percents in shares.items():
            # Six times the binomial's standard error of 6,000 draws is 3.9 % at most.
            assert abs(100 * drawn[allele] / 6000 - percents[group]) < 3.9, (gene, allele)


def test_every_allele_that_is_drawn_is_one_of_its_gene():
    for gene, shares in genotype.PERCENT.items():
        assert shares.keys() <= {allele.name for allele in PHARMACOGENES[gene].alleles}
        assert all(sum(percents[group] for percents in shares.values()) <= 100 for group in range(3))


def test_who_has_no_named_allele_has_the_first_one():
    # CYP2C19's reference sequence is *38, which is rare; *1 is not it (CPIC).
    genomes = [genotype.genome("white", random.Random(seed)) for seed in range(50)]
    names = {allele.name for genome in genomes for allele in genome["CYP2C19"]}
    assert "*1" in names and "*38" not in names


def test_a_full_bundle_is_closed_and_the_next_one_begun(make, tmp_path, monkeypatch):
    monkeypatch.setattr(fhir_bundle, "PATIENTS_IN_A_FILE", 2)
    made = make(tmp_path)
    files = sorted(made.network.feeds.joinpath("northgate").rglob("bundle-*.json"))
    entries = [orjson.loads(path.read_bytes().replace(b"\xe9", b""))["entry"] for path in files]
    patients = [sum(_kind(entry) == "Patient" for entry in each) for each in entries]
    known = [row for row in made.truth("persons") if row["system"] == "fhir_bundle"]
    assert len(files) > 1 and sum(patients) == len(known)
    assert all(count == 2 for count in patients[:-1]) and patients[-1] in (1, 2)


def _kind(entry):
    return entry.get("resource", {}).get("resourceType")


def test_a_call_is_written_as_the_bases_of_both_alleles():
    # CYP2C9*2 is T at 94942290, where the reference has C; *1 is the reference everywhere (CPIC).
    gene = PHARMACOGENES["CYP2C9"]
    named = {allele.name: allele for allele in gene.alleles}
    place = next(place for place in gene.positions if place.position == 94942290)
    line = genotype._line(gene, place, [{"CYP2C9": (named["*1"], named["*2"])}, {"CYP2C9": (named["*2"], named["*2"])}])
    assert line == "chr10\t94942290\trs1799853\tC\tT\t.\tPASS\t.\tGT\t0|1\t1|1"


def test_a_meal_lifts_glucose_to_its_highest_point_and_never_before_it():
    assert cgm.meal_rise(-5, 40) == cgm.meal_rise(0, 40) == 0
    assert cgm.meal_rise(40, 40) == 1.0
    assert cgm.meal_rise(35, 40) < 1 > cgm.meal_rise(45, 40)


def test_a_sensor_reads_every_five_minutes_within_its_scale_and_higher_in_diabetes():
    healthy, diabetic = (list(cgm.glucose(who, random.Random(1))) for who in (cgm.HEALTHY, cgm.DIABETIC))
    assert len(healthy) == 7 * 24 * 12
    assert (healthy[0][0], healthy[1][0]) == ("2026-10-19 00:00:00", "2026-10-19 00:05:00")
    assert all(40 <= value <= 400 for _, value in (*healthy, *diabetic))
    assert 85 < mean(value for _, value in healthy) < 125 < 150 < mean(value for _, value in diabetic) < 230


def test_who_sleeps_does_not_walk_and_the_heart_is_slowest_before_dawn():
    day, wakes = datetime(2026, 10, 21), datetime(2026, 10, 21, 7)
    walked = list(wearable.steps(day, wakes, random.Random(1)))
    assert not any(many for moment, many in walked if moment < wakes) and sum(many for _, many in walked) > 2000
    hours = defaultdict(list)
    for seed in range(40):
        for moment, rate in wearable.heart_rates([(t, 0) for t, _ in walked], 60, random.Random(seed)):
            hours[moment.hour].append(rate)
    lowest = min(hours, key=lambda hour: mean(hours[hour]))
    assert lowest in (3, 4) and 59 < mean(hours[lowest]) < 62 and 70 < mean(hours[16]) < 73


def test_a_night_ends_on_waking_without_a_gap():
    wakes = datetime(2026, 10, 21, 7)
    night = wearable.sleep_before(wakes)
    assert night[-1][1] == wakes and wakes - night[0][0] == timedelta(hours=7)
    assert all(one[1] == following[0] for one, following in zip(night, night[1:], strict=False))
