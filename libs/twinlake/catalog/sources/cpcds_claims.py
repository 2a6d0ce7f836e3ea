"""Claims in the Common Payer Consumer Data Set (HL7 CARIN Blue Button), in the CSV tables that Synthea writes.

A line of a claim is a record: one that comes again counts as it was delivered last. The day a claim was paid is no
version of it: a cancelled one has none, and a correction may move it back. A claim that says it was cancelled, entered
in error or adjusted to another one is withdrawn. A claim that another one says it replaces or voids keeps its money
marked `is_replaced`, and implies no fact any more; neither does a line whose payment was denied: its claim's status
says so, or there is a denial code and nothing was paid. A code beside a payment says why it is less than the charge.
A line of a negative amount takes money back and implies no fact, and takes the fact back too of the line it undoes.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from twinlake.catalog.sources._claims import a_claim_tells, drug_vocabulary, is_thing, procedure_coding, with_dot
from twinlake.catalog.sources._persons import shaped_person
from twinlake.catalog.sources._rows import shaped, vocabulary
from twinlake.declare.source import System, csv_feed, implements
from twinlake.declare.standardise import day, full_date, instant, line, name_part, postal, present, sex, state, year

# What the generator writes for a day that it does not know: the first of Java's calendar.
NO_DAY = "1970-01-01"
CLAIM = "Claim unique identifier"
DRAFT = "`Claim processing status code` = 'draft'"
VOID = "`Claim frequency code` = '8'"
TELLS = f"not coalesce({DRAFT}, false)"
STANDS = "not (is_replaced or _is_denied or _is_reversed)"
CODES = ("National drug code", "Procedure code", "Diagnosis code")

CLAIM_COLUMNS = (
    "Claim service start date,Claim service end date,Claim paid date,Claim received date,Member admission date,"
    "Member discharge date,Patient account number,Medical record number,Claim unique identifier,"
    "Claim adjusted from identifier,Claim adjusted to identifier,Claim diagnosis related group,"
    "Claim source inpatient admission code,Claim inpatient admission type code,Claim bill facility type code,"
    "Claim service classification type code,Claim frequency code,Claim processing status code,Claim type,"
    "Patient discharge status code,Claim payment denial code,Claim primary payer identifier,Claim payee type code,"
    "Claim payee,Claim payment status code,Claim payer identifier,Days supply,RX service reference number,"
    "DAW product selection code,Refill number,Prescription origin code,Plan reported brand generic code,"
    "Pharmacy service type code,Patient residence code,Claim billing provider NPI,"
    "Claim billing provider network status,Claim attending provider NPI,Claim attending provider network status,"
    "Claim site of service NPI,Claim site of service network status,Claim referring provider NPI,"
    "Claim referring provider network status,Claim performing provider NPI,Claim performing provider network status,"
    "Claim prescribing provider NPI,Claim prescribing provider network status,Claim PCP NPI,"
    "Claim total submitted amount,Claim total allowed amount,Amount paid by patient,Claim amount paid to provider,"
    "Member reimbursement,Claim payment amount,Claim disallowed amount,Member paid deductible,"
    "Co-insurance liability amount,Copay amount,Member liability,Claim primary payer paid amount,Claim discount amount,"
)
LINE_COLUMNS = (
    "Service (from) date,Line number,Service to date,Type of service,Place of service code,Revenue center code,"
    "Allowed number of units,Number of units,National drug code,Compound code,Quantity dispensed,"
    "Quantity qualifier code,Line benefit payment status,Line payment denial code,Line disallowed amount,"
    "Line member reimbursement,Line amount paid by patient,Drug cost,Line payment amount,Line amount paid to provider,"
    "Line patient deductible,Line primary payer paid amount,Line coinsurance amount,Line submitted amount,"
    "Line allowed amount,Line member liability,Line copay amount,Line discount amount,"
)
CODE_COLUMNS = (
    "Diagnosis code,Diagnosis description,Present on admission,Diagnosis code type,Diagnosis type,Is E code,"
    "Procedure code,Procedure description,Procedure date,Procedure code type,Procedure type,Modifier Code-1,"
    "Modifier Code-2,Modifier Code-3,Modifier Code-4"
)
FEEDS = (
    csv_feed(
        "claims",
        r"CPCDS_Claims\.csv",
        f"{CLAIM_COLUMNS}{LINE_COLUMNS}{CODE_COLUMNS}",
        "increment",
        key=(CLAIM, "Line number"),
        person="Patient account number",
        withdrawn=(
            "`Claim processing status code` in ('cancelled', 'entered-in-error') "
            "or `Claim adjusted to identifier` is not null"
        ),
        unmapped={
            "a draft is no claim yet": DRAFT,
            "a void only takes back the claim it names": VOID,
        },
    ),
    csv_feed(
        "members",
        r"CPCDS_Members\.csv",
        "Member id,Date of birth,Date of death,Home_County,Home_State,Home_Country,Home_Zip code,Bill_County,"
        "Bill_State,Bill_Country,Bill_Zip code,Work_County,Work_State,Work_Country,Work_Zip code,Race code,"
        "Ethnicity,Gender code,Birth sex,Name",
        "snapshot",
        key=("Member id",),
        person="Member id",
    ),
    csv_feed(
        "coverages",
        r"CPCDS_Coverages\.csv",
        "Coverage id,Member id,Subscriber id,Dependent number,Coverage type,Coverage status,Start date,End date,"
        "Group id,Group name,Plan identifier,Plan name,Payer identifier,Payer primary identifier,"
        "Relationship to subscriber",
        "snapshot",
        key=("Coverage id",),
        person="Member id",
        withdrawn="`Coverage status` = 'entered-in-error'",
        unmapped={"a draft is no coverage yet": "`Coverage status` = 'draft'"},
    ),
    csv_feed(
        "organizations",
        r"CPCDS_Organizations\.csv",
        "Id,Name,Address,City,State,ZIP,Phone,Type",
        "snapshot",
        key=("Id",),
    ),
)


@implements("source_person")
def source_person(members: DataFrame) -> DataFrame:
    """CPCDS_Members.csv: of two names the first and last, of three the middle one too; a member's number is no MRN."""
    names = F.split(F.trim("Name"), r"\s+")
    return shaped_person(
        members,
        given_name=name_part(F.get(names, F.lit(0))),
        middle_name=name_part(F.when(F.size(names) == 3, F.get(names, F.lit(1)))),
        family_name=name_part(F.when(F.size(names) > 1, F.element_at(names, -1))),
        birth_date=full_date(F.col("Date of birth")),
        year_of_birth=year(F.col("Date of birth")),
        sex=sex(F.col("Gender code")),
        race_source_value="Race code",
        ethnicity_source_value="Ethnicity",
        death_date=day(F.col("Date of death")),
        state=state(F.col("Home_State")),
        postal_code=postal(F.col("Home_Zip code")),
    )


@implements("care_site")
def care_site(organizations: DataFrame) -> DataFrame:
    """CPCDS_Organizations.csv."""
    return shaped(
        organizations,
        care_site_source_id="Id",
        care_site_name="Name",
        city=line(F.col("City")),
        state=state(F.col("State")),
        postal_code_prefix=F.substring(postal(F.col("ZIP")), 1, 3),
    )


@implements("payer_plan_period", when="ifnull(`Coverage status`, '') <> 'draft'")
def payer_plan_period(coverages: DataFrame) -> DataFrame:
    """CPCDS_Coverages.csv; the group is the employer or other sponsor."""
    return shaped(
        coverages,
        payer_plan_source_id="Coverage id",
        payer_plan_period_start_date=_day("Start date"),
        payer_plan_period_end_date=_day("End date"),
        **_local("payer", "Payer identifier", None),
        **_local("plan", "Plan identifier", "Plan name"),
        **_local("sponsor", "Group id", "Group name"),
        policy_holder_source_value="Relationship to subscriber",
        family_source_id="Subscriber id",
        part=F.lit(""),
    )


@implements("condition_occurrence", when=TELLS)
def diagnosis(claims: DataFrame) -> DataFrame:
    """The diagnosis of a line, dated by its service; a reason to pay, not a clinician's finding.

    ICD-10 is the Clinical Modification, however it is spelled: payers of the United States take no other.
    """
    named = _system("Diagnosis")
    system = F.when(named == "ICD10", "ICD10CM").otherwise(named)
    return shaped(
        _standing(claims, "Diagnosis code"),
        condition_code=with_dot(F.col("Diagnosis code"), system),
        condition_vocabulary=system,
        condition_source_value="Diagnosis code",
        condition_name="Diagnosis description",
        condition_start_date=_day("Service (from) date"),
        condition_end_date=None,
        condition_type=F.lit("claim"),
        visit_source_id=None,
        part=F.lit(""),
    )


@implements("procedure_occurrence", when=TELLS)
def procedure(claims: DataFrame) -> DataFrame:
    """The procedure of a line; a device or a place in its stead (Synthea's wheelchairs, operating rooms) is none.

    An empty `Procedure type` tells nothing: it is of inpatient ICD-PCS only (C4BBClaimProcedureType), never of CPT.
    """
    return shaped(
        _standing(claims, "Procedure code").where(~_is_thing()),
        **procedure_coding(F.col("Procedure code"), _system("Procedure")),
        procedure_source_value="Procedure code",
        procedure_name="Procedure description",
        procedure_datetime=instant(F.coalesce("Procedure date", "Service (from) date")),
        procedure_end_datetime=instant(F.nullif(F.col("Service to date"), F.lit(NO_DAY))),
        procedure_type=F.lit("claim"),
        visit_source_id=None,
        part=F.lit(""),
    )


@implements("drug_exposure", when=TELLS)
def drug(claims: DataFrame) -> DataFrame:
    """The drug of a line; Synthea writes RxNorm codes into the column for NDC."""
    code = "National drug code"
    return shaped(
        _standing(claims, code),
        drug_code=code,
        drug_vocabulary=drug_vocabulary(F.col(code)),
        drug_source_value=code,
        drug_name=None,
        drug_exposure_start_datetime=instant(F.col("Service (from) date")),
        **a_claim_tells(),
    )


@implements("cost", when=TELLS)
def cost(claims: DataFrame) -> DataFrame:
    """The money of each line; the claim's totals, which stand on every line again, are not added to it."""
    event = F.when(F.expr(STANDS), _event())
    return shaped(
        _told(claims),
        cost_domain=event,
        cost_type=F.lit("claim"),
        currency_code=F.lit("USD"),
        incurred_date=_day("Service (from) date"),
        billed_date=_day("Claim received date"),
        paid_date=_day("Claim paid date"),
        **_amounts(),
        event_part=F.when(event.isNotNull(), ""),
        visit_source_id=None,
        claim_source_id=CLAIM,
        claim_line_source_value="Line number",
        revenue_code_source_value="Revenue center code",
        drg_source_value="Claim diagnosis related group",
        denial_source_value="_denial",
        is_replaced="is_replaced",
        payer_plan_source_id="Claim payer identifier",
        part=F.lit(""),
    )


def _told(claims: DataFrame) -> DataFrame:
    """The lines but for voids, with whether and why payment was denied, and whether another replaces or undoes it."""
    of_person = Window.partitionBy("hospital", "system", "source_person_id")
    origins = F.collect_set("Claim adjusted from identifier").over(of_person)
    replaced = F.coalesce(F.array_contains(origins, F.col(CLAIM)), F.lit(False))
    code = F.coalesce(present(F.col("Line payment denial code")), present(F.col("Claim payment denial code")))
    # C4BBPayerClaimPaymentStatusCode: paid, denied, partiallypaid; Synthea writes `complete`.
    said = F.lower(F.trim("Claim payment status code")).eqNullSafe(F.lit("denied"))
    unpaid = F.coalesce(_money("Line payment amount") <= 0, F.lit(True))
    told = {
        "is_replaced": replaced,
        "_is_denied": said | (code.isNotNull() & unpaid),
        "_denial": F.coalesce(code, F.when(said, "denied")),
        "_is_reversed": _is_reversed(),
    }
    return claims.withColumns(told).where(f"not coalesce({VOID}, false)")


def _standing(claims: DataFrame, code: str) -> DataFrame:
    """The lines with this code that imply something: neither replaced nor denied nor reversed."""
    return _told(claims).where(STANDS).where(F.col(code).isNotNull())


def _is_reversed() -> Column:
    """Whether a line takes money back, or is taken back itself.

    The latter where of a person's lines of one day, code and amount no more are charged than taken back.
    """
    charge, payment = _money("Line submitted amount"), _money("Line payment amount")
    takes_back = F.coalesce((charge < 0) | (payment < 0), F.lit(False))
    same = Window.partitionBy(
        "hospital", "system", "source_person_id", "Service (from) date", *CODES, F.abs(charge), F.abs(payment)
    )
    undone = F.count_if(takes_back).over(same)
    return takes_back | ((undone > 0) & (F.count_if(~takes_back).over(same) <= undone))


def _event() -> Column:
    """What a line is for: its drug, else its procedure, else its diagnosis; a device or a place is no event of ours."""
    domains = zip(CODES, ("Drug", "Procedure", "Condition"), strict=True)
    event = F.coalesce(*(F.when(F.col(code).isNotNull(), domain) for code, domain in domains))
    return F.when((event == "Drug") | ~_is_thing(), event)


def _is_thing() -> Column:
    return F.col("Procedure code").isNotNull() & is_thing(F.col("Procedure description"))


def _amounts() -> dict[str, Column | str]:
    """Synthea writes a person's lifetime costs as the deductible of each line: one above the charge is none."""
    charge, deductible = _money("Line submitted amount"), _money("Line patient deductible")
    return {
        "total_charge": charge,
        "total_paid": _money("Line payment amount") + F.coalesce(_money("Line amount paid by patient"), F.lit(0)),
        "paid_by_payer": "Line payment amount",
        "paid_by_patient": "Line amount paid by patient",
        "paid_by_primary": "Line primary payer paid amount",
        "paid_patient_copay": "Line copay amount",
        "paid_patient_coinsurance": "Line coinsurance amount",
        "paid_patient_deductible": F.when(deductible <= charge, deductible),
        "amount_allowed": "Line allowed amount",
        "amount_disallowed": "Line disallowed amount",
    }


def _money(column: str) -> Column:
    return F.col(column).try_cast("decimal(19,4)")


def _day(column: str) -> Column:
    return day(F.nullif(F.col(column), F.lit(NO_DAY)))


def _system(stem: str) -> Column:
    return F.coalesce(vocabulary(F.col(f"{stem} code type")), F.lit("local"))


def _local(stem: str, code: str, name: str | None) -> dict[str, Column | str | None]:
    local = F.when(F.col(code).isNotNull(), "local")
    return {f"{stem}_code": code, f"{stem}_vocabulary": local, f"{stem}_source_value": code, f"{stem}_name": name}


SYSTEM = System(
    name="cpcds_claims",
    meaning="A payer's claims in the Common Payer Consumer Data Set",
    feeds=FEEDS,
    ignored={r"CPCDS_PractitionerRoles\.csv": "staff are not read until provider is"},
    implementations=(source_person, care_site, payer_plan_period, diagnosis, procedure, drug, cost),
)
