"""The data dictionary: every column of every table, by name, defined once."""

from __future__ import annotations

from twinlake.vocabulary.field import Field, dictionary
from twinlake.vocabulary.fields import clinical, empi, gold, models, provenance, silver, twins

DICTIONARY: dict[str, Field] = dictionary(
    provenance.PAGE, empi.PAGE, silver.PAGE, clinical.PAGE, gold.PAGE, models.PAGE, twins.PAGE
)
