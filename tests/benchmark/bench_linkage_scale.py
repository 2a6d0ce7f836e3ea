"""Links a million invented records in DuckDB, beside Splink alone, and then a day's one percent of new ones.

`python tests/benchmark/bench_linkage_scale.py [--records N]`. Figures are CPU-seconds of this process on two threads,
so that a busy machine does not bend them, and the greatest memory it held. Splink alone: the same records made
comparable, the same settings and blocking, predict and cluster at the same threshold. Names are drawn by Zipf's law
from invented lists (the commonest of each about one in sixty), people live in towns of very unlike size, and eight
percent of records register somebody again with errors at rates like those of tests/support/identity_sample.py.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from twinlake.catalog.identity import identity
from twinlake.declare.comparable import TAKEN, hash_columns, prepare_sql
from twinlake.engine.clusters import link, link_moved
from twinlake.engine.linkage import compare, compare_moved, quiet_splink
from twinlake.engine.linkage_backend import DuckdbBackend
from twinlake.engine.linkage_sql import kept_sql, splink_settings
from twinlake.engine.shared_values import clear_shared

DUPLICATES, NEW, MEMORY = 0.08, 0.01, "10GB"
SYLLABLES = (
    "BA",
    "CO",
    "DRE",
    "EL",
    "FI",
    "GAR",
    "HO",
    "IN",
    "JA",
    "KE",
    "LO",
    "MIR",
    "NA",
    "OR",
    "PE",
    "RUS",
    "SA",
    "TO",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    records = parser.parse_args().records
    people, entities = population(records)
    print(f"{records:,} records, {entities.max() + 1:,} persons, two threads, DuckDB bound to {MEMORY}", flush=True)
    alone = measured("splink alone", lambda: splink_alone(people))[1]
    whole, all_at_once = measured("twinlake, all at once", lambda: all_pairs(people))
    print(f"shared by too many: {len(whole['shared'])} rules", flush=True)
    say_quality(whole["links"], entities)
    with TemporaryDirectory() as folder:
        day, by_day = measured("twinlake, one percent new", lambda: day_pairs(people, Path(folder)))
    equal = day["pairs"].equals(whole["pairs"]) and day["links"].equals(whole["links"])
    print(f"all at once / splink alone {all_at_once / alone:.2f} (goal 1.5)")
    print(f"a day / all at once {by_day / all_at_once:.3f} (goal 0.05); the same pairs and links: {equal}")


def measured(what: str, work: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], float]:
    started, clock = time.process_time(), time.perf_counter()
    found = work()
    spent = time.process_time() - started if "cpu" not in found else found["cpu"]
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{what:<28}{spent:>9.1f} CPU-s{time.perf_counter() - clock:>9.1f} s{gigabytes:>7.1f} GB so far", flush=True)
    return found, spent


def names(count: int, parts: int, luck: np.random.Generator) -> np.ndarray:
    return np.unique(["".join(luck.choice(SYLLABLES, parts)) for _ in range(count)])


def drawn(values: np.ndarray, size: int, luck: np.random.Generator, offset: float) -> np.ndarray:
    share = 1 / (np.arange(len(values)) + offset)
    return luck.choice(luck.permutation(values), size, p=share / share.sum())


def population(records: int) -> tuple[pa.Table, np.ndarray]:
    """Persons, then second registrations with errors; the last NEW of all (shuffled) are the day's new ones."""
    luck = np.random.default_rng(11)
    persons = int(records * (1 - DUPLICATES))
    towns = luck.integers(0, 400, 400)
    town = drawn(np.arange(400), persons, luck, 8.0)
    days = (np.datetime64("1925-01-01") + luck.integers(0, 36500, persons)).astype(str)
    number = luck.integers(1, 900, persons).astype(str)
    postcode = 10000 + town * 20 + luck.integers(0, 1 + towns[town] // 20, persons)
    columns: dict[str, np.ndarray] = {
        "given_name": drawn(names(2500, 2, luck), persons, luck, 12.0),
        "middle_name": drawn(names(900, 2, luck), persons, luck, 12.0),
        "family_name": drawn(names(30000, 3, luck), persons, luck, 12.0),
        "birth_date": days,
        "sex": luck.choice(["male", "female"], persons),
        "address_line": np.char.add(np.char.add(number, " "), drawn(names(4000, 3, luck), persons, luck, 30.0)),
        "city": np.char.add("TOWN ", town.astype(str)),
        "postal_code": np.char.zfill(postcode.astype(str), 5),
        "phone": np.char.add("555", np.char.zfill(luck.integers(0, 10**7, persons).astype(str), 7)),
        "ssn": np.char.zfill(luck.integers(10**6, 10**9, persons).astype(str), 9),
    }  # fmt: skip
    again = luck.integers(0, persons, records - persons)
    entities = np.concatenate([np.arange(persons), again])
    table = {
        name: np.concatenate([values, registered_again(name, values, again, luck)]) for name, values in columns.items()
    }
    order = luck.permutation(records)
    table = {name: values[order] for name, values in table.items()}
    said = {name: pa.array([v or None for v in values.tolist()], pa.string()) for name, values in table.items()}
    said["year_of_birth"] = pa.array([d[:4] for d in table["birth_date"].tolist()], pa.string())
    said["hospital"] = pa.array([f"h{n}" for n in luck.integers(0, 8, records)], pa.string())
    said["system"] = pa.array(["synthetic"] * records, pa.string())
    said["source_person_id"] = pa.array([f"{n:08d}" for n in range(records)], pa.string())
    empty = pa.nulls(records, pa.string())
    return pa.table({column: said.get(column, empty) for column in TAKEN}), entities[order]


WRONG = {
    "given_name": 0.12, "family_name": 0.08, "middle_name": 0.58, "birth_date": 0.04, "address_line": 0.25,
    "phone": 0.35, "ssn": 0.54,
}  # fmt: skip


def registered_again(name: str, values: np.ndarray, again: np.ndarray, luck: np.random.Generator) -> np.ndarray:
    """A share of the values is wrong: names and dates by one character, the rest replaced or left out."""
    found = values[again].astype(object)
    for at in np.flatnonzero(luck.random(len(again)) < WRONG.get(name, 0)):
        text = str(found[at])
        place = int(luck.integers(0, len(text)))
        if name == "birth_date":
            found[at] = text[:8] + f"{int(luck.integers(1, 29)):02d}"
        elif name in ("middle_name", "phone", "ssn") and luck.random() < 0.5:
            found[at] = ""
        elif name in ("address_line", "phone", "ssn"):
            found[at] = str(values[int(luck.integers(0, len(values)))])
        else:
            found[at] = text[:place] + "XQ"[int(luck.integers(0, 2))] + text[place + 1 :]
    return found.astype(str)


def engine_for() -> DuckdbBackend:
    connection = duckdb.connect()
    connection.execute(f"SET threads = 2; SET memory_limit = '{MEMORY}'")
    return DuckdbBackend(connection)


def splink_alone(people: pa.Table) -> dict[str, Any]:
    from splink import Linker

    quiet_splink()
    engine, model = engine_for(), identity()
    nodes = engine.keep("nodes", prepare_sql(model, engine.take("persons", people)))
    linker = Linker(engine.api.register(nodes), splink_settings(model), log_level=None, validate_settings=False)
    pairs = linker.inference.predict(threshold_match_weight=model.review, warning_mode="never")
    linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_weight=model.automatic)
    engine.connection.close()
    return {}


def linked(engine: DuckdbBackend, pairs: str, nodes: str) -> dict[str, Any]:
    links = link(engine, nodes, engine.keep("sure", f"SELECT * FROM {pairs} WHERE is_sure"))
    read = engine.connection.sql
    return {
        "links": read(f"SELECT * FROM {links} ORDER BY unique_id").to_arrow_table(),
        "pairs": read(f"SELECT * FROM {pairs} ORDER BY unique_id_l, unique_id_r").to_arrow_table(),
    }


def all_pairs(people: pa.Table) -> dict[str, Any]:
    engine, model = engine_for(), identity()
    nodes, told = clear_shared(engine, engine.keep("nodes", prepare_sql(model, engine.take("persons", people))), model)
    return {**linked(engine, compare(engine, nodes, model), nodes), "shared": told}


def day_pairs(people: pa.Table, folder: Path) -> dict[str, Any]:
    """The last NEW of the records came today.

    What a lake keeps of the days before is made first and not counted, but for reading it: the hashes of all records
    (for today's this too is counted), their links, and the pairs of the others, as Parquet files.
    """
    model = identity()
    _keep_before(people, folder)
    engine, known = engine_for(), {name: f"read_parquet('{folder / name}.parquet')" for name in KEPT}
    started = time.process_time()
    persons, new = engine.take("persons", people), people.slice(int(people.num_rows * (1 - NEW)))
    hashed = ", ".join(("unique_id", *hash_columns(model)))
    came = engine.keep("came", prepare_sql(model, engine.take("new", new), hashed))
    stored = engine.keep("stored", f"SELECT * FROM {known['hashes']} UNION ALL SELECT * FROM {came}")
    moved = engine.keep("moved_rows", f"SELECT *, TRUE AS is_now FROM {came}")
    found, touched, told = compare_moved(engine, persons, stored, moved, model)
    together = engine.keep("together", f"SELECT * FROM {found} UNION ALL {kept_sql(known['pairs'], touched)}")
    sure = engine.keep("sure", f"SELECT * FROM {together} WHERE is_sure")
    nodes = engine.keep("all_nodes", f"SELECT unique_id, TRUE AS is_linkable FROM {stored}")
    before = engine.keep("before", f"SELECT * FROM {known['links']}")
    links, reached = link_moved(engine, nodes, before, sure, touched)
    spent = time.process_time() - started
    kept = f"SELECT * FROM {before} WHERE unique_id NOT IN (SELECT unique_id FROM {reached})"
    read = engine.connection.sql
    return {
        "links": read(f"SELECT * FROM ({kept} UNION ALL SELECT * FROM {links}) ORDER BY unique_id").to_arrow_table(),
        "pairs": read(f"SELECT * FROM {together} ORDER BY unique_id_l, unique_id_r").to_arrow_table(),
        "cpu": spent,
    }


KEPT = ("hashes", "pairs", "links")


def _keep_before(people: pa.Table, folder: Path) -> None:
    """What the days before left: of all but today's records."""
    model, old = identity(), people.slice(0, int(people.num_rows * (1 - NEW)))
    found = all_pairs(old)
    engine = engine_for()
    engine.keep(
        "hashes", prepare_sql(model, engine.take("persons", old), ", ".join(("unique_id", *hash_columns(model))))
    )
    for name, rows in (("pairs", found["pairs"]), ("links", found["links"])):
        engine.keep(name, f"SELECT * FROM {engine.take(f'{name}_before', rows)}")
    for name in KEPT:
        engine.connection.execute(f"COPY linkage_{name} TO '{folder / name}.parquet' (FORMAT parquet)")
    engine.connection.close()


def say_quality(links: pa.Table, entities: np.ndarray) -> None:
    from tests.benchmark.bench_linkage import grade

    place = [int(u.split("\x1f")[2]) for u in links["unique_id"].to_pylist()]
    true, found, right = grade(links["root"].to_pylist(), [int(entities[p]) for p in place])
    print(f"pairs: precision {right / max(found, 1):.5f}, recall {right / max(true, 1):.4f} of {true:,}", flush=True)


if __name__ == "__main__":
    main()
