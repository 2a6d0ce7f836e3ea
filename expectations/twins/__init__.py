"""Rules about the twins that a schema cannot say."""
