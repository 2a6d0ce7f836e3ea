"""Comparing only what a day touched gives the pairs that comparing all at once gives."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pandas as pd
import pytest

from tests.support.identity_sample import relatives, with_copies
from twinlake.catalog.identity import identity
from twinlake.engine.linkage import compare, compare_touched
from twinlake.engine.linkage_backend import DuckdbBackend
from twinlake.engine.linkage_sql import TAKEN, UNIQUE_ID, kept_sql, prepare_sql

GIVEN, FAMILY = ("ANNA", "ROBERT", "BOB", "MARIA", "MARTA", "GRACE"), ("QUIMBY", "OKAFOR", "SMITH", "DIAZ", "ROBERT")


def person(n: int, luck: random.Random) -> dict[str, Any]:
    date = f"{luck.randrange(1950, 1953)}-{luck.randrange(1, 13):02d}-{luck.randrange(1, 29):02d}"
    return {
        **dict.fromkeys(TAKEN),
        "hospital": luck.choice("ab"), "system": "s", "source_person_id": f"p{n}",
        "given_name": luck.choice(GIVEN), "middle_name": luck.choice(("ROSE", None)),
        "family_name": luck.choice(FAMILY),
        "maiden_name": None, "birth_date": date, "year_of_birth": int(date[:4]), "sex": luck.choice(("male", "female")),
        "address_line": f"{luck.randrange(1, 9)} MILL LANE", "city": luck.choice(("LOWELL", "BOSTON")),
        "postal_code": luck.choice(("01850", "02109")), "phone": f"555{luck.randrange(10**7):07d}",
        "ssn": f"999{luck.randrange(10**6):06d}", "licence_number": None, "passport_number": None,
        "mrn": str(luck.randrange(40)),
    }  # fmt: skip


@cache
def everybody() -> pd.DataFrame:
    luck = random.Random(5)
    persons = pd.DataFrame([person(n, luck) for n in range(60)])
    return pd.concat([with_copies(persons, 3, {})[0], relatives(persons, 4)], ignore_index=True)


def arrow(people: pd.DataFrame) -> Any:
    import pyarrow as pa

    rows = [
        {c: None if row[c] is None or row[c] != row[c] else str(row[c]) for c in TAKEN}
        for row in people.to_dict("records")
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema([(c, pa.string()) for c in TAKEN]))


def everything(people: pd.DataFrame) -> Any:
    import duckdb

    engine = DuckdbBackend(duckdb.connect())
    nodes = engine.keep("nodes", prepare_sql(identity(), engine.take("persons", arrow(people))))
    return (
        engine.connection.table(compare(engine, nodes, identity())).order("unique_id_l, unique_id_r").to_arrow_table()
    )


def of_a_day(before: Any, people: pd.DataFrame, touched: pd.DataFrame) -> Any:
    import duckdb

    engine = DuckdbBackend(duckdb.connect())
    moved = engine.keep("moved", f"SELECT {UNIQUE_ID} AS unique_id FROM {engine.take('gone', arrow(touched))}")
    pairs = compare_touched(engine, engine.take("persons", arrow(people)), moved, identity())
    kept = kept_sql(engine.take("before", before), moved)
    return engine.connection.sql(
        f"SELECT * FROM {pairs} UNION ALL {kept} ORDER BY unique_id_l, unique_id_r"
    ).to_arrow_table()


@pytest.mark.parametrize("seed", range(4))
def test_a_day_compared_with_the_rest_equals_all_compared_at_once(seed: int) -> None:
    people, luck = everybody(), random.Random(seed)
    roles = pd.Series([luck.choices(("stays", "comes", "goes", "changes"), (80, 8, 6, 6))[0] for _ in people.index])
    yesterday = people[roles != "comes"]
    today = people[roles != "goes"].copy()
    changed = today.index[roles[today.index] == "changes"]
    today.loc[changed, "family_name"] = [luck.choice(FAMILY) for _ in changed]
    whole = everything(today)
    found = of_a_day(everything(yesterday), today, people[roles != "stays"])
    assert found.to_pylist() == whole.to_pylist()
    assert whole.num_rows > 50
