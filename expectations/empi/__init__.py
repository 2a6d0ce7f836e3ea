"""Rules about the EMPI that a schema cannot say."""
