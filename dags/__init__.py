"""When things run; what runs, and in which order, is read from the plan."""
