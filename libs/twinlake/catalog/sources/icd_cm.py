"""Lists of ICD codes as CMS publishes them, for each fiscal year (cms.gov/medicare/coding-billing/icd-10-codes).

`icd10{cm,pcs}[-_]codes[-_]<year>.txt` hold the billable codes, `…order…` the headings too, at the places that CMS's
readme gives: code 7-13, billable 15, long title from 78. `CMS<version>_DESC_LONG_{DX,SG}.txt` are ICD-9-CM; version 32
was the last, of the fiscal year 2015. A list is in force from 1 October of the year before; one with `april_1` in its
name takes its place from 1 April of the year. Codes come without their dots.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._claims import with_dot
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.expressions import one_of
from twinlake.declare.source import Feed, System, implements

TENTH = r"icd10(cm|pcs)[-_](codes|order)[-_](april[-_]1[-_])?([0-9]{4})\.txt"
NINTH = r"cms([0-9]{2})_desc_long_(dx|sg)\.txt"
# A list keeps its own name in each record: without it nobody knows the system or the year.
LIST = Feed(
    name="code_list",
    files=rf"(?i:(?:[^/]+/)*(?:{TENTH}|{NINTH}))",
    wire="listed_lines",
    schema="file string, line string",
    delivery="increment",
)
VOCABULARIES = {"cm": "ICD10CM", "pcs": "ICD10PCS", "dx": "ICD9CM", "sg": "ICD9Proc"}
FIRST_YEAR = 1983  # ICD-9-CM's version 1 would be the fiscal year 1984.
HEADED = "^[0-9]{5} [0-9A-Z]{3,7} +[01] "


def _named(pattern: str, group: int) -> Column:
    """A part of the file's name, null where it is of another kind."""
    return F.nullif(F.regexp_extract(F.lower("file"), f"^{pattern}$", group), F.lit(""))


@implements("listed_code")
def listed_code(code_list: DataFrame) -> DataFrame:
    """Each line of a list."""
    vocabulary = one_of(VOCABULARIES, F.coalesce(_named(TENTH, 1), _named(NINTH, 2)))
    in_order = (_named(TENTH, 2) == "order") & F.col("line").rlike(HEADED)
    plain = F.when(F.coalesce(_named(TENTH, 2), F.lit("codes")) == "codes", F.col("line"))
    bare = F.when(in_order, F.trim(F.substring("line", 7, 7))).otherwise(
        F.regexp_extract(plain, "^([0-9A-Z]{2,7}) ", 1)
    )
    title = F.when(in_order, F.substring("line", 78, 400)).otherwise(
        F.regexp_extract(plain, "^[0-9A-Z]{2,7} +(.*)$", 1)
    )
    year = F.coalesce(_named(TENTH, 4).try_cast("int"), _named(NINTH, 1).try_cast("int") + FIRST_YEAR)
    april = _named(TENTH, 3).isNotNull()
    start = F.when(april, F.make_date(year, F.lit(4), F.lit(1))).otherwise(F.make_date(year - 1, F.lit(10), F.lit(1)))
    return shaped(
        code_list, vocabulary_id=vocabulary, concept_code=with_dot(F.nullif(bare, F.lit("")), vocabulary),
        concept_name=F.trim(title), fiscal_year=year, list_start_date=start,
        is_billable=F.when(in_order, F.substring("line", 15, 1) == "1").otherwise(plain.isNotNull()),
    )  # fmt: skip


SYSTEM = System(
    name="icd_cm",
    meaning="CMS's lists of ICD-9-CM, ICD-10-CM and ICD-10-PCS codes, one a fiscal year",
    feeds=(LIST,),
    ignored={
        r"(?i:(?:[^/]+/)*.*(?:_desc_short_(?:dx|sg)|addenda|addendum).*\.(?:txt|pdf|xlsx?))": "short titles, changes",
        r"(?i:(?:[^/]+/)*[^/]+\.(?:pdf|xlsx?|xml|zip))": "the same lists for reading, and their guides",
    },
    implementations=(listed_code,),
)
