"""What every column of every table means: declared once, and checked against the tables."""
