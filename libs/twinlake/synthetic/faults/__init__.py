"""Faults that real feeds have, put into made ones on purpose, each with its line in the truth."""
