"""Texts and amounts for a person: money, clipped texts, texts without control characters."""

from __future__ import annotations

import re

# Texts of models and providers must not move the cursor of a terminal, nor show the letters behind
# them in another order (marks, embeddings, overrides and isolates of direction). Lone surrogates
# cannot be encoded. Tabs and line feeds stay.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    r"\ud800-\udfff\ufffe\uffff]"
)
_LINE_ENDS = re.compile(r"\r\n?")


def printable(text: str) -> str:
    """The text with a replacement character for each that a terminal or page must not get."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", _LINE_ENDS.sub("\n", text))


def clip(text: str, size: int) -> str:
    """The text, or its beginning and three dots, in at most ``size`` characters."""
    return text if len(text) <= size else text[: size - 3] + "..."


def one_line(text: str, size: int = 80) -> str:
    """The text on one line of at most ``size`` characters, fit for a message."""
    return clip(" ".join(text[: 5 * size].split()), size)


def usd(amount: float) -> str:
    """USD without a sign: four decimals, so that the price of a single call can be read."""
    if amount == 0:
        return "0"
    return "<0.0001" if amount < 0.0001 else f"{amount:.4f}"


def known_usd(amount: float, calls_of_unknown_price: int) -> str:
    """USD of which some calls' prices are unknown, which is said rather than left out."""
    if not calls_of_unknown_price:
        return usd(amount)
    return f"{usd(amount)} + unknown" if amount else "unknown"


def rough_usd(amount: float) -> str:
    """USD of an estimate: two figures that count at least."""
    if amount == 0 or amount >= 100:
        return f"{amount:.0f}"
    return f"{amount:.2f}" if amount >= 0.1 else f"{amount:.2g}" if amount >= 1e-4 else "0.0001"


def clock(seconds: float) -> str:
    """A duration as minutes and seconds, with hours if there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
