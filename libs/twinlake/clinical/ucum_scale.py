"""How the numbers of UCUM's special units run over a proper unit (UCUM §§ 21, 22 and the tables' functions)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """`forward` takes an amount in the proper unit to the scale's number, `inverse` goes back.

    `zero` is the amount at number 0 of a straight scale of slope one; None where the scale is curved.
    """

    forward: Callable[[float], float]
    inverse: Callable[[float], float]
    zero: float | None = None


def _shifted(zero: float) -> Scale:
    return Scale(lambda amount: amount - zero, lambda number: number + zero, zero)


def _logarithm(base: float, times: float = 1.0) -> Scale:
    per_e = times / math.log(base)
    return Scale(lambda amount: per_e * math.log(amount), lambda number: math.exp(number / per_e))


RATIO = _shifted(0.0)
SCALES = {
    "cel": _shifted(273.15),
    "degf": _shifted(459.67),
    "degre": _shifted(218.52),
    # Of a slope the table says `100tan(1 rad)` in one place and `deg` in another; 100 % is 45 degrees.
    "100tan": Scale(lambda amount: 100 * math.tan(amount), lambda number: math.atan(number / 100)),
    "hpX": _logarithm(10, -1),
    "hpC": _logarithm(100, -1),
    "hpM": _logarithm(1000, -1),
    "hpQ": _logarithm(50000, -1),
    "pH": _logarithm(10, -1),
    "ln": _logarithm(math.e),
    "lg": _logarithm(10),
    "2lg": _logarithm(10, 2),
    "ld": _logarithm(2),
    "sqrt": Scale(math.sqrt, lambda number: number * number),
}
"""By the name before the bracket in UCUM's table: `degf(5 K/9)`."""
