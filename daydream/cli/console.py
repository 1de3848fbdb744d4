"""Tables for a terminal: aligned columns no wider than a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from daydream.formats import clip

WIDTH = 100  # columns of a terminal
NARROWEST = 16


def aligned(rows: Sequence[Sequence[object]], texts: int, width: int = WIDTH) -> Iterator[str]:
    """Rows as lines of aligned columns, no line wider than a terminal if texts can be clipped.

    Args:
        rows: cells; every row has as many.
        texts: how many columns, from the left, are text; the others are numbers, set right.
        width: columns of the terminal.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    while (surplus := sum(widths) + 2 * (len(widths) - 1) - width) > 0:
        longest = max(range(texts), key=lambda column: widths[column])
        if widths[longest] <= NARROWEST:
            break
        widths[longest] = max(NARROWEST, widths[longest] - surplus)
    for row in cells:
        parts = (
            clip(cell, size).ljust(size) if column < texts else cell.rjust(size)
            for column, (cell, size) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(parts).rstrip()
