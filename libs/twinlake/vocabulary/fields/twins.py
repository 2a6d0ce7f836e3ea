"""The living state of a patient and its history."""

from __future__ import annotations

from twinlake.vocabulary.field import Field

DRUGS = (
    "array<struct<drug_exposure_start_datetime:timestamp,drug_code:string,drug_vocabulary:string,drug_name:string,"
    "dose_source_value:string,dose_unit_source_value:string,drug_status:string,"
    "drug_exposure_end_datetime:timestamp,hospital:string>>"
)
RISKS = (
    "array<struct<risk_name:string,model_name:string,model_version:string,risk_prob:double,risk_value:double,"
    "risk_unit:string,risk_reason:string,observed_at:timestamp>>"
)

PAGE = (
    Field("state_at", "timestamp", "The latest time anything of this person was observed, UTC"),
    Field(
        "age_at_state_years",
        "int",
        "Age in whole years at `state_at`, or at a death before it",
        unit="a",
        minimum=0,
        maximum=130,
    ),
    Field("active_drugs", DRUGS, "Drugs not ended at `state_at`, or else to begin after it, oldest first"),
    Field("risks", RISKS, "What the models say, by risk; without a probability there is a reason"),
    Field("staleness_days", "int", "Days from `state_at` to the publication; null where dates are shifted", unit="d"),
    Field("publication_id", "string", "The publication this is read at"),
    Field("fact_id", "bigint", "One fact, whatever its versions said"),
    Field("item", "string", "What it is about: an item of person_summary, else `vocabulary:code`"),
    Field("ended_at", "timestamp", "When a condition ended, UTC; null while no source says that it did"),
    Field("item_name", "string", "The item in the hospital's words"),
)
