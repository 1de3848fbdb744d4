"""Two versions of a file that only grows, as one: no line of either is lost."""

from __future__ import annotations

import csv
import io

from daydream.store.bucket.tree import COMBOS, is_ledger


def merged(name: str, theirs: bytes, ours: bytes) -> bytes | None:
    """Both versions in one, theirs first; None for a file that does not only grow."""
    if is_ledger(name):
        return merged_lines(theirs, ours)
    return merged_combos(theirs, ours) if name == COMBOS else None


def merged_lines(theirs: bytes, ours: bytes) -> bytes:
    """Their lines, and behind them those that only we have."""
    known = set(_lines(theirs))
    return b"".join(line + b"\n" for line in (*_lines(theirs), *_missing(ours, known)))


def _lines(content: bytes) -> list[bytes]:
    return [line for line in content.split(b"\n") if line]


def _missing(content: bytes, known: set[bytes]) -> list[bytes]:
    return [line for line in _lines(content) if line not in known]


def merged_combos(theirs: bytes, ours: bytes) -> bytes:
    """Their rows, and those of combos that only we have; two hosts date one combo differently."""
    their_rows, our_rows = _rows(theirs), _rows(ours)
    known = {row[0] for row in their_rows if row}
    text = io.StringIO()
    added = [row for row in our_rows if row and row[0] not in known]  # the header is known
    csv.writer(text, lineterminator="\n").writerows([*their_rows, *added])
    return text.getvalue().encode()


def _rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"))))
