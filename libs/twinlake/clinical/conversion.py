"""From a raw unit to the one unit of a measurement: a factor and an offset, the rule that gave them, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from twinlake.vocabulary.measurements import MEASUREMENTS, Measurement
from twinlake.vocabulary.units import has_two_readings, is_bare_annotation, ucum_spelling

if TYPE_CHECKING:
    from twinlake.clinical.ucum import Unit

RULES = (
    "identity",  # the raw unit is the canonical unit
    "ucum",  # another unit of the same dimension
    "mass_molar",  # mass for amount of substance, by the analyte's molar mass
    "equivalents",  # milliequivalents, by the analyte's valence
    "enzyme_unit",  # IU of an enzyme is U: both are one umol a minute
    "ifcc_to_ngsp",  # HbA1c in mmol/mol, by the master equation
    "as_reported",  # a code without a canonical unit: the number stays, its unit is spelled in UCUM
    "unitless",  # no unit, and the quantity has none: INR, pH, a score
    "unit_missing",  # no unit: no number where the code has a canonical unit, else the number without unit
    "unit_unknown",  # not a unit that anybody knows: no number
    "unit_impossible",  # a unit, but not one of this quantity: no number
    "not_numeric",  # a text
    "no_value",  # nothing
)


@dataclass(frozen=True)
class Conversion:
    """value_as_number = raw * factor + offset, in `unit_code`; all null where the rule is a refusal.

    `unit_source_code` is the raw unit in UCUM, also where it is not one of this quantity.
    """

    unit_code: str | None
    factor: float | None
    offset: float | None
    rule: str
    unit_source_code: str | None = field(default=None, compare=False)


UNKNOWN = Conversion(None, None, None, "unit_unknown")
IMPOSSIBLE = Conversion(None, None, None, "unit_impossible")

# NGSP % = 0.09148 * IFCC mmol/mol + 2.152: the NGSP/IFCC master equation (Hoelzel et al., Clin Chem 2004;50:166).
# By dimension alone mmol/mol would be a tenth of a percent, which is wrong by a half at every clinical value.
_NOT_BY_DIMENSION = {
    ("hba1c", "mmol/mol"): Conversion("%", 0.09148, 2.152, "ifcc_to_ngsp"),
    ("hba1c", "%"): Conversion("%", 1.0, 0.0, "ucum"),
}
_ONLY_BY_NAME = frozenset(name for name, _ in _NOT_BY_DIMENSION)
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_DIMER_STANDARDS = re.compile(r"\{(FEU|DDU)\}")


def convert(
    measurement_vocabulary: str | None,
    measurement_code: str | None,
    raw_unit: str | None,
    local_units: Mapping[str, str],
) -> Conversion:
    """How a value of this code in this raw unit becomes a number in the code's canonical unit.

    `local_units` is a hospital's own table, raw spelling → UCUM. A key may name the code it holds for,
    `"LOINC:33914-3 mL/min" = "mL/min/{1.73_m2}"`, and then goes before the bare spelling.
    """
    written = (raw_unit or "").strip()
    for_this_code = local_units.get(f"{measurement_vocabulary}:{measurement_code} {written}".rstrip())
    declared = for_this_code or local_units.get(written) or raw_unit
    return _convert(measurement_code if measurement_vocabulary == "LOINC" else None, declared)


@lru_cache(maxsize=65536)
def _convert(loinc: str | None, written: str | None) -> Conversion:
    measurement = MEASUREMENTS.get(loinc or "")
    if measurement and written and written.strip() in measurement.also_written:
        return replace(_identity(measurement), unit_source_code=measurement.unit)
    unit = ucum_spelling(written)
    if unit is None:
        return _without_unit(measurement)
    found = _to_canonical(unit, measurement) if measurement else _as_reported(unit)
    return found if found == UNKNOWN else replace(found, unit_source_code=unit)


def _without_unit(measurement: Measurement | None) -> Conversion:
    if measurement is None:
        return Conversion(None, 1.0, 0.0, "unit_missing")
    if is_bare_annotation(measurement.unit) or measurement.unit == "[pH]":
        return Conversion(measurement.unit, 1.0, 0.0, "unitless")
    return Conversion(None, None, None, "unit_missing")


def _as_reported(unit: str) -> Conversion:
    return UNKNOWN if _unit(unit) is None else Conversion(unit, 1.0, 0.0, "as_reported")


def _unit(text: str) -> Unit | None:
    """A UCUM unit that a hospital can have meant."""
    from twinlake.clinical.ucum import parse

    return None if has_two_readings(text) else parse(text)


def _identity(measurement: Measurement) -> Conversion:
    return Conversion(measurement.unit, 1.0, 0.0, "identity")


def _to_canonical(unit: str, measurement: Measurement) -> Conversion:
    if unit == measurement.unit:
        return _identity(measurement)
    if is_bare_annotation(unit) or is_bare_annotation(measurement.unit):
        return _between_words(unit, measurement)
    if _is_other_standard(unit, measurement.unit):
        return IMPOSSIBLE
    bare = _ANNOTATION.sub("", unit)
    return _NOT_BY_DIMENSION.get((measurement.name, bare)) or _by_dimension(unit, measurement)


def _between_words(unit: str, measurement: Measurement) -> Conversion:
    """`{score}` for `{INR}`: two names of a bare number. Nothing else is a bare number, a percentage least of all."""
    both = (unit, measurement.unit)
    return _identity(measurement) if all(is_bare_annotation(u) or u == "1" for u in both) else IMPOSSIBLE


def _is_other_standard(unit: str, canonical: str) -> bool:
    """D-dimer units (DDU) weigh about half of fibrinogen-equivalent units (FEU); no unit algebra can tell."""
    said, meant = _DIMER_STANDARDS.search(unit), _DIMER_STANDARDS.search(canonical)
    return bool(said and meant and said[1] != meant[1])


def _by_dimension(unit: str, measurement: Measurement) -> Conversion:
    from twinlake.clinical.ucum import same_dimension

    source, target = _unit(unit), _unit(measurement.unit)
    if source is None or target is None:
        return UNKNOWN
    if measurement.name in _ONLY_BY_NAME:
        return IMPOSSIBLE
    if same_dimension(source, target):
        return _converted(source, target, measurement, "ucum")
    for rule, bridge in _bridges(measurement) if source.is_ratio else ():
        if same_dimension(bridged := source * bridge, target):
            return _converted(bridged, target, measurement, rule)
    return IMPOSSIBLE


def _converted(source: Unit, target: Unit, measurement: Measurement, rule: str) -> Conversion:
    from twinlake.clinical.ucum import affine

    line = affine(source, target)
    return Conversion(measurement.unit, *line, rule) if line else IMPOSSIBLE


def _bridges(measurement: Measurement) -> Iterator[tuple[str, Unit]]:
    """What this quantity's unit may be multiplied by to reach another dimension, and the rule that allows it."""
    analyte = measurement.analyte
    mass, valence = measurement.molar_mass_g_per_mol, analyte.valence if analyte else None
    yield "enzyme_unit", _of(1.0, "U/[IU]")
    if mass:
        yield "mass_molar", _of(mass, "g/mol")
        yield "mass_molar", _of(1 / mass, "mol/g")
    if valence:
        yield "equivalents", _of(1 / valence, "mol/eq")
        yield "equivalents", _of(valence, "eq/mol")
    if mass and valence:
        yield "equivalents", _of(mass / valence, "g/eq")


def _of(number: float, unit: str) -> Unit:
    from twinlake.clinical.ucum import known

    return number * known(unit)
