"""Calling models: what is asked, what comes back, and by which endpoint."""
