"""The tables of a cohort and of the store, as CSV and Parquet."""
