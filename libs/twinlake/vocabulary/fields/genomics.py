"""Calls of a genome and what they say of a pharmacogene (VCF 4; CPIC, cpicpgx.org)."""

from __future__ import annotations

from twinlake.vocabulary.field import Field

STATUSES = ("called", "ambiguous", "variants_only", "undocumented_variant", "incomplete_call", "not_explained")
BUILDS = ("GRCh38",)

PAGE = (
    Field("variant_call_id", "bigint", "What a file says once of one sample at one place of the genome"),
    Field("genomic_sample_id", "bigint", "A sequenced sample of a person: hospital, system and the file's name of it"),
    Field("genome_build", "string", "The reference genome that positions count in", categories=BUILDS),
    Field("chromosome", "string", "Chromosome, `chr10`"),
    Field("start_position", "bigint", "First base, counted from 1", minimum=0),
    Field("end_position", "bigint", "Last base, counted from 1; a block of reference bases ends far from its start"),
    Field("variant_source_value", "string", "The variant as the file names it (dbSNP's rs number)"),
    Field("reference_allele", "string", "Bases of the reference genome from `start_position` on"),
    Field("alternate_alleles", "array<string>", "Other alleles the line names, bases or symbols (`<DEL>`, `*`)"),
    Field("called_alleles", "array<string>", "Alleles the person has there, strand by strand; null where not read"),
    Field("genotype_source_value", "string", "The genotype as it came (`0/1`)"),
    Field("is_phased", "boolean", "Whether it is known which alleles stand together on one strand"),
    Field("phase_set", "string", "Calls of one phase set keep their strands' order among each other; null: of all"),
    Field("filter_source_value", "string", "Filters the line or the sample's call failed, or PASS, as they came"),
    Field("has_passed_filters", "boolean", "False where a filter failed: by VCF no call was made there"),
    Field("variant_file_date", "date", "The day the file says it was written"),
    Field("genotype_id", "bigint", "One gene of one sample"),
    Field("gene_symbol", "string", "Gene, by its HGNC symbol"),
    Field("genotype_status", "string", "What became of the search for a diplotype", categories=STATUSES),
    Field("diplotype", "string", "The two named alleles; null unless exactly one pair explains the calls best"),
    Field("possible_diplotypes", "array<string>", "All diplotypes that explain the calls equally well"),
    Field("variant_alleles", "array<string>", "Alleles found where their strands are not known (DPYD)"),
    Field("gene_phenotype", "string", "Phenotype by CPIC; null where possible diplotypes disagree or none is named"),
    Field("gene_activity_score", "double", "CPIC's activity score (CYP2C9, DPYD); null as `gene_phenotype`", minimum=0),
    Field("called_position_count", "int", "Positions of the definition that were called", minimum=1),
    Field("missing_positions", "array<bigint>", "Positions of the definition that nobody called"),
    Field("undocumented_positions", "array<bigint>", "Called positions with an allele the definition does not have"),
    Field("contradicted_positions", "array<bigint>", "Positions whose calls contradict each other, or our reference"),
    Field("definition_version", "string", "Version of the definition of the gene's alleles"),
)
