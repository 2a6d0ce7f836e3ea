"""Synthea's claims tables: a claim with its diagnoses, and its transactions (charges, payments, transfers)."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._claims import a_claim_tells, is_snomed, is_thing, service_vocabulary
from twinlake.catalog.sources._rows import shaped
from twinlake.catalog.sources._synthea import (
    PATIENTS,
    PAYER_TRANSITIONS,
    PAYERS,
    insurance,
    second_insurance,
    source_person,
    synthea_feed,
)
from twinlake.declare.source import System, implements
from twinlake.declare.standardise import day, instant

DIAGNOSES = tuple(f"DIAGNOSIS{n}" for n in range(1, 9))
DRUGS = ("RxNorm", "CVX")
# Synthea's dictionary of methods: an insurer pays by ECHECK, a patient in any other way.
BY_PATIENT = ("CASH", "CHECK", "CC", "COPAY")
MONEY = "TYPE in ('CHARGE', 'PAYMENT', 'ADJUSTMENT')"

FEEDS = (
    PATIENTS,
    PAYERS,
    PAYER_TRANSITIONS,
    synthea_feed(
        "claims",
        "Id,PATIENTID,PROVIDERID,PRIMARYPATIENTINSURANCEID,SECONDARYPATIENTINSURANCEID,DEPARTMENTID,PATIENTDEPARTMENTID,"
        f"{','.join(DIAGNOSES)},REFERRINGPROVIDERID,APPOINTMENTID,CURRENTILLNESSDATE,SERVICEDATE,SUPERVISINGPROVIDERID,"
        "STATUS1,STATUS2,STATUSP,OUTSTANDING1,OUTSTANDING2,OUTSTANDINGP,LASTBILLEDDATE1,LASTBILLEDDATE2,LASTBILLEDDATEP,"
        "HEALTHCARECLAIMTYPEID1,HEALTHCARECLAIMTYPEID2",
        key=("Id",),
        person="PATIENTID",
        version="LASTBILLEDDATE1",
        unmapped={
            "a claim without a diagnosis says nothing that its transactions do not": (
                f"coalesce({', '.join(DIAGNOSES)}) is null"
            )
        },
    ),
    synthea_feed(
        "claims_transactions",
        "ID,CLAIMID,CHARGEID,PATIENTID,TYPE,AMOUNT,METHOD,FROMDATE,TODATE,PLACEOFSERVICE,PROCEDURECODE,MODIFIER1,"
        "MODIFIER2,DIAGNOSISREF1,DIAGNOSISREF2,DIAGNOSISREF3,DIAGNOSISREF4,UNITS,DEPARTMENTID,NOTES,UNITAMOUNT,"
        "TRANSFEROUTID,TRANSFERTYPE,PAYMENTS,ADJUSTMENTS,TRANSFERS,OUTSTANDING,APPOINTMENTID,LINENOTE,"
        "PATIENTINSURANCEID,FEESCHEDULEID,PROVIDERID,SUPERVISINGPROVIDERID",
        key=("ID",),
        person="PATIENTID",
        unmapped={
            "a transfer moves a debt from one payer to the next: nothing is charged and nothing paid": (
                "TYPE in ('TRANSFERIN', 'TRANSFEROUT')"
            ),
            "Synthea defines no such type of transaction": (
                f"not coalesce({MONEY} or TYPE in ('TRANSFERIN', 'TRANSFEROUT'), false)"
            ),
        },
    ),
)


@implements("condition_occurrence")
def diagnosis(claims: DataFrame) -> DataFrame:
    """claims.csv: each diagnosis once, dated by the service; a reason to pay, not a clinician's finding."""
    code = F.col("_diagnosis")
    codes = F.array_distinct(F.array_compact(F.array(*DIAGNOSES)))
    return shaped(
        claims.withColumn("_diagnosis", F.explode(codes)),
        condition_code=code,
        condition_vocabulary=F.when(is_snomed(code), "SNOMED").otherwise("local"),
        condition_source_value=code,
        condition_name=None,
        condition_start_date=day(F.col("SERVICEDATE")),
        condition_end_date=None,
        condition_type=F.lit("claim"),
        visit_source_id=None,
        part=code,
    )


@implements("procedure_occurrence", when="TYPE = 'CHARGE'")
def charged_procedure(claims_transactions: DataFrame) -> DataFrame:
    """Charges for anything that is no drug; an encounter is charged as a procedure.

    Not so a device or a place (a face mask, an urgent care clinic): such a code names a thing, not what was done.
    """
    return shaped(
        claims_transactions.where(_domain() == "Procedure"),
        **_coded("procedure"),
        procedure_datetime=instant(F.col("FROMDATE")),
        procedure_end_datetime=instant(F.col("TODATE")),
        procedure_type=F.lit("claim"),
        visit_source_id=None,
        part=F.lit(""),
    )


@implements("drug_exposure", when="TYPE = 'CHARGE'")
def charged_drug(claims_transactions: DataFrame) -> DataFrame:
    """Charges for drugs and vaccines; until when a drug was taken no charge tells."""
    return shaped(
        claims_transactions.where(_domain() == "Drug"),
        **_coded("drug"),
        drug_exposure_start_datetime=instant(F.col("FROMDATE")),
        **a_claim_tells(),
    )


@implements("cost", when=MONEY)
def cost(claims_transactions: DataFrame) -> DataFrame:
    """A row for each charge, payment and adjustment; a payment is for its claim, a charge for what was done."""
    domain = F.when(F.col("TYPE") == "CHARGE", _domain())
    paid, method = _of("PAYMENT", "PAYMENTS"), F.col("METHOD")
    return shaped(
        claims_transactions,
        cost_domain=domain,
        cost_type=F.lit("claim"),
        currency_code=F.lit("USD"),
        incurred_date=day(F.col("FROMDATE")),
        total_charge=_of("CHARGE", "AMOUNT"),
        total_paid=paid,
        paid_by_payer=F.when(method == "ECHECK", paid),
        paid_by_patient=F.when(method.isin(*BY_PATIENT), paid),
        paid_patient_copay=F.when(method == "COPAY", paid),
        amount_disallowed=_of("ADJUSTMENT", "ADJUSTMENTS"),
        event_part=F.when(domain.isNotNull(), ""),
        visit_source_id=None,
        claim_source_id="CLAIMID",
        claim_line_source_value="CHARGEID",
        payer_plan_source_id=None,
        part=F.lit(""),
    )


def _of(kind: str, amount: str) -> Column:
    return F.when(F.col("TYPE") == kind, F.col(amount))


def _domain() -> Column:
    """What a charge is for; null for a device or a place, which are no event of ours."""
    return F.when(_vocabulary().isin(*DRUGS), "Drug").when(~is_thing(F.col("NOTES")), "Procedure")


def _vocabulary() -> Column:
    return service_vocabulary(F.col("PROCEDURECODE"))


def _coded(stem: str) -> dict[str, Column | str]:
    return {
        f"{stem}_code": "PROCEDURECODE",
        f"{stem}_vocabulary": _vocabulary(),
        f"{stem}_source_value": "PROCEDURECODE",
        f"{stem}_name": "NOTES",
    }


SYSTEM = System(
    name="synthea_claims",
    meaning="Synthea's claims tables: what was billed for its persons, and who paid",
    feeds=FEEDS,
    implementations=(
        source_person, insurance, second_insurance, diagnosis, charged_procedure, charged_drug, cost,
    ),
)  # fmt: skip
