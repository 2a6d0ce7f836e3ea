"""What HL7 v2 messages that come one after another say together: a field that is not sent leaves what was said."""

# Messages are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.landing_sample import lay, toy_run
from tests.support.text_table import expect
from twinlake.catalog.sources.hl7v2 import SYSTEM
from twinlake.declare.hospital import read_hospital
from twinlake.engine.ingest import ingest, new_files
from twinlake.engine.ledger import read_ledger
from twinlake.engine.records import Records

SYSTEMS = {"hl7v2": SYSTEM}
BARE = "PID|1||77^^^GHH^MR"
FULL = f"{BARE}||Doe^Jane||19800102|F||||||||||ACC1|123456789||||||||||20200301|Y"
BEGAN, LEFT = "|202003010900", "|202003050900"
PV1 = "PV1|1|I|W^1^2^GHH||||||||||||||||V9|||||||||||||||||||||||||"[:-1]


def message(kind: str, at: str, *segments: str, evn: str = "", control: str = "M1") -> str:
    """A message of a moment such as `0301` (in 2020); `evn` is EVN-6, when the event was."""
    header = f"MSH|^~\\&|A|GHH|||2020{at}||{kind}|{control}|P|2.5.1"
    event = [f"EVN||2020{at}||||{evn}"] if kind.startswith("ADT") else []
    return "\r".join((header, *event, *segments)) + "\r"


Told = Callable[..., object]


@pytest.fixture
def told(spark, tmp_path: Path) -> Told:
    """`told(table, *days)`: the table's rows once each day's messages are delivered, the first day's first."""
    lakes = iter(range(100))

    def build(table: str, *days: str):
        folder = tmp_path / str(next(lakes))
        run = replace(toy_run(folder, spark=spark), systems=SYSTEMS)
        lay(run.home.feeds, {f"h/hl7v2/2020-04-{n:02}/a.hl7": text for n, text in enumerate(days, 1)})
        ledger = read_ledger(run.ops)
        ingest(run, "h", new_files(run.home.feeds, "h", SYSTEMS, ledger), ledger)
        run = replace(run, hospitals={"h": read_hospital(run.home.feeds / "h")})
        records = Records(run, read_ledger(run.ops))
        made = []
        for each in SYSTEM.implementing(table):
            facts, *lookups = (records.current("hl7v2", feed) for feed in each.feeds)
            made.append(each.map(facts.where(each.when) if each.when else facts, *lookups))
        first, *others = made
        for other in others:
            first = first.unionByName(other, allowMissingColumns=True)
        return first

    return build


def test_an_admission_told_by_its_event_stays_begun_when_the_discharge_does_not_say_so_again(told) -> None:
    admit = message("ADT^A01", "03010915", BARE, PV1, evn="202003010900")
    discharge = message("ADT^A03", "03050915", BARE, PV1, evn="202003050900")
    expect(
        told("visit_occurrence", admit, discharge),
        """
        visit_source_id | visit_code | visit_start_datetime | visit_end_datetime
        V9              | IMP        | 2020-03-01 09:00     | 2020-03-05 09:00
        """,
    )


@pytest.mark.nightly
def test_a_transfer_and_an_update_leave_the_times_of_a_visit_and_what_they_send_changes(told) -> None:
    """The update says another ward and nothing else; two quotes for the reason delete it."""
    admit = message("ADT^A01", "0301", BARE, PV1 + BEGAN, "PV2|||422504002^Stroke^SCT")
    moved = message("ADT^A02", "0302", BARE, "PV1|1||X^1^2^NORTH||||||||||||||||V9")
    expect(
        told("visit_occurrence", admit, moved),
        """
        visit_code | visit_start_datetime | visit_end_datetime | visit_reason_code | care_site_source_id
        IMP        | 2020-03-01 09:00     |                    | 422504002         | NORTH
        """,
    )
    closed = message("ADT^A03", "0305", BARE, PV1 + LEFT.join(["|", ""]))
    updated = message("ADT^A08", "0306", BARE, PV1, 'PV2|||""')
    expect(
        told("visit_occurrence", admit, closed + updated),
        """
        visit_start_datetime | visit_end_datetime | visit_reason_code | care_site_source_id
        2020-03-01 09:00     | 2020-03-05 09:00   |                   | GHH
        """,
    )


def test_a_visit_that_begins_anew_has_not_ended(told) -> None:
    """An outpatient, sent home from the emergency department at noon and admitted five minutes later."""
    came = message("ADT^A04", "03010905", BARE, PV1.replace("|I|", "|E|"), evn="202003010900")
    left = message("ADT^A03", "03011201", BARE, PV1.replace("|I|", "|E|"), evn="202003011200")
    admitted = message("ADT^A01", "03011206", BARE, PV1, evn="202003011205")
    for days in ((came, left + admitted), (admitted, came, left)):
        expect(
            told("visit_occurrence", *days),
            """
            visit_code | visit_start_datetime | visit_end_datetime
            IMP        | 2020-03-01 12:05     |
            """,
        )


@pytest.mark.nightly
def test_a_cancelled_discharge_deletes_the_end_and_a_cancelled_admission_all_that_was_said(told) -> None:
    admit, closed = message("ADT^A01", "0301", BARE, PV1 + BEGAN), message("ADT^A03", "0305", BARE, PV1 + "|" + LEFT)
    reopened = message("ADT^A13", "0306", BARE, PV1) + message("ADT^A08", "0307", BARE, PV1)
    expect(
        told("visit_occurrence", admit + closed, reopened),
        """
        visit_start_datetime | visit_end_datetime
        2020-03-01 09:00     |
        """,
    )
    gone = message("ADT^A11", "0302", BARE, PV1) + message("ADT^A08", "0303", BARE, PV1)
    assert told("visit_occurrence", admit, gone).count() == 0


def test_a_bare_pid_of_a_merge_or_a_move_leaves_the_registration_and_two_quotes_delete(told) -> None:
    """Seventy-seven to eighty-one have the same, but for their number."""
    bare = {n: BARE.replace("77", n) for n in ("77", "78", "79", "80", "81")}
    registered = "".join(message("ADT^A08", "0301", FULL.replace("77", n)) for n in bare)
    later = (
        message("ADT^A40", "0302", bare["77"], "MRG|56^^^GHH^MR"), message("ADT^A45", "0302", bare["78"], "MRG|57^^^GHH^MR||||V9"),
        message("ADT^A44", "0302", bare["79"], "MRG|58^^^GHH^MR||ACC1"), message("ADT^A08", "0302", bare["80"] + "||^^^^|~||^|~^"),
        message("ADT^A08", "0302", bare["81"] + "|||||M" + "|" * 21 + '""'),
    )  # fmt: skip
    expect(
        told("source_person", registered, "".join(later)),
        """
        source_person_id | given_name | family_name | birth_date | sex    | ssn       | death_date
        77^^^GHH         | JANE       | DOE         | 1980-01-02 | female | 123456789 | 2020-03-01
        78^^^GHH         | JANE       | DOE         | 1980-01-02 | female | 123456789 | 2020-03-01
        79^^^GHH         | JANE       | DOE         | 1980-01-02 | female | 123456789 | 2020-03-01
        80^^^GHH         | JANE       | DOE         | 1980-01-02 | female | 123456789 | 2020-03-01
        81^^^GHH         | JANE       | DOE         | 1980-01-02 | male   | 123456789 |
        """,
    )


@pytest.mark.nightly
def test_a_death_that_was_told_by_mistake_is_deleted_by_its_indicator(told) -> None:
    registered, alive = message("ADT^A08", "0301", FULL), message("ADT^A08", "0302", BARE + "|" * 27 + "N")
    expect(
        told("source_person", registered, alive),
        """
        family_name | death_date
        DOE         |
        """,
    )


@pytest.mark.nightly
def test_a_visit_that_is_moved_is_the_other_patients_with_all_that_was_said_of_it(told) -> None:
    """Two days late, and told before its admission is."""
    admit = message("ADT^A01", "0301", BARE, PV1 + BEGAN)
    moved = message("ADT^A45", "0303", BARE.replace("77", "88"), "MRG|77^^^GHH^MR||||V9", "PV1|1||||||||||||||||||V9")
    for days in ((admit, moved), (moved, admit)):
        expect(
            told("visit_occurrence", *days),
            """
            source_person_id | visit_source_id | visit_code | visit_start_datetime
            88^^^GHH         | V9              | IMP        | 2020-03-01 09:00
            """,
        )


OLD = f"{BARE.replace('77', '88')}||Doe^Ann||19300102|F|||1 Mill Lane^^Lowell^MA^01850||||||||123456789||||||||||20200301|Y"
MERGED = message("ADT^A40", "0302", BARE, "MRG|88^^^GHH^MR")
NEWBORN = message("ADT^A04", "0303", f"{BARE.replace('77', '88')}||Roe^Ben||20200303|M")


def test_a_number_given_out_again_after_its_merge_begins_anew(told) -> None:
    """Ann's 88 was merged into 77, then it is a newborn's, of whom neither number nor address is told; in any order."""
    ann, jane = message("ADT^A28", "0301", OLD), message("ADT^A28", "0301", FULL)
    for days in ((jane + ann, MERGED, NEWBORN), (NEWBORN, jane + ann, MERGED), (MERGED + NEWBORN + ann + jane,)):
        expect(
            told("source_person", *days),
            """
            source_person_id | given_name | family_name | birth_date | ssn       | address_line | death_date
            77^^^GHH         | JANE       | DOE         | 1980-01-02 | 123456789 |              | 2020-03-01
            88^^^GHH         | BEN        | ROE         | 2020-03-03 |           |              |
            """,
        )
    later = message("ADT^A40", "0304", BARE.replace("77", "88"), "MRG|99^^^GHH^MR")
    expect(
        told("source_person", ann, MERGED, NEWBORN + later).where("source_person_id = '88^^^GHH'"),
        """
        given_name | ssn | address_line | death_date
        BEN        |     |              |
        """,
    )


def test_a_number_that_stays_merged_keeps_what_was_said_of_it(told) -> None:
    """Also where a laboratory, which is asked nothing, goes on naming it, and where the merge is told before it."""
    named = message("ORU^R01", "0304", f"{BARE.replace('77', '88')}||Doe^A")
    for days in ((message("ADT^A28", "0301", OLD), MERGED + named), (MERGED, message("ADT^A28", "0301", OLD) + named)):
        expect(
            told("source_person", *days).where("source_person_id = '88^^^GHH'"),
            """
            given_name | ssn       | address_line | death_date
            ANN        | 123456789 | 1 MILL LANE  | 2020-03-01
            """,
        )


def test_a_number_whose_merge_was_taken_back_keeps_what_was_said_of_it(told) -> None:
    """By a merge into itself or the other way round, or by an unlink (A37); then an update tells one field of Ann alone."""
    bare = BARE.replace("77", "88")
    again = (
        message("ADT^A40", "0303", bare, "MRG|88^^^GHH^MR"), message("ADT^A40", "0303", bare, "MRG|77^^^GHH^MR"),
        message("ADT^A37", "0303", bare, BARE),
    )  # fmt: skip
    updated = message("ADT^A08", "0304", f"{bare}||Doe^Anna")
    for taken_back in again:
        for days in (
            (message("ADT^A28", "0301", OLD), MERGED, taken_back + updated),
            (updated, taken_back + MERGED, message("ADT^A28", "0301", OLD)),
        ):
            expect(
                told("source_person", *days).where("source_person_id = '88^^^GHH'"),
                """
                given_name | birth_date | ssn       | address_line | death_date
                ANNA       | 1930-01-02 | 123456789 | 1 MILL LANE  | 2020-03-01
                """,
            )
        expect(
            told("person_merge", message("ADT^A28", "0301", OLD), MERGED, taken_back).where(
                "is_in_force and retired_source_person_id = '88^^^GHH'"
            ),
            "retired_source_person_id | is_in_force",
        )


@pytest.mark.nightly
def test_a_person_who_was_deleted_and_is_registered_anew_inherits_nothing(told) -> None:
    text = message("ADT^A28", "0301", FULL) + message("ADT^A29", "0302", BARE)
    expect(
        told("source_person", text + message("ADT^A28", "0303", BARE + "||Roe")),
        """
        family_name | given_name | birth_date | sex     | ssn
        ROE         |            |            | unknown |
        """,
    )


@pytest.mark.nightly
def test_what_a_laboratory_says_of_a_person_fills_what_registration_left_open_and_nothing_else(told) -> None:
    registered = message("ADT^A08", "0301", BARE + "||Doe^Jane|||F")
    named = message("ORU^R01", "0302", BARE + "||Do^J||19800102|M")
    expect(
        told("source_person", registered, named),
        """
        family_name | given_name | birth_date | sex
        DOE         | JANE       | 1980-01-02 | female
        """,
    )


@pytest.mark.nightly
def test_a_diagnosis_a_problem_and_a_procedure_keep_their_days(told) -> None:
    dated = message(
        "ADT^A01", "0301", BARE, PV1, "DG1|1||E119^^I10C||20200229", "PR1|1||X^x^L||20200228" + "|" * 14 + "P9"
    )
    bare = message("ADT^A08", "0302", BARE, PV1, "DG1|1||E119^^I10C", "PR1|1||X^x^L" + "|" * 16 + "P9")
    listed = message("PPR^PC1", "0301", BARE, "PRB|AD|20200301|P^p^L|I1|||20200227||20200302")
    updated = message("PPR^PC2", "0302", BARE, "PRB|UP|20200303|P^p^L|I1")
    expect(
        told("condition_occurrence", dated + listed, bare + updated),
        """
        condition_source_value | condition_start_date | condition_end_date
        E119                   | 2020-02-29           |
        P                      | 2020-02-27           | 2020-03-02
        """,
    )
    expect(
        told("procedure_occurrence", dated, bare),
        """
        procedure_source_value | procedure_datetime
        X                      | 2020-02-28
        """,
    )


def test_what_is_kept_of_an_earlier_message_stays_in_the_zone_of_that(told) -> None:
    """The clock was put on between the two: the visit and the procedure began at 14:00 and 15:00 UTC all the same."""
    done = "|" * 14 + "P9"
    winter = message("ADT^A01", "03011000-0500", BARE, PV1 + BEGAN, f"PR1|1||X^x^L||202003011000{done}")
    summer = message("ADT^A03", "07011000-0400", BARE, PV1, f"PR1|1||X^x^L||{done}", evn="202007010900")
    expect(
        told("visit_occurrence", winter, summer),
        "visit_start_datetime | visit_end_datetime\n2020-03-01 14:00 | 2020-07-01 13:00",
    )
    expect(told("procedure_occurrence", winter, summer), "procedure_datetime\n2020-03-01 15:00")


def test_in_whatever_order_messages_are_delivered_they_say_the_same(told) -> None:
    registered, merged, died = (
        message("ADT^A08", "0301", BARE + "||Doe^Jane||19800102|F"),
        message("ADT^A40", "0302", BARE, "MRG|56^^^GHH^MR"),
        message("ADT^A31", "0303", BARE + "|||||M" + "|" * 21 + "20200302"),
    )
    for days in ((registered, merged, died), (died, merged, registered)):
        expect(
            told("source_person", *days),
            """
            family_name | birth_date | sex  | death_date
            DOE         | 1980-01-02 | male | 2020-03-02
            """,
        )


def order(control: str, number: str, at: str, *rest: str, status: str = "", entered: str = "") -> str:
    return message("OMP^O09", at, BARE, f"ORC|{control}|{number}|||{status}||||{entered}", *rest)


def test_an_order_is_cancelled_stopped_or_refused_by_its_control_alone(told) -> None:
    """P6: the pharmacy could not cancel; P7 could not be stopped. Without a time of its own a stop is when it was sent."""
    numbers = [f"P{n}" for n in range(1, 9)]
    drugs = (f"RXO|{n}^drug^L|100||mg" for n in numbers)
    placed = "".join(order("NW", n, "0301", rxo, entered="202003010900") for n, rxo in zip(numbers, drugs, strict=True))
    later = (
        order("CA", "P1", "0302"), order("DC", "P2", "03020800"), order("OD", "P3", "0302", entered="202003021000"),
        order("UA", "P4", "0302"), order("SC", "P5", "03020800", status="DC"), order("CA", "P6", "0302"),
        order("UC", "P6", "0303"), order("DC", "P7", "0302"), order("UD", "P7", "0303"), order("SC", "P8", "0302", status="IP"),
    )  # fmt: skip
    expect(
        told("drug_exposure", placed, "".join(later)),
        """
        drug_code | dose_source_value | drug_status | drug_exposure_start_datetime | drug_exposure_end_datetime
        P2        | 100               | DC          | 2020-03-01 09:00             | 2020-03-02 08:00
        P3        | 100               | OD          | 2020-03-01 09:00             | 2020-03-02 10:00
        P5        | 100               | DC          | 2020-03-01 09:00             | 2020-03-02 08:00
        P6        | 100               | UC          | 2020-03-01 09:00             |
        P7        | 100               | UD          | 2020-03-01 09:00             |
        P8        | 100               | IP          | 2020-03-01 09:00             |
        """,
    )


@pytest.mark.nightly
def test_an_order_that_could_not_be_stopped_ends_when_it_was_to_end(told) -> None:
    placed = order("NW", "P1", "0301", "TQ1|1||||||20200301|20200310", "RXO|A^drug^L|100||mg", entered="20200301")
    expect(
        told("drug_exposure", placed, order("DC", "P1", "0302"), order("UD", "P1", "0303")),
        """
        drug_code | drug_exposure_start_datetime | drug_exposure_end_datetime
        A         | 2020-03-01                   | 2020-03-10
        """,
    )


@pytest.mark.nightly
def test_a_replaced_order_ends_and_the_one_in_its_place_begins(told) -> None:
    """By the placer (RP), and by the pharmacy of its own accord (RU)."""
    rxe = "RXE||{0}^drug^L|{1}||mg".format
    placed = order("NW", "P1", "0301", rxe("A", 100)) + order("NW", "P3", "0301", rxe("B", 10))
    replaced = message(
        "RDE^O11", "03020900", BARE, "ORC|RP|P1|||||||20200302", rxe("A", 100), "ORC|RO|P2|||||||20200302", rxe("A", 200),
        "ORC|RU|P3", "ORC|RO|P4|||||||20200302", rxe("B", 20),
    )  # fmt: skip
    rows = told("drug_exposure", placed, replaced)
    expect(
        rows.where("drug_exposure_end_datetime is null"),
        """
        drug_code | dose_source_value | drug_exposure_start_datetime
        A         | 200               | 2020-03-02
        B         | 20                | 2020-03-02
        """,
    )
    expect(
        rows.where("drug_exposure_end_datetime is not null"),
        """
        drug_code | dose_source_value | drug_status | drug_exposure_end_datetime
        A         | 100               | RP          | 2020-03-02
        B         | 10                | RU          | 2020-03-02 09:00
        """,
    )
