"""Where each field of OMOP CDM 5.4 stands in this lake, or why it stands nowhere.

A field of the same name needs no line. The CDM's pair of a date and a datetime is one column here.
"""

from __future__ import annotations

from collections.abc import Mapping

FIELDS: Mapping[str, Mapping[str, str]] = {
    "person": {
        "gender_concept_id": "sex",
        "gender_source_value": "sex",
        "birth_datetime": "birth_date",
        "month_of_birth": "birth_date",
        "day_of_birth": "birth_date",
    },
    "visit_occurrence": {
        "visit_start_date": "visit_start_datetime",
        "visit_end_date": "visit_end_datetime",
    },
    "condition_occurrence": {
        "condition_start_datetime": "condition_start_date",
        "condition_end_datetime": "condition_end_date",
        "condition_type_concept_id": "condition_type",
    },
    "drug_exposure": {
        "drug_exposure_start_date": "drug_exposure_start_datetime",
        "drug_exposure_end_date": "drug_exposure_end_datetime",
        "drug_type_concept_id": "drug_type",
        "stop_reason": "drug_status",
    },
    "procedure_occurrence": {
        "procedure_date": "procedure_datetime",
        "procedure_end_date": "procedure_end_datetime",
        "procedure_type_concept_id": "procedure_type",
    },
    "measurement": {
        "measurement_date": "measurement_datetime",
        "measurement_time": "measurement_datetime",
        "operator_concept_id": "operator",
        "range_low": "range_low_source_value",
        "range_high": "range_high_source_value",
    },
    "observation": {"observation_date": "observation_datetime"},
    "note": {
        "note_date": "note_datetime",
        "note_class_concept_id": "note_code",
        "language_concept_id": "note_language",
    },
    "note_nlp": {
        "nlp_date": "note_datetime",
        "nlp_datetime": "note_datetime",
        "offset": "mention_offset",
        "section_concept_id": "note_section",
        "note_nlp_concept_id": "mention_code",
        "note_nlp_source_concept_id": "mention_code",
        "term_modifiers": "term_certainty",
    },
    "death": {"death_datetime": "death_date"},
    "location": {"zip": "postal_code_prefix"},
    "care_site": {
        "care_site_source_value": "care_site_source_id",
        "place_of_service_concept_id": "care_site_type_code",
    },
    "payer_plan_period": {
        "payer_concept_id": "payer_code",
        "plan_concept_id": "plan_code",
        "sponsor_concept_id": "sponsor_code",
        "stop_reason_concept_id": "stop_reason_code",
        "family_source_value": "family_id",
    },
    "cost": {
        "cost_domain_id": "cost_domain",
        "cost_type_concept_id": "cost_type",
        "currency_concept_id": "currency_code",
        "revenue_code_concept_id": "revenue_code_source_value",
        "drg_concept_id": "drg_source_value",
    },
    "concept": {},
}
"""CDM table → CDM field → the column of silver's table of that name."""

ABSENT: Mapping[str, str] = {
    "provider_id": "no table of providers: who treated whom is not kept",
    "visit_detail_id": "no table of visit details: a stay's parts are not kept apart",
    "_type_concept_id": "how a record came about is its `system`, not a concept",
    "_event_field_concept_id": "no row names another table's field: events are linked by their keys",
    "_event_id": "no row names another table's field: events are linked by their keys",
    "_source_concept_id": "kept as code and vocabulary; the concept of the source's own code is not resolved here",
    "admitted_from": "where a patient came from before a visit is not kept",
    "discharged_to": "where a patient went after a visit is not kept",
    "preceding_visit_occurrence_id": "visits are not chained",
    "race_concept_id": "race is kept in the source's words alone",
    "ethnicity_concept_id": "ethnicity is kept in the source's words alone",
    "person_source_value": "what a hospital calls a person stands in empi.person_link alone",
    "person.care_site_id": "a person of several hospitals has no one place of care",
    "condition_status": "a diagnosis's place in a claim is not kept; that it is resolved is (is_condition_over)",
    "modifier": "modifiers of procedures are not kept",
    "qualifier": "qualifiers of observations are not kept",
    "route_concept_id": "the route is kept in the source's words alone",
    "cause": "the cause of death is not kept",
    "country": "of a place, city, state and three characters of the postcode are kept",
    "address": "of a place, city, state and three characters of the postcode are kept",
    "county": "of a place, city, state and three characters of the postcode are kept",
    "latitude": "of a place, city, state and three characters of the postcode are kept",
    "longitude": "of a place, city, state and three characters of the postcode are kept",
    "location_source_value": "of a place, city, state and three characters of the postcode are kept",
    "place_of_service_source_value": "the kind of a place is kept as its code",
    "encoding_concept_id": "every text is UTF-8: bytes that are not go to quarantine",
    "note_type_concept_id": "how a record came about is its `system`, not a concept",
    "nlp_system": "one program reads the notes",
    "snippet": "a mention is kept by its place in the note, not by a copy of the text around it",
    "lot_number": "not kept of an exposure",
    "sig": "not kept of an exposure",
    "refills": "not kept of an exposure",
    "drug_exposure.quantity": "kept as dose_source_value, in the source's words",
    "days_supply": "not kept of an exposure",
    "verbatim_end_date": "not kept of an exposure",
    "condition_occurrence.stop_reason": "not kept of a condition",
    "procedure_occurrence.quantity": "a procedure done twice is two rows",
    "observation.value_as_number": "a number with a unit is a measurement here",
    "sponsor": "not kept of a coverage",
    "payer_source_concept_id": "kept as code and vocabulary",
    "currency": "kept as an ISO 4217 code",
}
"""What a field's name is, ends in or begins with → why this lake does not keep it; `table.field` for one table."""

_OTHERS_OF_VOCABULARIES = (
    "vocabulary", "domain", "concept_class", "concept_relationship", "relationship", "concept_synonym",
    "concept_ancestor", "source_to_concept_map", "drug_strength",
)  # fmt: skip
ABSENT_TABLES: Mapping[str, str] = {
    "observation_period": "derived: no span of observation is claimed for anybody",
    "visit_detail": "a stay's parts are not kept apart",
    "device_exposure": "no source here tells of implants and aids; what devices measure is device_reading",
    "specimen": "no source here tells of specimens",
    "provider": "who treated whom is not kept",
    "fact_relationship": "rows are linked by their keys",
    "episode": "derived: no episodes are made",
    "episode_event": "derived: no episodes are made",
    "drug_era": "derived: eras are not made",
    "dose_era": "derived: eras are not made",
    "condition_era": "derived: eras are not made",
    "cohort": "cohorts are declared in catalog/cohorts and not stored",
    "cohort_definition": "cohorts are declared in catalog/cohorts and not stored",
    "metadata": "the lake's own tables, ops.*, say what was done to it",
    "cdm_source": "the lake's own tables, ops.*, say where it came from",
    **dict.fromkeys(
        _OTHERS_OF_VOCABULARIES, "of the vocabularies' files, silver.concept keeps what the others say of it"
    ),
}
"""CDM table → why this lake has no table of its kind."""

_OWN_WORDS = "kept in the source's words; no code is looked for"
_COVERAGE = "a coverage may be known before it begins, end in the future, and outlive whom it covers"
WHY_NONE: Mapping[str, str] = {
    "isForeignKey care_site.location_id": "silver.location is made of the places of care, so each is in it",
    "isForeignKey concept.": "the vocabularies' other files are not kept",
    "isForeignKey cost.": _OWN_WORDS,
    "isForeignKey note": _OWN_WORDS,
    "isStandardValidConcept note": _OWN_WORDS,
    "plausibleValueHigh payer_plan_period.": _COVERAGE,
    "plausibleBeforeDeath payer_plan_period.": _COVERAGE,
    "sourceValueCompleteness ": _OWN_WORDS,
}
"""Type of check and how `table.field` begins → why a column that is here is not checked so."""
