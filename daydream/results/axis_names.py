"""What the axes of a comparison are called, wherever people read of them."""

from __future__ import annotations

from collections.abc import Mapping

# In the order in which they are listed.
AXIS_NAMES: Mapping[str, str] = {
    "generation_model": "generation model",
    "draft_template": "draft template",
    "generation_template": "essay template",
    "combo_id": "combination",
}


def plural(axis: str) -> str:
    """``generation models``."""
    return f"{AXIS_NAMES[axis]}s"


def heading(axis: str) -> str:
    """``Generation models``: over a table or a list of its levels."""
    return plural(axis).capitalize()
