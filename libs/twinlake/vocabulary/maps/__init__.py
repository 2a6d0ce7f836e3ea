"""Local codes of public systems, and the standard code each one means."""
