"""Results of a check: how often a claim held, and where it did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, NamedTuple

MAX_FINDINGS = 20
CLIP = 100  # characters of a text in a finding


class Finding(NamedTuple):
    """Something that is not as it is claimed to be, and what to do about it."""

    where: str
    expected: str
    found: str
    advice: str


class Skip(NamedTuple):
    """A thing that cannot be checked, and why; it is counted and no fault."""

    reason: str


Outcome = Finding | Skip | None
"""What came of one check; None says that the claim holds."""


@dataclass
class Check:
    """A claim about many things, and what came of each."""

    claim: str
    checked: int = 0
    findings: list[Finding] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one thing."""
        if isinstance(outcome, Skip):
            self.skipped[outcome.reason] += 1
            return
        self.checked += 1
        if outcome is not None:
            self.findings.append(outcome)

    def add_all(self, outcomes: Iterable[Outcome]) -> Check:
        """Count many things."""
        for outcome in outcomes:
            self.add(outcome)
        return self

    def described(self, limit: int | None = MAX_FINDINGS) -> Iterator[str]:
        """Lines for a person, with the first ``limit`` findings."""
        yield self._headline()
        for reason, count in self.skipped.most_common():
            yield f"      not checkable: {reason} ({count:,})"
        yield from (f"      note: {note}" for note in self.notes)
        for finding in self.findings[:limit]:
            yield from finding_lines(finding)
        if limit is not None and len(self.findings) > limit:
            yield f"      and {len(self.findings) - limit:,} more; to see them: --all"

    def _headline(self) -> str:
        if self.findings:
            return f"BAD   {len(self.findings):,} of {self.checked:,}: {self.claim}"
        return f"{'ok' if self.checked else '-':<4}  {self.checked:,} {self.claim}"

    def as_json(self) -> dict[str, Any]:
        """The same for a program, with every finding."""
        return {
            "claim": self.claim,
            "checked": self.checked,
            "mismatches": [finding._asdict() for finding in self.findings],
            "not_checkable": dict(self.skipped),
            "notes": self.notes,
        }


def finding_lines(finding: Finding) -> Iterator[str]:
    """Lines of a finding for a person."""
    yield f"      {finding.where}"
    yield f"          expected  {finding.expected}"
    yield f"          found     {finding.found}"
    yield f"          to do     {finding.advice}"


def clipped(text: str) -> str:
    """A text as a finding quotes it: in one line, without control characters."""
    return repr(text if len(text) <= CLIP else f"{text[:CLIP]}...")


def first_difference(expected: str, found: str) -> tuple[str, str]:
    """The first line in which two texts differ, as each has it."""
    lines = zip_longest(expected.splitlines(True), found.splitlines(True))
    for number, (expected_line, found_line) in enumerate(lines, start=1):
        if expected_line != found_line:
            return _line(number, expected_line), _line(number, found_line)
    return "the same text", "the same text"


def _line(number: int, text: str | None) -> str:
    return f"line {number}: {'nothing' if text is None else clipped(text)}"
