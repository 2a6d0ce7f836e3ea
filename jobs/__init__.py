"""One step each: a verb done to one node of the plan; run by Airflow, by `twinlake run`, or by spark-submit."""
