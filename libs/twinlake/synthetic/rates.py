"""How often what goes wrong, and where that is known from; every writer of a network draws at these rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OURS = "a round number of ours"
ASKED = "the figure that the project's issue on identity names; its source is not traced"
JUST = "Just et al., Perspect Health Inf Manag 2016;13:1e: of the duplicate pairs of 398,939 records, both values given"
MCDONALD = "McDonald et al., J Am Med Inform Assoc 2023;30:301: 4.6 % of 179 million results, half of them by property"
LIN = "Lin et al., JAMIA Open 2022;5:ooac089: adults beyond the cut points of biology, after cleaning"
BRADWELL = "Bradwell et al., J Am Med Inform Assoc 2022;29:1172: whole tests of a site come without units; share: ours"


@dataclass(frozen=True, slots=True)
class Rate:
    """The share that is befallen, between 0 and 1."""

    share: float
    source: str


def _rates(**named: Rate) -> Mapping[str, Rate]:
    return MappingProxyType(named)


DESK = _rates(
    nickname=Rate(0.05, OURS),
    typo=Rate(0.04, OURS),
    moved=Rate(0.08, OURS),
    maiden_name=Rate(0.10, OURS),
    middle_name=Rate(0.58, JUST),
    ssn=Rate(0.54, JUST),
)
"""Of registrations away from home; a slip that does not apply (no maiden name, a short name) changes nothing."""

TYPOS = _rates(
    substitution=Rate(0.59, ASKED),
    deletion=Rate(0.16, ASKED),
    insertion=Rate(0.10, ASKED),
    transposition=Rate(0.02, ASKED),
    multiple=Rate(0.13, ASKED),
)
"""Of typing errors in a name."""

TESTS = _rates(
    wrong_code=Rate(0.046, MCDONALD),
    unmapped_code=Rate(0.06, ASKED),
    missing_unit=Rate(0.04, BRADWELL),
)
"""Of the laboratory tests of a hospital: all results of such a test are befallen alike."""

RESULTS = _rates(
    unit_variant=Rate(0.02, ASKED),
    unknown_unit=Rate(0.001, OURS),
    missing_unit=Rate(0.001, OURS),
    missing_element=Rate(0.30, ASKED),
    impossible_value=Rate(0.0005, OURS),
)
"""Of results one by one; an element is missing from laboratory results only, an impossible value is a vital sign's."""

BODY = _rates(height=Rate(0.003, LIN), weight=Rate(0.014, LIN))
"""Of heights and weights: those that no body has."""

DELIVERIES = _rates(
    duplicate_person=Rate(0.08, ASKED),
    repeated=Rate(0.02, ASKED),
    later_than_a_day=Rate(0.05, ASKED),
    corrected=Rate(0.015, ASKED),
    withdrawn=Rate(0.005, OURS),
    corrupt=Rate(0.003, ASKED),
)
"""Of persons registered twice, and of records delivered; of 1–3, 1–2 and 0.1–0.5 % the middle."""
