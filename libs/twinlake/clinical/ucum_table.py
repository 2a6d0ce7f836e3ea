"""UCUM's own table, as the ucumvert package carries it: every symbol, the prefixed ones too, and its definition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ucumvert.xml_util import UcumUnitDefinition

KINDS = frozenset({"mol", "eq", "osm", "[HPF]", "[LPF]", "[NTU]", "[FNU]", "[hnsf'U]"})
"""Plain numbers to UCUM (a mole is 6 * 10*23), kinds of thing to medicine: an osmole is no mole."""

_ON_A_SCALE = re.compile(r"(\w+)\((\S+) (.+)\)")


@dataclass(frozen=True)
class Atom:
    """A symbol of the table: `value` times `unit`, under the function `scale` where the unit is special.

    Without `unit` it measures a kind of thing of its own: a base unit, an arbitrary unit (§ 24), or one of `KINDS`.
    """

    code: str
    value: float = 1.0
    unit: str | None = None
    scale: str | None = None


@cache
def symbols() -> Mapping[str, tuple[float, Atom]]:
    """Symbol → (factor of its prefix, atom). No symbol of UCUM has two readings, so a look-up is a parse."""
    from ucumvert import xml_util

    units = xml_util.get_units_with_full_definition()
    bases = xml_util.get_base_units()
    metric = {*bases, *xml_util.get_metric_units()}
    prefixes = {
        prefix.attrib["Code"]: float(prefix.find("{*}value").attrib["value"])
        for prefix in xml_util.root.iterfind("{*}prefix")
    }
    atoms = [*map(Atom, bases), *map(_atom, units)]
    return MappingProxyType(dict(_prefixed(atoms, metric, prefixes)))


def _prefixed(
    atoms: list[Atom], metric: set[str], prefixes: Mapping[str, float]
) -> Iterator[tuple[str, tuple[float, Atom]]]:
    for atom in atoms:
        yield atom.code, (1.0, atom)
        for prefix, factor in prefixes.items() if atom.code in metric else ():
            yield prefix + atom.code, (factor, atom)


def _atom(unit: UcumUnitDefinition) -> Atom:
    defined_by = unit.defining_unit
    if unit.code_cs in KINDS or (unit.is_arbitrary and defined_by == "1"):
        return Atom(unit.code_cs)
    special = _ON_A_SCALE.fullmatch(defined_by) if unit.is_special else None
    if special:
        return Atom(unit.code_cs, float(special[2]), special[3], special[1])
    return Atom(unit.code_cs, float(unit.conversion_factor), defined_by)
