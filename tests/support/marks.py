"""Marks of tests that several modules use."""

from __future__ import annotations

import pytest

# Statistics warn of nothing. A file that objects of another test left open is closed whenever
# Python collects them, and is no fault of the test that runs then.
NO_WARNINGS = pytest.mark.filterwarnings("error", "default::ResourceWarning")
