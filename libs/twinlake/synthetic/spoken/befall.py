"""What goes wrong when a value is sent, at the rates of `rates.py`: with a test as a whole, or with one result."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from twinlake.synthetic.chance import chance
from twinlake.synthetic.rates import BODY, RESULTS, TESTS
from twinlake.synthetic.silo import Silo
from twinlake.synthetic.spoken.result import Result, Said
from twinlake.synthetic.spoken.variants import variant
from twinlake.synthetic.spoken.wrong_codes import WRONG_CODES

UNKNOWN_UNIT = "RLU"  # relative light units: common on laboratory reports, absent from UCUM
WEIGHT, HEIGHT = "29463-7", "8302-2"
# Nobody was heavier, or taller (Guinness World Records: 635 kg, 272 cm).
MOST = {WEIGHT: 635.0, HEIGHT: 272.0}
# LDL cholesterol, which Synthea computes from the other lipids: now and then it comes out below zero.
COMPUTED = ("18262-6",)
NEVER_NEGATIVE = (WEIGHT, HEIGHT, "39156-5", "8480-6", "8462-4", "8867-4", "9279-1", "2708-6")

Change = Callable[[Silo, Result, Said, float], Said]


def befallen(silo: Silo, result: Result, said: Said) -> Said:
    """The value with at most one thing wrong: the generator's own, its test's, or that of the result alone."""
    if result.loinc in COMPUTED and said.measured < 0:
        return replace(said, fault="impossible_value")
    for kind in _of_test(silo.seed, silo.folder, result.loinc) if result.is_laboratory and not said.is_local else ():
        changed = CHANGES[kind](silo, result, said, 0.0)
        if changed != said:
            return replace(changed, fault=kind)
    at = _drawn(silo, result.key)
    for kind, share in _own_rates(result).items():
        if at < share:
            changed = CHANGES[kind](silo, result, said, at / share)
            kind = changed.fault or kind
            return said if changed == said else replace(changed, fault=kind)
        at -= share
    return said


@lru_cache(maxsize=100_000)
def _of_test(seed: int, hospital: str, loinc: str) -> tuple[str, ...]:
    luck = chance(seed, "test", hospital, loinc)
    return tuple(kind for kind, rate in TESTS.items() if luck.random() < rate.share)


def _drawn(silo: Silo, key: str) -> float:
    """Between 0 and 1; cheaper than a generator of its own for each of millions."""
    digest = hashlib.blake2b(f"{silo.seed}|{silo.folder}|{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _own_rates(result: Result) -> Mapping[str, float]:
    """What can befall a result, one after the other on the line from 0 to 1."""
    rates = {kind: RESULTS[kind].share for kind in ("unit_variant", "unknown_unit", "missing_unit")}
    if result.is_laboratory:
        rates["missing_element"] = RESULTS["missing_element"].share
    if result.loinc in NEVER_NEGATIVE:
        rates["impossible_value"] = RESULTS["impossible_value"].share
    if result.loinc in MOST:
        rates["implausible_value"] = BODY["weight" if result.loinc == WEIGHT else "height"].share
    return rates


def _wrong_code(silo: Silo, result: Result, said: Said, luck: float) -> Said:
    return replace(said, code=WRONG_CODES.get(result.loinc, said.code))


def _unmapped_code(silo: Silo, result: Result, said: Said, luck: float) -> Said:
    return replace(said, code=f"{silo.initials}{silo.number('code', result.loinc, 4)}", is_local=True)


def _missing_unit(silo: Silo, result: Result, said: Said, luck: float) -> Said:
    return replace(said, unit="", unit_code=None)


def _unknown_unit(silo: Silo, result: Result, said: Said, luck: float) -> Said:
    return replace(said, unit=UNKNOWN_UNIT, unit_code=None)


def _unit_variant(silo: Silo, result: Result, said: Said, luck: float) -> Said:
    return variant(result.loinc, said, luck)


def _missing_element(silo: Silo, result: Result, said: Said, luck: float) -> Said:
    """The test's name is left out."""
    return replace(said, name="")


def _impossible_value(silo: Silo, result: Result, said: Said, luck: float) -> Said:
    """A minus sign got in front."""
    return replace(said, value=f"-{said.value}") if float(said.value) > 0 else said


def _implausible_value(silo: Silo, result: Result, said: Said, luck: float) -> Said:
    """The decimal point slipped by one place: more than any body has, or only more than this one has."""
    slipped = f"{float(said.value) * 10:g}"
    is_impossible = float(slipped) > MOST[result.loinc]
    return replace(said, value=slipped, fault="impossible_value" if is_impossible else "")


CHANGES: Mapping[str, Change] = {
    "wrong_code": _wrong_code,
    "unmapped_code": _unmapped_code,
    "missing_unit": _missing_unit,
    "unknown_unit": _unknown_unit,
    "unit_variant": _unit_variant,
    "missing_element": _missing_element,
    "impossible_value": _impossible_value,
    "implausible_value": _implausible_value,
}
