"""Twins: the living state of a patient and its history."""
