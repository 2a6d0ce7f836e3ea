"""A row for each call of a person's genome in or near a pharmacogene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.expressions import source_person_key, surrogate_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PLACE = ("genome_build", "chromosome", "start_position", "end_position", "variant_source_value")
CALL = (
    "reference_allele", "alternate_alleles", "called_alleles", "genotype_source_value", "is_phased", "phase_set",
    "filter_source_value", "has_passed_filters", "variant_file_date",
)  # fmt: skip


@table(
    grain="what a file says of one sample at one place of the genome",
    key=("variant_call_id",),
    required=(
        "genomic_sample_id", "genome_build", "chromosome", "start_position", "end_position", "reference_allele",
        "has_passed_filters", "hospital", "system",
    ),
    from_sources=(*PLACE, *CALL),
    references={"person_id": "person"},
    columns=(
        "variant_call_id", "person_id", "genomic_sample_id", *PLACE, *CALL, "hospital", "system", "known_from",
        "_record_id",
    ),
)  # fmt: skip
def variant_call(rows: DataFrame) -> DataFrame:
    """A call as a laboratory made it (VCF 4).

    What it cannot tell: a place without a row was not called, which is not to say that it is as the reference. Of two
    deliveries that speak of one place both stand here; silver.genotype goes by the newer.
    """
    return rows.withColumn("genomic_sample_id", source_person_key()).withColumn(
        "variant_call_id", surrogate_key(F.col("_fact_key"))
    )
