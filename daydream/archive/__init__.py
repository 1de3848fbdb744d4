"""A cohort as one archive: what belongs to it, and how it is written and read safely."""
