"""Check digits of code systems: they tell a mistyped code, and a number that is no code at all."""

from __future__ import annotations

_ROTATIONS = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _dihedral(left: int, right: int) -> int:
    """Multiplication in the dihedral group of order 10: 0-4 turn, 5-9 turn a mirror image."""
    turn = left + right if left < 5 else left - right
    return turn % 5 + (5 if (left < 5) != (right < 5) else 0)


def _permuted(digit: int, times: int) -> int:
    for _ in range(times % 8):
        digit = _ROTATIONS[digit]
    return digit


PERMUTED = tuple(_permuted(digit, times) for times in range(8) for digit in range(10))
"""Verhoeff's permutations, the digit's place modulo 8 outermost: for a lookup as a column expression."""
PRODUCTS = tuple(_dihedral(left, right) for left in range(10) for right in range(10))
"""His multiplication table, row after row."""


def has_verhoeff_check_digit(number: str) -> bool:
    """Verhoeff (1969), as SNOMED CT identifiers use it."""
    check = 0
    for place, digit in enumerate(reversed(number)):
        check = _dihedral(check, _permuted(int(digit), place))
    return check == 0


def has_loinc_check_digit(code: str) -> bool:
    """LOINC Users' Guide, appendix "Calculating Mod 10 check digits"."""
    body, _, check = code.partition("-")
    odd, even = body[::-1][::2][::-1], body[::-1][1::2][::-1]
    total = sum(int(digit) for digit in str(int(odd) * 2)) + sum(int(digit) for digit in even)
    return (10 - total % 10) % 10 == int(check)
