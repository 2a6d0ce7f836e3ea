"""What is measured, by subject: a page each, gathered in `twinlake.vocabulary.measurements`."""
