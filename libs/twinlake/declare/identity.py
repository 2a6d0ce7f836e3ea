"""How two records are told to be one person: blocking, comparisons, the evidence for a link, and what survives.

Conditions are SQL over `<column>_l` and `<column>_r`, kept to what DuckDB and Spark both say in the same words.
Probabilities are not written here: they stand in the versioned weights beside the catalogue and are checked against
the levels when read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from twinlake.declare.errors import DeclarationError
from twinlake.declare.identity_weights import Weights

DIFFERS = "differs"
MISSING = "missing"
RULES = ("most_common", "latest", "earliest")


@dataclass(frozen=True)
class Level:
    """A degree of likeness: `name` keys the weights, `words` are for a steward, `agrees` if it speaks for a link."""

    name: str
    words: str
    condition: str
    agrees: bool = True


@dataclass(frozen=True)
class Comparison:
    """Levels from the most to the least alike; records that meet none differ, those that meet `missing` are silent.

    `chance_at_least` is the least share of strangers taken to agree at the first level: a training set that is
    small or has evenly spread names shows fewer than a real population. `frequency` names the column whose common
    values weigh less.
    """

    name: str
    words: str
    missing: str
    levels: tuple[Level, ...]
    chance_at_least: float = 1e-6
    frequency: str | None = None

    def __post_init__(self) -> None:
        names = self.level_names
        if not self.levels or len(set(names)) != len(names):
            raise DeclarationError(f"Comparison {self.name}: levels are {names}. Give at least one, each its own name.")
        if not 0 < self.chance_at_least < 1:
            raise DeclarationError(f"Comparison {self.name}: chance_at_least {self.chance_at_least} is not in (0, 1).")

    @property
    def level_names(self) -> tuple[str, ...]:
        """Names of all levels, the implied last one too."""
        return (*(level.name for level in self.levels), DIFFERS)

    def rank(self, level: str) -> int:
        """The number a pair at `level` carries (Splink's gamma): highest for the first, 0 differs, -1 missing."""
        return -1 if level == MISSING else len(self.levels) - self.level_names.index(level)

    @property
    def agreeing(self) -> tuple[str, ...]:
        """Levels that speak for one person."""
        return tuple(level.name for level in self.levels if level.agrees)


@dataclass(frozen=True)
class Key:
    """A hash by which records meet: of one list of columns or, of a crossed rule, of either of two.

    What more than `most` records bear brings nobody together.
    """

    name: str
    words: str
    sides: tuple[tuple[str, ...], ...]
    most: int

    @property
    def columns(self) -> tuple[str, ...]:
        """What its hashes are called, one of each side."""
        return (self.name,) if len(self.sides) == 1 else (self.name, f"{self.name}_crossed")


@dataclass(frozen=True)
class BlockingRule:
    """Only pairs that are equal in all of `same`, or crosswise in `crossed`, are compared at all.

    A block of more than `most` records is none: what so many bear is a placeholder, and pairs grow with its square.
    """

    words: str
    same: tuple[str, ...]
    crossed: tuple[tuple[str, str], ...] = ()
    most: int = 1000

    def __post_init__(self) -> None:
        if not self.same:
            raise DeclarationError(
                f"Blocking on {self.words}: name a column to be the same, or everyone meets everyone."
            )

    @property
    def sides(self) -> tuple[tuple[str, ...], ...]:
        """The columns that must be equal; of a crossed rule, those of one record and those of the other."""
        if not self.crossed:
            return (self.same,)
        return tuple((*self.same, *(pair[side] for pair in self.crossed)) for side in (0, 1))


@dataclass(frozen=True)
class Shared:
    """A value that more than `most` source persons bear is nobody's: a default number, a placeholder, a front desk's.

    `column`, and what is told by it (`also`), then counts as missing; `within` says where the value is one.
    """

    words: str
    column: str
    most: int
    within: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def clears(self) -> tuple[str, ...]:
        """The columns that are missing where the value is nobody's."""
        return (self.column, *self.also)


@dataclass(frozen=True)
class Evidence:
    """One sufficient set of agreements: each named comparison must stand at one of the named levels.

    `across_hospitals`: not sufficient for two records of one hospital, which knows them as two for a reason.
    """

    words: str
    agreements: Mapping[str, tuple[str, ...]]
    across_hospitals: bool = False


@dataclass(frozen=True)
class Survivor:
    """Which of a person's records gives `columns`, always taken together from one record; `ignoring` counts as absent.

    most_common: the fullest, then the most frequent, then one that is not `doubtful` (SQL), then that of the smallest
    source person. latest: the last delivered that has any of them. earliest: the smallest value.
    """

    columns: tuple[str, ...]
    rule: str
    ignoring: tuple[str, ...] = ()
    doubtful: str = ""

    def __post_init__(self) -> None:
        if self.rule not in RULES or not self.columns:
            raise DeclarationError(f"Survivor {self.columns}: rule {self.rule!r}. Expected one of {', '.join(RULES)}.")


@dataclass(frozen=True)
class Placeholders:
    """What is no name: one of such words alone, of a given or a family name, and given and family name as a `whole`.

    A letter behind the words of a given name, as of BABY BOY A, tells twins apart: it counts as a middle name.
    """

    given: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


@dataclass(frozen=True)
class Identity:
    """The whole declared model. Weights are in bits: +1 doubles the odds that two records are one person.

    From `automatic` on (and `automatic_within_source` for two records of one hospital's system) a pair with evidence is
    linked; between `review` and there lies the grey band. `one_in` is the prior: of so many random pairs one is the
    same person.
    """

    version: str
    one_in: float
    blocking: tuple[BlockingRule, ...]
    comparisons: tuple[Comparison, ...]
    evidence: tuple[Evidence, ...]
    automatic: float
    automatic_within_source: float
    review: float
    survivorship: tuple[Survivor, ...]
    nicknames: Mapping[str, str]
    weights: Weights | None = None
    shared: tuple[Shared, ...] = ()
    placeholders: Placeholders = Placeholders()

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise DeclarationError(f"Identity {self.version}: " + "; ".join(problems) + ".")

    @property
    def keys(self) -> tuple[Key, ...]:
        """What records are counted and met by: values that may be nobody's, then the blocks."""
        values = (Key(f"value_{v.column}", v.words, ((*v.within, v.column),), v.most) for v in self.shared)
        blocks = (Key(f"block_{n}", r.words, r.sides, r.most) for n, r in enumerate(self.blocking))
        return (*values, *blocks)

    @property
    def blocks(self) -> tuple[tuple[str, str], ...]:
        """Words and join condition of all that brings two records together, in order; a crossed one either way."""
        return tuple(
            (key.words, f"l.{left} = r.{right}")
            for key in self.keys[len(self.shared) :]
            for left, right in dict.fromkeys(zip(key.columns, reversed(key.columns), strict=True))
        )

    @property
    def frequency_columns(self) -> tuple[str, ...]:
        """Columns whose common values have a frequency table."""
        return tuple(c.frequency for c in self.comparisons if c.frequency)

    def comparison(self, name: str) -> Comparison:
        """A comparison by its name."""
        return next(c for c in self.comparisons if c.name == name)


def _problems(identity: Identity) -> Iterator[str]:
    names = [c.name for c in identity.comparisons]
    if not names or len(set(names)) != len(names):
        yield f"comparisons are {names}, expected at least one, each once"
    if not identity.blocking:
        yield "no blocking rule, so everyone would be compared with everyone"
    if not identity.review <= identity.automatic <= identity.automatic_within_source:
        yield "thresholds must rise: review, automatic, automatic_within_source"
    if identity.one_in <= 2:
        yield f"one_in is {identity.one_in}, expected more than 2"
    yield from _evidence_problems(identity)
    yield from _shared_problems(identity)
    yield from _survivor_problems(identity)
    if identity.weights is not None:
        yield from _weight_problems(identity, identity.weights)


def _evidence_problems(identity: Identity) -> Iterator[str]:
    if not identity.evidence:
        yield "no evidence is named, so nothing could be linked"
    known = {c.name: (*c.level_names, MISSING) for c in identity.comparisons}
    for evidence in identity.evidence:
        for name, levels in evidence.agreements.items():
            unknown = [level for level in levels if level not in known.get(name, ())]
            if name not in known or unknown:
                yield f"evidence {evidence.words!r} names {name} {unknown or ''}, which no comparison has"


def _shared_problems(identity: Identity) -> Iterator[str]:
    for key in identity.keys:
        if key.most < 2:
            yield f"{key.words}: most is {key.most}, so no two records could share it; expected 2 or more"
    columns = [column for shared in identity.shared for column in shared.clears]
    for column in sorted({c for c in columns if columns.count(c) > 1}):
        yield f"{column} may be nobody's by two rules"


def _survivor_problems(identity: Identity) -> Iterator[str]:
    columns = [column for survivor in identity.survivorship for column in survivor.columns]
    for column in sorted({c for c in columns if columns.count(c) > 1}):
        yield f"{column} survives by two rules"


def _weight_problems(identity: Identity, weights: Weights) -> Iterator[str]:
    if weights.version != identity.version:
        yield f"weights are of version {weights.version}; train them (`twinlake empi train`) or name that version"
        return
    for comparison in identity.comparisons:
        found = tuple(weights.levels.get(comparison.name, {}))
        if found != comparison.level_names:
            yield f"weights of {comparison.name} are for {found}, expected {comparison.level_names}; train them again"
