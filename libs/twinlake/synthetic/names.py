"""Names as often as people in the United States bear them.

The fifty most frequent of each kind have their percent from the Census of 1990 (census.gov, dist.all.last,
dist.female.first, dist.male.first). Rarer family names are put together from syllables and drawn by Zipf's law (Zanette
and Manrubia, Physica A 2001;295:1); who has none of the fifty given names bears that of a person of Synthea.
"""

from __future__ import annotations

import math
import random
import re
from bisect import bisect
from itertools import accumulate

FAMILY = (
    "Smith 1.006 Johnson .810 Williams .699 Jones .621 Brown .621 Davis .480 Miller .424 Wilson .339 Moore .312 "
    "Taylor .311 Anderson .311 Thomas .311 Jackson .310 White .279 Harris .275 Martin .273 Thompson .269 Garcia .254 "
    "Martinez .234 Robinson .233 Clark .231 Rodriguez .229 Lewis .226 Lee .220 Walker .219 Hall .200 Allen .199 "
    "Young .193 Hernandez .192 King .190 Wright .189 Lopez .187 Hill .187 Scott .185 Green .183 Adams .174 Baker .171 "
    "Gonzalez .166 Nelson .162 Carter .162 Mitchell .160 Perez .155 Roberts .153 Turner .152 Phillips .149 "
    "Campbell .149 Parker .146 Evans .141 Edwards .137 Collins .134"
)
GIVEN = {
    "F": (
        "Mary 2.629 Patricia 1.073 Linda 1.035 Barbara .980 Elizabeth .937 Jennifer .932 Maria .828 Susan .794 "
        "Margaret .768 Dorothy .727 Lisa .704 Nancy .669 Karen .667 Betty .666 Helen .663 Sandra .629 Donna .583 "
        "Carol .565 Ruth .562 Sharon .522 Michelle .519 Laura .510 Sarah .508 Kimberly .504 Deborah .494 Jessica .490 "
        "Shirley .482 Cynthia .469 Angela .468 Melissa .462 Brenda .455 Amy .451 Anna .440 Rebecca .430 Virginia .430 "
        "Kathleen .424 Pamela .416 Martha .412 Debra .408 Amanda .404 Stephanie .400 Carolyn .385 Christine .382 "
        "Marie .379 Janet .379 Catherine .373 Frances .370 Ann .364 Joyce .364 Diane .359"
    ),
    "M": (
        "James 3.318 John 3.271 Robert 3.143 Michael 2.629 William 2.451 David 2.363 Richard 1.703 Charles 1.523 "
        "Joseph 1.404 Thomas 1.380 Christopher 1.035 Daniel .974 Paul .948 Mark .938 Donald .931 George .927 "
        "Kenneth .826 Steven .780 Edward .779 Brian .736 Ronald .725 Anthony .721 Kevin .671 Jason .660 Matthew .657 "
        "Gary .650 Timothy .640 Jose .613 Larry .598 Jeffrey .591 Frank .581 Scott .546 Eric .544 Stephen .540 "
        "Andrew .537 Raymond .488 Gregory .441 Joshua .435 Jerry .432 Dennis .415 Walter .399 Patrick .389 Peter .381 "
        "Harold .371 Douglas .367 Henry .365 Carl .346 Arthur .335 Ryan .328 Roger .322"
    ),
}
BEGINNINGS = (
    "Al Ash Bar Bel Ber Blan Bor Brad Bran Bri Bur Cal Cam Car Chal Cor Cran Dal Dan Del Dor Dun El Fair Far Fen Fitz "
    "Gar Gil Gran Hal Ham Har Hart Hol Kel Kin Lan Lin Mal Mar Mel Mon Nor Or Pal Pen Quin Ram Ros Row Sal Shel Stan "
    "Tal Thorn Wal War Wes Win"
)
MIDDLES = (
    "a an ar be ber der di do en er es gan ger i in ka ken la lan le len li ling lo man mi ming mo na nen ni o on re "
    "ri ro sen si ster ta ten ter ti ving vi wa"
)
ENDS = (
    "bach bank berg bourne bridge brook burn by cott court croft dale den don dorf er es feld field ford gate grove "
    "ham hardt hill house hurst ing kin land ler ley lin low man mann mer mont more ner nett ney pool ridge rose sen "
    "shaw shire sky smith son stead stein stone stow ston ton vale ville ward water way well wick win wood worth"
)
SYLLABLES = tuple(said.split() for said in (BEGINNINGS, MIDDLES, ENDS))
FIRST_RARE, LAST_RARE = 51, math.prod(map(len, SYLLABLES))


def _table(said: str) -> tuple[list[str], list[float]]:
    """Names, and the percent that bear one of the names so far."""
    words = said.split()
    return words[::2], list(accumulate(map(float, words[1::2])))


FAMILY_TABLE, GIVEN_TABLES = _table(FAMILY), {sex: _table(said) for sex, said in GIVEN.items()}


def family_name(luck: random.Random) -> str:
    """A family name: one of the fifty, or a rare one by its rank."""
    names, upto = FAMILY_TABLE
    place = bisect(upto, luck.random() * 100)
    return names[place] if place < len(names) else rare(_rank(luck.random()))


def _rank(share: float) -> int:
    """Zipf: equal steps of the logarithm of the rank are equally likely."""
    return int(math.exp(math.log(FIRST_RARE) + share * math.log(LAST_RARE / FIRST_RARE)))


def rare(rank: int) -> str:
    """The family name of a rank; neighbours in rank look nothing like each other."""
    mixed = rank * 65_537 % LAST_RARE
    said = []
    for choice in SYLLABLES:
        mixed, place = divmod(mixed, len(choice))
        said.append(choice[place])
    return "".join(said)


def given_name(sex: str, otherwise: str, luck: random.Random) -> str:
    """A given name: one of the fifty of that sex, or `otherwise`."""
    names, upto = GIVEN_TABLES.get(sex, GIVEN_TABLES["F"])
    place = bisect(upto, luck.random() * 100)
    return names[place] if place < len(names) else otherwise


def undigited(name: str) -> str:
    """Synthea marks its names as invented with digits (`Hand679`); hospitals' names have none."""
    return re.sub(r"\d+", "", name)
