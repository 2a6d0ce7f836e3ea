"""Limits that others published, by code, each with its source."""
