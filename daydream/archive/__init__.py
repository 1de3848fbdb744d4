"""Archives of a cohort: export, unpack and verify."""
