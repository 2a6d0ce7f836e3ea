"""UCUM: a strict grammar over UCUM's own table, and units as Pint quantities in its base units.

The grammar is the specification's (§§ 1 to 11, in Backus-Naur form), with an annotation after brackets or a number,
which the form leaves out and the official examples have (`g/(8.h){shift}`, `100{cells}`). A solidus at the start turns
the one component that follows, as the table's own `/[pi].A/m` needs. Special units take part in
no algebra (§ 22), so `Cel/h` is refused. What measures a kind of thing of its own has a dimension of its own: an
international unit, a high-power field and a bare number never cancel out.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import LarkError

from twinlake.clinical.ucum_scale import RATIO, SCALES, Scale
from twinlake.clinical.ucum_table import Atom, symbols
from twinlake.vocabulary.units import NORMAL_SURFACE

if TYPE_CHECKING:
    from pint import Quantity, UnitRegistry

_GRAMMAR = r"""
    ?unit: term | led
    ?led: "/" component               -> inverse
        | led "." component           -> product
        | led "/" component           -> quotient
    ?term: component
         | term "." component         -> product
         | term "/" component         -> quotient
    ?component: annotatable
              | annotatable ANNOTATION -> annotated
              | ANNOTATION            -> annotation
    ?annotatable: SYMBOL              -> symbol
                | SYMBOL EXPONENT     -> power
                | FACTOR              -> factor
                | "(" term ")"
    SYMBOL.2: "10*" | "10^" | /(?:[A-Za-z_%']|\[[^\[\]\s]+\])+/
    EXPONENT: /[+-]?[0-9]+/
    FACTOR: /[0-9]+/
    ANNOTATION: /\{[!-z|~]*\}/
"""


@dataclass(frozen=True)
class Unit:
    """One of a unit: `size` in base units; a special unit's numbers, times `prefix`, stand on a scale over `size`."""

    size: Quantity
    scale: Scale = RATIO
    prefix: float = 1.0

    @property
    def is_ratio(self) -> bool:
        """Whether zero of it is nothing: not so of degrees and decibels, which cannot be multiplied."""
        return self.scale is RATIO

    def __mul__(self, other: Unit) -> Unit:
        return Unit(_proper(self) * _proper(other))

    def __truediv__(self, other: Unit) -> Unit:
        return Unit(_proper(self) / _proper(other))

    def __pow__(self, exponent: int) -> Unit:
        return Unit(_proper(self) ** exponent)

    def __rmul__(self, number: float) -> Unit:
        if self.is_ratio:
            return Unit(number * self.size)
        return replace(self, prefix=number * self.prefix)


def _proper(unit: Unit) -> Quantity:
    if not unit.is_ratio:
        raise ValueError("a special unit takes part in no algebra: UCUM § 22")
    return unit.size


@cache
def _registry() -> UnitRegistry:
    """Pint without any unit of its own: each kind of thing is defined when it is first met."""
    from pint import UnitRegistry

    return UnitRegistry(None)


@cache
def _own_kind(code: str) -> Unit:
    name = "kind_of_" + re.sub(r"\W", "_", code)
    _registry().define(f"{name} = [{name}]")
    return Unit(_registry().Quantity(1.0, name))


@cache
def _number(value: float) -> Unit:
    return Unit(_registry().Quantity(value, ""))


@cache
def _atom(atom: Atom) -> Unit:
    if atom.unit is None:
        return _own_kind(atom.code)
    one = atom.value * _expression(atom.unit)
    return Unit(one.size, SCALES[atom.scale]) if atom.scale else one


@v_args(inline=True)
class _Evaluated(Transformer[Token, Unit]):
    """Evaluates while parsing, so that no depth of brackets can exhaust the stack."""

    def inverse(self, component: Unit) -> Unit:
        return _number(1.0) / component

    def product(self, left: Unit, right: Unit) -> Unit:
        return left * right

    def quotient(self, left: Unit, right: Unit) -> Unit:
        return left / right

    def annotated(self, unit: Unit, _: Token) -> Unit:
        return unit

    def annotation(self, words: Token) -> Unit:
        return _own_kind(NORMAL_SURFACE) if words == NORMAL_SURFACE else _number(1.0)

    def symbol(self, code: Token) -> Unit:
        prefix, atom = symbols()[str(code)]
        return prefix * _atom(atom)

    def power(self, code: Token, exponent: Token) -> Unit:
        return self.symbol(code) ** int(exponent)

    def factor(self, digits: Token) -> Unit:
        return _number(float(digits))


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, start="unit", parser="lalr", transformer=_Evaluated())


def _expression(text: str) -> Unit:
    one: Any = _parser().parse(text)
    return one


@lru_cache(maxsize=8192)
def parse(unit: str) -> Unit | None:
    """One of a UCUM unit, case sensitive; None where the text is not UCUM or has no finite size above zero."""
    try:
        one = _expression(unit)
    except (LarkError, KeyError, ValueError, ArithmeticError):
        return None
    return one if math.isfinite(one.size.magnitude) and one.size.magnitude > 0 else None


def known(unit: str) -> Unit:
    """One of a unit that this code itself names; ValueError where that is no UCUM."""
    if (one := parse(unit)) is None:
        raise ValueError(f"not UCUM: {unit!r}")
    return one


def same_dimension(left: Unit, right: Unit) -> bool:
    """Whether the two measure one kind of thing."""
    return bool(left.size.dimensionality == right.size.dimensionality)


def affine(source: Unit, target: Unit) -> tuple[float, float] | None:
    """(factor, offset) from a number of `source` to one of `target`; None for another kind or a curved scale.

    Twelve significant digits: more than any constant in it has, and the same on every machine.
    """
    if not same_dimension(source, target) or source.scale.zero is None or target.scale.zero is None:
        return None
    ratio = _ratio(source, target)
    zero = round(source.scale.zero * ratio - target.scale.zero, 10)  # a difference: what is left below is no digit
    return _rounded(source.prefix * ratio / target.prefix), _rounded(zero / target.prefix)


def converted(number: float, source: Unit, target: Unit) -> float | None:
    """A number of `source` as a number of `target`, on any scale; None for another kind or where it has no number."""
    if not same_dimension(source, target):
        return None
    try:
        amount = source.scale.inverse(number * source.prefix) * _ratio(source, target)
        return target.scale.forward(amount) / target.prefix
    except (ValueError, ArithmeticError):
        return None


def _ratio(source: Unit, target: Unit) -> float:
    return float(source.size.magnitude / target.size.magnitude)


def _rounded(number: float) -> float:
    return float(f"{number:.12g}")
