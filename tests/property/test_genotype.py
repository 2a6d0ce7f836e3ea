"""What is said of a genome depends on no order: not of its lines, its files, or the samples in one of them."""

from __future__ import annotations

import random
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from twinlake.catalog.sources.genotype import SYSTEM
from twinlake.clinical.pharmacogene_batches import found_in
from twinlake.engine.wire import Record
from twinlake.engine.wire.vcf import COLUMNS, as_json, read
from twinlake.vocabulary.pharmacogenes import PHARMACOGENES

GENE = PHARMACOGENES["CYP2C19"]
HEAD = "##fileformat=VCFv4.2\n##reference=GRCh38\n"


@st.composite
def calls(draw) -> list[dict]:
    """Lines about a few positions of CYP2C19: variants, blocks, two lines of one place, two files."""
    place = st.sampled_from(GENE.positions[:6])
    found = []
    for position in draw(st.lists(place, min_size=1, max_size=12)):
        alleles = [None, position.reference, *position.others, "<*>"]
        found.append(
            {
                "chromosome": GENE.chromosome, "start_position": position.position,
                "end_position": position.position + draw(st.sampled_from([0, 0, 500])),
                "reference_allele": position.reference,
                "alternate_alleles": draw(st.sampled_from([[], [*position.others], ["<*>"]])),
                "called_alleles": draw(st.lists(st.sampled_from(alleles), min_size=1, max_size=3)),
                "is_phased": draw(st.booleans()), "phase_set": draw(st.sampled_from([None, "7"])),
                "has_passed_filters": draw(st.sampled_from([True, True, False])),
                "recorded": draw(st.sampled_from(["2025-01-01", "2026-01-01"])),
            }
        )  # fmt: skip
    return found


@given(calls(), st.randoms(use_true_random=False))
def test_the_order_of_calls_does_not_matter_nor_does_saying_them_twice(drawn, chance: random.Random):
    mixed = [*drawn, *drawn[:3]]
    chance.shuffle(mixed)
    assert list(found_in(mixed)) == list(found_in(drawn))


def records(lines: list[tuple[str, ...]], samples: list[str]) -> set[tuple]:
    text = HEAD + "".join("\t".join(line) + "\n" for line in [(*COLUMNS, *samples), *lines])
    found = list(read(BytesIO(text.encode()), SYSTEM.feed("calls")))
    return {(item.key, item.person, item.raw, as_json(item.raw)) for item in found if isinstance(item, Record)}


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.sampled_from("ACGT"), st.sampled_from([".", "A", "G,T"]), st.booleans()),
        max_size=8,
        unique_by=lambda line: line[:3],
    )
)
def test_a_file_of_two_samples_holds_what_two_files_hold(drawn):
    lines = [
        ("chr10", str(position), ".", reference, other, ".", ".", ".", "GT", "0|0", "./." if untold else "0/0")
        for position, reference, other, untold in drawn
    ]
    both = records(lines, ["S1", "S2"])
    alone = records([(*line[:9], line[9]) for line in lines], ["S1"])
    other = records([(*line[:9], line[10]) for line in lines], ["S2"])
    assert both == alone | other and len(both) == 2 * len(lines)
