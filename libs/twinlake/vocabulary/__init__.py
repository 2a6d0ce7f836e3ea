"""Words: codes, units, measured quantities and the data dictionary. Standard library only; imports nothing of ours."""
