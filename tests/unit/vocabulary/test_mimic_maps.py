"""MIMIC-IV's local codes: each leads to a quantity this lake knows, in the right fluid."""

from __future__ import annotations

import csv
import gzip

from twinlake.vocabulary.maps.mimic_charted import CHARTED
from twinlake.vocabulary.maps.mimic_labitems import FLUID_BY_ITEMID, ITEMID_TO_LOINC
from twinlake.vocabulary.maps.mimic_omr import OMR
from twinlake.vocabulary.measurements import MEASUREMENTS

COUNTED_WITHOUT_THE_WORD = {"14959-1", "9318-7"}


def test_every_mapped_code_is_a_known_quantity():
    charted = (item.code for item in CHARTED.values())
    omr = (code for item in OMR.values() for code in item.codes)
    assert {*ITEMID_TO_LOINC.values(), *omr, *charted} <= MEASUREMENTS.keys()


def test_urine_leads_to_urine_and_blood_does_not():
    for itemid, loinc in ITEMID_TO_LOINC.items():
        assert MEASUREMENTS[loinc].name.startswith("urine_") == (FLUID_BY_ITEMID[itemid] == "Urine"), itemid


def test_charted_items_are_those_of_the_dictionary_in_its_units(shared_data):
    with gzip.open(shared_data / "mimic4_demo" / "icu" / "d_items.csv.gz", "rt") as rows:
        known = {int(row["itemid"]): row for row in csv.DictReader(rows)}
    assert {known[item]["linksto"] for item in CHARTED} == {"chartevents"}
    spelled = {"Inch": "[in_i]", "None": ""}
    for item, charted in CHARTED.items():
        told = spelled.get(known[item]["unitname"], known[item]["unitname"])
        assert told in (charted.unit, ""), item
        words = known[item]["label"].lower()
        name = MEASUREMENTS[charted.code].name
        first, last = name.split("_")[0], name.split("_")[-1]
        assert any(word in words for word in (first, last, "pressure", "bp", "o2")), (item, words, name)


def test_fluids_are_those_of_the_dictionary(shared_data):
    with gzip.open(shared_data / "mimic4_demo" / "hosp" / "d_labitems.csv.gz", "rt") as rows:
        fluid = {int(row["itemid"]): row["fluid"] for row in csv.DictReader(rows)}
    assert {itemid: fluid[itemid] for itemid in FLUID_BY_ITEMID} == FLUID_BY_ITEMID
