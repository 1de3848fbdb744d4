"""The report: a static site that opens from disk, and the figures that are in it."""
