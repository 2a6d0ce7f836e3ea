"""A call of a person's genome, as a table."""

from __future__ import annotations

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.silver.variant_call import variant_call

ROWS = """
hospital | system   | source_person_id:string | _fact_key:bigint | person_id | chromosome | start_position
st_a     | genotype | P1                      | 11               | 1         | chr10      | 94761900
st_a     | genotype | P1                      | 12               | 1         | chr10      | 94781859
st_a     | genotype | P2                      | 13               | 1         | chr10      | 94781859
"""


def test_two_samples_of_one_person_stay_two_samples(given) -> None:
    actual = variant_call.build(given(ROWS, (*variant_call.from_sources, "known_from", "_record_id")))
    expect(
        actual,
        """
        person_id | chromosome | start_position
        1         | chr10      | 94761900
        1         | chr10      | 94781859
        1         | chr10      | 94781859
        """,
    )
    expect_shape(actual, variant_call)
    assert actual.select("genomic_sample_id").distinct().count() == 2
    assert actual.select("variant_call_id").distinct().count() == 3
