"""UCUM units as quantities (Pint, with ucumvert's grammar), stricter than either: one dimension, one kind of thing.

Pint lets an international unit, a high-power field and a bare number cancel out, and an equivalent or an osmole pass
for a mole. UCUM forbids the first and medicine the second, so each gets a dimension of its own here.
"""

from __future__ import annotations

import logging
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from twinlake.vocabulary.units import NORMAL_SURFACE, has_two_readings, is_bare_annotation

if TYPE_CHECKING:
    from pint import Quantity

# UCUM's arbitrary units (`isArbitrary` in ucum-essence.xml) by their name in ucumvert, with its aliases.
_ARBITRARY = {
    "international_unit": "i.U. = IU = iU", "arbitrary_unit": "arb_U", "US_pharmacopeia_unit": "USP_U",
    "GPL_unit": "GPL_U", "MPL_unit": "MPL_U", "APL_unit": "APL_U", "Bethesda_unit": "beth_U",
    "anti_factor_Xa_unit": "anti_Xa_U", "Todd_unit": "todd_U", "Dye_unit": "dye_U", "Somogyi_unit": "smgy_U",
    "Bodansky_unit": "bdsk_U", "King_Armstrong_unit": "ka_U", "Kunkel_unit": "knk_U", "Mac_Lagan_unit": "mclg_U",
    "tuberculin_unit": "tb_U", "infectious_dose_cell_culture_50": "CCID_50",
    "infectious_dose_tissue_culture_50": "TCID_50", "infectious_dose_embryo_50": "EID_50",
    "plaque_forming_unit": "PFU", "focus_forming_units": "FFU", "colony_forming_unit": "CFU",
    "allergene_index_of_reactivity": "IR", "bioequivalent_allergen_unit": "BAU", "allergen_unit": "_",
    "allergen_unit_for_Ambrosia_artemisiifolia": "Amb_a_1_U", "protein_nitrogen_unit": "PNU",
    "limit_of_flocculation": "Lf", "D_antigen_unit": "D_ag_U", "fibrinogen_equivalent_unit": "FEU",
    "ELISA_unit": "ELU", "Ehrlich_unit": "_", "equivalents": "eq", "osmole": "osm", "high_power_field": "HPF",
    "low_power_field": "LPF", "nephelometric_turbidity_unit": "NTU", "formazin_nephelometric_unit": "FNU",
    "pH_value": "_", "Hounsfield_unit": "hnsf_U", "normal_surface": "_",
}  # fmt: skip
# Where ucumvert 0.3.2 and Pint 0.25 depart from ucum-essence.xml by more than rounding; homeopathic potencies measure
# nothing. Refused, since a wrong factor would be silent; tests/unit/clinical/test_ucum_essence.py found them.
_MISDEFINED = re.compile(
    r"(?:^|[/.(])(?:\[(?:in_i'Hg|in_i'H2O|Btu|rd_br|ch_br|lk_br|cft_i|cyd_i)\]|\[[hk]p'?_\w\]|\w?g%|'{1,2})(?![\w'])"
)
_ATOMS_BY_ANOTHER_NAME = {"[Cal]": "kcal"}
_PER_SURFACE = re.compile(rf"/{re.escape(NORMAL_SURFACE)}$")


@cache
def _registry() -> Any:
    """One registry a process; half a second to make."""
    from ucumvert import PintUcumRegistry

    registry = PintUcumRegistry()
    log = logging.getLogger("pint.util")
    level = log.level
    log.setLevel(logging.ERROR)  # Pint warns of each of the redefinitions that are the point here.
    for name, aliases in _ARBITRARY.items():
        others = "" if aliases == "_" else f" = _ = {aliases}"
        registry.define(f"{name} = [{name}]{others}")
    log.setLevel(level)
    registry._build_cache()  # Pint fills it once at the start and `define` leaves the old dimensions standing.
    return registry


def quantity(text: str, magnitude: float = 1.0) -> Quantity:
    """A quantity by Pint's own unit names: `quantity("g/mol", 180.156)`."""
    return _registry().Quantity(magnitude, text)


@cache
def _grammar() -> tuple[Any, Any]:
    """Parser and transformer. The registry's own `from_ucum` answers in Pint's global registry, not in itself."""
    from ucumvert import UcumToPintTransformer, get_ucum_parser

    return get_ucum_parser(), UcumToPintTransformer(ureg=_registry())


@lru_cache(maxsize=8192)
def parse(unit: str) -> Quantity | None:
    """One of a UCUM unit; None where it is no UCUM, or UCUM that no hospital can have meant."""
    if is_bare_annotation(unit):
        return quantity("dimensionless")
    if has_two_readings(unit) or _MISDEFINED.search(unit):
        return None
    for atom, name in _ATOMS_BY_ANOTHER_NAME.items():
        unit = unit.replace(atom, name)
    bare, per_surface = _PER_SURFACE.subn("", unit)
    try:
        parser, transformer = _grammar()
        parsed = transformer.transform(parser.parse(bare))
        one = parsed if hasattr(parsed, "dimensionality") else quantity("dimensionless")
        return one / quantity("normal_surface") if per_surface else one
    except Exception:  # the parser has a dozen kinds of refusal, some of them its own faults
        return None


def same_dimension(left: Quantity, right: Quantity) -> bool:
    """Whether the two measure one kind of thing."""
    return left.dimensionality == right.dimensionality


def affine(source: Quantity, target: Quantity) -> tuple[float, float] | None:
    """(factor, offset) from a number of `source` to a number of `target`; None for scales that are no straight line.

    Twelve significant digits: as good as any constant in it, and the same on every machine.
    """
    try:
        if is_linear(source) and is_linear(target):
            return _rounded((source / target).to("dimensionless").magnitude), 0.0
        zero, hundred = (_registry().Quantity(x, source.units).to(target.units).magnitude for x in (0.0, 100.0))
        return _rounded((hundred - zero) / 100), _rounded(zero)
    except Exception:
        return None


def is_linear(one: Quantity) -> bool:
    """Whether zero of it is nothing: not so for degrees and decibels, which cannot be multiplied."""
    return one._is_multiplicative


def _rounded(number: float) -> float:
    return float(f"{number:.12g}")
