"""The reader: the only code that starts Spark, writes Delta, and knows Great Expectations, MLflow and Splink."""
