"""Helpers that tests share; none of them is part of the product."""
