"""One tree of errors: each message says where, what was found, what was expected, and what to do."""

from __future__ import annotations


class TwinlakeError(Exception):
    """Anything twinlake refuses, with a message meant for people."""


class DeclarationError(TwinlakeError):
    """The catalogue contradicts itself; it is read before any data is."""


class ConfigurationError(TwinlakeError):
    """A hospital.toml, an environment file or an option is wrong."""


class DataError(TwinlakeError):
    """Data breaks a rule that stops the run; a retry would not help."""


class NotPublished(TwinlakeError):
    """Something was asked of a lake that has no publication yet."""


class PlatformError(TwinlakeError):
    """The machine, disk or network failed; a retry may help."""


class LockedError(TwinlakeError):
    """Another run owns this lake."""
