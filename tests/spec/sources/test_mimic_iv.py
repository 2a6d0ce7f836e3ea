"""MIMIC-IV as it comes, and the rows it becomes."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.support.text_table import expect
from twinlake.catalog.sources.mimic_iv import SYSTEM

ADMISSIONS = """
subject_id,hadm_id,admittime,dischtime,deathtime,admission_type,admit_provider_id,admission_location,discharge_location,insurance,language,marital_status,race,edregtime,edouttime,hospital_expire_flag
7,h1,2196-02-24 14:38:00,2196-03-04 14:02:00,,EW EMER.,P,X,Y,Medicaid,ENGLISH,SINGLE,UNKNOWN,,,0
7,h2,2197-02-24 14:38:00,,,EU OBSERVATION,P,X,Y,Medicaid,ENGLISH,MARRIED,WHITE,,,0
"""


def test_a_patient_has_a_year_of_birth_and_what_the_last_admission_says(implement) -> None:
    patients = """
    subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod
    7,F,72,2134,2011 - 2013,2197-09-02
    8,M,21,2125,2011 - 2013,
    """
    expect(
        implement(SYSTEM, "source_person", patients=patients, admissions=ADMISSIONS),
        """
        source_person_id | family_name | birth_date | year_of_birth | sex    | race_source_value | marital_status | death_date
        7                |             |            | 2062          | female | WHITE             | MARRIED        | 2197-09-02
        8                |             |            | 2104          | male   |                   |                |
        """,
    )


def test_an_admission_is_a_visit(implement) -> None:
    expect(
        implement(SYSTEM, "visit_occurrence", admissions=ADMISSIONS),
        """
        visit_source_id | visit_code | visit_source_value | visit_start_datetime | visit_end_datetime
        h1              | IMP        | EW EMER.           | 2196-02-24 19:38     | 2196-03-04 19:02
        h2              | OBSENC     | EU OBSERVATION     | 2197-02-24 19:38     |
        """,
    )


def test_transfers_are_stays_in_wards_and_their_care_units_places_of_care(implement) -> None:
    transfers = """
    subject_id,hadm_id,transfer_id,eventtype,careunit,intime,outtime
    7,,t1,ED,Emergency Department,2196-02-24 12:00:00,2196-02-24 15:00:00
    7,h1,t2,admit,Medical Intensive Care Unit (MICU),2196-02-24 15:00:00,2196-02-26 10:00:00
    7,h1,t3,transfer,Unknown,2196-02-26 10:00:00,2196-02-27 10:00:00
    7,h1,t4,discharge,,2196-02-27 10:00:00,
    8,h9,t5,admit,Medical Intensive Care Unit (MICU),2196-05-01 15:00:00,2196-05-02 10:00:00
    8,h9,t6,transfer,Med/Surg,2196-05-02 10:00:00,2196-05-03 10:00:00
    """
    expect(
        implement(SYSTEM, "bed_event", transfers=transfers),
        """
        source_person_id | visit_source_id | care_site_source_id                | bed_source_value | bed_status_code | bed_status_source_value | bed_event_start_datetime | bed_event_end_datetime
        7                |                 | Emergency Department               |                  | O               | ED                      | 2196-02-24 17:00         | 2196-02-24 20:00
        7                | h1              | Medical Intensive Care Unit (MICU) |                  | O               | admit                   | 2196-02-24 20:00         | 2196-02-26 15:00
        7                | h1              |                                    |                  | O               | transfer                | 2196-02-26 15:00         | 2196-02-27 15:00
        8                | h9              | Medical Intensive Care Unit (MICU) |                  | O               | admit                   | 2196-05-01 19:00         | 2196-05-02 14:00
        8                | h9              | Med/Surg                           |                  | O               | transfer                | 2196-05-02 14:00         | 2196-05-03 14:00
        """,
    )
    expect(
        implement(SYSTEM, "care_site", transfers=transfers),
        """
        care_site_source_id                | care_site_name                     | care_site_type_code
        Emergency Department               | Emergency Department               | ER
        Medical Intensive Care Unit (MICU) | Medical Intensive Care Unit (MICU) | ICU
        Med/Surg                           | Med/Surg                           | HU
        """,
    )


def test_diagnoses_get_their_dots_their_names_and_the_day_of_admission(implement) -> None:
    diagnoses = """
    subject_id,hadm_id,seq_num,icd_code,icd_version
    7,h1,1,4139,9
    7,h1,2,E8798,9
    7,h1,3,V707,9
    7,h1,4,I2510,10
    7,h1,5,I10,10
    7,gone,6,I10,10
    """
    words = """
    icd_code,icd_version,long_title
    4139,9,Other and unspecified angina pectoris
    4139,10,not this one
    """
    rows = implement(
        SYSTEM, "condition_occurrence", diagnoses_icd=diagnoses, admissions=ADMISSIONS, d_icd_diagnoses=words
    )
    expect(
        rows,
        """
        condition_code | condition_vocabulary | condition_source_value | condition_name                        | condition_start_date
        413.9          | ICD9CM               | 4139                   | Other and unspecified angina pectoris | 2196-02-24
        E879.8         | ICD9CM               | E8798                  |                                       | 2196-02-24
        V70.7          | ICD9CM               | V707                   |                                       | 2196-02-24
        I25.10         | ICD10CM              | I2510                  |                                       | 2196-02-24
        I10            | ICD10CM              | I10                    |                                       | 2196-02-24
        I10            | ICD10CM              | I10                    |                                       |
        """,
    )


def test_procedures_come_from_three_files(implement) -> None:
    billed = """
    subject_id,hadm_id,seq_num,chartdate,icd_code,icd_version
    7,h1,1,2146-12-15,3961,9
    7,h1,2,2146-12-15,02HV33Z,10
    """
    hcpcs = """
    subject_id,hadm_id,chartdate,hcpcs_cd,seq_num,short_description
    7,h1,2129-05-22,93454,1,Cardiovascular
    7,h1,2129-05-22,G0378,2,Hospital observation per hr
    """
    bedside = """
    subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,value,valueuom,location,locationcategory,orderid,linkorderid,ordercategoryname,ordercategorydescription,patientweight,isopenbag,continueinnextdept,statusdescription,ORIGINALAMOUNT,ORIGINALRATE
    7,h1,s,c,2142-07-31 01:54:00,2142-08-02 10:44:00,x,225792,3410,min,,,532221,532221,Ventilation,ContinuousProcess,103,1,0,FinishedRunning,3410,1
    """
    items = """
    itemid,label,abbreviation,linksto,category,unitname,param_type,lownormalvalue,highnormalvalue
    225792,Invasive Ventilation,Vent,procedureevents,Ventilation,,Process,,
    """
    rows = implement(
        SYSTEM, "procedure_occurrence", procedures_icd=billed, hcpcsevents=hcpcs, procedureevents=bedside, d_items=items
    )
    expect(
        rows,
        """
        procedure_code | procedure_vocabulary | procedure_name              | procedure_datetime | procedure_end_datetime
        39.61          | ICD9Proc             |                             | 2146-12-15         |
        02HV33Z        | ICD10PCS             |                             | 2146-12-15         |
        93454          | CPT4                 | Cardiovascular              | 2129-05-22         |
        G0378          | HCPCS                | Hospital observation per hr | 2129-05-22         |
        225792         | local                | Invasive Ventilation        | 2142-07-31 05:54   | 2142-08-02 14:44
        """,
    )


def test_a_laboratory_value_is_the_text_the_number_or_the_comment(implement) -> None:
    labs = """
    labevent_id,subject_id,hadm_id,specimen_id,itemid,order_provider_id,charttime,storetime,value,valuenum,valueuom,ref_range_lower,ref_range_upper,flag,priority,comments
    1,7,h1,s,50931,,2148-08-16 00:00:00,,98.0,98,mg/dL,70,105,,ROUTINE,
    2,7,,s,99999,,2148-08-16 00:00:00,,<0.01,,ng/mL,,,,ROUTINE,
    3,7,,s,99999,,2148-08-16 00:00:00,,___,12,g/dL,,,,ROUTINE,___
    4,7,,s,99999,,2148-08-16 00:00:00,,,,,,,,ROUTINE,NEG.
    5,7,,s,99999,,2148-08-16 00:00:00,,___,,,,,,ROUTINE,___
    """
    items = """
    itemid,label,fluid,category
    50931,Glucose,Blood,Chemistry
    """
    expect(
        implement(SYSTEM, "measurement", labevents=labs, d_labitems=items),
        """
        measurement_code | measurement_vocabulary | measurement_source_value | measurement_name | value_source_value | unit_source_value | range_low_source_value | range_high_source_value | visit_source_id
        2345-7           | LOINC                  | 50931                    | Glucose          | 98.0               | mg/dL             | 70                     | 105                     | h1
        99999            | local                  | 99999                    |                  | <0.01              | ng/mL             |                        |                         |
        99999            | local                  | 99999                    |                  | 12                 | g/dL              |                        |                         |
        99999            | local                  | 99999                    |                  | NEG.               |                   |                        |                         |
        """,
    )


def test_a_result_beyond_detection_is_the_number_its_comment_begins_with(implement) -> None:
    comments = ("<0.01.  cTropnT > 0.10 ng/mL suggests Acute MI.", "<0.2.", ">182*.", " < 10*.", "<5 .  Values", ">1.050*.",
                "1+*.", "<5 seen", "NEG.  <0.2.", ">=60.")  # fmt: skip
    head = "labevent_id,subject_id,hadm_id,specimen_id,itemid,order_provider_id,charttime,storetime,value,valuenum,valueuom,ref_range_lower,ref_range_upper,flag,priority,comments"
    told = [f"{n},7,,s,{n},,2148-08-16 00:00:00,,___,,ng/mL,,,,ROUTINE,{said}" for n, said in enumerate(comments)]
    valued = "90,7,,s,90,,2148-08-16 00:00:00,,,3,ng/mL,,,,ROUTINE,<0.2."
    expect(
        implement(SYSTEM, "measurement", labevents="\n".join([head, *told, valued])),
        """
        measurement_code | value_source_value | unit_source_value
        0                | <0.01              | ng/mL
        1                | <0.2               | ng/mL
        2                | >182               | ng/mL
        3                | < 10               | ng/mL
        4                | <5                 | ng/mL
        5                | >1.050             | ng/mL
        6                | 1+*.               | ng/mL
        7                | <5 seen            | ng/mL
        8                | NEG.  <0.2.        | ng/mL
        9                | >=60               | ng/mL
        90               | 3                  | ng/mL
        """,
    )


def test_what_holds_a_drug_is_none_and_what_it_is_dissolved_in_is(implement) -> None:
    head = "subject_id,hadm_id,pharmacy_id,poe_id,poe_seq,order_provider_id,starttime,stoptime,drug_type,drug,formulary_drug_cd,gsn,ndc,prod_strength,form_rx,dose_val_rx,dose_unit_rx,form_val_disp,form_unit_disp,doses_per_24_hrs,route"
    held = ("Bag", "Soln", "Soln.", "Vial", "Syringe", "Syringe (Chemo)", "Insulin Syringe U-500", "Yellow CADD Cassette",
            "Click Change <--- to Choose a Base Solution")  # fmt: skip
    fluids = ("0.9% Sodium Chloride", "5% Dextrose (EXCEL BAG)", "SW", "Syringe (0.9% Sodium Chloride)")
    told = [(name, "BASE") for name in (*held, *fluids)] + [("Vial", "MAIN")]
    orders = [f"7,h1,{n},p,1,,2201-10-30 12:00:00,,{kind},{name},,,0,,,,,,,,IV" for n, (name, kind) in enumerate(told)]
    expect(
        implement(SYSTEM, "drug_exposure", prescriptions="\n".join([head, *orders])),
        """
        drug_name
        0.9% Sodium Chloride
        5% Dextrose (EXCEL BAG)
        SW
        Syringe (0.9% Sodium Chloride)
        Vial
        """,
    )


def test_a_rate_that_was_rewritten_was_never_infused(implement) -> None:
    drips = """
    subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,amount,amountuom,rate,rateuom,orderid,linkorderid,ordercategoryname,secondaryordercategoryname,ordercomponenttypedescription,ordercategorydescription,patientweight,totalamount,totalamountuom,isopenbag,continueinnextdept,statusdescription,originalamount,originalrate
    7,h1,s,c,2132-12-16 19:50:00,2132-12-16 19:51:00,x,225798,1,dose,,,1,1,a,b,c,d,91,500,ml,0,0,Rewritten,1,1
    7,h1,s,c,2132-12-16 19:50:00,2132-12-16 19:51:00,x,225798,2,dose,,,2,2,a,b,c,d,91,500,ml,0,0,ChangeDose/Rate,1,1
    7,h1,s,c,2132-12-16 19:50:00,2132-12-16 19:51:00,x,225798,3,dose,,,3,3,a,b,c,d,91,500,ml,0,0,,1,1
    """
    expect(
        implement(SYSTEM, "drug_exposure", inputevents=drips),
        "dose_source_value | drug_status\n2 | ChangeDose/Rate\n3 |",
    )


def test_a_blood_pressure_is_two_rows_and_other_vitals_name_their_unit(implement) -> None:
    omr = """
    subject_id,chartdate,seq_num,result_name,result_value
    7,2146-12-01,1,Height (Inches),63
    7,2146-12-01,1,Weight (Lbs),127.5
    7,2146-12-01,1,Blood Pressure,120/80
    7,2146-12-01,2,Blood Pressure,unable
    7,2146-12-01,1,eGFR,>60
    """
    expect(
        implement(SYSTEM, "measurement", omr=omr),
        """
        measurement_code | measurement_vocabulary | measurement_source_value | measurement_datetime | value_source_value | unit_source_value | part
        8302-2           | LOINC                  | Height (Inches)          | 2146-12-01           | 63                 | [in_i]            | ''
        29463-7          | LOINC                  | Weight (Lbs)             | 2146-12-01           | 127.5              | [lb_av]           | ''
        8480-6           | LOINC                  | Blood Pressure           | 2146-12-01           | 120                | mm[Hg]            | systolic
        8462-4           | LOINC                  | Blood Pressure           | 2146-12-01           | 80                 | mm[Hg]            | diastolic
        Blood Pressure   | local                  | Blood Pressure           | 2146-12-01           | unable             | mm[Hg]            | ''
        eGFR             | local                  | eGFR                     | 2146-12-01           | >60                |                   | ''
        """,
    )


def test_a_drug_is_ordered_given_and_infused(implement) -> None:
    orders = """
    subject_id,hadm_id,pharmacy_id,poe_id,poe_seq,order_provider_id,starttime,stoptime,drug_type,drug,formulary_drug_cd,gsn,ndc,prod_strength,form_rx,dose_val_rx,dose_unit_rx,form_val_disp,form_unit_disp,doses_per_24_hrs,route
    7,h1,1,p,1,,2201-10-30 12:00:00,2201-10-31 12:00:00,MAIN,Heparin,HEPA5I,,63323026201,,,5000,UNIT,,,,SC
    7,h1,2,p,1,,2201-10-30 12:00:00,,BASE,Fluid,FLUID1,,0,,,,,,,,IV
    """
    scans = """
    subject_id,hadm_id,emar_id,emar_seq,poe_id,pharmacy_id,enter_provider_id,charttime,medication,event_txt,scheduletime,storetime
    7,h1,a,1,p,,,2144-10-31 05:56:00,Magnesium Sulfate,Administered,,
    7,h1,b,2,p,,,2144-10-31 05:56:00,Magnesium Sulfate,Not Given,,
    7,h1,c,3,p,,,2144-10-31 05:56:00,,Administered,,
    7,h1,d,4,p,,,2144-10-31 05:56:00,Magnesium Sulfate,,,
    """
    drips = """
    subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,amount,amountuom,rate,rateuom,orderid,linkorderid,ordercategoryname,secondaryordercategoryname,ordercomponenttypedescription,ordercategorydescription,patientweight,totalamount,totalamountuom,isopenbag,continueinnextdept,statusdescription,originalamount,originalrate
    7,h1,s,c,2132-12-16 19:50:00,2132-12-16 19:51:00,x,225798,1,dose,,,3316866,3316866,a,b,c,d,91,500,ml,0,0,FinishedRunning,1,1
    """
    items = """
    itemid,label,abbreviation,linksto,category,unitname,param_type,lownormalvalue,highnormalvalue
    225798,Vancomycin,Vanc,inputevents,Antibiotics,dose,Solution,,
    """
    expect(
        implement(SYSTEM, "drug_exposure", prescriptions=orders, emar=scans, inputevents=drips, d_items=items),
        """
        drug_code   | drug_vocabulary | drug_source_value | drug_name         | drug_type      | drug_status     | dose_source_value | dose_unit_source_value | route_source_value
        63323026201 | NDC             | 63323026201       | Heparin           | order          |                 | 5000              | UNIT                   | SC
        FLUID1      | local           | FLUID1            | Fluid             | order          |                 |                   |                        | IV
                    |                 | Magnesium Sulfate | Magnesium Sulfate | administration | Administered    |                   |                        |
        225798      | local           | 225798            | Vancomycin        | infusion       | FinishedRunning | 1                 | dose                   |
        """,
    )


def test_vital_signs_of_the_chart_are_measured_and_the_rest_of_it_is_not(implement) -> None:
    charted = """
    subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,valueuom,warning
    7,h1,s,c,2156-05-15 18:00:00,2156-05-15 18:02:00,220045,91,91,bpm,0
    7,h1,s,c,2156-05-15 18:00:00,2156-05-15 18:02:00,223761,98.6,98.6,°F,0
    7,h1,s,c,2156-05-15 18:00:00,2156-05-15 18:02:00,226531,165,165,,0
    7,h1,s,c,2156-05-15 18:00:00,2156-05-15 18:02:00,220179,,,mmHg,0
    7,h1,s,c,2156-05-15 18:00:00,2156-05-15 18:02:00,220739,Spontaneously,4,,0
    7,h1,s,c,2156-05-15 18:00:00,2156-05-15 18:02:00,220615,1.1,1.1,mg/dL,0
    """
    items = """
    itemid,label,abbreviation,linksto,category,unitname,param_type,lownormalvalue,highnormalvalue
    220045,Heart Rate,HR,chartevents,Routine Vital Signs,bpm,Numeric,,
    223761,Temperature Fahrenheit,Temperature F,chartevents,Routine Vital Signs,°F,Numeric,,
    """
    expect(
        implement(SYSTEM, "measurement", chartevents=charted, d_items=items),
        """
        measurement_code | measurement_vocabulary | measurement_name       | value_source_value | unit_source_value | visit_source_id
        8867-4           | LOINC                  | Heart Rate             | 91                 | bpm               | h1
        8310-5           | LOINC                  | Temperature Fahrenheit | 98.6               | °F                | h1
        29463-7          | LOINC                  |                        | 165                | [lb_av]           | h1
        """,
    )


def test_output_is_measured(implement) -> None:
    output = """
    subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valueuom
    7,h1,s,c,2156-05-15 18:00:00,2156-05-15 17:42:00,226559,60,ml
    """
    items = """
    itemid,label,abbreviation,linksto,category,unitname,param_type,lownormalvalue,highnormalvalue
    226559,Foley,Foley,outputevents,Output,ml,Numeric,,
    """
    expect(
        implement(SYSTEM, "measurement", outputevents=output, d_items=items),
        """
        measurement_code | measurement_vocabulary | measurement_name | value_source_value | unit_source_value
        226559           | local                  | Foley            | 60                 | ml
        """,
    )
