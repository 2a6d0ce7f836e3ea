"""A download of the vocabularies and a list of codes reach the facts they are about, and no others."""

from __future__ import annotations

import pytest

from tests.support.athena_sample import concept_csv, relationship_csv
from tests.support.tiny_feeds import GLUCOSE, WEIGHT, Feeds
from tests.support.tiny_lake import TinyLake

# Building a lake of all tables takes minutes.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]

WITHOUT_WEIGHT = tuple(n for n in (201826, 35206882, 45576876, 443729, 44836914, 3000483, 8840, 40164929))


def athena(day: str, *ids: int) -> Feeds:
    """A delivery at a hospital that is there already, so that nothing but the vocabularies is new."""
    place = f"lakeside/athena/{day}"
    return Feeds({f"{place}/CONCEPT.csv": concept_csv(*ids), f"{place}/CONCEPT_RELATIONSHIP.csv": relationship_csv()})


def concepts_of(lake: TinyLake, code: str) -> set[tuple[int | None, int | None, int | None]]:
    return {
        (row["measurement_concept_id"], row["measurement_source_concept_id"], row["unit_concept_id"])
        for row in lake.rows("silver.measurement") if row["measurement_code"] == code
    }  # fmt: skip


def persons_with(lake: TinyLake, *codes: str) -> int:
    rows = lake.rows("silver.measurement")
    return len({row["person_id"] for row in rows if {row["measurement_code"], row["unit_code"]} & {*codes}})


def test_vocabularies_fill_concept_ids_and_each_delivery_takes_the_place_of_the_last(lake: TinyLake) -> None:
    assert lake.rows("silver.concept") == [] and concepts_of(lake, GLUCOSE) == {(None, None, None)}
    did = {row["table"]: row for row in lake.run(athena("2026-10-20", *WITHOUT_WEIGHT))}
    assert concepts_of(lake, GLUCOSE) == {(3000483, 3000483, 8840)}
    assert concepts_of(lake, WEIGHT) == {(None, None, None)}
    assert did["silver.measurement"]["units_changed"] == persons_with(lake, GLUCOSE, "mg/dL")
    assert did["silver.measurement"]["mode"] == "units"
    assert lake.run() == [], "the same delivery is nothing new"

    did = {row["table"]: row for row in lake.run(athena("2026-10-21", *WITHOUT_WEIGHT, 3025315, 9529))}
    assert concepts_of(lake, WEIGHT) == {(3025315, 3025315, 9529)}
    assert did["silver.concept"]["units_changed"] == 2
    assert did["silver.measurement"]["units"] == did["silver.measurement"]["units_changed"]
    assert did["silver.measurement"]["units_changed"] == persons_with(lake, WEIGHT, "kg")

    lake.run(athena("2026-10-22", 201826))
    assert concepts_of(lake, WEIGHT) == concepts_of(lake, GLUCOSE) == {(None, None, None)}
    assert len(lake.rows("silver.concept")) == 1
    assert lake.problems() == []


def test_vocabularies_that_come_first_or_last_give_one_lake(empty) -> None:
    from tests.support.tiny_feeds import tiny_feeds

    late, early = empty("late"), empty("early")
    late.run(tiny_feeds())
    late.run(athena("2026-10-20"))
    first = tiny_feeds()
    first.files.update(athena("2026-10-20").files)
    early.run(first)
    assert late.digests() == early.digests()


def test_a_list_of_codes_judges_the_facts_of_its_year(lake: TinyLake) -> None:
    before = lake.rows("silver.condition_occurrence")
    assert {row["is_billable_at_service"] for row in before} == {None}
    lake.run(Feeds({"lakeside/icd_cm/2026-10-20/CMS32_DESC_LONG_DX.txt": "25000 Diabetes\n"}))
    assert [(r["vocabulary_id"], r["concept_code"], r["fiscal_year"]) for r in lake.rows("silver.listed_code")] == [
        ("ICD9CM", "250.00", 2015)
    ]
    assert lake.rows("silver.condition_occurrence") == before, "nobody was in care with ICD-9-CM in that year"
    assert lake.problems() == []
