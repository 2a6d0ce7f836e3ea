"""Whatever is delivered when, in whatever order it arrives: at each moment the highest version that stood counts."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from chispa import assert_df_equality
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlake.engine.versions import WITHDRAWN, spans, spans_by_repetition
from twinlake.engine.wire import ON_DELIVERY

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SCHEMA = (
    "_fact_key bigint, record_version string, delivered_at timestamp, ended_at timestamp, record_hash string, "
    "path string, record_offset bigint, raw_record string"
)
KEYS = 60
# The last is ahead of the first deliveries, as the clock of a hospital far west of Greenwich is.
MOMENTS = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-04T12:00:00Z")


@dataclass(frozen=True)
class Said:
    """One record of one content: what it says, its version, and the days between which its content stood."""

    key: int
    says: str
    version: str | None
    delivered: int
    ended: int | None

    def stands(self, at: int) -> bool:
        return self.delivered <= at and (self.ended is None or self.ended > at)

    def row(self, place: int) -> tuple:
        ended = None if self.ended is None else day(self.ended)
        return (self.key, self.version, day(self.delivered), ended, self.says, "file", place, self.says)


def day(number: int) -> dt.datetime:
    return EPOCH + dt.timedelta(days=number)


def some_said(chance: random.Random, key: int) -> list[Said]:
    said = []
    for _ in range(chance.randint(1, 6)):
        delivered = chance.randint(0, 6)
        ended = chance.choice([None, None, delivered, delivered + chance.randint(1, 4)])
        version = chance.choice([None, ON_DELIVERY, *MOMENTS])
        said.append(Said(key, chance.choice("ABC"), version, delivered, ended))
    return said


def rank(one: Said, said: list[Said]) -> tuple:
    """By its version; without one by its delivery and after all that stood by then, or before all if none did."""
    dated = [s for s in said if s.version in MOMENTS]
    if one in dated or not dated:
        return (one.version if one in dated else "", False, one.delivered, one.says)
    stood = [s.version for s in dated if s.stands(one.delivered)]
    on_delivery = f"{day(one.delivered):%Y-%m-%dT%H:%M:%SZ}"
    told = max([on_delivery, *stood]) if stood else on_delivery if one.version else ""
    return (told, True, one.delivered, one.says)


def told_on(said: list[Said], at: int) -> str | None:
    """The oracle: the highest of those that were delivered and still stood on a day."""
    standing = [s for s in said if s.stands(at)]
    return max(standing, key=lambda s: rank(s, said)).says if standing else None


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32))
def test_at_each_moment_the_highest_version_that_stood_counts(spark, seed) -> None:
    chance = random.Random(seed)
    said = [s for key in range(KEYS) for s in some_said(chance, key)]
    rows = [s.row(place) for place, s in enumerate(said)]
    chance.shuffle(rows)
    found = spans(spark.createDataFrame(rows, SCHEMA)).toArrow().to_pylist()
    for key in range(KEYS):
        mine = [s for s in said if s.key == key]
        for at in range(12):
            known = [r for r in found if r["_fact_key"] == key and r["known_from"] <= day(at)
                     and (r["known_until"] is None or r["known_until"] > day(at))]  # fmt: skip
            assert [r["raw_record"] for r in known] == [t for t in [told_on(mine, at)] if t], (key, at, mine)
        starts = [r["known_from"] for r in found if r["_fact_key"] == key]
        assert len(starts) == len(set(starts)), "the key of the history is the fact and when it was known"
        assert {r["raw_record"] for r in found if r["_fact_key"] == key and r["is_current"]} == (
            {told_on(mine, 99)} - {None}
        )


@settings(max_examples=2)
@given(seed=st.integers(0, 2**32))
def test_what_was_told_once_needs_no_comparing(spark, seed) -> None:
    chance = random.Random(seed)
    said = [s for key in range(KEYS) for s in some_said(chance, key)[: chance.choice([1, 1, 6])]]
    rows = spark.createDataFrame([s.row(place) for place, s in enumerate(said)], SCHEMA)
    repeated = rows.groupBy("_fact_key").count().where("count > 1").select("_fact_key")
    every = spans(rows)
    assert_df_equality(spans_by_repetition(rows, repeated), every, ignore_row_order=True, ignore_column_order=True)
    alone = rows.join(repeated, "_fact_key", "left_anti")
    assert_df_equality(
        spans_by_repetition(alone, None), every.join(repeated, "_fact_key", "left_anti"),
        ignore_row_order=True, ignore_column_order=True,
    )  # fmt: skip


def some_contents(chance: random.Random) -> dict[str, tuple[str | None, str | None, bool]]:
    """What a record of each content says in two places, if anything, and whether it takes back what was said."""
    return {
        says: (chance.choice([None, f"{says}1"]), chance.choice([None, f"{says}2"]), chance.random() < 0.2)
        for says in "ABC"
    }


def whole_on(said: list[Said], contents: dict, at: int) -> tuple[str | None, ...] | None:
    """The oracle: from the highest down to one that takes back, the first that says something in a place."""
    standing = [s for s in said if s.stands(at)]
    down = [s.says for s in sorted(standing, key=lambda s: rank(s, said), reverse=True)]
    last = next((n for n, says in enumerate(down) if contents[says][2]), len(down))
    kept = down[: last + 1]
    return (down[0], *(next((v for says in kept if (v := contents[says][n])), None) for n in (0, 1))) if down else None


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32))
def test_what_a_version_leaves_out_is_as_the_highest_beneath_it_said(spark, seed) -> None:
    chance = random.Random(seed)
    said = [s for key in range(KEYS) for s in some_said(chance, key)]
    contents = {key: some_contents(chance) for key in range(KEYS)}
    rows = []
    for place, s in enumerate(said):
        note, mark, gone = contents[s.key][s.says]
        rows.append((*s.row(place), note, (s.says, mark), gone))
    chance.shuffle(rows)
    schema = f"{SCHEMA}, note string, body struct<own: string, mark: string>, {WITHDRAWN} boolean"
    found = spans(spark.createDataFrame(rows, schema), ("note", "body.mark")).toArrow().to_pylist()
    for key in range(KEYS):
        mine = [s for s in said if s.key == key]
        for at in range(12):
            known = [r for r in found if r["_fact_key"] == key and r["known_from"] <= day(at)
                     and (r["known_until"] is None or r["known_until"] > day(at))]  # fmt: skip
            whole = whole_on(mine, contents[key], at)
            assert [(r["body"]["own"], r["note"], r["body"]["mark"]) for r in known] == [w for w in [whole] if w]
