"""Units, formulas and ages: pure, each with its citation."""
