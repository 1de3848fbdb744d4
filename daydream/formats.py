"""Amounts as a person reads them: the one way to write money, in terminal and report."""

from __future__ import annotations


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
