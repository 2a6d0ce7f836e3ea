"""The data dictionary: every column of every table, by name, defined once."""

from __future__ import annotations

from twinlake.vocabulary.field import Field, dictionary
from twinlake.vocabulary.fields import (
    claims,
    clinical,
    codes,
    concepts,
    devices,
    empi,
    genomics,
    gold,
    models,
    notes,
    operations,
    provenance,
    silver,
    twins,
)

DICTIONARY: dict[str, Field] = dictionary(
    provenance.PAGE, empi.PAGE, silver.PAGE, clinical.PAGE, claims.PAGE, codes.PAGE, concepts.PAGE, devices.PAGE,
    genomics.PAGE, gold.PAGE, models.PAGE, notes.PAGE, operations.PAGE, twins.PAGE,
)  # fmt: skip
