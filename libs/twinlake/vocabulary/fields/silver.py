"""OMOP CDM 5.4 keys, times, codes and places (ohdsi.github.io/CommonDataModel/cdm54.html)."""

from __future__ import annotations

from twinlake.vocabulary.coding_systems import Vocabulary
from twinlake.vocabulary.field import Field

VOCABULARIES = tuple(map(str, Vocabulary))
VISITS = ("AMB", "EMER", "IMP", "ACUTE", "NONAC", "OBSENC", "PRENC", "SS", "HH", "VR", "FLD")


def _coded(stem: str, what: str) -> tuple[Field, ...]:
    return (
        Field(f"{stem}_code", "string", f"{what}, in `{stem}_vocabulary`; null where the hospital gave no code"),
        Field(f"{stem}_vocabulary", "string", f"Coding system of `{stem}_code`", categories=VOCABULARIES),
        Field(f"{stem}_source_value", "string", f"{what}, the code as the hospital wrote it"),
        Field(f"{stem}_name", "string", f"{what}, in the hospital's words"),
    )


PAGE = (
    Field("visit_occurrence_id", "bigint", "One encounter of a person with one hospital"),
    Field("visit_source_id", "string", "What the system calls the encounter"),
    Field("visit_code", "string", "Kind of visit, HL7 v3 ActCode (IMP inpatient, AMB, EMER ...)", categories=VISITS),
    Field("visit_source_value", "string", "Kind of visit as the hospital wrote it"),
    Field("visit_start_datetime", "timestamp", "Start of the visit, UTC"),
    Field("visit_end_datetime", "timestamp", "End of the visit, UTC; null while it lasts"),
    Field("condition_occurrence_id", "bigint", "One recording of a condition"),
    Field("condition_start_date", "date", "First day of the condition"),
    Field("condition_end_date", "date", "Last day of the condition; null while it is active or unknown"),
    Field(
        "is_condition_over",
        "boolean",
        "Whether the hospital says that it is over, be its last day known or not; null where it does not say",
    ),
    Field("condition_start_datetime", "timestamp", "Onset or recording of the condition, UTC"),
    Field("measurement_id", "bigint", "One measured value"),
    Field("measurement_datetime", "timestamp", "When the value was true of the person, UTC"),
    Field("observation_id", "bigint", "One fact that is not measured in a unit"),
    Field("observation_datetime", "timestamp", "When the fact was observed, UTC"),
    Field("drug_exposure_id", "bigint", "One order, administration, dispensing or immunisation"),
    Field("drug_exposure_start_datetime", "timestamp", "Start of the exposure, UTC"),
    Field("drug_exposure_end_datetime", "timestamp", "End of the exposure, UTC; null while it lasts or is unknown"),
    Field(
        "drug_type",
        "string",
        "How the exposure is known",
        categories=(
            "order",
            "administration",
            "dispensing",
            "immunisation",
            "infusion",
            "claim",
            "statement",
            "unknown",
        ),
    ),  # fmt: skip
    Field("drug_status", "string", "Status as the hospital wrote it (active, completed, stopped ...)"),
    Field(
        "is_course_over",
        "boolean",
        "Whether the status means, in the words of its source and of its kind of exposure, that no more is taken; "
        "null where there is none",
    ),
    Field("dose_source_value", "string", "Dose as the hospital wrote it"),
    Field("dose_unit_source_value", "string", "Unit of the dose as the hospital wrote it"),
    Field("route_source_value", "string", "Route as the hospital wrote it"),
    Field("procedure_occurrence_id", "bigint", "One procedure done to a person"),
    Field("procedure_datetime", "timestamp", "Start of the procedure, UTC"),
    Field("procedure_end_datetime", "timestamp", "End of the procedure, UTC"),
    Field("care_site_id", "bigint", "One place of care of one hospital"),
    Field("care_site_source_id", "string", "What the system calls the place of care"),
    Field("care_site_name", "string", "Name of the place of care"),
    Field("location_id", "bigint", "A place no finer than city, state and three characters of the postcode"),
    *_coded("condition", "Condition"),
    *_coded("measurement", "What was measured"),
    *_coded("observation", "What was observed"),
    *_coded("drug", "Drug"),
    *_coded("procedure", "Procedure"),
    Field("visit_reason_code", "string", "Why the visit took place"),
    Field("visit_reason_vocabulary", "string", "Coding system of `visit_reason_code`", categories=VOCABULARIES),
)
