"""FHIR R4 allergies and intolerances as facts of a person (hl7.org/fhir/R4/allergyintolerance.html)."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources import _fhir_feeds as feeds
from twinlake.catalog.sources._fhir import visit, with_code
from twinlake.catalog.sources._no_allergies import none_known
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.expressions import one_of
from twinlake.declare.source import implements
from twinlake.declare.standardise import instant

_SNOMED = "SNOMED"
# FHIR's type and category in SNOMED CT, as OMOP's two-part allergies have them: what kind of tendency, then to what.
_TENDENCIES = {
    "allergy medication": ("416098002", "Allergy to drug"),
    "allergy food": ("414285001", "Allergy to food"),
    "allergy environment": ("426232007", "Environmental allergy"),
    "allergy": ("419199007", "Allergy to substance"),
    "intolerance medication": ("59037007", "Intolerance to drug"),
    "intolerance food": ("235719002", "Intolerance to food"),
    "intolerance": ("782197009", "Intolerance to substance"),
}
_SOME_TENDENCY = ("420134006", "Propensity to adverse reaction")


def _tendency(place: int) -> Column:
    """Code (place 0) or name (1) of the kind of tendency: by type and category, else by type."""
    words = {said: known[place] for said, known in _TENDENCIES.items()}
    whole = one_of(words, F.concat_ws(" ", "type", F.get("category", F.lit(0))))
    return F.coalesce(whole, one_of(words, F.col("type")), F.lit(_SOME_TENDENCY[place]))


@implements("observation", when=f"not {feeds.REFUTED} and not {feeds.OUTGROWN} and not {feeds.NOT_TOLD}")
def allergy(allergy_intolerance: DataFrame) -> DataFrame:
    """AllergyIntolerance: the kind of tendency is observed, what it is against is the value; or that none is known."""
    said = with_code(allergy_intolerance, F.col("code"))
    said = said.withColumn("_none", none_known(F.col("_code")))
    is_none = F.col("_none").isNotNull()

    def against(part: str) -> Column:
        return F.when(~is_none, F.col(f"_code.{part}"))

    return shaped(
        said,
        observation_code=F.coalesce("_none", _tendency(0)),
        observation_vocabulary=F.lit(_SNOMED),
        observation_source_value=F.when(is_none, F.col("_code.source_value")).otherwise(
            F.concat_ws(" ", F.coalesce("type", F.lit("AllergyIntolerance")), F.get("category", F.lit(0)))
        ),
        observation_name=F.when(is_none, F.col("_code.name")).otherwise(_tendency(1)),
        observation_datetime=instant(F.coalesce("recordedDate", "assertedDate", "onsetDateTime", "onsetPeriod.start")),
        value_source_value=against("source_value"),
        value_as_string=against("name"),
        value_code=against("code"),
        value_vocabulary=against("vocabulary"),
        unit_source_value=None,
        visit_source_id=visit(),
        part=F.lit(""),
    )
