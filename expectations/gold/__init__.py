"""Rules about gold that a schema cannot say."""
