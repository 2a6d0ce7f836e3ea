"""A download of the OHDSI vocabularies from Athena (athena.ohdsi.org): tab-separated, unquoted, all of it each time.

The files follow OMOP CDM 5.4 (ohdsi.github.io/CommonDataModel/cdm54.html, vocabulary tables). CPT-4 codes have no names
until the publisher's own program has filled them in.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._concepts import HEADER, concepts
from twinlake.catalog.sources._rows import look_up
from twinlake.declare.source import Feed, System, Via, implements


def _feed(name: str, header: str, **rest: object) -> Feed:
    schema = ", ".join(f"{column} string" for column in header.split(","))
    return Feed(name=name, files=rf"(?i:{name}\.csv)", wire="tsv", schema=schema, delivery="snapshot", **rest)  # type: ignore[arg-type]


FEEDS = (
    _feed("concept", HEADER, key=("concept_id",)),
    # Without a key: its millions of lines are told apart by what they say.
    _feed(
        "concept_relationship",
        "concept_id_1,concept_id_2,relationship_id,valid_start_date,valid_end_date,invalid_reason",
    ),
)
_NOT_READ = {
    "concept_ancestor": "descendants are not read until a table takes them",
    "concept_synonym": "synonyms are not read until a table takes them",
    "drug_strength": "strengths are not read until a table takes them",
    "(?:vocabulary|domain|concept_class|relationship|concept_cpt4)": "tells of the vocabularies, not of a code",
}
OF_MAPPED = Via("concept_relationship", fact="concept_id", lookup="concept_id_1")


@implements("concept", via=(OF_MAPPED,))
def concept(concept: DataFrame, concept_relationship: DataFrame) -> DataFrame:
    """CONCEPT.csv with the valid `Maps to` of CONCEPT_RELATIONSHIP.csv, if that was delivered."""
    targets = F.sort_array(F.collect_set(F.col("concept_id_2").try_cast("bigint")))
    mapped = (
        concept_relationship.where("relationship_id = 'Maps to' AND invalid_reason IS NULL")
        .groupBy("hospital", "system", "concept_id_1")
        .agg(targets.alias("targets"))
    )
    return concepts(look_up(concept, mapped, OF_MAPPED, _targets=F.col("targets")), F.col("_targets"))


SYSTEM = System(
    name="athena",
    meaning="The OHDSI vocabularies as Athena gives them: concepts and what they are mapped to",
    feeds=FEEDS,
    ignored={
        **{rf"(?i:{name}\.csv)": why for name, why in _NOT_READ.items()},
        r"(?i:readme\.txt|cpt\.(?:sh|bat)|cpt4\.jar|logs/.*)": "the publisher's program and its notes",
    },
    implementations=(concept,),
)
