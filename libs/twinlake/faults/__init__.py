"""Faults put into the run of an invented network from a seed, to prove that it comes out as if there had been none."""
