"""What people look at: one page for each publication, made from the ops tables and aggregates, without Spark."""

from twinlake.engine.report.page import write_report

__all__ = ["write_report"]
