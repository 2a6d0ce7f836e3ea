"""Each coding system is a type: it knows its own form, and a code of one is never compared with a code of another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from twinlake.vocabulary.check_digits import has_loinc_check_digit, has_verhoeff_check_digit
from twinlake.vocabulary.codelists import CODELISTS, Codelist
from twinlake.vocabulary.coding_systems import Vocabulary, uri_of, vocabulary_of

__all__ = [
    "CODELISTS", "DIABETES", "TYPE_2_DIABETES", "Code", "Codelist", "Vocabulary", "code_type", "dotted_icd9",
    "dotted_icd9_procedure", "dotted_icd10", "eleven_digits", "is_valid_code", "uri_of", "vocabulary_of",
]  # fmt: skip

DIABETES = CODELISTS["has_diabetes"]
TYPE_2_DIABETES = CODELISTS["has_type_2_diabetes"]


@dataclass(frozen=True, eq=False)
class Code:
    """A code of one coding system. Comparing it with a code of another is an error, not False."""

    value: str
    vocabulary: ClassVar[Vocabulary] = Vocabulary.LOCAL
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"\S(?:.*\S)?")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Code):
            return NotImplemented
        if type(other) is not type(self):
            raise TypeError(f"a {self.vocabulary} code cannot be compared with a {other.vocabulary} code")
        return self.value == other.value

    def __hash__(self) -> int:
        return hash((self.vocabulary, self.value))

    def __str__(self) -> str:
        return self.value

    @classmethod
    def is_valid(cls, value: str) -> bool:
        """Whether `value` has the form of this system: its pattern and its check digit. It may still be no code."""
        return cls.pattern.fullmatch(value) is not None and cls._checks(value)

    @classmethod
    def _checks(cls, value: str) -> bool:
        return True


class LoincCode(Code):
    """LOINC Users' Guide: up to seven digits, a hyphen and a check digit (mod 10)."""

    vocabulary, pattern = Vocabulary.LOINC, re.compile(r"\d{1,7}-\d")

    @classmethod
    def _checks(cls, value: str) -> bool:
        return has_loinc_check_digit(value)


class SnomedCode(Code):
    """SNOMED CT identifier of a concept: 6 to 18 digits, partition 00 or 10, Verhoeff check digit."""

    vocabulary, pattern = Vocabulary.SNOMED, re.compile(r"[1-9]\d{2,14}[01]0\d")

    @classmethod
    def _checks(cls, value: str) -> bool:
        return has_verhoeff_check_digit(value)


class Icd9Code(Code):
    """ICD-9-CM diagnosis: 001-999, V01-V91 or E000-E999, with its dot."""

    vocabulary, pattern = Vocabulary.ICD9CM, re.compile(r"(?:\d{3}|V\d{2})(?:\.\d{1,2})?|E\d{3}(?:\.\d)?")


class Icd10Code(Code):
    """ICD-10-CM diagnosis: letter, digit, digit (A or B in a few: C7A, C7B, M1A); a dot and up to four more."""

    vocabulary, pattern = Vocabulary.ICD10CM, re.compile(r"[A-Z]\d[0-9AB](?:\.[0-9A-Z]{1,4})?")


class Icd10WhoCode(Code):
    """ICD-10 of the WHO (volume 2, 2.4): letter and two digits; a dot and one or two more."""

    vocabulary, pattern = Vocabulary.ICD10, re.compile(r"[A-Z]\d{2}(?:\.\d{1,2})?")


class Icd9ProcedureCode(Code):
    """ICD-9-CM volume 3: two digits, a dot and up to two more."""

    vocabulary, pattern = Vocabulary.ICD9PROC, re.compile(r"\d{2}(?:\.\d{1,2})?")


class Icd10ProcedureCode(Code):
    """ICD-10-PCS: seven characters without I and O."""

    vocabulary, pattern = Vocabulary.ICD10PCS, re.compile(r"[0-9A-HJ-NP-Z]{7}")


class RxNormCode(Code):
    """RxNorm concept unique identifier."""

    vocabulary, pattern = Vocabulary.RXNORM, re.compile(r"[1-9]\d{0,7}")


class NdcCode(Code):
    """National Drug Code: labeller, product, package as 4-4-2, 5-3-2, 5-4-1 (21 CFR 207.33), 5-4-2; 11 digits bare."""

    vocabulary, pattern = Vocabulary.NDC, re.compile(r"\d{11}|\d{4}-\d{4}-\d{2}|\d{5}-(?:\d{3}-\d{2}|\d{4}-\d{1,2})")


class CvxCode(Code):
    """Vaccine administered (CDC): two or three digits; some write one."""

    vocabulary, pattern = Vocabulary.CVX, re.compile(r"\d{1,3}")


class AtcCode(Code):
    """ATC of the WHO, at any of its five levels: A, A10, A10B, A10BA, A10BA02."""

    vocabulary = Vocabulary.ATC
    pattern = re.compile(r"[ABCDGHJLMNPRSV](?:\d{2}(?:[A-Z](?:[A-Z](?:\d{2})?)?)?)?")


class HcpcsCode(Code):
    """HCPCS level II: a letter and four digits. Level I is CPT."""

    vocabulary, pattern = Vocabulary.HCPCS, re.compile(r"[A-V]\d{4}")


class CptCode(Code):
    """CPT-4: five digits, or four and F, T, U, M or A (vaccine administration)."""

    vocabulary, pattern = Vocabulary.CPT4, re.compile(r"\d{4}[0-9FTUMA]")


_TYPES = {t.vocabulary: t for t in (
    LoincCode, SnomedCode, Icd9Code, Icd10Code, Icd10WhoCode, Icd9ProcedureCode, Icd10ProcedureCode, RxNormCode,
    NdcCode, CvxCode, AtcCode, HcpcsCode, CptCode,
)}  # fmt: skip


def code_type(vocabulary: str) -> type[Code]:
    """The type of a vocabulary's codes; any text is a code of a vocabulary without a form of its own."""
    return _TYPES.get(Vocabulary(vocabulary), Code)


def is_valid_code(vocabulary: str, value: str | None) -> bool:
    """Whether a code has the form of its vocabulary."""
    return value is not None and code_type(vocabulary).is_valid(value)


def dotted_icd9(code: str) -> str:
    """An ICD-9-CM diagnosis with its dot: `4139` → `413.9`, `E8889` → `E888.9`, `V707` → `V70.7`."""
    return _dotted(code, 4 if code.strip().upper().startswith("E") else 3)


def dotted_icd10(code: str) -> str:
    """An ICD-10-CM diagnosis with its dot: `E119` → `E11.9`."""
    return _dotted(code, 3)


def dotted_icd9_procedure(code: str) -> str:
    """An ICD-9-CM procedure with its dot: `3961` → `39.61`."""
    return _dotted(code, 2)


_SEGMENTS = (5, 4, 2)


def eleven_digits(ndc: str) -> str | None:
    """An NDC as claims write it, 5-4-2 without hyphens (HIPAA): the short part gets a zero in front.

    `0002-8215-01` → `00002821501`. Ten digits without hyphens do not tell which segment is short: None.
    """
    if not NdcCode.is_valid(ndc):
        return None
    parts = ndc.split("-")
    return ndc if len(parts) == 1 else "".join(part.zfill(n) for part, n in zip(parts, _SEGMENTS, strict=True))


def _dotted(code: str, after: int) -> str:
    bare = code.strip().upper().replace(".", "")
    return f"{bare[:after]}.{bare[after:]}" if len(bare) > after else bare
