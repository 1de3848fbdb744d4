"""Endpoints that answer in provider batches: the OpenAI Batch interface."""
