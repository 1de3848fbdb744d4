"""The plan of a run: what will be made, why, what is in the ledgers, and what the rest costs."""
