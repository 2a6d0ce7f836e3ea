"""Units and ages: pure, each with its citation."""
