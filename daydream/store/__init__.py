"""The data root on disk: paths, ids, whole-file writes, ledgers, membership, metadata."""
