"""The tables of an OMOP CDM 5.4 export as CSV: which are read, which are not and why.

Column names and their order are the CDM's (ohdsi.github.io/CommonDataModel/cdm54.html); files and headers may be in
any case.
"""

from __future__ import annotations

from typing import Any

from twinlake.catalog.sources._concepts import HEADER
from twinlake.declare.source import PART, Feed, csv_feed
from twinlake.vocabulary.maps.omop_concepts import ORDER_TYPES

# Ids from here on are each site's to give (ohdsi.github.io/CommonDataModel/customConcepts.html).
OF_THEIR_OWN = "coalesce(try_cast(concept_id AS BIGINT) >= 2000000000, false)"

IS_ORDER = f"coalesce(procedure_type_concept_id in {ORDER_TYPES}, false)"


def _feed(table: str, header: str, **rest: Any) -> Feed:
    columns = header.split(",")
    person = "person_id" if "person_id" in columns else None
    told = (next((c for c in columns if c.endswith(ending)), None) for ending in ("_concept_id", "_date") if person)
    facts = {"required": tuple(filter(None, told))}
    return csv_feed(
        table, rf"(?i:{table}{PART}\.csv)", header, "snapshot", key=(columns[0],), person=person,
        typed={column: kind for column in columns if (kind := _type_of(column))}, **{**facts, **rest},
    )  # fmt: skip


def _type_of(column: str) -> str | None:
    """What the CDM says a column holds, where its name tells; ids are left to each site."""
    endings = {"_concept_id": "id", "_date": "date", "_datetime": "datetime", "_as_number": "number"}
    return next((kind for ending, kind in endings.items() if column.endswith(ending)), None)


FEEDS = (
    _feed(
        "person",
        "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime,race_concept_id,"
        "ethnicity_concept_id,location_id,provider_id,care_site_id,person_source_value,gender_source_value,"
        "gender_source_concept_id,race_source_value,race_source_concept_id,ethnicity_source_value,"
        "ethnicity_source_concept_id",
    ),
    _feed(
        "visit_occurrence",
        "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_start_datetime,visit_end_date,"
        "visit_end_datetime,visit_type_concept_id,provider_id,care_site_id,visit_source_value,"
        "visit_source_concept_id,admitted_from_concept_id,admitted_from_source_value,discharged_to_concept_id,"
        "discharged_to_source_value,preceding_visit_occurrence_id",
    ),
    _feed(
        "condition_occurrence",
        "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_start_datetime,"
        "condition_end_date,condition_end_datetime,condition_type_concept_id,condition_status_concept_id,stop_reason,"
        "provider_id,visit_occurrence_id,visit_detail_id,condition_source_value,condition_source_concept_id,"
        "condition_status_source_value",
    ),
    _feed(
        "drug_exposure",
        "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_start_datetime,"
        "drug_exposure_end_date,drug_exposure_end_datetime,verbatim_end_date,drug_type_concept_id,stop_reason,"
        "refills,quantity,days_supply,sig,route_concept_id,lot_number,provider_id,visit_occurrence_id,"
        "visit_detail_id,drug_source_value,drug_source_concept_id,route_source_value,dose_unit_source_value",
    ),
    _feed(
        "procedure_occurrence",
        "procedure_occurrence_id,person_id,procedure_concept_id,procedure_date,procedure_datetime,procedure_end_date,"
        "procedure_end_datetime,procedure_type_concept_id,modifier_concept_id,quantity,provider_id,"
        "visit_occurrence_id,visit_detail_id,procedure_source_value,procedure_source_concept_id,"
        "modifier_source_value",
        unmapped={"an order: nobody says that it was done (procedure_type_concept_id)": IS_ORDER},
    ),
    _feed(
        "measurement",
        "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_datetime,measurement_time,"
        "measurement_type_concept_id,operator_concept_id,value_as_number,value_as_concept_id,unit_concept_id,"
        "range_low,range_high,provider_id,visit_occurrence_id,visit_detail_id,measurement_source_value,"
        "measurement_source_concept_id,unit_source_value,unit_source_concept_id,value_source_value,"
        "measurement_event_id,meas_event_field_concept_id",
    ),
    _feed(
        "observation",
        "observation_id,person_id,observation_concept_id,observation_date,observation_datetime,"
        "observation_type_concept_id,value_as_number,value_as_string,value_as_concept_id,qualifier_concept_id,"
        "unit_concept_id,provider_id,visit_occurrence_id,visit_detail_id,observation_source_value,"
        "observation_source_concept_id,unit_source_value,qualifier_source_value,value_source_value,"
        "observation_event_id,obs_event_field_concept_id",
    ),
    _feed(
        "death",
        "person_id,death_date,death_datetime,death_type_concept_id,cause_concept_id,cause_source_value,"
        "cause_source_concept_id",
    ),
    _feed(
        "location",
        "location_id,address_1,address_2,city,state,zip,county,location_source_value,country_concept_id,"
        "country_source_value,latitude,longitude",
    ),
    _feed(
        "care_site",
        "care_site_id,care_site_name,place_of_service_concept_id,location_id,care_site_source_value,"
        "place_of_service_source_value",
    ),
    _feed("concept", HEADER, unmapped={"a concept of the other site's own (from 2 billion on)": OF_THEIR_OWN}),
)
_NOT_READ = {
    "visit_detail": "a stay inside a visit is not read until visit_detail is",
    "provider": "staff are not read until provider is",
    "device_exposure": "devices are not read until device_exposure is",
    "(?:note|note_nlp)": "notes of an OMOP export are not read: the export at hand holds none to try it on",
    "(?:cost|payer_plan_period)": "money of an OMOP export is not read: the export at hand holds none to try it on",
    "specimen": "specimens are not read until a table takes them",
    "(?:observation_period|condition_era|drug_era|dose_era)": "derived by the other site from tables that are read",
    "(?:episode|episode_event|fact_relationship)": "episodes and relations are not read until a table takes them",
    "(?:cohort|cohort_definition)": "the other site's own selections",
    "(?:cdm_source|metadata|source_to_concept_map)": "tells of the export, not of a person",
    "(?:vocabulary|domain|concept_class|concept_relationship|relationship|concept_synonym|concept_ancestor|drug_strength)":
        "of the vocabularies only concept is looked up",
}  # fmt: skip
IGNORED = {rf"(?i:{name}\.csv)": why for name, why in _NOT_READ.items()}
