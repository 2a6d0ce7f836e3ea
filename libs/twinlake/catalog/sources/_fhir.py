"""FHIR R4 data types: their Spark schemas and how to read them (hl7.org/fhir/R4/datatypes.html, references.html)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._fhir_elements import elements_of
from twinlake.catalog.sources._fhir_versions import foreign
from twinlake.catalog.sources._rows import vocabulary
from twinlake.declare.source import Feed

CODING = "struct<system:string,code:string,display:string>"
CONCEPT = f"struct<coding:array<{CODING}>,text:string>"
QUANTITY = "struct<value:string,comparator:string,unit:string,system:string,code:string>"
REFERENCE = "struct<reference:string,display:string>"
# The encounter a resource belongs to, as R4 and as STU3 calls it.
OF_VISIT = {"encounter": REFERENCE, "context": REFERENCE}
PERIOD = "struct<start:string,end:string>"
IDENTIFIER = f"struct<use:string,type:{CONCEPT},system:string,value:string>"
ADDRESS = "struct<use:string,line:array<string>,city:string,state:string,postalCode:string>"
RANGE = (
    f"array<struct<low:{QUANTITY},high:{QUANTITY},type:{CONCEPT},appliesTo:array<{CONCEPT}>,"
    f"age:struct<low:{QUANTITY},high:{QUANTITY}>>>"
)
VALUE = {
    "valueQuantity": QUANTITY,
    "valueCodeableConcept": CONCEPT,
    "valueString": "string",
    "valueBoolean": "string",
    "valueInteger": "string",
    "valueDateTime": "string",
    "valueTime": "string",
    "valueRange": f"struct<low:{QUANTITY},high:{QUANTITY}>",
    "valueRatio": f"struct<numerator:{QUANTITY},denominator:{QUANTITY}>",
    "valuePeriod": PERIOD,
}
# HL7's own, US Core's among them; and what Synthea's generator writes of itself.
KNOWN_EXTENSIONS = ("http://hl7.org/fhir/", "http://synthetichealth.github.io/synthea/")
UCUM = "http://unitsofmeasure.org"
# Bulk Data Access 2.0 leaves names free: Observation.ndjson, Observation.000.ndjson, 1.Observation.ndjson are in use.
_FILE = r"(?:[^/]*/)*(?:\d+\.)?{resource}(?:[.-][\w-]+)*\.ndjson"


def ddl(**columns: str) -> str:
    """Spark DDL of a resource: its id, last change and status, and these elements."""
    elements = {"id": "string", "meta": "struct<lastUpdated:string>", "status": "string", **columns}
    return ", ".join(f"`{name}` {kind}" for name, kind in elements.items())


def files_of(resource: str) -> str:
    """The names that files of a resource have."""
    return _FILE.format(resource=resource)


def resource_feed(resource: str, schema: str, unmapped: Mapping[str, str] | None = None, **rest: Any) -> Feed:
    """A resource as an NDJSON file; how one is withdrawn and what else a feed has may be told otherwise."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in resource).lstrip("_")
    return Feed(
        name=name,
        files=files_of(resource),
        wire="ndjson",
        schema=schema,
        delivery="increment",
        key=("id",),
        version="meta.lastUpdated",
        unmapped=unmapped or {},
        foreign=foreign(resource),
        resource_type=resource,
        elements=elements_of(resource),
        extensions=KNOWN_EXTENSIONS,
        **{"withdrawn": "status = 'entered-in-error'", **rest},
    )


def struct(**elements: str) -> str:
    """Spark's type of a backbone element."""
    return f"struct<{','.join(f'{name}:{kind}' for name, kind in elements.items())}>"


def target(path: str, kind: str) -> str:
    """SQL: which resource of a type a reference points to, `system|value` where it is conditional, else by its id.

    `Organization?identifier=s|v`, `Organization/id`, `https://…/Organization/id/_history/2`, `urn:uuid:id`. None where
    it points to another type, whose ids are others, or into the resource itself (`#id`).
    """
    typed = f"(?:^|/){kind}"
    conditional = f"replace(regexp_extract({path}, '{typed}[?](?:.*&)?identifier=([^&]+)', 1), '%7C', '|')"
    literal = f"regexp_extract({path}, '(?:^|:|{typed}/)([^/:#?]+)(?:/_history/[^/]+)?$', 1)"
    return f"coalesce(nullif({conditional}, ''), nullif({literal}, ''))"


def answers_to() -> str:
    """SQL: every value of `target` that reaches this resource, by its id and by its identifiers; one row each."""
    identifiers = "transform(identifier, i -> concat(i.system, '|', i.value))"
    return f"explode(array_distinct(array_compact(concat(array(id), ifnull({identifiers}, array())))))"


def first(array: str, condition: str | None = None) -> Column:
    """The first element of an array, or the first for which the condition on `x` holds."""
    return F.expr(f"get({f'filter({array}, x -> {condition})' if condition else array}, 0)")


# Of an Identifier, an Address and a ContactPoint alike (hl7.org/fhir/R4/datatypes.html).
IN_USE = "ifnull(x.use, '') <> 'old'"


def visit(path: str = "coalesce(encounter.reference, context.reference)") -> Column:
    """The encounter a resource belongs to (STU3: `context`, which may be an EpisodeOfCare: that is no visit).

    A conditional or contained one is none of this export.
    """
    return F.when(~F.expr(path).rlike("[?#]"), F.expr(target(path, "Encounter")))


def with_code(rows: DataFrame, concept: Column, name: str = "_code") -> DataFrame:
    """Adds (code, vocabulary, source_value, name) of a CodeableConcept: its first coding in a vocabulary we know, else
    its first coding, called local, else its text.
    """
    codings = F.filter(concept["coding"], lambda c: c["code"].isNotNull())
    known = F.filter(codings, lambda c: vocabulary(c["system"]).isNotNull())
    # Nearly always the first will do; Spark interprets functions of arrays.
    foremost = F.get(concept["coding"], F.lit(0))
    will_do = foremost["code"].isNotNull() & vocabulary(foremost["system"]).isNotNull()
    best = F.when(will_do, foremost).otherwise(F.coalesce(F.get(known, F.lit(0)), F.get(codings, F.lit(0))))
    # Two steps, or the search would run again for each of the four columns.
    found = rows.withColumn("_best", F.struct(best.alias("coding"), concept["text"].alias("text")))
    coding, text = F.col("_best.coding"), F.col("_best.text")
    local = F.when(coding["code"].isNotNull(), F.lit("local"))
    said = F.struct(
        coding["code"].alias("code"),
        F.coalesce(vocabulary(coding["system"]), local).alias("vocabulary"),
        F.coalesce(coding["code"], text).alias("source_value"),
        F.coalesce(text, coding["display"]).alias("name"),
    )
    return found.withColumn(name, said).drop("_best")


def columns_of(stem: str, code: str = "_code") -> dict[str, Column]:
    """The four columns of a table that say what `with_code`'s struct says."""
    return {f"{stem}_{part}": F.col(f"{code}.{part}") for part in ("code", "vocabulary", "source_value", "name")}


def amount(quantity: str | Column) -> Column:
    """A Quantity's digits as they came, its comparator in front (`<5`)."""
    q = _column(quantity)
    return F.concat(F.coalesce(q["comparator"], F.lit("")), q["value"])


def unit(quantity: str | Column) -> Column:
    """A Quantity's unit: the code where it is UCUM, else the words."""
    q = _column(quantity)
    is_ucum = F.coalesce(q["system"], F.lit(UCUM)) == UCUM
    return F.when(is_ucum, F.coalesce(q["code"], q["unit"])).otherwise(F.coalesce(q["unit"], q["code"]))


def words(concept: str | Column) -> Column:
    """A CodeableConcept in words."""
    said = _column(concept)
    first = F.get(said["coding"], F.lit(0))
    return F.coalesce(said["text"], first["display"], first["code"])


def _column(named: str | Column) -> Column:
    return F.col(named) if isinstance(named, str) else named
