"""The Python half of the rules: the opened experiment, forcing, progress, plans."""
