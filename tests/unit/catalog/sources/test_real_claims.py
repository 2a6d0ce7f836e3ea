"""Claims and both of Synthea's layouts on real data: counted and summed by other readers (the READMEs, DuckDB)."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from tests.unit.catalog.sources.test_real_records import explained, unzipped
from twinlake.catalog.sources import cpcds_claims, synthea_claims, synthea_csv
from twinlake.engine.wire import Record, reader

# Slow: whole data sets are landed and mapped.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

CPCDS, CLAIMS, CSV = cpcds_claims.SYSTEM, synthea_claims.SYSTEM, synthea_csv.SYSTEM
OLDER = "synthea_csv_claims27"
# Rows as the READMEs beside the data publish them.
PUBLISHED = [
    (CPCDS, "claims", "synthea/claims/CPCDS_Claims", 15_730),
    (CPCDS, "coverages", "synthea/claims/CPCDS_Coverages", 3_810),
    (CPCDS, "members", "synthea/claims/CPCDS_Members", 40),
    (CPCDS, "organizations", "synthea/claims/CPCDS_Organizations", 774),
    (CLAIMS, "claims", "synthea/claims/claims", 8_445),
    (CLAIMS, "claims_transactions", "synthea/claims/claims_transactions", 56_925),
    (CLAIMS, "claims", f"{OLDER}/claims", 1_267),
    (CLAIMS, "claims_transactions", f"{OLDER}/claims_transactions", 5_228),
    (CSV, "payer_transitions", "synthea/csv/payer_transitions", 12_756),
    (CSV, "payers", "synthea/csv/payers", 10),
    (CSV, "allergies", "synthea/csv/allergies", 1_159),
    (CSV, "patients", "synthea/csv/patients", 1_269),
    (CSV, "patients", f"{OLDER}/patients", 27),
    (CSV, "encounters", f"{OLDER}/encounters", 604),
    (CSV, "conditions", f"{OLDER}/conditions", 438),
    (CSV, "observations", f"{OLDER}/observations", 990),
    (CSV, "medications", f"{OLDER}/medications", 663),
    (CSV, "procedures", f"{OLDER}/procedures", 249),
    (CSV, "payers", f"{OLDER}/payers", 10),
    (CSV, "payer_transitions", f"{OLDER}/payer_transitions", 1_051),
]


@pytest.mark.shared_data
@pytest.mark.parametrize(("system", "feed", "path", "rows"), PUBLISHED, ids=[path for _, _, path, _ in PUBLISHED])
def test_every_row_of_every_file_lands_whatever_its_layout(shared_data, system, feed, path, rows) -> None:
    declared = system.feed(feed)
    assert system.feed_of(f"{Path(path).name}.csv") is declared
    with gzip.open(shared_data / f"{path}.csv.gz", "rb") as stream:
        found = list(reader("csv")(stream, declared))
    assert len(found) == rows and all(isinstance(item, Record) for item in found)
    assert not declared.key or len({item.identity for item in found}) == rows


@cache
def text(path: Path) -> str:
    return "\n".join(unzipped(path))


def counted(path: Path, what: str, condition: str = "true") -> tuple:
    import duckdb

    source = f"read_csv('{path}', all_varchar = true, header = true)"
    return duckdb.sql(f"select {what} from {source} where {condition}").fetchall()[0]


@pytest.mark.shared_data
def test_what_was_charged_and_paid_adds_up_to_the_cent(implement, shared_data) -> None:
    """The sums are DuckDB's; in the newer release all that was charged is paid, in the older 1 % more."""
    for folder in ("synthea/claims", OLDER):
        path = shared_data / folder / "claims_transactions.csv.gz"
        amount = "sum({}::decimal(18, 2)) filter (TYPE = '{}')".format
        payer = f"{amount('PAYMENTS', 'PAYMENT')[:-1]} and METHOD = 'ECHECK')"
        wanted = counted(path, f"{amount('AMOUNT', 'CHARGE')}, {amount('PAYMENTS', 'PAYMENT')}, {payer}")
        rows = implement(CLAIMS, "cost", claims_transactions=text(path))
        found = rows.agg(F.sum("total_charge"), F.sum("total_paid"), F.sum("paid_by_payer"), F.sum("paid_by_patient"))
        charge, paid, by_payer, by_patient = found.first()
        assert (charge, paid, by_payer) == wanted and paid == by_payer + by_patient
        assert rows.count() == counted(path, "count(*)", "TYPE in ('CHARGE', 'PAYMENT')")[0]


@pytest.mark.shared_data
def test_every_charge_is_of_the_vocabulary_whose_clinical_table_has_its_code(implement, shared_data) -> None:
    rows = text(shared_data / "synthea/claims/claims_transactions.csv.gz")
    drugs = implement(CLAIMS, "drug_exposure", claims_transactions=rows).groupBy("drug_vocabulary", "drug_code")
    procedures = implement(CLAIMS, "procedure_occurrence", claims_transactions=rows).groupBy("procedure_code")
    of = {row.drug_code: row.drug_vocabulary for row in drugs.count().collect()}
    done = {row.procedure_code for row in procedures.count().collect()}

    def codes(table: str) -> set[str]:
        path = shared_data / f"synthea/csv/{table}.csv.gz"
        return set(counted(path, "list(distinct CODE)")[0])

    assert {code for code, name in of.items() if name == "RxNorm"} <= codes("medications")
    assert {code for code, name in of.items() if name == "CVX"} <= codes("immunizations")
    assert done <= codes("procedures") | codes("encounters") and not done & {*of}


@pytest.mark.shared_data
def test_each_line_of_a_payers_claims_is_its_money_and_its_facts(implement, shared_data) -> None:
    folder = shared_data / "synthea/claims"
    path, raw = folder / "CPCDS_Claims.csv.gz", text(folder / "CPCDS_Claims.csv.gz")
    things = " or ".join(f"\"Procedure description\" like '%({tag})'" for tag in ("physical object", "environment"))
    facts = {"condition_occurrence": "Diagnosis code", "procedure_occurrence": "Procedure code",
             "drug_exposure": "National drug code"}  # fmt: skip
    for table, column in facts.items():
        rows = implement(CPCDS, table, claims=raw)
        where = f"not coalesce({things}, false)" if table == "procedure_occurrence" else "true"
        assert rows.count() == counted(path, f'count("{column}")', where)[0]
        stem = table.split("_")[0]
        assert {row[0] for row in rows.select(f"{stem}_vocabulary").distinct().collect()} <= {"SNOMED", "RxNorm"}
    cost = implement(CPCDS, "cost", claims=raw)
    # 251 lines of devices and places without a type of procedure, and three face masks with one.
    assert counted(path, "count(*)", things) == (254,)
    assert cost.where("cost_domain is null").count() == 254
    assert cost.count() == 15_730 and cost.where("is_replaced").count() == 0
    total = 'sum("Claim total allowed amount"::decimal(18, 2)) filter ("Line number" = \'1\')'
    assert cost.agg(F.sum("total_charge")).first() == counted(path, total)


@pytest.mark.shared_data
def test_every_line_names_a_coverage_that_is_there(implement, shared_data) -> None:
    folder = shared_data / "synthea/claims"
    cost = implement(CPCDS, "cost", claims=text(folder / "CPCDS_Claims.csv.gz"))
    coverage = implement(CPCDS, "payer_plan_period", coverages=text(folder / "CPCDS_Coverages.csv.gz"))
    assert coverage.count() == 3_810
    assert cost.join(coverage, "payer_plan_source_id", "left_anti").count() == 0


@pytest.mark.shared_data
def test_persons_of_the_older_layout_have_their_own_columns(implement, shared_data) -> None:
    path = shared_data / OLDER / "patients.csv.gz"
    rows = implement(CSV, "source_person", patients=text(path))
    found = rows.agg(F.count("family_name"), F.count("middle_name"), F.count("postal_code"), F.count("birth_date"))
    assert tuple(found.first()) == (*counted(path, "count(LAST), 0, count(nullif(ZIP, '00000')), count(BIRTHDATE)"),)


@pytest.mark.shared_data
@pytest.mark.parametrize("folder", ["synthea/csv", OLDER])
def test_insurance_of_both_layouts_names_its_payer(implement, shared_data, folder) -> None:
    path = shared_data / folder / "payer_transitions.csv.gz"
    payers = text(shared_data / folder / "payers.csv.gz")
    rows = implement(CSV, "payer_plan_period", payer_transitions=text(path), payers=payers)
    insured, seconds = counted(path, "count(MEMBERID), count(SECONDARY_PAYER) filter (MEMBERID is not null)")
    assert rows.count() == insured + seconds
    assert rows.where("payer_name is null or payer_name = 'NO_INSURANCE' or payer_plan_period_start_date is null "
                      "or payer_plan_period_end_date is null").count() == 0  # fmt: skip


@pytest.mark.shared_data
def test_every_record_is_taken_by_a_table_or_unmapped_by_declaration_but_never_both(records, shared_data) -> None:
    given = [
        (CPCDS, "claims", "synthea/claims/CPCDS_Claims"),
        (CPCDS, "coverages", "synthea/claims/CPCDS_Coverages"),
        (CLAIMS, "claims_transactions", f"{OLDER}/claims_transactions"),
        (CSV, "payer_transitions", f"{OLDER}/payer_transitions"),
    ]
    for system, feed, path in given:
        parsed = records(system, system.feed(feed), text(shared_data / f"{path}.csv.gz"))
        found = explained(parsed, system, feed)
        assert set(found) <= {(True, False), (False, True)}, (system.name, feed, found)
