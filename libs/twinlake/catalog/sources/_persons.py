"""What sources share that know little of a person: all that is not told is absent."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.empi.source_person import IDENTIFIERS
from twinlake.catalog.sources._rows import Said, shaped
from twinlake.declare.source import Feed, csv_feed
from twinlake.declare.standardise import full_date, name_part, sex, year

PERSON = ("hospital", "system", "source_person_id")


def shaped_person(rows: DataFrame, **told: Said) -> DataFrame:
    """Rows of `source_person` of which these columns are told, and no other."""
    return shaped(rows, **{**dict.fromkeys(IDENTIFIERS), **told})


def roster(name: str, files: str, key: str, mode: str = "increment") -> Feed:
    """Whom a system calls what, in its `key`; the hospital's number links it to other systems."""
    header = f"{key},mrn,given_name,family_name,birth_date,sex"
    return csv_feed(name, files, header, mode, key=(key,), person=key)


def rostered(rows: DataFrame, mrn: Column) -> DataFrame:
    """The persons of a roster."""
    return shaped_person(
        rows,
        given_name=name_part(F.col("given_name")),
        family_name=name_part(F.col("family_name")),
        birth_date=full_date(F.col("birth_date")),
        year_of_birth=year(F.col("birth_date")),
        sex=sex(F.col("sex")),
        mrn=mrn,
    )
