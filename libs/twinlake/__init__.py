"""Twinlake: hospital feeds in, one checked lake, a living twin of every patient out."""

__version__ = "0.1.0"
