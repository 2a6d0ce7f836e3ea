"""Units of OMOP's concepts, which conversion must be able to read."""

from __future__ import annotations

from twinlake.clinical.ucum import parse
from twinlake.vocabulary.maps.omop_concepts import UNITS


def test_every_unit_is_one_of_ucum() -> None:
    assert [unit for unit in UNITS.values() if parse(unit) is None] == []
