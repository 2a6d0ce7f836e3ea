"""Every measured quantity this lake knows by name: its codes and its one unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from twinlake.vocabulary.measured import cardiac_and_endocrine, chemistry, haematology, urine, vitals
from twinlake.vocabulary.measured.measurement import Measurement

__all__ = ["ITEMS", "ITEM_CODES", "MEASUREMENTS", "Item", "Measurement", "codes_of"]

_PAGES = (
    vitals.VITALS, vitals.DEVICES, vitals.SCORES, chemistry.METABOLIC, chemistry.RENAL, chemistry.LIVER_AND_PROTEIN,
    cardiac_and_endocrine.CARDIAC, cardiac_and_endocrine.HORMONES, cardiac_and_endocrine.BLOOD_GAS,
    cardiac_and_endocrine.DRUG_LEVELS, haematology.BLOOD_COUNT, haematology.DIFFERENTIAL, haematology.COAGULATION,
    urine.URINE,
)  # fmt: skip

MEASUREMENTS: Mapping[str, Measurement] = MappingProxyType({m.code: m for rows in _PAGES for m in rows})


@dataclass(frozen=True)
class Item:
    """A quantity under its column stem: the (vocabulary, code) pairs that mean it, and their unit."""

    name: str
    unit: str
    codes: tuple[tuple[str, str], ...]


def _item(name: str) -> Item:
    of_name = [m for m in MEASUREMENTS.values() if m.name == name]
    return Item(name, of_name[0].unit, tuple(sorted(("LOINC", m.code) for m in of_name)))


ITEMS: Mapping[str, Item] = MappingProxyType({m.name: _item(m.name) for m in MEASUREMENTS.values()})
ITEM_CODES: Mapping[str, frozenset[str]] = MappingProxyType(
    {name: frozenset(code for _, code in item.codes) for name, item in ITEMS.items()}
)


def codes_of(name: str) -> frozenset[str]:
    """LOINC codes of one quantity, by its column stem: `codes_of("glucose")`."""
    return ITEM_CODES[name]


GLUCOSE = codes_of("glucose")
BODY_WEIGHT = codes_of("weight")
HEIGHT = codes_of("height")
BMI = codes_of("bmi")
SYSTOLIC_BLOOD_PRESSURE = codes_of("systolic_blood_pressure")
DIASTOLIC_BLOOD_PRESSURE = codes_of("diastolic_blood_pressure")
HEART_RATE = codes_of("heart_rate")
RESPIRATORY_RATE = codes_of("respiratory_rate")
OXYGEN_SATURATION = codes_of("oxygen_saturation")
BODY_TEMPERATURE = codes_of("body_temperature")
TOTAL_CHOLESTEROL = codes_of("total_cholesterol")
HDL_CHOLESTEROL = codes_of("hdl_cholesterol")
LDL_CHOLESTEROL = codes_of("ldl_cholesterol")
TRIGLYCERIDES = codes_of("triglycerides")
HBA1C = codes_of("hba1c")
CREATININE = codes_of("creatinine")
EGFR = codes_of("egfr")
