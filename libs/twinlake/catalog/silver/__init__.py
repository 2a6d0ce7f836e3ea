"""OMOP CDM 5.4 tables at their grain: one shape, one unit, one person."""
