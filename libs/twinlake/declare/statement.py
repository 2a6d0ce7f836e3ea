"""What is said of two sets of records: that they are one person's or two persons'; and what stands of it all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class Statement:
    """`is_same`: the records of both sets are one person. Else no record of one set is a person of the other set's."""

    one: frozenset[str]
    other: frozenset[str]
    is_same: bool
    reason: str = ""

    @property
    def records(self) -> frozenset[str]:
        """All records it names."""
        return self.one | self.other

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Each record of one side with each of the other."""
        return sorted(product(self.one, self.other))


class Persons:
    """Records told to be one person's, and which persons are told apart. A record nobody spoke of is alone."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._apart: defaultdict[str, set[str]] = defaultdict(set)

    def of(self, record: str) -> str:
        """The smallest record of the person that a record is of."""
        while (above := self._above.get(record, record)) != record:
            record = above
        return record

    def are_apart(self, one: str, other: str) -> bool:
        """Whether two records are told to be two persons'."""
        return self.of(other) in self._apart.get(self.of(one), ())

    def take(self, said: Statement) -> list[tuple[str, str]]:
        """Let the statement stand, but for the pairs of which what was taken before says the contrary: these.

        What tells many apart stands for all others of them; what joins them stands whole or not at all.
        """
        return self._join(said) if said.is_same else self._part(said)

    def _join(self, said: Statement) -> list[tuple[str, str]]:
        roots = sorted({self.of(record) for record in said.records})
        if any(self._apart[root] & {*roots} for root in roots):
            return said.pairs
        for root in roots[1:]:
            self._merge(root, roots[0])
        return []

    def _merge(self, root: str, into: str) -> None:
        self._above[root] = into
        for stranger in self._apart.pop(root, ()):
            self._apart[stranger].remove(root)
            self._apart[stranger].add(into)
            self._apart[into].add(stranger)

    def _part(self, said: Statement) -> list[tuple[str, str]]:
        rooted = [(self.of(one), self.of(other)) for one, other in said.pairs]
        for left, right in rooted:
            if left != right:
                self._apart[left].add(right)
                self._apart[right].add(left)
        return [pair for pair, (left, right) in zip(said.pairs, rooted, strict=True) if left == right]


def settle(statements: Iterable[Statement]) -> Persons:
    """What stands where the first said counts most: each statement stands unless those before it contradict it.

    With pairs of a model told last, the surest first, this cuts each path between two records that are told apart at
    its least sure pair: that pair is the last one missing to the path, and the one that is refused.
    """
    persons = Persons()
    for said in statements:
        persons.take(said)
    return persons
