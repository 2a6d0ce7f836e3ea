"""Sentences about units and limits that OHDSI's Data Quality Dashboard holds by code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from expectations.shares import good_share
from twinlake.declare.errors import DeclarationError
from twinlake.declare.rule import Rule, row
from twinlake.vocabulary.measured.typical import TYPICAL
from twinlake.vocabulary.measurements import MEASUREMENTS
from twinlake.vocabulary.thresholds import omop_dqd
from twinlake.vocabulary.thresholds.omop_dqd import LIMITS_BY_CONCEPT, SAME_UNIT, UNITS_BY_CONCEPT, UNITS_BY_LOINC
from twinlake.vocabulary.units import ucum_spelling

SOURCE = "vocabulary/thresholds/omop_dqd.py"


def unit_plausible() -> Rule:
    """The unit that a hospital wrote is one that laboratories report the code in, or the one it is kept in.

    As the dashboard has it, a value without a unit is a good one, and one in a unit that nobody knows is not judged.
    """
    refuse_wrong_units(UNITS_BY_LOINC)
    pairs = [_text(f"{code} {unit}") for code, units in UNITS_BY_LOINC.items() for unit in _units(code, units)]
    return row(
        "unit_plausible",
        f"CASE WHEN measurement_vocabulary = 'LOINC' AND measurement_code IN ({', '.join(_texts(UNITS_BY_LOINC))}) "
        f"THEN CASE WHEN unit_source_code IS NOT NULL "
        f"THEN concat(measurement_code, ' ', unit_source_code) IN ({', '.join(pairs)}) "
        "WHEN conversion_rule IN ('unit_missing', 'unitless') THEN TRUE END END",
        f"the unit as it came is one that the code is measured in: {SOURCE}, vocabulary/measured/typical.py",
        severity="warn",
        by="measurement_code",
        mostly=good_share("plausibleUnitConceptIds"),
    )


def refuse_wrong_units(units_by_code: Mapping[str, tuple[str, ...]]) -> None:
    """A unit spelled in another way than values are kept in would match nothing, and so blame every value."""
    faults = [
        f"{SOURCE}, line {_line_of(code)}: {code} in {unit!r}, expected {ucum_spelling(unit)!r}"
        for code, units in units_by_code.items()
        for unit in units
        if ucum_spelling(unit) != unit
    ]
    if faults:
        raise DeclarationError("; ".join(faults) + ". Spell units as vocabulary/units.py does.")


def _line_of(code: str) -> str:
    """Where the threshold file's table of units names the code; ? for a code that it does not have."""
    text = Path(omop_dqd.__file__).read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(text) if line.startswith("UNITS_BY_LOINC"))
    return next((str(n + 1) for n, line in enumerate(text) if n > start and f'"{code}":' in line), "?")


def unit_concept_plausible() -> Rule:
    """The same by concept, where a vocabulary or the source gave concepts."""
    pairs = [f"'{concept} {unit}'" for concept, units in UNITS_BY_CONCEPT.items() for unit in units]
    return row(
        "unit_concept_plausible",
        f"CASE WHEN measurement_concept_id IN ({', '.join(map(str, UNITS_BY_CONCEPT))}) AND unit_concept_id <> 0 "
        f"THEN concat(measurement_concept_id, ' ', unit_concept_id) IN ({', '.join(pairs)}) END",
        f"the unit's concept is one that the measurement's is measured in: {SOURCE}",
        severity="characterise",
        by="measurement_concept_id",
        mostly=good_share("plausibleUnitConceptIds"),
    )


def value_concept_in_limits() -> Rule:
    """Limits of concepts that no LOINC code stands for; OHDSI's cut off real patients, so this only characterises."""
    cases = " ".join(
        f"WHEN measurement_concept_id = {concept} AND unit_concept_id = {unit} "
        f"THEN value_as_number BETWEEN {low:.15g} AND {high:.15g}"
        for concept, unit, low, high in LIMITS_BY_CONCEPT
    )
    return row(
        "value_concept_in_limits",
        f"CASE {cases} END",
        f"the value is plausible for the concept and its unit's: {SOURCE}",
        severity="characterise",
        by="measurement_concept_id",
        mostly=good_share("plausibleValueHigh", "value_as_number"),
    )


def _units(code: str, units: tuple[str, ...]) -> tuple[str, ...]:
    """The units of a code, in each of their spellings."""
    measured = MEASUREMENTS.get(code)
    typical = TYPICAL[measured.name].units if measured and measured.name in TYPICAL else ()
    said = (*((measured.unit,) if measured else ()), *typical, *units)
    same = (unit for group in SAME_UNIT if {*group} & {*said} for unit in group)
    return tuple(dict.fromkeys((*said, *same)))


def _texts(codes: Iterable[str]) -> list[str]:
    return [_text(code) for code in codes]


def _text(said: str) -> str:
    """A SQL literal; UCUM's annotations may hold a quote."""
    return "'" + said.replace("'", "\\'") + "'"
