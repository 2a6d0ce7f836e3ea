"""Rules about silver that a schema cannot say."""
