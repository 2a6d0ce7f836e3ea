"""Comparing only what a day touched gives the pairs that comparing all at once gives."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from typing import Any

import duckdb
import pandas as pd
import pytest

from tests.support.identity_sample import relatives, with_copies
from twinlake.catalog.identity import identity
from twinlake.declare.comparable import TAKEN, UNIQUE_ID, hash_columns, prepare_sql
from twinlake.declare.identity import Identity, Shared
from twinlake.engine.linkage import compare, compare_moved
from twinlake.engine.linkage_backend import DuckdbBackend
from twinlake.engine.linkage_sql import kept_sql
from twinlake.engine.shared_values import clear_shared

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


def tight() -> Identity:
    """So few may share a value or a block that on any day some bound is crossed, up or down."""
    shared = tuple(replace(each, most=2 + n % 3) for n, each in enumerate(identity().shared))
    return replace(identity(), shared=shared, blocking=tuple(replace(r, most=4) for r in identity().blocking))


def everything(people: pd.DataFrame, declared: Identity) -> Any:
    engine = DuckdbBackend(duckdb.connect())
    nodes = engine.keep("nodes", prepare_sql(declared, engine.take("persons", arrow(people))))
    cleared, _ = clear_shared(engine, nodes, declared)
    found = engine.connection.table(compare(engine, cleared, declared))
    return found.order("unique_id_l, unique_id_r").to_arrow_table()


def of_a_day(before: Any, was: pd.DataFrame, now: pd.DataFrame, touched: pd.Series, declared: Identity) -> Any:
    engine = DuckdbBackend(duckdb.connect())
    hashed = ", ".join(("unique_id", *hash_columns(declared)))
    sides = {name: engine.take(name, arrow(people)) for name, people in (("persons", now), ("earlier", was))}
    keyed = {name: engine.keep(f"keyed_{name}", prepare_sql(declared, table, hashed)) for name, table in sides.items()}
    chosen = {"persons": now[touched.reindex(now.index)], "earlier": was[touched.reindex(was.index)]}
    moved = " UNION ALL ".join(
        f"SELECT *, {name == 'persons'} AS is_now FROM {keyed[name]} WHERE unique_id IN "
        f"(SELECT {UNIQUE_ID} FROM {engine.take('chosen_' + name, arrow(rows))})"
        for name, rows in chosen.items()
    )
    pairs, gone, _ = compare_moved(engine, sides["persons"], keyed["persons"], engine.keep("moved", moved), declared)
    kept = kept_sql(engine.take("before", before), gone)
    return engine.connection.sql(
        f"SELECT * FROM {pairs} UNION ALL {kept} ORDER BY unique_id_l, unique_id_r"
    ).to_arrow_table()


@pytest.mark.parametrize("declared", [identity, tight])
@pytest.mark.parametrize("seed", range(4))
def test_a_day_compared_with_the_rest_equals_all_compared_at_once(seed: int, declared: Any) -> None:
    people, luck, model = everybody(), random.Random(seed), declared()
    roles = pd.Series([luck.choices(("stays", "comes", "goes", "changes"), (80, 8, 6, 6))[0] for _ in people.index])
    yesterday = people[roles != "comes"]
    today = people[roles != "goes"].copy()
    changed = today.index[roles[today.index] == "changes"]
    today.loc[changed, "family_name"] = [luck.choice(FAMILY) for _ in changed]
    whole = everything(today, model)
    found = of_a_day(everything(yesterday, model), yesterday, today, roles != "stays", model)
    assert found.to_pylist() == whole.to_pylist()
    assert whole.num_rows > (50 if declared is identity else 5)


def test_what_too_many_share_is_found_again_when_a_day_makes_it_rare() -> None:
    """Three who share no more than an SSN and a given name: of a bound of two it brings none of them together."""
    model = replace(identity(), shared=(Shared("SSN", "ssn", most=2),))
    rare = {name: None for name in ("phone", "address_line", "city", "postal_code", "birth_date", "year_of_birth")}
    luck = random.Random(1)
    rows = [{**person(n, luck), **rare, "given_name": "ANNA", "ssn": "999999999", "mrn": None,
             "family_name": family} for n, family in enumerate(("QUIMBY", "QUIMBEY", "QUIMBYE"))]  # fmt: skip
    people = pd.DataFrame(rows)
    three, two = everything(people, model), everything(people[:2], model)
    assert (three.num_rows, two.num_rows) == (0, 1)
    is_third = pd.Series([False, False, True])
    assert of_a_day(three, people, people[:2], is_third, model).to_pylist() == two.to_pylist()
    assert of_a_day(two, people[:2], people, is_third, model).num_rows == 0
