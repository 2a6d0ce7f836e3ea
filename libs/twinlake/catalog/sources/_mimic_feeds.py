"""The files of MIMIC-IV: which tables of hosp and icu are read, which are not and why (mimic.mit.edu/docs/iv)."""

from __future__ import annotations

from typing import Any

from twinlake.declare.source import Feed, csv_feed
from twinlake.vocabulary.maps.mimic_charted import CHARTED

LOOKUP = {"a dictionary: its words reach the facts that use them": "true"}

# What emar.event_txt says when something was given; flushes, checks, stops and refusals give nothing.
GIVING = (
    "Administered", "Delayed Administered", "Partial Administered", "Administered in Other Location",
    "Administered Bolus from IV Drip", "Started", "Delayed Started", "Restarted", "Started in Other Location",
    "Applied", "Delayed Applied", "Applied in Other Location", "Removed Existing / Applied New",
)  # fmt: skip
_GIVEN = "event_txt in ({})".format(", ".join(f"'{event}'" for event in GIVING))
GIVEN = f"ifnull({_GIVEN}, false) and medication is not null"

# De-identification writes ___ over what might name somebody; a result may also stand in the number or the comment.
# A result beyond what could be detected stands in the comment, before what is said of it: `<0.01.  cTropnT > 0.10 …`.
_BEYOND = "regexp_extract(comments, '^ *([<>]=? *[0-9]+([.][0-9]+)?)[*]? *[.]( |$)', 1)"
RESULT = f"coalesce(nullif(value, '___'), valuenum, nullif({_BEYOND}, ''), nullif(comments, '___'))"

IS_VITAL = f"ifnull(itemid in ({', '.join(repr(str(item)) for item in sorted(CHARTED))}), false)"
CHARTED_VITAL = f"coalesce(value, valuenum) is not null and {IS_VITAL}"

IN_A_WARD = "ifnull(eventtype, '') <> 'discharge'"

# What a drug is dissolved in is ordered as its BASE: a vehicle, or only what holds it.
_CONTAINERS = "bag|soln[.]?|vial|syringe( [(]chemo[)])?|insulin syringe.*|[a-z]+ cadd cassette|click change.*"
IS_CONTAINER = f"ifnull(drug_type = 'BASE' and lower(trim(drug)) rlike '^({_CONTAINERS})$', false)"
IS_REWRITTEN = "ifnull(statusdescription = 'Rewritten', false)"


TYPES = {
    **dict.fromkeys(("admittime", "dischtime", "intime", "outtime", "charttime", "starttime", "chartdate"), "datetime"),
    **dict.fromkeys(("valuenum",), "number"),
}


def _feed(table: str, header: str, *key: str, **rest: Any) -> Feed:
    person = {"person": "subject_id"} if header.startswith("subject_id") or ",subject_id," in header else {}
    typed = {column: kind for column, kind in TYPES.items() if column in header.split(",")}
    facts = {"required": tuple(column for column in ("itemid", "charttime", "icd_code") if column in header.split(","))}
    return csv_feed(
        table.split("/")[1], rf"{table}\.csv", header, "snapshot", key=key, typed=typed, **{**person, **facts, **rest}
    )


FEEDS = (
    _feed("hosp/patients", "subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod", "subject_id"),
    _feed(
        "hosp/admissions",
        "subject_id,hadm_id,admittime,dischtime,deathtime,admission_type,admit_provider_id,admission_location,"
        "discharge_location,insurance,language,marital_status,race,edregtime,edouttime,hospital_expire_flag",
        "hadm_id",
    ),
    _feed(
        "icu/icustays",
        "subject_id,hadm_id,stay_id,first_careunit,last_careunit,intime,outtime,los",
        "stay_id",
        unmapped={"a stay inside an admission is a visit_detail, which no table holds yet": "true"},
    ),
    _feed(
        "hosp/transfers",
        "subject_id,hadm_id,transfer_id,eventtype,careunit,intime,outtime",
        "transfer_id",
        unmapped={"a discharge is the end of the stay before it, which says so itself": f"not ({IN_A_WARD})"},
    ),
    _feed("hosp/diagnoses_icd", "subject_id,hadm_id,seq_num,icd_code,icd_version", "subject_id", "hadm_id", "seq_num"),
    _feed("hosp/d_icd_diagnoses", "icd_code,icd_version,long_title", "icd_code", "icd_version", unmapped=LOOKUP),
    _feed(
        "hosp/procedures_icd",
        "subject_id,hadm_id,seq_num,chartdate,icd_code,icd_version",
        *("subject_id", "hadm_id", "seq_num"),
    ),
    _feed("hosp/d_icd_procedures", "icd_code,icd_version,long_title", "icd_code", "icd_version", unmapped=LOOKUP),
    _feed(
        "hosp/hcpcsevents",
        "subject_id,hadm_id,chartdate,hcpcs_cd,seq_num,short_description",
        *("subject_id", "hadm_id", "chartdate", "hcpcs_cd", "seq_num"),
    ),
    _feed(
        "hosp/labevents",
        "labevent_id,subject_id,hadm_id,specimen_id,itemid,order_provider_id,charttime,storetime,value,valuenum,valueuom,"
        "ref_range_lower,ref_range_upper,flag,priority,comments",
        "labevent_id",
        unmapped={"no result: none was written, or de-identification took it (___)": f"{RESULT} is null"},
    ),
    _feed("hosp/d_labitems", "itemid,label,fluid,category", "itemid", unmapped=LOOKUP),
    _feed(
        "hosp/omr",
        "subject_id,chartdate,seq_num,result_name,result_value",
        *("subject_id", "chartdate", "seq_num", "result_name"),
    ),
    # One pharmacy_id may hold a drug and the fluid it is dissolved in: no column but all of them names a row.
    _feed(
        "hosp/prescriptions",
        "subject_id,hadm_id,pharmacy_id,poe_id,poe_seq,order_provider_id,starttime,stoptime,drug_type,drug,"
        "formulary_drug_cd,gsn,ndc,prod_strength,form_rx,dose_val_rx,dose_unit_rx,form_val_disp,form_unit_disp,"
        "doses_per_24_hrs,route",
        unmapped={"a bag, a vial, a syringe: what holds a drug is none": IS_CONTAINER},
    ),
    _feed(
        "hosp/emar",
        "subject_id,hadm_id,emar_id,emar_seq,poe_id,pharmacy_id,enter_provider_id,charttime,medication,event_txt,"
        "scheduletime,storetime",
        "emar_id",
        unmapped={
            "event_txt says that nothing was given, or not what was done": f"not ifnull({_GIVEN}, false)",
            "names no drug; the order that does is not read until poe is": "medication is null",
        },
    ),
    _feed(
        "icu/inputevents",
        "subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,amount,amountuom,rate,rateuom,orderid,"
        "linkorderid,ordercategoryname,secondaryordercategoryname,ordercomponenttypedescription,ordercategorydescription,"
        "patientweight,totalamount,totalamountuom,isopenbag,continueinnextdept,statusdescription,originalamount,"
        "originalrate",
        *("orderid", "itemid"),
        unmapped={"rewritten: the rate was never given": IS_REWRITTEN},
    ),
    # No column but all of them names a row: a nurse may chart an item twice in a minute.
    _feed(
        "icu/chartevents",
        "subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,valueuom,warning",
        unmapped={
            "no result: the chart holds no value": "coalesce(value, valuenum) is null",
            "charted, and no vital sign known here: words, scores, settings, alarms, and laboratory values, which "
            "labevents has": f"not ({IS_VITAL})",
        },
    ),
    _feed(
        "icu/outputevents",
        "subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valueuom",
        *("stay_id", "charttime", "itemid"),
    ),
    _feed(
        "icu/procedureevents",
        "subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,value,valueuom,location,"
        "locationcategory,orderid,linkorderid,ordercategoryname,ordercategorydescription,patientweight,isopenbag,"
        "continueinnextdept,statusdescription,ORIGINALAMOUNT,ORIGINALRATE",
        "orderid",
    ),
    _feed(
        "icu/d_items",
        "itemid,label,abbreviation,linksto,category,unitname,param_type,lownormalvalue,highnormalvalue",
        "itemid",
        unmapped=LOOKUP,
    ),
)

_NOT_READ = {
    "hosp/services": "services are not read until visit_detail is",
    "hosp/microbiologyevents": "cultures are not read until a table takes organism and antibiotic together",
    "hosp/poe": "orders are not read until a table takes orders that are no drug",
    "hosp/poe_detail": "orders are not read until a table takes orders that are no drug",
    "hosp/pharmacy": "repeats prescriptions with filling details; not read until dispensing is",
    "hosp/emar_detail": "doses of an administration are not read until emar's rows take them",
    "hosp/drgcodes": "groups for billing are not read; claims are",
    "hosp/d_hcpcs": "hcpcsevents carries its own words",
    "hosp/provider": "staff are not read until provider is",
    "icu/caregiver": "staff are not read until provider is",
    "icu/datetimeevents": "dates of line changes and the like are not read until device_exposure is",
    "icu/ingredientevents": "repeats inputevents by ingredient (water, calories)",
}
IGNORED = {
    **{rf"{table}\.csv": why for table, why in _NOT_READ.items()},
    r"(?:demo_subject_id\.csv|README\.(?:txt|md)|LICENSE\.txt|SHA256SUMS\.txt|index\.html)": "papers of the data set",
}
