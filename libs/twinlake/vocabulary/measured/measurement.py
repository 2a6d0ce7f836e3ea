"""What one LOINC code measures, and the one unit this lake keeps it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from twinlake.vocabulary.analytes import ANALYTES, Analyte
from twinlake.vocabulary.measured.plausible import PLAUSIBLE, WHOLE_NUMBER_LINE

Kind = Literal["vital", "lab", "device", "score"]


@dataclass(frozen=True)
class Measurement:
    """A LOINC code, its column stem and its canonical UCUM unit.

    Codes of one `name` measure the same thing and share one unit, whatever scale LOINC's own name says: a glucose
    coded as moles a volume is stored in mg/dL, and `unit_code` says so. `also_written`: raw spellings that mean the
    canonical unit under this code, and would mean nothing or something else under another (`units` for a pH).
    """

    code: str
    name: str
    long_name: str
    unit: str
    kind: Kind
    analyte: Analyte | None = None
    also_written: tuple[str, ...] = ()

    @property
    def molar_mass_g_per_mol(self) -> float | None:
        """Grams in a mole of the analyte; None where it has no one mass."""
        return self.analyte.molar_mass_g_per_mol if self.analyte else None

    @property
    def plausible_low(self) -> float | None:
        """Lowest value, in `unit`, that can be true of a person; None where no source was found."""
        return PLAUSIBLE.get(self.name, WHOLE_NUMBER_LINE).low

    @property
    def plausible_high(self) -> float | None:
        """Highest value, in `unit`, that can be true of a person; None where no source was found."""
        return PLAUSIBLE.get(self.name, WHOLE_NUMBER_LINE).high

    @property
    def source(self) -> str:
        """Where the plausible limits were read."""
        return PLAUSIBLE.get(self.name, WHOLE_NUMBER_LINE).source


def page(kind: Kind, *rows: tuple[str, ...]) -> tuple[Measurement, ...]:
    """Measurements from rows of (code, name, unit, long name[, analyte[, also written...]])."""
    return tuple(_measurement(kind, *row) for row in rows)


def _measurement(
    kind: Kind, code: str, name: str, unit: str, long_name: str, analyte: str = "", *also: str
) -> Measurement:
    return Measurement(code, name, long_name, unit, kind, ANALYTES[analyte] if analyte else None, also)
